/*
 * Contract of maproot_gc(): what a killed keeper has left is taken down and its record goes, whenever it was killed, and
 * whenever a gc was; what lives, what counts elsewhere, what is no record and who merely has a number again is left alone.
 * Several at once, beside runs that start and end, hurt nobody. What can't be taken down stays written down, and is said.
 */
#include "runs.h"

#include <maproot/engine.h>
#include <maproot/state.h>
#include <sched.h>
#include <sys/ptrace.h>

static void tell(void *arg, const char *id)
{
	(void)strcat(strcat(arg, id), " ");
}

static void check_gc(const char *want)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char gone[512] = "";
	int expected = 0;

	for (const char *at = want; *at; at++)
		expected += *at == ' ';
	ck_assert_msg(maproot_gc(tell, gone, &err) == expected, "%s: %s", maproot_step_name(err.step), err.object);
	ck_assert_str_eq(gone, want);
	ck_assert_int_eq(err.code, 0);
}

START_TEST(nothing_to_do)
{
	names_place();
	check_gc("");
	ck_assert_int_ne(access(names_directory, F_OK), 0);
	ck_assert_int_eq(mkdir(names_directory, 0700), 0);
	check_gc("");
	names_remove(NULL);
}
END_TEST

START_TEST(what_is_left_goes)
{
	pid_t helper;
	pid_t command;
	const char *made[] = { NULL, NULL, NULL, NULL };

	names_place();
	helper = runs_start_process();
	command = runs_start_process();
	made[0] = support_text("directory:%s", runs_file("d"));
	made[1] = support_text("process:%d:%llu", (int)helper, (unsigned long long)runs_start_time(helper));
	made[2] = support_text("file:%s", runs_file("d/x"));
	runs_leave("run", made, command);
	unit_end(names_start(names_hold, "name"));
	unit_end(names_start(names_begin, "begun"));
	ck_assert_int_eq(mkdir(runs_file("d"), 0700), 0);
	(void)unit_file(runs_file("d/x"), "");
	(void)unit_file(names_path(".new"), "pid=1\nsta");
	check_gc("begun name run ");
	ck_assert_int_eq(support_state(helper), 'Z');
	ck_assert_int_eq(support_state(command), 'Z');
	check_gc("");
	unit_end(helper);
	unit_end(command);
	names_remove(NULL);
}
END_TEST

static void check_untouched(const char *name)
{
	char *before = support_read(names_path(name), NULL);
	char *after;

	check_gc("");
	after = support_read(names_path(name), NULL);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}

static const char *const something[] = { "odd:1", NULL };

/* With a keeper that lives: claimed, complete, its process gone. */
START_TEST(living_keepers)
{
	pid_t inside = runs_start_process();
	struct runs_left left = { "run", something, _i ? inside : 0 };
	pid_t keeper;

	names_place();
	keeper = names_start(runs_keep, &left);
	if (_i == 2)
		unit_end(inside);
	check_untouched("run");
	unit_end(keeper);
	if (_i < 2)
		unit_end(inside);
	names_remove((const char *const[]){ "run", NULL });
}
END_TEST

/* A name whose process lives is that process's, also without a keeper: nothing was made that would have to go. */
START_TEST(a_name_that_lives_on)
{
	pid_t inside = runs_start_process();

	names_place();
	runs_leave("name", NULL, inside);
	check_untouched("name");
	ck_assert_int_eq(waitpid(inside, NULL, WNOHANG), 0);
	unit_end(inside);
	check_gc("name ");
	names_remove(NULL);
}
END_TEST

/* The keeper's number is somebody else's by now: nobody keeps it. Who has the number is not harmed. */
START_TEST(a_keeper_s_number_again)
{
	struct runs_left left = { "run", NULL, 0 };
	const char *made[] = { NULL, NULL };
	unsigned long long start;
	pid_t keeper;

	names_place();
	made[0] = support_text("file:%s", runs_file("x"));
	left.made = made;
	keeper = names_start(runs_keep, &left);
	(void)unit_file(runs_file("x"), "");
	start = runs_start_time(keeper);
	free(names_edit("run", support_text("\nkeeper_start=%llu\n", start),
			support_text("\nkeeper_start=%llu\n", start - 1)));
	check_gc("run ");
	ck_assert_int_eq(waitpid(keeper, NULL, WNOHANG), 0);
	unit_end(keeper);
	names_remove(NULL);
}
END_TEST

