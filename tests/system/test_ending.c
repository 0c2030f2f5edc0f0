/*
 * Contract of src/system/ending.h, with pidfds and on a kernel without: a process has ended when it is a zombie,
 * also before it is reaped, and not while any thread of it lives; waiting ends with it or with the time; a signal
 * gets to that process, and to nobody once it is gone.
 */
#include "system/ending.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum { WITH_PIDFD,
       WITHOUT_PIDFD,
       WAYS };

static struct mr_process hold(pid_t pid, int way)
{
	struct mr_process process;

	if (way == WITHOUT_PIDFD)
		unit_deny(SYS_pidfd_open, ENOSYS);
	ck_assert_int_eq(mr_process_hold(pid, 0, &process, NULL), 0);
	ck_assert_int_eq(process.pidfd < 0, way == WITHOUT_PIDFD);
	return process;
}

static pid_t start(void (*body)(void))
{
	pid_t pid;

	(void)signal(SIGTERM, SIG_DFL); /* Check's handler would give it to this process */
	pid = fork();
	if (pid == 0) {
		body();
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static void wait_for_ever(void)
{
	for (;;)
		(void)pause();
}

static void end_soon(void)
{
	support_sleep_us(200000);
}

START_TEST(a_living_process)
{
	pid_t pid = start(wait_for_ever);
	struct mr_process process = hold(pid, _i);
	int64_t before = support_now_us();

	ck_assert_int_eq(mr_ending_await(&process, 0), -ETIMEDOUT);
	ck_assert_int_eq(mr_ending_await(&process, 100), -ETIMEDOUT);
	ck_assert_int_ge(support_now_us() - before, 99000);
	ck_assert_int_lt(support_now_us() - before, 2000000);
	ck_assert_int_eq(mr_ending_signal(&process, 0), 0);
	mr_process_release(&process);
	unit_end(pid);
}
END_TEST

START_TEST(a_zombie_has_ended)
{
	pid_t pid = start(end_soon);
	struct mr_process process = hold(pid, _i);

	ck_assert_int_eq(mr_ending_await(&process, 0), -ETIMEDOUT);
	ck_assert_int_eq(mr_ending_await(&process, 10000), 0);
	ck_assert_int_eq(support_state(pid), 'Z');
	ck_assert_int_eq(mr_ending_await(&process, 0), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	/* and is not back when it is reaped */
	ck_assert_int_eq(mr_ending_await(&process, 0), 0);
	ck_assert_int_eq(mr_ending_signal(&process, SIGKILL), -ESRCH);
	mr_process_release(&process);
}
END_TEST

static void *live_on(void *arg)
{
	(void)arg;
	wait_for_ever();
	return NULL;
}

static void leave_a_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, live_on, NULL) == 0)
		pthread_exit(NULL);
}

/* /proc shows a zombie; the process is none. */
START_TEST(threads_outlive_the_first)
{
	pid_t pid = start(leave_a_thread);
	struct mr_process process = hold(pid, _i);

	while (support_state(pid) != 'Z')
		support_sleep_us(1000);
	ck_assert_int_eq(mr_ending_await(&process, 50), -ETIMEDOUT);
	ck_assert_int_eq(mr_ending_signal(&process, SIGKILL), 0);
	ck_assert_int_eq(mr_ending_await(&process, 10000), 0);
	mr_process_release(&process);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

static volatile sig_atomic_t alarms;

static void count_alarm(int number)
{
	(void)number;
	alarms++;
}

/* Signals neither end the waiting nor make it longer. */
START_TEST(waits_through_signals)
{
	const struct sigaction action = { .sa_handler = count_alarm };
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	pid_t pid = start(wait_for_ever);
	struct mr_process process = hold(pid, _i);
	int64_t before = support_now_us();

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	ck_assert_int_eq(mr_ending_await(&process, 200), -ETIMEDOUT);
	ck_assert_int_ge(support_now_us() - before, 199000);
	ck_assert_int_lt(support_now_us() - before, 2000000);
	ck_assert_int_gt(alarms, 5);
	mr_process_release(&process);
	unit_end(pid);
}
END_TEST

START_TEST(a_signal_arrives)
{
	pid_t pid = start(wait_for_ever);
	struct mr_process process = hold(pid, _i);
	int status;

	ck_assert_int_eq(mr_ending_signal(&process, SIGTERM), 0);
	ck_assert_int_eq(mr_ending_await(&process, 10000), 0);
	mr_process_release(&process);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}
END_TEST

static int try_as_user(void *arg)
{
	const struct mr_process *process = arg;

	support_become_user();
	return mr_ending_signal(process, SIGTERM) == -EPERM ? 0 : 1;
}

START_TEST(not_everybody_may)
{
	pid_t pid = start(wait_for_ever);
	struct mr_process process = hold(pid, _i);

	ck_assert_int_eq(unit_in_child(try_as_user, &process), 0);
	ck_assert_int_eq(mr_ending_await(&process, 0), -ETIMEDOUT);
	mr_process_release(&process);
	unit_end(pid);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("ending", &test);

	tcase_add_loop_test(test, a_living_process, 0, WAYS);
	tcase_add_loop_test(test, a_zombie_has_ended, 0, WAYS);
	tcase_add_loop_test(test, threads_outlive_the_first, 0, WAYS);
	tcase_add_loop_test(test, waits_through_signals, 0, WAYS);
	tcase_add_loop_test(test, a_signal_arrives, 0, WAYS);
	if (geteuid() == 0)
		tcase_add_loop_test(test, not_everybody_may, 0, WAYS);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
