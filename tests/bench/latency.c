/*
 * Times a signal on its way: from before kill() to the moment at which a process that waits in
 * sigwaitinfo has it, directly ("bare", no wrapper) and through a wrapper. The contenders run side by
 * side for the whole run; each round signals each once, in turn, the first one rotating. Before each
 * signal there is a pause, so that every process concerned sleeps when it comes.
 *
 *   latency ROUNDS CPU|free WAITER --contender NAME [WRAPPER...] [--contender NAME WRAPPER...]...
 *
 * With a CPU number, sender, wrappers and waiters all run on that CPU; with "free", all may run anywhere.
 * Prints "NAME<tab>one_way round_trip" in nanoseconds; the round trip ends when the sender runs again, woken
 * through the futex in the page that it shares with the waiter.
 */
#include "answer.h"
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP_ROUNDS 20
#define PAUSE_NS       200000
#define LOST_NS        2000000000u

struct receiver {
	const char *name;
	pid_t pid; /* the wrapper where there is one, else the waiter */
	struct answer *page;
};

static void pin(const char *where)
{
	cpu_set_t set;

	if (strcmp(where, "free") == 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)bench_number(where), &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		bench_die(errno, "cannot run on cpu", where);
}

static size_t length(char **argv)
{
	size_t count = 0;

	while (argv[count] != NULL)
		count++;
	return count;
}

static void await_ready(int fd, const char *name)
{
	char byte = 0;

	while (byte != '\n') {
		if (read(fd, &byte, 1) != 1)
			bench_die(0, "the waiter did not start below", name);
	}
}

static struct receiver start_receiver(struct bench_contender *contender, char *waiter, int ready)
{
	static char status[] = "0";
	char number[16];
	size_t end = length(contender->argv);
	struct receiver receiver = { .name = contender->name };
	int fd = memfd_create("answer", 0);

	if (fd < 0 || ftruncate(fd, sizeof(*receiver.page)) != 0)
		bench_die(errno, "cannot create", "the shared page");
	receiver.page = mmap(NULL, sizeof(*receiver.page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (receiver.page == MAP_FAILED)
		bench_die(errno, "cannot map", "the shared page");
	snprintf(number, sizeof(number), "%d", fd);
	contender->argv[end] = waiter;
	contender->argv[end + 1] = status;
	contender->argv[end + 2] = number;
	receiver.pid = bench_start(contender->argv);
	await_ready(ready, contender->name);
	close(fd);
	return receiver;
}

static void await_answer(struct receiver *receiver, uint32_t before)
{
	struct timespec limit = { .tv_sec = LOST_NS / 1000000000u };

	while (__atomic_load_n(&receiver->page->count, __ATOMIC_ACQUIRE) == before) {
		if (syscall(SYS_futex, &receiver->page->count, FUTEX_WAIT, before, &limit, NULL, 0) != 0 &&
		    errno == ETIMEDOUT)
			bench_die(0, "a signal was lost by", receiver->name);
	}
}

static void signal_once(struct receiver *receiver, FILE *report)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	uint32_t count = receiver->page->count;
	uint64_t sent, back;

	nanosleep(&pause, NULL);
	sent = bench_now();
	kill(receiver->pid, SIGUSR1);
	await_answer(receiver, count);
	back = bench_now();
	if (report != NULL)
		fprintf(report, "%s\t%" PRIu64 " %" PRIu64 "\n", receiver->name,
			receiver->page->arrived - sent, back - sent);
}

static FILE *start_all(struct bench_contender *contenders, size_t count, char *waiter,
		       struct receiver *ret_receivers)
{
	int ready[2];
	FILE *results;

	if (pipe2(ready, O_CLOEXEC) != 0)
		bench_die(errno, "cannot create", "a pipe");
	results = bench_detach_output(ready[1]);
	for (size_t i = 0; i < count; i++)
		ret_receivers[i] = start_receiver(&contenders[i], waiter, ready[0]);
	return results;
}

static void end_all(const struct receiver *receivers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status;

		kill(receivers[i].pid, SIGTERM);
		status = bench_reap(receivers[i].pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			bench_die(0, "did not end with status 0:", receivers[i].name);
	}
}

int main(int argc, char **argv)
{
	struct bench_contender contenders[BENCH_CONTENDERS];
	struct receiver receivers[BENCH_CONTENDERS];
	size_t count;
	FILE *results;
	long rounds;

	if (argc < 5)
		bench_die(0, "usage:", "latency ROUNDS CPU|free WAITER --contender NAME [WRAPPER...]");
	rounds = bench_number(argv[1]);
	pin(argv[2]);
	count = bench_split(argc - 4, argv + 4, 3, contenders);
	results = start_all(contenders, count, argv[3], receivers);
	for (long round = -WARM_UP_ROUNDS; round < rounds; round++) {
		for (size_t i = 0; i < count; i++)
			signal_once(&receivers[((size_t)(round + WARM_UP_ROUNDS) + i) % count],
				    round >= 0 ? results : NULL);
	}
	end_all(receivers, count);
	return fflush(results) == 0 ? 0 : 1;
}
