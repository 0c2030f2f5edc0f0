/*
 * Contract of maproot_start() and maproot_wait() with a control group: the command starts in it or, where the kernel can't, is moved there
 * while it is held; all that is left in it ends with the command; what can't be undone is complained of and stays in the
 * record until maproot_gc() undoes it. Side by side in threads, cancelled, and under a host that ignores SIGCHLD.
 */
#include "engines.h"

#include <sys/socket.h>
#include <sys/syscall.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

static const struct maproot_cgroup some_cgroup = { .manager = MAPROOT_CGROUP_FS };
static const struct maproot_request with_cgroup = { .death_signal = SIGKILL, .cgroup = &some_cgroup };

/* `_i` 1: clone3(2) is not there. */
START_TEST(command_starts_in_it)
{
	const struct maproot_engine engine = { .id = "started" };
	const char *want;

	engines_place(false);
	want = support_text("0::%s/maproot-started\n", groups_of(getpid(), "0::"));
	if (_i)
		unit_deny(SYS_clone3, ENOSYS);
	ck_assert_int_eq(engines_wait(engines_run(&with_cgroup, &engine,
						  "grep ^0:: /proc/self/cgroup >$XDG_RUNTIME_DIR/said; exit 4")),
			 4 << 8);
	ck_assert_str_eq(engines_said("said"), want);
	engines_check_gone();
}
END_TEST

START_TEST(moved_while_held_too)
{
	static const char *const commands[] = { NULL, "grep ^0:: /proc/{pid}/cgroup >$XDG_RUNTIME_DIR/said" };
	struct maproot_request request = with_cgroup;
	const struct maproot_engine engine = { .id = "held", .setup = { .command = commands[1] } };
	const char *want;

	engines_place(false);
	request.namespaces = _i / 2 ? BIT(PID) : 0;
	want = support_text("0::%s/maproot-held\n", groups_of(getpid(), "0::"));
	if (_i % 2)
		unit_deny(SYS_clone3, ENOSYS);
	ck_assert_int_eq(engines_wait(engines_run(&request, &engine, "exit 0")), 0);
	ck_assert_str_eq(engines_said("said"), want);
	engines_check_gone();
}
END_TEST

/* They are not this process's children and share its pid namespace; a fork bomb among them. */
static const char *const leftovers[] = {
	"setsid sleep 1000 & exit 5",
	"(setsid sh -c 'trap \"\" TERM HUP INT; while :; do sleep 1; done' &) ; exit 5",
	"i=0; while [ $i -lt 20 ]; do setsid sleep 1000 & i=$((i+1)); done; exit 5",
	"setsid sh -c 'f() { sleep 0.01; f & f & wait; }; f' & sleep 0.05; exit 5",
};

START_TEST(what_is_left_in_it_ends)
{
	const struct maproot_engine engine = { .complain = engines_complain };

	engines_place(false);
	ck_assert_int_eq(engines_wait(engines_run(&with_cgroup, &engine, leftovers[_i])), 5 << 8);
	ck_assert_int_eq(engines_complaints, 0);
	/* At once, not some time later. */
	ck_assert_uint_eq(support_descendants(getpid(), NULL, 0), 0);
	engines_check_gone();
}
END_TEST

START_TEST(limits_that_are_nowhere_are_named)
{
	static const char *const limits[] = { "nosuch.max=5" };
	static const struct maproot_cgroup limited = { .limits = limits, .limit_count = 1 };
	const struct maproot_request request = { .cgroup = &limited };
	struct maproot_running *running;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	engines_place(false);
	ck_assert_int_lt(engines_start(&request, NULL, "exit 0", &running, &err), 0);
	ck_assert_int_eq(err.step, MAPROOT_STEP_CGROUP_LIMIT);
	ck_assert_ptr_nonnull(strstr(err.object, "nosuch"));
	engines_check_gone();
}
END_TEST

/* Root's hand, for a test that is the user's by then: each byte is one act. */
static int ask_root;

