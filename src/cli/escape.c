/*
 * Escaped text on stdout. The caller looks at stdout's error once, at the end.
 */
#include "cli/escape.h"

#include <maproot/escape.h>
#include <stdio.h>
#include <string.h>

/* A character of UTF-8 has 4 bytes at most; of what is none each byte stands for itself. */
enum { PIECE = 128,
       GROWS = 6 };

/* How much of a text to take at once, so that no character is cut. */
static size_t piece_of(const char *text)
{
	size_t length = strnlen(text, PIECE);
	size_t cut = length;

	if (length < PIECE)
		return length;
	while (length - cut < 3 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

static void put_escaped(const char *text, size_t (*escape)(const char *, char *, size_t), size_t quotes)
{
	while (*text != '\0') {
		char escaped[PIECE * GROWS + 3];
		char piece[PIECE + 1];
		size_t taken = piece_of(text);
		size_t length;

		memcpy(piece, text, taken);
		piece[taken] = '\0';
		length = escape(piece, escaped, sizeof(escaped));
		(void)fwrite(escaped + quotes, 1, length - 2 * quotes, stdout);
		text += taken;
	}
}

void escape_json(const char *text)
{
	(void)putchar('"');
	put_escaped(text, maproot_escape_json, 1);
	(void)putchar('"');
}

void escape_plain(const char *text)
{
	put_escaped(text, maproot_escape_plain, 0);
}
