/*
 * Contract of src/model/attributes.h: what attributes and mounts can't be is refused in words, all else passes; kernel parameters
 * are read with dots or slashes, and known by the namespace whose they are; all of it can be said, in its order.
 */
#include "model/attributes.h"

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

static const struct {
	const char *text;
	const char *path; /* NULL: refused */
	const char *value;
	int namespace;
} parameters[] = {
	{ "net.ipv4.ip_forward=1", "net/ipv4/ip_forward", "1", MAPROOT_NAMESPACE_NET },
	{ "net/ipv4/ip_forward=1=2", "net/ipv4/ip_forward", "1=2", MAPROOT_NAMESPACE_NET },
	{ "net.ipv4.conf.eth0/1.forwarding=0", "net/ipv4/conf/eth0.1/forwarding", "0", MAPROOT_NAMESPACE_NET },
	{ "net/ipv4/conf/eth0.1/forwarding=0", "net/ipv4/conf/eth0.1/forwarding", "0", MAPROOT_NAMESPACE_NET },
	{ "kernel.shmmax=5", "kernel/shmmax", "5", MAPROOT_NAMESPACE_IPC },
	{ "kernel.shm_rmid_forced=1", "kernel/shm_rmid_forced", "1", MAPROOT_NAMESPACE_IPC },
	{ "kernel.msgmnb=5", "kernel/msgmnb", "5", MAPROOT_NAMESPACE_IPC },
	{ "kernel.sem=1 2 3 4", "kernel/sem", "1 2 3 4", MAPROOT_NAMESPACE_IPC },
	{ "fs.mqueue.msg_max=5", "fs/mqueue/msg_max", "5", MAPROOT_NAMESPACE_IPC },
	{ "kernel.hostname=x", "kernel/hostname", "x", MAPROOT_NAMESPACE_UTS },
	{ "kernel.domainname=x.y", "kernel/domainname", "x.y", MAPROOT_NAMESPACE_UTS },
	{ "kernel.core_pattern=|/x", "kernel/core_pattern", "|/x", -1 },
	{ "vm.swappiness=0", "vm/swappiness", "0", -1 },
	{ "fs.file-max=1", "fs/file-max", "1", -1 },
	{ "netx.y=1", "netx/y", "1", -1 },
	{ "", NULL, NULL, 0 },
	{ "net.ipv4.ip_forward", NULL, NULL, 0 },
	{ "net.ipv4.ip_forward=", NULL, NULL, 0 },
	{ "=1", NULL, NULL, 0 },
	{ "/net/x=1", NULL, NULL, 0 },
	{ "net//x=1", NULL, NULL, 0 },
	{ "net/../kernel/core_pattern=x", NULL, NULL, 0 },
	{ "net.//.kernel.core_pattern=x", NULL, NULL, 0 },
	{ "net/./x=1", NULL, NULL, 0 },
	{ "net/=1", NULL, NULL, 0 },
	{ "..=1", NULL, NULL, 0 },
};

START_TEST(parameters_are_read)
{
	struct mr_sysctl sysctl = { .path = "old" };

	ck_assert_int_eq(mr_sysctl_read(parameters[_i].text, &sysctl), parameters[_i].path ? 0 : -EINVAL);
	ck_assert_str_eq(sysctl.path, parameters[_i].path ? parameters[_i].path : "old");
	if (!parameters[_i].path)
		return;
	ck_assert_str_eq(sysctl.value, parameters[_i].value);
	ck_assert_int_eq(sysctl.namespace, parameters[_i].namespace);
}
END_TEST

START_TEST(a_long_name_is_refused)
{
	static char text[1024];
	struct mr_sysctl sysctl;

	memset(text, 'x', sizeof(text) - 1);
	text[MR_SYSCTL_SIZE] = '=';
	ck_assert_int_eq(mr_sysctl_read(text, &sysctl), -EINVAL);
	text[MR_SYSCTL_SIZE - 1] = '=';
	ck_assert_int_eq(mr_sysctl_read(text, &sysctl), 0);
}
END_TEST

