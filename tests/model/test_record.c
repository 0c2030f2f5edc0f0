/*
 * Contract of src/model/record.h: what is a name and what is not; a record comes back from its text as it was,
 * whatever bytes its command has; unknown keys are passed over; a known one that is missing, there twice or
 * malformed is refused by name, and so is a text that was cut, wherever.
 */
#include "model/record.h"

#include "unit.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char long_name[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567890";

static const struct {
	const char *name;
	const char *why; /* NULL: it is one */
} names[] = {
	{ "a", NULL },
	{ "build", NULL },
	{ "Build-7_x.y", NULL },
	{ "_", NULL },
	{ "1a", NULL },
	{ "12.5", NULL },
	{ long_name, NULL },
	{ "", "it is empty" },
	{ ".", "a name does not begin with '.' or '-'" },
	{ "..", "a name does not begin with '.' or '-'" },
	{ ".new", "a name does not begin with '.' or '-'" },
	{ "-a", "a name does not begin with '.' or '-'" },
	{ "1234", "a number is no name" },
	{ "0", "a number is no name" },
	{ "a/b", "a name has letters, digits, '.', '_' and '-'" },
	{ "/etc/passwd", "a name has letters, digits, '.', '_' and '-'" },
	{ "../x", "a name has letters, digits, '.', '_' and '-'" },
	{ "a b", "a name has letters, digits, '.', '_' and '-'" },
	{ "a=b", "a name has letters, digits, '.', '_' and '-'" },
	{ "a:b", "a name has letters, digits, '.', '_' and '-'" },
	{ "\xc3\xa4", "a name has letters, digits, '.', '_' and '-'" },
	{ "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012345678901", "a name has 63 characters at most" },
};

START_TEST(names_are_checked)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *name = names[_i].name;
	int code = mr_record_check_name(name, &err);

	if (names[_i].why) {
		ck_assert_int_eq(code, -EINVAL);
		unit_check_error(&err, EINVAL, MAPROOT_STEP_NAME,
				 support_text("'%s' is not a name: %s", name, names[_i].why));
	} else {
		ck_assert_int_eq(code, 0);
		ck_assert_int_eq(err.code, 0);
		ck_assert_uint_lt(strlen(name), MAPROOT_NAME_SIZE);
	}
}
END_TEST

static const char example_text[] = "pid=4712\nstart=123456\nkeeper=4711\nkeeper_start=123455\nuser=1000\ngroup=1001\n"
				   "created=1790000000\npid_counts_in=4026531836\nstart_counts_in=4026531834\n"
				   "namespace.cgroup=11\nnamespace.ipc=12\nnamespace.mnt=13\nnamespace.net=14\n"
				   "namespace.pid=15\nnamespace.time=16\nnamespace.user=17\nnamespace.uts=18\n"
				   "command=sleep\n";

static const struct maproot_name_record example = {
	.name = "build",
	.pid = 4712,
	.start = 123456,
	.keeper = 4711,
	.keeper_start = 123455,
	.user = 1000,
	.group = 1001,
	.created = 1790000000,
	.pid_counts_in = 4026531836,
	.start_counts_in = 4026531834,
	.namespaces = { 11, 12, 13, 14, 15, 16, 17, 18 },
	.command = "sleep",
};

static void check_same(const struct maproot_name_record *got, const struct maproot_name_record *want)
{
	ck_assert_str_eq(got->name, want->name);
	ck_assert_int_eq(got->pid, want->pid);
	ck_assert_uint_eq(got->start, want->start);
	ck_assert_int_eq(got->keeper, want->keeper);
	ck_assert_uint_eq(got->keeper_start, want->keeper_start);
	ck_assert_uint_eq(got->user, want->user);
	ck_assert_uint_eq(got->group, want->group);
	ck_assert_int_eq(got->created, want->created);
	ck_assert_uint_eq(got->pid_counts_in, want->pid_counts_in);
	ck_assert_uint_eq(got->start_counts_in, want->start_counts_in);
	ck_assert_mem_eq(got->namespaces, want->namespaces, sizeof(want->namespaces));
	ck_assert_str_eq(got->command, want->command);
}

START_TEST(the_text_is_this)
{
	char text[MR_RECORD_SIZE];

	ck_assert_uint_eq(mr_record_format(&example, text, sizeof(text)), strlen(example_text));
	ck_assert_str_eq(text, example_text);
}
END_TEST

START_TEST(reads_what_it_writes)
{
	struct maproot_name_record read;

	ck_assert_int_eq(mr_record_parse("build", example_text, strlen(example_text), &read, NULL), 0);
	check_same(&read, &example);
}
END_TEST

