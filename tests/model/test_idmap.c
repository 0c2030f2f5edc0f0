/*
 * Contract of the id maps in <maproot/idmap.h>: INNER:OUTER:COUNT is read strictly; a map never holds a zero
 * count, an id past the last, an overlap on either side, or a 341st line; it is looked up both ways; gaps are
 * filled from below; what is refused leaves the map as it was.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *text;
	struct maproot_idmap_range range;
} good[] = {
	{ "0:1000:1", { 0, 1000, 1 } },
	{ "1:100000:65536", { 1, 100000, 65536 } },
	{ "00:007:010", { 0, 7, 10 } },
	{ "4294967294:4294967294:1", { 4294967294, 4294967294, 1 } },
	{ "0:0:4294967295", { 0, 0, 4294967295 } },
	{ "5:5:0", { 5, 5, 0 } }, /* maproot_idmap_add() refuses it, with a reason */
};

START_TEST(parses)
{
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };
	struct maproot_idmap_range range;

	ck_assert_int_eq(maproot_idmap_parse(good[_i].text, &range, &err), 0);
	ck_assert_int_eq(memcmp(&range, &good[_i].range, sizeof(range)), 0);
	ck_assert_int_eq(err.code, 0);
}
END_TEST

static const struct {
	const char *text;
	int code;
} bad[] = {
	{ "", EINVAL },
	{ "0", EINVAL },
	{ "0:1000", EINVAL },
	{ "0:1000:", EINVAL },
	{ ":1000:1", EINVAL },
	{ "0::1", EINVAL },
	{ "0:1000:1:", EINVAL },
	{ "0:1000:1:1", EINVAL },
	{ "0:1000:1 ", EINVAL },
	{ " 0:1000:1", EINVAL },
	{ "0 1000 1", EINVAL },
	{ "0:1000:1\n", EINVAL },
	{ "-1:1000:1", EINVAL },
	{ "+1:1000:1", EINVAL },
	{ "0x0:1000:1", EINVAL },
	{ "a:b:c", EINVAL },
	{ "0:root:1", EINVAL },
	{ "0,1000,1", EINVAL },
	{ "4294967296:0:1", ERANGE },
	{ "0:4294967296:1", ERANGE },
	{ "0:0:4294967296", ERANGE },
	{ "0:0:99999999999999999999999", ERANGE },
};

START_TEST(refuses_malformed_text)
{
	struct maproot_idmap_range range = { 7, 8, 9 };
	struct maproot_error err;

	ck_assert_int_eq(maproot_idmap_parse(bad[_i].text, &range, &err), -bad[_i].code);
	ck_assert(range.inner == 7 && range.outer == 8 && range.count == 9);
	ck_assert_int_eq(maproot_idmap_parse(bad[_i].text, &range, NULL), -bad[_i].code);
	ck_assert_int_eq(err.step, MAPROOT_STEP_PARSE_MAP);
	ck_assert_int_eq(err.code, bad[_i].code);
	ck_assert_msg(strncmp(err.object + 1, bad[_i].text, strlen(bad[_i].text)) == 0,
		      "'%s' does not name the text", err.object);
}
END_TEST

START_TEST(says_what_is_malformed)
{
	struct maproot_idmap_range range;
	struct maproot_error err;

	(void)maproot_idmap_parse("0:1", &range, &err);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_PARSE_MAP,
			 "malformed id map '0:1': want INNER:OUTER:COUNT");
	(void)maproot_idmap_parse("0:0:4294967296", &range, &err);
	unit_check_error(&err, ERANGE, MAPROOT_STEP_PARSE_MAP,
			 "malformed id map '0:0:4294967296': ids and counts end at 4294967295");
}
END_TEST

static struct maproot_idmap map_of(const char *text)
{
	struct maproot_idmap map = MAPROOT_IDMAP_INIT;
	char word[64];
	int length;

	for (; sscanf(text, " %63s%n", word, &length) == 1; text += length) {
		struct maproot_idmap_range range;

		ck_assert_int_eq(maproot_idmap_parse(word, &range, NULL), 0);
		ck_assert_int_eq(maproot_idmap_add(&map, range, NULL), 0);
	}
	return map;
}