static const struct maproot_rlimit twice[] = { { RLIMIT_CORE, 0, 1 }, { RLIMIT_CPU, 1, 1 }, { RLIMIT_CORE, 0, 1 } };
static const struct maproot_rlimit inverted[] = { { RLIMIT_NOFILE, 2, 1 } };
static const struct maproot_rlimit unknown[] = { { 99, 2, 1 } };
static const struct maproot_rlimit negative[] = { { -1, 1, 1 } };
static const struct maproot_rlimit fine_limits[] = { { RLIMIT_NOFILE, 2, 2 }, { RLIMIT_RTTIME, 0, UINT64_MAX } };
static const struct maproot_capability_sets more_effective = { .effective = 3, .permitted = 1 };
static const struct maproot_capability_sets not_inheritable = { .ambient = 1, .permitted = 1 };
static const struct maproot_capability_sets not_permitted = { .ambient = 1, .inheritable = 1 };
static const struct maproot_capability_sets fine_sets = { 7, 1, 3, 3, 2 };
static const char *const machine[] = { "vm.swappiness=1" };
static const char *const net[] = { "net.ipv4.ip_forward=1" };
static const char *const malformed[] = { "net.ipv4.ip_forward" };
static const char *const relative[] = { "/a", "b" };
static const char *const root[] = { "//" };
static const char *const fine_paths[] = { "/a", "/b/" };

static const struct {
	struct maproot_attributes attributes;
	const char *root;
	const char *said; /* NULL: fine */
} checks[] = {
	{ { .no_new_privileges = true }, NULL, NULL },
	{ { .rlimits = fine_limits, .rlimit_count = 2 }, NULL, NULL },
	{ { .rlimits = twice, .rlimit_count = 3 }, NULL, "RLIMIT_CORE is there twice" },
	{ { .rlimits = inverted, .rlimit_count = 1 }, NULL, "the soft limit of RLIMIT_NOFILE is above the hard one" },
	{ { .rlimits = unknown, .rlimit_count = 1 }, NULL, "there is no resource limit of that number" },
	{ { .rlimits = negative, .rlimit_count = 1 }, NULL, "there is no resource limit of that number" },
	{ { .capabilities = &fine_sets }, NULL, NULL },
	{ { .capabilities = &more_effective }, NULL, "effective capabilities have to be permitted too" },
	{ { .capabilities = &not_inheritable }, NULL, "ambient capabilities have to be permitted and inheritable too" },
	{ { .capabilities = &not_permitted }, NULL, "ambient capabilities have to be permitted and inheritable too" },
	{ { .sysctls = net, .sysctl_count = 1 }, NULL, NULL },
	{ { .sysctls = machine, .sysctl_count = 1 }, NULL, "kernel parameter 'vm/swappiness' belongs to no namespace: it would change for the whole machine" },
	{ { .sysctls = malformed, .sysctl_count = 1 }, NULL, "'net.ipv4.ip_forward' is no kernel parameter with a value: want NAME=VALUE" },
	{ { .masked = fine_paths, .masked_count = 2, .read_only = fine_paths, .read_only_count = 2, .read_only_root = true }, NULL, NULL },
	{ { .masked = relative, .masked_count = 2 }, NULL, "path 'b' to be hidden is not absolute" },
	{ { .read_only = relative, .read_only_count = 2 }, NULL, "path 'b' to be hidden is not absolute" },
	{ { .masked = root, .masked_count = 1 }, NULL, "the root directory can't be masked; a read-only root has a switch of its own" },
	{ { .read_only = root, .read_only_count = 1 }, NULL, "the root directory can't be masked; a read-only root has a switch of its own" },
	{ { .set_oom_score_adj = true, .oom_score_adj = 1000 }, NULL, NULL },
	{ { .set_oom_score_adj = true, .oom_score_adj = 1001 }, NULL, "an OOM score adjustment is a number from -1000 to 1000" },
	{ { .set_oom_score_adj = true, .oom_score_adj = -1001 }, NULL, "an OOM score adjustment is a number from -1000 to 1000" },
	{ { .set_umask = true, .umask = 0777 }, NULL, NULL },
	{ { .set_umask = true, .umask = 01000 }, NULL, "a umask has the nine permission bits only" },
	{ { .bare_root = true, .default_devices = true }, "/x", NULL },
	{ { .bare_root = true }, NULL, "a bare root needs a root directory" },
	{ { .default_devices = true }, "/x", "default devices are for a bare root: any other has them" },
};

