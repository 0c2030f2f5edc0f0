/*
 * Contract of src/model/record.h: what is a name and what is not; a record comes back from its text as it was,
 * whatever bytes its command has; unknown keys are passed over; a known one that is missing, there twice or
 * malformed is refused by name, and so is a text that was cut, wherever. What runs have more may be missing; what does not
 * fit a record is refused, but for the command, which is shortened.
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
	ck_assert_str_eq(got->bundle, want->bundle);
	ck_assert_str_eq(got->cgroup, want->cgroup);
	ck_assert_str_eq(got->network, want->network);
	ck_assert_uint_eq(got->users.count, want->users.count);
	ck_assert_mem_eq(got->users.range, want->users.range, want->users.count * sizeof(want->users.range[0]));
	ck_assert_uint_eq(got->groups.count, want->groups.count);
	ck_assert_mem_eq(got->groups.range, want->groups.range, want->groups.count * sizeof(want->groups.range[0]));
	ck_assert_uint_eq(got->made_count, want->made_count);
	for (size_t at = 0; at < want->made_count; at++)
		ck_assert_str_eq(got->made[at], want->made[at]);
}

/* What only runs have, behind the rest. */
static const char run_text[] = "bundle=/srv/b\\x0a\ncgroup=/sys/fs/cgroup/run\nnetwork=veth pasta\n"
			       "users=0:1000:1,1:100000:65536\ngroups=0:1001:1\n"
			       "made=cgroup:/sys/fs/cgroup/run\nmade=process:17:18\nmade=link:a\\x5cb\n";

static void make_run(struct maproot_name_record *record)
{
	*record = example;
	strcpy(record->bundle, "/srv/b\n");
	strcpy(record->cgroup, "/sys/fs/cgroup/run");
	strcpy(record->network, "veth pasta");
	record->users = (struct maproot_idmap){ 2, { { 0, 1000, 1 }, { 1, 100000, 65536 } } };
	record->groups = (struct maproot_idmap){ 1, { { 0, 1001, 1 } } };
	ck_assert_int_eq(mr_record_add_made(record, "cgroup", "/sys/fs/cgroup/run", NULL), 0);
	ck_assert_int_eq(mr_record_add_made(record, "process", "17:18", NULL), 0);
	ck_assert_int_eq(mr_record_add_made(record, "link", "a\\b", NULL), 0);
}

/* Names have the text that they always had. */
START_TEST(the_text_is_this)
{
	struct maproot_name_record record = example;
	char text[MR_RECORD_SIZE];
	const char *want = example_text;

	if (_i) {
		make_run(&record);
		want = support_text("%s%s", example_text, run_text);
	}
	ck_assert_uint_eq(mr_record_format(&record, text, sizeof(text)), strlen(want));
	ck_assert_str_eq(text, want);
}
END_TEST

START_TEST(reads_what_it_writes)
{
	struct maproot_name_record read;

	ck_assert_int_eq(mr_record_parse("build", example_text, strlen(example_text), &read, NULL), 0);
	check_same(&read, &example);
}
END_TEST

START_TEST(reads_what_runs_have)
{
	struct maproot_name_record record;
	struct maproot_name_record read;
	const char *text = support_text("%s%s", example_text, run_text);

	make_run(&record);
	ck_assert_int_eq(mr_record_parse("build", text, strlen(text), &read, NULL), 0);
	check_same(&read, &record);
	/* in any order, but for what was made, which keeps its own */
	text = support_text("%s%s", run_text, example_text);
	ck_assert_int_eq(mr_record_parse("build", text, strlen(text), &read, NULL), 0);
	check_same(&read, &record);
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
	memset(record.bundle, '\n', sizeof(record.bundle) - 1);
	memset(record.cgroup, '\n', sizeof(record.cgroup) - 1);
	memset(record.network, '\n', sizeof(record.network) - 1);
	for (uint32_t at = 0; at < MAPROOT_IDMAP_LINES; at++) {
		const struct maproot_idmap_range range = { UINT32_MAX - 1 - at, UINT32_MAX - 1 - at, 1 };

		ck_assert_int_eq(maproot_idmap_add(&record.users, range, NULL), 0);
		ck_assert_int_eq(maproot_idmap_add(&record.groups, range, NULL), 0);
	}
	for (; record.made_count < MAPROOT_MADE_MAX; record.made_count++) {
		memset(record.made[record.made_count], '\n', MAPROOT_MADE_SIZE - 1);
		record.made[record.made_count][1] = ':';
	}
	length = mr_record_format(&record, text, sizeof(text));
	ck_assert_uint_lt(length, sizeof(text));
	ck_assert_int_eq(mr_record_parse(long_name, text, length, &read, NULL), 0);
	check_same(&read, &record);
}
END_TEST