static void act_as_root(int from, const char *path)
{
	char act;

	while (read(from, &act, 1) == 1) {
		uid_t owner = act == 't' ? 0 : support_user()->uid;

		if (chown(path, owner, (gid_t)-1) < 0 || write(from, &act, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static pid_t start_root(const char *path)
{
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)close(ends[1]);
		act_as_root(ends[0], path);
	}
	(void)close(ends[0]);
	ask_root = ends[1];
	return pid;
}

static void ask(char act)
{
	ck_assert_int_eq((int)write(ask_root, &act, 1), 1);
	ck_assert_int_eq((int)read(ask_root, &act, 1), 1);
}

static void note_id(void *arg, const char *id)
{
	ck_assert_str_eq(id, arg);
}

START_TEST(what_cannot_be_undone_stays_written_down)
{
	const struct maproot_engine engine = { .id = "stuck", .complain = engines_complain };
	struct maproot_name_record record;
	struct maproot_running *running;
	const char *group;
	pid_t root;

	/* The directory that the group is in is not the user's any more when it is to be removed. */
	group = support_text("%s/user/%d", groups_base[GROUPS_V2], (int)getpid());
	groups_delegate(group);
	root = start_root(group);
	engines_place(false);
	running = engines_run(&with_cgroup, &engine, "exit 6");
	ask('t');
	ck_assert_int_eq(engines_wait(running), 6 << 8);
	ck_assert_int_eq(engines_complaints, 1);
	ck_assert_int_eq(engines_complaint.step, MAPROOT_STEP_CGROUP_REMOVE);
	ck_assert_uint_eq(groups_count(engines_group), 1);
	ck_assert_int_eq(maproot_state_find("stuck", &record, NULL), 0);
	ck_assert_int_eq(record.state, MAPROOT_STATE_STOPPED);
	ck_assert_uint_eq(record.made_count, 1);
	ck_assert_str_eq(record.made[0], support_text("cgroup:%s/maproot-stuck", engines_group));
	ask('g');
	ck_assert_int_eq(shutdown(ask_root, SHUT_WR), 0);
	ck_assert_int_eq(waitpid(root, NULL, 0), root);
	/* It is nobody's any more, although this process lives on; and not to be taken before it is taken down. */
	ck_assert_int_eq(engines_start(&with_cgroup, &engine, "exit 0", &running, NULL), -EEXIST);
	ck_assert_int_eq(maproot_gc(note_id, (void *)"stuck", NULL), 1);
	ck_assert_int_eq(maproot_gc(note_id, (void *)"stuck", NULL), 0);
	engines_check_gone();
}
END_TEST

enum { THREADS = 8 };

static int look(void *arg, pid_t pid, struct maproot_error *err)
{
	(void)err;
	ck_assert_int_eq(kill(pid, 0), 0);
	++*(int *)arg;
	return 0;
}

static void *run_many(void *arg)
{
	const int rounds = support_size(3, 10, 50);
	int number = *(int *)arg;
	int calls = 0;
	const struct maproot_engine engine = { .setup = { .call = look, .arg = &calls },
					       .started = { .command = "exit 0" },
					       .complain = engines_complain };
	char script[32];

	(void)snprintf(script, sizeof(script), "exit %d", number);
	for (int round = 0; round < rounds; round++)
		ck_assert_int_eq(engines_wait(engines_run(&with_cgroup, &engine, script)), number << 8);
	ck_assert_int_eq(calls, rounds);
	return NULL;
}

START_TEST(threads_run_side_by_side)
{
	pthread_t thread[THREADS];
	int number[THREADS];

	engines_place(false);
	for (int at = 0; at < THREADS; at++) {
		number[at] = at + 1;
		ck_assert_int_eq(pthread_create(&thread[at], NULL, run_many, &number[at]), 0);
	}
	for (int at = 0; at < THREADS; at++)
		ck_assert_int_eq(pthread_join(thread[at], NULL), 0);
	ck_assert_int_eq(engines_complaints, 0);
	engines_check_gone();
}
END_TEST

static int cancel_oneself(void *arg, pid_t pid, struct maproot_error *err)
{
	(void)arg;
	(void)pid;
	(void)err;
	(void)pthread_cancel(pthread_self());
	return 0;
}

static __attribute__((noinline)) void run_and_wait(int *ret_status)
{
	const struct maproot_engine engine = { .setup = { .call = cancel_oneself },
					       .started = { .command = "sleep 0.1" },
					       .complain = engines_complain };
	struct maproot_running *running;

	/* Nothing in between: much of what a test says is a place to be cancelled at. */
	if (engines_start(&with_cgroup, &engine, "sleep 0.2; exit 8", &running, NULL) == 0)
		(void)maproot_wait(running, ret_status, NULL);
}

/* Cancelled from the start on: it is waited for all the same, and the thread ends where it says so. */
static void *run_cancelled(void *arg)
{
	run_and_wait(arg);
	pthread_testcancel();
	return NULL;
}

START_TEST(a_cancelled_thread_leaves_nothing)
{
	pthread_t thread;
	void *result = NULL;
	int status = -1;

	engines_place(false);
	ck_assert_int_eq(pthread_create(&thread, NULL, run_cancelled, &status), 0);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	ck_assert_int_eq(status, 8 << 8);
	ck_assert_int_eq(engines_complaints, 0);
	engines_check_gone();
}
END_TEST

/* The status is nobody's then, which is said; everything goes all the same. */
START_TEST(a_host_that_ignores_sigchld)
{
	int calls = 0;
	const struct maproot_engine engine = { .id = "ignored",
					       .setup = { .call = look, .arg = &calls },
					       .complain = engines_complain };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int status = -1;

	engines_place(false);
	ck_assert_ptr_ne(signal(SIGCHLD, SIG_IGN), SIG_ERR);
	ck_assert_int_eq(maproot_wait(engines_run(&with_cgroup, &engine, "setsid sleep 1000 & exit 8"), &status, &err),
			 -ECHILD);
	ck_assert_int_eq(err.step, MAPROOT_STEP_SUPERVISE);
	ck_assert_int_eq(status, -1);
	ck_assert_int_eq(calls, 1);
	ck_assert_int_eq(engines_complaints, 0);
	engines_check_gone();
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = engines_suite("engine_group", &tests);

	tcase_add_loop_test(tests, command_starts_in_it, 0, 2);
	tcase_add_loop_test(tests, moved_while_held_too, 0, 4);
	tcase_add_loop_test(tests, what_is_left_in_it_ends, 0, UNIT_COUNT(leftovers));
	tcase_add_test(tests, limits_that_are_nowhere_are_named);
	tcase_add_test(tests, what_cannot_be_undone_stays_written_down);
	tcase_add_test(tests, threads_run_side_by_side);
	tcase_add_test(tests, a_cancelled_thread_leaves_nothing);
	tcase_add_test(tests, a_host_that_ignores_sigchld);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