/* Into a map of 10..19 -> 100..109 and 30..39 -> 300..309 */
static const struct {
	struct maproot_idmap_range range;
	int code;
	const char *said;
} added[] = {
	{ { 0, 0, 10 }, 0, NULL },
	{ { 20, 110, 10 }, 0, NULL },
	{ { 40, 310, 4294967295 - 310 }, 0, NULL },
	{ { 4294967294, 4294967294, 1 }, 0, NULL },
	{ { 0, 0, 11 }, EINVAL, "invalid id map: 0:0:11: inner ids are mapped already" },
	{ { 19, 0, 1 }, EINVAL, "invalid id map: 19:0:1: inner ids are mapped already" },
	{ { 0, 200, 4294967000 },
	  EINVAL,
	  "invalid id map: 0:200:4294967000: inner ids are mapped already" },
	{ { 12, 0, 2 }, EINVAL, "invalid id map: 12:0:2: inner ids are mapped already" },
	{ { 0, 91, 10 }, EINVAL, "invalid id map: 0:91:10: outer ids are mapped already" },
	{ { 0, 109, 1 }, EINVAL, "invalid id map: 0:109:1: outer ids are mapped already" },
	{ { 50, 299, 2 }, EINVAL, "invalid id map: 50:299:2: outer ids are mapped already" },
	{ { 0, 0, 0 }, EINVAL, "invalid id map: 0:0:0: the count is 0" },
	{ { 4294967295, 0, 1 },
	  EINVAL,
	  "invalid id map: 4294967295:0:1: passes the highest id, 4294967294" },
	{ { 0, 4294967295, 1 },
	  EINVAL,
	  "invalid id map: 0:4294967295:1: passes the highest id, 4294967294" },
	{ { 4294967294, 0, 2 },
	  EINVAL,
	  "invalid id map: 4294967294:0:2: passes the highest id, 4294967294" },
	{ { 40, 400, 4294967295 },
	  EINVAL,
	  "invalid id map: 40:400:4294967295: passes the highest id, 4294967294" },
	{ { 2147483648, 400, 2147483648 },
	  EINVAL,
	  "invalid id map: 2147483648:400:2147483648: passes the highest id, 4294967294" },
};

START_TEST(adds_or_says_why_not)
{
	struct maproot_idmap map = map_of("10:100:10 30:300:10");
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };

	ck_assert_int_eq(maproot_idmap_add(&map, added[_i].range, &err), -added[_i].code);
	if (added[_i].code == 0) {
		ck_assert_uint_eq(map.count, 3);
		ck_assert_int_eq(memcmp(&map.range[2], &added[_i].range, sizeof(added[_i].range)),
				 0);
		ck_assert_int_eq(err.code, 0);
		return;
	}
	unit_check_error(&err, added[_i].code, MAPROOT_STEP_CHECK_MAP, added[_i].said);
	unit_check_map(&map, "10 100 10\n30 300 10\n");
	ck_assert_int_eq(maproot_idmap_add(&map, added[_i].range, NULL), -added[_i].code);
}
END_TEST

START_TEST(all_ids_in_one_range)
{
	struct maproot_idmap map = map_of("0:0:4294967295");
	uint32_t id = 1;

	ck_assert(maproot_idmap_to_outer(&map, 4294967294, &id) && id == 4294967294);
	ck_assert(!maproot_idmap_to_outer(&map, 4294967295, &id));
	unit_check_map(&map, "0 0 4294967295\n");
}
END_TEST

START_TEST(takes_340_lines_and_no_more)
{
	struct maproot_idmap map = MAPROOT_IDMAP_INIT;
	struct maproot_error err;
	uint32_t id;

	ck_assert_int_eq(MAPROOT_IDMAP_LINES, 340);
	for (uint32_t line = 0; line < 340; line++)
		ck_assert_int_eq(
			maproot_idmap_add(
				&map, (struct maproot_idmap_range){ 2 * line, 1000 + 2 * line, 1 },
				NULL),
			0);
	ck_assert_int_eq(
		maproot_idmap_add(&map, (struct maproot_idmap_range){ 5000, 5000, 1 }, &err),
		-E2BIG);
	unit_check_error(&err, E2BIG, MAPROOT_STEP_CHECK_MAP,
			 "invalid id map: 5000:5000:1: a map has 340 ranges at most");
	ck_assert_uint_eq(map.count, 340);
	ck_assert(maproot_idmap_to_outer(&map, 678, &id) && id == 1678);
	ck_assert_int_eq(maproot_idmap_fill(&map, 0, 5000, 1, &err), -E2BIG);
	ck_assert_uint_eq(map.count, 340);
}
END_TEST

