/*
 * The background: a process that waits in the foreground hears through a pipe how the start went. Right before the command is
 * executed a 0 is written there; the end of file after it is the command. Before and after whoever fails writes its exit status.
 */
#include "cli/stay.h"

#include "cli/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How the re-executed program finds the pipe; taken from the environment before the command gets it. */
static const char variable[] = "MAPROOT_DETACHED";

static int pipe_end = -1;
static int former_stderr = -1;

static int fail(const char *what)
{
	report("cannot go to the background: ", what, ": ", strerror(errno), NULL);
	return MAPROOT_EXIT_FAILURE;
}

/* The next word from the background; -1: the end. */
static int hear(int in)
{
	unsigned char word;
	ssize_t got;

	do
		got = read(in, &word, 1);
	while (got < 0 && errno == EINTR);
	return got == 1 ? word : -1;
}

static _Noreturn void wait_for_start(int in)
{
	int word = hear(in);

	if (word < 0) {
		report("the process in the background was killed before its command ran", NULL);
		_exit(MAPROOT_EXIT_FAILURE);
	}
	if (word == 0)
		word = hear(in);
	_exit(word < 0 ? 0 : word);
}

/* Nobody waits any more where it can't be said. */
static void say(int word)
{
	unsigned char byte = (unsigned char)word;
	ssize_t put = pipe_end < 0 ? 0 : write(pipe_end, &byte, 1);

	(void)put;
}

static int go_to_background(void)
{
	char number[16];
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail("a pipe");
	/* Above what a command may expect to be open or closed. */
	pipe_end = fcntl(ends[1], F_DUPFD, STDERR_FILENO + 1);
	if (pipe_end < 0)
		return fail("a pipe");
	pid = fork();
	if (pid < 0)
		return fail("a process");
	(void)close(ends[1]);
	if (pid > 0) {
		(void)close(pipe_end);
		wait_for_start(ends[0]);
	}
	(void)close(ends[0]);
	(void)setsid(); /* fails for none that was just forked */
	(void)snprintf(number, sizeof(number), "%d", pipe_end);
	return setenv(variable, number, 1) < 0 ? fail("the environment") : 0;
}

int stay_detach(void)
{
	const char *number;

	if (!maproot_is_reexecuted())
		return go_to_background();
	number = getenv(variable);
	pipe_end = number ? (int)strtol(number, NULL, 10) : -1;
	return 0;
}

void stay_leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)unsetenv(variable);
	if (pipe_end >= 0)
		(void)fcntl(pipe_end, F_SETFD, FD_CLOEXEC);
	former_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (null >= 0)
			(void)dup2(null, fd);
		else
			(void)close(fd); /* a root without /dev/null: then without them */
	}
	if (null > STDERR_FILENO)
		(void)close(null);
}

void stay_come_to_nothing(void)
{
	if (former_stderr >= 0)
		(void)dup2(former_stderr, STDERR_FILENO);
}

int stay_fail(int status)
{
	say(status);
	return status;
}

void stay_try(void)
{
	say(0);
}

void stay_done(void)
{
	if (pipe_end >= 0)
		(void)close(pipe_end);
	pipe_end = -1;
}

int stay_hold(const struct maproot_request *request, const struct maproot_outcome *outcome)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	/* Nobody may look into a process of ours that is in somebody else's namespaces; so nobody could join it either. */
	if (outcome->joined) {
		report("a holder can't hold what was joined: give a command, 'sleep infinity' say", NULL);
		return stay_fail(MAPROOT_EXIT_FAILURE);
	}
	stay_try();
	if (maproot_hold(request, outcome->created, &err) == 0)
		return 0;
	stay_come_to_nothing();
	return stay_fail(report_failure(&err, request, NULL));
}
