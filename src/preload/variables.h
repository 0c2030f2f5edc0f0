/*
 * The environment variables that ask for joins. The C library may not have its environment yet: what is searched is
 * given.
 */
#ifndef MR_PRELOAD_VARIABLES_H
#define MR_PRELOAD_VARIABLES_H

#include <maproot/namespace.h>
#include <stdbool.h>
#include <stddef.h>

#ifndef MAPROOT_ENV_PREFIX
#define MAPROOT_ENV_PREFIX "maproot_"
#endif

/* Strings are the environment's. */
struct mr_variables {
	const char *references[MAPROOT_NAMESPACE_COUNT]; /* "TYPE=REF" */
	size_t count;
	const char *order; /* NULL: none */
	bool record;       /* an error does not end the process */
};

/* Whether there is any. No system call. */
bool mr_variables_exist(char *const *environment);

/*
 * Reads them. `record` has to be set to what holds when nothing is said; it is right after an error too. 0, or -EINVAL
 * (step REQUEST): the first that is wrong.
 */
int mr_variables_read(char *const *environment, struct mr_variables *variables, struct maproot_error *err);

/* Takes them out. */
void mr_variables_remove(char **environment);

#endif
