/*
 * Another program that works for us: started, waited for with a limit, ended. What it says is kept for the message of its
 * failure. From any thread of any host; no handler of the host's runs in it, and it gets no descriptor that isn't named.
 */
#ifndef MR_SYSTEM_HELPER_H
#define MR_SYSTEM_HELPER_H

#include "system/signals.h"

#include <maproot/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mr_helper {
	const char *path;
	char *const *argv;
	char *const *envp; /* NULL: the caller's */
	const int *keep;   /* descriptors that it gets, under the same numbers, all above 2 */
	size_t keep_count;
	bool dies_with_us;   /* killed when the thread that started it ends */
	bool takes_output;   /* standard output is for mr_helper_output(), else it goes where the errors go */
	mr_signal_set heeds; /* of signals that are blocked here: one that would end this process ends a longer waiting */
};

/* Those by which somebody ends a program that does not go on. */
#define MR_HELPER_ENDING \
	(mr_signal_bit(SIGHUP) | mr_signal_bit(SIGINT) | mr_signal_bit(SIGQUIT) | mr_signal_bit(SIGTERM))

/* Its name is pointed to: the path must outlive it. */
struct mr_helper_run {
	const char *name; /* the last part of the path */
	pid_t pid;        /* 0: none */
	int said;         /* what it said */
	int output;
	mr_signal_set heeds;
};

/* clang-format off */
#define MR_HELPER_NONE { NULL, 0, -1, -1, 0 }
/* clang-format on */

/* Step PROGRAM, -errno: it can't be executed. Standard input is /dev/null. It leads a process group of its own. */
int mr_helper_start(const struct mr_helper *helper, struct mr_helper_run *ret_run, struct maproot_error *err);

/*
 * Waits until it has ended, `timeout_ms` at most (0: for ever), and releases it. 0 where it exited with 0; else -errno,
 * step PROGRAM_FAILED, "NAME: what it said (exit status 3)", "NAME was killed by signal 9", "NAME took longer than 5000 ms";
 * step INTERRUPTED where a signal wants to end this process. It and its group are dead then.
 */
int mr_helper_finish(struct mr_helper_run *run, int timeout_ms, struct maproot_error *err);

/*
 * Waits until `ready` can be read or is closed, or the program has ended, which is a failure as above, also after it was ready. Else
 * it goes on running.
 */
int mr_helper_await(struct mr_helper_run *run, int ready, int timeout_ms, struct maproot_error *err);

/* The start of its output, as a string. Before it is released. 0 or -errno: -E2BIG. */
int mr_helper_output(const struct mr_helper_run *run, char *buffer, size_t size);

/* Ends and reaps it, with its group; SIGTERM first where `patience_ms` is not 0. Releases it. Nothing for none. */
void mr_helper_end(struct mr_helper_run *run, int patience_ms);

/*
 * Finds one of our own programs ("maproot-net"): in $MAPROOT_LIBEXEC (not where AT_SECURE), beside the running program, in
 * ../libexec/maproot from there, where it is installed. 0, or -ENOENT (step PROGRAM, names it).
 */
int mr_helper_find_own(const char *name, char *path, size_t size, struct maproot_error *err);

#endif
