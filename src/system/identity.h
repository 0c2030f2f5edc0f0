/*
 * Being somebody: ids and supplementary groups of the calling process. setresuid(2), setgroups(2). In the child.
 */
#ifndef MR_SYSTEM_IDENTITY_H
#define MR_SYSTEM_IDENTITY_H

#include <maproot/run.h>
#include <sys/types.h>

/* Leaves no supplementary group, and makes sure of it. */
int mr_identity_drop_groups(struct maproot_error *err);

/* Leaves exactly these supplementary groups, and makes sure of it. */
int mr_identity_set_groups(const gid_t *groups, size_t count, struct maproot_error *err);

/* Makes real, effective and saved ids these; no call where they are already. */
int mr_identity_take(uid_t user, gid_t group, struct maproot_error *err);

/*
 * In a user namespace that was just joined: its root where that is mapped, else who we were; groups dropped as asked. NULL:
 * nothing special was asked.
 */
int mr_identity_take_joined(const struct maproot_identity *identity, struct maproot_error *err);

/* identity->set_user and set_group, last of all. The death signal outlives the change. */
int mr_identity_set(const struct maproot_identity *identity, struct maproot_error *err);

#endif
