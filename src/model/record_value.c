/*
 * Values of records, to text and back. Knows no keys.
 */
#include "model/record_value.h"

#include <stdint.h>
#include <string.h>

static const char hexadecimal[] = "0123456789abcdef";

static bool is_plain(unsigned char byte)
{
	return byte >= ' ' && byte != 0x7f && byte != '\\';
}

void mr_record_value_add_text(struct mr_text *text, const char *value)
{
	const char *at = value;

	while (*at != '\0') {
		const char *plain = at;

		while (*at != '\0' && is_plain((unsigned char)*at))
			at++;
		mr_text_add_bytes(text, plain, (size_t)(at - plain));
		if (*at != '\0') {
			unsigned char byte = (unsigned char)*at++;
			const char escape[] = { '\\', 'x', hexadecimal[byte >> 4], hexadecimal[byte & 0xf] };

			mr_text_add_bytes(text, escape, sizeof(escape));
		}
	}
}

/* "\xHH" at `text`; -1 where it is none. */
static int read_escape(const char *text, const char *end)
{
	const char *high;
	const char *low;

	if (end - text < 4 || text[1] != 'x' || text[2] == '\0' || text[3] == '\0')
		return -1;
	high = strchr(hexadecimal, text[2]);
	low = strchr(hexadecimal, text[3]);
	return high && low ? (int)((high - hexadecimal) * 16 + (low - hexadecimal)) : -1;
}

bool mr_record_value_read_text(const char *value, const char *end, char *buffer, size_t size)
{
	size_t length = 0;

	for (const char *at = value; at < end; at++) {
		int byte = (unsigned char)*at;

		if (byte == '\\') {
			byte = read_escape(at, end);
			at += 3;
		} else if (!is_plain((unsigned char)byte)) {
			return false;
		}
		if (byte <= 0 || length + 1 >= size)
			return false;
		buffer[length++] = (char)byte;
	}
	buffer[length] = '\0';
	return true;
}

void mr_record_value_add_map(struct mr_text *text, const struct maproot_idmap *map)
{
	for (size_t at = 0; at < map->count; at++) {
		mr_text_add(text, at > 0 ? "," : "");
		mr_text_add_number(text, map->range[at].inner);
		mr_text_add(text, ":");
		mr_text_add_number(text, map->range[at].outer);
		mr_text_add(text, ":");
		mr_text_add_number(text, map->range[at].count);
	}
}

/* Moves `at` behind the range. There is a newline at the end of the value, so that no number goes beyond it. */
static bool read_range(const char **at, const char *end, struct maproot_idmap_range *range)
{
	uint32_t *const fields[] = { &range->inner, &range->outer, &range->count };

	for (size_t field = 0; field < sizeof(fields) / sizeof(fields[0]); field++) {
		uint64_t number = 0;

		if (field > 0 && (*at == end || *(*at)++ != ':'))
			return false;
		if (*at == end || mr_text_read_number(*at, at, UINT32_MAX, &number) < 0)
			return false;
		*fields[field] = (uint32_t)number;
	}
	return true;
}

bool mr_record_value_read_map(const char *value, const char *end, struct maproot_idmap *map)
{
	struct maproot_idmap_range range = { 0, 0, 0 };
	const char *at = value;

	map->count = 0;
	do {
		if (at != value && *at++ != ',')
			return false;
		if (!read_range(&at, end, &range) || maproot_idmap_add(map, range, NULL) < 0)
			return false;
	} while (at != end);
	return true;
}
