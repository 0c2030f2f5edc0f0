/*
 * Contract of src/cli/escape.h: whatever bytes a text has, what is written is a string of JSON in UTF-8, and on a
 * terminal nothing that it would obey.
 */
#include "cli/escape.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *text;
	const char *json;
	const char *plain;
} rows[] = {
	{ "", "\"\"", "" },
	{ "sleep 1", "\"sleep 1\"", "sleep 1" },
	{ "a\"b\\c/d", "\"a\\u0022b\\u005cc/d\"", "a\"b\\c/d" },
	{ "\n\t\x1b[31m\x7f", "\"\\u000a\\u0009\\u001b[31m\\u007f\"", "???[31m?" },
	/* UTF-8 of two, three and four bytes */
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"",
	  "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"", "\xf4\x8f\xbf\xbf" },
	/* a control character that has two bytes */
	{ "\xc2\x9b"
	  "31m",
	  "\"\\u009b31m\"", "?31m" },
	/* alone, at the end, in the middle: each byte for itself */
	{ "\x80", "\"\\ufffd\"", "?" },
	{ "\xff"
	  "a",
	  "\"\\ufffda\"", "?a" },
	{ "\xc3", "\"\\ufffd\"", "?" },
	{ "\xe2\x82", "\"\\ufffd\\ufffd\"", "??" },
	{ "\xf0\x9f\x98", "\"\\ufffd\\ufffd\\ufffd\"", "???" },
	{ "\xe2"
	  "a",
	  "\"\\ufffda\"", "?a" },
	/* longer than it has to be, a surrogate, beyond the last */
	{ "\xc0\xaf", "\"\\ufffd\\ufffd\"", "??" },
	{ "\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\"", "???" },
	{ "\xf0\x80\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"", "????" },
	{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"", "???" },
	{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"", "????" },
	{ "\xf8\x88\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"", "?????" },
};

/* What comes out on stdout. The text is a copy of its own, so that reading behind its end is seen. */
static char *written(void (*write_text)(const char *text), const char *text)
{
	const char *path = support_text("%s/escaped-%d", support_user()->home, (int)getpid());
	char *copy = strdup(text);
	char *out;

	ck_assert_ptr_nonnull(copy);
	ck_assert_ptr_nonnull(freopen(path, "w", stdout));
	write_text(copy);
	ck_assert_int_eq(fflush(stdout), 0);
	out = support_read(path, NULL);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(unlink(path), 0);
	free(copy);
	return out;
}

START_TEST(escapes)
{
	char *json = written(escape_json, rows[_i].text);
	char *plain = written(escape_plain, rows[_i].text);

	ck_assert_str_eq(json, rows[_i].json);
	ck_assert_str_eq(plain, rows[_i].plain);
	free(json);
	free(plain);
}
END_TEST

/* However long: what is written at once ends between two characters. Each offset against where a piece ends. */
START_TEST(long_texts)
{
	static const char *const one[] = { "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x80\x80\x80\x80", "a\n" };
	static const char *const json[] = { "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
					    "\\ufffd\\ufffd\\ufffd\\ufffd", "a\\u000a" };
	static const char *const plain[] = { "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "????", "a?" };
	char text[1400] = "";
	char want[2][8000] = { "\"", "" };
	char *out[2];

	for (int at = 0; at < _i; at++) {
		(void)strcat(text, "x");
		(void)strcat(want[0], "x");
		(void)strcat(want[1], "x");
	}
	for (size_t at = 0; at < 300; at++) {
		(void)strcat(text, one[at / 60]);
		(void)strcat(want[0], json[at / 60]);
		(void)strcat(want[1], plain[at / 60]);
	}
	(void)strcat(want[0], "\"");
	out[0] = written(escape_json, text);
	out[1] = written(escape_plain, text);
	ck_assert_str_eq(out[0], want[0]);
	ck_assert_str_eq(out[1], want[1]);
	free(out[0]);
	free(out[1]);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("cli/escape", &test);

	tcase_add_loop_test(test, escapes, 0, UNIT_COUNT(rows));
	tcase_add_loop_test(test, long_texts, 0, 13);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
