/*
 * The journal: an entry in the record, and the record in its file, before there is anything that it tells of.
 */
#include "run/journal.h"

#include "base/error.h"
#include "base/text.h"
#include "join/name.h"
#include "model/record.h"
#include "system/process.h"

int mr_journal_note(struct mr_journal *journal, const char *kind, const char *what, struct maproot_error *err)
{
	int code = mr_record_add_made(&journal->record, kind, what, err);

	if (code < 0 || !journal->kept)
		return code;
	code = mr_name_update(&journal->record, err);
	if (code < 0)
		journal->record.made_count--; /* it is not made, then */
	return code;
}

int mr_journal_note_process(struct mr_journal *journal, pid_t pid, struct maproot_error *err)
{
	char what[48];
	struct mr_text text = mr_text_in(what, sizeof(what));
	struct mr_process process;
	uint64_t start = 0;
	int code = mr_process_hold(pid, 0, &process, err);

	if (code < 0)
		return code;
	code = mr_process_start_time(&process, &start);
	mr_process_release(&process);
	if (code < 0)
		return mr_fail_number(err, -code, MAPROOT_STEP_INSPECT, pid);
	mr_text_add_number(&text, pid);
	mr_text_add(&text, ":");
	mr_text_add_number(&text, (int64_t)start);
	return mr_journal_note(journal, "process", what, err);
}