START_TEST(attributes_are_checked)
{
	const struct maproot_request request = { .root = checks[_i].root, .attributes = &checks[_i].attributes };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(mr_attributes_check(&request, BIT(NET), &err), checks[_i].said ? -EINVAL : 0);
	if (checks[_i].said)
		unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST, checks[_i].said);
}
END_TEST

static const struct {
	const char *text;
	unsigned int created;
	const char *said;
} owners[] = {
	{ "net.x=1", BIT(NET), NULL },
	{ "net.x=1", BIT(IPC) | BIT(UTS), "kernel parameter 'net/x' needs a new net namespace" },
	{ "kernel.shmmax=1", BIT(IPC), NULL },
	{ "kernel.shmmax=1", BIT(NET), "kernel parameter 'kernel/shmmax' needs a new ipc namespace" },
	{ "kernel.hostname=x", BIT(UTS), NULL },
	{ "kernel.hostname=x", 0, "kernel parameter 'kernel/hostname' needs a new uts namespace" },
};

START_TEST(parameters_of_what_is_new)
{
	const struct maproot_attributes attributes = { .sysctls = &owners[_i].text, .sysctl_count = 1 };
	const struct maproot_request request = { .attributes = &attributes };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(mr_attributes_check(&request, owners[_i].created, &err), owners[_i].said ? -EINVAL : 0);
	if (owners[_i].said)
		unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST, owners[_i].said);
}
END_TEST

static const char page[4097] = { [0 ... 4095] = 'x' };

static const struct {
	struct maproot_mount mount;
	const char *said;
} mounts[] = {
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/t", .flags = MS_NOSUID, .propagation = MS_SHARED | MS_REC, .data = "size=1" }, NULL },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/t", .data = page + 1 }, NULL },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "a", .target = "/t", .flags = MS_BIND | MS_RDONLY }, NULL },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .target = "/t" }, "mount on '/t' needs the type of a file system" },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "", .target = "/t" }, "mount on '/t' needs the type of a file system" },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "t" }, "mount point 't' is not an absolute path" },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/t", .flags = MS_BIND }, "mount on '/t' can't be both a bind and a new file system" },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/t", .flags = MS_REMOUNT }, "mount on '/t' has flags that aren't those of a mount" },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/t", .flags = MS_SHARED }, "mount on '/t' has flags that aren't those of a mount" },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/t", .read_only = true }, "mount on '/t' is of a file system: that is read-only by its flags" },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/t", .data = page }, "mount on '/t' has more options than a page takes" },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/t", .propagation = MS_REC }, "mount on '/t' needs one kind of propagation" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "a", .target = "/t", .propagation = MS_SHARED | MS_SLAVE }, "mount on '/t' needs one kind of propagation" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "a", .target = "/t", .propagation = MS_NOSUID | MS_SLAVE }, "mount on '/t' needs one kind of propagation" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "a", .target = "/t", .data = "x" }, "mount on '/t' is a bind: it takes no options of a file system" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "a", .target = "/t", .flags = MS_MOVE }, "mount on '/t' has flags that aren't those of a mount" },
};

