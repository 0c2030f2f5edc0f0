/*
 * The page that the sender of a signal and the waiter share, see latency.c and waiter.c.
 */
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include <stdint.h>

struct answer {
	uint64_t arrived; /* CLOCK_MONOTONIC when sigwaitinfo returned */
	uint32_t count;   /* signals answered so far; the sender's futex */
};

#endif
