/*
 * Finding and starting programs.
 */
#ifndef MR_SYSTEM_PROGRAM_H
#define MR_SYSTEM_PROGRAM_H

#include <maproot/error.h>
#include <sys/types.h>

/* Finds an executable in PATH, then where the system's own programs are. 0, -ENOENT or -EACCES. */
int mr_program_find(const char *name, char *path, size_t size);

/*
 * Starts a helper program with stdin from /dev/null, stdout and stderr to the given descriptors (-1: /dev/null),
 * no signal blocked. 0, or a negative errno value.
 */
int mr_program_start(const char *path, char *const argv[], int out, int complaints, pid_t *ret_pid);

/* Waits for it. 0 with a status as waitpid(2), or -errno. */
int mr_program_wait(pid_t pid, int *ret_status);

/*
 * Replaces this process by argv[0], searched in the PATH of this process as execvp(3) does, with these
 * differences: a PATH directory that can't be searched hides nothing behind it and is not the error in the end;
 * a missing interpreter is told from a missing command. A file that is no program of a known format runs in
 * /bin/sh. Returns only on failure. In the child; needs stack for argc pointers.
 */
int mr_program_exec(char *const argv[], char *const envp[], struct maproot_error *err);

#endif
