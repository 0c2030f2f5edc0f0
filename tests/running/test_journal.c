/*
 * Contract of src/run/journal.h: what is noted is in the record, in order, and in its file before the call returns; one that
 * can't be written or has no room is not noted, and said so; before a claim nothing is written.
 */
#include "runs.h"

#include <maproot/state.h>
#include <sys/mount.h>

START_TEST(notes_in_order)
{
	struct mr_journal *journal = runs_journal("run");
	struct maproot_name_record *found = calloc(1, sizeof(*found));
	pid_t pid = runs_start_process();

	names_place();
	ck_assert_int_eq(mr_journal_note(journal, "cgroup", "/one", NULL), 0);
	ck_assert_int_ne(access(names_directory, F_OK), 0);
	ck_assert_int_eq(mr_name_claim(&journal->record, NULL), 0);
	journal->kept = true;
	ck_assert_int_eq(mr_journal_note(journal, "link", "two\n", NULL), 0);
	ck_assert_int_eq(mr_name_fill_process(&journal->record, getpid(), NULL), 0);
	ck_assert_int_eq(mr_journal_note_process(journal, pid, NULL), 0);
	ck_assert_int_eq(maproot_name_find("run", found, NULL), 0);
	ck_assert_uint_eq(found->made_count, 3);
	ck_assert_str_eq(found->made[0], "cgroup:/one");
	ck_assert_str_eq(found->made[1], "link:two\n");
	ck_assert_str_eq(found->made[2],
			 support_text("process:%d:%llu", (int)pid, (unsigned long long)runs_start_time(pid)));
	ck_assert_int_eq(mr_name_release(&journal->record, NULL), 0);
	unit_end(pid);
	names_remove(NULL);
	free(journal);
	free(found);
}
END_TEST

/* Kept or not. */
START_TEST(no_more_room)
{
	struct mr_journal *journal = runs_journal("run");
	struct maproot_error err = MAPROOT_ERROR_INIT;

	names_place();
	if (_i) {
		ck_assert_int_eq(mr_name_claim(&journal->record, NULL), 0);
		journal->kept = true;
	}
	for (int at = 0; at < MAPROOT_MADE_MAX; at++)
		ck_assert_int_eq(mr_journal_note(journal, "link", "x", NULL), 0);
	ck_assert_int_eq(mr_journal_note(journal, "link", "y", &err), -E2BIG);
	unit_check_error(&err, E2BIG, MAPROOT_STEP_NAME, "a record has no room for more than 16 things: link 'y'");
	ck_assert_int_eq(mr_journal_note_process(journal, getpid(), NULL), -E2BIG);
	ck_assert_uint_eq(journal->record.made_count, MAPROOT_MADE_MAX);
	if (_i)
		names_remove((const char *const[]){ "run", NULL });
	else
		ck_assert_int_eq(rmdir(getenv("XDG_RUNTIME_DIR")), 0);
	free(journal);
}
END_TEST

START_TEST(what_can_t_be_written_is_not_noted)
{
	struct mr_journal *journal = runs_journal("run");
	struct maproot_error err = MAPROOT_ERROR_INIT;
	pid_t gone = runs_start_process();

	names_place();
	ck_assert_int_eq(mr_name_claim(&journal->record, NULL), 0);
	journal->kept = true;
	ck_assert_int_eq(unlink(names_path("run")), 0);
	ck_assert_int_eq(mr_journal_note(journal, "link", "x", &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_NAME, "the name 'run' is not this process's any more");
	ck_assert_uint_eq(journal->record.made_count, 0);
	ck_assert_uint_eq(names_count(), 0);
	unit_end(gone);
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	ck_assert_int_eq(mr_journal_note_process(journal, gone, &err), -ESRCH);
	ck_assert_uint_eq(journal->record.made_count, 0);
	names_remove(NULL);
	free(journal);
}
END_TEST

/* A disk of two pages, the second one in use: the record stays as it was, and can be given back. */
START_TEST(a_full_disk)
{
	struct mr_journal *journal = runs_journal("run");
	struct maproot_name_record *found = calloc(1, sizeof(*found));
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_private_mounts();
	names_place();
	ck_assert_int_eq(mkdir(names_directory, 0700), 0);
	ck_assert_int_eq(mount("tmpfs", names_directory, "tmpfs", 0, "size=8k,mode=700"), 0);
	ck_assert_int_eq(mr_journal_note(journal, "link", "x", NULL), 0);
	ck_assert_int_eq(mr_name_claim(&journal->record, NULL), 0);
	journal->kept = true;
	(void)unit_file(names_path("filler"), "x");
	ck_assert_int_eq(mr_journal_note(journal, "link", "y", &err), -ENOSPC);
	unit_check_error(&err, ENOSPC, MAPROOT_STEP_RECORD, "cannot keep the record 'run': No space left on device");
	ck_assert_uint_eq(journal->record.made_count, 1);
	ck_assert_int_eq(maproot_name_find("run", found, NULL), -EAGAIN);
	ck_assert_int_eq(maproot_state_find("run", found, NULL), 0);
	ck_assert_uint_eq(found->made_count, 1);
	ck_assert_str_eq(found->made[0], "link:x");
	ck_assert_int_eq(mr_name_release(&journal->record, NULL), 0);
	ck_assert_int_eq(unlink(names_path("filler")), 0);
	ck_assert_uint_eq(names_count(), 0);
	ck_assert_int_eq(umount(names_directory), 0);
	names_remove(NULL);
	free(journal);
	free(found);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("journal", &test);

	tcase_add_test(test, notes_in_order);
	tcase_add_loop_test(test, no_more_room, 0, 2);
	tcase_add_test(test, what_can_t_be_written_is_not_noted);
	if (geteuid() == 0)
		tcase_add_test(test, a_full_disk);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
