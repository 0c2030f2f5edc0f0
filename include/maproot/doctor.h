/*
 * What this user can do on this machine, found out by trying: namespaces are made, maps written, file systems
 * mounted, in short-lived children; what can't be tried without a trace is read. Nothing on the machine is changed.
 *
 *   maproot_doctor(NULL, print, NULL, &usable, &err)    calls print() for each finding
 */
#ifndef MAPROOT_DOCTOR_H
#define MAPROOT_DOCTOR_H

#include <maproot/explain.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum maproot_state_of_finding {
	MAPROOT_FINDING_OK = 0,
	MAPROOT_FINDING_DEGRADED, /* it works, with less than could be; or what is there will hinder something */
	MAPROOT_FINDING_NO,
};

/*
 * One line of the report. Every id is told exactly once, always in the same order: main-job; user-namespace,
 * cgroup-namespace, ipc-namespace, mnt-namespace, net-namespace, pid-namespace, time-namespace, uts-namespace,
 * nesting; map-single, subordinate-users, subordinate-groups, newuidmap, newgidmap, map-auto, setgroups;
 * mount-tmpfs, mount-proc, mount-overlay, mount-fuse; proc, proc-masked, proc-hidepid; cgroup, cgroup-controllers;
 * tun, slirp4netns, pasta, veth; seccomp, no-new-privs, lsm, landlock, chroot, container, kernel.
 */
struct maproot_finding {
	const char *id; /* stable, for machines */
	enum maproot_state_of_finding state;
	char text[240];       /* what was found; single lines, without a full stop, as those below */
	const char *cause_id; /* as in struct maproot_explanation; "" where there is none */
	char cause[320];      /* why it isn't ok; "" where it is */
	char remedy[400];     /* "" where there is none */
	enum maproot_who who; /* can apply it */
};

/*
 * Examines the machine, and calls `each` for every finding; what that returns, if not 0, ends it and is returned.
 * `root`: NULL, or a directory with files to be read instead of the machine's ("proc/sys/user/max_user_namespaces");
 * then nothing is tried. `ret_usable`: whether the plain request works, root of a new user and mount namespace or of
 * what there is. Returns 0, what `each` did, or -errno. For a process with one thread; takes below 100 ms.
 */
int maproot_doctor(const char *root, int (*each)(void *arg, const struct maproot_finding *finding), void *arg,
		   bool *ret_usable, struct maproot_error *err);

/* A stable name: "ok", "degraded", "no"; "unknown" for a number that is none. */
const char *maproot_finding_state_name(enum maproot_state_of_finding state);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
