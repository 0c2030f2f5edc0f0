/*
 * Contract: any text parses or is refused; a map that came out of adding and filling, in whatever
 * order, has no overlap on either side, looks every id up in both directions alike, and is
 * untouched by what was refused.
 *
 * Input: lines. "+I:O:C" adds, "<FROM:OUTER:COUNT" fills, anything else is only parsed. A '*'
 * first: the map has room for four more ranges.
 */
#include "fuzz.h"

#include <maproot/idmap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEARLY_FULL (MAPROOT_IDMAP_LINES - 4)

static void fill_nearly(struct maproot_idmap *map)
{
	while (map->count < NEARLY_FULL) {
		map->range[map->count] = (struct maproot_idmap_range){
			.inner = 1000000 + 2 * (uint32_t)map->count,
			.outer = 2000000 + 2 * (uint32_t)map->count,
			.count = 1,
		};
		map->count++;
	}
}

static bool meet(uint32_t a, uint32_t count_a, uint32_t b, uint32_t count_b)
{
	return (uint64_t)a < (uint64_t)b + count_b && (uint64_t)b < (uint64_t)a + count_a;
}

static void check_ends(const struct maproot_idmap *map, const struct maproot_idmap_range *range)
{
	const uint32_t offset[] = { 0, range->count - 1 };

	for (int i = 0; i < 2; i++) {
		uint32_t outer = 0, inner = 0;

		FUZZ_CHECK(maproot_idmap_to_outer(map, range->inner + offset[i], &outer));
		FUZZ_CHECK(outer == range->outer + offset[i]);
		FUZZ_CHECK(maproot_idmap_to_inner(map, outer, &inner));
		FUZZ_CHECK(inner == range->inner + offset[i]);
	}
}

static void check_map(const struct maproot_idmap *map)
{
	char text[MAPROOT_IDMAP_LINES * 33 + 1];
	size_t lines = 0, length = maproot_idmap_format(map, text, sizeof(text));
	uint32_t id;

	FUZZ_CHECK(map->count <= MAPROOT_IDMAP_LINES);
	if (map->count >= NEARLY_FULL)
		return; /* all pairs of that many would be too slow to try many inputs */
	for (size_t i = 0; i < map->count; i++) {
		const struct maproot_idmap_range *a = &map->range[i];

		FUZZ_CHECK(a->count > 0);
		FUZZ_CHECK((uint64_t)a->inner + a->count <= UINT32_MAX);
		FUZZ_CHECK((uint64_t)a->outer + a->count <= UINT32_MAX);
		check_ends(map, a);
		for (size_t k = i + 1; k < map->count; k++) {
			const struct maproot_idmap_range *b = &map->range[k];

			FUZZ_CHECK(!meet(a->inner, a->count, b->inner, b->count));
			FUZZ_CHECK(!meet(a->outer, a->count, b->outer, b->count));
		}
	}
	FUZZ_CHECK(length < sizeof(text) && strlen(text) == length);
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	FUZZ_CHECK(lines == map->count);
	FUZZ_CHECK(!maproot_idmap_to_outer(map, UINT32_MAX, &id));
	FUZZ_CHECK((maproot_idmap_root(map, &id, NULL) == 0) ==
		   maproot_idmap_to_outer(map, 0, &id));
}

static uint64_t total(const struct maproot_idmap *map)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < map->count; i++)
		sum += map->range[i].count;
	return sum;
}

static void check_parsed(const char *text, const struct maproot_idmap_range *range)
{
	unsigned long long number[3];
	char *end = NULL;

	for (int i = 0; i < 3; i++) {
		number[i] = strtoull(text, &end, 10);
		FUZZ_CHECK(*end == (i < 2 ? ':' : '\0'));
		text = end + 1;
	}
	FUZZ_CHECK(number[0] == range->inner && number[1] == range->outer &&
		   number[2] == range->count);
}

static void obey(struct maproot_idmap *map, const char *line)
{
	static struct maproot_idmap before;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_idmap_range range;
	bool change = *line == '+' || *line == '<';
	char message[512];
	int r = maproot_idmap_parse(line + change, &range, &err);

	if (r < 0) {
		FUZZ_CHECK(err.code == -r && err.step == MAPROOT_STEP_PARSE_MAP);
		FUZZ_CHECK(memchr(err.object, '\0', sizeof(err.object)));
		FUZZ_CHECK(maproot_error_format(&err, message, sizeof(message)) < sizeof(message));
		return;
	}
	check_parsed(line + change, &range);
	if (!change)
		return;
	before = *map;
	r = *line == '+' ? maproot_idmap_add(map, range, &err) :
			   maproot_idmap_fill(map, range.inner, range.outer, range.count, &err);
	if (r == 0) {
		FUZZ_CHECK(total(map) == total(&before) + range.count);
		FUZZ_CHECK(memcmp(map->range, before.range,
				  before.count * sizeof(before.range[0])) == 0);
		check_map(map);
		return;
	}
	FUZZ_CHECK(err.code == -r && err.object[0] != '\0');
	FUZZ_CHECK(map->count == before.count);
	FUZZ_CHECK(memcmp(map->range, before.range, before.count * sizeof(before.range[0])) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct maproot_idmap map;
	char *text = fuzz_string(data, size), *rest = text, *line;

	map.count = 0;
	if (*text == '*')
		fill_nearly(&map);
	while ((line = strsep(&rest, "\n")))
		obey(&map, line);
	check_map(&map);
	free(text);
	return 0;
}
