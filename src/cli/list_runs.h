/*
 * The second half of --list: names and runs.
 */
#ifndef MR_CLI_LIST_RUNS_H
#define MR_CLI_LIST_RUNS_H

#include <maproot/error.h>
#include <stdbool.h>

/* A table, or the member "names" of an object of JSON with a comma before it. What fails is in err; what was printed is whole. */
void list_runs(bool json, struct maproot_error *err);

#endif
