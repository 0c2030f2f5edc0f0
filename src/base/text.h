/*
 * Building text in a buffer of the caller's, without allocation or locale: usable in a child that shares
 * memory with a threaded program, where printf(3) is not.
 */
#ifndef MR_BASE_TEXT_H
#define MR_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `length` counts what was meant to be written, also beyond `size`; the buffer is always terminated. */
struct mr_text {
	char *buffer;
	size_t size;
	size_t length;
};

struct mr_text mr_text_in(char *buffer, size_t size);
void mr_text_add(struct mr_text *text, const char *string);
void mr_text_add_bytes(struct mr_text *text, const char *bytes, size_t count);
void mr_text_add_number(struct mr_text *text, int64_t number);

/* For items of a list: the separator first, unless the text is still empty. */
void mr_text_add_item(struct mr_text *text, const char *separator, const char *item);

bool mr_text_is_cut(const struct mr_text *text);

/* Reads a decimal number that ends at `*end` (not a sign, not a space). Returns 0, -EINVAL or -ERANGE. */
int mr_text_read_number(const char *text, const char **ret_end, uint64_t limit, uint64_t *ret_number);

#endif
