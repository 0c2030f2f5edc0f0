/*
 * What the files of cgroup.h share: a group in the file system is chosen, made, and what it may be lacking is said;
 * a scope likewise.
 */
#ifndef MR_SYSTEM_CGROUP_PARTS_H
#define MR_SYSTEM_CGROUP_PARTS_H

#include "system/cgroup.h"
#include "system/cgroup_find.h"

/* A mark on groups that were made on the way to another one: they go with the last one below them. xattr(7) */
#define MR_CGROUP_MARK "user.maproot.passage"

/* cgroup_place.c: mr_cgroup_choose() where no systemd is asked. */
int mr_cgroup_place(const struct maproot_cgroup *wish, const struct mr_cgroup_name *name, struct mr_cgroup *group,
		    struct maproot_error *err);

/* cgroup_make.c: mr_cgroup_make() likewise. */
int mr_cgroup_make_directories(const struct maproot_cgroup *wish, struct mr_cgroup *group, struct maproot_error *err);

/* cgroup_remove.c: removes the marked groups above a path, up to the first that is used or isn't marked. */
void mr_cgroup_prune(const char *path);

/*
 * cgroup_kill_listed.c: SIGKILL to every process that is listed in a group; `*ret_killed` of them were there to be
 * killed. 0 or -errno: -ESRCH where one has no number here.
 */
int mr_cgroup_kill_listed(int directory, size_t *ret_killed);

/* Whether the calling process is listed there. */
bool mr_cgroup_lists_us(int directory);

/*
 * cgroup_controllers.c: whether the limits' controllers can be had in a group that is to be made at `way` ("A/B")
 * below `base`, a group of version 2; and, level by level, that they are handed on to what is below `level`.
 */
int mr_cgroup_controllers_check(const struct maproot_cgroup *wish, int base, const char *base_path, const char *way,
				const struct mr_cgroup_sight *sight, struct maproot_error *err);
int mr_cgroup_controllers_enable(const struct maproot_cgroup *wish, int level, struct maproot_error *err);

/*
 * cgroup_rights.c: whether this user may make groups in `directory`, an open one; and may put his children there,
 * who start where he is.
 */
int mr_cgroup_rights_to_make(int directory, const char *path, struct maproot_error *err);
int mr_cgroup_rights_to_move(const struct mr_cgroup *group, struct maproot_error *err);

/* cgroup_scope.c: whether systemd is to make it (1), or not (0), or was asked for and isn't there (-errno). */
int mr_cgroup_scope_is_meant(const struct maproot_cgroup *wish, const struct mr_cgroup_name *name,
			     struct maproot_error *err);

/* The limits can be said to systemd. */
int mr_cgroup_scope_check(const struct maproot_cgroup *wish, struct maproot_error *err);

/* Makes the scope around a process, and finds out where that is. */
int mr_cgroup_scope_enter(const struct maproot_cgroup *wish, struct mr_cgroup *group, pid_t pid,
			  struct maproot_error *err);

#endif
