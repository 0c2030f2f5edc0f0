/*
 * Many waiting wrappers at once: COUNT of them are started, each with a waiter below it that ends with a
 * status of its own on SIGTERM; when all wait, every wrapper gets one SIGTERM, and all are reaped. Lost
 * is a wrapper that does not end with the status of its waiter; left is a waiter that outlives the reaping,
 * told by the pipe that all of them hold.
 *
 *   crowd COUNT WAITER [WRAPPER...]
 *
 * Prints "started NS", "ended NS", "lost N", "left N", "pss_kib N" (of the wrappers alone, while all
 * wait; 0 without a wrapper), "used_kib N" (what the machine's available memory shrank by).
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_LIMIT_MS 60000
#define LEFT_LIMIT_MS  5000
#define END_LIMIT_S    120

static long read_kib(const char *path, const char *key)
{
	char line[256];
	long kib = -1;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		bench_die(errno, "cannot read", path);
	while (kib < 0 && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, key, strlen(key)) == 0)
			kib = strtol(line + strlen(key), NULL, 10);
	}
	fclose(file);
	if (kib < 0)
		bench_die(0, "no line of that name in", path);
	return kib;
}

static long sum_pss(const pid_t *wrappers, size_t count)
{
	long sum = 0;

	for (size_t i = 0; i < count; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", (long)wrappers[i]);
		sum += read_kib(path, "Pss:");
	}
	return sum;
}

static int own_status(size_t index)
{
	return (int)(index % 97) + 1;
}

static void start_wrapper(char **command, size_t status_at, size_t index, pid_t *ret_pid)
{
	char status[16];

	snprintf(status, sizeof(status), "%d", own_status(index));
	command[status_at] = status;
	*ret_pid = bench_start(command);
}

/* Each waiter writes one line when it waits. */
static void await_lines(int fd, size_t count)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char buffer[4096];
	size_t lines = 0;

	while (lines < count) {
		ssize_t got = 0;

		if (poll(&ready, 1, START_LIMIT_MS) == 1)
			got = read(fd, buffer, sizeof(buffer));
		if (got <= 0)
			bench_die(0, "not all waiters started:", "crowd");
		for (ssize_t i = 0; i < got; i++)
			lines += buffer[i] == '\n';
	}
}

static size_t signal_and_reap(const pid_t *wrappers, size_t count)
{
	size_t lost = 0;

	alarm(END_LIMIT_S);
	for (size_t i = 0; i < count; i++) {
		if (kill(wrappers[i], SIGTERM) != 0)
			lost++;
	}
	for (size_t i = 0; i < count; i++) {
		int status = bench_reap(wrappers[i]);

		lost += !WIFEXITED(status) || WEXITSTATUS(status) != own_status(i);
	}
	alarm(0);
	return lost;
}

/* End of file comes when no process holds the pipe any more. */
static int is_somebody_left(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };
	char byte;

	return poll(&end, 1, LEFT_LIMIT_MS) != 1 || read(fd, &byte, 1) != 0;
}

int main(int argc, char **argv)
{
	size_t count, status_at;
	uint64_t begin, started, signalled, ended;
	long available, pss, used;
	pid_t *wrappers;
	char **command;
	FILE *results;
	size_t lost;
	int lines[2];

	if (argc < 3)
		bench_die(0, "usage:", "crowd COUNT WAITER [WRAPPER...]");
	count = (size_t)bench_number(argv[1]);
	wrappers = calloc(count, sizeof(*wrappers));
	command = calloc((size_t)argc + 1, sizeof(*command));
	if (wrappers == NULL || command == NULL || pipe2(lines, O_CLOEXEC) != 0)
		bench_die(errno, "cannot prepare", "the crowd");
	results = bench_detach_output(lines[1]);
	close(lines[1]);
	memcpy(command, argv + 3, (size_t)(argc - 3) * sizeof(*command));
	command[argc - 3] = argv[2];
	status_at = (size_t)(argc - 2);

	available = read_kib("/proc/meminfo", "MemAvailable:");
	begin = bench_now();
	for (size_t i = 0; i < count; i++)
		start_wrapper(command, status_at, i, &wrappers[i]);
	await_lines(lines[0], count);
	started = bench_now();
	pss = argc > 3 ? sum_pss(wrappers, count) : 0;
	used = available - read_kib("/proc/meminfo", "MemAvailable:");
	/* Only the children hold the pipe from here on. */
	if (dup2(STDIN_FILENO, STDOUT_FILENO) < 0)
		bench_die(errno, "cannot close", "the pipe");
	signalled = bench_now();
	lost = signal_and_reap(wrappers, count);
	ended = bench_now();
	fprintf(results, "started %" PRIu64 "\nended %" PRIu64 "\nlost %zu\nleft %d\n", started - begin,
		ended - signalled, lost, is_somebody_left(lines[0]));
	fprintf(results, "pss_kib %ld\nused_kib %ld\n", pss, used);
	return fflush(results) == 0 ? 0 : 1;
}
