/*
 * A command with something around it: control group, network, hooks, status. This process stays until it has ended.
 */
#ifndef MR_CLI_AROUND_H
#define MR_CLI_AROUND_H

#include "cli/options.h"

/* Runs it, and ends as it ended; returns the exit status where it never ran. */
int around_run(struct options *options);

/* --gc. Returns the exit status. */
int around_gc(void);

/* The lines of a plan for what is around the command; `failed` as of report_line(). */
void around_describe(const struct options *options, int *failed);

#endif
