/*
 * What can't be had on every machine: other kernels, security modules, full machines. They are files here.
 */
#include "situation.h"

#include "unit.h"

#include <errno.h>

static const struct maproot_request new_time = { .namespaces = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_TIME) };

/* A directory with a few files lacks a lot. */
#define KERNEL(...)                                                                          \
	.also = "helper-missing nameless-user tun-missing cgroup-missing no-such-namespace " \
		"apparmor-transition proc-missing",                                          \
	.files = { __VA_ARGS__ }

static const struct situation rows[] = {
	{ .id = "wsl1",
	  .how = "files",
	  .error = CREATE(EINVAL, "mnt user"),
	  KERNEL("/proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft\n", "/proc/self/ns/net", "") },
	{ .id = "no-user-namespaces",
	  .how = "files",
	  .error = CREATE(EINVAL, "mnt user"),
	  KERNEL("/proc/self/ns/mnt", "") },
	{ .id = "no-user-namespaces",
	  .how = "files (Red Hat 7)",
	  .error = CREATE(EINVAL, "mnt user"),
	  KERNEL("/proc/self/ns/mnt", "", "/proc/self/ns/user", "", "/sys/module/user_namespace/parameters/enable",
		 "N\n") },
	{ .id = "no-such-namespace",
	  .how = "files",
	  .request = &new_time,
	  .error = CREATE(EINVAL, "pid or time, for children"),
	  KERNEL("/proc/self/ns/mnt", "", "/proc/self/ns/user", "") },
	{ .id = "sysctl-unprivileged-userns-clone",
	  .how = "files (Debian)",
	  .error = CREATE(EPERM, "mnt user"),
	  KERNEL("/proc/sys/kernel/unprivileged_userns_clone", "0\n", "/proc/self/mountinfo",
		 "1 0 8:1 / / rw - ext4 /dev/x rw\n") },
	{ .id = "apparmor-restricts",
	  .how = "files (Ubuntu 23.10)",
	  .error = CREATE(EACCES, "mnt user"),
	  KERNEL("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", "/proc/self/attr/apparmor/current",
		 "unconfined\n") },
	{ .id = "apparmor-profile",
	  .how = "files (docker-default)",
	  .error = CREATE(EACCES, "mnt user"),
	  KERNEL("/proc/self/attr/apparmor/current", "docker-default (enforce)\n") },
	{ .id = "selinux",
	  .how = "files (enforcing)",
	  .error = CREATE(EACCES, "mnt user"),
	  KERNEL("/sys/fs/selinux/enforce", "1", "/proc/self/attr/current", "user_u:user_r:user_t:s0") },
	{ .id = "chroot",
	  .how = "files (mountinfo without /)",
	  .error = CREATE(EPERM, "mnt user"),
	  KERNEL("/proc/self/mountinfo", "22 1 0:21 / /proc rw,relatime - proc proc rw\n") },
	{ .id = "machine-processes",
	  .how = "files (threads-max)",
	  .error = { EAGAIN, MAPROOT_STEP_COMMAND, "" },
	  KERNEL("/proc/loadavg", "0.1 0.1 0.1 1/1000 77\n", "/proc/sys/kernel/threads-max", "1000\n",
		 "/proc/sys/kernel/pid_max", "32768\n") },
	{ .id = "machine-files",
	  .how = "files (file-nr)",
	  .error = { ENFILE, MAPROOT_STEP_PREPARE, "x" },
	  KERNEL("/proc/sys/fs/file-nr", "1000\t0\t1000\n", "/proc/sys/fs/file-max", "1000\n") },
};

const struct situations situations_of_kernels = { rows, UNIT_COUNT(rows) };
