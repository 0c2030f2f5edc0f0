/*
 * The eight namespace types: the one table that everything else expands. Source: namespaces(7), clone(2),
 * OCI runtime-spec config-linux.md.
 */
#ifndef MAPROOT_NAMESPACE_H
#define MAPROOT_NAMESPACE_H

#include <maproot/error.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* id, name below /proc/PID/ns, OCI name, option letter as in unshare(1), clone flag of <linux/sched.h> */
#define MAPROOT_NAMESPACES(X)                          \
	X(CGROUP, "cgroup", "cgroup", 'C', 0x02000000) \
	X(IPC, "ipc", "ipc", 'i', 0x08000000)          \
	X(MNT, "mnt", "mount", 'm', 0x00020000)        \
	X(NET, "net", "network", 'n', 0x40000000)      \
	X(PID, "pid", "pid", 'p', 0x20000000)          \
	X(TIME, "time", "time", 'T', 0x00000080)       \
	X(USER, "user", "user", 'U', 0x10000000)       \
	X(UTS, "uts", "uts", 'u', 0x04000000)

/* clang-format off */
enum maproot_namespace {
#define X(id, name, oci, letter, flag) MAPROOT_NAMESPACE_##id,
	MAPROOT_NAMESPACES(X)
#undef X
	MAPROOT_NAMESPACE_COUNT,
};
/* clang-format on */

/* A set of types is an unsigned int with these bits. */
#define MAPROOT_NAMESPACE_BIT(type) (1u << (type))
#define MAPROOT_NAMESPACE_ALL       (MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_COUNT) - 1)

/* "mnt", as below /proc/PID/ns; NULL for a number that is no type. */
const char *maproot_namespace_name(enum maproot_namespace type);

/* The CLONE_NEW* flag of the type; 0 for a number that is no type. */
unsigned int maproot_namespace_flag(enum maproot_namespace type);

/*
 * Types from an OCI runtime-spec's linux.namespaces: "type", and a "path" for one to join; NULL there is a new one. An
 * array of these is what a spec has read.
 */
struct maproot_namespace_entry {
	enum maproot_namespace type;
	const char *path;
};

/* The entry of a type; NULL where there is none. */
const struct maproot_namespace_entry *
maproot_namespace_get(const struct maproot_namespace_entry *entries, size_t count, enum maproot_namespace type);

/*
 * Fills `ret_entries` (room for `type_count`) with the entries of these types, in the order of `types`; types without an
 * entry are left out. Returns how many there are.
 */
size_t maproot_namespace_filter(const struct maproot_namespace_entry *entries, size_t count,
				const enum maproot_namespace *types, size_t type_count,
				struct maproot_namespace_entry *ret_entries);

/* Finds a type by its /proc name or its OCI name. Returns 0, or -EINVAL (step REQUEST, names `name`). */
int maproot_namespace_by_name(const char *name, enum maproot_namespace *ret_type,
			      struct maproot_error *err);

/* The types that the running kernel has, by /proc/self/ns; an empty set where /proc can't be read. Any thread. */
unsigned int maproot_namespaces_supported(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
