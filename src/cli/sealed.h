/*
 * A copy of this program that nobody can write to. In a mount namespace that is joined, others say what the command
 * is, and it may be this very program ("#!/proc/self/exe"); whoever looks at that process has our file by /proc/PID/exe,
 * and may write to it where the caller may (CVE-2019-5736).
 */
#ifndef MR_CLI_SEALED_H
#define MR_CLI_SEALED_H

#include "cli/options.h"

/*
 * Executes the copy, with the same arguments, where a mount namespace may be joined and the caller could write to our
 * file. Returns 0 where that is not so, or in the copy; else the exit status, after a message.
 */
int sealed_run(const struct options *options, char **argv);

#endif
