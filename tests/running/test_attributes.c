/*
 * Contract of <maproot/attributes.h>, seen by the command itself: limits, umask, OOM score, groups, capability sets bit by bit,
 * no new privileges, kernel parameters of new namespaces, hidden paths and a read-only root are as asked for root and for users,
 * in new namespaces and without; what can't be had is an error that names it, and no command runs.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <maproot/run.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIT(id)  MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)
#define CAP(cap) (UINT64_C(1) << (cap))

/* Starts a shell with the script. Its wait status, with what it printed; or -1, with the error. */
static int run_script(const struct maproot_request *request, const char *script, const char **ret_out,
		      struct maproot_error *ret_err)
{
	char *const argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)script, NULL };
	struct maproot_child child = { .pid = 0 };
	static char out[16384];
	size_t length = 0;
	ssize_t got;
	int ends[2];
	int former = dup(1);
	int status;
	int code;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	ck_assert_int_eq(dup2(ends[1], 1), 1);
	code = maproot_spawn(request, argv, NULL, &child, ret_err);
	ck_assert_int_eq(dup2(former, 1), 1);
	(void)close(former);
	(void)close(ends[1]);
	while (code == 0 && (got = read(ends[0], out + length, sizeof(out) - 1 - length)) > 0)
		length += (size_t)got;
	out[length] = '\0';
	(void)close(ends[0]);
	*ret_out = out;
	if (code < 0)
		return -1;
	ck_assert_int_eq(maproot_supervise(&child, &status, NULL), 0);
	(void)close(child.pidfd);
	return status;
}

static void check_script(const struct maproot_request *request, const char *script, const char *want)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *out;
	int status = run_script(request, script, &out, &err);
	char said[512] = "";

	if (status < 0)
		(void)maproot_error_format(&err, said, sizeof(said));
	ck_assert_msg(status == 0, "status %#x: %s (%s)", status, said, out);
	ck_assert_str_eq(out, want);
}

static void check_refusal(const struct maproot_request *request, int code, enum maproot_step step, const char *said)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *out;

	ck_assert_int_eq(run_script(request, "echo ran", &out, &err), -1);
	ck_assert_str_eq(out, "");
	unit_check_error(&err, code, step, said);
}

static const struct maproot_rlimit limits[] = {
	{ RLIMIT_NOFILE, 50, 60 },
	{ RLIMIT_CORE, 0, 0 },
	{ RLIMIT_FSIZE, 1024, UINT64_MAX },
};
static const char *const hostname[] = { "kernel.hostname=box", "kernel/domainname=example.org" };
static const char *const net[] = { "net.ipv4.ip_forward=1", "net/ipv4/conf/lo/forwarding=0" };
static const char *const ipc[] = { "kernel.shmmni=17", "fs.mqueue.msg_max=5", "kernel.sem=100 2000 30 40" };
static const char *const masked[] = { "/proc/version", "/etc", "/nonesuch/file", "/etc/passwd/below" };
static const char *const no_writing[] = { "/proc/sys", "/tmp", "/nonesuch" };

static const struct {
	struct maproot_attributes attributes;
	unsigned int namespaces;
	const char *script;
	const char *want;
} rows[] = {
	{ { .rlimits = limits, .rlimit_count = 3 }, 0, "ulimit -Sn; ulimit -Hn; ulimit -c; ulimit -Hf", "50\n60\n0\nunlimited\n" },
	{ { .set_umask = true, .umask = 0127 }, 0, "umask", "0127\n" },
	{ { .set_umask = true }, 0, "umask", "0000\n" },
	{ { .set_oom_score_adj = true, .oom_score_adj = 123 }, 0, "cat /proc/self/oom_score_adj", "123\n" },
	{ { .no_new_privileges = true }, 0, "grep NoNew /proc/self/status", "NoNewPrivs:\t1\n" },
	{ { .sysctls = hostname, .sysctl_count = 2 }, BIT(UTS), "cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname", "box\nexample.org\n" },
	{ { .sysctls = net, .sysctl_count = 2 }, BIT(NET), "cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/lo/forwarding", "1\n0\n" },
	{ { .sysctls = ipc, .sysctl_count = 3 },
	  BIT(IPC),
	  "cat /proc/sys/kernel/shmmni /proc/sys/fs/mqueue/msg_max /proc/sys/kernel/sem | tr '\t' ' '",
	  "17\n5\n100 2000 30 40\n" },
	{ { .masked = masked, .masked_count = 4 },
	  0,
	  "cat /proc/version; ls -A /etc; stat -c '%t:%T' /proc/version; (: >/etc/new) 2>/dev/null; echo $?",
	  "1:3\n2\n" },
	{ { .read_only = no_writing, .read_only_count = 3 },
	  0,
	  "exec 2>&1; LC_ALL=C; (: >/tmp/new); echo x >/proc/sys/kernel/hostname; : >/dev/shm/maproot-attributes; rm /dev/shm/maproot-attributes",
	  NULL },
	{ { .read_only_root = true }, 0, "exec 2>&1; LC_ALL=C; : >/new", NULL },
};

