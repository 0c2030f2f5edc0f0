/*
 * What is done in the new namespaces before the command: in the child of a spawn, or in the re-executed program.
 */
#ifndef MR_RUN_FURNISH_H
#define MR_RUN_FURNISH_H

#include <maproot/run.h>

/*
 * The first privileged operation, and a useful one: mounts stop travelling. A security module that let the
 * namespace be made but does not let it be used is noticed here, by function and not by capability bits.
 */
int mr_take_hold(const struct maproot_request *request, unsigned int created, struct maproot_error *err);

/* Host name, loopback, root, mounts, directory, descriptors, in this order. In the child. */
int mr_furnish(const struct maproot_request *request, unsigned int created, struct maproot_error *err);

/*
 * Last of all, the ids that were asked for, and capabilities kept over the coming exec for a user who is not root and is
 * to have them. In the child.
 */
int mr_furnish_identity(const struct maproot_request *request, struct maproot_error *err);

#endif
