/*
 * Looking at the namespaces of a process: which they are, whose, and who else is in them. Changes nothing.
 * Source: namespaces(7), ioctl_ns(2), proc(5).
 */
#ifndef MAPROOT_INSPECT_H
#define MAPROOT_INSPECT_H

#include <maproot/error.h>
#include <maproot/namespace.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* One namespace, as the calling thread may see it. */
struct maproot_namespace_info {
	enum maproot_namespace type;
	uint64_t id;          /* inode number: what readlink(1) shows in brackets */
	bool ours;            /* the calling thread is in it */
	bool owner_known;     /* false: its owner is above or beside our user namespace, which tells nothing of it */
	uint64_t owner;       /* the user namespace that owns it (of a user namespace: its parent) */
	bool user_known;      /* as owner_known; of a user namespace always */
	uid_t owner_user;     /* who made the user namespace that owns it (a user namespace: itself); as seen from ours */
	size_t member_count;  /* processes seen in it, the one asked about included */
	const pid_t *members; /* the lowest pids among them, in order; good during the call */
	size_t members_shown; /* at most 16 */
};

/*
 * Calls `each` for every type that the process has, in the order of the table, until it returns other than 0;
 * returns that, or -errno: -ESRCH (step NO_PROCESS), -EACCES (step INSPECT). `pid` 0: the calling thread.
 */
int maproot_inspect(pid_t pid, int (*each)(void *arg, const struct maproot_namespace_info *info), void *arg,
		    struct maproot_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
