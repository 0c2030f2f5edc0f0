/*
 * A handler for each option: returns 0, or -1 after a message.
 */
#ifndef MR_CLI_HANDLERS_H
#define MR_CLI_HANDLERS_H

#include "cli/options.h"

/* `argument` is NULL where the option has none; it is kept, not copied. */
typedef int option_handler(struct options *options, const char *argument);

extern option_handler *const option_handlers[OPTION_COUNT];

/* For namespaces that exist or stay: kept in stay_handlers.c. */
option_handler set_target, set_join, set_setuid, set_setgid, set_name, set_list, add_pin, add_unpin;

#endif
