/*
 * Contract: any text of /etc/subuid or of getsubids(1) is read: the map stays one without overlaps,
 * outer ids that were mapped stay mapped where they were, everything found is at inner 1 and up,
 * and a refusal says why.
 *
 * Input: the first byte chooses (bit 0: listing; bit 1: the owner has no name; bit 2: the map has
 * an own id already); the rest is the text.
 */
#include "fuzz.h"

#include "model/subid.h"

#include <stdbool.h>

static void check_map(const struct maproot_idmap *map, bool own)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct maproot_idmap_range *a = &map->range[i];

		FUZZ_CHECK(a->count > 0);
		FUZZ_CHECK((uint64_t)a->inner + a->count <= UINT32_MAX);
		FUZZ_CHECK((uint64_t)a->outer + a->count <= UINT32_MAX);
		FUZZ_CHECK(a->inner >= 1 || (own && i == 0));
		for (size_t k = i + 1; k < map->count; k++) {
			const struct maproot_idmap_range *b = &map->range[k];

			FUZZ_CHECK((uint64_t)a->inner + a->count <= b->inner ||
				   (uint64_t)b->inner + b->count <= a->inner);
			FUZZ_CHECK((uint64_t)a->outer + a->count <= b->outer ||
				   (uint64_t)b->outer + b->count <= a->outer);
		}
	}
}

/* The same by a plainer way: how many different outer ids the owner's lines name. */
struct interval {
	uint64_t start, end;
};

static bool read_digits(const char *text, uint64_t *ret_number)
{
	size_t length = strspn(text, "0123456789");

	if (length == 0 || text[length] != '\0')
		return false;
	while (length > 1 && *text == '0')
		text++, length--;
	*ret_number = length > 10 ? UINT64_MAX : strtoull(text, NULL, 10);
	return true;
}

static bool read_line(char *line, bool listing, const struct mr_subid_owner *owner,
		      struct interval *ret_found)
{
	const char *separator = listing ? " " : ":";
	uint64_t number, count;
	char *first;

	if (listing) {
		first = strstr(line, ": ");
		if (!first)
			return false;
		*first = '\0';
		if (!read_digits(line, &number) &&
		    !(*line && strspn(line, "0123456789") == strlen(line)))
			return false;
		line = first + 2;
	}
	first = strsep(&line, separator);
	if (!line)
		return false;
	if (!listing && (!owner->name || strcmp(first, owner->name) != 0) &&
	    (!read_digits(first, &number) || number != owner->id))
		return false;
	first = strsep(&line, separator);
	if (!line || !read_digits(first, &ret_found->start) || !read_digits(line, &count) ||
	    count == 0)
		return false;
	ret_found->end = ret_found->start + count;
	return ret_found->start < UINT32_MAX && count <= UINT32_MAX - ret_found->start;
}

static int compare(const void *a, const void *b)
{
	const struct interval *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static uint64_t count_ids(char *text, bool listing, const struct mr_subid_owner *owner,
			  const struct interval *own)
{
	static struct interval found[4096];
	size_t count = 0;
	uint64_t sum = 0, reached = 0;
	char *line;

	if (own)
		found[count++] = *own;
	while ((line = strsep(&text, "\n")))
		if (read_line(line, listing, owner, &found[count]))
			FUZZ_CHECK(++count < 4096);
	qsort(found, count, sizeof(found[0]), compare);
	for (size_t i = 0; i < count; i++) {
		uint64_t start = found[i].start > reached ? found[i].start : reached;

		if (found[i].end > start)
			sum += found[i].end - start;
		if (found[i].end > reached)
			reached = found[i].end;
	}
	return sum;
}

static uint64_t total(const struct maproot_idmap *map)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < map->count; i++)
		sum += map->range[i].count;
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct maproot_idmap map;
	const struct maproot_idmap_range own = { .inner = 0, .outer = 1000, .count = 1 };
	struct mr_subid_owner owner = { .name = "alice", .id = 1000 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	uint8_t choice = size > 0 ? data[0] : 0;
	char *text = fuzz_string(size > 0 ? data + 1 : data, size > 0 ? size - 1 : 0);
	int found;

	map.count = 0;
	if (choice & 4)
		FUZZ_CHECK(maproot_idmap_add(&map, own, NULL) == 0);
	if (choice & 2)
		owner.name = NULL;
	found = choice & 1 ? mr_subid_add_listing(text, &map, &err) :
			     mr_subid_add_file(text, &owner, &map, &err);
	if (found < 0)
		FUZZ_CHECK(err.code == -found && err.object[0] != '\0');
	check_map(&map, choice & 4);
	if (choice & 4)
		FUZZ_CHECK(memcmp(&map.range[0], &own, sizeof(own)) == 0);
	/* what was found is mapped, unless all of it was already */
	if (found == 0)
		FUZZ_CHECK(map.count == (choice & 4 ? 1 : 0));
	if (found > 0)
		FUZZ_CHECK(map.count > 0);
	if (found >= 0)
		FUZZ_CHECK(total(&map) ==
			   count_ids(text, choice & 1, &owner,
				     choice & 4 ? &(struct interval){ 1000, 1001 } : NULL));
	free(text);
	return 0;
}