/* The same numbers each time: what fails once, fails again. */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void random_text(uint32_t *state, char *text, size_t size)
{
	size_t length = next_random(state) % size;

	for (size_t at = 0; at < length; at++)
		text[at] = (char)(next_random(state) % 255 + 1);
	text[length] = '\0';
}

static void random_map(uint32_t *state, struct maproot_idmap *map)
{
	for (uint32_t count = next_random(state) % (MAPROOT_IDMAP_LINES + 1); map->count < count;) {
		const struct maproot_idmap_range range = { next_random(state), next_random(state),
							   next_random(state) % 5000 };

		(void)maproot_idmap_add(map, range, NULL); /* one that overlaps is not added */
	}
}

START_TEST(random_records)
{
	struct maproot_name_record record = example;
	struct maproot_name_record read;
	static char text[MR_RECORD_SIZE];
	uint32_t state = (uint32_t)_i * 2654435761u + 1;
	size_t length;

	record.start = next_random(&state);
	record.user = next_random(&state) - 1;
	record.pid_counts_in = (uint64_t)next_random(&state) << 30;
	random_text(&state, record.command, sizeof(record.command));
	random_text(&state, record.bundle, sizeof(record.bundle));
	random_text(&state, record.cgroup, sizeof(record.cgroup));
	random_text(&state, record.network, sizeof(record.network));
	random_map(&state, &record.users);
	random_map(&state, &record.groups);
	for (uint32_t count = next_random(&state) % (MAPROOT_MADE_MAX + 1); record.made_count < count;) {
		char what[MAPROOT_MADE_SIZE - 5];

		random_text(&state, what, sizeof(what));
		if (what[0])
			ck_assert_int_eq(mr_record_add_made(&record, "file", what, NULL), 0);
	}
	length = mr_record_format(&record, text, sizeof(text));
	ck_assert_uint_lt(length, sizeof(text));
	ck_assert_int_eq(mr_record_parse("build", text, length, &read, NULL), 0);
	check_same(&read, &record);
	/* also where the room is too small, it says how much there should be, and writes no byte more */
	for (size_t size = 0; size < 3000; size += 97) {
		char *small = malloc(size + 1);

		small[size] = 'x';
		ck_assert_uint_eq(mr_record_format(&record, small, size), length);
		ck_assert(small[size] == 'x' && (size == 0 || memcmp(small, text, size < length ? size - 1 : length) == 0));
		free(small);
	}
}
END_TEST

