/*
 * Whether a record is true: the process that it names has to be that process, and living.
 */
#ifndef MR_JOIN_BELIEF_H
#define MR_JOIN_BELIEF_H

#include "system/process.h"

#include <maproot/name.h>

/*
 * Takes hold of the process that a record stands on: who is in the namespaces or, while nobody is, the keeper. 0;
 * -ENOENT (not said in err): stale; -ESRCH (step NAME): its numbers count in other namespaces than the caller's,
 * so that nobody here can tell; or another -errno.
 */
int mr_belief_hold(const struct maproot_name_record *record, struct mr_process *ret_process,
		   struct maproot_error *err);

/* The same of the keeper, whoever else is there. */
int mr_belief_hold_keeper(const struct maproot_name_record *record, struct mr_process *ret_process,
			  struct maproot_error *err);

/* mr_belief_hold(), letting go of it again: 0, -ENOENT, -ESRCH, -errno. */
int mr_belief_check(const struct maproot_name_record *record, struct maproot_error *err);

/* Likewise of the keeper. */
int mr_belief_check_keeper(const struct maproot_name_record *record, struct maproot_error *err);

/* Fills in the state. 0 whatever that is, -ESRCH, -errno. */
int mr_belief_look(struct maproot_name_record *record, struct maproot_error *err);

/*
 * The calling process as the keeper, and where its numbers count. 0, -ESRCH (step NAME): /proc is of another pid
 * namespace; or -errno (step FACTS).
 */
int mr_belief_fill_keeper(struct maproot_name_record *record, struct maproot_error *err);

/* Whether the caller is the keeper, or who is in the namespaces. */
bool mr_belief_is_own(const struct maproot_name_record *record);

/* Whether two records have the same keeper. */
bool mr_belief_same_keeper(const struct maproot_name_record *one, const struct maproot_name_record *other);

#endif
