/*
 * Contract of <maproot/error.h> and src/base/error.h: a failure is filled once, the first one stays, a NULL
 * object takes nothing; it crosses a pipe in one write; words are made late, one line, whatever the object
 * holds; each step has a name of its own and one exit status of three.
 */
#include "base/error.h"

#include "unit.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {
#define X(id, name, text) name,
	MAPROOT_STEPS(X)
#undef X
};

static const char *const texts[] = {
#define X(id, name, text) text,
	MAPROOT_STEPS(X)
#undef X
};

START_TEST(fits_one_atomic_write)
{
	ck_assert_uint_le(sizeof(struct maproot_error), PIPE_BUF);
	ck_assert_uint_le(sizeof(struct maproot_error), 512); /* POSIX promises no more */
}
END_TEST

START_TEST(each_step_has_a_name)
{
	enum maproot_step step = (enum maproot_step)_i;

	ck_assert_str_eq(maproot_step_name(step), names[_i]);
	for (const char *at = names[_i]; *at; at++)
		ck_assert_msg(islower((unsigned char)*at) || *at == '-', "step name '%s'",
			      names[_i]);
	for (int other = 0; other < _i; other++)
		ck_assert_str_ne(names[other], names[_i]);
}
END_TEST

/* Rules for messages: lower case, no full stop, no line break, the object wherever the step names one. */
START_TEST(each_step_has_words)
{
	struct maproot_error err = { EXDEV, (enum maproot_step)_i, "the-object" };
	bool complete = texts[_i][strlen(texts[_i]) - 1] == '.';
	bool named = strstr(texts[_i], "%s") != NULL;
	char said[256];
	size_t length = maproot_error_format(&err, said, sizeof(said));

	ck_assert_uint_eq(length, strlen(said));
	ck_assert_msg(named == (strstr(said, "the-object") != NULL), "'%s'", said);
	ck_assert_msg(complete != (strstr(said, strerror(EXDEV)) != NULL), "'%s'", said);
	ck_assert_msg(!isupper((unsigned char)said[0]), "'%s'", said);
	ck_assert_msg(said[length - 1] != '.', "'%s'", said);
	ck_assert_msg(!strchr(said, '\n') && !strchr(said, '%'), "'%s'", said);
}
END_TEST

static const struct {
	struct maproot_error err;
	const char *said;
} sentences[] = {
	{ { 0, MAPROOT_STEP_NONE, "" }, "no error" },
	{ { EINVAL, MAPROOT_STEP_REQUEST, "a bind mount needs a source" },
	  "a bind mount needs a source" },
	{ { ENOSPC, MAPROOT_STEP_CREATE, "mnt user" },
	  "cannot create namespaces (mnt user): No space left on device" },
	{ { EPERM, MAPROOT_STEP_WRITE_UID_MAP, "/proc/self/uid_map" },
	  "cannot write '/proc/self/uid_map': Operation not permitted" },
	{ { EPERM, MAPROOT_STEP_LACKING, "CAP_SETUID" },
	  "still without CAP_SETUID inside the new user namespace" },
	{ { ENOENT, MAPROOT_STEP_FIND, "nonesuch" },
	  "cannot find 'nonesuch': No such file or directory" },
	{ { EACCES, MAPROOT_STEP_EXEC, "/etc/passwd" },
	  "cannot execute '/etc/passwd': Permission denied" },
	{ { ENOENT, MAPROOT_STEP_FIND, "a\nb\033[31m\177\001" },
	  "cannot find 'a?b?[31m?\?': No such file or directory" },
	{ { ENOENT, MAPROOT_STEP_FIND, "M\303\274ller %s %n" },
	  "cannot find 'M\303\274ller %s %n': No such file or directory" },
	{ { EIO, MAPROOT_STEP_SUPERVISE, "not shown" },
	  "cannot wait for the command: Input/output error" },
	{ { EIO, (enum maproot_step)9999, "x" }, "unknown step x: Input/output error" },
};

START_TEST(says_exactly)
{
	char said[256];

	(void)maproot_error_format(&sentences[_i].err, said, sizeof(said));
	ck_assert_str_eq(said, sentences[_i].said);
}
END_TEST

/* As snprintf(3): the length is that of the whole, the buffer is never passed and always terminated. */
START_TEST(formats_into_any_size)
{
	struct maproot_error err = { ENOENT, MAPROOT_STEP_FIND, "nonesuch" };
	static const char want[] = "cannot find 'nonesuch': No such file or directory";

	for (size_t size = 0; size < sizeof(want) + 3; size++) {
		char said[sizeof(want) + 8];

		memset(said, '#', sizeof(said));
		ck_assert_uint_eq(maproot_error_format(&err, said, size), strlen(want));
		ck_assert_int_eq(said[size], '#');
		if (size > 0) {
			size_t fits = size <= strlen(want) ? size - 1 : strlen(want);

			ck_assert_int_eq(strncmp(said, want, fits), 0);
			ck_assert_int_eq(said[fits], '\0');
		}
	}
}
END_TEST

START_TEST(unknown_steps_have_a_name)
{
	ck_assert_str_eq(maproot_step_name(MAPROOT_STEP_COUNT), "unknown");
	ck_assert_str_eq(maproot_step_name((enum maproot_step) - 1), "unknown");
}
END_TEST

START_TEST(status_follows_from_the_step)
{
	struct maproot_error err = { ENOENT, (enum maproot_step)_i, "" };
	int want = 125;

	if (_i == MAPROOT_STEP_FIND)
		want = 127;
	if (_i == MAPROOT_STEP_EXEC || _i == MAPROOT_STEP_INTERPRETER)
		want = 126;
	ck_assert_int_eq(maproot_error_status(&err), want);
	err.code = 0;
	ck_assert_int_eq(maproot_error_status(&err), 0);
}
END_TEST

