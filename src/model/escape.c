/*
 * Text that may hold any byte, written so that it can do no harm. RFC 8259, RFC 3629.
 */
#include "base/text.h"

#include <maproot/escape.h>
#include <stdbool.h>
#include <stdint.h>

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

static void add_escape(struct mr_text *out, uint32_t code)
{
	static const char digits[] = "0123456789abcdef";

	mr_text_add(out, "\\u");
	for (int shift = 12; shift >= 0; shift -= 4)
		mr_text_add_bytes(out, digits + (code >> shift & 0xf), 1);
}

size_t maproot_escape_json(const char *text, char *buffer, size_t size)
{
	struct mr_text out = mr_text_in(buffer, size);

	mr_text_add(&out, "\"");
	while (*text != '\0') {
		uint32_t code = 0;
		size_t length = character(text, &code);

		if (length == 0)
			add_escape(&out, 0xfffd);
		else if (is_control(code) || code == '"' || code == '\\')
			add_escape(&out, code);
		else
			mr_text_add_bytes(&out, text, length);
		text += length ? length : 1;
	}
	mr_text_add(&out, "\"");
	return out.length;
}

size_t maproot_escape_plain(const char *text, char *buffer, size_t size)
{
	struct mr_text out = mr_text_in(buffer, size);

	while (*text != '\0') {
		uint32_t code = 0;
		size_t length = character(text, &code);

		if (length == 0 || is_control(code))
			mr_text_add(&out, "?");
		else
			mr_text_add_bytes(&out, text, length);
		text += length ? length : 1;
	}
	return out.length;
}
