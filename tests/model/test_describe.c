/*
 * Contract of mr_plan_describe(): each thing that will be done is said, in its order, a line a call; nothing
 * is said of what will not.
 */
#include "model/plan.h"

#include "unit.h"

#include <signal.h>
#include <string.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

static const struct mr_facts alice = { .user = 1000, .group = 1001 };
static const struct mr_facts root = { .privileged = true, .may_map = true };

static const struct maproot_idmap users = { .count = 2,
					    .range = { { 0, 100000, 1000 }, { 1000, 300000, 1 } } };
static const struct maproot_idmap groups = { .count = 1, .range = { { 0, 4294967294, 1 } } };

static const struct maproot_mount mounts[] = {
	{ .kind = MAPROOT_MOUNT_BIND, .source = "src", .target = "/dst" },
	{ .kind = MAPROOT_MOUNT_BIND, .source = "/a", .target = "/b", .read_only = true },
	{ .kind = MAPROOT_MOUNT_TMPFS, .target = "/t" },
	{ .kind = MAPROOT_MOUNT_PROC, .target = "/proc" },
};

static const char *const sysctls[] = { "net.ipv4.ip_forward=1" };
static const char *const hidden[] = { "/proc/kcore", "/proc/sys" };
static const struct maproot_attributes attributes = {
	.sysctls = sysctls,
	.sysctl_count = 1,
	.masked = hidden,
	.masked_count = 1,
	.read_only = hidden + 1,
	.read_only_count = 1,
	.set_umask = true,
	.umask = 022,
	.bare_root = true,
	.default_devices = true,
};

static const struct {
	const struct mr_facts *facts;
	struct maproot_request request;
	const char *said;
} rows[] = {
	{ &alice,
	  { .death_signal = SIGKILL },
	  "new namespaces: mnt user\n"
	  "uid map: 0 1000 1\n"
	  "gid map: 0 1001 1\n"
	  "maps written by: the new process itself\n"
	  "setgroups: deny\n"
	  "runs as: user 0, group 0, supplementary groups kept\n"
	  "process: a child; signals and status pass through; gets signal 9 if this process dies\n"
	  "propagation: slave\n" },
	{ &root,
	  { .namespaces = BIT(NET), .root = "/r", .mounts = mounts, .mount_count = 1, .directory = "/d", .attributes = &attributes },
	  "new namespaces: mnt net\n"
	  "runs as: user 0, group 0, supplementary groups kept\n"
	  "process: this one, with unshare\n"
	  "propagation: slave\n"
	  "network: loopback up\n"
	  "kernel parameter: net.ipv4.ip_forward=1\n"
	  "root: /r\n"
	  "contents of the root: the mounts, and devices\n"
	  "mount: src on /dst\n"
	  "masked: /proc/kcore\n"
	  "read-only: /proc/sys\n"
	  "directory: /d\n"
	  "umask: 0022\n" },
	{ &root,
	  { .death_signal = SIGKILL },
	  "new namespaces: none\n"
	  "runs as: user 0, group 0, supplementary groups kept\n"
	  "process: this one\n" },
	{ &alice,
	  { .in_place = true,
	    .propagation = MAPROOT_PROPAGATION_PRIVATE,
	    .identity = { .own_user = true, .own_group = true, .user = 1000, .group = 1001 } },
	  "new namespaces: mnt user\n"
	  "uid map: 1000 1000 1\n"
	  "gid map: 1001 1001 1\n"
	  "maps written by: the new process itself\n"
	  "setgroups: deny\n"
	  "runs as: user 1000, group 1001, supplementary groups kept, capabilities kept over exec\n"
	  "process: this one, with unshare\n"
	  "propagation: private\n" },
	{ &root,
	  { .identity = { .users = &users,
			  .groups = &groups,
			  .supplementary = MAPROOT_GROUPS_DROP },
	    .propagation = MAPROOT_PROPAGATION_UNCHANGED },
	  "new namespaces: mnt user\n"
	  "uid map: 0 100000 1000\n"
	  "uid map: 1000 300000 1\n"
	  "gid map: 0 4294967294 1\n"
	  "maps written by: this process, which may\n"
	  "setgroups: allow\n"
	  "runs as: user 0, group 0, no supplementary groups\n"
	  "process: a child; signals and status pass through\n"
	  "propagation: unchanged\n" },
	{ &alice,
	  { .namespaces = MAPROOT_NAMESPACE_ALL,
	    .identity = { .users = &users, .groups = &groups },
	    .death_signal = SIGTERM,
	    .propagation = MAPROOT_PROPAGATION_SHARED,
	    .hostname = "box",
	    .monotonic = 3600,
	    .boottime = -1,
	    .root = "/srv/root",
	    .mounts = mounts,
	    .mount_count = 4,
	    .directory = "/wd",
	    .keep_fds = 3 },
	  "new namespaces: cgroup ipc mnt net pid time user uts\n"
	  "uid map: 0 100000 1000\n"
	  "uid map: 1000 300000 1\n"
	  "gid map: 0 4294967294 1\n"
	  "maps written by: newuidmap and newgidmap\n"
	  "setgroups: allow\n"
	  "runs as: user 0, group 0, supplementary groups kept\n"
	  "process: a child; signals and status pass through; gets signal 15 if this process dies; "
	  "process 1 is an init of ours\n"
	  "clock offsets: monotonic 3600 s, boottime -1 s\n"
	  "propagation: shared\n"
	  "host name: box\n"
	  "network: loopback up\n"
	  "root: /srv/root\n"
	  "mount: src on /dst\n"
	  "mount: /a on /b, read-only\n"
	  "mount: tmpfs on /t\n"
	  "mount: proc on /proc\n"
	  "directory: /wd\n"
	  "descriptors: closed from 3 up\n" },
	{ &root,
	  { .namespaces = BIT(PID), .as_pid_1 = true },
	  "new namespaces: pid\n"
	  "runs as: user 0, group 0, supplementary groups kept\n"
	  "process: a child; signals and status pass through; the command is process 1\n" },
};

