/*
 * What this process may do. Source: capabilities(7), libcap(3).
 */
#ifndef MAPROOT_CAPABILITY_H
#define MAPROOT_CAPABILITY_H

#include <maproot/error.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * Asks whether every capability of the set (CAP_* of <linux/capability.h>) is effective in the calling
 * thread. One that is permitted but not effective is raised. `caps` NULL: the four that being root of a
 * user namespace means here, CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETUID, CAP_SETGID.
 * Returns 1 (all effective now), 0 (at least one is not even permitted; nothing was raised), or -errno:
 * -EINVAL (step REQUEST) for a number that this kernel knows no capability by.
 */
int maproot_capabilities_probe(const int *caps, size_t count, struct maproot_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
