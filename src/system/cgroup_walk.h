/*
 * A group and all below it, however deep: two descriptors and a number a level are all that is held. Who is in a
 * group may have made thousands below it.
 */
#ifndef MR_SYSTEM_CGROUP_WALK_H
#define MR_SYSTEM_CGROUP_WALK_H

enum { MR_CGROUP_PART_SIZE = 256 };

/*
 * Calls `visit` with a descriptor of each group (O_RDONLY, to be left open), from `top` down, until it returns
 * other than 0. Returns that, or -errno. What goes meanwhile, and what is no group, is passed over.
 */
int mr_cgroup_walk(int top, int (*visit)(void *arg, int directory), void *arg);

/* The name of some group below an open one (O_RDONLY). 1, 0 where there is none, or -errno. */
int mr_cgroup_first_below(int directory, char name[MR_CGROUP_PART_SIZE]);

/* Opens one below, O_RDONLY. Returns the descriptor or -errno: -ENOTTY where it is no control group. */
int mr_cgroup_open_below(int directory, const char *name);

#endif
