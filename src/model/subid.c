/*
 * Subordinate ids: from text to ranges of a map. Where the text comes from is not known here.
 */
#include "model/subid.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

/* Namespace root keeps inner id 0 for whoever is mapped there. */
enum { FIRST_INNER = 1 };

/* The first outer id from `from` up that is not mapped; `*ret_end`: where the free stretch ends, at most `end`. */
static uint64_t free_outer(const struct maproot_idmap *map, uint64_t from, uint64_t end, uint64_t *ret_end)
{
	uint32_t inner;

	while (from < end && maproot_idmap_to_inner(map, (uint32_t)from, &inner)) {
		for (size_t at = 0; at < map->count; at++) {
			uint64_t start = map->range[at].outer;

			if (from >= start && from - start < map->range[at].count)
				from = start + map->range[at].count;
		}
	}
	for (size_t at = 0; at < map->count; at++) {
		if (map->range[at].outer > from && map->range[at].outer < end)
			end = map->range[at].outer;
	}
	*ret_end = end;
	return from;
}

static int add_range(struct maproot_idmap *map, uint32_t start, uint32_t count, struct maproot_error *err)
{
	uint64_t end = (uint64_t)start + count;
	uint64_t from = start;

	while (from < end) {
		uint64_t stop;
		int code;

		from = free_outer(map, from, end, &stop);
		if (from >= end)
			break;
		code = maproot_idmap_fill(map, FIRST_INNER, (uint32_t)from, (uint32_t)(stop - from), err);
		if (code < 0)
			return code;
		from = stop;
	}
	return 0;
}

/* "START<separator>COUNT" up to the end of the line. */
static bool read_range(const char *at, char separator, uint32_t *ret_start, uint32_t *ret_count)
{
	uint64_t start;
	uint64_t count;

	if (mr_text_read_number(at, &at, UINT32_MAX - 1, &start) < 0 || *at++ != separator)
		return false;
	if (mr_text_read_number(at, &at, UINT32_MAX - start, &count) < 0)
		return false;
	if ((*at != '\n' && *at != '\0') || count == 0)
		return false;
	*ret_start = (uint32_t)start;
	*ret_count = (uint32_t)count;
	return true;
}

static bool is_owner(const char *word, size_t length, const struct mr_subid_owner *owner)
{
	const char *end;
	uint64_t id;

	if (owner->name && strlen(owner->name) == length && memcmp(owner->name, word, length) == 0)
		return true;
	return mr_text_read_number(word, &end, UINT32_MAX, &id) == 0 && end == word + length &&
	       id == owner->id;
}

static const char *next_line(const char *line)
{
	const char *newline = strchr(line, '\n');

	return newline ? newline + 1 : line + strlen(line);
}

int mr_subid_add_file(const char *text, const struct mr_subid_owner *owner, struct maproot_idmap *map,
		      struct maproot_error *err)
{
	int found = 0;

	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		size_t word = strcspn(line, ":\n");
		uint32_t start;
		uint32_t count;

		if (line[word] != ':' || !is_owner(line, word, owner) ||
		    !read_range(line + word + 1, ':', &start, &count))
			continue;

		int code = add_range(map, start, count, err);

		if (code < 0)
			return code;
		found++;
	}
	return found;
}

int mr_subid_add_listing(const char *text, struct maproot_idmap *map, struct maproot_error *err)
{
	int found = 0;

	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		size_t number = strspn(line, "0123456789");
		size_t name;
		uint32_t start;
		uint32_t count;

		if (number == 0 || strncmp(line + number, ": ", 2) != 0)
			continue;
		name = strcspn(line + number + 2, " \n");
		if (line[number + 2 + name] != ' ' ||
		    !read_range(line + number + 2 + name + 1, ' ', &start, &count))
			continue;

		int code = add_range(map, start, count, err);

		if (code < 0)
			return code;
		found++;
	}
	return found;
}
