/*
 * The two text forms in which subordinate ids are told: lines of subuid(5) and what getsubids(1) prints.
 */
#ifndef MR_MODEL_SUBID_H
#define MR_MODEL_SUBID_H

#include <maproot/idmap.h>

/* Whose ids: the lines of one user name it or give its number. */
struct mr_subid_owner {
	const char *name; /* NULL: a user without a passwd entry */
	uint32_t id;
};

/*
 * Adds every range of the owner's in `text` (the content of /etc/subuid or /etc/subgid) to the map, from inner
 * id 1 up. Outer ids that are mapped already are passed over, so that a range granted twice counts once.
 * Malformed lines are passed over, as shadow's own tools do. Returns how many ranges were the owner's, or -errno.
 */
int mr_subid_add_file(const char *text, const struct mr_subid_owner *owner, struct maproot_idmap *map,
		      struct maproot_error *err);

/* The same for the output of getsubids(1): "0: alice 100000 65536" lines, all of them the owner's. */
int mr_subid_add_listing(const char *text, struct maproot_idmap *map, struct maproot_error *err);

#endif
