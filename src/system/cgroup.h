/*
 * The control group of a command, in the file system: found, made, limited, entered, killed, removed. Knows no
 * runs.
 *
 * choose -> make -> clone, or enter the held child -> ... -> kill -> remove. In the parent; but for
 * mr_cgroup_clone() all allocate.
 */
#ifndef MR_SYSTEM_CGROUP_H
#define MR_SYSTEM_CGROUP_H

#include "model/cgroup_name.h"

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
	int base[MR_CGROUP_HIERARCHIES];           /* below which they will be made; -1: none */
	size_t base_length[MR_CGROUP_HIERARCHIES]; /* of its path, at the start of `path` */
	char own[MAPROOT_CGROUP_SIZE];             /* the directory of the caller's group of version 2; "": not to be seen */
	char scope[MR_CGROUP_UNIT_SIZE];           /* "maproot-ID.scope"; "": none */
	char slice[MR_CGROUP_UNIT_SIZE];           /* for it; "": systemd chooses */
};

/* clang-format off */
#define MR_CGROUP_NONE (struct mr_cgroup) { .directory = -1, .base = { -1, -1 } }
/* clang-format on */

/*
 * Finds where it will be, and checks that what is asked for can be had; makes nothing. To be released by
 * mr_cgroup_done(). -EEXIST (step CGROUP_MAKE): there is one. A failure of make leaves nothing, so that nothing is
 * to be undone then: what has that name is somebody else's.
 */
int mr_cgroup_choose(const struct maproot_cgroup *wish, const char *id, struct mr_cgroup *ret_group,
		     struct maproot_error *err);

/*
 * Makes it, with its limits; all or nothing, but that controllers that were enabled for it stay so. Groups between
 * base and name are made and marked, and go with the last below them. A scope is made when it is entered.
 */
int mr_cgroup_make(const struct maproot_cgroup *wish, struct mr_cgroup *group, struct maproot_error *err);

/* Puts a process into it that was not cloned into it. Of a scope: makes it around the process. */
int mr_cgroup_enter(const struct maproot_cgroup *wish, struct mr_cgroup *group, pid_t pid, struct maproot_error *err);

/*
 * Ends every process in a group and below it: cgroup.kill (Linux 5.14), else freeze, kill, thaw until it is empty;
 * it is never left frozen. 0 also where it does not exist. -ETIMEDOUT after ten seconds; -EDEADLK: the caller is in
 * it. What is in a pid namespace that isn't below ours can't be killed without cgroup.kill: -ESRCH, step
 * CGROUP_UNREACHABLE; version 1 does not even list it, and there it is removing that fails.
 */
int mr_cgroup_kill(const char *path, struct maproot_error *err);

/* The same without cgroup.kill, as an older kernel has it. */
int mr_cgroup_kill_by_hand(const char *path, struct maproot_error *err);

/*
 * Removes it and what is below it, empty as it has to be, and groups above that mr_cgroup_make() made for it and
 * nobody else uses; a busy one is tried again for two seconds. 0 where there is none. What isn't a control group is
 * left alone.
 */
int mr_cgroup_remove(const char *path, struct maproot_error *err);

/* Stops a scope; 0 where there is none. */
int mr_cgroup_stop_scope(const char *scope, struct maproot_error *err);

/* Closes what is open; removes nothing. */
void mr_cgroup_done(struct mr_cgroup *group);

/*
 * As clone(2) with a stack of its own, and the child starts in the group. Returns the pid or -errno: -ENOSYS where
 * kernel or architecture have no such thing, or the group is none of version 2 that is made: then it is moved while
 * it is held. `stack_top` NULL: a copy of the memory; returns 0 in the child, where `body` is not called. Changes
 * no errno.
 */
pid_t mr_cgroup_clone(const struct mr_cgroup *group, unsigned int flags, char *stack_top, int (*body)(void *),
		      void *argument);

/*
 * Says why mr_cgroup_clone() or writing to cgroup.procs failed with `code` (positive), as far as the group is the
 * reason. Returns -code.
 */
int mr_cgroup_explain(const struct mr_cgroup *group, int code, struct maproot_error *err);

#endif
