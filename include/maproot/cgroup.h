/*
 * The control group of a command: made for it, the command starts in it, nothing of it is left behind. Version 2, also
 * beside version 1 (hybrid); where a machine has only the first version, its freezer and pids hierarchies.
 * Source: cgroups(7), the kernel's admin-guide/cgroup-v2, clone(2) (CLONE_INTO_CGROUP, Linux 5.7).
 */
#ifndef MAPROOT_CGROUP_H
#define MAPROOT_CGROUP_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stddef.h>

/* Who makes the group. */
enum maproot_cgroup_manager {
	MAPROOT_CGROUP_AUTO = 0, /* the user's systemd where one answers, else the file system */
	MAPROOT_CGROUP_FS,       /* mkdir(2) below a group that was delegated to the caller */
	MAPROOT_CGROUP_SYSTEMD,  /* a transient scope, by the D-Bus of the user's (root's: the system's) systemd */
};

struct maproot_cgroup {
	/*
	 * NULL: after the id of the run. "NAME" or "A/B": below the caller's own group. "/A/B": below the root of the
	 * hierarchy that the caller sees. "SLICE:PREFIX:NAME": with systemd. What exists already is refused.
	 */
	const char *name;
	enum maproot_cgroup_manager manager;
	/*
	 * "FILE=VALUE" each: a controller's file of version 2, "memory.max=512M", "cpu.max=50%", "pids.max=100",
	 * "memory.max=max". Sizes: K, M, G, T (1024). A line with spaces is written as it is ("io.max=8:0 rbps=1M").
	 */
	const char *const *limits;
	size_t limit_count;
};

#ifdef __cplusplus
}
#endif

#endif
