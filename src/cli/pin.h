/*
 * What --pin and --unpin are told, and --unpin itself.
 */
#ifndef MR_CLI_PIN_H
#define MR_CLI_PIN_H

#include <maproot/namespace.h>

/*
 * Reads TYPE[=NAME|PATH]; `ret_where` points into the text, or is NULL. Returns 0, or -1 after a message.
 */
int pin_parse(const char *text, enum maproot_namespace *ret_type, const char **ret_where);

/*
 * Unpins each of them, also after one that can't be. Returns the exit status that belongs to the first such, after a
 * message for each; 0 when there was none.
 */
int pin_unpin(const char *const *specs, size_t count);

#endif
