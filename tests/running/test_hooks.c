/*
 * Contract of the hooks of <maproot/engine.h>: called or run in the caller's namespaces with the process's number, setup while the
 * child is held and started when the command executes; what fails, by status, signal or time, or is interrupted, ends the run
 * with what it said in the message, and nothing is left; so does the end of the child meanwhile.
 */
#include "engines.h"

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

static const struct maproot_cgroup some_cgroup = { .manager = MAPROOT_CGROUP_FS };
static const struct maproot_request with_cgroup = { .death_signal = SIGKILL, .cgroup = &some_cgroup };
static const struct maproot_request with_init = { .death_signal = SIGKILL, .namespaces = BIT(PID) };

static struct maproot_engine hooked(bool started, struct maproot_hook hook)
{
	struct maproot_engine engine = { .id = "hooked" };

	*(started ? &engine.started : &engine.setup) = hook;
	return engine;
}

START_TEST(commands_are_told)
{
	const struct maproot_engine engine =
		hooked(_i, (struct maproot_hook){
				   .command = "echo {pid} {pid}$MAPROOT_PID $MAPROOT_ID $MAPROOT_TEST {pi} >\"$XDG_RUNTIME_DIR\"/said; "
					      "readlink /proc/self/ns/user /proc/self/ns/mnt /proc/$MAPROOT_PID/ns/user "
					      ">>\"$XDG_RUNTIME_DIR\"/said; echo this is nowhere" });
	struct maproot_running *running;
	int pid;

	engines_place(false);
	ck_assert_int_eq(setenv("MAPROOT_PID", "1", 1), 0); /* of a run that this one is in */
	ck_assert_int_eq(setenv("MAPROOT_ID", "outer", 1), 0);
	ck_assert_int_eq(setenv("MAPROOT_TEST", "caller's", 1), 0);
	running = engines_run(&with_cgroup, &engine, "sleep 1000");
	pid = maproot_running_child(running)->pid;
	ck_assert_str_eq(engines_said("said"),
			 support_text("%d %d%d hooked caller's {pi}\n%s\n%s\n%s\n", pid, pid, pid,
				      engines_link("/proc/self/ns/user"), engines_link("/proc/self/ns/mnt"),
				      engines_link(support_text("/proc/%d/ns/user", pid))));
	ck_assert_str_ne(engines_link("/proc/self/ns/user"), engines_link(support_text("/proc/%d/ns/user", pid)));
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(engines_wait(running), SIGKILL);
	engines_check_gone();
}
END_TEST

static const struct {
	const char *command;
	int timeout_ms;
	const char *object; /* after "WHICH hook failed: " */
} failures[] = {
	{ "exit 3", 0, "sh ended with exit status 3" },
	{ "echo first; echo no luck >&2; exit 4", 5000, "sh: no luck (exit status 4)" },
	{ "kill -KILL $$", 0, "sh was killed by signal 9" },
	{ "sleep 1000 & sleep 1000", 100, "sh took longer than 100 ms" },
	{ "/no/such/program", 0, "sh: sh: 1: /no/such/program: not found (exit status 127)" },
};

START_TEST(what_fails_ends_the_run)
{
	static const struct maproot_request *const requests[] = { &with_cgroup, &with_init };
	const struct maproot_engine engine = hooked(_i % 2, (struct maproot_hook){ .command = failures[_i / 4].command,
										   .timeout_ms = failures[_i / 4].timeout_ms });

	engines_place(false);
	engines_fail(requests[_i / 2 % 2], &engine, "sleep 1000", ECHILD, MAPROOT_STEP_HOOK,
		     support_text("%s hook failed: %s", _i % 2 ? "started" : "setup", failures[_i / 4].object));
}
END_TEST

static int refuse(void *arg, pid_t pid, struct maproot_error *err)
{
	ck_assert_int_gt(pid, 0);
	*err = (struct maproot_error){ EXDEV, MAPROOT_STEP_SPEC, "" };
	(void)snprintf(err->object, sizeof(err->object), "%s", (const char *)arg);
	return -EXDEV;
}

START_TEST(a_call_says_what_is_wrong)
{
	const struct maproot_engine engine = hooked(_i, (struct maproot_hook){ .call = refuse, .arg = (void *)"so it is" });

	engines_place(false);
	engines_fail(&with_cgroup, &engine, "sleep 1000", EXDEV, MAPROOT_STEP_SPEC, "so it is");
}
END_TEST

static int kill_it(void *arg, pid_t pid, struct maproot_error *err)
{
	(void)err;
	ck_assert_int_eq(kill(pid, *(const int *)arg), 0);
	/* It is not reaped before it is asked for. */
	while (support_state(pid) != 'Z')
		support_sleep_us(100);
	return 0;
}

/* By a call, and by a command; also where another process than this will be the command's. */
START_TEST(held_child_that_is_killed)
{
	static const int sigkill = SIGKILL;
	const struct maproot_hook hooks[] = { { .call = kill_it, .arg = (void *)&sigkill }, { .command = "kill -9 {pid}" } };
	const struct maproot_engine engine = hooked(false, hooks[_i % 2]);

	engines_place(false);
	engines_fail(_i < 2 ? &with_cgroup : &with_init, &engine, "sleep 1000", ECHILD, MAPROOT_STEP_KILLED, "by signal 9");
}
END_TEST

