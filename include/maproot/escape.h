/*
 * Text of others, a command's words say, for those who parse it and for those who read it on a terminal. Both write into a
 * buffer, terminated, and return the full length, as snprintf(3).
 */
#ifndef MAPROOT_ESCAPE_H
#define MAPROOT_ESCAPE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* As a string of JSON, in quotes. A byte that is no UTF-8 becomes U+FFFD: any text is a valid string. RFC 8259. */
size_t maproot_escape_json(const char *text, char *buffer, size_t size);

/* As it is, but for what a terminal might obey or can't show: a "?" for each such byte or control character. */
size_t maproot_escape_plain(const char *text, char *buffer, size_t size);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
