/*
 * resolv.conf(5) for a network in which the host's is wrong. In the child.
 */
#ifndef MR_SYSTEM_RESOLV_CONF_H
#define MR_SYSTEM_RESOLV_CONF_H

#include <maproot/error.h>

/*
 * Mounts a file with this text over what /etc/resolv.conf leads to from this process's root directory, in its mount namespace,
 * which has to be its own: where mounts propagate from, the host would get it. The file is in memory, and nowhere but there. A missing
 * one is made first, empty, as a place for it, also where a link leads to; nothing is done where there is no /etc. 0 or -errno
 * (step MOUNT).
 */
int mr_resolv_conf_replace(const char *text, struct maproot_error *err);

#endif
