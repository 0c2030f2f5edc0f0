/*
 * Pieces of tables and of JSON. Knows nothing of what they tell.
 */
#include "cli/put.h"

#include <stdio.h>
#include <string.h>

size_t put_text(const char *text)
{
	(void)fputs(text, stdout);
	return strlen(text);
}

size_t put_number(uint64_t number)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	return put_text(digits + at);
}

void put_fill(size_t put_already, size_t width)
{
	do
		(void)put_text(" ");
	while (++put_already < width);
}

void put_column(const char *text, size_t width)
{
	put_fill(put_text(text), width);
}

void put_number_column(bool known, uint64_t number, size_t width)
{
	put_fill(known ? put_number(number) : put_text("-"), width);
}

void put_member(const char *key, bool known, uint64_t number)
{
	(void)put_text(",\"");
	(void)put_text(key);
	(void)put_text("\":");
	if (known)
		(void)put_number(number);
	else
		(void)put_text("null");
}