START_TEST(what_does_not_fit)
{
	struct maproot_name_record record = example;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char text[MAPROOT_BUNDLE_SIZE + 1];

	memset(text, 'x', sizeof(text));
	text[MAPROOT_CGROUP_SIZE - 1] = '\0';
	ck_assert_int_eq(mr_record_set_text(record.cgroup, sizeof(record.cgroup), text, "cgroup", &err), 0);
	ck_assert_str_eq(record.cgroup, text);
	ck_assert_int_eq(mr_record_set_text(record.network, sizeof(record.network), text, "network", &err), -ENAMETOOLONG);
	ck_assert_str_eq(record.network, "");
	unit_check_error(&err, ENAMETOOLONG, MAPROOT_STEP_NAME, NULL);
	ck_assert_ptr_nonnull(strstr(err.object, "a record has no room for the network 'xxx"));
	ck_assert_int_eq(mr_record_set_text(record.cgroup, sizeof(record.cgroup), NULL, "cgroup", NULL), 0);
	ck_assert_str_eq(record.cgroup, "");
	/* with "file:" and the end */
	text[MAPROOT_MADE_SIZE - 6] = '\0';
	ck_assert_int_eq(mr_record_add_made(&record, "file", text, NULL), 0);
	text[MAPROOT_MADE_SIZE - 6] = 'x';
	text[MAPROOT_MADE_SIZE - 5] = '\0';
	ck_assert_int_eq(mr_record_add_made(&record, "file", text, NULL), -ENAMETOOLONG);
	ck_assert_uint_eq(record.made_count, 1);
	while (record.made_count < MAPROOT_MADE_MAX)
		ck_assert_int_eq(mr_record_add_made(&record, "link", "a", NULL), 0);
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	ck_assert_int_eq(mr_record_add_made(&record, "link", "b", &err), -E2BIG);
	unit_check_error(&err, E2BIG, MAPROOT_STEP_NAME, "a record has no room for more than 16 things: link 'b'");
	ck_assert_uint_eq(record.made_count, MAPROOT_MADE_MAX);
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
	/* what only runs have */
	{ NULL, "bundle=/x\ncgroup=\nnetwork=a b\n", NULL },
	{ NULL, "users=0:1000:1\ngroups=0:0:4294967295\n", NULL },
	{ NULL, "made=a:b\nmade=a:b\nmade=x:\\x0a\n", NULL },
	{ NULL, "bundle=/x\nbundle=/x\n", "twice bundle" },
	{ NULL, "users=0:0:1\nusers=0:0:1\n", "twice users" },
	{ NULL, "cgroup=a\tb\n", "bad cgroup" },
	{ NULL, "users=\n", "bad users" },
	{ NULL, "users=0:0\n", "bad users" },
	{ NULL, "users=0:0:\n", "bad users" },
	{ NULL, "users=0:0:0\n", "bad users" },
	{ NULL, "users=0:0:1,\n", "bad users" },
	{ NULL, "users=,0:0:1\n", "bad users" },
	{ NULL, "users=0:0:1 \n", "bad users" },
	{ NULL, "users=0:0:1:\n", "bad users" },
	{ NULL, "users=0:0:1,0:5:1\n", "bad users" },
	{ NULL, "users=0:0:1,5:0:1\n", "bad users" },
	{ NULL, "users=0:0:4294967296\n", "bad users" },
	{ NULL, "users=4294967295:0:1\n", "bad users" },
	{ NULL, "users=-1:0:1\n", "bad users" },
	{ NULL, "groups=a:b:c\n", "bad groups" },
	{ NULL, "made=\n", "bad made" },
	{ NULL, "made=:x\n", "bad made" },
	{ NULL, "made=x:\n", "bad made" },
	{ NULL, "made=x\n", "bad made" },
	{ NULL, "made=x:\\x00\n", "bad made" },
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
	struct maproot_name_record record;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(mr_record_parse("build", text, length, &record, &err), -EBADMSG);
	unit_check_error(&err, EBADMSG, MAPROOT_STEP_NAME,
			 why ? support_text("the record of 'build' is malformed: %s", why) : NULL);
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

/* One range, one thing, one byte more than there is room for. */
START_TEST(more_than_there_is_room_for)
{
	static char text[MR_RECORD_SIZE];
	struct maproot_name_record record;
	size_t most[] = { MAPROOT_IDMAP_LINES, MAPROOT_MADE_MAX, MAPROOT_MADE_SIZE - 1, MAPROOT_BUNDLE_SIZE - 1 };
	const char *before[] = { "users=", "", "made=k:", "bundle=" };
	const char *each[] = { "%u:%u:1,", "made=k:%u,%u\n", "x", "y" };
	const char *why[] = { "bad users", "bad made", "bad made", "bad bundle" };

	for (size_t more = 0; more < 2; more++) {
		strcpy(text, before[_i]);
		for (unsigned int at = _i == 2 ? 2 : 0; at < most[_i] + more; at++)
			strcat(text, support_text(each[_i], at, at));
		text[strlen(text) - (_i < 2)] = '\0';
		strcat(strcat(text, "\n"), example_text);
		if (more)
			check_refused(text, strlen(text), why[_i]);
		else
			ck_assert_int_eq(mr_record_parse("build", text, strlen(text), &record, NULL), 0);
	}
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
	tcase_add_loop_test(test, the_text_is_this, 0, 2);
	tcase_add_test(test, reads_what_it_writes);
	tcase_add_test(test, reads_what_runs_have);
	tcase_add_loop_test(test, random_records, 0, 40);
	tcase_add_test(test, what_does_not_fit);
	tcase_add_loop_test(test, more_than_there_is_room_for, 0, 4);
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