static const struct {
	uint32_t inner;
	uint32_t outer;
	bool mapped;
} ids[] = {
	{ 0, 1000, true },
	{ 1, 100000, true },
	{ 65536, 165535, true },
	{ 65537, 165536, false },
	{ 99999, 499999, false },
	{ 100000, 500000, true },
	{ 100009, 500009, true },
	{ 100010, 500010, false },
	{ 4294967294, 4294967294, false },
	{ 4294967295, 4294967295, false },
};

START_TEST(looks_up_both_ways)
{
	struct maproot_idmap map = map_of("0:1000:1 1:100000:65536 100000:500000:10");
	uint32_t id = 4711;

	ck_assert_int_eq(maproot_idmap_to_outer(&map, ids[_i].inner, &id), ids[_i].mapped);
	ck_assert_uint_eq(id, ids[_i].mapped ? ids[_i].outer : 4711);
	id = 4711;
	ck_assert_int_eq(maproot_idmap_to_inner(&map, ids[_i].outer, &id), ids[_i].mapped);
	ck_assert_uint_eq(id, ids[_i].mapped ? ids[_i].inner : 4711);
}
END_TEST

static const struct {
	const char *map;
	int code;
	uint32_t outer;
	const char *said;
} roots[] = {
	{ "0:1000:1", 0, 1000, NULL },
	{ "1:100000:9 0:1000:1", 0, 1000, NULL },
	{ "0:100000:65536", 0, 100000, NULL },
	{ "", ENODATA, 4711, "invalid id map: the map is empty" },
	{ "1000:1000:1", ENOENT, 4711, "invalid id map: inner id 0 (root) is not mapped" },
};

START_TEST(knows_which_outer_id_is_root)
{
	struct maproot_idmap map = map_of(roots[_i].map);
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };
	uint32_t outer = 4711;

	ck_assert_int_eq(maproot_idmap_root(&map, &outer, &err), -roots[_i].code);
	ck_assert_uint_eq(outer, roots[_i].outer);
	if (roots[_i].code != 0)
		unit_check_error(&err, roots[_i].code, MAPROOT_STEP_CHECK_MAP, roots[_i].said);
	else
		ck_assert_int_eq(err.code, 0);
}
END_TEST

static const struct {
	const char *map;
	uint32_t from;
	uint32_t outer;
	uint32_t count;
	int code;
	const char *filled;
} fills[] = {
	{ "", 0, 100000, 65536, 0, "0 100000 65536\n" },
	{ "0:1000:1", 0, 100000, 65536, 0, "0 1000 1\n1 100000 65536\n" },
	{ "0:1000:1", 1, 100000, 65536, 0, "0 1000 1\n1 100000 65536\n" },
	{ "1000:1000:1", 0, 100000, 65536, 0, "1000 1000 1\n0 100000 1000\n1001 101000 64536\n" },
	{ "1000:1000:1", 1, 100000, 65536, 0, "1000 1000 1\n1 100000 999\n1001 100999 64537\n" },
	{ "1:10:1 3:30:1 2:20:1", 0, 100, 3, 0, "1 10 1\n3 30 1\n2 20 1\n0 100 1\n4 101 2\n" },
	{ "0:0:100", 50, 100000, 5, 0, "0 0 100\n100 100000 5\n" },
	{ "0:10:4294967280", 0, 0, 10, 0, "0 10 4294967280\n4294967280 0 10\n" },
	{ "0:20:4294967270", 0, 0, 20, 0, "0 20 4294967270\n4294967270 0 20\n" },
	/* What is refused leaves nothing, not even its first pieces. */
	{ "1:1:1", 0, 100000, 0, EINVAL, "1 1 1\n" },
	{ "5:100003:1", 0, 100000, 10, EINVAL, "5 100003 1\n" },
	{ "5:5:4294967280", 0, 0, 20, EINVAL, "5 5 4294967280\n" },
	{ "0:0:4294967295", 0, 7, 1, EINVAL, "0 0 4294967295\n" },
};

