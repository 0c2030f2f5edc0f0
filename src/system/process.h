/*
 * Another process, held so that its number can't come to mean somebody else. pidfd_open(2), proc(5). In the child.
 */
#ifndef MR_SYSTEM_PROCESS_H
#define MR_SYSTEM_PROCESS_H

#include "system/nsfs.h"

/* -1: not open. On kernels before 5.3 there is no pidfd; the directory below /proc is bound to the process as well. */
struct mr_process {
	pid_t pid; /* as this /proc counts, which may be of an outer pid namespace */
	int pidfd;
	int directory; /* /proc/PID */
};

#define MR_PROCESS_NONE     \
	(struct mr_process) \
	{                   \
		0, -1, -1   \
	}

/*
 * Takes hold of a process. `start_time` 0: of whoever has the number. Errors: NO_PROCESS -ESRCH; OPEN_NAMESPACE for a
 * /proc that is none or can't be read.
 */
int mr_process_hold(pid_t pid, uint64_t start_time, struct mr_process *ret_process,
		    struct maproot_error *err);

/* The same by a pidfd, which stays the caller's. -EINVAL: it is none (nothing is said in err). */
int mr_process_hold_pidfd(int pidfd, struct mr_process *ret_process, struct maproot_error *err);

/*
 * Whether /proc counts as this process does: 0; -ESRCH where it is another pid namespace's, in which our numbers are
 * others'; or -errno.
 */
int mr_process_check_proc(void);

/* 0, or -ESRCH when the process is gone (reaped; the number may be somebody else's). */
int mr_process_check(const struct mr_process *process);

/* Which namespace of a type it is in. 0, or -errno: -ENOENT where the kernel has no such type, -EACCES, -ESRCH. */
int mr_process_namespace_id(const struct mr_process *process, enum maproot_namespace type,
			    struct mr_nsfs_id *ret_id);

/* Opens that. Returns the descriptor or -errno. */
int mr_process_open_namespace(const struct mr_process *process, enum maproot_namespace type);

/* When it started, in clock ticks since boot. 0 or -errno. */
int mr_process_start_time(const struct mr_process *process, uint64_t *ret_start_time);

void mr_process_release(struct mr_process *process);

/* pidfd_open(2), close-on-exec and above 2. Returns it or -errno: -ENOSYS before Linux 5.3. */
int mr_pidfd_open(pid_t pid);

#endif
