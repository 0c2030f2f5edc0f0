/*
 * Standing in for a child.
 */
#ifndef MR_RUN_SUPERVISE_H
#define MR_RUN_SUPERVISE_H

#include <maproot/run.h>

/*
 * As maproot_supervise(), with all signals blocked by the caller already. `alone`: the process is single-threaded
 * and only waits; memory that it can do without is given back.
 */
int mr_supervise(const struct maproot_child *child, bool alone, int *ret_wait_status,
		 struct maproot_error *err);

#endif
