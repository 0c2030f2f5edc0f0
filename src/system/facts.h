/*
 * Who is asking: read once, before a plan is made.
 */
#ifndef MR_SYSTEM_FACTS_H
#define MR_SYSTEM_FACTS_H

#include "model/plan.h"

/*
 * Refuses a set-user-ID, set-group-ID or otherwise privileged-by-file process (step SECURE): its caller must not
 * choose namespaces for it, and the kernel would refuse its maps with a misleading error.
 */
int mr_facts_read(struct mr_facts *ret_facts, struct maproot_error *err);

/* Fills facts->may_map, which few requests depend on. */
int mr_facts_read_may_map(struct mr_facts *facts, struct maproot_error *err);

#endif
