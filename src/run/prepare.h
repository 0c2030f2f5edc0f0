/*
 * From a request to a plan that can be carried out: facts, maps, subordinate ids.
 */
#ifndef MR_RUN_PREPARE_H
#define MR_RUN_PREPARE_H

#include "model/plan.h"

int mr_prepare(const struct maproot_request *request, struct mr_plan *ret_plan, struct maproot_error *err);

#endif
