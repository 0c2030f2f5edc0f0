/*
 * Text in fixed buffers, and strict numbers. Knows nothing of what it writes.
 */
#include "base/text.h"

#include <errno.h>
#include <string.h>

struct mr_text mr_text_in(char *buffer, size_t size)
{
	if (size > 0)
		buffer[0] = '\0';
	return (struct mr_text){ .buffer = buffer, .size = size };
}

void mr_text_add_bytes(struct mr_text *text, const char *bytes, size_t count)
{
	if (text->length + 1 < text->size) {
		size_t room = text->size - text->length - 1;
		size_t fits = count < room ? count : room;

		memcpy(text->buffer + text->length, bytes, fits);
		text->buffer[text->length + fits] = '\0';
	}
	text->length += count;
}

void mr_text_add(struct mr_text *text, const char *string)
{
	mr_text_add_bytes(text, string, strlen(string));
}

void mr_text_add_number(struct mr_text *text, int64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (number < 0)
		mr_text_add(text, "-");
	mr_text_add_bytes(text, digits + at, sizeof(digits) - at);
}

void mr_text_add_item(struct mr_text *text, const char *separator, const char *item)
{
	if (text->length > 0)
		mr_text_add(text, separator);
	mr_text_add(text, item);
}

bool mr_text_is_cut(const struct mr_text *text)
{
	return text->length >= text->size;
}

int mr_text_read_number(const char *text, const char **ret_end, uint64_t limit, uint64_t *ret_number)
{
	uint64_t number = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		uint64_t digit = (uint64_t)(*at - '0');

		if (digit > limit || number > (limit - digit) / 10)
			return -ERANGE;
		number = number * 10 + digit;
	}
	if (at == text)
		return -EINVAL;
	*ret_end = at;
	*ret_number = number;
	return 0;
}
