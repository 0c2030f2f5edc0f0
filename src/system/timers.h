/*
 * Interval timers, setitimer(2): exec keeps them, clone does not. What the caller set, alarm(2) for one, is the
 * command's, and two of the three count the processor time of the process that they are in.
 */
#ifndef MR_SYSTEM_TIMERS_H
#define MR_SYSTEM_TIMERS_H

#include <stdbool.h>
#include <sys/time.h>

enum { MR_TIMERS = 3 };

struct mr_timers {
	bool running; /* any of them */
	struct itimerval timer[MR_TIMERS];
};

/* Stops the timers of this process and keeps what was left of them. */
void mr_timers_take(struct mr_timers *timers);

/* Starts them in the calling process. In the child. */
void mr_timers_put_back(const struct mr_timers *timers);

#endif
