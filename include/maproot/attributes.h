/*
 * What a command is given besides ids and namespaces, right before it is executed: limits, capabilities, hidden paths.
 * Everything zero changes nothing. Terms as in the OCI runtime-spec (config.md, config-linux.md).
 * Source: setrlimit(2), capabilities(7), prctl(2), proc(5), sysctl(8).
 */
#ifndef MAPROOT_ATTRIBUTES_H
#define MAPROOT_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct maproot_rlimit {
	int resource;  /* RLIMIT_* */
	uint64_t soft; /* UINT64_MAX: infinity */
	uint64_t hard;
};

/*
 * A bit a capability, 1 << CAP_*. Set exactly so, right before the command is executed, whichever user it then is; what exec
 * makes of them is in capabilities(7). It would give root all of bounding and inheritable: where that is more than `permitted`,
 * SECBIT_NOROOT is set, and root has the ambient ones, as other users do. Effective ones are to be permitted, ambient ones
 * permitted and inheritable.
 */
struct maproot_capability_sets {
	uint64_t bounding;
	uint64_t effective;
	uint64_t permitted;
	uint64_t inheritable;
	uint64_t ambient;
};

struct maproot_attributes {
	const struct maproot_rlimit *rlimits;
	size_t rlimit_count;
	const struct maproot_capability_sets *capabilities; /* NULL: as ids and namespaces have it */
	bool no_new_privileges;
	bool set_oom_score_adj;
	int oom_score_adj; /* -1000 .. 1000; less than it was is for CAP_SYS_RESOURCE of the first user namespace, as are higher hard limits */
	bool set_umask;
	mode_t umask;
	const gid_t *groups; /* supplementary, inner ids; NULL: see struct maproot_identity */
	size_t group_count;
	const char *const *sysctls; /* "net.ipv4.ip_forward=1", "net/ipv4/ip_forward=1": of a net, ipc or uts namespace that is new */
	size_t sysctl_count;
	const char *const *masked; /* absolute paths: not to be read. What does not exist is passed over */
	size_t masked_count;
	const char *const *read_only; /* absolute paths: not to be written to. Likewise */
	size_t read_only_count;
	bool read_only_root;
	bool bare_root;       /* request->root gets no /proc, /sys, /dev, resolv.conf of ours: the mounts say it all */
	bool default_devices; /* of a bare root: null, zero, full, random, urandom, tty and the links in its /dev, where missing */
};

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* "RLIMIT_NOFILE", "nofile": its number, RLIMIT_*; "CAP_CHOWN", "chown": CAP_*. -1: there is none of that name. */
int maproot_rlimit_by_name(const char *name);
int maproot_capability_by_name(const char *name);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
