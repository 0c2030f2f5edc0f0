/*
 * Becoming it without a child: unshare(2) in this process.
 */
#ifndef MR_RUN_IN_PLACE_H
#define MR_RUN_IN_PLACE_H

#include "model/plan.h"

/*
 * Creates the plan's namespaces around this process and takes its ids. Single-threaded callers only, as
 * unshare(2) wants it. A failure after the first step leaves the process where it is then: it should end.
 */
int mr_enter_in_place(const struct mr_plan *plan, struct maproot_error *err);

#endif
