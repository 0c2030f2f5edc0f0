/*
 * Where the hierarchies of control groups are, and where in them a process is, from the texts of mountinfo and of
 * /proc/PID/cgroup. Pure. Source: proc(5), cgroups(7), cgroup_namespaces(7).
 */
#ifndef MR_MODEL_CGROUP_MOUNTS_H
#define MR_MODEL_CGROUP_MOUNTS_H

#include <maproot/name.h>
#include <stdbool.h>

struct mr_cgroup_mount {
	char root[MAPROOT_CGROUP_SIZE];  /* which group is mounted: "/", another one of a bind mount; "/.." above ours */
	char point[MAPROOT_CGROUP_SIZE]; /* where */
};

/*
 * The next mount of a hierarchy at `*at`, which goes past it: of version 2 where `controller` is NULL, else of the
 * one of version 1 with that controller. Passed over: what a later mount at the same point covers, and what is too
 * long to use.
 */
bool mr_cgroup_mounts_next(const char **at, const char *controller, struct mr_cgroup_mount *ret_mount);

/*
 * The group that /proc/PID/cgroup says, "/a/b", as seen from our cgroup namespace. -ENOENT: it is in none of that
 * hierarchy; -ENAMETOOLONG.
 */
int mr_cgroup_membership(const char *text, const char *controller, char path[MAPROOT_CGROUP_SIZE]);

/* Whether a controller is on a hierarchy of version 1, by that text. */
bool mr_cgroup_is_on_v1(const char *text, const char *controller);

/*
 * The directory of a group: where the mount is, and the way from there. -ENOENT: it can't be seen through this mount;
 * -ENAMETOOLONG.
 */
int mr_cgroup_mounts_locate(const struct mr_cgroup_mount *mount, const char *group,
			    char directory[MAPROOT_CGROUP_SIZE]);

#endif
