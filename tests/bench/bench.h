/*
 * What the timing programs of the benchmark share: the clock, the end on a failure, the start of a
 * contender, the splitting of a command line into contenders. Knows nothing of maproot.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define BENCH_CONTENDERS 32

/* One contender: its name in the results, and the command line that is timed. */
struct bench_contender {
	const char *name;
	char **argv;
};

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t bench_now(void);

/*
 * Says why on stderr, kills what was started and not reaped, and exits with status 1. `code` is an errno
 * value; 0: without its words.
 */
_Noreturn void bench_die(int code, const char *what, const char *object);

/* A number of the command line; anything else ends the program. */
long bench_number(const char *text);

/*
 * Splits "--contender NAME ARGV... --contender NAME ARGV..." in place, each argv with `spare` free slots
 * behind it. Returns how many there are; ends the program for none, or one without a command.
 */
size_t bench_split(int argc, char **argv, size_t spare, struct bench_contender *ret_contenders);

/* Starts argv[0] (a path, not searched for) without copying this process. Ends the program on failure. */
pid_t bench_start(char **argv);

/* Waits for a child and returns its wait status. */
int bench_reap(pid_t pid);

/*
 * Makes a stream for the results, away from what the contenders inherit: their stdin is /dev/null, their
 * stdout `contender_stdout` or, with -1, /dev/null.
 */
FILE *bench_detach_output(int contender_stdout);

#endif
