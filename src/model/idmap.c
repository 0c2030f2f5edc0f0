/*
 * Id maps as data: reading, checking, filling gaps, looking up, writing. Knows nothing of files or processes.
 *
 * Filling, by example: the map holds 1000 1000 1 (the own id stays), and 100000..165535 are to be added from
 * inner 0 up. The gaps are 0..999 and 1001.., so two ranges come out: 0 100000 1000 and 1001 101000 64536.
 */
#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <maproot/idmap.h>

/* (uid_t)-1 means "no id" to the kernel, so that the last usable one is one less. */
#define ID_END UINT32_MAX

int maproot_idmap_parse(const char *text, struct maproot_idmap_range *ret_range,
			struct maproot_error *err)
{
	uint64_t number[3];
	const char *at = text;

	mr_error_reset(err);
	for (int field = 0; field < 3; field++) {
		int code = mr_text_read_number(at, &at, ID_END, &number[field]);

		if (code == -ERANGE)
			return mr_fail_pieces(err, ERANGE, MAPROOT_STEP_PARSE_MAP, "'", text,
					      "': ids and counts end at 4294967295", NULL);
		if (code < 0 || *at != (field < 2 ? ':' : '\0'))
			return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_PARSE_MAP, "'", text,
					      "': want INNER:OUTER:COUNT", NULL);
		at++;
	}
	*ret_range = (struct maproot_idmap_range){ (uint32_t)number[0], (uint32_t)number[1],
						   (uint32_t)number[2] };
	return 0;
}

static bool overlap(uint32_t a, uint32_t b, uint32_t count_a, uint32_t count_b)
{
	return (uint64_t)a < (uint64_t)b + count_b && (uint64_t)b < (uint64_t)a + count_a;
}

static int refuse(struct maproot_error *err, int code, struct maproot_idmap_range range, const char *why)
{
	char words[64];
	struct mr_text text = mr_text_in(words, sizeof(words));

	mr_text_add_number(&text, range.inner);
	mr_text_add(&text, ":");
	mr_text_add_number(&text, range.outer);
	mr_text_add(&text, ":");
	mr_text_add_number(&text, range.count);
	return mr_fail_pieces(err, code, MAPROOT_STEP_CHECK_MAP, words, why, NULL);
}

int maproot_idmap_add(struct maproot_idmap *map, struct maproot_idmap_range range,
		      struct maproot_error *err)
{
	mr_error_reset(err);
	if (range.count == 0)
		return refuse(err, EINVAL, range, ": the count is 0");
	if (range.count > ID_END - range.inner || range.count > ID_END - range.outer)
		return refuse(err, EINVAL, range, ": passes the highest id, 4294967294");
	for (size_t at = 0; at < map->count; at++) {
		const struct maproot_idmap_range *other = &map->range[at];

		if (overlap(range.inner, other->inner, range.count, other->count))
			return refuse(err, EINVAL, range, ": inner ids are mapped already");
		if (overlap(range.outer, other->outer, range.count, other->count))
			return refuse(err, EINVAL, range, ": outer ids are mapped already");
	}
	if (map->count == MAPROOT_IDMAP_LINES)
		return refuse(err, E2BIG, range, ": a map has 340 ranges at most");
	map->range[map->count++] = range;
	return 0;
}

/* The lowest free inner id from `from` up, and how many are free there; 0 free: none is left. */
static uint32_t find_gap(const struct maproot_idmap *map, uint32_t from, uint32_t *ret_free)
{
	uint32_t start = from;
	uint32_t end = ID_END;
	bool moved;

	do {
		moved = false;
		for (size_t at = 0; at < map->count; at++) {
			const struct maproot_idmap_range *range = &map->range[at];

			if (range->inner <= start && start - range->inner < range->count) {
				start = range->inner + range->count;
				moved = true;
			}
		}
	} while (moved);
	for (size_t at = 0; at < map->count; at++) {
		if (map->range[at].inner > start && map->range[at].inner < end)
			end = map->range[at].inner;
	}
	*ret_free = end - start;
	return start;
}

int maproot_idmap_fill(struct maproot_idmap *map, uint32_t from, uint32_t outer, uint32_t count,
		       struct maproot_error *err)
{
	size_t before = map->count;

	mr_error_reset(err);
	do {
		uint32_t room;
		uint32_t inner = find_gap(map, from, &room);
		uint32_t fits = count < room ? count : room;
		int code = maproot_idmap_add(
			map, (struct maproot_idmap_range){ inner, outer, fits }, err);

		if (code < 0) {
			map->count = before;
			return code;
		}
		outer += fits;
		count -= fits;
	} while (count > 0);
	return 0;
}

