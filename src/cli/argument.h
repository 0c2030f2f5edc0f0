/*
 * Reading the argument of an option. `option` is its long name, for the message.
 */
#ifndef MR_CLI_ARGUMENT_H
#define MR_CLI_ARGUMENT_H

#include <stdint.h>

/* "option '--OPTION': 'ARGUMENT' is not WANT". Returns -1. */
int argument_refuse(const char *option, const char *argument, const char *want);

/* A whole decimal number within limits; no message. Returns 0 or -1. */
int argument_integer(const char *text, long long lowest, long long highest, long long *ret_number);

/* An id by number or name; no message. Return 0 or -1. */
int argument_user(const char *text, uint32_t *ret_id);
int argument_group(const char *text, uint32_t *ret_id);

/* Returns 0, or -1 after a message. */
int argument_seconds(const char *option, const char *text, int64_t *ret_seconds);

/* One of a few words, NULL-terminated. Returns its place in the list, or -1 after a message. */
int argument_word(const char *option, const char *argument, const char *const *words, const char *want);

#endif
