/*
 * Contract of src/model/plan.h: what a request and the facts come to, namespace by namespace and id by id; or
 * a refusal that says what is impossible and why.
 */
#include "model/plan.h"

#include "unit.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)
#define BASE    (BIT(USER) | BIT(MNT))

static const struct mr_facts alice = { .user = 1000, .group = 1001 };
static const struct mr_facts root = { .privileged = true, .may_map = true };
static const struct mr_facts powerless_root = { .user = 0 };
/* another id, with capabilities */
static const struct mr_facts capable = { .user = 1000, .group = 1001, .privileged = true, .may_map = true };
/* CAP_SETUID and CAP_SETGID alone */
static const struct mr_facts mapper = { .user = 1000, .group = 1001, .may_map = true };

static const struct maproot_idmap many_users = {
	.count = 2, .range = { { 0, 100000, 65536 }, { 70000, 300000, 1 } }
};
static const struct maproot_idmap many_groups = { .count = 1, .range = { { 0, 100000, 65536 } } };
static const struct maproot_idmap no_root = { .count = 1, .range = { { 5, 100000, 10 } } };
static const struct maproot_idmap own_at_7 = { .count = 1, .range = { { 7, 1000, 1 } } };
static const struct maproot_idmap own_group_at_8 = { .count = 1, .range = { { 8, 1001, 1 } } };
static const struct maproot_mount a_bind = { .kind = MAPROOT_MOUNT_BIND, .source = "/a", .target = "/b" };
static const struct maproot_mount a_proc = { .kind = MAPROOT_MOUNT_PROC, .target = "/proc" };
static const struct maproot_mount relative = { .kind = MAPROOT_MOUNT_TMPFS, .target = "tmp" };
static const struct maproot_mount nowhere = { .kind = MAPROOT_MOUNT_TMPFS };
static const struct maproot_mount sourceless = { .kind = MAPROOT_MOUNT_BIND, .target = "/b" };
static const struct maproot_mount empty_source = { .kind = MAPROOT_MOUNT_BIND, .source = "", .target = "/b" };

static const struct maproot_mount typeless = { .kind = MAPROOT_MOUNT_FILESYSTEM, .target = "/t" };
static const gid_t two_groups[] = { 5, 6 };
static const struct maproot_attributes listed_groups = { .groups = two_groups, .group_count = 2 };
static const char *const net_sysctl[] = { "net.ipv4.ip_forward=1" };
static const struct maproot_attributes net_parameter = { .sysctls = net_sysctl, .sysctl_count = 1 };
static const struct maproot_attributes hidden = { .read_only_root = true };

