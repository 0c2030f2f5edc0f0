/*
 * Contract of maproot_supervise() and maproot_end_as(): the child's end is this process's answer, whatever it was;
 * signals that come meanwhile go on to the child, once and with their values; what is left of its pid namespace is
 * ended; the signal mask is as before. A process ends as another did.
 */
#include "unit.h"

#include <errno.h>
#include <maproot/run.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

static void start(const char *script, unsigned int namespaces, struct maproot_child *ret_child)
{
	const struct maproot_request request = { .namespaces = namespaces };
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	struct maproot_error err;

	ck_assert_msg(maproot_spawn(&request, argv, NULL, ret_child, &err) == 0, "%s", err.object);
}

static const struct {
	const char *script;
	int status; /* exit status, or minus the signal */
} ends[] = {
	{ "exit 0", 0 },
	{ "exit 1", 1 },
	{ "exit 255", 255 },
	{ "kill -TERM $$", -SIGTERM },
	{ "kill -KILL $$", -SIGKILL },
	{ "ulimit -c 0; kill -SEGV $$", -SIGSEGV },
};

START_TEST(the_end_is_told)
{
	static const unsigned int kinds[] = { 0, BIT(PID), BIT(TIME) };

	unit_become_user();
	for (size_t kind = 0; kind < UNIT_COUNT(kinds); kind++) {
		struct maproot_child child;
		int status = 4711;

		start(ends[_i].script, kinds[kind], &child);
		ck_assert_int_eq(maproot_supervise(&child, &status, NULL), 0);
		if (ends[_i].status >= 0)
			ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == ends[_i].status);
		else
			ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == -ends[_i].status);
		ck_assert_int_eq(close(child.pidfd), 0);
	}
}
END_TEST

START_TEST(a_child_that_is_none)
{
	const struct maproot_child child = { .pid = 2147483647, .pidfd = -1 };
	struct maproot_error err;
	int status = 4711;

	ck_assert_int_eq(maproot_supervise(&child, &status, &err), -ECHILD);
	unit_check_error(&err, ECHILD, MAPROOT_STEP_SUPERVISE,
			 "cannot wait for the command: No child processes");
	ck_assert_int_eq(status, 4711);
}
END_TEST

