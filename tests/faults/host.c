/*
 * The library's side of the sweeps: a program that starts the payload with maproot_spawn() and
 * stands in for it. Contract: after a failed start nothing of it is left in this process: no child,
 * no descriptor, the signal mask as it was. The calls between the two marks are the ones that are
 * swept.
 */
#include "inject.h"

#include <dirent.h>
#include <errno.h>
#include <maproot/run.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* One bit a descriptor: no allocation, so that nothing is left of the count itself. */
static unsigned long long descriptors(void)
{
	unsigned long long set = 0;

	for (int fd = 0; fd < 64; fd++) {
		char path[32], link[8];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, link, sizeof(link)) >= 0)
			set |= 1ULL << fd;
	}
	return set;
}

/* `masked`: the failure was that of restoring the mask itself. */
static void check(unsigned long long before, const sigset_t *mask, bool masked)
{
	sigset_t left;

	if (descriptors() != before)
		fprintf(stderr, "host: descriptors %llx, were %llx\n", descriptors(), before);
	sigprocmask(SIG_SETMASK, NULL, &left);
	for (int signal = 1; !masked && signal <= SIGRTMAX; signal++)
		if (sigismember(&left, signal) != sigismember(mask, signal))
			fprintf(stderr, "host: signal %d is%s blocked\n", signal,
				sigismember(&left, signal) ? "" : " not");
	if (waitpid(-1, NULL, WNOHANG | __WALL) >= 0 || errno != ECHILD)
		fprintf(stderr, "host: a child is left\n");
}

int main(int argc, char **argv)
{
	struct maproot_request request = { .death_signal = SIGKILL };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_child child = { .pidfd = -1 };
	unsigned long long before = descriptors();
	int status = 0, result;
	sigset_t mask;
	char text[512];

	if (argc < 2)
		return 99;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	(void)prctl(INJECT_MARK, 1, 0, 0, 0);
	result = maproot_spawn(&request, argv + 1, environ, &child, &err);
	if (result == 0)
		result = maproot_supervise(&child, &status, &err);
	(void)prctl(INJECT_MARK, 0, 0, 0, 0);
	if (child.pidfd >= 0)
		close(child.pidfd);
	if (result < 0) {
		if (child.pid > 0) {
			kill(child.pid, SIGKILL);
			while (waitpid(child.pid, NULL, 0) < 0 && errno == EINTR)
				;
		}
		check(before, &mask, err.step == MAPROOT_STEP_SIGNALS);
		maproot_error_format(&err, text, sizeof(text));
		fprintf(stderr, "maproot: %s\n", text);
		return maproot_error_status(&err);
	}
	check(before, &mask, false);
	maproot_end_as(status);
}
