/*
 * Contract of src/system/helper.h: a program is started in our memory without a copy of it, gets the descriptors that are
 * named and nothing else of the host's, leads a group of its own, is waited for with a limit and by signals where asked, and
 * what it said last is in the message of its failure. From any thread, whatever the host does with SIGCHLD and its stdio.
 */
#include "system/helper.h"

#include "place.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct mr_helper_run start_script(const char *script, struct mr_helper helper)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	struct mr_helper_run run = MR_HELPER_NONE;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	helper.path = "/bin/sh";
	helper.argv = argv;
	ck_assert_msg(mr_helper_start(&helper, &run, &err) == 0, "%s: %s", err.object, strerror(err.code));
	ck_assert_int_gt(run.pid, 0);
	return run;
}

static void check_released(const struct mr_helper_run *run)
{
	ck_assert_int_eq(run->pid, 0);
	ck_assert_int_eq(run->said, -1);
	ck_assert_int_eq(run->output, -1);
}

/* What the script printed. It has to succeed. */
static const char *output_of(const char *script, struct mr_helper helper)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	static _Thread_local char text[8192];
	siginfo_t info;

	helper.takes_output = true;

	struct mr_helper_run run = start_script(script, helper);

	ck_assert_int_eq(waitid(P_PID, (id_t)run.pid, &info, WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(mr_helper_output(&run, text, sizeof(text)), 0);
	ck_assert_msg(mr_helper_finish(&run, 0, &err) == 0, "%s", err.object);
	check_released(&run);
	return text;
}

static const struct {
	const char *script;
	int timeout_ms;
	const char *message; /* NULL: it succeeds */
} endings[] = {
	{ "exit 0", 0, NULL },
	{ "echo words; exit 0", 5000, NULL },
	{ "exit 3", 0, "sh ended with exit status 3" },
	{ "echo out; exit 4", 0, "sh: out (exit status 4)" },
	{ "echo out; echo err >&2; exit 4", 0, "sh: err (exit status 4)" },
	{ "printf 'first\\nno end of line'; exit 255", 0, "sh: no end of line (exit status 255)" },
	{ "printf 'last\\n\\n\\n'; exit 1", 5000, "sh: last (exit status 1)" },
	{ "echo said; kill -9 $$", 0, "sh was killed by signal 9" },
	{ "kill -TERM $$", 5000, "sh was killed by signal 15" },
	{ "sleep 1000", 100, "sh took longer than 100 ms" },
	{ "trap '' TERM INT HUP; sleep 1000 & sleep 1000", 100, "sh took longer than 100 ms" },
};

START_TEST(ends_are_told)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	size_t open = place_descriptors();
	struct mr_helper_run run = start_script(endings[_i].script, (struct mr_helper){ .path = NULL });
	int code = mr_helper_finish(&run, endings[_i].timeout_ms, &err);
	int status;

	check_released(&run);
	ck_assert_uint_eq(place_descriptors(), open);
	/* What the group had was killed with it, and has become an orphan of ours. */
	while (waitpid(-1, &status, __WALL) > 0)
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	if (!endings[_i].message) {
		ck_assert_int_eq(code, 0);
		return;
	}
	ck_assert_int_eq(code, -ECHILD);
	unit_check_error(&err, ECHILD, MAPROOT_STEP_PROGRAM_FAILED, support_text("%s", endings[_i].message));
}
END_TEST

/* It never waits for somebody to read; of a long last line the end is kept. */
START_TEST(says_what_it_likes)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_helper_run run = start_script(
		"i=0; while [ $i -lt 5000 ]; do echo 12345678901234567890123456789012345678901234567890123456789; "
		"i=$((i+1)); done; printf 'x%0300dend' 0; exit 7",
		(struct mr_helper){ .path = NULL });

	ck_assert_int_eq(mr_helper_finish(&run, 0, &err), -ECHILD);
	ck_assert_str_eq(strstr(err.object, "end"), "end (exit status 7)");
	ck_assert_ptr_null(strchr(err.object, '\n'));
}
END_TEST

