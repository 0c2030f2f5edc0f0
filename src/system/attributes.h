/*
 * What a command is given right before it is executed. In the child. Ids are in identity.h, capabilities in caps.h.
 */
#ifndef MR_SYSTEM_ATTRIBUTES_H
#define MR_SYSTEM_ATTRIBUTES_H

#include <maproot/attributes.h>
#include <maproot/error.h>

/* attributes->sysctls, checked by the model. */
int mr_sysctls_set(const struct maproot_attributes *attributes, struct maproot_error *err);

int mr_rlimits_set(const struct maproot_attributes *attributes, struct maproot_error *err);

/* While this process may still write to its files in /proc. */
int mr_oom_score_set(int adjustment, struct maproot_error *err);

/* From here on no program that it executes gives it more than it has. Linux 3.5. */
int mr_no_new_privileges_set(struct maproot_error *err);

#endif
