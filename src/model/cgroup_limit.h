/*
 * Limits of control groups, from text: "memory.max=512M" into a controller's file of version 2 and what is written
 * to it, or into properties of a systemd unit. Pure. Source: the kernel's admin-guide/cgroup-v2;
 * systemd.resource-control(5).
 */
#ifndef MR_MODEL_CGROUP_LIMIT_H
#define MR_MODEL_CGROUP_LIMIT_H

#include <maproot/cgroup.h>
#include <maproot/error.h>

enum {
	MR_CGROUP_CONTROLLER_SIZE = 32,
	MR_CGROUP_FILE_SIZE = 64,
	MR_CGROUP_VALUE_SIZE = 192,
	MR_CGROUP_PROPERTY_SIZE = 96,
	MR_CGROUP_PROPERTIES = 2, /* that one limit comes to, at most */
};

struct mr_cgroup_limit {
	char controller[MR_CGROUP_CONTROLLER_SIZE]; /* "" of what every group has, cgroup.max.depth and .descendants */
	char file[MR_CGROUP_FILE_SIZE];
	char value[MR_CGROUP_VALUE_SIZE];
};

/*
 * "FILE=VALUE". Sizes get their units multiplied, "cpu.max=50%" and "cpu.max=1.5" become "50000 100000" and
 * "150000 100000"; numbers that have bounds are checked; anything else is as it is. -EINVAL or -ERANGE, step
 * CGROUP_LIMIT, names the text and what is wrong.
 */
int mr_cgroup_limit_parse(const char *text, struct mr_cgroup_limit *ret_limit, struct maproot_error *err);

/* All of a wish: each can be read, and none is there twice, but lines of files that have a line for each device. */
int mr_cgroup_limits_check(const struct maproot_cgroup *wish, struct maproot_error *err);

/*
 * What systemd calls it: "NAME=VALUE", VALUE a number or "infinity"; times are in microseconds. Fills as many as
 * `*ret_count` says. -EOPNOTSUPP (step CGROUP_LIMIT) for what it has no name for.
 */
int mr_cgroup_limit_properties(const struct mr_cgroup_limit *limit,
			       char properties[MR_CGROUP_PROPERTIES][MR_CGROUP_PROPERTY_SIZE], size_t *ret_count,
			       struct maproot_error *err);

#endif