static const struct {
	const char *name;
	const struct mr_facts *facts;
	struct maproot_request request;
	enum mr_way way;
	unsigned int namespaces;
	enum mr_mapper mapper;
	const char *users;
	const char *groups;
	uint32_t user;
	uint32_t group;
	bool deny;
	bool keep;
	bool init;
} plans[] = {
	{ "plain",
	  &alice,
	  { 0 },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_SELF,
	  "0 1000 1\n",
	  "0 1001 1\n",
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "in place",
	  &alice,
	  { .in_place = true },
	  MR_WAY_IN_PLACE,
	  BASE,
	  MR_MAPPER_SELF,
	  "0 1000 1\n",
	  "0 1001 1\n",
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "root needs nothing",
	  &root,
	  { 0 },
	  MR_WAY_HERE,
	  0,
	  MR_MAPPER_NONE,
	  "",
	  "",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "a child for root",
	  &root,
	  { .child = true },
	  MR_WAY_CHILD,
	  0,
	  MR_MAPPER_NONE,
	  "",
	  "",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "always, for root",
	  &root,
	  { .namespaces = BIT(USER) },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_SELF,
	  "0 0 1\n",
	  "0 0 1\n",
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "root with a mount",
	  &root,
	  { .mounts = &a_bind, .mount_count = 1 },
	  MR_WAY_IN_PLACE,
	  BIT(MNT),
	  MR_MAPPER_NONE,
	  "",
	  "",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "root with a root",
	  &root,
	  { .root = "/x" },
	  MR_WAY_IN_PLACE,
	  BIT(MNT),
	  MR_MAPPER_NONE,
	  "",
	  "",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "root with propagation",
	  &root,
	  { .propagation = MAPROOT_PROPAGATION_PRIVATE },
	  MR_WAY_IN_PLACE,
	  BIT(MNT),
	  MR_MAPPER_NONE,
	  "",
	  "",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "root with net",
	  &root,
	  { .namespaces = BIT(NET) },
	  MR_WAY_IN_PLACE,
	  BIT(NET),
	  MR_MAPPER_NONE,
	  "",
	  "",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "root with pid",
	  &root,
	  { .namespaces = BIT(PID) },
	  MR_WAY_CHILD,
	  BIT(PID),
	  MR_MAPPER_NONE,
	  "",
	  "",
	  0,
	  0,
	  false,
	  false,
	  true },
	{ "root with time",
	  &root,
	  { .namespaces = BIT(TIME) },
	  MR_WAY_CHILD,
	  BIT(TIME),
	  MR_MAPPER_NONE,
	  "",
	  "",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "root without rights",
	  &powerless_root,
	  { 0 },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_SELF,
	  "0 0 1\n",
	  "0 0 1\n",
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "capable needs nothing",
	  &capable,
	  { 0 },
	  MR_WAY_HERE,
	  0,
	  MR_MAPPER_NONE,
	  "",
	  "",
	  1000,
	  1001,
	  false,
	  true,
	  false },
	{ "pid",
	  &alice,
	  { .namespaces = BIT(PID) },
	  MR_WAY_CHILD,
	  BASE | BIT(PID),
	  MR_MAPPER_SELF,
	  "0 1000 1\n",
	  "0 1001 1\n",
	  0,
	  0,
	  true,
	  false,
	  true },
	{ "as pid 1",
	  &alice,
	  { .namespaces = BIT(PID), .as_pid_1 = true },
	  MR_WAY_CHILD,
	  BASE | BIT(PID),
	  MR_MAPPER_SELF,
	  "0 1000 1\n",
	  "0 1001 1\n",
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "all",
	  &alice,
	  { .namespaces = MAPROOT_NAMESPACE_ALL },
	  MR_WAY_CHILD,
	  MAPROOT_NAMESPACE_ALL,
	  MR_MAPPER_SELF,
	  "0 1000 1\n",
	  "0 1001 1\n",
	  0,
	  0,
	  true,
	  false,
	  true },
	{ "own ids kept",
	  &alice,
	  { .identity = { .own_user = true, .own_group = true, .user = 1000, .group = 1001 } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_SELF,
	  "1000 1000 1\n",
	  "1001 1001 1\n",
	  1000,
	  1001,
	  true,
	  true,
	  false },
	{ "another user",
	  &alice,
	  { .identity = { .own_user = true, .user = 5 } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_SELF,
	  "5 1000 1\n",
	  "0 1001 1\n",
	  5,
	  0,
	  true,
	  true,
	  false },
	{ "another group",
	  &alice,
	  { .identity = { .own_group = true, .group = 6 } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_SELF,
	  "0 1000 1\n",
	  "6 1001 1\n",
	  0,
	  6,
	  true,
	  false,
	  false },
	{ "a user id without a flag",
	  &alice,
	  { .identity = { .user = 5 } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_SELF,
	  "5 1000 1\n",
	  "0 1001 1\n",
	  5,
	  0,
	  true,
	  true,
	  false },
	{ "ranges",
	  &alice,
	  { .identity = { .users = &many_users, .groups = &many_groups } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_HELPERS,
	  "0 100000 65536\n70000 300000 1\n",
	  "0 100000 65536\n",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "ranges by root",
	  &root,
	  { .identity = { .users = &many_users, .groups = &many_groups } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_PARENT,
	  "0 100000 65536\n70000 300000 1\n",
	  "0 100000 65536\n",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "ranges by who may",
	  &mapper,
	  { .identity = { .users = &many_users, .groups = &many_groups } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_PARENT,
	  "0 100000 65536\n70000 300000 1\n",
	  "0 100000 65536\n",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "plain, by who may",
	  &mapper,
	  { 0 },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_SELF,
	  "0 1000 1\n",
	  "0 1001 1\n",
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "ranges and the own id",
	  &alice,
	  { .identity = { .users = &many_users, .own_user = true, .user = 70001 } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_HELPERS,
	  "0 100000 65536\n70000 300000 1\n70001 1000 1\n",
	  "0 1001 1\n",
	  70001,
	  0,
	  true,
	  true,
	  false },
	{ "ranges of users by who may",
	  &mapper,
	  { .identity = { .users = &many_users } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_PARENT,
	  "0 100000 65536\n70000 300000 1\n",
	  "0 1001 1\n",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "ranges, denied",
	  &alice,
	  { .identity = { .users = &many_users,
			  .groups = &many_groups,
			  .setgroups = MAPROOT_SETGROUPS_DENY } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_HELPERS,
	  "0 100000 65536\n70000 300000 1\n",
	  "0 100000 65536\n",
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "a range that is the own id",
	  &alice,
	  { .identity = { .users = &own_at_7, .groups = &own_group_at_8 } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_SELF,
	  "7 1000 1\n",
	  "8 1001 1\n",
	  7,
	  8,
	  true,
	  true,
	  false },
	{ "root keeps setgroups",
	  &root,
	  { .identity = { .setgroups = MAPROOT_SETGROUPS_ALLOW } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_PARENT,
	  "0 0 1\n",
	  "0 0 1\n",
	  0,
	  0,
	  false,
	  false,
	  false },
	{ "root denies setgroups",
	  &root,
	  { .identity = { .setgroups = MAPROOT_SETGROUPS_DENY } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_SELF,
	  "0 0 1\n",
	  "0 0 1\n",
	  0,
	  0,
	  true,
	  false,
	  false },
	{ "dropped by root",
	  &root,
	  { .namespaces = BIT(USER), .identity = { .supplementary = MAPROOT_GROUPS_DROP } },
	  MR_WAY_CHILD,
	  BASE,
	  MR_MAPPER_PARENT,
	  "0 0 1\n",
	  "0 0 1\n",
	  0,
	  0,
	  false,
	  false,
	  false },
};

START_TEST(plans_are)
{
	const struct maproot_request *request = &plans[_i].request;
	const struct mr_facts *facts = plans[_i].facts;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan;

	memset(&plan, 0xa5, sizeof(plan)); /* every field is set */
	ck_assert_int_eq(mr_plan_make(request, facts, &plan, &err), 0);
	ck_assert_int_eq(mr_plan_settle(request, facts, &plan, &err), 0);
	ck_assert_int_eq(err.code, 0);
	ck_assert_msg(plan.way == plans[_i].way, "%s: way %d", plans[_i].name, (int)plan.way);
	ck_assert_msg(plan.namespaces == plans[_i].namespaces, "%s: namespaces %x", plans[_i].name,
		      plan.namespaces);
	ck_assert_msg(plan.mapper == plans[_i].mapper, "%s: mapper %d", plans[_i].name,
		      (int)plan.mapper);
	unit_check_map(&plan.users, plans[_i].users);
	unit_check_map(&plan.groups, plans[_i].groups);
	ck_assert_msg(plan.user == plans[_i].user && plan.group == plans[_i].group,
		      "%s: runs as %u:%u", plans[_i].name, plan.user, plan.group);
	ck_assert_msg(plan.deny_setgroups == plans[_i].deny, "%s: setgroups", plans[_i].name);
	ck_assert_msg(plan.keep_capabilities == plans[_i].keep, "%s: capabilities", plans[_i].name);
	ck_assert_msg(plan.init == plans[_i].init, "%s: init", plans[_i].name);
	ck_assert_int_eq(plan.take_ids, (plan.namespaces & BIT(USER)) != 0);
	ck_assert_int_eq(plan.drop_groups, request->identity.supplementary == MAPROOT_GROUPS_DROP);
}
END_TEST

static const struct {
	const struct mr_facts *facts;
	struct maproot_request request;
	enum maproot_step step;
	const char *said;
} refusals[] = {
	{ &alice,
	  { .attributes = &listed_groups },
	  MAPROOT_STEP_REQUEST,
	  "supplementary groups can't be set with a map of the own group alone: setgroups is denied there (use subordinate ids)" },
	{ &mapper,
	  { .attributes = &listed_groups, .identity = { .users = &many_users, .groups = &many_groups, .setgroups = MAPROOT_SETGROUPS_DENY } },
	  MAPROOT_STEP_REQUEST,
	  "supplementary groups can't be set where setgroups is denied" },
	{ &alice,
	  { .attributes = &net_parameter },
	  MAPROOT_STEP_REQUEST,
	  "kernel parameter 'net/ipv4/ip_forward' needs a new net namespace" },
	{ &alice,
	  { .mounts = &typeless, .mount_count = 1 },
	  MAPROOT_STEP_REQUEST,
	  "mount on '/t' needs the type of a file system" },
	{ &alice,
	  { .as_pid_1 = true },
	  MAPROOT_STEP_REQUEST,
	  "being process 1 needs a new pid namespace" },
	{ &alice,
	  { .hostname = "h" },
	  MAPROOT_STEP_REQUEST,
	  "setting the host name needs a new uts namespace" },
	{ &root,
	  { .hostname = "h" },
	  MAPROOT_STEP_REQUEST,
	  "setting the host name needs a new uts namespace" },
	{ &alice,
	  { .monotonic = 1 },
	  MAPROOT_STEP_REQUEST,
	  "clock offsets need a new time namespace" },
	{ &alice,
	  { .boottime = -1 },
	  MAPROOT_STEP_REQUEST,
	  "clock offsets need a new time namespace" },
	{ &alice,
	  { .namespaces = 0x100 },
	  MAPROOT_STEP_REQUEST,
	  "unknown namespace type in the set" },
	{ &alice,
	  { .mounts = &a_proc, .mount_count = 1 },
	  MAPROOT_STEP_REQUEST,
	  "mounting a new /proc needs a new pid namespace" },
	{ &alice,
	  { .mounts = &relative, .mount_count = 1 },
	  MAPROOT_STEP_REQUEST,
	  "mount point 'tmp' is not an absolute path" },
	{ &alice,
	  { .mounts = &nowhere, .mount_count = 1 },
	  MAPROOT_STEP_REQUEST,
	  "mount point '' is not an absolute path" },
	{ &alice,
	  { .mounts = &sourceless, .mount_count = 1 },
	  MAPROOT_STEP_REQUEST,
	  "a bind mount needs a source" },
	{ &alice,
	  { .mounts = &empty_source, .mount_count = 1 },
	  MAPROOT_STEP_REQUEST,
	  "a bind mount needs a source" },
	{ &alice,
	  { .in_place = true, .namespaces = BIT(PID) },
	  MAPROOT_STEP_REQUEST,
	  "in place is impossible with a new pid namespace: only children enter it" },
	{ &alice,
	  { .in_place = true, .namespaces = BIT(TIME) },
	  MAPROOT_STEP_REQUEST,
	  "in place is impossible with a new time namespace: only children enter it" },
	{ &root,
	  { .in_place = true, .child = true },
	  MAPROOT_STEP_REQUEST,
	  "in place and in a child exclude each other" },
	{ &alice,
	  { .identity = { .setgroups = MAPROOT_SETGROUPS_ALLOW } },
	  MAPROOT_STEP_REQUEST,
	  "setgroups can't be allowed with a map of the own group alone: the kernel wants it "
	  "denied (use subordinate ids)" },
	{ &alice,
	  { .identity = { .supplementary = MAPROOT_GROUPS_DROP } },
	  MAPROOT_STEP_REQUEST,
	  "supplementary groups can't be dropped with a map of the own group alone: setgroups is "
	  "denied there (use subordinate ids)" },
	{ &alice,
	  { .identity = { .users = &many_users, .setgroups = MAPROOT_SETGROUPS_ALLOW } },
	  MAPROOT_STEP_REQUEST,
	  "setgroups can't be allowed with a map of the own group alone: the kernel wants it "
	  "denied (use subordinate ids)" },
	{ &alice,
	  { .identity = { .users = &many_users, .supplementary = MAPROOT_GROUPS_DROP } },
	  MAPROOT_STEP_REQUEST,
	  "supplementary groups can't be dropped with a map of the own group alone: setgroups is "
	  "denied there (use subordinate ids)" },
	{ &root,
	  { .identity = { .supplementary = MAPROOT_GROUPS_DROP,
			  .setgroups = MAPROOT_SETGROUPS_DENY } },
	  MAPROOT_STEP_REQUEST,
	  "supplementary groups can't be dropped with a map of the own group alone: setgroups is "
	  "denied there (use subordinate ids)" },
	{ &alice,
	  { .identity = { .users = &many_users,
			  .groups = &many_groups,
			  .supplementary = MAPROOT_GROUPS_DROP,
			  .setgroups = MAPROOT_SETGROUPS_DENY } },
	  MAPROOT_STEP_REQUEST,
	  "supplementary groups can't be dropped where setgroups is denied" },
	{ &alice,
	  { .identity = { .users = &no_root } },
	  MAPROOT_STEP_CHECK_MAP,
	  "invalid id map: the user map has neither inner id 0 nor the own user, nobody could run "
	  "the command" },
	{ &alice,
	  { .identity = { .groups = &no_root } },
	  MAPROOT_STEP_CHECK_MAP,
	  "invalid id map: the group map has neither inner id 0 nor the own group, nobody could "
	  "run the command" },
	{ &alice,
	  { .identity = { .users = &many_users, .own_user = true, .user = 0 } },
	  MAPROOT_STEP_CHECK_MAP,
	  "invalid id map: 0:1000:1: inner ids are mapped already" },
	{ &alice,
	  { .identity = { .own_user = true, .user = UINT32_MAX } },
	  MAPROOT_STEP_CHECK_MAP,
	  "invalid id map: 4294967295:1000:1: passes the highest id, 4294967294" },
};

/* What somebody has found to join. */
#define CONTAINER (BIT(USER) | BIT(MNT) | BIT(NET) | BIT(UTS))

static const struct {
	const char *name;
	struct mr_facts facts;
	struct maproot_request request;
	enum mr_way way;
	unsigned int joined;
	unsigned int namespaces;
	enum mr_mapper mapper;
	bool keep;
} joins[] = {
	{ "what is not for children is joined here",
	  { .user = 1000, .group = 1001, .joined = CONTAINER },
	  { .join_count = 1 },
	  MR_WAY_IN_PLACE,
	  CONTAINER,
	  0,
	  MR_MAPPER_NONE,
	  false },
	{ "a pid namespace is for children",
	  { .user = 1000, .group = 1001, .joined = CONTAINER | BIT(PID) },
	  { .join_count = 1 },
	  MR_WAY_CHILD,
	  CONTAINER | BIT(PID),
	  0,
	  MR_MAPPER_NONE,
	  false },
	{ "a time namespace is not",
	  { .user = 1000, .group = 1001, .joined = CONTAINER | BIT(TIME) },
	  { .join_count = 1 },
	  MR_WAY_IN_PLACE,
	  CONTAINER | BIT(TIME),
	  0,
	  MR_MAPPER_NONE,
	  false },
	{ "a child where one is asked for",
	  { .user = 1000, .group = 1001, .joined = CONTAINER },
	  { .join_count = 1, .child = true },
	  MR_WAY_CHILD,
	  CONTAINER,
	  0,
	  MR_MAPPER_NONE,
	  false },
	{ "a name needs a child",
	  { .user = 1000, .group = 1001, .joined = CONTAINER },
	  { .join_count = 1, .name = "n" },
	  MR_WAY_CHILD,
	  CONTAINER,
	  0,
	  MR_MAPPER_NONE,
	  false },
	{ "nothing differs",
	  { .user = 1000, .group = 1001, .skipped = MAPROOT_NAMESPACE_ALL },
	  { .join_count = 1 },
	  MR_WAY_HERE,
	  0,
	  0,
	  MR_MAPPER_NONE,
	  false },
	{ "nothing differs, for root",
	  { .user = 0, .group = 0, .skipped = CONTAINER, .privileged = true },
	  { .join_count = 1 },
	  MR_WAY_HERE,
	  0,
	  0,
	  MR_MAPPER_NONE,
	  false },
	{ "nothing differs, but something is new",
	  { .user = 1000, .group = 1001, .skipped = CONTAINER },
	  { .join_count = 1, .namespaces = BIT(NET) },
	  MR_WAY_CHILD,
	  0,
	  BASE | BIT(NET),
	  MR_MAPPER_SELF,
	  false },
	{ "new inside of what is joined",
	  { .user = 1000, .group = 1001, .joined = CONTAINER & ~BIT(NET) },
	  { .join_count = 1, .namespaces = BIT(NET) },
	  MR_WAY_IN_PLACE,
	  CONTAINER & ~BIT(NET),
	  BIT(NET),
	  MR_MAPPER_NONE,
	  false },
	{ "new for children inside of what is joined",
	  { .user = 1000, .group = 1001, .joined = CONTAINER },
	  { .join_count = 1, .namespaces = BIT(PID) },
	  MR_WAY_CHILD,
	  CONTAINER,
	  BIT(PID),
	  MR_MAPPER_NONE,
	  false },
	{ "new time inside of what is joined",
	  { .user = 1000, .group = 1001, .joined = CONTAINER },
	  { .join_count = 1, .namespaces = BIT(TIME) },
	  MR_WAY_CHILD,
	  CONTAINER,
	  BIT(TIME),
	  MR_MAPPER_NONE,
	  false },
	{ "mounts in a mount namespace of their own",
	  { .user = 1000, .group = 1001, .joined = BIT(USER) },
	  { .join_count = 1, .mounts = &a_bind, .mount_count = 1 },
	  MR_WAY_IN_PLACE,
	  BIT(USER),
	  BIT(MNT),
	  MR_MAPPER_NONE,
	  false },
	{ "root joins a net",
	  { .user = 0, .group = 0, .joined = BIT(NET), .privileged = true, .may_map = true },
	  { .join_count = 1 },
	  MR_WAY_IN_PLACE,
	  BIT(NET),
	  0,
	  MR_MAPPER_NONE,
	  false },
	{ "root joins a net below a new user namespace",
	  { .user = 0, .group = 0, .joined = BIT(NET), .privileged = true, .may_map = true },
	  { .join_count = 1, .namespaces = BIT(USER) },
	  MR_WAY_CHILD,
	  BIT(NET),
	  BASE,
	  MR_MAPPER_SELF,
	  false },
	{ "root joins mounts below a new user namespace",
	  { .user = 0, .group = 0, .joined = BIT(MNT), .privileged = true, .may_map = true },
	  { .join_count = 1, .namespaces = BIT(USER) },
	  MR_WAY_CHILD,
	  BIT(MNT),
	  BIT(USER),
	  MR_MAPPER_SELF,
	  false },
	{ "capable joins a net, and stays it",
	  { .user = 1000, .group = 1001, .joined = BIT(NET), .privileged = true },
	  { .join_count = 1 },
	  MR_WAY_IN_PLACE,
	  BIT(NET),
	  0,
	  MR_MAPPER_NONE,
	  true },
	{ "who joins one type without rights is told by the kernel",
	  { .user = 1000, .group = 1001, .joined = BIT(NET) },
	  { .join_count = 1 },
	  MR_WAY_IN_PLACE,
	  BIT(NET),
	  0,
	  MR_MAPPER_NONE,
	  false },
};

START_TEST(joins_come_first)
{
	const struct maproot_request *request = &joins[_i].request;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan;

	memset(&plan, 0xa5, sizeof(plan));
	ck_assert_int_eq(mr_plan_make(request, &joins[_i].facts, &plan, &err), 0);
	ck_assert_int_eq(mr_plan_settle(request, &joins[_i].facts, &plan, &err), 0);
	ck_assert_msg(plan.way == joins[_i].way, "%s: way %d", joins[_i].name, (int)plan.way);
	ck_assert_msg(plan.joined == joins[_i].joined, "%s: joined %x", joins[_i].name, plan.joined);
	ck_assert_msg(plan.namespaces == joins[_i].namespaces, "%s: namespaces %x", joins[_i].name, plan.namespaces);
	ck_assert_msg(plan.mapper == joins[_i].mapper, "%s: mapper %d", joins[_i].name, (int)plan.mapper);
	ck_assert_msg(plan.keep_capabilities == joins[_i].keep, "%s: capabilities", joins[_i].name);
	ck_assert_uint_eq(plan.skipped, joins[_i].facts.skipped);
	ck_assert_int_eq(plan.process, joins[_i].facts.process);
	/* Nobody in what is joined may look into the process that comes. */
	ck_assert_int_eq(plan.hide, plan.joined != 0);
	ck_assert_int_eq(plan.take_ids, (plan.namespaces & BIT(USER)) != 0);
}
END_TEST

static const struct {
	struct mr_facts facts;
	struct maproot_request request;
	const char *said;
} refused_joins[] = {
	{ { .joined = BIT(USER) },
	  { .join_count = 1, .identity = { .own_user = true, .user = 7 } },
	  "a joined user namespace has its id maps already" },
	{ { .joined = BIT(USER) },
	  { .join_count = 1, .identity = { .subordinate = true } },
	  "a joined user namespace has its id maps already" },
	{ { .joined = BIT(USER) },
	  { .join_count = 1, .identity = { .users = &many_users } },
	  "a joined user namespace has its id maps already" },
	{ { .joined = BIT(USER) },
	  { .join_count = 1, .identity = { .setgroups = MAPROOT_SETGROUPS_DENY } },
	  "a joined user namespace has its id maps already" },
	{ { .joined = BIT(MNT) },
	  { .join_count = 1, .root = "/x" },
	  "root, mounts and propagation need a new mount namespace, not a joined one" },
	{ { .joined = BIT(MNT) },
	  { .join_count = 1, .mounts = &a_bind, .mount_count = 1 },
	  "root, mounts and propagation need a new mount namespace, not a joined one" },
	{ { .joined = BIT(MNT) },
	  { .join_count = 1, .propagation = MAPROOT_PROPAGATION_SHARED },
	  "root, mounts and propagation need a new mount namespace, not a joined one" },
	{ { .joined = BIT(USER) },
	  { .join_count = 1, .mounts = &a_proc, .mount_count = 1 },
	  "mounting a new /proc needs a new pid namespace" },
	{ { .joined = BIT(UTS) }, { .join_count = 1, .hostname = "h" }, "setting the host name needs a new uts namespace" },
	{ { .joined = BIT(TIME) }, { .join_count = 1, .boottime = 1 }, "clock offsets need a new time namespace" },
	{ { .joined = BIT(PID) }, { .join_count = 1, .as_pid_1 = true }, "being process 1 needs a new pid namespace" },
	{ { .joined = BIT(PID) },
	  { .join_count = 1, .in_place = true },
	  "in place is impossible with a pid namespace joined: only children enter it" },
	{ { .joined = BIT(NET) },
	  { .join_count = 1, .in_place = true, .name = "n" },
	  "in place is impossible with a name: somebody has to keep it" },
	{ { .joined = BIT(USER) },
	  { .join_count = 1, .in_place = true, .namespaces = BIT(TIME) },
	  "in place is impossible with a new time namespace: only children enter it" },
	{ { .joined = BIT(USER) },
	  { .join_count = 1, .identity = { .preserve = true, .supplementary = MAPROOT_GROUPS_DROP } },
	  "groups can't be preserved and dropped at once" },
	{ { .user = 0 }, { .join_order = "user" }, "an order of joining needs something to join" },
};

START_TEST(joins_are_refused)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan;

	ck_assert_int_eq(mr_plan_make(&refused_joins[_i].request, &refused_joins[_i].facts, &plan, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST, refused_joins[_i].said);
}
END_TEST

/* A pid namespace that was joined is good for a new /proc. */
/* Hiding paths is done to mounts of its own, never to the host's. */
START_TEST(hidden_paths_need_a_mount_namespace)
{
	const struct maproot_request request = { .attributes = &hidden };
	struct mr_facts facts = root;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan;

	ck_assert_int_eq(mr_plan_make(&request, &facts, &plan, NULL), 0);
	ck_assert_uint_eq(plan.namespaces, BIT(MNT));
	facts.joined = BIT(MNT);
	ck_assert_int_eq(mr_plan_make(&request, &facts, &plan, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST, "root, mounts and propagation need a new mount namespace, not a joined one");
}
END_TEST

/* Who may map any ids gets setgroups allowed for a list of groups, with the own group alone too. */
START_TEST(a_list_of_groups_is_allowed_where_it_can_be)
{
	const struct maproot_request request = { .attributes = &listed_groups, .identity = { .own_user = true } };
	struct mr_plan plan;

	ck_assert_int_eq(mr_plan_make(&request, &mapper, &plan, NULL), 0);
	ck_assert_int_eq(mr_plan_settle(&request, &mapper, &plan, NULL), 0);
	ck_assert_int_eq(plan.mapper, MR_MAPPER_PARENT);
	ck_assert(!plan.deny_setgroups);
}
END_TEST

START_TEST(proc_of_a_joined_pid_namespace)
{
	const struct mr_facts facts = { .user = 1000, .joined = BIT(USER) | BIT(PID) };
	const struct maproot_request request = { .join_count = 1, .mounts = &a_proc, .mount_count = 1 };
	struct mr_plan plan;

	ck_assert_int_eq(mr_plan_make(&request, &facts, &plan, NULL), 0);
	ck_assert_uint_eq(plan.namespaces, BIT(MNT));
	ck_assert_int_eq(plan.way, MR_WAY_CHILD);
}
END_TEST

START_TEST(refusals_are)
{
	const struct maproot_request *request = &refusals[_i].request;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan;
	int code = mr_plan_make(request, refusals[_i].facts, &plan, &err);

	if (code == 0)
		code = mr_plan_settle(request, refusals[_i].facts, &plan, &err);
	ck_assert_int_eq(code, -EINVAL);
	unit_check_error(&err, EINVAL, refusals[_i].step, refusals[_i].said);
}
END_TEST

START_TEST(the_rest_is_passed_on)
{
	const struct maproot_request request = {
		.namespaces = BIT(TIME),
		.death_signal = SIGTERM,
		.monotonic = -5,
		.boottime = 7,
	};
	struct mr_plan plan;

	ck_assert_int_eq(mr_plan_make(&request, &alice, &plan, NULL), 0);
	ck_assert_int_eq(plan.death_signal, SIGTERM);
	ck_assert_int_eq(plan.monotonic, -5);
	ck_assert_int_eq(plan.boottime, 7);
}
END_TEST

/* Subordinate ids come between the two halves, and are the helpers' to write. */
START_TEST(subordinate_ids_need_the_helpers)
{
	const struct maproot_request request = { .identity = { .subordinate = true } };
	struct mr_plan plan;

	ck_assert_int_eq(mr_plan_make(&request, &alice, &plan, NULL), 0);
	ck_assert_int_eq(maproot_idmap_fill(&plan.users, 1, 100000, 65536, NULL), 0);
	ck_assert_int_eq(maproot_idmap_fill(&plan.groups, 1, 100000, 65536, NULL), 0);
	ck_assert_int_eq(mr_plan_settle(&request, &alice, &plan, NULL), 0);
	ck_assert_int_eq(plan.mapper, MR_MAPPER_HELPERS);
	ck_assert(!plan.deny_setgroups);
	unit_check_map(&plan.users, "0 1000 1\n1 100000 65536\n");
}
END_TEST

START_TEST(flags_are_the_kernels)
{
	ck_assert_uint_eq(mr_plan_clone_flags(0), 0);
	ck_assert_uint_eq(mr_plan_clone_flags(BASE), CLONE_NEWUSER | CLONE_NEWNS);
	ck_assert_uint_eq(mr_plan_clone_flags(MAPROOT_NAMESPACE_ALL),
			  CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWIPC |
				  CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWTIME | CLONE_NEWUTS);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/plan", &tc);

	tcase_add_loop_test(tc, plans_are, 0, UNIT_COUNT(plans));
	tcase_add_loop_test(tc, refusals_are, 0, UNIT_COUNT(refusals));
	tcase_add_loop_test(tc, joins_come_first, 0, UNIT_COUNT(joins));
	tcase_add_loop_test(tc, joins_are_refused, 0, UNIT_COUNT(refused_joins));
	tcase_add_test(tc, hidden_paths_need_a_mount_namespace);
	tcase_add_test(tc, a_list_of_groups_is_allowed_where_it_can_be);
	tcase_add_test(tc, proc_of_a_joined_pid_namespace);
	tcase_add_test(tc, the_rest_is_passed_on);
	tcase_add_test(tc, subordinate_ids_need_the_helpers);
	tcase_add_test(tc, flags_are_the_kernels);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
