/*
 * Times how long contenders take from start to end of their command. All of them run once a round, in an
 * order drawn anew for each round, so that what one leaves behind (caches, namespaces being torn down)
 * falls on all alike. The clock runs from before the start to after the wait.
 *
 *   start ROUNDS SEED --contender NAME ARGV... [--contender NAME ARGV...]...
 *
 * Prints "NAME<tab>nanoseconds", a line a sample, after two untimed rounds. A contender that does not end
 * with status 0 ends the program.
 */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#define WARM_UP_ROUNDS 2

static uint64_t random_state;

static uint64_t draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void shuffle(size_t *order, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)(draw() % i);
		size_t swapped = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swapped;
	}
}

static uint64_t time_once(const struct bench_contender *contender)
{
	uint64_t before = bench_now();
	int status = bench_reap(bench_start(contender->argv));
	uint64_t after = bench_now();

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_die(0, "did not end with status 0:", contender->name);
	return after - before;
}

int main(int argc, char **argv)
{
	struct bench_contender contenders[BENCH_CONTENDERS];
	size_t order[BENCH_CONTENDERS];
	size_t count;
	FILE *results;
	long rounds;

	if (argc < 4)
		bench_die(0, "usage:", "start ROUNDS SEED --contender NAME ARGV...");
	rounds = bench_number(argv[1]);
	random_state = (uint64_t)bench_number(argv[2]) + 88172645463325252u;
	count = bench_split(argc - 3, argv + 3, 0, contenders);
	results = bench_detach_output(-1);
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	for (long round = -WARM_UP_ROUNDS; round < rounds; round++) {
		shuffle(order, count);
		for (size_t i = 0; i < count; i++) {
			const struct bench_contender *contender = &contenders[order[i]];
			uint64_t spent = time_once(contender);

			if (round >= 0)
				fprintf(results, "%s\t%" PRIu64 "\n", contender->name, spent);
		}
	}
	return fflush(results) == 0 ? 0 : 1;
}
