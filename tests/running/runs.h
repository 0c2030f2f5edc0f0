/*
 * What the tests of taking runs down share: keepers that have made something and are killed, in a directory of names of
 * their own.
 */
#ifndef MAPROOT_TEST_RUNS_H
#define MAPROOT_TEST_RUNS_H

#include "../join/names.h"
#include "join/name.h"
#include "model/record.h"
#include "run/journal.h"
#include "run/undo.h"

#include <sys/prctl.h>

/* A process that would stay for ever, but not behind its parent. */
static inline pid_t runs_start_process(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	while (getppid() == parent)
		(void)pause();
	_exit(0);
}

static inline uint64_t runs_start_time(pid_t pid)
{
	char *text = support_read(support_text("/proc/%d/stat", (int)pid), NULL);
	unsigned long long start = 0;

	if (!text || sscanf(strrchr(text, ')') + 2,
			    "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			    &start) != 1)
		support_die("no start time of %d", (int)pid);
	free(text);
	return start;
}

static inline struct mr_journal *runs_journal(const char *name)
{
	struct mr_journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		support_die("no memory");
	strcpy(journal->record.name, name);
	mr_record_set_command(&journal->record, "command");
	return journal;
}

/* Where an entry's file may be. */
static inline const char *runs_file(const char *name)
{
	return support_text("%s/.%s", names_directory, name);
}

/* A record of a keeper that is gone, with these entries, NULL at the end. Its process, where there is one, lives on. */
struct runs_left {
	const char *name;
	const char *const *made;
	pid_t pid; /* 0: it had none */
};

static inline void runs_keep(void *arg)
{
	const struct runs_left *left = arg;
	struct mr_journal *journal = runs_journal(left->name);

	if (mr_name_claim(&journal->record, NULL) < 0)
		support_die("cannot take the name");
	for (size_t at = 0; left->made && left->made[at]; at++)
		strcpy(journal->record.made[journal->record.made_count++], left->made[at]);
	if (left->pid && mr_name_fill_process(&journal->record, left->pid, NULL) < 0)
		support_die("cannot complete the record");
	if (mr_name_update(&journal->record, NULL) < 0)
		support_die("cannot write the record");
	names_wait(NULL);
}

static inline void runs_leave(const char *name, const char *const *made, pid_t pid)
{
	struct runs_left left = { name, made, pid };

	unit_end(names_start(runs_keep, &left));
}

#endif
