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

/* For what is around the command: engine_handlers.c. */
option_handler set_net, add_port, set_cgroup, set_cgroup_manager, add_limit, set_setup, set_setup_timeout, set_started,
	set_status_fd, set_gc;

/* For what it is given: attribute_handlers.c. */
option_handler add_rlimit, set_capabilities, set_no_new_privileges, set_oom_score, add_sysctl, add_mask, add_read_only;

/* Adds to a list of words that is made when first asked for. Returns 0, or -1 after a message. */
int add_word(const char ***list, size_t *count, const char *word);

#endif
