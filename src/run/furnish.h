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

/*
 * What a process can do to itself only as long as its files in /proc are its own: before it hides, or takes ids of others. In the
 * child, or in the re-executed program. NULL: nothing.
 */
int mr_furnish_early(const struct maproot_attributes *attributes, struct maproot_error *err);

/*
 * Host name, loopback, kernel parameters, root, mounts, hidden paths, directory, descriptors, in this order. In the child.
 */
int mr_furnish(const struct maproot_request *request, unsigned int created, struct maproot_error *err);

/*
 * Last of all, umask, limits, groups and the ids that were asked for, and capabilities as asked, or kept over the coming exec for a user who is not root and is
 * to have them. In the child.
 */
int mr_furnish_identity(const struct maproot_request *request, struct maproot_error *err);

#endif
