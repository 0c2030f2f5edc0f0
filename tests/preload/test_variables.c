/*
 * Contract of src/preload/variables.c, built once with the prefix that is ours and once with another: what begins with
 * the prefix is ours, and nothing else; each name once, no other names, the first that is wrong is the error and what
 * errors do is read all the same; empty is not set. Removed, they are gone, and the others stand in their order.
 */
#include "preload/variables.h"
#include "unit.h"

#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#define P MAPROOT_ENV_PREFIX

enum { ROOM = 12 };

static const struct {
	const char *environment[ROOM];
	bool exist;
	const char *references[ROOM];
	const char *order;
	bool record;
	const char *error; /* NULL: none */
} rows[] = {
	{ { NULL }, false, { NULL }, NULL, false, NULL },
	{ { "A=1", "" }, false, { NULL }, NULL, false, NULL },
	{ { "other_net=1", "mapro_net=1", "x" P "net=1" }, false, { NULL }, NULL, false, NULL },
	{ { P "net=1" }, true, { "net=1" }, NULL, false, NULL },
	{ { "A=1", P "user=pid:7", "B=", P "mnt=/a=b" }, true, { "user=pid:7", "mnt=/a=b" }, NULL, false, NULL },
	{ { P "cgroup=1", P "ipc=2", P "mnt=3", P "net=4", P "pid=5", P "time=6", P "user=7", P "uts=8" },
	  true,
	  { "cgroup=1", "ipc=2", "mnt=3", "net=4", "pid=5", "time=6", "user=7", "uts=8" },
	  NULL,
	  false,
	  NULL },
	{ { P "order=!net", P "on_error=record" }, true, { NULL }, "!net", true, NULL },
	{ { P "on_error=exit" }, true, { NULL }, NULL, false, NULL },
	{ { P "net=", P "order=", P "on_error=" }, true, { NULL }, NULL, false, NULL },
	{ { P "net=1", P "x=1", P "y=1", P "on_error=record" },
	  true,
	  { "net=1" },
	  NULL,
	  true,
	  "unknown variable '" P "x'" },
	{ { P "net=1", P "net=1" }, true, { "net=1" }, NULL, false, "the variable '" P "net' is there twice" },
	{ { P "net=", P "net=1" }, true, { NULL }, NULL, false, "the variable '" P "net' is there twice" },
	{ { P "on_error=record", P "on_error=exit" },
	  true,
	  { NULL },
	  NULL,
	  true,
	  "the variable '" P "on_error' is there twice" },
	{ { P "on_error=Exit" },
	  true,
	  { NULL },
	  NULL,
	  false,
	  "the variable '" P "on_error' has to be 'exit' or 'record'" },
	{ { P "network=1" }, true, { NULL }, NULL, false, "unknown variable '" P "network'" },
	{ { P "ne=1" }, true, { NULL }, NULL, false, "unknown variable '" P "ne'" },
	{ { P "net" }, true, { NULL }, NULL, false, "unknown variable '" P "net'" },
	{ { P "=" }, true, { NULL }, NULL, false, "unknown variable '" P "'" },
	{ { P "0123456789012345678901234567890123456789012345678901234567890123456789=1" },
	  true,
	  { NULL },
	  NULL,
	  false,
	  NULL },
};

START_TEST(they_are_read)
{
	struct mr_variables variables = { .record = false };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char *const *environment = (char *const *)rows[_i].environment;
	bool longer = rows[_i].environment[0] && strlen(rows[_i].environment[0]) > 64;
	int code = mr_variables_read(environment, &variables, &err);
	size_t at;

	ck_assert(mr_variables_exist(environment) == rows[_i].exist);
	if (rows[_i].error)
		unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST, rows[_i].error);
	else if (longer)
		ck_assert_ptr_nonnull(strstr(err.object, "...'"));
	else
		ck_assert_int_eq(err.code, 0);
	ck_assert_int_eq(code, -err.code);
	for (at = 0; rows[_i].references[at]; at++)
		ck_assert_str_eq(variables.references[at], rows[_i].references[at]);
	ck_assert_uint_eq(variables.count, at);
	ck_assert_pstr_eq(variables.order, rows[_i].order);
	ck_assert(variables.record == rows[_i].record);
}
END_TEST

/* What holds when nothing is said is the caller's; what is wrong changes nothing about it. */
START_TEST(the_default_stays)
{
	char *const environment[] = { (char *)P "net=1", (char *)P "on_error=", (char *)P "on_error=no", NULL };
	struct mr_variables variables = { .record = true };

	ck_assert_int_eq(mr_variables_read(environment, &variables, NULL), -EINVAL);
	ck_assert(variables.record);
}
END_TEST

static const struct {
	const char *environment[ROOM];
	const char *left[ROOM];
	uintptr_t behind[ROOM]; /* the words from behind the new end to the old one */
	size_t freed;
} removals[] = {
	{ { NULL }, { NULL }, { 0 }, 0 },
	{ { "A=1", "B=2" }, { "A=1", "B=2" }, { 0 }, 0 },
	{ { P "net=1" }, { NULL }, { 0 }, 1 },
	{ { P "net=1", P "foo" }, { NULL }, { AT_IGNORE, 0 }, 2 },
	{ { "A=1", P "net=1", "B=2", P "x=2", P "x=2", "C=3" }, { "A=1", "B=2", "C=3" }, { 0, 0, 0 }, 3 },
	{ { P "a", P "b", "A=1", P "net=1", P "c" }, { "A=1" }, { AT_IGNORE, 0, AT_IGNORE, 0 }, 4 },
};

/* What is freed is a vector to be passed over or an empty one; nothing is written behind their end. */
START_TEST(they_are_removed)
{
	char *environment[ROOM];
	size_t end = 0;
	size_t at;

	memcpy(environment, removals[_i].environment, sizeof(environment));
	while (environment[end])
		end++;
	for (at = end + 1; at < ROOM; at++)
		environment[at] = (char *)"untouched";
	mr_variables_remove(environment);
	for (at = 0; removals[_i].left[at]; at++)
		ck_assert_str_eq(environment[at], removals[_i].left[at]);
	ck_assert_ptr_null(environment[at]);
	ck_assert_uint_eq(at + removals[_i].freed, end);
	for (size_t word = 0; word < removals[_i].freed; word++)
		ck_assert_uint_eq((uintptr_t)environment[at + 1 + word], removals[_i].behind[word]);
	for (at = end + 1; at < ROOM; at++)
		ck_assert_str_eq(environment[at], "untouched");
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("variables", &tests);

	tcase_add_loop_test(tests, they_are_read, 0, (int)UNIT_COUNT(rows));
	tcase_add_test(tests, the_default_stays);
	tcase_add_loop_test(tests, they_are_removed, 0, (int)UNIT_COUNT(removals));
	return suite;
}

int main(void)
{
	return unit_main(build);
}
