/*
 * Being somebody: ids and supplementary groups of the calling process. setresuid(2), setgroups(2). In the child.
 */
#ifndef MR_SYSTEM_IDENTITY_H
#define MR_SYSTEM_IDENTITY_H

#include <maproot/error.h>
#include <sys/types.h>

/* Leaves no supplementary group, and makes sure of it. */
int mr_identity_drop_groups(struct maproot_error *err);

/* Makes real, effective and saved ids these; no call where they are already. */
int mr_identity_take(uid_t user, gid_t group, struct maproot_error *err);

#endif
