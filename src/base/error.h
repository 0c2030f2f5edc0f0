/*
 * Filling struct maproot_error. Async-signal-safe: a child that shares memory with a threaded program fails
 * through these too.
 */
#ifndef MR_BASE_ERROR_H
#define MR_BASE_ERROR_H

#include <maproot/error.h>

/* Fills err (may be NULL; the first failure stays) and returns -code. */
int mr_fail(struct maproot_error *err, int code, enum maproot_step step, const char *object);

/* The same with an object made of pieces, ended by NULL. */
int mr_fail_pieces(struct maproot_error *err, int code, enum maproot_step step, ...)
	__attribute__((sentinel));

/* The same with a number as the object. */
int mr_fail_number(struct maproot_error *err, int code, enum maproot_step step, long number);

/* At the entry of a public function: forgets what an earlier call left. */
void mr_error_reset(struct maproot_error *err);

/* maproot_error_format() with words for the errno value, where strerror(3) is too much. */
size_t mr_error_format(const struct maproot_error *err, const char *code_words, char *buffer, size_t size);

/* Moves a recorded failure to where the caller looks for it, and returns its -code. */
int mr_error_pass(struct maproot_error *err, const struct maproot_error *from);

#endif