static const struct mr_facts joiner = {
	.user = 1000,
	.group = 1001,
	.joined = BIT(USER) | BIT(MNT) | BIT(PID),
	.skipped = BIT(CGROUP) | BIT(TIME),
	.process = 4711,
};
static const struct mr_facts collector = { .user = 1000, .group = 1001, .joined = BIT(USER) | BIT(NET) };
static const struct mr_facts root_joiner = { .privileged = true, .may_map = true, .joined = BIT(NET) };
static const struct mr_facts insider = { .user = 1000, .group = 1001, .skipped = BIT(USER) | BIT(NET) };

static const struct {
	const struct mr_facts *facts;
	struct maproot_request request;
	const char *said;
} joins[] = {
	{ &joiner,
	  { .join_count = 1, .death_signal = SIGKILL },
	  "joined: mnt pid user, of process 4711, in one call\n"
	  "already in: cgroup time\n"
	  "new namespaces: none\n"
	  "runs as: root of the joined user namespace if it has one, else who it is, supplementary groups dropped "
	  "if they can be\n"
	  "process: a child; signals and status pass through; gets signal 9 if this process dies\n" },
	{ &collector,
	  { .join_count = 2, .namespaces = BIT(UTS), .hostname = "box", .identity = { .supplementary = MAPROOT_GROUPS_KEEP } },
	  "joined: net user, one by one\n"
	  "new namespaces: uts\n"
	  "runs as: root of the joined user namespace if it has one, else who it is, supplementary groups kept\n"
	  "process: this one, with setns and unshare\n"
	  "host name: box\n" },
	{ &collector,
	  { .join_count = 2,
	    .join_order = "!net,user",
	    .identity = { .set_user = true,
			  .inner_user = 5,
			  .set_group = true,
			  .inner_group = 6,
			  .supplementary = MAPROOT_GROUPS_DROP } },
	  "joined: net user, one by one: !net,user\n"
	  "new namespaces: none\n"
	  "runs as: root of the joined user namespace if it has one, else who it is, no supplementary groups\n"
	  "becomes at the end: user 5, group 6\n"
	  "process: this one, with setns\n" },
	{ &collector,
	  { .join_count = 2, .identity = { .preserve = true, .set_group = true, .inner_group = 6 } },
	  "joined: net user, one by one\n"
	  "new namespaces: none\n"
	  "runs as: who it is, in the terms of the joined user namespace\n"
	  "becomes at the end: group 6\n"
	  "process: this one, with setns\n" },
	{ &root_joiner,
	  { .join_count = 1, .identity = { .set_user = true, .inner_user = 1000 } },
	  "joined: net, one by one\n"
	  "new namespaces: none\n"
	  "runs as: user 0, group 0, supplementary groups kept\n"
	  "becomes at the end: user 1000\n"
	  "process: this one, with setns\n" },
	{ &insider,
	  { .join_count = 1 },
	  "already in: net user\n"
	  "new namespaces: none\n"
	  "runs as: user 1000, group 1001, supplementary groups kept\n"
	  "process: this one\n" },
};

static void take_line(void *arg, const char *text)
{
	char *said = arg;

	ck_assert_ptr_null(strchr(text, '\n'));
	strcat(strcat(said, text), "\n");
}

START_TEST(says)
{
	char said[8192] = "";
	struct mr_plan plan;

	ck_assert_int_eq(mr_plan_make(&rows[_i].request, rows[_i].facts, &plan, NULL), 0);
	ck_assert_int_eq(mr_plan_settle(&rows[_i].request, rows[_i].facts, &plan, NULL), 0);
	mr_plan_describe(&rows[_i].request, &plan, take_line, said);
	ck_assert_str_eq(said, rows[_i].said);
}
END_TEST

START_TEST(says_what_is_joined)
{
	char said[8192] = "";
	struct mr_plan plan;

	ck_assert_int_eq(mr_plan_make(&joins[_i].request, joins[_i].facts, &plan, NULL), 0);
	ck_assert_int_eq(mr_plan_settle(&joins[_i].request, joins[_i].facts, &plan, NULL), 0);
	mr_plan_describe(&joins[_i].request, &plan, take_line, said);
	ck_assert_str_eq(said, joins[_i].said);
}
END_TEST

/* User data is never cut off. */
START_TEST(says_long_names_whole)
{
	char name[4000];
	char said[16384] = "";
	struct maproot_request request = { .directory = name, .root = name };
	struct mr_plan plan;

	memset(name, 'n', sizeof(name));
	name[0] = '/';
	memcpy(name + sizeof(name) - 5, "/end", 5);
	ck_assert_int_eq(mr_plan_make(&request, &alice, &plan, NULL), 0);
	ck_assert_int_eq(mr_plan_settle(&request, &alice, &plan, NULL), 0);
	mr_plan_describe(&request, &plan, take_line, said);
	ck_assert_ptr_nonnull(strstr(said, support_text("root: %s\n", name)));
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/describe", &tc);

	tcase_add_loop_test(tc, says, 0, UNIT_COUNT(rows));
	tcase_add_loop_test(tc, says_what_is_joined, 0, UNIT_COUNT(joins));
	tcase_add_test(tc, says_long_names_whole);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
