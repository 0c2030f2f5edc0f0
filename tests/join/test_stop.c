/*
 * Contract of maproot_name_stop(), with pidfds and on a kernel without: exactly the process that has the name
 * ends, by SIGTERM if it will, by SIGKILL if not; a process that was given its number is not hit, neither before
 * nor while it is waited for; then the name is free, unless it is somebody else's by now.
 */
#include "names.h"

#include "system/ending.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum { WITH_PIDFD,
       WITHOUT_PIDFD,
       WAYS };

static void choose_way(int way)
{
	if (way == WITHOUT_PIDFD)
		unit_deny(SYS_pidfd_open, ENOSYS);
}

/* Waits for a child that was stopped; returns the signal that it died of, 0 for none. */
static int death(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void hold_stubborn(void *name)
{
	(void)signal(SIGTERM, SIG_IGN);
	names_hold(name);
}

/* Stopped, it hears of SIGTERM once it goes on. */
static void hold_stopped(void *name)
{
	if (maproot_name_claim(name, NULL, NULL) < 0 || maproot_name_complete(name, getpid(), NULL) < 0)
		support_die("cannot take the name");
	names_ready();
	(void)raise(SIGSTOP);
	names_wait(NULL);
}

static const struct {
	void (*hold)(void *name);
	int patience_ms;
	int signal;
	int64_t least_us;
	int64_t most_us;
} ends[] = {
	{ names_hold, 10000, SIGTERM, 0, 5000000 },
	{ names_begin, 10000, SIGTERM, 0, 5000000 },
	{ hold_stopped, 10000, SIGTERM, 0, 5000000 },
	{ hold_stubborn, 300, SIGKILL, 290000, 5000000 },
	{ hold_stubborn, 0, SIGKILL, 0, 5000000 },
	{ hold_stubborn, -1, SIGKILL, 0, 5000000 },
};

START_TEST(ends_it)
{
	size_t row = (size_t)_i % UNIT_COUNT(ends);
	struct maproot_error err;
	int64_t before;
	pid_t holder;
	pid_t other;

	names_place();
	holder = names_start(ends[row].hold, "x");
	other = names_start(names_hold, "y");
	if (ends[row].hold == hold_stopped) {
		while (support_state(holder) != 'T')
			support_sleep_us(1000);
	}
	choose_way(_i / (int)UNIT_COUNT(ends));
	before = support_now_us();
	ck_assert_int_eq(maproot_name_stop("x", ends[row].patience_ms, &err), 0);
	ck_assert_int_ge(support_now_us() - before, ends[row].least_us);
	ck_assert_int_lt(support_now_us() - before, ends[row].most_us);
	ck_assert_int_eq(support_state(holder), 'Z');
	ck_assert_int_eq(death(holder), ends[row].signal);
	ck_assert_uint_eq(names_count(), 1);
	ck_assert_int_eq(maproot_name_claim("x", NULL, NULL), 0);
	ck_assert_int_ne(support_state(other), 'Z');
	unit_end(other);
	names_remove((const char *const[]){ "x", "y", NULL });
}
END_TEST

/* Process 1 of its namespace is not ended by a signal that it has no handler for. The keeper is outside. */
static void keep_init(void *name)
{
	pid_t pid;

	(void)signal(SIGTERM, SIG_DFL);
	if (unshare(CLONE_NEWPID) < 0)
		support_die("unshare");
	pid = fork();
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	if (pid < 0 || maproot_name_claim(name, NULL, NULL) < 0 || maproot_name_complete(name, pid, NULL) < 0)
		support_die("cannot take the name");
	names_ready();
	_exit(waitpid(pid, NULL, 0) == pid && maproot_name_release(name, NULL) == 0 ? 0 : 1);
}

START_TEST(ends_an_init)
{
	pid_t keeper;

	names_place();
	keeper = names_start(keep_init, "x");
	choose_way(_i);
	ck_assert_int_eq(maproot_name_stop("x", 200, NULL), 0);
	ck_assert_uint_eq(names_count(), 0);
	/* it saw its child end, and had nothing to give back, which is no error */
	ck_assert_int_eq(death(keeper), 0);
	names_remove(NULL);
}
END_TEST

/* A keeper that, asked to end, still gets there: what it completed the record with is ended too. */
static volatile sig_atomic_t asked;

static void note(int number)
{
	(void)number;
	asked = 1;
}

static void complete_when_asked(void *name)
{
	const struct sigaction action = { .sa_handler = note };
	pid_t inside;

	if (maproot_name_claim(name, NULL, NULL) < 0)
		support_die("cannot take the name");
	inside = fork();
	if (inside == 0) {
		for (;;)
			(void)pause();
	}
	if (sigaction(SIGTERM, &action, NULL) < 0)
		support_die("sigaction");
	names_ready();
	while (!asked)
		support_sleep_us(1000);
	_exit(maproot_name_complete(name, inside, NULL) == 0 ? 0 : 1);
}

START_TEST(one_that_completes_at_the_last_moment)
{
	pid_t keeper;
	pid_t inside;

	names_place();
	keeper = names_start(complete_when_asked, "x");
	ck_assert_uint_eq(support_descendants(keeper, &inside, 1), 1);
	ck_assert_int_eq(maproot_name_stop("x", 10000, NULL), 0);
	ck_assert_int_eq(death(keeper), 0);
	ck_assert_int_eq(death(inside), SIGTERM); /* an orphan by now, and so the test's */
	ck_assert_uint_eq(names_count(), 0);
	names_remove(NULL);
}
END_TEST

START_TEST(nobody_to_end)
{
	struct maproot_error err;
	pid_t holder;

	names_place();
	ck_assert_int_eq(maproot_name_stop("x", 0, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_NAME, "the name 'x' is nobody's");
	holder = names_start(names_hold, "x");
	unit_end(holder);
	ck_assert_uint_eq(names_count(), 1);
	ck_assert_int_eq(maproot_name_stop("x", 0, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_NAME, "the name 'x' is nobody's");
	ck_assert_uint_eq(names_count(), 0); /* what was stale is swept up */
	names_remove(NULL);
}
END_TEST

/* A process of another user, kept by a record of ours. */
static int stop_as_user(void *arg)
{
	struct maproot_error err;
	pid_t foreign = *(pid_t *)arg;

	unit_become_user();
	names_place();
	ck_assert_int_eq(maproot_name_claim("x", NULL, NULL), 0);
	/* its namespaces are none of the user's business either, so that the record is completed by hand */
	free(names_edit("x", "pid=0\nstart=0\n",
			support_text("pid=%d\nstart=%s\n", (int)foreign, getenv("FOREIGN_START"))));
	ck_assert_int_eq(maproot_name_stop("x", 0, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_NAME, "the process of the name 'x' may not be ended by this user");
	ck_assert_uint_eq(names_count(), 1);
	names_remove((const char *const[]){ "x", NULL });
	return 0;
}

START_TEST(not_ours_to_end)
{
	struct maproot_name_record record;
	pid_t holder;

	names_place();
	holder = names_start(names_hold, "x");
	ck_assert_int_eq(maproot_name_find("x", &record, NULL), 0);
	(void)setenv("FOREIGN_START", support_text("%llu", (unsigned long long)record.start), 1);
	ck_assert_int_eq(unit_in_child(stop_as_user, &holder), 0);
	ck_assert_int_ne(support_state(holder), 'Z');
	unit_end(holder);
	names_remove((const char *const[]){ "x", NULL });
}
END_TEST

/* The name goes to somebody else between the end of the process and the end of stop: that one is left alone. */
static void keep_and_leave(void *arg)
{
	pid_t inside = fork();

	(void)arg;
	if (inside == 0) {
		(void)signal(SIGTERM, SIG_DFL);
		for (;;)
			(void)pause();
	}
	if (maproot_name_claim("x", NULL, NULL) < 0 || maproot_name_complete("x", inside, NULL) < 0)
		support_die("cannot take the name");
	names_ready();
	(void)waitpid(inside, NULL, 0);
	(void)maproot_name_release("x", NULL);
	_exit(0);
}

static void take_as_soon_as_free(void *arg)
{
	(void)arg;
	names_ready();
	while (maproot_name_claim("x", NULL, NULL) < 0)
		continue;
	if (maproot_name_complete("x", getpid(), NULL) < 0)
		support_die("cannot complete the record");
	for (;;)
		(void)pause();
}

START_TEST(the_next_one_is_left_alone)
{
	struct maproot_name_record record;
	pid_t keeper;
	pid_t next;

	names_place();
	for (int round = 0; round < support_size(5, 30, 300); round++) {
		keeper = names_start(keep_and_leave, NULL);
		next = names_start(take_as_soon_as_free, NULL);
		ck_assert_int_eq(maproot_name_stop("x", 10000, NULL), 0);
		ck_assert_int_eq(death(keeper), 0);
		while (maproot_name_find("x", &record, NULL) < 0)
			support_sleep_us(100);
		ck_assert_int_eq(record.pid, next);
		ck_assert_int_ne(support_state(next), 'Z');
		unit_end(next);
	}
	names_remove((const char *const[]){ "x", NULL });
}
END_TEST

/* A small world in which numbers of processes can be given again. */
static void enter_small_world(void)
{
	int status;
	pid_t pid;

	unit_private_mounts();
	if (unshare(CLONE_NEWPID) < 0)
		support_die("unshare");
	pid = fork();
	if (pid != 0)
		_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 98);
	if (mount("proc", "/proc", "proc", 0, NULL) < 0)
		support_die("mount");
}

/* Another process, with this number. */
static pid_t start_with_number(pid_t number)
{
	const char *last = support_text("%d", (int)number - 1);
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	pid_t pid;

	if (fd < 0 || write(fd, last, strlen(last)) < 0 || close(fd) < 0)
		support_die("ns_last_pid");
	pid = fork();
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	if (pid != number)
		support_die("got %d for %d", (int)pid, (int)number);
	return pid;
}

static int stop_recycled(void *way)
{
	struct maproot_error err;
	pid_t holder;
	pid_t stranger;

	enter_small_world();
	names_place();
	holder = names_start(names_hold, "x");
	unit_end(holder);
	support_sleep_us(50000); /* start times are in hundredths of a second */
	stranger = start_with_number(holder);
	choose_way(*(int *)way);
	ck_assert_int_eq(maproot_name_stop("x", 0, &err), -ENOENT);
	support_sleep_us(50000);
	ck_assert_int_eq(support_state(stranger), 'S');
	unit_end(stranger);
	names_remove(NULL);
	return 0;
}

START_TEST(not_who_was_given_its_number)
{
	ck_assert_int_eq(unit_in_child(stop_recycled, &_i), 0);
}
END_TEST

/*
 * The same while stop waits: the process ends of the SIGTERM, and its number is somebody else's when SIGKILL would
 * be due.
 */
static void *recycle(void *arg)
{
	pid_t *number = arg;
	pid_t holder = *number;

	if (waitpid(holder, NULL, 0) != holder)
		support_die("waitpid");
	*number = start_with_number(holder);
	return NULL;
}

static int stop_while_recycled(void *way)
{
	pthread_t thread;
	pid_t number;

	enter_small_world();
	names_place();
	number = names_start(names_hold, "x");
	if (pthread_create(&thread, NULL, recycle, &number) != 0)
		support_die("pthread_create");
	choose_way(*(int *)way);
	ck_assert_int_eq(maproot_name_stop("x", 300, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	support_sleep_us(50000);
	ck_assert_int_eq(support_state(number), 'S');
	unit_end(number);
	names_remove(NULL);
	return 0;
}

START_TEST(not_who_is_given_its_number_meanwhile)
{
	ck_assert_int_eq(unit_in_child(stop_while_recycled, &_i), 0);
}
END_TEST

/* What stop stands on: a signal to a process that is held goes nowhere once its number is somebody else's. */
static int signal_recycled(void *way)
{
	struct mr_process process;
	pid_t holder;
	pid_t stranger;

	enter_small_world();
	choose_way(*(int *)way);
	holder = names_start(names_wait, NULL);
	ck_assert_int_eq(mr_process_hold(holder, 0, &process, NULL), 0);
	unit_end(holder);
	stranger = start_with_number(holder);
	ck_assert_int_eq(mr_ending_signal(&process, SIGKILL), -ESRCH);
	ck_assert_int_eq(mr_ending_await(&process, 0), 0);
	mr_process_release(&process);
	support_sleep_us(50000);
	ck_assert_int_eq(support_state(stranger), 'S');
	unit_end(stranger);
	return 0;
}

START_TEST(a_signal_follows_no_number)
{
	ck_assert_int_eq(unit_in_child(signal_recycled, &_i), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *test;
	Suite *suite = unit_suite("stop", &test);

	tcase_add_loop_test(test, ends_it, 0, WAYS * (int)UNIT_COUNT(ends));
	tcase_add_test(test, one_that_completes_at_the_last_moment);
	tcase_add_test(test, nobody_to_end);
	tcase_add_test(test, the_next_one_is_left_alone);
	if (geteuid() != 0)
		return suite;
	tcase_add_loop_test(test, ends_an_init, 0, WAYS);
	tcase_add_test(test, not_ours_to_end);
	tcase_add_loop_test(test, not_who_was_given_its_number, 0, WAYS);
	tcase_add_loop_test(test, not_who_is_given_its_number_meanwhile, 0, WAYS);
	tcase_add_loop_test(test, a_signal_follows_no_number, 0, WAYS);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