/* And likewise the command's. */
START_TEST(a_command_s_number_again)
{
	const char *made[] = { NULL, NULL };
	pid_t other = runs_start_process();
	unsigned long long start = runs_start_time(other);

	names_place();
	made[0] = support_text("file:%s", runs_file("x"));
	runs_leave("run", made, other);
	free(names_edit("run", support_text("\nstart=%llu\n", start), support_text("\nstart=%llu\n", start + 1)));
	check_gc("run ");
	ck_assert_int_eq(waitpid(other, NULL, WNOHANG), 0);
	unit_end(other);
	names_remove(NULL);
}
END_TEST

START_TEST(numbers_of_elsewhere)
{
	struct stat status;

	names_place();
	ck_assert_int_eq(stat("/proc/self/ns/pid", &status), 0);
	runs_leave("run", something, 0);
	free(names_edit("run", support_text("\npid_counts_in=%llu\n", (unsigned long long)status.st_ino),
			"\npid_counts_in=1\n"));
	check_untouched("run");
	names_remove((const char *const[]){ "run", NULL });
}
END_TEST

START_TEST(what_is_no_record)
{
	static const char *const left[] = { "broken", "directory", "fifo", "link", ".hidden", "4711", NULL };

	names_place();
	ck_assert_int_eq(mkdir(names_directory, 0700), 0);
	(void)unit_file(names_path("broken"), "pid=1\n");
	ck_assert_int_eq(mkdir(names_path("directory"), 0700), 0);
	ck_assert_int_eq(mkfifo(names_path("fifo"), 0600), 0);
	ck_assert_int_eq(symlink("broken", names_path("link")), 0);
	(void)unit_file(names_path(".hidden"), "");
	runs_leave("run", NULL, 0);
	ck_assert_int_eq(rename(names_path("run"), names_path("4711")), 0);
	check_gc("");
	ck_assert_uint_eq(names_count(), 6);
	names_remove(left);
}
END_TEST

/* Written by somebody else it is no record, whatever it says. */
START_TEST(a_record_of_another_user)
{
	const char *made[] = { NULL, NULL };

	names_place();
	made[0] = support_text("file:%s", runs_file("x"));
	runs_leave("run", made, 0);
	(void)unit_file(runs_file("x"), "");
	ck_assert_int_eq(chown(names_path("run"), 12345, 0), 0);
	check_gc("");
	ck_assert_int_eq(chown(names_path("run"), 0, 0), 0);
	check_gc("run ");
	names_remove(NULL);
}
END_TEST

/* What failed stays, under the keeper that is gone: this process lives, and would pass for a living one. */
START_TEST(what_can_t_be_undone)
{
	struct maproot_name_record *found = calloc(1, sizeof(*found));
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *made[] = { "odd:1", NULL, "odd:2", NULL };
	char gone[64] = "";

	names_place();
	made[1] = support_text("file:%s", runs_file("x"));
	runs_leave("a", made, 0);
	runs_leave("b", NULL, 0);
	(void)unit_file(runs_file("x"), "");
	for (int twice = 0; twice < 2; twice++) {
		gone[0] = '\0';
		ck_assert_int_eq(maproot_gc(tell, gone, &err), -ENOTSUP);
		unit_check_error(&err, ENOTSUP, MAPROOT_STEP_UNDO, NULL);
		ck_assert_str_eq(err.object, "'odd:2', which this maproot does not know");
		ck_assert_str_eq(gone, twice ? "" : "b ");
		ck_assert_int_eq(maproot_state_find("a", found, NULL), 0);
		ck_assert_int_ne(found->keeper, getpid());
		ck_assert_uint_eq(found->made_count, 2);
		ck_assert_str_eq(found->made[0], "odd:1");
		ck_assert_str_eq(found->made[1], "odd:2");
		ck_assert_uint_eq(names_count(), 1);
	}
	names_remove((const char *const[]){ "a", NULL });
	free(found);
}
END_TEST

/* As a user: a record that can't be read, one that can't be removed. The others go all the same. */
START_TEST(what_can_t_be_looked_at)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char gone[64] = "";

	if (geteuid() == 0)
		unit_become_user();
	names_place();
	runs_leave("a", NULL, 0);
	runs_leave("b", NULL, 0);
	ck_assert_int_eq(chmod(names_path("a"), 0), 0);
	ck_assert_int_eq(maproot_gc(tell, gone, &err), -EACCES);
	unit_check_error(&err, EACCES, MAPROOT_STEP_FACTS, "cannot read the record 'a': Permission denied");
	ck_assert_str_eq(gone, "b ");
	ck_assert_int_eq(chmod(names_path("a"), 0600), 0);
	ck_assert_int_eq(chmod(names_directory, 0500), 0);
	ck_assert_int_eq(maproot_gc(tell, gone, &err), -EACCES);
	unit_check_error(&err, EACCES, MAPROOT_STEP_RECORD, "cannot keep the record 'a': Permission denied");
	ck_assert_int_eq(chmod(names_directory, 0700), 0);
	check_gc("a ");
	names_remove(NULL);
}
END_TEST

