/*
 * Contract of src/run/undo.h: each kind is undone, also when it is gone already; a process is that one, not its number's
 * next owner; no file is touched but maproot's own, and no record; what is no entry is refused and named. Of many the last
 * comes first, none stops the others, and those that failed stay in the record.
 */
#include "runs.h"

#include <linux/magic.h>
#include <sys/vfs.h>

START_TEST(a_process)
{
	pid_t pid;
	pid_t other;
	const char *entry;

	names_place();
	pid = runs_start_process();
	other = runs_start_process();
	entry = support_text("process:%d:%llu", (int)pid, (unsigned long long)runs_start_time(pid));
	/* the number of another, by its start time */
	ck_assert_int_eq(mr_undo(support_text("process:%d:%llu", (int)other,
					      (unsigned long long)runs_start_time(other) + 1),
				 NULL),
			 0);
	ck_assert_int_eq(mr_undo(entry, NULL), 0);
	ck_assert_int_eq(support_state(pid), 'Z');
	ck_assert_int_eq(mr_undo(entry, NULL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(mr_undo(entry, NULL), 0);
	ck_assert_int_eq(waitpid(other, NULL, WNOHANG), 0);
	unit_end(other);
	ck_assert_int_eq(rmdir(getenv("XDG_RUNTIME_DIR")), 0);
}
END_TEST

START_TEST(files_and_directories)
{
	names_place();
	ck_assert_int_eq(mr_undo(support_text("file:%s", runs_file("x")), NULL), 0);
	ck_assert_int_eq(mkdir(names_directory, 0700), 0);
	(void)unit_file(runs_file("x"), "");
	ck_assert_int_eq(mkdir(runs_file("d"), 0700), 0);
	(void)unit_file(runs_file("d/x"), "");
	ck_assert_int_eq(mr_undo(support_text("directory:%s", runs_file("d")), NULL), -ENOTEMPTY);
	ck_assert_int_eq(mr_undo(support_text("file:%s", runs_file("d/x")), NULL), 0);
	for (int twice = 0; twice < 2; twice++) {
		ck_assert_int_eq(mr_undo(support_text("directory:%s", runs_file("d")), NULL), 0);
		ck_assert_int_eq(mr_undo(support_text("file:%s", runs_file("x")), NULL), 0);
	}
	names_remove(NULL);
}
END_TEST

/* "@" stands for the directory of names. */
static const struct {
	const char *entry;
	int code;
	const char *text;
} refused[] = {
	{ "file:@/record", EPERM, "', which is no file of maproot's" },
	{ "directory:@/record", EPERM, "', which is no file of maproot's" },
	{ "file:@/.x/../record", EPERM, "', which is no file of maproot's" },
	{ "file:@/../victim", EPERM, "', which is no file of maproot's" },
	{ "file:@", EPERM, "', which is no file of maproot's" },
	{ "file:@/", EPERM, "', which is no file of maproot's" },
	{ "file:@.x", EPERM, "', which is no file of maproot's" },
	{ "directory:@/.", EINVAL, NULL },
	{ "file:/etc/passwd", EPERM, "', which is no file of maproot's" },
	{ "file:.x", EPERM, "', which is no file of maproot's" },
	{ "process:1", EINVAL, "', which is no process" },
	{ "process:a:b", EINVAL, "', which is no process" },
	{ "process:1:2:3", EINVAL, "', which is no process" },
	{ "process:0:1", EINVAL, "', which is no process" },
	{ "process:1:0", EINVAL, "', which is no process" },
	{ "process:-1:1", EINVAL, "', which is no process" },
	{ "process:99999999999:1", EINVAL, "', which is no process" },
	{ "cgroup:relative", EINVAL, "', which is no path" },
	{ "what:ever", ENOTSUP, "', which this maproot does not know" },
	{ "process", ENOTSUP, "', which this maproot does not know" },
	{ "process:", ENOTSUP, "', which this maproot does not know" },
	{ "processes:1:1", ENOTSUP, "', which this maproot does not know" },
	{ ":x", ENOTSUP, "', which this maproot does not know" },
	{ "", ENOTSUP, "', which this maproot does not know" },
};

START_TEST(what_is_refused)
{
	const char *at = strchr(refused[_i].entry, '@');
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *entry = refused[_i].entry;

	names_place();
	ck_assert_int_eq(mkdir(names_directory, 0700), 0);
	(void)unit_file(names_path("record"), "");
	ck_assert_int_eq(mkdir(runs_file("x"), 0700), 0);
	if (at)
		entry = support_text("%.*s%s%s", (int)(at - entry), entry, names_directory, at + 1);
	ck_assert_int_eq(mr_undo(entry, &err), -refused[_i].code);
	ck_assert_int_eq(err.step, MAPROOT_STEP_UNDO);
	if (refused[_i].text)
		ck_assert_str_eq(err.object, support_text("'%s%s", entry, refused[_i].text));
	ck_assert_uint_eq(names_count(), 2);
	names_remove((const char *const[]){ "record", ".x", NULL });
}
END_TEST

/* Version 2, also beside version 1. */
static const char *cgroup_root(void)
{
	static const char *const places[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	struct statfs system;

	for (size_t at = 0; at < UNIT_COUNT(places); at++) {
		if (statfs(places[at], &system) == 0 && system.f_type == CGROUP2_SUPER_MAGIC)
			return places[at];
	}
	return NULL;
}

START_TEST(a_control_group)
{
	const char *group = support_text("%s/test-undo-%d", cgroup_root(), (int)getpid());
	const char *inner = support_text("%s/inner", group);
	pid_t pid = runs_start_process();

	ck_assert_int_eq(mkdir(group, 0755), 0);
	ck_assert_int_eq(mkdir(inner, 0755), 0);
	(void)unit_file(support_text("%s/cgroup.procs", inner), support_text("%d", (int)pid));
	for (int twice = 0; twice < 2; twice++)
		ck_assert_int_eq(mr_undo(support_text("cgroup:%s", group), NULL), 0);
	ck_assert_int_ne(access(group, F_OK), 0);
	ck_assert_int_eq(support_state(pid), 'Z');
	unit_end(pid);
}
END_TEST

static void note(void *arg, const struct maproot_error *err)
{
	(void)strcat(strcat(arg, err->object), "|");
}

START_TEST(all_in_reverse)
{
	struct mr_journal *journal = runs_journal("run");
	struct maproot_name_record *record = &journal->record;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char complaints[256] = "";

	names_place();
	ck_assert_int_eq(mkdir(names_directory, 0700), 0);
	ck_assert_int_eq(mr_journal_note(journal, "odd", "1", NULL), 0);
	ck_assert_int_eq(mr_journal_note(journal, "directory", runs_file("d"), NULL), 0);
	ck_assert_int_eq(mr_journal_note(journal, "odd", "2", NULL), 0);
	ck_assert_int_eq(mr_journal_note(journal, "file", runs_file("d/x"), NULL), 0);
	ck_assert_int_eq(mr_journal_note(journal, "odd", "3", NULL), 0);
	/* in the other order the directory would not be empty */
	ck_assert_int_eq(mkdir(runs_file("d"), 0700), 0);
	(void)unit_file(runs_file("d/x"), "");
	ck_assert_int_eq(mr_undo_all(record, note, complaints, &err), -ENOTSUP);
	ck_assert_str_eq(complaints, "'odd:3', which this maproot does not know|'odd:2', which this maproot does not know|"
				     "'odd:1', which this maproot does not know|");
	unit_check_error(&err, ENOTSUP, MAPROOT_STEP_UNDO, NULL);
	ck_assert_str_eq(err.object, "'odd:3', which this maproot does not know");
	ck_assert_uint_eq(record->made_count, 3);
	for (size_t at = 0; at < 3; at++)
		ck_assert_str_eq(record->made[at], support_text("odd:%zu", at + 1));
	names_remove(NULL);
	record->made_count = 0;
	ck_assert_int_eq(mr_undo_all(record, NULL, NULL, NULL), 0);
	free(journal);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("undo", &test);

	tcase_add_test(test, a_process);
	tcase_add_test(test, files_and_directories);
	tcase_add_loop_test(test, what_is_refused, 0, UNIT_COUNT(refused));
	tcase_add_test(test, all_in_reverse);
	if (geteuid() == 0 && cgroup_root())
		tcase_add_test(test, a_control_group);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
