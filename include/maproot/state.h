/*
 * What is known of runs and names by their records, living or not, and in the words of the OCI runtime-spec.
 * Source: runtime-spec, runtime.md ("State").
 */
#ifndef MAPROOT_STATE_H
#define MAPROOT_STATE_H

#include <maproot/name.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * Reads the record of a run or name, also of one that has ended. -ENOENT: there is none; otherwise as
 * maproot_name_find(), but nothing is waited for.
 */
int maproot_state_find(const char *id, struct maproot_name_record *ret_record, struct maproot_error *err);

/*
 * As maproot_names(), and also every run that has ended and left something to be taken down: by its keeper, if that lives,
 * else by maproot_gc().
 */
int maproot_states(int (*each)(void *arg, const struct maproot_name_record *record), void *arg,
		   struct maproot_error *err);

/* "creating", "created", "running", "stopped". */
const char *maproot_state_name(enum maproot_state state);

/*
 * Writes the state as an object of JSON: ociVersion, id, status, pid (where there is a process), bundle, annotations, which
 * have what else is known. Valid UTF-8 whatever the record has. Returns the full length, as snprintf(3).
 */
size_t maproot_state_json(const struct maproot_name_record *record, char *buffer, size_t size);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
