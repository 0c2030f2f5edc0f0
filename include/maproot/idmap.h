/*
 * Id maps of a user namespace: which inner id stands for which outer id. "Inner" is inside the new
 * namespace, "outer" in the namespace of its creator. Pure data but for maproot_subids_read() and
 * maproot_idmap_read().
 * Source: user_namespaces(7), subuid(5).
 */
#ifndef MAPROOT_IDMAP_H
#define MAPROOT_IDMAP_H

#include <maproot/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What one map file takes since Linux 4.15. */
#define MAPROOT_IDMAP_LINES 340

/* inner .. inner+count-1 stand for outer .. outer+count-1 */
struct maproot_idmap_range {
	uint32_t inner;
	uint32_t outer;
	uint32_t count;
};

/* No range overlaps another on either side; ranges stay in the order in which they were added. */
struct maproot_idmap {
	size_t count;
	struct maproot_idmap_range range[MAPROOT_IDMAP_LINES];
};

/* clang-format off */
#define MAPROOT_IDMAP_INIT { 0, { { 0, 0, 0 } } }
/* clang-format on */

enum maproot_id_kind {
	MAPROOT_USERS,
	MAPROOT_GROUPS,
};

/* Reads INNER:OUTER:COUNT, decimal. Returns 0 or -EINVAL, -ERANGE (step PARSE_MAP, names the text). */
int maproot_idmap_parse(const char *text, struct maproot_idmap_range *ret_range,
			struct maproot_error *err);

/*
 * Adds a range. Refused with -EINVAL (step CHECK_MAP): a count of 0, a side that passes 4294967294 (the
 * highest id; 4294967295 means "no id"), an overlap on either side; with -E2BIG: line 341.
 */
int maproot_idmap_add(struct maproot_idmap *map, struct maproot_idmap_range range,
		      struct maproot_error *err);

/*
 * Maps `outer`..`outer`+`count`-1 to the lowest inner ids not taken yet, from `from` up, in as many ranges
 * as the gaps need. Returns 0, or as maproot_idmap_add(); the map is then as it was.
 */
int maproot_idmap_fill(struct maproot_idmap *map, uint32_t from, uint32_t outer, uint32_t count,
		       struct maproot_error *err);

/* Looks an id up; false where it is not mapped. */
bool maproot_idmap_to_outer(const struct maproot_idmap *map, uint32_t inner, uint32_t *ret_outer);
bool maproot_idmap_to_inner(const struct maproot_idmap *map, uint32_t outer, uint32_t *ret_inner);

/*
 * Which outer id is inner root. Returns 0; -ENODATA for an empty map; -ENOENT where 0 is not mapped
 * (step CHECK_MAP).
 */
int maproot_idmap_root(const struct maproot_idmap *map, uint32_t *ret_outer, struct maproot_error *err);

/*
 * The same question for a run, whatever it does about ids: which id of the caller's is its root. Without a new user namespace that is
 * 0 itself; -ENODATA: a new one without a mapping (`map` NULL or empty); -ENOENT: one in which 0 is not mapped (step CHECK_MAP).
 */
int maproot_idmap_host_root(bool new_user_namespace, const struct maproot_idmap *map, uint32_t *ret_outer,
			    struct maproot_error *err);

/*
 * A map whose outer ids are inner ones of `own`, the map of our own namespace, becomes one whose outer ids are those of outside
 * of it; ranges are split where `own` needs it. -EINVAL (step CHECK_MAP): ids that `own` does not map, the object names the first
 * of them; -E2BIG: more than 340 ranges. `ret` may be `inside`.
 */
int maproot_idmap_project(const struct maproot_idmap *inside, const struct maproot_idmap *own, struct maproot_idmap *ret,
			  struct maproot_error *err);

/*
 * Reads a map as the kernel shows it, of /proc/self/uid_map or /proc/PID/gid_map: outer ids are in terms of the reader's user
 * namespace, or, where it reads its own, of that above. Empty where there is none yet. 0, -errno as of open(2), or -EINVAL (step
 * FACTS).
 */
int maproot_idmap_read(const char *path, struct maproot_idmap *ret_map, struct maproot_error *err);

/* Writes "INNER OUTER COUNT\n" lines as the kernel takes them; returns the length, as snprintf(3). */
size_t maproot_idmap_format(const struct maproot_idmap *map, char *buffer, size_t size);

/*
 * Adds all subordinate ids of a user to a map, at the lowest free inner ids from 1 up; every range and
 * every id of it, entries by name and by number. Read from /etc/subuid or /etc/subgid, or asked of
 * getsubids(1) where the "subid" line of /etc/nsswitch.conf names another source than files.
 * `outer_user` is the user's id in the namespace in which the files were written.
 * Returns 0; -ENOENT (step SUBIDS): the user has none, the object names user and file; or as the failed call.
 */
int maproot_subids_read(enum maproot_id_kind kind, uint32_t outer_user, struct maproot_idmap *map,
			struct maproot_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