START_TEST(what_cannot_be_executed_is_named)
{
	const char *text = unit_file(support_text("text-%d", (int)getpid()), "no program\n");
	const char *odd = unit_file(support_text("odd-%d", (int)getpid()), "#!/no/such/interpreter\n");
	const struct {
		const char *path;
		int code;
	} rows[] = { { "/no/such/program", ENOENT }, { "/etc", EACCES }, { text, EACCES }, { odd, ENOENT } };
	char *argv[] = { (char *)"x", NULL };
	struct mr_helper_run run = MR_HELPER_NONE;
	size_t open = place_descriptors();

	for (size_t at = 0; at < UNIT_COUNT(rows); at++) {
		const struct mr_helper helper = { .path = rows[at].path, .argv = argv, .takes_output = true };
		struct maproot_error err = MAPROOT_ERROR_INIT;

		ck_assert_int_eq(mr_helper_start(&helper, &run, &err), -rows[at].code);
		unit_check_error(&err, rows[at].code, MAPROOT_STEP_PROGRAM, NULL);
		ck_assert_str_eq(err.object, rows[at].path);
		check_released(&run);
		ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	}
	ck_assert_uint_eq(place_descriptors(), open);
}
END_TEST

START_TEST(gets_named_descriptors_alone)
{
	int ends[2];
	int kept;

	ck_assert_int_eq(pipe(ends), 0); /* not close-on-exec, as a careless host's */
	ck_assert_int_eq(dup2(ends[0], 200), 200);
	kept = dup3(ends[0], 9, O_CLOEXEC);
	ck_assert_int_eq(kept, 9);
	ck_assert_str_eq(output_of("ls /proc/$$/fd; true", (struct mr_helper){ .path = NULL }), "0\n1\n2\n");
	ck_assert_str_eq(output_of("ls /proc/$$/fd; true", (struct mr_helper){ .keep = &kept, .keep_count = 1 }),
			 "0\n1\n2\n9\n");
	ck_assert_int_eq(fcntl(kept, F_GETFD), FD_CLOEXEC); /* ours are as they were */
	ck_assert_int_eq(fcntl(200, F_GETFD), 0);
	ck_assert_int_eq((int)write(ends[1], "hello\n", 6), 6);
	ck_assert_int_eq(close(ends[1]), 0);
	ck_assert_str_eq(output_of("cat <&9", (struct mr_helper){ .keep = &kept, .keep_count = 1 }), "hello\n");
	ck_assert_str_eq(output_of("readlink /proc/self/fd/0", (struct mr_helper){ .path = NULL }), "/dev/null\n");
}
END_TEST

static void handle(int signal)
{
	(void)signal;
}

/*
 * What is ignored stays so over exec(2), but for SIGCHLD, without which a shell learns no status of its children, and SIGPIPE, which
 * some hosts ignore for themselves.
 */
START_TEST(gets_no_handler_and_no_mask)
{
	const struct sigaction handler = { .sa_handler = handle };
	sigset_t all;

	ck_assert_int_eq(sigaction(SIGUSR1, &handler, NULL), 0);
	ck_assert_ptr_ne(signal(SIGPIPE, SIG_IGN), SIG_ERR);
	ck_assert_ptr_ne(signal(SIGUSR2, SIG_IGN), SIG_ERR);
	sigfillset(&all);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &all, NULL), 0);
	ck_assert_str_eq(output_of("exec sed -nE '/^Sig(Blk|Ign|Cgt)/p' /proc/self/status",
				   (struct mr_helper){ .path = NULL }),
			 "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000800\nSigCgt:\t0000000000000000\n");
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &all), 0);
	ck_assert_int_eq(sigismember(&all, SIGUSR1), 1);
	ck_assert_int_eq(sigaction(SIGUSR1, NULL, (struct sigaction *)&handler), 0);
	ck_assert_ptr_eq(handler.sa_handler, handle);
}
END_TEST

START_TEST(environment_is_ours_or_given)
{
	char *const envp[] = { (char *)"A=1", (char *)"PATH=/bin:/usr/bin", NULL };

	ck_assert_int_eq(setenv("HELPER_TEST", "here", 1), 0);
	ck_assert_str_eq(output_of("echo $HELPER_TEST", (struct mr_helper){ .path = NULL }), "here\n");
	ck_assert_str_eq(output_of("echo $A$HELPER_TEST", (struct mr_helper){ .envp = envp }), "1\n");
}
END_TEST

START_TEST(leads_a_group)
{
	ck_assert_str_eq(output_of("set -- $$ $(cut -d' ' -f5 /proc/$$/stat); [ $1 = $2 ] && echo leads",
				   (struct mr_helper){ .path = NULL }),
			 "leads\n");
}
END_TEST

