/*
 * Contract of src/base/text.h: text is never written past its buffer and always terminated, its length counts
 * what was meant; numbers are decimal, whole, and no larger than asked.
 */
#include "base/text.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

START_TEST(writes_within_its_buffer)
{
	char buffer[16];
	size_t size = (size_t)_i;
	struct mr_text text;

	memset(buffer, '#', sizeof(buffer));
	text = mr_text_in(buffer, size);
	mr_text_add(&text, "abc");
	mr_text_add_bytes(&text, "defXX", 3);
	mr_text_add(&text, "");
	ck_assert_uint_eq(text.length, 6);
	ck_assert_int_eq(mr_text_is_cut(&text), size < 7);
	ck_assert_int_eq(buffer[size], '#');
	if (size > 0) {
		size_t fits = size < 7 ? size - 1 : 6;

		ck_assert_int_eq(strncmp(buffer, "abcdef", fits), 0);
		ck_assert_int_eq(buffer[fits], '\0');
	}
}
END_TEST

START_TEST(starts_empty)
{
	char buffer[4] = "xyz";
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	ck_assert_str_eq(buffer, "");
	ck_assert_uint_eq(text.length, 0);
	ck_assert(!mr_text_is_cut(&text));
}
END_TEST

static const struct {
	int64_t number;
	const char *text;
} written[] = {
	{ 0, "0" },
	{ 7, "7" },
	{ -7, "-7" },
	{ 4294967295, "4294967295" },
	{ INT64_MAX, "9223372036854775807" },
	{ INT64_MIN, "-9223372036854775808" },
};

START_TEST(writes_numbers)
{
	char buffer[32];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	mr_text_add_number(&text, written[_i].number);
	ck_assert_str_eq(buffer, written[_i].text);
	ck_assert_uint_eq(text.length, strlen(buffer));
}
END_TEST

START_TEST(separates_items)
{
	char buffer[32];
	struct mr_text text = mr_text_in(buffer, sizeof(buffer));

	mr_text_add_item(&text, ", ", "a");
	ck_assert_str_eq(buffer, "a");
	mr_text_add_item(&text, ", ", "b");
	mr_text_add_item(&text, ", ", "c");
	ck_assert_str_eq(buffer, "a, b, c");
}
END_TEST

static const struct {
	const char *text;
	uint64_t limit;
	int code;
	uint64_t number;
	size_t end;
} rows[] = {
	{ "0", 0, 0, 0, 1 },
	{ "1", 0, -ERANGE, 0, 0 },
	{ "5", 5, 0, 5, 1 },
	{ "6", 5, -ERANGE, 0, 0 },
	{ "007", 7, 0, 7, 3 },
	{ "10:20", 100, 0, 10, 2 },
	{ "10 ", 100, 0, 10, 2 },
	{ "4294967295", UINT32_MAX, 0, UINT32_MAX, 10 },
	{ "4294967296", UINT32_MAX, -ERANGE, 0, 0 },
	{ "42949672950", UINT32_MAX, -ERANGE, 0, 0 },
	{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX, 20 },
	{ "18446744073709551616", UINT64_MAX, -ERANGE, 0, 0 },
	{ "99999999999999999999999", UINT64_MAX, -ERANGE, 0, 0 },
	{ "", 9, -EINVAL, 0, 0 },
	{ "x", 9, -EINVAL, 0, 0 },
	{ " 1", 9, -EINVAL, 0, 0 },
	{ "+1", 9, -EINVAL, 0, 0 },
	{ "-1", 9, -EINVAL, 0, 0 },
	{ ":1", 9, -EINVAL, 0, 0 },
	{ "0x10", 99, 0, 0, 1 },
};

START_TEST(reads_numbers)
{
	static const char untouched[] = "untouched";
	const char *end = untouched;
	uint64_t number = 4711;

	ck_assert_int_eq(mr_text_read_number(rows[_i].text, &end, rows[_i].limit, &number),
			 rows[_i].code);
	if (rows[_i].code < 0) {
		ck_assert_ptr_eq(end, untouched);
		ck_assert_uint_eq(number, 4711);
	} else {
		ck_assert_ptr_eq(end, rows[_i].text + rows[_i].end);
		ck_assert_uint_eq(number, rows[_i].number);
	}
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("base/text", &tc);

	tcase_add_loop_test(tc, writes_within_its_buffer, 0, 10);
	tcase_add_test(tc, starts_empty);
	tcase_add_loop_test(tc, writes_numbers, 0, UNIT_COUNT(written));
	tcase_add_test(tc, separates_items);
	tcase_add_loop_test(tc, reads_numbers, 0, UNIT_COUNT(rows));
	return suite;
}

int main(void)
{
	return unit_main(build);
}
