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

/* A bit a capability, 1 << CAP_*. */
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
	int oom_score_adj; /* -1000 .. 1000 */
	bool set_umask;
	mode_t umask;
	const gid_t *groups; /* supplementary, inner ids; NULL: see struct maproot_identity */
	size_t group_count;
	const char *const *sysctls; /* "net.ipv4.ip_forward=1", of a namespace that is new */
	size_t sysctl_count;
	const char *const *masked; /* absolute paths: not to be read. What does not exist is passed over */
	size_t masked_count;
	const char *const *read_only; /* absolute paths: not to be written to. Likewise */
	size_t read_only_count;
	bool read_only_root;
	bool bare_root; /* request->root gets no /proc, /sys, /dev, resolv.conf of ours: the mounts say it all */
};

#endif