START_TEST(mounts_are_checked)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(mr_mount_check(&mounts[_i].mount, &err), mounts[_i].said ? -EINVAL : 0);
	if (mounts[_i].said)
		unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST, mounts[_i].said);
}
END_TEST

static const gid_t groups[] = { 5, 6 };

static const struct {
	struct maproot_attributes attributes;
	const char *said;
} descriptions[] = {
	{ { .no_new_privileges = true }, "new privileges: none from here on\n" },
	{ { .set_umask = true, .umask = 027, .set_oom_score_adj = true, .oom_score_adj = -5 }, "OOM score adjustment: -5\numask: 0027\n" },
	{ { .rlimits = fine_limits, .rlimit_count = 2, .groups = groups, .group_count = 2 },
	  "resource limit: RLIMIT_NOFILE soft 2, hard 2\nresource limit: RLIMIT_RTTIME soft 0, hard unlimited\nsupplementary groups: 5, 6\n" },
	{ { .groups = groups }, "supplementary groups: none\n" },
	{ { .capabilities = &fine_sets },
	  "capabilities: bounding 0000000000000007, effective 0000000000000001, permitted 0000000000000003, inheritable 0000000000000003, ambient 0000000000000002\n" },
};

static void collect(const void *out, const char *key, const char *value)
{
	char *text = *(char *const *)out;

	(void)strcat(text, support_text("%s: %s\n", key, value));
}

START_TEST(attributes_are_said)
{
	char text[1024] = "";
	char *out = text;

	mr_attributes_describe(&descriptions[_i].attributes, collect, &out);
	ck_assert_str_eq(text, descriptions[_i].said);
}
END_TEST

START_TEST(hidden_paths_are_said)
{
	const struct maproot_attributes attributes = { .masked = fine_paths, .masked_count = 1, .read_only = fine_paths + 1, .read_only_count = 1, .read_only_root = true };
	char text[256] = "";
	char *out = text;

	mr_attributes_describe_mounts(&attributes, collect, &out);
	ck_assert_str_eq(text, "masked: /a\nread-only: /b/\nread-only: the root directory\n");
}
END_TEST

static const struct {
	struct maproot_mount mount;
	const char *said;
} said_mounts[] = {
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "a", .target = "/t", .read_only = true }, "a on /t, read-only" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "a", .target = "/t", .flags = MS_BIND | MS_NOSUID, .propagation = MS_SLAVE }, "a on /t, without what is mounted below, nosuid, slave" },
	{ { .kind = MAPROOT_MOUNT_TMPFS, .target = "/t" }, "tmpfs on /t" },
	{ { .kind = MAPROOT_MOUNT_PROC, .target = "/t" }, "proc on /t" },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "mqueue", .target = "/t", .flags = MS_NODEV | MS_NOEXEC, .data = "x=1" }, "mqueue on /t, nodev, noexec, x=1" },
};

START_TEST(mounts_are_said)
{
	char buffer[256];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	mr_mount_describe(&said_mounts[_i].mount, &text);
	ck_assert_str_eq(buffer, said_mounts[_i].said);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/attributes", &tc);

	tcase_add_loop_test(tc, parameters_are_read, 0, UNIT_COUNT(parameters));
	tcase_add_test(tc, a_long_name_is_refused);
	tcase_add_loop_test(tc, attributes_are_checked, 0, UNIT_COUNT(checks));
	tcase_add_loop_test(tc, parameters_of_what_is_new, 0, UNIT_COUNT(owners));
	tcase_add_loop_test(tc, mounts_are_checked, 0, UNIT_COUNT(mounts));
	tcase_add_loop_test(tc, attributes_are_said, 0, UNIT_COUNT(descriptions));
	tcase_add_test(tc, hidden_paths_are_said);
	tcase_add_loop_test(tc, mounts_are_said, 0, UNIT_COUNT(said_mounts));
	return suite;
}

int main(void)
{
	return unit_main(build);
}
