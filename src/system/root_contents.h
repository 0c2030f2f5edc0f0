/*
 * What root.c puts into a new root directory. All of it in the child, inside of that directory, with the caller's root directory
 * as the working directory.
 */
#ifndef MR_SYSTEM_ROOT_CONTENTS_H
#define MR_SYSTEM_ROOT_CONTENTS_H

#include "system/mounts.h"

/* /sys, /dev, and `resolver`, an open file or negative, as /etc/resolv.conf. */
int mr_root_add_contents(int resolver, unsigned int created, struct maproot_error *err);

/* /proc: of a new pid namespace, else the caller's. */
int mr_root_add_proc(unsigned int created, struct maproot_error *err);

/* The caller's devices and the usual links in the /dev that is there; what is there already stays. */
int mr_root_add_devices(struct maproot_error *err);

#endif