/* What is not copied into a fork(2) is seen all the same: it runs in our memory, of whatever size that is. */
START_TEST(memory_is_not_copied)
{
	char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char **argv = (char **)(void *)memory;
	struct mr_helper helper = { .path = memory + 512, .argv = argv };
	struct mr_helper_run run = MR_HELPER_NONE;

	ck_assert_ptr_ne(memory, MAP_FAILED);
	strcpy(memory + 512, "/bin/true");
	argv[0] = memory + 512;
	argv[1] = NULL;
	ck_assert_int_eq(madvise(memory, 4096, MADV_DONTFORK), 0);
	ck_assert_int_eq(mr_helper_start(&helper, &run, NULL), 0);
	ck_assert_int_eq(mr_helper_finish(&run, 0, NULL), 0);
}
END_TEST

/* Nobody can tell how it ended; that is a failure, and it did end. */
START_TEST(ignored_sigchld_is_said)
{
	char text[8] = "";
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_helper_run run;

	ck_assert_ptr_ne(signal(SIGCHLD, SIG_IGN), SIG_ERR);
	run = start_script("exit 0", (struct mr_helper){ .path = NULL });
	ck_assert_int_eq(mr_helper_finish(&run, 5000, &err), -ECHILD);
	ck_assert_str_eq(err.object, "sh ended, and its status can't be told: SIGCHLD is ignored here");
	check_released(&run);
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	run = start_script("sleep 1000", (struct mr_helper){ .path = NULL });
	ck_assert_int_eq(mr_helper_finish(&run, 50, &err), -ECHILD);
	ck_assert_str_eq(err.object, "sh took longer than 50 ms");
	/* Its own children's ends it is told all the same. */
	run = start_script("sh -c 'exit 6'; echo $?", (struct mr_helper){ .takes_output = true });
	while (mr_helper_output(&run, text, sizeof(text)) == 0 && text[0] == '\0')
		support_sleep_us(1000);
	ck_assert_str_eq(text, "6\n");
	mr_helper_end(&run, 0);
	check_released(&run);
}
END_TEST

enum { BY_DEFAULT,
       IGNORED,
       HANDLED };

static const struct {
	bool heeds;
	int signal;
	int action;
	bool ends;
} signals[] = {
	{ true, SIGTERM, BY_DEFAULT, true },
	{ true, SIGINT, BY_DEFAULT, true },
	{ true, SIGHUP, BY_DEFAULT, true },
	{ true, SIGQUIT, BY_DEFAULT, true },
	{ true, SIGTERM, IGNORED, false },
	{ true, SIGTERM, HANDLED, false },
	{ true, SIGUSR1, BY_DEFAULT, false }, /* may be for the command */
	{ true, SIGWINCH, BY_DEFAULT, false },
	{ false, SIGTERM, BY_DEFAULT, false },
};

START_TEST(signals_end_the_waiting)
{
	static void (*const actions[])(int) = { SIG_DFL, SIG_IGN, handle };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_helper_run run;
	sigset_t all;
	int code;

	ck_assert_ptr_ne(signal(signals[_i].signal, actions[signals[_i].action]), SIG_ERR);
	sigfillset(&all);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &all, NULL), 0);
	run = start_script(signals[_i].ends ? "sleep 1000 & sleep 1000" : "sleep 0.2",
			   (struct mr_helper){ .heeds = signals[_i].heeds ? MR_HELPER_ENDING : 0 });
	ck_assert_int_eq(kill(getpid(), signals[_i].signal), 0);
	code = mr_helper_finish(&run, 0, &err);
	check_released(&run);
	if (!signals[_i].ends) {
		ck_assert_int_eq(code, 0);
		return;
	}
	ck_assert_int_eq(code, -EINTR);
	unit_check_error(&err, EINTR, MAPROOT_STEP_INTERRUPTED,
			 support_text("ended while starting, by signal %d", signals[_i].signal));
}
END_TEST

START_TEST(closed_stdio_stays_closed)
{
	struct mr_helper_run run;
	char text[64];
	int code;
	int open = 0;
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid > 0) {
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		return;
	}
	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	run = start_script("echo out; echo err >&2; exit 5", (struct mr_helper){ .takes_output = true });
	for (int fd = 0; fd < 3; fd++)
		open += fcntl(fd, F_GETFD) >= 0;
	while (mr_helper_output(&run, text, sizeof(text)) == 0 && text[0] == '\0')
		support_sleep_us(1000);
	code = mr_helper_finish(&run, 0, NULL);
	_exit(open == 0 && code == -ECHILD && strcmp(text, "out\n") == 0 ? 0 : 1);
}
END_TEST

