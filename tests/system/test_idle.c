/*
 * Contract of mr_idle_wait(): a signal of the set is taken as by mr_signals_wait(), with its value, and the program
 * goes on as if its memory had never been given back.
 */
#include "system/idle.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int deep(int depth)
{
	volatile char room[4096];

	memset((char *)room, depth, sizeof(room));
	return depth == 0 ? room[17] : deep(depth - 1) + (room[4095] == (char)depth);
}

START_TEST(signals_are_taken)
{
	char *heap = strdup("heap");
	static char data[64] = "data";
	char stack[64] = "stack";
	siginfo_t info;

	ck_assert_int_eq(mr_signals_mask(MR_SIGNALS_ALL, NULL), 0);
	for (int round = 0; round < 50; round++) {
		ck_assert_int_eq(deep(50), 50);
		ck_assert_int_eq(sigqueue(getpid(), 34 + round % 30, (union sigval){ .sival_int = round }), 0);
		ck_assert_int_eq(mr_idle_wait(MR_SIGNALS_ALL, &info), 34 + round % 30);
		ck_assert_int_eq(info.si_value.sival_int, round);
		ck_assert_str_eq(heap, "heap");
		ck_assert_str_eq(data, "data");
		ck_assert_str_eq(stack, "stack");
	}
	free(heap);
}
END_TEST

/* The one that is waited for comes later, from somebody else. */
START_TEST(a_signal_that_comes_later)
{
	siginfo_t info;
	int status;
	pid_t pid;

	ck_assert_int_eq(mr_signals_mask(MR_SIGNALS_ALL, NULL), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		support_sleep_us(100000);
		_exit(kill(getppid(), SIGUSR1) < 0);
	}
	ck_assert_int_eq(mr_idle_wait(mr_signal_bit(SIGUSR1), &info), SIGUSR1);
	ck_assert_int_eq(info.si_pid, pid);
	ck_assert(support_wait(pid, 5000, &status));
	ck_assert_int_eq(status, 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/idle", &tc);

	tcase_add_test(tc, signals_are_taken);
	tcase_add_test(tc, a_signal_that_comes_later);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
