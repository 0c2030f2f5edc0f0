/*
 * Where control groups, networks or attributes can't be had.
 */
#include "situation.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const veth_strategy[] = { "veth" };
static const struct maproot_network veth = { .strategies = veth_strategy, .strategy_count = 1 };
static const struct maproot_request with_veth = { .network = &veth };
static const struct maproot_request plain;

static void without_groups(void)
{
	unit_private_mounts();
	if (umount2("/sys/fs/cgroup", MNT_DETACH) < 0)
		support_die("umount /sys/fs/cgroup");
	become_user();
}

static void groups_read_only(void)
{
	unit_private_mounts();
	if (mount(NULL, "/sys/fs/cgroup/unified", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		support_die("remount /sys/fs/cgroup/unified");
	become_user();
}

static int fail_to_make_group(const struct maproot_request *request, struct maproot_error *err)
{
	const char *group = make_group("/sys/fs/cgroup/unified");
	const char *file = support_text("%s/cgroup.max.descendants", group);
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	(void)request;
	if (fd < 0 || write(fd, "0", 1) != 1 || close(fd) < 0)
		support_die("cannot write %s", file);
	file = support_text("%s/inner", group);
	if (mkdir(file, 0755) == 0)
		return 0;
	err->code = errno;
	err->step = MAPROOT_STEP_CGROUP_MAKE;
	strncpy(err->object, file, sizeof(err->object) - 1);
	return -err->code;
}

static void stay_root(void)
{
}

static void without_tun(void)
{
	unit_private_mounts();
	if (mount("tmpfs", "/dev/net", "tmpfs", 0, NULL) < 0)
		support_die("cannot hide /dev/net");
	become_user();
}

static void closed_tun(void)
{
	unit_private_mounts();
	unit_overlay("/dev/net/tun", "");
	if (chmod("/dev/net/tun", 0600) < 0)
		support_die("cannot close /dev/net/tun");
	become_user();
}

static void no_program(void)
{
	unit_only_programs_of("/nowhere");
	become_user();
}

#define GROUPS(controllers)                                                                               \
	.files = { "/proc/self/mountinfo",                                                                \
		   "1 0 8:1 / / rw - ext4 /dev/x rw\n9 1 0:5 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", \
		   "/sys/fs/cgroup/cgroup.controllers", controllers },                                    \
	.also = "helper-missing nameless-user tun-missing proc-missing"

static const struct situation rows[] = {
	{ .id = "cgroup-missing",
	  .how = "unmounted",
	  .prepare = without_groups,
	  .error = { ENOENT, MAPROOT_STEP_CGROUP_FIND, "no hierarchy is mounted" } },
	{ .id = "cgroup-read-only",
	  .how = "remounted",
	  .prepare = groups_read_only,
	  .error = { EROFS, MAPROOT_STEP_CGROUP_FIND,
		     "'/sys/fs/cgroup/unified' is on a read-only mount of the control groups" } },
	{ .id = "cgroup-not-delegated",
	  .how = "root's group",
	  .error = { EACCES, MAPROOT_STEP_CGROUP_FIND, "'/sys/fs/cgroup/unified' is not delegated to this user" },
	  .by_error = true },
	{ .id = "cgroup-controller-absent",
	  .how = "files",
	  .error = { EOPNOTSUPP, MAPROOT_STEP_CGROUP_LIMIT, "the controller 'memory' is on a hierarchy of version 1" },
	  GROUPS("hugetlb\n") },
	{ .id = "cgroup-controller-not-delegated",
	  .how = "files",
	  .error = { ENOENT, MAPROOT_STEP_CGROUP_LIMIT, "the controller 'cpu' is not delegated to '/sys/fs/cgroup/a'" },
	  GROUPS("cpu memory\n") },
	{ .id = "cgroup-limit",
	  .how = "cgroup.max.descendants=0",
	  .prepare = stay_root,
	  .error = { EAGAIN, MAPROOT_STEP_CGROUP_MAKE, "" },
	  .fails = fail_to_make_group,
	  .also = "no-subuids" },
	{ .id = "network-program-missing",
	  .how = "no program, in words",
	  .error = { ENOENT, MAPROOT_STEP_NETWORK,
		     "there is no program 'no-such-helper' in PATH; install the package" },
	  .by_error = true },
	{ .id = "rlimit-hard",
	  .how = "made up",
	  .error = { EPERM, MAPROOT_STEP_RLIMIT, "RLIMIT_NOFILE: soft 100, hard 200; the hard limit is 50" },
	  .by_error = true },
	{ .id = "oom-score-floor",
	  .how = "made up",
	  .error = { EACCES, MAPROOT_STEP_OOM_SCORE, "-900" },
	  .by_error = true },
	{ .id = "sysctl-unknown",
	  .how = "made up",
	  .error = { ENOENT, MAPROOT_STEP_SYSCTL, "kernel.no_such=1" },
	  .by_error = true },
	{ .id = "sysctl-of-machine",
	  .how = "kernel.pid_max",
	  .error = { EACCES, MAPROOT_STEP_SYSCTL, "kernel.pid_max=1" },
	  .by_error = true },
	{ .id = "sysctl-of-other-namespace",
	  .how = "net without a new one",
	  .request = &plain,
	  .error = { EACCES, MAPROOT_STEP_SYSCTL, "net.ipv4.ip_forward=1" },
	  .by_error = true },
	{ .id = "tun-closed",
	  .how = "/dev/net/tun 0600",
	  .prepare = closed_tun,
	  .error = { EPERM, MAPROOT_STEP_NETWORK, "slirp4netns: ..." } },
	{ .id = "tun-missing",
	  .how = "/dev/net hidden",
	  .prepare = without_tun,
	  .error = { EPERM, MAPROOT_STEP_NETWORK, "slirp4netns: ..." } },
	{ .id = "network-program-missing",
	  .how = "no programs",
	  .prepare = no_program,
	  .error = { ENOENT, MAPROOT_STEP_PROGRAM, "slirp4netns" },
	  .also = "helper-missing command-missing" },
	{ .id = "net-admin-lacking",
	  .how = "veth of a user",
	  .request = &with_veth,
	  .error = { EPERM, MAPROOT_STEP_NETWORK, "veth" },
	  .by_error = true },
};

const struct situations situations_of_outfit = { rows, UNIT_COUNT(rows) };
