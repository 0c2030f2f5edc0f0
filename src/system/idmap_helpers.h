/*
 * newuidmap(1) and newgidmap(1): set-user-ID programs that write maps of subordinate ids for us.
 */
#ifndef MR_SYSTEM_IDMAP_HELPERS_H
#define MR_SYSTEM_IDMAP_HELPERS_H

#include "model/plan.h"

/*
 * Runs both side by side and waits for both. A helper that can't be started, one that fails, and one that is
 * killed are three errors: steps HELPER, HELPER_FAILED (with the first line of what it said), HELPER_KILLED.
 */
int mr_idmap_run_helpers(const struct mr_plan *plan, pid_t pid, struct maproot_error *err);

#endif
