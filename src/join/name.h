/*
 * Names as who keeps them sees it: records of one's own, taken, rewritten, given back. They are too large for a small
 * stack: the caller's are in its memory, and those here too.
 */
#ifndef MR_JOIN_NAME_H
#define MR_JOIN_NAME_H

#include <maproot/name.h>

/* Makes up a name that no other process of this pid namespace makes up, nor another thread. */
void mr_name_make_up(char name[MAPROOT_NAME_SIZE]);

/*
 * Takes the record's name for the calling process, with all that is in the record; who keeps it, and when, is filled in.
 * Errors as of maproot_name_claim(); then what is filled in is rubbish.
 */
int mr_name_claim(struct maproot_name_record *record, struct maproot_error *err);

/* Fills in the process to join, and where it is; see maproot_name_complete(). Writes nothing. */
int mr_name_fill_process(struct maproot_name_record *record, pid_t pid, struct maproot_error *err);

/* Writes a record that the caller has taken again. -EPERM (step NAME): it is there no more, or somebody else's. */
int mr_name_update(const struct maproot_name_record *record, struct maproot_error *err);

/* The same, and nobody keeps it any more: what it tells of is left to maproot_gc(), also while the caller lives on. */
int mr_name_abandon(struct maproot_name_record *record, struct maproot_error *err);

/* Removes a record that the caller has taken. 0 also where it is gone, or somebody else's. */
int mr_name_release(const struct maproot_name_record *record, struct maproot_error *err);

/*
 * 0: a stale record says that nothing is left of it. -EEXIST (step NAME): something has to be taken down first, by its
 * keeper or by maproot_gc(); or -errno.
 */
int mr_name_check_nothing_left(const struct maproot_name_record *record, struct maproot_error *err);

#endif
