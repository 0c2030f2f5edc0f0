/*
 * The file that an error is about.
 */
#ifndef MR_DIAGNOSE_PATHS_H
#define MR_DIAGNOSE_PATHS_H

#include "diagnose/evidence.h"

#include <limits.h>

/*
 * Its path, to be looked at from here: below the new root directory where the step comes after that was entered. False
 * where the error names none, or not in full.
 */
bool mr_error_path(const struct mr_evidence *evidence, char path[PATH_MAX]);

/* Whether what is there may be another file than the step saw: mounts of the request may have covered it. */
bool mr_path_may_differ(const struct mr_evidence *evidence);

/* Cuts the path after the first component for which `is_it` says true. False where there is none. */
bool mr_path_first(char path[PATH_MAX], bool (*is_it)(const char *path, bool is_last));

#endif
