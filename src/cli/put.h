/*
 * Tables and JSON on stdout, piece by piece. report_written() looks at the end whether all went well.
 */
#ifndef MR_CLI_PUT_H
#define MR_CLI_PUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Both return how wide that was. */
size_t put_text(const char *text);
size_t put_number(uint64_t number);

/* To the next column: what was put into this one may have been too wide. */
void put_fill(size_t put_already, size_t width);

void put_column(const char *text, size_t width);
void put_number_column(bool known, uint64_t number, size_t width);

/* `,"key":` and the number, or null. */
void put_member(const char *key, bool known, uint64_t number);

#endif
