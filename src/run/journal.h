/*
 * The record of a run while it is made: what is about to be made is written down first, so that whoever comes after a
 * kill -9 knows what to undo. In the parent.
 */
#ifndef MR_RUN_JOURNAL_H
#define MR_RUN_JOURNAL_H

#include <maproot/name.h>
#include <stdbool.h>

struct mr_journal {
	bool kept; /* there is a record; else nothing is written, but `made` is filled all the same */
	struct maproot_name_record record;
};

/* "KIND:WHAT" is about to be made (KIND: a row of undo.c). Written at once; before a claim only noted. */
int mr_journal_note(struct mr_journal *journal, const char *kind, const char *what, struct maproot_error *err);

/* A helper that runs: pid and start time. */
int mr_journal_note_process(struct mr_journal *journal, pid_t pid, struct maproot_error *err);

#endif