/* A run from its first step to its last: a directory, a file in it, a helper, the command. */
static int run(const char *name, bool traced)
{
	struct mr_journal *journal = runs_journal(name);
	const char *directory = runs_file(support_text("%s.d", name));
	const char *file = runs_file(support_text("%s.d/x", name));
	pid_t helper;
	pid_t command;

	if (traced && (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0))
		return 1;
	if (mr_journal_note(journal, "directory", directory, NULL) < 0 || mr_name_claim(&journal->record, NULL) < 0)
		return 2;
	journal->kept = true;
	if (mkdir(directory, 0700) < 0 || mr_journal_note(journal, "file", file, NULL) < 0)
		return 3;
	(void)unit_file(file, "");
	helper = runs_start_process();
	if (mr_journal_note_process(journal, helper, NULL) < 0)
		return 4;
	command = runs_start_process();
	if (mr_name_fill_process(&journal->record, command, NULL) < 0 || mr_name_update(&journal->record, NULL) < 0)
		return 5;
	if (kill(command, SIGKILL) < 0 || waitpid(command, NULL, 0) != command)
		return 6;
	if (mr_undo_all(&journal->record, NULL, NULL, NULL) < 0 || waitpid(helper, NULL, 0) != helper)
		return 7;
	if (mr_name_release(&journal->record, NULL) < 0)
		return 8;
	free(journal);
	return 0;
}

static int traced_run(void *arg)
{
	return run(arg, true);
}

static int traced_gc(void *arg)
{
	(void)arg;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0)
		return 1;
	return maproot_gc(NULL, NULL, NULL) < 0;
}

/* Lets it do so many halves of system calls, then kills it. Returns whether it came to its end before that. */
static bool kill_after(int (*body)(void *arg), void *arg, int stops)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(body(arg));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	for (int stop = 0; stop < stops; stop++) {
		int number = 0;

		/* The end of a child is told to it. */
		if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGCHLD)
			number = SIGCHLD;
		ck_assert_int_eq(ptrace(PTRACE_SYSCALL, pid, NULL, (long)number), 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned int)status);
			return true;
		}
	}
	unit_end(pid);
	return false;
}

START_TEST(runs_killed_at_any_moment)
{
	const int step = support_size(7, 1, 1);
	int stops = 0;

	names_place();
	support_adopt_orphans();
	for (bool ended = false; !ended; stops += step) {
		struct maproot_error err = MAPROOT_ERROR_INIT;

		ended = kill_after(traced_run, "run", stops);
		ck_assert_msg(maproot_gc(NULL, NULL, &err) >= 0, "after %d: %s", stops, err.object);
		ck_assert_msg(support_wait_alone(5000) == 0, "after %d: a process is left", stops);
		ck_assert_msg(names_count() == 0, "after %d: something is left", stops);
	}
	ck_assert_int_gt(stops, 150);
	if (access(names_directory, F_OK) == 0)
		names_remove(NULL);
}
END_TEST

START_TEST(gcs_killed_at_any_moment)
{
	int stops = 0;

	names_place();
	for (bool ended = false; !ended; stops++) {
		pid_t helper = runs_start_process();
		pid_t command = runs_start_process();
		const char *made[] = { NULL, NULL, NULL, NULL };

		made[0] = support_text("directory:%s", runs_file("d"));
		made[1] = support_text("process:%d:%llu", (int)helper, (unsigned long long)runs_start_time(helper));
		made[2] = support_text("file:%s", runs_file("d/x"));
		runs_leave("run", made, command);
		ck_assert_int_eq(mkdir(runs_file("d"), 0700), 0);
		(void)unit_file(runs_file("d/x"), "");
		ended = kill_after(traced_gc, NULL, stops);
		ck_assert_msg(maproot_gc(NULL, NULL, NULL) >= 0, "after %d", stops);
		ck_assert_msg(names_count() == 0, "after %d: something is left", stops);
		ck_assert_int_eq(support_state(helper), 'Z');
		ck_assert_int_eq(support_state(command), 'Z');
		unit_end(helper);
		unit_end(command);
	}
	ck_assert_int_gt(stops, 80);
	names_remove(NULL);
}
END_TEST