bool maproot_idmap_to_outer(const struct maproot_idmap *map, uint32_t inner, uint32_t *ret_outer)
{
	for (size_t at = 0; at < map->count; at++) {
		const struct maproot_idmap_range *range = &map->range[at];

		if (inner >= range->inner && inner - range->inner < range->count) {
			*ret_outer = range->outer + (inner - range->inner);
			return true;
		}
	}
	return false;
}

bool maproot_idmap_to_inner(const struct maproot_idmap *map, uint32_t outer, uint32_t *ret_inner)
{
	for (size_t at = 0; at < map->count; at++) {
		const struct maproot_idmap_range *range = &map->range[at];

		if (outer >= range->outer && outer - range->outer < range->count) {
			*ret_inner = range->inner + (outer - range->outer);
			return true;
		}
	}
	return false;
}

int maproot_idmap_root(const struct maproot_idmap *map, uint32_t *ret_outer, struct maproot_error *err)
{
	mr_error_reset(err);
	if (map->count == 0)
		return mr_fail(err, ENODATA, MAPROOT_STEP_CHECK_MAP, "the map is empty");
	if (!maproot_idmap_to_outer(map, 0, ret_outer))
		return mr_fail(err, ENOENT, MAPROOT_STEP_CHECK_MAP, "inner id 0 (root) is not mapped");
	return 0;
}

int maproot_idmap_host_root(bool new_user_namespace, const struct maproot_idmap *map, uint32_t *ret_outer,
			    struct maproot_error *err)
{
	mr_error_reset(err);
	if (!new_user_namespace) {
		*ret_outer = 0;
		return 0;
	}
	if (!map || map->count == 0)
		return mr_fail(err, ENODATA, MAPROOT_STEP_CHECK_MAP, "a new user namespace without a mapping has no root");
	if (!maproot_idmap_to_outer(map, 0, ret_outer))
		return mr_fail(err, ENOENT, MAPROOT_STEP_CHECK_MAP,
			       "no id of outside stands for root of the new user namespace");
	return 0;
}

/* The part of a range that begins with its first id and that one range of `own` holds. False: there is none. */
static bool first_part(const struct maproot_idmap_range *range, const struct maproot_idmap *own,
		       struct maproot_idmap_range *ret_part)
{
	for (size_t at = 0; at < own->count; at++) {
		uint32_t before = range->outer - own->range[at].inner;
		uint32_t rest;

		if (range->outer < own->range[at].inner || before >= own->range[at].count)
			continue;
		rest = own->range[at].count - before;
		*ret_part = (struct maproot_idmap_range){ range->inner, own->range[at].outer + before,
							  range->count < rest ? range->count : rest };
		return true;
	}
	return false;
}

static int fail_unmapped(const struct maproot_idmap_range *rest, struct maproot_error *err)
{
	char words[96];
	struct mr_text text = mr_text_in(words, sizeof(words));

	mr_text_add(&text, "id ");
	mr_text_add_number(&text, rest->outer);
	mr_text_add(&text, " of our own user namespace, for ");
	mr_text_add_number(&text, rest->inner);
	mr_text_add(&text, " inside, is not mapped itself");
	return mr_fail(err, EINVAL, MAPROOT_STEP_CHECK_MAP, words);
}

/*
 * By example: 0 100 50, where our own map is 0 1000 120 and 120 5000 100, comes to 0 1100 20 and 20 5000 30.
 */
static int project_range(struct maproot_idmap_range rest, const struct maproot_idmap *own, struct maproot_idmap *map,
			 struct maproot_error *err)
{
	while (rest.count > 0) {
		struct maproot_idmap_range part;
		int code;

		if (!first_part(&rest, own, &part))
			return fail_unmapped(&rest, err);
		code = maproot_idmap_add(map, part, err);
		if (code < 0)
			return code;
		rest.inner += part.count;
		rest.outer += part.count;
		rest.count -= part.count;
	}
	return 0;
}

int maproot_idmap_project(const struct maproot_idmap *inside, const struct maproot_idmap *own, struct maproot_idmap *ret,
			  struct maproot_error *err)
{
	struct maproot_idmap map = { .count = 0 };
	int code = 0;

	mr_error_reset(err);
	for (size_t at = 0; code == 0 && at < inside->count; at++)
		code = project_range(inside->range[at], own, &map, err);
	if (code == 0)
		*ret = map;
	return code;
}

size_t maproot_idmap_format(const struct maproot_idmap *map, char *buffer, size_t size)
{
	struct mr_text text = mr_text_in(buffer, size);

	for (size_t at = 0; at < map->count; at++) {
		mr_text_add_number(&text, map->range[at].inner);
		mr_text_add(&text, " ");
		mr_text_add_number(&text, map->range[at].outer);
		mr_text_add(&text, " ");
		mr_text_add_number(&text, map->range[at].count);
		mr_text_add(&text, "\n");
	}
	return text.length;
}