/* That is how the command ends, no failure of the hook's. */
START_TEST(command_that_is_killed_by_the_started_hook)
{
	const struct maproot_engine engine = hooked(true, (struct maproot_hook){ .command = "kill -9 {pid}" });

	engines_place(false);
	ck_assert_int_eq(engines_wait(engines_run(&with_cgroup, &engine, "sleep 1000")), SIGKILL);
	engines_check_gone();
}
END_TEST

/* Everything else was made by then. */
START_TEST(command_that_is_not_found)
{
	char *const argv[] = { (char *)(_i ? "/etc/passwd" : "no-such-program"), NULL };
	struct maproot_engine engine = hooked(false, (struct maproot_hook){ .command = "touch \"$XDG_RUNTIME_DIR\"/setup" });
	struct maproot_running *running = NULL;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	engines_place(false);
	engine.started.command = "touch \"$XDG_RUNTIME_DIR\"/started";
	ck_assert_int_eq(maproot_start(&with_cgroup, &engine, argv, NULL, &running, &err), _i ? -EACCES : -ENOENT);
	ck_assert_int_eq(maproot_error_status(&err), _i ? 126 : 127);
	ck_assert_ptr_null(running);
	ck_assert_str_eq(engines_said("setup"), "");
	ck_assert_str_eq(engines_said("started"), "nothing");
	engines_check_gone();
}
END_TEST

struct interruption {
	bool blocked; /* the host's own mask has it */
	int signal;
};

static int be_interrupted(void *arg)
{
	const struct interruption *interruption = arg;
	const char *command = interruption->blocked ? "kill -TERM $PPID; sleep 1" : "kill -TERM $PPID; sleep 1000";
	struct maproot_engine engine = hooked(false, (struct maproot_hook){ .command = command });
	struct maproot_running *running = NULL;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	sigset_t term;
	int status;

	engine.stand_in = true;
	ck_assert_ptr_ne(signal(SIGTERM, SIG_DFL), SIG_ERR); /* Check has a handler */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	if (interruption->blocked)
		ck_assert_int_eq(sigprocmask(SIG_BLOCK, &term, &engines_mask), 0);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &engines_mask), 0);
	if (interruption->blocked) {
		/* It waits for the command now, which has it blocked too. */
		ck_assert_int_eq(engines_start(&with_cgroup, &engine, "exec sleep 1000", &running, &err), 0);
		ck_assert_int_eq(kill(maproot_running_child(running)->pid, SIGKILL), 0);
		status = engines_wait(running);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		return 42;
	}
	ck_assert_int_eq(engines_start(&with_cgroup, &engine, "sleep 1000", &running, &err), -EINTR);
	unit_check_error(&err, EINTR, MAPROOT_STEP_INTERRUPTED, "ended while starting, by signal 15");
	engines_check_gone();
	return 42;
}

/* It ends as it would without us; but first what was made is taken down. What the caller has blocked ends nothing. */
START_TEST(signal_ends_a_stand_in_that_starts)
{
	struct interruption interruption = { .blocked = _i == 1 };
	int status;

	engines_place(false);
	status = unit_in_child(be_interrupted, &interruption);
	if (interruption.blocked)
		ck_assert_int_eq(status, 42 << 8);
	else
		ck_assert_int_eq(status, SIGTERM);
	engines_check_gone();
}
END_TEST

static int stand_in(void *arg)
{
	struct maproot_engine engine = hooked(false, (struct maproot_hook){ .command = "kill -USR1 $PPID" });
	int status;

	(void)arg;
	engine.stand_in = true;
	engine.started.command = "exit 0";
	ck_assert_ptr_ne(signal(SIGCHLD, SIG_IGN), SIG_ERR);
	status = engines_wait(engines_run(&with_cgroup, &engine, "exec sleep 1000"));
	ck_assert_uint_eq(support_wait_alone(5000), 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* What comes while a hook runs is the command's, and so is SIGCHLD's being ignored. */
START_TEST(signals_are_the_commands)
{
	engines_place(false);
	ck_assert_int_eq(unit_in_child(stand_in, NULL), SIGUSR1 << 8);
	engines_check_gone();
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = engines_suite("hooks", &tests);

	tcase_add_loop_test(tests, commands_are_told, 0, 2);
	tcase_add_loop_test(tests, what_fails_ends_the_run, 0, 4 * UNIT_COUNT(failures));
	tcase_add_loop_test(tests, a_call_says_what_is_wrong, 0, 2);
	tcase_add_loop_test(tests, held_child_that_is_killed, 0, 4);
	tcase_add_test(tests, command_that_is_killed_by_the_started_hook);
	tcase_add_loop_test(tests, command_that_is_not_found, 0, 2);
	tcase_add_loop_test(tests, signal_ends_a_stand_in_that_starts, 0, 2);
	tcase_add_test(tests, signals_are_the_commands);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
