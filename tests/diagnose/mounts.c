/*
 * Where mounts are refused inside.
 */
#include "situation.h"

#include "unit.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct maproot_mount proc_mount[] = { { .kind = MAPROOT_MOUNT_PROC, .target = "/proc" } };
static const struct maproot_request plain;
static const struct maproot_request new_proc = {
	.namespaces = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_PID),
	.mounts = proc_mount,
	.mount_count = 1,
};

#define MOUNT(number, what)                        \
	{                                          \
		(number), MAPROOT_STEP_MOUNT, what \
	}

static void filtered(void)
{
	become_user();
	unit_deny(SYS_mount, EPERM);
}

static void sandboxed(void)
{
	struct landlock_ruleset_attr rules = { .handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK };
	int fd;

	become_user();
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
	if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		support_die("landlock");
	(void)close(fd);
}

static void masked(void)
{
	unit_private_mounts();
	if (mount("tmpfs", "/proc/driver", "tmpfs", 0, NULL) < 0)
		support_die("cannot mask /proc/driver");
	become_user();
}

static void read_only(void)
{
	unit_private_mounts();
	if (mount(NULL, "/proc", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		support_die("remount /proc");
	become_user();
}

static const struct situation rows[] = {
	{ .id = "seccomp-mount",
	  .how = "filter: mount EPERM",
	  .prepare = filtered,
	  .error = { EPERM, MAPROOT_STEP_PROPAGATION, "slave" },
	  .fails = fail_to_start,
	  .also = "no-new-privs" },
	{ .id = "landlock",
	  .how = "a Landlock layer",
	  .prepare = sandboxed,
	  .error = { EPERM, MAPROOT_STEP_PROPAGATION, "slave" },
	  .fails = fail_to_start,
	  .also = "no-new-privs" },
	{ .id = "proc-masked",
	  .how = "tmpfs over /proc/driver",
	  .prepare = masked,
	  .request = &new_proc,
	  .error = MOUNT(EPERM, "a new proc on '/proc'"),
	  .fails = fail_to_start },
	{ .id = "proc-read-only",
	  .how = "/proc read-only",
	  .prepare = read_only,
	  .request = &new_proc,
	  .error = MOUNT(EPERM, "a new proc on '/proc'") },
	{ .id = "proc-needs-pid-namespace",
	  .how = "made up",
	  .request = &plain,
	  .error = MOUNT(EPERM, "a new proc on '/proc'"),
	  .by_error = true },
	{ .id = "sysfs-needs-net-namespace",
	  .how = "made up",
	  .request = &plain,
	  .error = MOUNT(EPERM, "a new sysfs on '/sys'"),
	  .by_error = true },
	{ .id = "locked-mounts",
	  .how = "/sys without what is below",
	  .error = { EINVAL, MAPROOT_STEP_BIND, "/sys' on '/mnt" },
	  .by_error = true },
	{ .id = "filesystem-unknown",
	  .how = "made up",
	  .error = MOUNT(ENODEV, "a new nosuchfs on '/mnt'"),
	  .by_error = true },
	{ .id = "filesystem-refused", .how = "ext4", .error = MOUNT(EPERM, "a new ext4 on '/mnt'"), .by_error = true },
};

const struct situations situations_of_mounts = { rows, UNIT_COUNT(rows) };