/* A grandchild: no child of ours, and no business of ours. */
START_TEST(a_process_of_another_is_left_alone)
{
	struct maproot_child child = { .pidfd = -1 };
	int pipe_ends[2];
	int status;
	pid_t pid;

	ck_assert_int_eq(pipe(pipe_ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		child.pid = fork();
		if (child.pid > 0 && write(pipe_ends[1], &child.pid, sizeof(child.pid)) < 0)
			_exit(1);
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(read(pipe_ends[0], &child.pid, sizeof(child.pid)), sizeof(child.pid));
	ck_assert_int_eq(maproot_supervise(&child, &status, NULL), -ECHILD);
	support_sleep_us(50000);
	ck_assert_int_eq(support_state(child.pid), 'S');
	support_kill_descendants();
}
END_TEST

static void *send_later(void *arg)
{
	support_sleep_us(200000);
	(void)kill(getpid(), *(int *)arg);
	return NULL;
}

/* Blocked before the thread starts, so that only the supervisor can take it. */
static const int sent[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGWINCH,
			    SIGALRM, SIGSEGV, SIGABRT, 34, 64 };

START_TEST(signals_go_on)
{
	const char *script =
		support_text("trap 'exit 7' %d; while :; do sleep 0.05; done", sent[_i]);
	struct maproot_child child;
	pthread_t thread;
	sigset_t all;
	int status;
	int signal_number = sent[_i];

	unit_become_user();
	start(script, 0, &child);
	sigfillset(&all);
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &all, NULL), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, send_later, &signal_number), 0);
	ck_assert_int_eq(maproot_supervise(&child, &status, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}
END_TEST

START_TEST(the_mask_is_as_before)
{
	struct maproot_child child;
	sigset_t mask;
	int status;

	unit_become_user();
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
	start("true", 0, &child);
	ck_assert_int_eq(maproot_supervise(&child, &status, NULL), 0);
	ck_assert_str_eq(unit_status(0, "SigBlk"), "0000000000000800");
}
END_TEST

/* In a thread that is not the first, of a program that blocks nothing: SIGCHLD is not seen then. */
static void *supervise_in_thread(void *arg)
{
	struct maproot_child child;
	int *status = arg;

	start("sleep 0.3; exit 9", 0, &child);
	if (maproot_supervise(&child, status, NULL) < 0)
		*status = -1;
	return NULL;
}

START_TEST(any_thread_may_supervise)
{
	pthread_t threads[4];
	int status[4] = { 0 };

	unit_become_user();
	for (int at = 0; at < 4; at++)
		ck_assert_int_eq(
			pthread_create(&threads[at], NULL, supervise_in_thread, &status[at]), 0);
	for (int at = 0; at < 4; at++) {
		ck_assert_int_eq(pthread_join(threads[at], NULL), 0);
		ck_assert_int_eq(status[at], 9 << 8);
	}
}
END_TEST

/* A daemon that the command leaves in its pid namespace ends with it; in none, it lives on as it would. */
START_TEST(the_pid_namespace_ends)
{
	struct maproot_child child;
	const char *mark = support_text("%s/alive-%d", support_user()->home, (int)getpid());
	int64_t began;
	int status;

	unit_become_user();
	start(support_text("setsid sh -c 'sleep 1; : >%s' >/dev/null 2>&1 & exit 3", mark),
	      BIT(PID), &child);
	began = support_now_us();
	ck_assert_int_eq(maproot_supervise(&child, &status, NULL), 0);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	ck_assert_int_lt(support_now_us() - began, 900000);
	ck_assert_uint_eq(support_wait_alone(100), 0);
	support_sleep_us(1200000);
	ck_assert_int_eq(access(mark, F_OK), -1);
}
END_TEST

static int end_as(void *arg)
{
	(void)signal(SIGTERM, SIG_IGN);
	maproot_end_as(*(int *)arg);
}

START_TEST(ends_with_the_status)
{
	int wait_status = _i << 8;

	ck_assert_int_eq(unit_in_child(end_as, &wait_status), wait_status);
}
END_TEST

/* Each signal whose default is to kill; without a core, even where the child left one. */
START_TEST(ends_by_the_signal)
{
	static const struct rlimit any = { RLIM_INFINITY, RLIM_INFINITY };
	int wait_status = _i | 0x80;
	int status;

	if (_i == SIGSTOP || _i == SIGTSTP || _i == SIGTTIN || _i == SIGTTOU || _i == SIGCHLD ||
	    _i == SIGCONT || _i == SIGURG || _i == SIGWINCH)
		return; /* nobody dies of these */
	ck_assert_int_eq(setrlimit(RLIMIT_CORE, &any), 0);
	ck_assert_int_eq(chdir(support_directory()), 0);
	status = unit_in_child(end_as, &wait_status);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == _i, "status %x", status);
	ck_assert(!WCOREDUMP(status));
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("run/supervise", &tc);

	tcase_add_loop_test(tc, the_end_is_told, 0, UNIT_COUNT(ends));
	tcase_add_test(tc, a_child_that_is_none);
	tcase_add_test(tc, a_process_of_another_is_left_alone);
	tcase_add_loop_test(tc, signals_go_on, 0, UNIT_COUNT(sent));
	tcase_add_test(tc, the_mask_is_as_before);
	tcase_add_test(tc, any_thread_may_supervise);
	tcase_add_test(tc, the_pid_namespace_ends);
	tcase_add_loop_test(tc, ends_with_the_status, 0, 256);
	tcase_add_loop_test(tc, ends_by_the_signal, 1, 65);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