enum { COLLECTORS = 4,
       LEFT = 40 };

static int collect_once(void *arg)
{
	char byte;

	if (read(*(int *)arg, &byte, 1) != 0) /* all start when the other end is closed */
		return 255;
	return maproot_gc(NULL, NULL, NULL);
}

/* Each record is one's. */
START_TEST(several_at_once)
{
	pid_t pid[COLLECTORS];
	int ends[2];
	int count = 0;

	names_place();
	for (int at = 0; at < LEFT; at++) {
		const char *made[] = { NULL, NULL };

		made[0] = support_text("file:%s", runs_file(support_text("x%d", at)));
		runs_leave(support_text("run-%d", at), at % 4 ? made : NULL, 0);
		if (at % 4)
			(void)unit_file(runs_file(support_text("x%d", at)), "");
	}
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	for (int at = 0; at < COLLECTORS; at++) {
		pid[at] = fork();
		if (pid[at] == 0) {
			(void)close(ends[1]);
			_exit(collect_once(&ends[0]));
		}
	}
	(void)close(ends[1]);
	for (int at = 0; at < COLLECTORS; at++) {
		int status;

		ck_assert_int_eq(waitpid(pid[at], &status, 0), pid[at]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) <= LEFT);
		count += WEXITSTATUS(status);
	}
	ck_assert_int_eq(count, LEFT);
	(void)close(ends[0]);
	names_remove(NULL);
}
END_TEST

enum { RUNNERS = 3,
       GCS = 2 };

/* Half of them are killed somewhere; those that are not come to their end as if nobody else was there. */
static int run_often(int number, int rounds)
{
	for (int round = 0; round < rounds; round++) {
		const char *name = support_text("run-%d-%d", number, round);
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(run(name, false));
		if (round % 2) {
			support_sleep_us(round * 37 % 2000);
			(void)kill(pid, SIGKILL);
		}
		if (waitpid(pid, &status, 0) != pid || (round % 2 == 0 && status != 0))
			return 1;
	}
	return 0;
}

static int collect_often(void)
{
	for (;;) {
		if (maproot_gc(NULL, NULL, NULL) < 0)
			return 1;
	}
}

START_TEST(beside_runs_that_come_and_go)
{
	const int rounds = support_size(20, 100, 1000);
	pid_t runner[RUNNERS];
	pid_t collector[GCS];
	int status;

	names_place();
	support_adopt_orphans();
	for (int at = 0; at < GCS; at++) {
		collector[at] = fork();
		if (collector[at] == 0)
			_exit(collect_often());
	}
	for (int at = 0; at < RUNNERS; at++) {
		runner[at] = fork();
		if (runner[at] == 0)
			_exit(run_often(at, rounds));
	}
	for (int at = 0; at < RUNNERS; at++) {
		ck_assert_int_eq(waitpid(runner[at], &status, 0), runner[at]);
		ck_assert_int_eq(status, 0);
	}
	for (int at = 0; at < GCS; at++) {
		ck_assert_int_eq(waitpid(collector[at], &status, WNOHANG), 0);
		unit_end(collector[at]);
	}
	ck_assert_int_ge(maproot_gc(NULL, NULL, NULL), 0);
	ck_assert_uint_eq(support_wait_alone(5000), 0);
	ck_assert_uint_eq(names_count(), 0);
	names_remove(NULL);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("gc", &test);

	tcase_add_test(test, nothing_to_do);
	tcase_add_test(test, what_is_left_goes);
	tcase_add_loop_test(test, living_keepers, 0, 3);
	tcase_add_test(test, a_name_that_lives_on);
	tcase_add_test(test, a_keeper_s_number_again);
	tcase_add_test(test, a_command_s_number_again);
	tcase_add_test(test, numbers_of_elsewhere);
	tcase_add_test(test, what_is_no_record);
	tcase_add_test(test, what_can_t_be_undone);
	tcase_add_test(test, what_can_t_be_looked_at);
	tcase_add_test(test, runs_killed_at_any_moment);
	tcase_add_test(test, gcs_killed_at_any_moment);
	tcase_add_test(test, several_at_once);
	tcase_add_test(test, beside_runs_that_come_and_go);
	if (geteuid() == 0)
		tcase_add_test(test, a_record_of_another_user);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
