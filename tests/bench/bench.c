/*
 * The shared part of the timing programs, see bench.h.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

uint64_t bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Contenders that were started and not reaped. */
static struct {
	pid_t *pids;
	size_t count;
	size_t size;
} running;

static void remember(pid_t pid)
{
	if (running.count == running.size) {
		running.size = running.size * 2 + 64;
		running.pids = realloc(running.pids, running.size * sizeof(*running.pids));
		if (running.pids == NULL)
			abort();
	}
	running.pids[running.count++] = pid;
}

static void forget(pid_t pid)
{
	for (size_t i = 0; i < running.count; i++) {
		if (running.pids[i] == pid) {
			running.pids[i] = running.pids[--running.count];
			return;
		}
	}
}

_Noreturn void bench_die(int code, const char *what, const char *object)
{
	for (size_t i = 0; i < running.count; i++)
		kill(running.pids[i], SIGKILL);
	if (code != 0)
		fprintf(stderr, "bench: %s '%s': %s\n", what, object, strerror(code));
	else
		fprintf(stderr, "bench: %s '%s'\n", what, object);
	exit(1);
}

long bench_number(const char *text)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < 0)
		bench_die(0, "not a number:", text);
	return number;
}

static char **copy_with_room(char **argv, size_t count, size_t spare)
{
	char **copy = calloc(count + spare + 1, sizeof(*copy));

	if (copy == NULL)
		bench_die(ENOMEM, "cannot hold", argv[0]);
	memcpy(copy, argv, count * sizeof(*copy));
	return copy;
}

size_t bench_split(int argc, char **argv, size_t spare, struct bench_contender *ret_contenders)
{
	size_t count = 0;
	int at = 0;

	while (at < argc) {
		int first = at + 2;
		int end = first;

		if (strcmp(argv[at], "--contender") != 0 || first > argc || count == BENCH_CONTENDERS)
			bench_die(0, "expected one more --contender NAME ARGV..., not", argv[at]);
		while (end < argc && strcmp(argv[end], "--contender") != 0)
			end++;
		if (end == first && spare == 0)
			bench_die(0, "no command for", argv[at + 1]);
		ret_contenders[count].name = argv[at + 1];
		ret_contenders[count].argv =
			copy_with_room(argv + first, (size_t)(end - first), spare);
		count++;
		at = end;
	}
	if (count == 0)
		bench_die(0, "no contender for", "this run");
	return count;
}

pid_t bench_start(char **argv)
{
	pid_t pid;
	int code = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);

	if (code != 0)
		bench_die(code, "cannot start", argv[0]);
	remember(pid);
	return pid;
}

int bench_reap(pid_t pid)
{
	int status;

	while (wait4(pid, &status, 0, NULL) < 0) {
		if (errno != EINTR)
			bench_die(errno, "cannot wait for", "the contender");
	}
	forget(pid);
	return status;
}

FILE *bench_detach_output(int contender_stdout)
{
	int results = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int theirs = contender_stdout < 0 ? null : contender_stdout;
	FILE *stream;

	if (results < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(theirs, STDOUT_FILENO) < 0)
		bench_die(errno, "cannot redirect", "/dev/null");
	stream = fdopen(results, "w");
	if (stream == NULL)
		bench_die(errno, "cannot write", "the results");
	return stream;
}