START_TEST(fills_gaps_from_below)
{
	struct maproot_idmap map = map_of(fills[_i].map);
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };

	ck_assert_int_eq(
		maproot_idmap_fill(&map, fills[_i].from, fills[_i].outer, fills[_i].count, &err),
		-fills[_i].code);
	unit_check_map(&map, fills[_i].filled);
	ck_assert_int_eq(err.code, fills[_i].code);
	if (fills[_i].code)
		ck_assert_int_eq(err.step, MAPROOT_STEP_CHECK_MAP);
}
END_TEST

static const struct {
	bool new_namespace;
	const char *map; /* NULL: none */
	int code;
	uint32_t outer;
	const char *said;
} host_roots[] = {
	{ false, NULL, 0, 0, NULL },
	{ false, "0:1000:1", 0, 0, NULL },
	{ true, "0:1000:1", 0, 1000, NULL },
	{ true, "5:1000:10 0:100000:5", 0, 100000, NULL },
	{ true, NULL, ENODATA, 4711, "invalid id map: a new user namespace without a mapping has no root" },
	{ true, "", ENODATA, 4711, "invalid id map: a new user namespace without a mapping has no root" },
	{ true, "1:1000:10", ENOENT, 4711, "invalid id map: no id of outside stands for root of the new user namespace" },
};

START_TEST(knows_the_root_of_outside)
{
	struct maproot_idmap map = map_of(host_roots[_i].map ? host_roots[_i].map : "");
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };
	uint32_t outer = 4711;

	ck_assert_int_eq(maproot_idmap_host_root(host_roots[_i].new_namespace, host_roots[_i].map ? &map : NULL, &outer, &err),
			 -host_roots[_i].code);
	ck_assert_uint_eq(outer, host_roots[_i].outer);
	if (host_roots[_i].code != 0)
		unit_check_error(&err, host_roots[_i].code, MAPROOT_STEP_CHECK_MAP, host_roots[_i].said);
	else
		ck_assert_int_eq(err.code, 0);
}
END_TEST

static const struct {
	const char *inside;
	const char *own;
	const char *projected;
	int code;
	const char *said;
} projections[] = {
	{ "0:0:1", "0:1000:1", "0 1000 1\n", 0, NULL },
	{ "0:5:10", "0:100000:65536", "0 100005 10\n", 0, NULL },
	{ "0:100:50", "0:1000:120 120:5000:100", "0 1100 20\n20 5000 30\n", 0, NULL },
	{ "0:100:50", "120:5000:100 0:1000:120", "0 1100 20\n20 5000 30\n", 0, NULL },
	{ "0:0:1 1:1:65536", "0:1000:1 1:100000:65536", "0 1000 1\n1 100000 65536\n", 0, NULL },
	{ "0:0:4294967295", "0:0:4294967295", "0 0 4294967295\n", 0, NULL },
	{ "7:4294967294:1", "0:0:4294967295", "7 4294967294 1\n", 0, NULL },
	{ "", "0:1000:1", "", 0, NULL },
	{ "0:0:1", "", "9 9 9\n", EINVAL, "invalid id map: id 0 of our own user namespace, for 0 inside, is not mapped itself" },
	{ "0:0:1 10:90:20", "0:1000:1 1:2000:99", "9 9 9\n", EINVAL, "invalid id map: id 100 of our own user namespace, for 20 inside, is not mapped itself" },
};

START_TEST(projects_through_the_own_map)
{
	struct maproot_idmap inside = map_of(projections[_i].inside);
	struct maproot_idmap own = map_of(projections[_i].own);
	struct maproot_idmap map = map_of("9:9:9");
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };

	ck_assert_int_eq(maproot_idmap_project(&inside, &own, &map, &err), -projections[_i].code);
	unit_check_map(&map, projections[_i].projected);
	if (projections[_i].code != 0)
		unit_check_error(&err, projections[_i].code, MAPROOT_STEP_CHECK_MAP, projections[_i].said);
	else
		ck_assert_int_eq(err.code, 0);
	if (projections[_i].code == 0) {
		ck_assert_int_eq(maproot_idmap_project(&inside, &own, &inside, NULL), 0);
		unit_check_map(&inside, projections[_i].projected);
	}
}
END_TEST

