/*
 * Taking the process that this is in, the host, into namespaces for good; it has one thread yet.
 */
#ifndef MR_PRELOAD_HOST_H
#define MR_PRELOAD_HOST_H

#include "preload/variables.h"

/*
 * Opens and enters what the variables name. 0 or -errno, steps as of maproot_join_open() and maproot_enter(); REQUEST
 * where there are threads already. `*ret_joined` in both cases: which types the process has come into, and is in.
 */
int mr_host_join(const struct mr_variables *variables, unsigned int *ret_joined, struct maproot_error *err);

#endif