static void be(bool root)
{
	if (!root)
		unit_become_user();
}

/* As root of a user namespace of the test user's, and as root without one. */
START_TEST(the_command_has_it)
{
	size_t at = (size_t)_i / 2;
	struct maproot_request request = { .namespaces = rows[at].namespaces, .attributes = &rows[at].attributes };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *out;

	be(_i % 2 == 0);
	if (rows[at].want) {
		check_script(&request, rows[at].script, rows[at].want);
		return;
	}
	ck_assert_int_ge(run_script(&request, rows[at].script, &out, &err), 0);
	ck_assert_msg(strstr(out, "Read-only file system") != NULL, "%s", out);
	ck_assert_ptr_null(strstr(out, "maproot-attributes"));
}
END_TEST

/* All together, on a directory with nothing but mounts, as a bundle asks for it. */
static const struct maproot_mount bundle_mounts[] = {
	{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "proc", .target = "/proc" },
	{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/dev", .flags = MS_NOSUID | MS_STRICTATIME, .data = "mode=755,size=65536k" },
	{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "devpts", .target = "/dev/pts", .flags = MS_NOSUID | MS_NOEXEC, .data = "newinstance,ptmxmode=0666,mode=0620" },
	{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .source = "shm", .target = "/dev/shm", .flags = MS_NOSUID | MS_NOEXEC | MS_NODEV, .data = "mode=1777,size=65536k" },
	{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "mqueue", .target = "/dev/mqueue", .flags = MS_NOSUID | MS_NOEXEC | MS_NODEV },
	{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "sysfs", .target = "/sys", .flags = MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY },
	{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "cgroup", .target = "/sys/fs/cgroup", .flags = MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME | MS_RDONLY },
	{ .kind = MAPROOT_MOUNT_BIND, .source = "/usr", .target = "/usr", .flags = MS_BIND | MS_REC | MS_RDONLY | MS_NODEV },
};
static const char *const bundle_masks[] = { "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi" };
static const char *const bundle_read_only[] = { "/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" };
static const struct maproot_capability_sets bundle_sets = {
	.bounding = CAP(CAP_AUDIT_WRITE) | CAP(CAP_KILL) | CAP(CAP_NET_BIND_SERVICE),
	.effective = CAP(CAP_AUDIT_WRITE) | CAP(CAP_KILL) | CAP(CAP_NET_BIND_SERVICE),
	.permitted = CAP(CAP_AUDIT_WRITE) | CAP(CAP_KILL) | CAP(CAP_NET_BIND_SERVICE),
};
static const struct maproot_rlimit bundle_limits[] = { { RLIMIT_NOFILE, 256, 256 } };

/* 0: root of the machine; 1: a user; 2: root, as somebody with ids of others; 3: a user with subordinate ids. */
START_TEST(a_bundle)
{
	const struct maproot_attributes attributes = {
		.rlimits = bundle_limits,
		.rlimit_count = 1,
		.capabilities = &bundle_sets,
		.no_new_privileges = true,
		.masked = bundle_masks,
		.masked_count = UNIT_COUNT(bundle_masks),
		.read_only = bundle_read_only,
		.read_only_count = UNIT_COUNT(bundle_read_only),
		.sysctls = net,
		.sysctl_count = 1,
		.read_only_root = true,
		.bare_root = true,
		.default_devices = true,
	};
	struct maproot_request request = {
		.namespaces = BIT(PID) | BIT(NET) | BIT(IPC) | BIT(UTS) | BIT(MNT) | BIT(CGROUP),
		.as_pid_1 = true,
		.root = strdup(support_text("%s/bundle", _i % 2 == 0 ? support_directory() : support_user()->home)),
		.mounts = bundle_mounts,
		.mount_count = UNIT_COUNT(bundle_mounts),
		.hostname = "runc",
		.attributes = &attributes,
	};

	static struct maproot_idmap map;

	be(_i % 2 == 0);
	if (_i == 2) {
		ck_assert_int_eq(maproot_idmap_add(&map, (struct maproot_idmap_range){ 0, support_user()->subordinate[0], 1000 }, NULL), 0);
		request.identity.users = request.identity.groups = &map;
	}
	request.identity.subordinate = _i == 3;
	ck_assert_int_eq(system(support_text("rm -rf %s; mkdir %s", request.root, request.root)), 0);
	ck_assert_int_eq(system(support_text("cd %s && for d in bin sbin lib lib64; do ln -s usr/$d $d; done", request.root)), 0);
	if (_i == 2)
		ck_assert_int_eq(system(support_text("chown %u:%u %s", map.range[0].outer, map.range[0].outer, request.root)), 0);
	check_script(&request,
		     "exec 2>&1; LC_ALL=C; hostname; cat /proc/sys/net/ipv4/ip_forward; readlink /proc/self >/dev/null && echo $$;"
		     "(: >/new) 2>&1 | grep -c Read-only; (echo 0 >/proc/sys/net/ipv4/ip_forward) 2>&1 | grep -c Read-only;"
		     "(: >/usr/new) 2>&1 | grep -c Read-only; mkdir /sys/fs/cgroup/new 2>&1 | grep -c Read-only;"
		     "stat -c '%t:%T' /proc/timer_list; echo x >/dev/null; head -c 3 /dev/zero | wc -c; ls -d /dev/ptmx /dev/fd /dev/stdin;"
		     "(for d in /sys/fs/cgroup/*; do mkdir $d/maproot-attributes; done) 2>/dev/null; ls -d /sys/fs/cgroup/*/maproot-attributes 2>/dev/null;"
		     "ls /sys/class/net; ulimit -n; grep -E 'Cap(Eff|Bnd)|NoNew' /proc/self/status | tr -d '\\t'",
		     "runc\n1\n1\n1\n1\n1\n1\n1:3\n3\n/dev/fd\n/dev/ptmx\n/dev/stdin\nlo\n256\n"
		     "CapEff:0000000020000420\nCapBnd:0000000020000420\nNoNewPrivs:1\n");
}
END_TEST

static const gid_t groups[] = { 5, 70 };

START_TEST(groups_are_as_listed)
{
	struct maproot_attributes attributes = { .groups = groups, .group_count = _i % 2 ? 0 : 2 };
	struct maproot_request request = { .identity = { .subordinate = _i >= 2 }, .attributes = &attributes };

	be(_i < 2);
	check_script(&request, "id -G", _i % 2 ? "0\n" : "0 5 70\n");
}
END_TEST

START_TEST(groups_of_a_user_without_ranges)
{
	struct maproot_attributes attributes = { .groups = groups, .group_count = 2 };
	struct maproot_request request = { .attributes = &attributes };

	unit_become_user();
	check_refusal(&request, EINVAL, MAPROOT_STEP_REQUEST,
		      "supplementary groups can't be set with a map of the own group alone: setgroups is denied there (use subordinate ids)");
}
END_TEST

#define NET (CAP(CAP_NET_ADMIN) | CAP(CAP_NET_RAW))
#define SYS (CAP(CAP_SYS_ADMIN) | CAP(CAP_CHOWN))

/* `root`, `user`: what exec leaves of permitted and effective for each. */
static const struct {
	struct maproot_capability_sets sets;
	uint64_t root;
	uint64_t user;
} sets[] = {
	{ { 0 }, 0, 0 },
	{ { .bounding = NET | SYS, .permitted = NET | SYS, .effective = NET | SYS }, NET | SYS, 0 },
	{ { .bounding = NET | SYS, .permitted = NET | SYS, .effective = NET | SYS, .inheritable = NET | SYS, .ambient = NET | SYS }, NET | SYS, NET | SYS },
	{ { .bounding = NET | SYS, .permitted = NET, .effective = NET, .inheritable = NET, .ambient = NET }, NET, NET },
	{ { .bounding = NET | SYS, .permitted = NET, .effective = NET }, 0, 0 },
	{ { .bounding = NET, .permitted = NET, .effective = 0, .inheritable = NET, .ambient = CAP(CAP_NET_RAW) }, NET, CAP(CAP_NET_RAW) },
	{ { .bounding = 0, .permitted = NET | SYS, .effective = SYS, .inheritable = NET | SYS, .ambient = SYS }, NET | SYS, SYS },
	{ { .bounding = CAP(CAP_NET_RAW), .inheritable = CAP(CAP_CHOWN) }, 0, 0 },
};

/* 0: root of the machine; 1: of a user namespace; 2, 3: another user set at the end; 4: a user with all that is mapped. */
START_TEST(capability_sets_bit_by_bit)
{
	static struct maproot_capability_sets wish;
	const struct maproot_attributes attributes = { .capabilities = &wish };
	struct maproot_request request = { .attributes = &attributes };
	int who = _i % 5;
	bool root = who < 2;
	uint64_t left;

	wish = sets[_i / 5].sets;
	left = root ? sets[_i / 5].root : sets[_i / 5].user;
	be(who == 0 || who == 2);
	if (who == 2 || who == 3) {
		request.identity.set_user = request.identity.set_group = true;
		request.identity.inner_user = request.identity.inner_group = 7;
		request.identity.subordinate = who == 3;
	}
	if (who == 4) {
		request.identity.own_user = request.identity.own_group = true;
		request.identity.user = request.identity.group = 1234;
	}
	check_script(&request, "id -u; grep ^Cap /proc/self/status",
		     support_text("%d\nCapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\nCapBnd:\t%016llx\nCapAmb:\t%016llx\n",
				  root ? 0 : who == 4 ? 1234 :
							7,
				  (unsigned long long)wish.inheritable, (unsigned long long)left, (unsigned long long)left,
				  (unsigned long long)wish.bounding, (unsigned long long)wish.ambient));
}
END_TEST

/* Set at the end, another user than root has none, even if he had all before. */
START_TEST(a_user_set_at_the_end_has_none)
{
	struct maproot_request request = {
		.identity = { .subordinate = true, .set_user = true, .inner_user = 7, .own_user = _i == 1, .user = _i == 1 ? 3 : 0 },
	};

	unit_become_user();
	check_script(&request, "id -u; grep -E '^Cap(Inh|Prm|Eff|Amb)' /proc/self/status | cut -f 2",
		     "7\n0000000000000000\n0000000000000000\n0000000000000000\n0000000000000000\n");
}
END_TEST

/* With several ranges: the mapped root, wherever its range stands, or the id that was given, in any of them. */
static const struct {
	const char *ranges[3]; /* '#': the first subordinate id */
	bool set;
	uint32_t user;
	const char *want; /* inner id; then outer id, from '#' */
} ranged[] = {
	{ { "0:#0:10", "50:#100:5" }, false, 0, "0 #0" },
	{ { "50:#0:10", "0:#100:5" }, false, 0, "0 #100" },
	{ { "50:#0:10", "0:#100:5", "7000:#200:3" }, true, 7002, "7002 #202" },
	{ { "50:#0:10", "0:#100:5", "7000:#200:3" }, true, 59, "59 #9" },
	{ { "50:#0:10", "0:#100:5", "7000:#200:3" }, true, 4, "4 #104" },
};

static uint32_t expand(const char *text)
{
	return support_user()->subordinate[0] + (uint32_t)atoi(text + 1);
}

static void add_range(struct maproot_idmap *map, const char *text)
{
	const char *outer = strchr(text, ':') + 1;
	const char *count = strchr(outer, ':') + 1;
	const struct maproot_idmap_range range = { (uint32_t)atoi(text), expand(outer), (uint32_t)atoi(count) };

	ck_assert_int_eq(maproot_idmap_add(map, range, NULL), 0);
}

/* Its user is nobody whom the test user may signal; root of the namespace is. */
static void end_inside(pid_t pid)
{
	const char *join = strdup(support_text("user:%d", pid));
	char *const argv[] = { (char *)"/bin/kill", (char *)"-9", strdup(support_text("%d", pid)), NULL };
	const struct maproot_request request = { .joins = &join, .join_count = 1 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_child killer;
	char said[512] = "";
	int status;

	if (kill(pid, SIGKILL) < 0) {
		if (maproot_spawn(&request, argv, NULL, &killer, &err) < 0)
			(void)maproot_error_format(&err, said, sizeof(said));
		ck_assert_msg(said[0] == '\0', "%s", said);
		ck_assert_int_eq(maproot_supervise(&killer, &status, NULL), 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}

START_TEST(several_ranges)
{
	size_t at = (size_t)_i / 2;
	static struct maproot_idmap map;
	struct maproot_request request = {
		.identity = { .users = &map, .groups = &map, .set_user = ranged[at].set, .set_group = ranged[at].set, .inner_user = ranged[at].user, .inner_group = ranged[at].user },
	};
	uint32_t inner = (uint32_t)atoi(ranged[at].want);
	uint32_t outer = expand(strchr(ranged[at].want, '#'));
	pid_t pid;
	struct maproot_child child;
	char *const argv[] = { (char *)"/bin/sleep", (char *)"100", NULL };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	for (size_t range = 0; range < 3 && ranged[at].ranges[range]; range++)
		add_range(&map, ranged[at].ranges[range]);
	be(_i % 2 == 0);
	check_script(&request, "id -u; id -g", support_text("%u\n%u\n", inner, inner));
	ck_assert_msg(maproot_spawn(&request, argv, NULL, &child, &err) == 0, "%s", err.object);
	pid = child.pid;
	ck_assert_str_eq(unit_status(pid, "Uid"), support_text("%u\t%u\t%u\t%u", outer, outer, outer, outer));
	ck_assert_str_eq(unit_status(pid, "Gid"), support_text("%u\t%u\t%u\t%u", outer, outer, outer, outer));
	(void)close(child.pidfd);
	end_inside(pid);
}
END_TEST

/* The death signal is there after the last change of ids and capabilities, the OOM score although ids are others'. */
START_TEST(after_a_change_of_ids)
{
	static struct maproot_idmap map;
	const struct maproot_attributes attributes = { .set_oom_score_adj = true, .oom_score_adj = 77, .capabilities = &bundle_sets };
	struct maproot_request request = {
		.identity = { .users = &map, .groups = &map, .set_user = true, .inner_user = 3 },
		.death_signal = SIGUSR1,
		.attributes = &attributes,
	};

	add_range(&map, "0:#0:10");
	be(_i == 0);
	check_script(&request, "cat /proc/self/oom_score_adj; exec perl -e 'my $s = pack(\"i\", 0); syscall(157, 2, $s); print unpack(\"i\", $s), \"\\n\"'",
		     "77\n10\n");
}
END_TEST

static const struct maproot_rlimit too_high[] = { { RLIMIT_NOFILE, 100, 100 }, { RLIMIT_CORE, 5, 200 } };
static const struct maproot_capability_sets unheard_of = { .bounding = CAP(62), .permitted = 0 };
static const char *const missing_parameter[] = { "net.ipv4.nonesuch=1" };
static const char *const bad_value[] = { "net.ipv4.ip_forward=many" };
static const struct maproot_mount bad_type = { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "nonesuch", .target = "/mnt" };
static const struct maproot_mount bad_data = { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/mnt", .data = "nonesuch=1" };

static const struct {
	struct maproot_attributes attributes;
	const struct maproot_mount *mount;
	unsigned int namespaces;
	int code;
	enum maproot_step step;
	const char *said;
} failures[] = {
	{ { .rlimits = too_high, .rlimit_count = 2 }, NULL, 0, EPERM, MAPROOT_STEP_RLIMIT, "cannot set the resource limit RLIMIT_CORE: soft 5, hard 200; the hard limit is 100: Operation not permitted" },
	{ { .set_oom_score_adj = true, .oom_score_adj = -900 }, NULL, 0, EACCES, MAPROOT_STEP_OOM_SCORE, "cannot set the OOM score adjustment to -900: Permission denied" },
	{ { .capabilities = &unheard_of }, NULL, 0, EINVAL, MAPROOT_STEP_CAPABILITIES, "cannot set the capabilities (bounding, number 62): Invalid argument" },
	{ { .sysctls = missing_parameter, .sysctl_count = 1 }, NULL, BIT(NET), ENOENT, MAPROOT_STEP_SYSCTL, "cannot set the kernel parameter 'net.ipv4.nonesuch=1': No such file or directory" },
	{ { .sysctls = bad_value, .sysctl_count = 1 }, NULL, BIT(NET), EINVAL, MAPROOT_STEP_SYSCTL, "cannot set the kernel parameter 'net.ipv4.ip_forward=many': Invalid argument" },
	{ { .sysctls = net, .sysctl_count = 1 }, NULL, 0, EINVAL, MAPROOT_STEP_REQUEST, "kernel parameter 'net/ipv4/ip_forward' needs a new net namespace" },
	{ { .no_new_privileges = true }, &bad_type, 0, ENODEV, MAPROOT_STEP_MOUNT, "cannot mount a new nonesuch on '/mnt': No such device" },
	{ { .no_new_privileges = true }, &bad_data, 0, EINVAL, MAPROOT_STEP_MOUNT, "cannot mount a new tmpfs on '/mnt' with nonesuch=1: Invalid argument" },
};

START_TEST(failures_are_named)
{
	struct maproot_request request = {
		.namespaces = failures[_i].namespaces,
		.mounts = failures[_i].mount,
		.mount_count = failures[_i].mount ? 1 : 0,
		.attributes = &failures[_i].attributes,
	};
	const struct rlimit hard = { 100, 100 };

	ck_assert_int_eq(setrlimit(RLIMIT_CORE, &hard), 0);
	unit_become_user();
	check_refusal(&request, failures[_i].code, failures[_i].step, failures[_i].said);
}
END_TEST

START_TEST(capabilities_that_are_not_there)
{
	static const struct maproot_capability_sets wish = { .bounding = NET, .permitted = NET };
	const struct maproot_attributes attributes = { .capabilities = &wish };
	struct maproot_request request = { .attributes = &attributes };

	ck_assert_int_eq(prctl(PR_CAPBSET_DROP, CAP_NET_RAW, 0, 0, 0), 0);
	check_refusal(&request, EPERM, MAPROOT_STEP_CAPABILITIES,
		      "cannot set the capabilities (bounding, number 13): Operation not permitted");
}
END_TEST

/* A /proc that is none would swallow anything. */
START_TEST(parameters_are_written_to_a_real_proc_only)
{
	const struct maproot_attributes attributes = { .sysctls = ipc, .sysctl_count = 1 };
	struct maproot_request request = { .namespaces = BIT(IPC), .attributes = &attributes };

	unit_private_mounts();
	if (_i == 0) {
		ck_assert_int_eq(mount("tmpfs", "/proc/sys", "tmpfs", 0, NULL), 0);
		check_refusal(&request, EXDEV, MAPROOT_STEP_OPEN, "cannot open '/proc/sys': Invalid cross-device link");
	} else {
		ck_assert_int_eq(mount("tmpfs", "/proc/sys/kernel", "tmpfs", 0, NULL), 0);
		(void)unit_file("/proc/sys/kernel/shmmni", "");
		check_refusal(&request, EXDEV, MAPROOT_STEP_SYSCTL,
			      "cannot set the kernel parameter 'kernel.shmmni=17': Invalid cross-device link");
	}
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("run/attributes", &tc);

	tcase_add_loop_test(tc, the_command_has_it, 0, 2 * UNIT_COUNT(rows));
	tcase_add_loop_test(tc, a_bundle, 0, 4);
	tcase_add_loop_test(tc, groups_are_as_listed, 0, 4);
	tcase_add_test(tc, groups_of_a_user_without_ranges);
	tcase_add_loop_test(tc, capability_sets_bit_by_bit, 0, 5 * UNIT_COUNT(sets));
	tcase_add_loop_test(tc, a_user_set_at_the_end_has_none, 0, 2);
	tcase_add_loop_test(tc, several_ranges, 0, 2 * UNIT_COUNT(ranged));
	tcase_add_loop_test(tc, after_a_change_of_ids, 0, 2);
	tcase_add_loop_test(tc, failures_are_named, 0, UNIT_COUNT(failures));
	tcase_add_test(tc, capabilities_that_are_not_there);
	tcase_add_loop_test(tc, parameters_are_written_to_a_real_proc_only, 0, 2);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