START_TEST(output_has_to_fit)
{
	struct mr_helper_run run = start_script("printf 12345", (struct mr_helper){ .takes_output = true });
	siginfo_t info;
	char text[6] = "";

	ck_assert_int_eq(waitid(P_PID, (id_t)run.pid, &info, WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(mr_helper_output(&run, text, 5), -E2BIG);
	ck_assert_int_eq(mr_helper_output(&run, text, 6), 0);
	ck_assert_str_eq(text, "12345");
	ck_assert_int_eq(mr_helper_finish(&run, 0, NULL), 0);
}
END_TEST

static const struct {
	const char *script; /* its descriptor is 9 */
	int timeout_ms;
	const char *message; /* NULL: it is ready */
} readies[] = {
	{ "printf x >&9; exec sleep 1000", 0, NULL },
	{ "exec 9>&-; exec sleep 1000", 5000, NULL },
	{ "echo no such thing; exit 2", 0, "sh: no such thing (exit status 2)" },
	{ "exit 0", 5000, "sh ended before it was ready" },
	{ "kill -9 $$", 0, "sh was killed by signal 9" },
	{ "sleep 1000", 100, "sh took longer than 100 ms" },
};

START_TEST(readiness_is_awaited)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	static const int nine = 9;
	struct mr_helper_run run;
	int ends[2];
	int code;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup3(ends[1], 9, O_CLOEXEC), 9);
	run = start_script(readies[_i].script, (struct mr_helper){ .keep = &nine, .keep_count = 1 });
	/* One that has ended is not to be taken for one that closed: there is a writer left, as with a child of its own. */
	if (!readies[_i].message) {
		(void)close(9);
		(void)close(ends[1]);
	}
	code = mr_helper_await(&run, ends[0], readies[_i].timeout_ms, &err);
	if (readies[_i].message) {
		ck_assert_int_eq(code, -ECHILD);
		ck_assert_str_eq(err.object, readies[_i].message);
		check_released(&run);
		return;
	}
	ck_assert_msg(code == 0, "%s", err.object);
	ck_assert_int_eq(kill(run.pid, 0), 0);
	ck_assert_int_ne(support_state(run.pid), 'Z');
	mr_helper_end(&run, 0);
	check_released(&run);
}
END_TEST

START_TEST(ready_and_dead_is_not_ready)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	static const int nine = 9;
	struct mr_helper_run run;
	siginfo_t info;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup3(ends[1], 9, O_CLOEXEC), 9);
	run = start_script("printf x >&9; exit 3", (struct mr_helper){ .keep = &nine, .keep_count = 1 });
	ck_assert_int_eq(waitid(P_PID, (id_t)run.pid, &info, WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(mr_helper_await(&run, ends[0], 0, &err), -ECHILD);
	ck_assert_str_eq(err.object, "sh ended with exit status 3");
	check_released(&run);
}
END_TEST

START_TEST(is_ended_politely_if_asked)
{
	const char *file = support_text("%s/told-%d", support_user()->home, (int)getpid());
	struct mr_helper_run run = start_script(
		support_text("trap 'echo told >%s; exit 0' TERM; echo on; while :; do sleep 0.01; done", file),
		(struct mr_helper){ .takes_output = true });
	struct mr_helper_run none = MR_HELPER_NONE;
	char text[8] = "";
	char *told;

	while (text[0] == '\0')
		(void)mr_helper_output(&run, text, sizeof(text));
	mr_helper_end(&run, 10000);
	check_released(&run);
	told = support_read(file, NULL);
	ck_assert_ptr_nonnull(told);
	ck_assert_str_eq(told, "told\n");
	free(told);
	run = start_script("trap '' TERM; sleep 1000 & while :; do sleep 1000; done",
			   (struct mr_helper){ .takes_output = true });
	mr_helper_end(&run, 50);
	check_released(&run);
	mr_helper_end(&none, 1000);
}
END_TEST

struct lone {
	bool dies;
	int pipe;
};

static int start_and_die(void *arg)
{
	const struct lone *lone = arg;
	struct mr_helper_run run = start_script("exec sleep 1000", (struct mr_helper){ .dies_with_us = lone->dies });

	if (write(lone->pipe, &run.pid, sizeof(run.pid)) != sizeof(run.pid))
		return 1;
	(void)raise(SIGKILL);
	return 1;
}

START_TEST(dies_with_its_starter_if_asked)
{
	struct lone lone = { .dies = _i == 1 };
	pid_t pid = 0;
	int ends[2];
	int status;

	ck_assert_int_eq(pipe(ends), 0);
	lone.pipe = ends[1];
	status = unit_in_child(start_and_die, &lone);
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
	ck_assert_int_eq((int)read(ends[0], &pid, sizeof(pid)), (int)sizeof(pid));
	if (!lone.dies)
		ck_assert_int_eq(kill(pid, SIGTERM), 0);
	/* An orphan is ours: waited for, it says by which signal it ended. */
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WTERMSIG(status), lone.dies ? SIGKILL : SIGTERM);
}
END_TEST

