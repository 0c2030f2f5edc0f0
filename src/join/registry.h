/*
 * The directory of names, a record a file: found, made, verified, locked; records in it read, written and removed.
 * Whether a record is true is not known here: join/belief.h. Messages call a record by its name.
 */
#ifndef MR_JOIN_REGISTRY_H
#define MR_JOIN_REGISTRY_H

#include <limits.h>
#include <maproot/name.h>
#include <stdbool.h>

#define mr_auto_registry __attribute__((cleanup(mr_registry_close)))

/*
 * Opens the directory, verified to be the caller's own and writable by nobody else (step NAME). `make`: makes it
 * where it is missing. Returns the descriptor, or -errno; -ENOENT is not said in err.
 */
int mr_registry_open(bool make, struct maproot_error *err);

/* The same, locked: until it is closed nobody else who locks it writes. -EBUSY (step NAME) after some seconds. */
int mr_registry_open_locked(bool make, struct maproot_error *err);

/* Also unlocks it, whatever child has got a copy of the descriptor meanwhile. -1 is good. */
void mr_registry_close(int *registry);

/* Where it is. What else a run needs there for a while has a name with a dot in front. 0 or -errno. */
int mr_registry_path(char path[PATH_MAX], struct maproot_error *err);

/*
 * 0, or -errno: -ENOENT (not said in err); -EBADMSG (step NAME): it is no record, or somebody else's. `name` is not the
 * record's own. On failure `record` holds rubbish.
 */
int mr_registry_read(int registry, const char *name, struct maproot_name_record *record, struct maproot_error *err);

/* Whether there is something of this name, be it a record or not. */
bool mr_registry_has(int registry, const char *name);

/* Whole or not at all, in place of what was there. The registry has to be locked. 0 or -errno (step RECORD). */
int mr_registry_write(int registry, const struct maproot_name_record *record, struct maproot_error *err);

/* The registry has to be locked. 0 also where there is none, or -errno (step RECORD). */
int mr_registry_remove(int registry, const char *name, struct maproot_error *err);

/* Removes what a writer left that was killed. The registry has to be locked. 0 or -errno (step RECORD). */
int mr_registry_clean(int registry, struct maproot_error *err);

struct mr_registry_names {
	char (*name)[MAPROOT_NAME_SIZE];
	size_t count;
	size_t size;
};

/* All files that have names of names, in order; released by the caller. 0 or -errno (step FACTS). */
int mr_registry_names(int registry, struct mr_registry_names *ret_names, struct maproot_error *err);
void mr_registry_names_done(struct mr_registry_names *names);

#endif
