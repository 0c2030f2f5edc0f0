/*
 * Contract of src/model/subid.h: every range of the owner's, by name and by number, and every id of it, gets
 * into the map, each once, at the lowest free inner ids from 1; lines of others and malformed ones do not.
 */
#include "model/subid.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *text;
	int found;
	const char *map; /* on top of 0 1000 1 */
} files[] = {
	{ "", 0, "" },
	{ "alice:100000:65536\n", 1, "1 100000 65536\n" },
	{ "alice:100000:65536", 1, "1 100000 65536\n" },
	{ "1000:100000:65536\n", 1, "1 100000 65536\n" },
	/* all of them, by name and by number, in their order */
	{ "alice:100000:10\nbob:200000:10\n1000:300000:10\nalice:400000:10\n", 3,
	  "1 100000 10\n11 300000 10\n21 400000 10\n" },
	/* granted twice, or in part: each id once */
	{ "alice:100000:10\nalice:100000:10\n", 2, "1 100000 10\n" },
	{ "alice:100000:10\n1000:100005:10\n", 2, "1 100000 10\n11 100010 5\n" },
	{ "alice:100005:10\n1000:100000:10\n", 2, "1 100005 10\n11 100000 5\n" },
	{ "alice:100003:2\n1000:100000:10\n", 2, "1 100003 2\n3 100000 3\n6 100005 5\n" },
	{ "alice:100003:2\nalice:100006:2\nalice:100000:10\n", 3,
	  "1 100003 2\n3 100006 2\n5 100000 3\n8 100005 1\n9 100008 2\n" },
	/* a grant that holds the own id, which is mapped already */
	{ "alice:999:3\n", 1, "1 999 1\n2 1001 1\n" },
	{ "alice:1000:1\n", 1, "" },
	/* other people's, and those whose names begin or end alike */
	{ "ali:100000:5\nalice2:100000:5\nAlice:100000:5\n10000:100000:5\n100:100000:5\n01:1:1\n",
	  0, "" },
	{ "01000:100000:5\n", 1, "1 100000 5\n" },
	/* malformed */
	{ "alice\nalice:\nalice:1\nalice:1:\nalice::1\nalice:x:1\nalice:1:x\nalice:1:2:3\nalice: "
	  "1:2\n",
	  0, "" },
	{ "alice:100000:0\nalice:-1:5\nalice:100000:5 \nalice:100000:5#\n", 0, "" },
	{ " alice:100000:5\n#alice:100000:5\n\n\n:100000:5\n", 0, "" },
	{ "alice:100000:x\nalice:200000:5\n", 1, "1 200000 5\n" },
	/* to the last id and not beyond */
	{ "alice:4294967294:1\n", 1, "1 4294967294 1\n" },
	{ "alice:4294967295:1\nalice:4294967294:2\nalice:4294967296:1\nalice:1:4294967295\n", 0,
	  "" },
	{ "alice:2000:4294965295\n", 1, "1 2000 4294965295\n" },
	{ "alice:100000:99999999999999999999\n", 0, "" },
};

static const struct mr_subid_owner alice = { "alice", 1000 };

static struct maproot_idmap own_map(void)
{
	return (struct maproot_idmap){ .count = 1, .range = { { 0, 1000, 1 } } };
}

START_TEST(reads_files)
{
	struct maproot_idmap map = own_map();
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(mr_subid_add_file(files[_i].text, &alice, &map, &err), files[_i].found);
	unit_check_map(&map, support_text("0 1000 1\n%s", files[_i].map));
	ck_assert_int_eq(err.code, 0);
}
END_TEST

START_TEST(a_user_without_a_name_is_known_by_number)
{
	struct maproot_idmap map = MAPROOT_IDMAP_INIT;
	const struct mr_subid_owner nameless = { NULL, 4242 };

	ck_assert_int_eq(
		mr_subid_add_file(":1:1\nalice:100000:10\n4242:200000:10\n", &nameless, &map, NULL),
		1);
	unit_check_map(&map, "1 200000 10\n");
}
END_TEST

/* shadow knows names made of digits too; they are this user's only if it is his name or his number. */
START_TEST(a_name_of_digits)
{
	struct maproot_idmap map = MAPROOT_IDMAP_INIT;
	const struct mr_subid_owner digits = { "77", 1000 };

	ck_assert_int_eq(
		mr_subid_add_file("77:100000:10\n1000:200000:10\n78:1:1\n", &digits, &map, NULL),
		2);
	unit_check_map(&map, "1 100000 10\n11 200000 10\n");
}
END_TEST

/* With -c the own id stays where it is: its inner id is passed over. */
START_TEST(goes_around_what_is_mapped)
{
	struct maproot_idmap map = { .count = 1, .range = { { 1000, 1000, 1 } } };

	ck_assert_int_eq(mr_subid_add_file("alice:100000:65536\n", &alice, &map, NULL), 1);
	unit_check_map(&map, "1000 1000 1\n1 100000 999\n1001 100999 64537\n");
}
END_TEST

START_TEST(more_than_a_map_takes)
{
	char text[16384] = "";
	struct maproot_idmap map = own_map();
	struct maproot_error err = MAPROOT_ERROR_INIT;
	size_t length = 0;

	for (int line = 0; line < 340; line++)
		length += (size_t)sprintf(text + length, "alice:%d:1\n", 100000 + 2 * line);
	ck_assert_int_eq(mr_subid_add_file(text, &alice, &map, &err), -E2BIG);
	unit_check_error(&err, E2BIG, MAPROOT_STEP_CHECK_MAP,
			 "invalid id map: 340:100678:1: a map has 340 ranges at most");
}
END_TEST

static const struct {
	const char *text;
	int found;
	const char *map;
} listings[] = {
	{ "", 0, "" },
	{ "0: alice 100000 65536\n", 1, "1 100000 65536\n" },
	{ "0: alice 100000 65536\n1: alice 300000 10", 2, "1 100000 65536\n65537 300000 10\n" },
	{ "10: 1000 100000 10\n", 1, "1 100000 10\n" },
	{ "0: alice 100000 10\n1: alice 100005 10\n", 2, "1 100000 10\n11 100010 5\n" },
	{ "Error fetching ranges\n", 0, "" },
	{ "0: alice\n0: alice 1\n0:alice 1 2\n: alice 1 2\n0: alice x 2\n0: alice 1 2 3\n0: alice "
	  "1 0\n",
	  0, "" },
};

START_TEST(reads_listings)
{
	struct maproot_idmap map = own_map();
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(mr_subid_add_listing(listings[_i].text, &map, &err), listings[_i].found);
	unit_check_map(&map, support_text("0 1000 1\n%s", listings[_i].map));
	ck_assert_int_eq(err.code, 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/subid", &tc);

	tcase_add_loop_test(tc, reads_files, 0, UNIT_COUNT(files));
	tcase_add_test(tc, a_user_without_a_name_is_known_by_number);
	tcase_add_test(tc, a_name_of_digits);
	tcase_add_test(tc, goes_around_what_is_mapped);
	tcase_add_test(tc, more_than_a_map_takes);
	tcase_add_loop_test(tc, reads_listings, 0, UNIT_COUNT(listings));
	return suite;
}

int main(void)
{
	return unit_main(build);
}
