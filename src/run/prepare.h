/*
 * From a request to a plan that can be carried out: facts, maps, subordinate ids.
 */
#ifndef MR_RUN_PREPARE_H
#define MR_RUN_PREPARE_H

#include "join/join.h"
#include "model/plan.h"

/* What the plan joins is open in `ret_join`, to be closed with mr_prepare_done(); on failure nothing is. */
int mr_prepare(const struct maproot_request *request, struct mr_plan *ret_plan,
	       struct maproot_join *ret_join, struct maproot_error *err);

void mr_prepare_done(struct mr_plan *plan, struct maproot_join *join);

/* The same for who starts a command and leaves it at that: -EINVAL where somebody would have to take something down. */
int mr_prepare_alone(const struct maproot_request *request, struct mr_plan *ret_plan, struct maproot_join *ret_join,
		     struct maproot_error *err);

#endif
