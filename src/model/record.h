/*
 * The record of a name as text: lines of "key=value", each key once, in any order. Keys that are not known are
 * passed over, so that a later version may add some. Pure: where records are, and whether one is true, is a
 * question for join/registry.c and join/belief.c.
 */
#ifndef MR_MODEL_RECORD_H
#define MR_MODEL_RECORD_H

#include <maproot/name.h>

/* Every record fits as text. A file may be larger, by keys that are not known. */
enum { MR_RECORD_SIZE = 2048 };

/* Whether a name may be one: 0 or -EINVAL (step NAME, says why not). */
int mr_record_check_name(const char *name, struct maproot_error *err);

/* Shortened to what fits; NULL: none. */
void mr_record_set_command(struct maproot_name_record *record, const char *command);

/* Writes the text, terminated; returns its length, as snprintf(3). The name is not in it: it is the file's. */
size_t mr_record_format(const struct maproot_name_record *record, char *buffer, size_t size);

/*
 * Reads it; `name` is taken as it is. -EBADMSG (step NAME, says what is wrong): a known key is missing, there
 * twice or malformed, a line is none, the last one is cut short.
 */
int mr_record_parse(const char *name, const char *text, size_t length, struct maproot_name_record *ret_record,
		    struct maproot_error *err);

#endif
