/*
 * Where a user namespace is there, and its ids are not to be had.
 */
#include "situation.h"

#include "unit.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct maproot_request plain;
static const struct maproot_idmap five_ids = { .count = 1, .range = { { 0, 1, 5 } } };
static const struct maproot_request more_than_there_is = { .identity = { .users = &five_ids } };
static const struct maproot_request new_user = { .namespaces = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_USER) };
#define UID_MAP(number)                                                    \
	{                                                                  \
		(number), MAPROOT_STEP_WRITE_UID_MAP, "/proc/self/uid_map" \
	}
#define SETGROUPS(number)                                                     \
	{                                                                     \
		(number), MAPROOT_STEP_SETGROUPS_FILE, "/proc/self/setgroups" \
	}
static void drop_capability(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		support_die("capget");
	data[cap / 32].permitted &= ~(1u << cap % 32);
	data[cap / 32].effective &= ~(1u << cap % 32);
	if (syscall(SYS_capset, &header, data) < 0)
		support_die("capset");
}

static void without_setfcap(void)
{
	drop_capability(CAP_SETFCAP);
}

static void not_dumpable(void)
{
	become_user();
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		support_die("PR_SET_DUMPABLE");
}

static void without_proc(void)
{
	unit_private_mounts();
	if (umount2("/proc", MNT_DETACH) < 0)
		support_die("umount /proc");
	become_user();
}

static void read_only_proc(void)
{
	unit_private_mounts();
	if (mount(NULL, "/proc", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		support_die("remount /proc");
	become_user();
}

static void in_namespace(void)
{
	unit_enter_namespace(0);
}

#define RESTRICTED                                                                            \
	.also = "helper-missing nameless-user tun-missing cgroup-missing apparmor-restricts", \
	.files = { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",                  \
		   "1\n",                                                                     \
		   "/proc/self/attr/apparmor/current",                                        \
		   "unconfined\n",                                                            \
		   "/proc/self/mountinfo",                                                    \
		   "1 0 8:1 / / rw - ext4 /dev/x rw\n" }

static const struct situation rows[] = {
	{ .id = "no-setfcap",
	  .how = "root without CAP_SETFCAP",
	  .prepare = without_setfcap,
	  .request = &new_user,
	  .error = { EPERM, MAPROOT_STEP_WRITE_UID_MAP, "" },
	  .fails = fail_to_start,
	  .also = "no-subuids" },
	{ .id = "outer-id-unmapped",
	  .how = "ids that an outer namespace lacks",
	  .prepare = in_namespace,
	  .request = &more_than_there_is,
	  .error = { EPERM, MAPROOT_STEP_WRITE_UID_MAP, "" },
	  .fails = fail_to_start,
	  .also = "no-subuids setgroups-denied helper-owner-unmapped" },
	{ .id = "not-dumpable",
	  .how = "PR_SET_DUMPABLE 0",
	  .prepare = not_dumpable,
	  .request = &plain,
	  .error = SETGROUPS(EACCES),
	  .fails = fail_to_start },
	{ .id = "proc-missing",
	  .how = "/proc unmounted",
	  .prepare = without_proc,
	  .error = SETGROUPS(ENOENT),
	  .fails = fail_to_start,
	  .also = "path-missing" },
	{ .id = "proc-read-only",
	  .how = "/proc remounted",
	  .prepare = read_only_proc,
	  .error = SETGROUPS(EROFS),
	  .fails = fail_to_start },
	{ .id = "apparmor-transition", .how = "files (Ubuntu 24.04: map)", .error = UID_MAP(EPERM), RESTRICTED },
	{ .id = "apparmor-transition",
	  .how = "files (Ubuntu 24.04: mount)",
	  .error = { EACCES, MAPROOT_STEP_PROPAGATION, "slave" },
	  RESTRICTED },
	{ .id = "apparmor-transition",
	  .how = "files (Ubuntu 24.04: after exec)",
	  .error = { EPERM, MAPROOT_STEP_LACKING, "CAP_SYS_ADMIN" },
	  RESTRICTED },
	{ .id = "setgroups-denied",
	  .how = "single-entry maps",
	  .prepare = in_namespace,
	  .error = { EPERM, MAPROOT_STEP_GROUPS, "none" },
	  .also = "no-subuids helper-owner-unmapped outer-id-unmapped" },
	{ .id = "id-not-mapped", .how = "made up", .error = { EINVAL, MAPROOT_STEP_SET_UID, "5" }, .by_error = true },
};

const struct situations situations_of_maps = { rows, UNIT_COUNT(rows) };