/* The largest numbers there can be, and a command of bytes that all need escapes: fits, and comes back. */
START_TEST(the_largest_record)
{
	struct maproot_name_record record = example;
	struct maproot_name_record read;
	char text[MR_RECORD_SIZE];
	size_t length;

	strcpy(record.name, long_name);
	record.pid = record.keeper = INT32_MAX;
	record.start = record.keeper_start = record.pid_counts_in = record.start_counts_in = INT64_MAX;
	record.user = record.group = UINT32_MAX - 1;
	record.created = INT64_MAX;
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++)
		record.namespaces[type] = INT64_MAX;
	memset(record.command, '\n', sizeof(record.command) - 1);
	length = mr_record_format(&record, text, sizeof(text));
	ck_assert_uint_lt(length, sizeof(text));
	ck_assert_int_eq(mr_record_parse(long_name, text, length, &read, NULL), 0);
	check_same(&read, &record);
}
END_TEST

/* Every byte but the end of a string, also where it would look like another key. */
START_TEST(commands_hold_any_byte)
{
	const char *around[] = { "%c", "a%cb", "%ckeeper=1", "%c%c\\x41" };
	struct maproot_name_record record = example;
	struct maproot_name_record read;
	char text[MR_RECORD_SIZE];
	size_t length;

	for (size_t at = 0; at < UNIT_COUNT(around); at++) {
		mr_record_set_command(&record, support_text(around[at], _i, _i));
		length = mr_record_format(&record, text, sizeof(text));
		ck_assert_int_eq(mr_record_parse("build", text, length, &read, NULL), 0);
		check_same(&read, &record);
	}
}
END_TEST

START_TEST(commands_are_shortened)
{
	struct maproot_name_record record = example;
	char command[400];

	memset(command, 'x', sizeof(command));
	command[127] = '\0';
	mr_record_set_command(&record, command);
	ck_assert_str_eq(record.command, command);
	command[127] = 'x';
	command[128] = '\0';
	mr_record_set_command(&record, command);
	ck_assert_uint_eq(strlen(record.command), 127);
	ck_assert_str_eq(record.command + 123, "x...");
	/* not through a character: two bytes each, the first one at an even place */
	for (size_t at = 0; at + 2 < sizeof(command); at += 2)
		memcpy(command + at, "\xc3\xa4", 2);
	command[sizeof(command) - 1] = '\0';
	mr_record_set_command(&record, command);
	ck_assert_str_eq(record.command + 122, "\xc3\xa4...");
	command[0] = 'x';
	memmove(command + 1, command + 2, sizeof(command) - 2);
	mr_record_set_command(&record, command);
	ck_assert_str_eq(record.command + 121, "\xc3\xa4...");
	/* bytes that are no text at all */
	memset(command, 0x80, sizeof(command) - 1);
	mr_record_set_command(&record, command);
	ck_assert_uint_lt(strlen(record.command), MAPROOT_COMMAND_SIZE);
	mr_record_set_command(&record, NULL);
	ck_assert_str_eq(record.command, "");
}
END_TEST

static const struct {
	const char *from; /* of the example, replaced by `to`; NULL: `to` is put in front */
	const char *to;
	const char *why; /* NULL: good */
} changes[] = {
	/* later versions */
	{ NULL, "colour=blue\n", NULL },
	{ NULL, "colour=blue\ncolour=\n=\n==\npidx=z\npi=z\nPID=1\n", NULL },
	{ "command=", "commands=\\\ncommand=", NULL },
	{ "pid=4712\nstart=123456\n", "pid=0\nstart=0\n", NULL },
	{ "start=123456\n", "start=000123456\n", NULL },
	{ "user=1000", "user=0", NULL },
	{ "sleep", "", NULL },
	{ "sleep", "a \\x0a\\\\b\\xff", "bad command" }, /* a backslash is an escape, always */
	{ "sleep", "a\\x0ab\\xff\\x5c=", NULL },
	/* missing: each known key */
	{ "pid=4712\n", "", "no pid" },
	{ "\nstart=123456", "", "no start" },
	{ "\nkeeper=4711", "", "no keeper" },
	{ "keeper_start=123455\n", "", "no keeper_start" },
	{ "user=1000\n", "", "no user" },
	{ "group=1001\n", "", "no group" },
	{ "created=1790000000\n", "", "no created" },
	{ "pid_counts_in=4026531836\n", "", "no pid_counts_in" },
	{ "start_counts_in=4026531834\n", "", "no start_counts_in" },
	{ "namespace.cgroup=11\n", "", "no namespace.cgroup" },
	{ "namespace.uts=18\n", "", "no namespace.uts" },
	{ "command=sleep\n", "", "no command" },
	/* twice, also with the same value */
	{ NULL, "pid=4712\n", "twice pid" },
	{ NULL, "keeper=1\n", "twice keeper" },
	{ NULL, "namespace.net=14\n", "twice namespace.net" },
	{ NULL, "command=\n", "twice command" },
	/* malformed */
	{ "pid=4712", "pid=", "bad pid" },
	{ "pid=4712", "pid=-4712", "bad pid" },
	{ "pid=4712", "pid=+4712", "bad pid" },
	{ "pid=4712", "pid= 4712", "bad pid" },
	{ "pid=4712", "pid=4712 ", "bad pid" },
	{ "pid=4712", "pid=4712\r", "bad pid" },
	{ "pid=4712", "pid=0x12", "bad pid" },
	{ "pid=4712", "pid=2147483648", "bad pid" },
	{ "pid=4712", "pid=99999999999999999999999", "bad pid" },
	{ "pid=4712", "pid=0", "bad start" }, /* a process without, or a start without */
	{ "start=123456", "start=0", "bad start" },
	{ "start=123456", "start=9223372036854775808", "bad start" },
	{ "keeper=4711", "keeper=0", "bad keeper" },
	{ "keeper_start=123455", "keeper_start=0", "bad keeper_start" },
	{ "user=1000", "user=4294967295", "bad user" },
	{ "group=1001", "group=4294967295", "bad group" },
	{ "created=1790000000", "created=-1", "bad created" },
	{ "namespace.net=14", "namespace.net=net", "bad namespace.net" },
	{ "sleep", "\\", "bad command" },
	{ "sleep", "\\x", "bad command" },
	{ "sleep", "\\x4", "bad command" },
	{ "sleep", "\\xzz", "bad command" },
	{ "sleep", "\\x0A", "bad command" },
	{ "sleep", "\\x00", "bad command" },
	{ "sleep", "a\tb", "bad command" },
	{ "sleep", "a\177", "bad command" },
	{ NULL, "\n", "a line without '='" },
	{ NULL, "pid\n", "a line without '='" },
	{ "user=1000\n", "user=1000\nuser 1000\n", "a line without '='" },
};

