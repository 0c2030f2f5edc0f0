/*
 * A program that uses the library, of a given size: THREADS threads that sleep, MEGABYTES of memory that
 * it has touched (in small pages, the dearest kind to copy). Starts one child for each letter on stdin
 * and prints "started reaped", nanoseconds from before the start to when the child executes its program,
 * and to when it has been waited for.
 *
 *   host THREADS MEGABYTES PROGRAM
 *
 * m: maproot_spawn(), p: posix_spawn(), f: fork() and exec. Prints "ready" first.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <maproot/run.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void *sleep_forever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void start_threads(long count)
{
	pthread_t thread;

	for (long i = 0; i < count; i++) {
		int code = pthread_create(&thread, NULL, sleep_forever, NULL);

		if (code != 0)
			bench_die(code, "cannot start", "a thread");
	}
}

static void touch(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		bench_die(errno, "cannot allocate", "the host's memory");
	(void)madvise(memory, size, MADV_NOHUGEPAGE); /* a kernel without huge pages refuses: same thing */
	for (size_t at = 0; at < size; at += 4096)
		memory[at] = 1;
}

static pid_t start_by_library(char **argv)
{
	struct maproot_request request = { 0 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_child child;
	char text[400];

	if (maproot_spawn(&request, argv, NULL, &child, &err) != 0) {
		maproot_error_format(&err, text, sizeof(text));
		bench_die(0, "maproot_spawn failed:", text);
	}
	if (child.pidfd >= 0)
		close(child.pidfd);
	return child.pid;
}

/* The end of file of a close-on-exec pipe tells that the child executes its program. */
static pid_t start_by_fork(char **argv)
{
	int executed[2];
	char byte;
	pid_t pid;

	if (pipe2(executed, O_CLOEXEC) != 0)
		bench_die(errno, "cannot create", "a pipe");
	pid = fork();
	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	close(executed[1]);
	if (pid < 0 || read(executed[0], &byte, 1) != 0)
		bench_die(errno, "cannot fork", argv[0]);
	close(executed[0]);
	return pid;
}

static pid_t start_by(int how, char **argv)
{
	switch (how) {
	case 'm':
		return start_by_library(argv);
	case 'f':
		return start_by_fork(argv);
	default:
		return bench_start(argv);
	}
}

int main(int argc, char **argv)
{
	int how;

	if (argc != 4)
		bench_die(0, "usage:", "host THREADS MEGABYTES PROGRAM");
	start_threads(bench_number(argv[1]));
	touch((size_t)bench_number(argv[2]) << 20);
	puts("ready");
	fflush(stdout);
	while ((how = getchar()) != EOF) {
		uint64_t before, started, reaped;
		int status;
		pid_t pid;

		if (how == '\n')
			continue;
		before = bench_now();
		pid = start_by(how, argv + 3);
		started = bench_now();
		status = bench_reap(pid);
		reaped = bench_now();
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			bench_die(0, "did not end with status 0:", argv[3]);
		printf("%" PRIu64 " %" PRIu64 "\n", started - before, reaped - before);
		fflush(stdout);
	}
	return 0;
}
