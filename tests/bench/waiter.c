/*
 * A command that waits for signals in sigwaitinfo, started below each contender. Writes its process id
 * and a newline to stdout once all signals are blocked, which is when it may be signalled. Does not
 * outlive its parent, so that a benchmark that fails leaves nothing.
 *
 *   waiter STATUS         ends with STATUS on SIGTERM; any other signal ends it with status 99
 *   waiter STATUS PAGE_FD the same, but each SIGUSR1 is answered through the shared page: the time at
 *                         which it arrived, then the count, on which the sender sleeps
 */
#include "answer.h"
#include "bench.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void answer(struct answer *page)
{
	page->arrived = bench_now();
	__atomic_add_fetch(&page->count, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &page->count, FUTEX_WAKE, 1, NULL, NULL, 0);
}

int main(int argc, char **argv)
{
	struct answer *page = NULL;
	sigset_t all;

	if (argc < 2)
		bench_die(0, "usage:", "waiter STATUS [PAGE_FD]");
	if (argc > 2) {
		page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED,
			    (int)bench_number(argv[2]), 0);
		if (page == MAP_FAILED)
			bench_die(errno, "cannot map", argv[2]);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	printf("%ld\n", (long)getpid());
	fflush(stdout);
	for (;;) {
		int number = sigwaitinfo(&all, NULL);

		if (number == SIGTERM)
			return (int)bench_number(argv[1]);
		if (number == SIGUSR1 && page != NULL)
			answer(page);
		else if (number > 0 && number != SIGCONT)
			return 99;
	}
}