static char *changed(const char *from, const char *to)
{
	const char *at = from ? strstr(example_text, from) : example_text;

	ck_assert_msg(at != NULL, "the example has no '%s'", from);
	return strdup(support_text("%.*s%s%s", (int)(at - example_text), example_text, to,
				   at + (from ? strlen(from) : 0)));
}

static void check_refused(const char *text, size_t length, const char *why)
{
	const struct maproot_name_record before = { .name = "untouched", .pid = 4711 };
	struct maproot_name_record record = before;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(mr_record_parse("build", text, length, &record, &err), -EBADMSG);
	unit_check_error(&err, EBADMSG, MAPROOT_STEP_NAME,
			 why ? support_text("the record of 'build' is malformed: %s", why) : NULL);
	check_same(&record, &before);
}

START_TEST(changes_of_the_text)
{
	char *text = changed(changes[_i].from, changes[_i].to);
	struct maproot_name_record record;

	if (changes[_i].why)
		check_refused(text, strlen(text), changes[_i].why);
	else
		ck_assert_int_eq(mr_record_parse("build", text, strlen(text), &record, NULL), 0);
	free(text);
}
END_TEST

START_TEST(a_command_that_is_too_long)
{
	char command[MAPROOT_COMMAND_SIZE + 1];
	struct maproot_name_record record;
	char *text;

	memset(command, 'x', sizeof(command));
	command[MAPROOT_COMMAND_SIZE - 1] = '\0';
	text = changed("sleep", command);
	ck_assert_int_eq(mr_record_parse("build", text, strlen(text), &record, NULL), 0);
	free(text);
	command[MAPROOT_COMMAND_SIZE - 1] = 'x';
	command[MAPROOT_COMMAND_SIZE] = '\0';
	text = changed("sleep", command);
	check_refused(text, strlen(text), "bad command");
	free(text);
}
END_TEST

/* Nothing that is shorter is taken for the whole, and no byte behind the end is looked at. */
START_TEST(cut_anywhere)
{
	char *text = strndup(example_text, (size_t)_i);

	check_refused(text, (size_t)_i, NULL);
	free(text);
}
END_TEST

/* A zero byte ends no text here: what follows it counts. */
START_TEST(zero_bytes)
{
	char text[sizeof(example_text)];

	memcpy(text, example_text, sizeof(text));
	text[_i] = '\0';
	check_refused(text, sizeof(text) - 1, NULL);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("record", &test);

	tcase_add_loop_test(test, names_are_checked, 0, UNIT_COUNT(names));
	tcase_add_test(test, the_text_is_this);
	tcase_add_test(test, reads_what_it_writes);
	tcase_add_test(test, the_largest_record);
	tcase_add_loop_test(test, commands_hold_any_byte, 1, 256);
	tcase_add_test(test, commands_are_shortened);
	tcase_add_loop_test(test, changes_of_the_text, 0, UNIT_COUNT(changes));
	tcase_add_test(test, a_command_that_is_too_long);
	tcase_add_loop_test(test, cut_anywhere, 0, (int)sizeof(example_text) - 1);
	tcase_add_loop_test(test, zero_bytes, 0, (int)sizeof(example_text) - 1);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
