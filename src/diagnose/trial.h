/*
 * Operations tried in a child that ends right after: what it changes is its own, and goes with it. Some are calls that
 * are wrong by themselves, which tell who answers: the kernel always says the same, a seccomp filter something else.
 */
#ifndef MR_DIAGNOSE_TRIAL_H
#define MR_DIAGNOSE_TRIAL_H

#include "diagnose/evidence.h"

/* What a trial says: an errno value, 0 for success, or one of these. */
enum {
	MR_TRIAL_KILLED = 1000,    /* by a signal: a seccomp filter's, as nothing else sends one */
	MR_TRIAL_IMPOSSIBLE = 1001 /* no child could be made, or it did not end; or nothing may be tried */
};

/* CLONE_NEW* flags, by clone(2) or unshare(2). The kernel says EINVAL in any case to the second pair. */
int mr_try_clone(const struct mr_evidence *evidence, unsigned long flags);
int mr_try_unshare(const struct mr_evidence *evidence, unsigned long flags);
int mr_try_wrong_clone(const struct mr_evidence *evidence, unsigned long flags);
int mr_try_wrong_unshare(const struct mr_evidence *evidence, unsigned long flags);

/* A child without namespaces of its own. */
int mr_try_fork(const struct mr_evidence *evidence);

/* mount(2) with nothing: EFAULT. setns(2) of no descriptor: EBADF. pidfd_open(2) of none: EINVAL. */
int mr_try_wrong_mount(const struct mr_evidence *evidence);
int mr_try_wrong_setns(const struct mr_evidence *evidence);

/* In a new user and mount namespace: the mounts made slaves; a file system of a type mounted on "/". */
int mr_try_propagate(const struct mr_evidence *evidence);
int mr_try_mount(const struct mr_evidence *evidence, const char *type);

/* The same: a directory bound, with or without what is mounted below it. */
int mr_try_bind(const struct mr_evidence *evidence, const char *source, bool recursive);

/*
 * Whether a user without capabilities may take the ids that he has: EPERM where they are not mapped, EINVAL likewise.
 */
int mr_try_own_ids(const struct mr_evidence *evidence);

/* How many Landlock layers this process is below, 16 at most; -1 where that can't be known. */
int mr_try_landlock_layers(const struct mr_evidence *evidence);

/* Whether a new user namespace changes the AppArmor profile to `name`: 1, 0, or -1 where that can't be known. */
int mr_try_profile(const struct mr_evidence *evidence, const char *name);

#endif
