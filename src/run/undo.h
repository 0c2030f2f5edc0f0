/*
 * Taking down what a record says was made. Each entry can be undone any number of times: what is gone is well.
 */
#ifndef MR_RUN_UNDO_H
#define MR_RUN_UNDO_H

#include <maproot/name.h>

/*
 * "KIND:WHAT":
 *
 *   cgroup:PATH      its processes end, it is removed
 *   scope:NAME       systemd's; likewise
 *   link:WHAT        see mr_network_undo_link()
 *   process:PID:START  it and no other with its number ends
 *   file:PATH        removed; only below the directory of names, and no record
 *   directory:PATH   likewise, empty as it has to be
 *
 * 0, or -errno; step UNDO for what can't be an entry.
 */
int mr_undo(const char *entry, struct maproot_error *err);

/*
 * All of a record, the last one first; `complain` (may be NULL) hears of each that fails. What was undone is taken out of the
 * record. Returns 0, or -errno of the first failure, also in err: then the record is to be kept.
 */
int mr_undo_all(struct maproot_name_record *record, void (*complain)(void *arg, const struct maproot_error *err),
		void *arg, struct maproot_error *err);

#endif
