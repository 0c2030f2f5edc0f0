/*
 * What this kernel lacks, so that maproot does it in another way. Each call is made so that it can't succeed, or
 * changes nothing: what it says tells whether it is known. Versions are not looked at, as distributions add and
 * filters take away.
 */
#include "base/cleanup.h"
#include "base/text.h"
#include "diagnose/doctor.h"
#include "system/cgroup_find.h"
#include "system/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The same number on all architectures. */
enum {
	CALL_CLONE3 = 435,
	CALL_CLOSE_RANGE = 436,
	CALL_MOUNT_SETATTR = 442,
};

static bool has_pidfd(void)
{
	mr_auto_fd int fd = mr_pidfd_open(getpid());

	return fd >= 0;
}

/* A group that is none: a kernel that knows the flag finds that out before it makes a process. */
static bool has_into_cgroup(void)
{
	enum { NO_DESCRIPTOR = 0x7fffffff };
	const uint64_t into_cgroup = 0x200000000;
	const uint64_t arguments[11] = { [0] = into_cgroup, [10] = NO_DESCRIPTOR };

	return syscall(CALL_CLONE3, arguments, sizeof(arguments)) < 0 && errno == EBADF;
}

/* Into the namespace that we are in. Who may not is told so; who doesn't know such descriptors says EINVAL. */
static bool has_setns_of_process(void)
{
	mr_auto_fd int fd = mr_pidfd_open(getpid());

	return fd >= 0 && (setns(fd, CLONE_NEWUTS) == 0 || errno == EPERM);
}

static bool has_close_range(void)
{
	return syscall(CALL_CLOSE_RANGE, UINT32_MAX, UINT32_MAX, 0) == 0;
}

static bool has_mount_setattr(void)
{
	return syscall(CALL_MOUNT_SETATTR, -1, "", 0, NULL, 0) < 0 && errno != ENOSYS && errno != EPERM;
}

/* In every group but the topmost. Where none can be seen nothing is lacking. */
static bool has_cgroup_kill(void)
{
	char path[MAPROOT_CGROUP_SIZE];

	if (mr_cgroup_find_process(getpid(), path) < 0)
		return true;

	mr_auto_fd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || faccessat(fd, "cgroup.type", F_OK, 0) < 0)
		return true;
	return faccessat(fd, "cgroup.kill", F_OK, 0) == 0;
}

static bool has_time_namespaces(void)
{
	return access("/proc/self/ns", F_OK) < 0 ||
	       faccessat(AT_FDCWD, "/proc/self/ns/time", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static const struct {
	bool (*has)(void);
	const char *lacking;
} calls[] = {
	{ has_pidfd, "pidfd_open (5.3): processes are held by their numbers" },
	{ has_into_cgroup, "CLONE_INTO_CGROUP (5.7): commands are moved into their group" },
	{ has_setns_of_process, "setns with a pidfd (5.8): namespaces are joined one by one" },
	{ has_close_range, "close_range (5.9): descriptors are closed one by one" },
	{ has_mount_setattr, "mount_setattr (5.12): read-only mounts are made one by one" },
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static void try_calls(void *memory)
{
	bool *has = memory;

	for (size_t at = 0; at < CALLS; at++)
		has[at] = calls[at].has();
}

/* Where a filter kills who calls one, that one and those after it are left out. */
static void list_lacking(struct mr_text *list)
{
	bool has[CALLS] = { false };

	(void)mr_doctor_run(try_calls, has, sizeof(has));
	for (size_t at = 0; at < CALLS; at++) {
		if (!has[at])
			mr_text_add_item(list, "; ", calls[at].lacking);
	}
	if (!has_cgroup_kill())
		mr_text_add_item(list, "; ", "cgroup.kill (5.14): groups are frozen, then killed");
	if (!has_time_namespaces())
		mr_text_add_item(list, "; ", "time namespaces (5.6): --time is refused");
}

void mr_doctor_kernel(struct mr_doctor *doctor)
{
	struct utsname name;
	char line[200];
	struct mr_text text = mr_text_in(line, sizeof(line));
	char lacking[300];
	struct mr_text list = mr_text_in(lacking, sizeof(lacking));
	struct maproot_explanation why;
	char release[100];

	if (mr_evidence_read(&doctor->machine, "/proc/sys/kernel/osrelease", release, sizeof(release)) == 0) {
		mr_text_add(&text, "Linux ");
		mr_text_add(&text, release);
	} else if (uname(&name) == 0) {
		mr_text_add(&text, "Linux ");
		mr_text_add(&text, name.release);
	}
	if (doctor->tries)
		list_lacking(&list);
	if (list.length == 0) {
		mr_doctor_tell(doctor, "kernel", line);
		return;
	}
	why = mr_doctor_reason("call-missing", lacking, "", MAPROOT_WHO_NOBODY);
	mr_doctor_tell_cause(doctor, "kernel", MAPROOT_FINDING_DEGRADED, line, &why);
}
