/*
 * The record of a name or a run as text: lines of "key=value" in any order, each key once but for "made", which is a
 * list. Keys that are not known are passed over, so that a later version may add some; what only runs have may be
 * missing. Pure: where records are, and whether one is true, is a question for join/registry.c and join/belief.c.
 */
#ifndef MR_MODEL_RECORD_H
#define MR_MODEL_RECORD_H

#include <maproot/name.h>

enum {
	MR_RECORD_SIZE = 64 * 1024, /* every record fits as text. A file may be larger, by keys that are not known */
	MR_RECORD_USUAL_SIZE = 2048 /* most do in this, which may be on any stack */
};

/* An empty record, freed by the caller; NULL: no memory (step NAME). */
struct maproot_name_record *mr_record_new(struct maproot_error *err);

/* Whether a name may be one: 0 or -EINVAL (step NAME, says why not). */
int mr_record_check_name(const char *name, struct maproot_error *err);

/* Shortened to what fits; NULL: none. */
void mr_record_set_command(struct maproot_name_record *record, const char *command);

/*
 * Copies a text into an array of a record, whole; NULL: none. -ENAMETOOLONG (step NAME): it does not fit; `what` is
 * what messages call it ("cgroup").
 */
int mr_record_set_text(char *member, size_t size, const char *text, const char *what, struct maproot_error *err);

/* Appends "KIND:WHAT" to what was made. -E2BIG: there is no room for one more; -ENAMETOOLONG: not for this one (step NAME). */
int mr_record_add_made(struct maproot_name_record *record, const char *kind, const char *what,
		       struct maproot_error *err);

/* Writes the text, terminated; returns its length, as snprintf(3). The name is not in it: it is the file's. */
size_t mr_record_format(const struct maproot_name_record *record, char *buffer, size_t size);

/*
 * Reads it; `name` is taken as it is. -EBADMSG (step NAME, says what is wrong): a known key is missing, there
 * twice or malformed, a line is none, the last one is cut short. `record` is too large for a second one on the stack: on
 * failure it holds what was read until then.
 */
int mr_record_parse(const char *name, const char *text, size_t length, struct maproot_name_record *record,
		    struct maproot_error *err);

#endif
