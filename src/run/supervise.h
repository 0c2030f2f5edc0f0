/*
 * Standing in for a child.
 */
#ifndef MR_RUN_SUPERVISE_H
#define MR_RUN_SUPERVISE_H

#include <maproot/run.h>

/* As maproot_supervise(), with all signals blocked by the caller already. */
int mr_supervise(const struct maproot_child *child, int *ret_wait_status, struct maproot_error *err);

#endif