enum { THREADS = 8 };

static void *start_many(void *arg)
{
	const int rounds = support_size(5, 20, 100);
	const intptr_t number = (intptr_t)arg;
	int kept = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (int round = 0; round < rounds; round++) {
		struct maproot_error err = MAPROOT_ERROR_INIT;
		struct mr_helper_run run;
		char want[64];
		char script[32];

		(void)snprintf(want, sizeof(want), "0\n1\n2\n%d\n", kept);
		(void)snprintf(script, sizeof(script), "exit %d", (int)number + 1);
		ck_assert_str_eq(output_of("ls -v /proc/$$/fd; true",
					   (struct mr_helper){ .keep = &kept, .keep_count = 1 }),
				 want);
		run = start_script(script, (struct mr_helper){ .path = NULL });
		ck_assert_int_eq(mr_helper_finish(&run, 0, &err), -ECHILD);
		(void)snprintf(want, sizeof(want), "sh ended with exit status %d", (int)number + 1);
		ck_assert_str_eq(err.object, want);
	}
	(void)close(kept);
	return NULL;
}

START_TEST(threads_start_side_by_side)
{
	size_t open = place_descriptors();
	pthread_t thread[THREADS];

	for (intptr_t at = 0; at < THREADS; at++)
		ck_assert_int_eq(pthread_create(&thread[at], NULL, start_many, (void *)at), 0);
	for (size_t at = 0; at < THREADS; at++)
		ck_assert_int_eq(pthread_join(thread[at], NULL), 0);
	ck_assert_uint_eq(place_descriptors(), open);
}
END_TEST

START_TEST(own_programs_are_found)
{
	const char *directory = support_text("%s/libexec-%d", support_directory(), (int)getpid());
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char path[4096] = "";

	ck_assert_int_eq(mkdir(directory, 0755), 0);
	(void)unit_file(support_text("%s/maproot-test", directory), "#!/bin/sh\n");
	(void)unit_file(support_text("%s/maproot-text", directory), "text\n");
	ck_assert_int_eq(mr_helper_find_own("maproot-test", path, sizeof(path), &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_PROGRAM, NULL);
	ck_assert_str_eq(err.object, "maproot-test");
	ck_assert_int_eq(setenv("MAPROOT_LIBEXEC", directory, 1), 0);
	ck_assert_int_eq(mr_helper_find_own("maproot-test", path, sizeof(path), &err), 0);
	ck_assert_str_eq(path, support_text("%s/maproot-test", directory));
	/* No program, a directory, and what does not fit. */
	ck_assert_int_eq(mr_helper_find_own("maproot-text", path, sizeof(path), &err), -ENOENT);
	ck_assert_int_eq(mr_helper_find_own("..", path, sizeof(path), &err), -ENOENT);
	ck_assert_int_eq(mr_helper_find_own("maproot-test", path, strlen(directory) + 5, &err), -ENOENT);
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("helper", &tests);

	tcase_add_loop_test(tests, ends_are_told, 0, UNIT_COUNT(endings));
	tcase_add_test(tests, says_what_it_likes);
	tcase_add_test(tests, what_cannot_be_executed_is_named);
	tcase_add_test(tests, gets_named_descriptors_alone);
	tcase_add_test(tests, gets_no_handler_and_no_mask);
	tcase_add_test(tests, environment_is_ours_or_given);
	tcase_add_test(tests, leads_a_group);
	tcase_add_test(tests, memory_is_not_copied);
	tcase_add_test(tests, ignored_sigchld_is_said);
	tcase_add_loop_test(tests, signals_end_the_waiting, 0, UNIT_COUNT(signals));
	tcase_add_test(tests, closed_stdio_stays_closed);
	tcase_add_test(tests, output_has_to_fit);
	tcase_add_loop_test(tests, readiness_is_awaited, 0, UNIT_COUNT(readies));
	tcase_add_test(tests, ready_and_dead_is_not_ready);
	tcase_add_test(tests, is_ended_politely_if_asked);
	tcase_add_loop_test(tests, dies_with_its_starter_if_asked, 0, 2);
	tcase_add_test(tests, threads_start_side_by_side);
	tcase_add_test(tests, own_programs_are_found);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
