/*
 * Contract of src/system/signals.h: all 64 signals, also those that libc keeps; sets are the kernel's; handlers go,
 * what is ignored stays; pending signals are taken and put back whole and in order; a signal is handed on with its
 * value.
 */
#include "system/signals.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const mr_signal_set unblockable = UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1)
										<< (SIGSTOP - 1);
static const struct timespec at_once = { 0, 0 };

static mr_signal_set set_of(const char *name)
{
	return strtoull(unit_status(0, name), NULL, 16);
}

static void do_nothing(int signal)
{
	(void)signal;
}

START_TEST(bits_are_the_kernels)
{
	ck_assert_uint_eq(mr_signal_bit(1), 1);
	ck_assert_uint_eq(mr_signal_bit(64), UINT64_C(1) << 63);
}
END_TEST

START_TEST(masks_are_set_whole)
{
	mr_signal_set former = 0;

	ck_assert_int_eq(mr_signals_mask(MR_SIGNALS_ALL, NULL), 0);
	ck_assert_uint_eq(set_of("SigBlk"), MR_SIGNALS_ALL & ~unblockable);
	ck_assert_int_eq(mr_signals_mask(mr_signal_bit(32) | mr_signal_bit(64), &former), 0);
	ck_assert_uint_eq(former, MR_SIGNALS_ALL & ~unblockable);
	ck_assert_uint_eq(set_of("SigBlk"), mr_signal_bit(32) | mr_signal_bit(64));
	ck_assert_int_eq(mr_signals_mask(0, NULL), 0);
	ck_assert_uint_eq(set_of("SigBlk"), 0);
}
END_TEST

START_TEST(sigchld_can_be_ignored)
{
	ck_assert_int_eq(mr_signals_child_ignored(), 0);
	ck_assert_int_eq(mr_signals_ignore_child(true), 0);
	ck_assert_int_eq(mr_signals_child_ignored(), 1);
	ck_assert_uint_eq(set_of("SigIgn") & mr_signal_bit(SIGCHLD), mr_signal_bit(SIGCHLD));
	ck_assert_int_eq(mr_signals_ignore_child(false), 0);
	ck_assert_int_eq(mr_signals_child_ignored(), 0);
	ck_assert_ptr_ne(signal(SIGCHLD, do_nothing), SIG_ERR);
	ck_assert_int_eq(mr_signals_child_ignored(), 0);
}
END_TEST

START_TEST(handlers_go_and_ignored_ones_stay)
{
	static const int handled[] = { SIGHUP, SIGUSR1, SIGTERM, 34, 64 };
	static const int ignored[] = { SIGINT, SIGPIPE, SIGCHLD, 35 };
	mr_signal_set wanted = 0;

	for (size_t at = 0; at < UNIT_COUNT(handled); at++)
		ck_assert_ptr_ne(signal(handled[at], do_nothing), SIG_ERR);
	for (size_t at = 0; at < UNIT_COUNT(ignored); at++) {
		ck_assert_ptr_ne(signal(ignored[at], SIG_IGN), SIG_ERR);
		wanted |= mr_signal_bit(ignored[at]);
	}
	ck_assert_uint_ne(set_of("SigCgt"), 0);
	ck_assert_int_eq(mr_signals_reset_handlers(), 0);
	ck_assert_uint_eq(set_of("SigCgt"), 0);
	ck_assert_uint_eq(set_of("SigIgn"), wanted);
}
END_TEST

START_TEST(waits_no_longer_than_told)
{
	const struct timespec moment = { 0, 30 * 1000 * 1000 };
	int64_t start = support_now_us();
	siginfo_t info;

	ck_assert_int_eq(mr_signals_mask(MR_SIGNALS_ALL, NULL), 0);
	ck_assert_int_eq(mr_signals_wait(mr_signal_bit(SIGUSR1), &info, &at_once), -EAGAIN);
	ck_assert_int_eq(mr_signals_wait(mr_signal_bit(SIGUSR1), &info, &moment), -EAGAIN);
	ck_assert_int_ge(support_now_us() - start, 29000);
}
END_TEST

/* Each of the 64 that can be blocked. */
START_TEST(each_signal_is_taken)
{
	siginfo_t info;

	if (_i == SIGKILL || _i == SIGSTOP)
		return;
	ck_assert_int_eq(mr_signals_mask(MR_SIGNALS_ALL, NULL), 0);
	ck_assert_uint_eq(mr_signals_pending(), 0);
	ck_assert_int_eq((int)syscall(SYS_kill, getpid(), _i), 0);
	ck_assert_uint_eq(mr_signals_pending(), mr_signal_bit(_i));
	ck_assert_int_eq(mr_signals_wait(MR_SIGNALS_ALL, &info, &at_once), _i);
	ck_assert_int_eq(info.si_signo, _i);
	ck_assert_int_eq(info.si_pid, getpid());
	ck_assert_uint_eq(mr_signals_pending(), 0);
}
END_TEST

static void queue_value(pid_t pid, int signal, int value)
{
	ck_assert_int_eq(sigqueue(pid, signal, (union sigval){ .sival_int = value }), 0);
}

