/*
 * What --list shows: the namespaces of a process and the names that are kept, for people or for programs.
 */
#ifndef MR_CLI_LIST_H
#define MR_CLI_LIST_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Prints them on stdout: tables, or one JSON object {"namespaces":[...],"names":[...]}. `pid` 0: our own
 * namespaces. Without `names` nothing is said of them, in JSON neither. Reports errors; what was printed until
 * then is whole. Returns the exit status.
 */
int list_all(pid_t pid, bool names, bool json);

#endif
