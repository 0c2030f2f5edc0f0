/*
 * The three interval timers. No call here can fail but for a bad pointer: what was set before is valid.
 */
#include "system/timers.h"

#include <stddef.h>

static const int which[MR_TIMERS] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

static bool is_running(const struct itimerval *timer)
{
	return timer->it_value.tv_sec != 0 || timer->it_value.tv_usec != 0;
}

void mr_timers_take(struct mr_timers *timers)
{
	static const struct itimerval off = { { 0, 0 }, { 0, 0 } };

	timers->running = false;
	for (int at = 0; at < MR_TIMERS; at++) {
		(void)setitimer(which[at], &off, &timers->timer[at]);
		timers->running |= is_running(&timers->timer[at]);
	}
}

void mr_timers_put_back(const struct mr_timers *timers)
{
	for (int at = 0; timers->running && at < MR_TIMERS; at++) {
		if (is_running(&timers->timer[at]))
			(void)setitimer(which[at], &timers->timer[at], NULL);
	}
}