/* Taken and put back, order and values as they were; more than the first room in the queue. */
START_TEST(pending_ones_come_back)
{
	struct mr_signal_queue queue = { 0 };
	siginfo_t info;

	ck_assert_int_eq(mr_signals_mask(MR_SIGNALS_ALL, NULL), 0);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0); /* a standard signal is pending once */
	for (int value = 0; value < 100; value++)
		queue_value(getpid(), 40, value);
	ck_assert_int_eq((int)syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1), 0);
	ck_assert_int_eq(mr_signals_take_pending(&queue), 0);
	ck_assert_uint_eq(queue.count, 102);
	ck_assert_uint_eq(mr_signals_pending(), 0);
	mr_signals_put_back(&queue);
	mr_signals_queue_done(&queue);
	ck_assert_uint_eq(queue.count, 0);
	ck_assert_int_eq(mr_signals_wait(mr_signal_bit(SIGTERM), &info, &at_once), SIGTERM);
	ck_assert_int_eq(info.si_code, SI_USER);
	ck_assert_int_eq(mr_signals_wait(mr_signal_bit(SIGTERM), &info, &at_once), -EAGAIN);
	ck_assert_int_eq(mr_signals_wait(mr_signal_bit(SIGUSR1), &info, &at_once), SIGUSR1);
	ck_assert_int_eq(info.si_code, SI_TKILL);
	for (int value = 0; value < 100; value++) {
		ck_assert_int_eq(mr_signals_wait(MR_SIGNALS_ALL, &info, &at_once), 40);
		ck_assert_int_eq(info.si_value.sival_int, value);
		ck_assert_int_eq(info.si_code, SI_QUEUE);
	}
	ck_assert_uint_eq(mr_signals_pending(), 0);
}
END_TEST

START_TEST(none_pending_costs_nothing)
{
	struct mr_signal_queue queue = { 0 };

	ck_assert_int_eq(mr_signals_take_pending(&queue), 0);
	ck_assert_ptr_null(queue.info);
	mr_signals_put_back(&queue);
	mr_signals_queue_done(&queue);
}
END_TEST

/* A child that takes one signal and says what it was in its exit status: 0, as the test expects it. */
struct expected {
	int signal;
	int code;
	int value;
	int ready[2];
};

static int take_one(void *arg)
{
	const struct expected *expected = arg;
	const struct timespec long_enough = { 10, 0 };
	siginfo_t info;

	if (mr_signals_wait(MR_SIGNALS_ALL, &info, &long_enough) != expected->signal)
		return 1;
	if (info.si_code != expected->code)
		return 2;
	return expected->value != 0 && info.si_value.sival_int != expected->value ? 3 : 0;
}

static const struct {
	int signal;
	int code;
	int value;
	int received; /* its code */
} handed[] = {
	{ SIGTERM, SI_USER, 0, SI_USER },
	{ SIGTERM, SI_TKILL, 0, SI_USER },
	{ SIGTERM, SI_KERNEL, 0, SI_USER },
	{ SIGUSR1, SI_QUEUE, 4711, SI_QUEUE },
	{ 64, SI_QUEUE, -1, SI_QUEUE },
	{ 33, SI_QUEUE, 7, SI_QUEUE },
	{ 34, SI_TIMER, 9, SI_TIMER },
	{ 34, SI_MESGQ, 9, SI_MESGQ },
	{ SIGSEGV, SI_USER, 0, SI_USER },
};

START_TEST(signals_are_handed_on_with_their_values)
{
	struct expected expected = {
		handed[_i].signal, handed[_i].received, handed[_i].value, { -1, -1 }
	};
	siginfo_t info;
	int status;
	pid_t pid;

	ck_assert_int_eq(mr_signals_mask(MR_SIGNALS_ALL, NULL), 0);
	memset(&info, 0, sizeof(info));
	info.si_signo = handed[_i].signal;
	info.si_code = handed[_i].code;
	info.si_pid = getpid();
	info.si_value.sival_int = handed[_i].value;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(take_one(&expected));
	ck_assert_int_eq(mr_signals_forward(pid, &info), 0);
	ck_assert(support_wait(pid, 15000, &status));
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(mr_signals_forward(pid, &info), -ESRCH);
}
END_TEST

/* The receiver's queue is full: the caller has to be told, so that it tries again. */
START_TEST(a_full_queue_is_told)
{
	siginfo_t info;
	int status;
	int code = 0;
	pid_t pid;

	memset(&info, 0, sizeof(info));
	info.si_signo = 40;
	info.si_code = SI_QUEUE;
	unit_become_user();
	ck_assert_int_eq(mr_signals_mask(MR_SIGNALS_ALL, NULL), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	for (int count = 0; count < 1000000 && code == 0; count++)
		code = mr_signals_forward(pid, &info);
	ck_assert_int_eq(code, -EAGAIN);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert(support_wait(pid, 5000, &status));
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/signals", &tc);

	tcase_add_test(tc, bits_are_the_kernels);
	tcase_add_test(tc, masks_are_set_whole);
	tcase_add_test(tc, sigchld_can_be_ignored);
	tcase_add_test(tc, handlers_go_and_ignored_ones_stay);
	tcase_add_test(tc, waits_no_longer_than_told);
	tcase_add_loop_test(tc, each_signal_is_taken, 1, 65);
	tcase_add_test(tc, pending_ones_come_back);
	tcase_add_test(tc, none_pending_costs_nothing);
	tcase_add_loop_test(tc, signals_are_handed_on_with_their_values, 0, UNIT_COUNT(handed));
	tcase_add_test(tc, a_full_queue_is_told);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
