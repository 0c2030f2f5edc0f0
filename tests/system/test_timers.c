/*
 * Contract of src/system/timers.h: the three interval timers are stopped and kept, and go on with what was left of
 * them; where none was running, nothing is started.
 */
#include "system/timers.h"

#include "unit.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static const int which[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

static struct itimerval timer_of(int kind)
{
	struct itimerval timer;

	ck_assert_int_eq(getitimer(kind, &timer), 0);
	return timer;
}

START_TEST(each_is_taken_and_put_back)
{
	const struct itimerval long_time = { { 5, 0 }, { 1000, 0 } };
	struct mr_timers timers;
	struct itimerval left;

	ck_assert_int_eq(setitimer(which[_i], &long_time, NULL), 0);
	mr_timers_take(&timers);
	ck_assert(timers.running);
	for (size_t at = 0; at < UNIT_COUNT(which); at++)
		ck_assert_int_eq(timer_of(which[at]).it_value.tv_sec, 0);
	mr_timers_put_back(&timers);
	left = timer_of(which[_i]);
	ck_assert_int_ge(left.it_value.tv_sec, 990);
	ck_assert_int_le(left.it_value.tv_sec, 1001);
	ck_assert_int_eq(left.it_interval.tv_sec, 5);
	for (size_t at = 0; at < UNIT_COUNT(which); at++) {
		if ((int)at != _i)
			ck_assert_int_eq(timer_of(which[at]).it_value.tv_sec, 0);
	}
}
END_TEST

START_TEST(none_is_none)
{
	struct mr_timers timers;

	memset(&timers, 0xff, sizeof(timers));
	mr_timers_take(&timers);
	ck_assert(!timers.running);
	mr_timers_put_back(&timers);
	for (size_t at = 0; at < UNIT_COUNT(which); at++)
		ck_assert_int_eq(timer_of(which[at]).it_value.tv_sec, 0);
}
END_TEST

/* One without an interval, as alarm(2) sets it, still goes off. */
START_TEST(an_alarm_still_rings)
{
	struct mr_timers timers;
	sigset_t set;
	int got = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	(void)ualarm(100000, 0);
	mr_timers_take(&timers);
	support_sleep_us(200000);
	mr_timers_put_back(&timers);
	ck_assert_int_eq(sigwait(&set, &got), 0);
	ck_assert_int_eq(got, SIGALRM);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/timers", &tc);

	tcase_add_loop_test(tc, each_is_taken_and_put_back, 0, UNIT_COUNT(which));
	tcase_add_test(tc, none_is_none);
	tcase_add_test(tc, an_alarm_still_rings);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
