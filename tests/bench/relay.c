/*
 * The limit of signal forwarding: a parent that waits for a signal and sends it on with kill(), nothing
 * else. What a wrapper between sender and receiver costs at the least.
 *
 *   relay COMMAND [ARG]...
 */
#include "bench.h"

#include <signal.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
	sigset_t all;
	pid_t child;

	if (argc < 2)
		bench_die(0, "usage:", "relay COMMAND [ARG]...");
	/* Before the start, or the end of a short command would go unnoticed. The command blocks all, too. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	child = bench_start(argv + 1);
	for (;;) {
		int number = sigwaitinfo(&all, NULL);

		if (number == SIGCHLD)
			return WEXITSTATUS(bench_reap(child));
		if (number > 0)
			kill(child, number);
	}
}
