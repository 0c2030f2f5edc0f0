/*
 * Where control groups are on this machine, as this thread sees it.
 */
#ifndef MR_SYSTEM_CGROUP_FIND_H
#define MR_SYSTEM_CGROUP_FIND_H

#include <maproot/error.h>
#include <maproot/name.h>
#include <stdbool.h>
#include <sys/types.h>

#define mr_auto_cgroup_sight __attribute__((cleanup(mr_cgroup_sight_done)))

/* What the kernel says; both texts allocated. */
struct mr_cgroup_sight {
	char *mountinfo;
	char *membership;
};

int mr_cgroup_look(struct mr_cgroup_sight *ret_sight, struct maproot_error *err);
void mr_cgroup_sight_done(struct mr_cgroup_sight *sight);

/* A mounted hierarchy. */
struct mr_cgroup_place {
	char point[MAPROOT_CGROUP_SIZE]; /* its root, as far as it is mounted */
	char own[MAPROOT_CGROUP_SIZE];   /* the directory of the caller's group; "": not to be seen from there */
};

/*
 * Finds the hierarchy of version 2 (`controller` NULL), or the one of version 1 that has the controller; of several
 * mounts one through which our own group is seen. -ENOENT, not said in err: it isn't mounted.
 */
int mr_cgroup_find(const struct mr_cgroup_sight *sight, const char *controller, struct mr_cgroup_place *ret_place);

/* The directory of a process's group of version 2; of the text of its /proc/PID/cgroup. 0 or -errno. */
int mr_cgroup_find_process(pid_t pid, char directory[MAPROOT_CGROUP_SIZE]);

/*
 * Opens a directory (O_PATH) that has to be a control group's. Returns it or -errno; -ENOTTY: it is none. Doesn't
 * follow a last link.
 */
int mr_cgroup_open(int directory, const char *path, bool *ret_unified);

#endif