/* Each of 200 ranges of the own map is cut in two by those inside: 400 are more than a map takes. */
START_TEST(too_many_pieces)
{
	static struct maproot_idmap own;
	static struct maproot_idmap inside;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	for (uint32_t at = 0; at < 200; at++) {
		ck_assert_int_eq(maproot_idmap_add(&own, (struct maproot_idmap_range){ 2 * at, 1000 + 10 * at, 2 }, NULL), 0);
		ck_assert_int_eq(maproot_idmap_add(&inside, (struct maproot_idmap_range){ 10 * at, 2 * at + 1, at == 199 ? 1 : 2 }, NULL), 0);
	}
	ck_assert_int_eq(maproot_idmap_project(&inside, &own, &inside, &err), -E2BIG);
	ck_assert_uint_eq(inside.count, 200);
	unit_check_error(&err, E2BIG, MAPROOT_STEP_CHECK_MAP, NULL);
}
END_TEST

START_TEST(formats_as_snprintf_does)
{
	struct maproot_idmap map = map_of("0:1000:1 1:100000:65536");
	static const char want[] = "0 1000 1\n1 100000 65536\n";
	char text[64];

	for (size_t size = 0; size < sizeof(want) + 3; size++) {
		memset(text, '#', sizeof(text));
		ck_assert_uint_eq(maproot_idmap_format(&map, text, size), strlen(want));
		ck_assert_int_eq(text[size], '#');
		if (size > 0)
			ck_assert_int_eq(strncmp(text, want, strlen(text)), 0);
	}
	map.count = 0;
	ck_assert_uint_eq(maproot_idmap_format(&map, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

/* What is said of a map is true of each of its ids: a walk through many small maps, against a list of pairs. */
START_TEST(agrees_with_a_list_of_pairs)
{
	unsigned int seed = (unsigned int)_i;
	uint32_t outer_of[80]; /* no range passes 63 + 7 */
	struct maproot_idmap map = MAPROOT_IDMAP_INIT;

	memset(outer_of, 0xff, sizeof(outer_of));
	for (int round = 0; round < 40; round++) {
		seed = seed * 1103515245 + 12345;
		struct maproot_idmap_range range = { seed >> 16 & 63, seed >> 22 & 63,
						     seed >> 10 & 7 };
		bool fits = range.count > 0;

		for (uint32_t id = 0; id < 80; id++) {
			for (uint32_t at = 0; at < range.count; at++)
				fits = fits &&
				       !(id == range.inner + at && outer_of[id] != UINT32_MAX) &&
				       outer_of[id] != range.outer + at;
		}
		ck_assert_int_eq(maproot_idmap_add(&map, range, NULL), fits ? 0 : -EINVAL);
		for (uint32_t at = 0; fits && at < range.count; at++)
			outer_of[range.inner + at] = range.outer + at;
	}
	for (uint32_t id = 0; id < 80; id++) {
		uint32_t outer = UINT32_MAX;
		uint32_t inner;

		ck_assert_int_eq(maproot_idmap_to_outer(&map, id, &outer),
				 outer_of[id] != UINT32_MAX);
		ck_assert_uint_eq(outer, outer_of[id]);
		if (outer != UINT32_MAX)
			ck_assert(maproot_idmap_to_inner(&map, outer, &inner) && inner == id);
	}
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/idmap", &tc);

	tcase_add_loop_test(tc, parses, 0, UNIT_COUNT(good));
	tcase_add_loop_test(tc, refuses_malformed_text, 0, UNIT_COUNT(bad));
	tcase_add_test(tc, says_what_is_malformed);
	tcase_add_loop_test(tc, adds_or_says_why_not, 0, UNIT_COUNT(added));
	tcase_add_test(tc, all_ids_in_one_range);
	tcase_add_test(tc, takes_340_lines_and_no_more);
	tcase_add_loop_test(tc, looks_up_both_ways, 0, UNIT_COUNT(ids));
	tcase_add_loop_test(tc, knows_which_outer_id_is_root, 0, UNIT_COUNT(roots));
	tcase_add_loop_test(tc, knows_the_root_of_outside, 0, UNIT_COUNT(host_roots));
	tcase_add_loop_test(tc, projects_through_the_own_map, 0, UNIT_COUNT(projections));
	tcase_add_test(tc, too_many_pieces);
	tcase_add_loop_test(tc, fills_gaps_from_below, 0, UNIT_COUNT(fills));
	tcase_add_test(tc, formats_as_snprintf_does);
	tcase_add_loop_test(tc, agrees_with_a_list_of_pairs, 1, 20);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
