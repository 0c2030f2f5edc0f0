/*
 * Becoming it without a child: unshare(2) in this process.
 */
#ifndef MR_RUN_IN_PLACE_H
#define MR_RUN_IN_PLACE_H

#include "model/plan.h"

/*
 * Joins and creates the plan's namespaces, if any, around this process and takes its ids and groups. Single-threaded
 * callers only, as unshare(2) wants it. A join that fails is taken back, or the error says what can't be; another failure
 * leaves the process where it is then: it should end.
 */
int mr_enter_in_place(const struct maproot_request *request, const struct mr_plan *plan,
		      const struct maproot_join *join, struct maproot_error *err);

#endif
