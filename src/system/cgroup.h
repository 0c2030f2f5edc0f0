/*
 * The control group of a command, in the file system: found, made, limited, entered, killed, removed. Knows no runs.
 */
#ifndef MR_SYSTEM_CGROUP_H
#define MR_SYSTEM_CGROUP_H

#include <maproot/cgroup.h>
#include <maproot/name.h>
#include <stdbool.h>
#include <sys/types.h>

enum { MR_CGROUP_HIERARCHIES = 2 };

/* One directory of version 2, or one in each hierarchy of version 1 that is used; or a scope that systemd makes. */
struct mr_cgroup {
	size_t count;  /* of paths; 0: none, or not yet known of a scope */
	bool unified;  /* version 2 */
	int directory; /* of version 2 once made, for CLONE_INTO_CGROUP; -1: none */
	char path[MR_CGROUP_HIERARCHIES][MAPROOT_CGROUP_SIZE];
	char scope[MAPROOT_NAME_SIZE + 32]; /* "maproot-ID.scope"; "": none */
};

#define MR_CGROUP_NONE          \
	(struct mr_cgroup)      \
	{                       \
		.directory = -1 \
	}

/* Finds where it will be, and checks that what is asked for can be had; makes nothing. */
int mr_cgroup_choose(const struct maproot_cgroup *wish, const char *id, struct mr_cgroup *ret_group,
		     struct maproot_error *err);

/* Makes it, with its limits; all or nothing. A scope is made when it is entered. */
int mr_cgroup_make(const struct maproot_cgroup *wish, struct mr_cgroup *group, struct maproot_error *err);

/* Puts a process into it that was not cloned into it. Of a scope: makes it around the process. */
int mr_cgroup_enter(const struct maproot_cgroup *wish, struct mr_cgroup *group, pid_t pid, struct maproot_error *err);

/*
 * Ends every process in a group and below it: cgroup.kill (Linux 5.14), else freeze, kill, thaw until it is empty; it
 * is never left frozen. 0 also where it does not exist.
 */
int mr_cgroup_kill(const char *path, struct maproot_error *err);

/* Removes it and what is below it, empty as it has to be; a busy one is tried again for a while. 0 where there is none. */
int mr_cgroup_remove(const char *path, struct maproot_error *err);

/* Stops a scope; 0 where there is none. */
int mr_cgroup_stop_scope(const char *scope, struct maproot_error *err);

/* Closes what is open; removes nothing. */
void mr_cgroup_done(struct mr_cgroup *group);

/*
 * As clone(2) with a stack of its own, and the child starts in the group. Returns the pid or -errno: -ENOSYS where kernel or
 * architecture have no such thing: then it is moved while it is held. `stack_top` NULL: a copy of the memory; returns
 * 0 in the child, where `body` is not called.
 */
pid_t mr_cgroup_clone(const struct mr_cgroup *group, unsigned int flags, char *stack_top, int (*body)(void *),
		      void *argument);

#endif