START_TEST(fills_and_returns_minus_code)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(mr_fail(&err, ENOENT, MAPROOT_STEP_OPEN, "/nowhere"), -ENOENT);
	ck_assert_int_eq(err.code, ENOENT);
	ck_assert_int_eq(err.step, MAPROOT_STEP_OPEN);
	ck_assert_str_eq(err.object, "/nowhere");
}
END_TEST

START_TEST(takes_no_object_for_an_answer)
{
	mr_error_reset(NULL);
	ck_assert_int_eq(mr_fail(NULL, EPERM, MAPROOT_STEP_OPEN, "x"), -EPERM);
	ck_assert_int_eq(mr_fail_pieces(NULL, EPERM, MAPROOT_STEP_OPEN, "x", "y", NULL), -EPERM);
	ck_assert_int_eq(mr_fail_number(NULL, EPERM, MAPROOT_STEP_OPEN, 5), -EPERM);

	struct maproot_error from = { EPERM, MAPROOT_STEP_OPEN, "x" };

	ck_assert_int_eq(mr_error_pass(NULL, &from), -EPERM);
}
END_TEST

START_TEST(first_failure_stays)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_error later = { EPERM, MAPROOT_STEP_EXEC, "later" };

	(void)mr_fail(&err, ENOENT, MAPROOT_STEP_OPEN, "first");
	ck_assert_int_eq(mr_fail(&err, EPERM, MAPROOT_STEP_MOUNT, "second"), -EPERM);
	ck_assert_int_eq(mr_error_pass(&err, &later), -EPERM);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_OPEN,
			 "cannot open 'first': No such file or directory");
	mr_error_reset(&err);
	unit_check_error(&err, 0, MAPROOT_STEP_NONE, "no error");
	ck_assert_str_eq(err.object, "");
	ck_assert_int_eq(mr_error_pass(&err, &later), -EPERM);
	ck_assert_int_eq(memcmp(&err, &later, sizeof(err)), 0);
}
END_TEST

START_TEST(object_is_made_of_pieces)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	(void)mr_fail_pieces(&err, EPERM, MAPROOT_STEP_BIND, "/a", "", "' on '", "/b", NULL);
	ck_assert_str_eq(err.object, "/a' on '/b");
}
END_TEST

static const struct {
	long number;
	const char *text;
} numbers[] = { { 0, "0" }, { 64, "64" }, { -1, "-1" }, { 4294967294L, "4294967294" } };

START_TEST(object_is_a_number)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	(void)mr_fail_number(&err, EPERM, MAPROOT_STEP_SET_UID, numbers[_i].number);
	ck_assert_str_eq(err.object, numbers[_i].text);
}
END_TEST

/* Up to what fits, whole; beyond, both ends are kept, since names differ at their ends. */
START_TEST(long_objects_lose_their_middle)
{
	char name[600];
	size_t length = (size_t)_i;
	struct maproot_error err;

	memset(&err, '#', sizeof(err));
	mr_error_reset(&err);
	memset(name, 'm', sizeof(name));
	memcpy(name, "/start", 6);
	memcpy(name + length - 4, "/end", 5);
	(void)mr_fail(&err, EPERM, MAPROOT_STEP_OPEN, name);
	ck_assert_uint_lt(strnlen(err.object, sizeof(err.object)), sizeof(err.object));
	if (length < sizeof(err.object)) {
		ck_assert_str_eq(err.object, name);
		return;
	}
	ck_assert_uint_eq(strlen(err.object), sizeof(err.object) - 1);
	ck_assert_int_eq(strncmp(err.object, "/startmm", 8), 0);
	ck_assert_str_eq(err.object + strlen(err.object) - 6, "mm/end");
	ck_assert_ptr_nonnull(strstr(err.object, "..."));
}
END_TEST

START_TEST(short_last_piece_survives_a_long_first)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char name[600];

	memset(name, 'm', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	(void)mr_fail_pieces(&err, EPERM, MAPROOT_STEP_BIND, name, "' on '", "/target", NULL);
	ck_assert_str_eq(err.object + strlen(err.object) - 10, ".../target");
	ck_assert_uint_eq(strlen(err.object), sizeof(err.object) - 1);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("base/error", &tc);

	tcase_add_test(tc, fits_one_atomic_write);
	tcase_add_loop_test(tc, each_step_has_a_name, 0, MAPROOT_STEP_COUNT);
	tcase_add_loop_test(tc, each_step_has_words, 1, MAPROOT_STEP_COUNT);
	tcase_add_loop_test(tc, says_exactly, 0, UNIT_COUNT(sentences));
	tcase_add_test(tc, formats_into_any_size);
	tcase_add_test(tc, unknown_steps_have_a_name);
	tcase_add_loop_test(tc, status_follows_from_the_step, 1, MAPROOT_STEP_COUNT);
	tcase_add_test(tc, fills_and_returns_minus_code);
	tcase_add_test(tc, takes_no_object_for_an_answer);
	tcase_add_test(tc, first_failure_stays);
	tcase_add_test(tc, object_is_made_of_pieces);
	tcase_add_loop_test(tc, object_is_a_number, 0, UNIT_COUNT(numbers));
	tcase_add_loop_test(tc, long_objects_lose_their_middle, 236, 244);
	tcase_add_loop_test(tc, long_objects_lose_their_middle, 590, 592);
	tcase_add_test(tc, short_last_piece_survives_a_long_first);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
