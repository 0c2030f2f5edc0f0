/*
 * What stands behind the '=' of a record, where it is no plain number: text that may hold any byte, and id maps. Pure.
 * Readers take the bytes from `value` to `end`, are false for what the writers would not have written, and leave
 * rubbish behind then.
 */
#ifndef MR_MODEL_RECORD_VALUE_H
#define MR_MODEL_RECORD_VALUE_H

#include "base/text.h"

#include <maproot/idmap.h>
#include <stdbool.h>
#include <stddef.h>

/* Control characters, DEL and '\' as "\xHH". */
void mr_record_value_add_text(struct mr_text *text, const char *value);

/* False too for what does not fit. */
bool mr_record_value_read_text(const char *value, const char *end, char *buffer, size_t size);

/* "INNER:OUTER:COUNT,..." */
void mr_record_value_add_map(struct mr_text *text, const struct maproot_idmap *map);

/* At least one range, none overlapping another. */
bool mr_record_value_read_map(const char *value, const char *end, struct maproot_idmap *map);

#endif
