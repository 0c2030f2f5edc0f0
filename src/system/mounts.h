/*
 * Mounts in a mount namespace of our own. mount(2), mount_namespaces(7). In the child.
 */
#ifndef MR_SYSTEM_MOUNTS_H
#define MR_SYSTEM_MOUNTS_H

#include <maproot/run.h>

/* Changes the propagation of everything below "/". */
int mr_mounts_propagate(enum maproot_propagation propagation, struct maproot_error *err);

/* Carries out request->mounts in this process's root directory. */
int mr_mounts_make(const struct maproot_request *request, struct maproot_error *err);

/*
 * Makes request->root the root directory, with /proc, /sys, /dev, /dev/pts, /dev/shm and /etc/resolv.conf in it
 * and request->mounts on top. Every target is looked up inside the new root, whatever symbolic links it holds.
 * `created` tells which of the namespaces that /proc and /sys show are new, and so may be mounted afresh.
 */
int mr_root_enter(const struct maproot_request *request, unsigned int created,
		  struct maproot_error *err);

/* For root.c: the pieces that both need. `source` is looked up from the working directory. */
int mr_mount_bind(const char *source, const char *target, bool read_only, struct maproot_error *err);
int mr_mount_new(const char *type, const char *target, unsigned long flags, const char *options,
		 struct maproot_error *err);

#endif
