/*
 * Text that may hold any byte, written so that it can do no harm. RFC 8259, RFC 3629.
 */
#include "cli/escape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * How many bytes the character at `text` has; 0: it is no UTF-8 (too long a form, a surrogate, beyond U+10FFFF,
 * cut short).
 */
static size_t character(const char *text, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *)text;
	size_t length = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 :
				   at[0] >= 0xe0         ? 3 :
							   2;
	uint32_t code = length == 1 ? at[0] : at[0] & (0x7fu >> length);

	if ((at[0] >= 0x80 && at[0] < 0xc0) || at[0] >= 0xf8)
		return 0;
	/* The end of the string continues nothing. */
	for (size_t next = 1; next < length; next++) {
		if ((at[next] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[next] & 0x3f);
	}
	if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return length;
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* The caller looks at stdout's error once, at the end. */
static void put_escape(uint32_t code)
{
	static const char digits[] = "0123456789abcdef";

	(void)fputs("\\u", stdout);
	for (int shift = 12; shift >= 0; shift -= 4)
		(void)putchar(digits[code >> shift & 0xf]);
}

void escape_json(const char *text)
{
	(void)putchar('"');
	while (*text != '\0') {
		uint32_t code = 0;
		size_t length = character(text, &code);

		if (length == 0)
			put_escape(0xfffd);
		else if (is_control(code) || code == '"' || code == '\\')
			put_escape(code);
		else
			(void)fwrite(text, 1, length, stdout);
		text += length ? length : 1;
	}
	(void)putchar('"');
}

void escape_plain(const char *text)
{
	while (*text != '\0') {
		uint32_t code = 0;
		size_t length = character(text, &code);

		if (length == 0 || is_control(code))
			(void)putchar('?');
		else
			(void)fwrite(text, 1, length, stdout);
		text += length ? length : 1;
	}
}
