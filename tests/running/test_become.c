/*
 * Contract of maproot_ensure_root() and maproot_become(): a program that calls it goes on as root, with the same
 * arguments and environment, executed again exactly once where it has to be and not at all where it is root already or
 * may be; it ends as its second run ends. What is not itself on disk is refused, as is a namespace that is root's by its
 * capability bits and not by what it can do.
 */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *rooted; /* static library */
static const char *shared; /* shared library; NULL: not built */

static const char *const environment[] = {
	"B=2", "A=1", "A=1", "EMPTY=", "LD_LIBRARY_PATH=@", NULL
};

static void run(const struct support_command *command, struct support_result *ret_result)
{
	support_run(command, ret_result);
	ck_assert(!ret_result->timed_out);
}

static const char *const *words(const char *program, const char *how, const char *argument)
{
	static const char *argv[4];

	argv[0] = program;
	argv[1] = how;
	argv[2] = how ? argument : NULL;
	argv[3] = NULL;
	return argv;
}

static const char *expected(const char *first, const char *const *argv, const char *const *envp)
{
	const char *text = support_text("%s\n", first);

	for (; *argv; argv++)
		text = support_text("%sargument %s\n", text, *argv);
	for (; envp && *envp; envp++)
		text = support_text("%senvironment %s\n", text, *envp);
	return text;
}

static const char *program_of(int kind)
{
	return kind == 0 ? rooted : shared;
}

/* What a user's second run sees is what he gave: argv, argv[0] of his choice, environment in its order, the name. */
START_TEST(a_user_becomes_root)
{
	const char *envp[6];
	const char *const argv[] = { "a name of its own", "say", "", "x y", NULL };
	struct support_command command = { .argv = argv, .path = program_of(_i), .envp = envp };
	struct support_result result;

	if (!program_of(_i))
		return; /* a build without the shared library has one program less */
	memcpy(envp, environment, sizeof(envp));
	envp[4] = support_text("LD_LIBRARY_PATH=%s", support_directory());
	ck_assert_int_eq(unit_count_execs(&command, &result), 1);
	ck_assert_str_eq(result.err, "");
	ck_assert_str_eq(result.out,
			 expected(support_text("user 0 group 0 root 1 mapped 1 name %.15s",
					       strrchr(program_of(_i), '/') + 1),
				  argv, envp));
	ck_assert_int_eq(result.status, 0);
	support_release(&result);
}
END_TEST

START_TEST(root_stays_where_it_is)
{
	struct support_command command = { .argv = words(rooted, "say", NULL),
					   .as_root = true,
					   .envp = environment };
	struct support_result result;

	ck_assert_int_eq(unit_count_execs(&command, &result), 0);
	ck_assert_str_eq(result.out, expected("user 0 group 0 root 1 mapped 0 name rooted",
					      command.argv, environment));
	ck_assert_int_eq(result.status, 0);
	support_release(&result);
}
END_TEST

/* Permitted but not effective: raised, and not executed again. */
START_TEST(permitted_capabilities_are_raised)
{
	struct support_command command = { .argv = words(rooted, "unprivileged", NULL),
					   .as_root = true,
					   .envp = environment };
	struct support_result result;

	ck_assert_int_eq(unit_count_execs(&command, &result), 0);
	ck_assert_str_eq(result.out, expected("user 0 group 0 root 1 mapped 0 name rooted",
					      command.argv, environment));
	support_release(&result);
}
END_TEST

START_TEST(asking_again_is_answered_at_once)
{
	struct support_command command = { .argv = words(rooted, "twice", NULL),
					   .envp = environment };
	struct support_result result;

	ck_assert_int_eq(unit_count_execs(&command, &result), 1);
	ck_assert_int_eq(result.status, 0);
	support_release(&result);
}
END_TEST

static const struct {
	const char *how;
	const char *first;
	int execs;
} requests[] = {
	{ "in-place", "user 0 group 0 root 1 mapped 1 name rooted", 0 },
	{ "pid", "user 0 group 0 root 1 mapped 1 name rooted", 1 },
};

START_TEST(requests_of_ones_own)
{
	struct support_command command = { .argv = words(rooted, requests[_i].how, NULL),
					   .envp = environment };
	struct support_result result;

	ck_assert_int_eq(unit_count_execs(&command, &result), requests[_i].execs);
	ck_assert_str_eq(result.err, "");
	ck_assert_str_eq(result.out, expected(requests[_i].first, command.argv, environment));
	support_release(&result);
}
END_TEST

/* Untraced, since set-user-ID helpers have no rights below a tracer. */
START_TEST(subordinate_ids_of_the_user)
{
	struct support_command command = { .argv = words(rooted, "auto", NULL),
					   .envp = environment };
	struct support_result result;

	run(&command, &result);
	ck_assert_str_eq(result.err, "");
	ck_assert_str_eq(result.out, expected("user 0 group 0 root 1 mapped 65536 name rooted",
					      command.argv, environment));
	support_release(&result);
}
END_TEST

static const struct {
	const char *how;
	const char *number;
} ends[] = { { "status", "0" }, { "status", "1" }, { "status", "125" }, { "status", "255" }, { "signal", "15" }, { "signal", "9" }, { "signal", "6" }, { "signal", "64" } };

START_TEST(ends_as_its_second_run)
{
	struct support_command command = { .argv = words(rooted, ends[_i].how, ends[_i].number),
					   .envp = environment };
	int number = atoi(ends[_i].number);
	struct support_result result;

	run(&command, &result);
	if (strcmp(ends[_i].how, "status") == 0)
		ck_assert(WIFEXITED(result.status) && WEXITSTATUS(result.status) == number);
	else
		ck_assert(WIFSIGNALED(result.status) && WTERMSIG(result.status) == number);
	support_release(&result);
}
END_TEST

/* The file is gone, but the running program still is what it was. */
START_TEST(a_deleted_program)
{
	const char *copy = support_install(rooted, support_text("deleted-%d", (int)getpid()));
	struct support_command command = { .argv = words(copy, "unlink", NULL),
					   .envp = environment };
	struct support_result result;

	ck_assert_int_eq(chmod(support_directory(), 01777), 0);
	ck_assert_int_eq(chown(copy, support_user()->uid, support_user()->gid), 0);
	run(&command, &result);
	ck_assert_int_eq(access(copy, F_OK), -1);
	ck_assert_str_eq(result.err, "");
	ck_assert_ptr_nonnull(strstr(result.out, "user 0 group 0 root 1 mapped 1"));
	support_release(&result);
	ck_assert_int_eq(chmod(support_directory(), 0755), 0);
}
END_TEST

/* /proc/self/exe is another program then, and to execute that would be wrong. */
static const struct {
	const char *program;
	const char *option;
} emulators[] = {
	{ "/lib64/ld-linux-x86-64.so.2", NULL },
	{ "/usr/bin/valgrind", "-q" },
};

START_TEST(run_through_another_program)
{
	const char *argv[] = { emulators[_i].program,
			       emulators[_i].option ? emulators[_i].option : rooted,
			       emulators[_i].option ? rooted : "say",
			       emulators[_i].option ? "say" : NULL, NULL };
	const char *const envp[] = { "PATH=/usr/bin:/bin", NULL };
	struct support_command command = { .argv = argv, .envp = envp, .timeout_ms = 50000 };
	struct support_result result;

	if (UNIT_SANITIZED) {
		printf("skipped: a sanitized program runs through nothing else\n");
		return;
	}
	if (access(argv[0], X_OK) < 0) {
		printf("skipped: %s is not installed\n", argv[0]);
		return;
	}
	run(&command, &result);
	ck_assert_str_eq(result.out, "");
	ck_assert_msg(strstr(result.err,
			     support_text("rooted: cannot re-execute: /proc/self/exe is another "
					  "program than %s (run through a loader or an emulator)\n",
					  rooted)) != NULL,
		      "%s", result.err);
	ck_assert(WIFEXITED(result.status) && WEXITSTATUS(result.status) == 125);
	support_release(&result);
}
END_TEST

/* A marker that somebody else left, or made up. */
static const char *const forged[] = { "MAPROOT_REEXEC=1:68:0:0:x",
				      "MAPROOT_REEXEC=", "MAPROOT_REEXEC=yes" };

START_TEST(a_forged_marker_changes_nothing)
{
	const char *const envp[] = { "A=1", forged[_i], NULL };
	struct support_command command = { .argv = words(rooted, "say", NULL), .envp = envp };
	struct support_result result;

	ck_assert_int_eq(unit_count_execs(&command, &result), 1);
	ck_assert_str_eq(result.out, expected("user 0 group 0 root 1 mapped 1 name rooted",
					      command.argv, envp));
	support_release(&result);
}
END_TEST

static void deny_mount(void *arg)
{
	(void)arg;
	unit_deny(SYS_mount, EACCES);
}

static void silence_capget(void *arg)
{
	(void)arg;
	unit_deny(SYS_capget, 0);
}

static void deny_clone(void *arg)
{
	(void)arg;
	unit_deny(SYS_clone, ENOSPC);
}

/* By what it can do, not by its bits: never executed a second time. */
static const struct {
	void (*before)(void *arg);
	int execs;
	const char *said;
} failures[] = {
	{ deny_mount, 1, "rooted: cannot make the mounts below '/' slave: Permission denied\n" },
	{ silence_capget, 1,
	  "rooted: still without CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETUID, CAP_SETGID inside the "
	  "new user "
	  "namespace\n" },
	{ deny_clone, 0, "rooted: cannot create namespaces (mnt user): No space left on device\n" },
};

START_TEST(a_namespace_that_is_no_use)
{
	struct support_command command = { .argv = words(rooted, "say", NULL),
					   .before = failures[_i].before };
	struct support_result result;

	ck_assert_int_eq(unit_count_execs(&command, &result), failures[_i].execs);
	ck_assert_str_eq(result.err, failures[_i].said);
	ck_assert_str_eq(result.out, "");
	ck_assert(WIFEXITED(result.status) && WEXITSTATUS(result.status) == 125);
	support_release(&result);
}
END_TEST

/* A set-user-ID copy would let its caller choose namespaces for somebody else. */
static const struct {
	mode_t mode;
	const char *said;
} set_ids[] = {
	{ 04755, "rooted: refusing to run with an effective user other than the real one "
		 "(set-user-ID)\n" },
	{ 02755, "rooted: refusing to run with an effective group other than the real one "
		 "(set-group-ID)\n" },
};

START_TEST(a_set_id_copy_is_refused)
{
	const char *copy = support_install(rooted, support_text("set-id-%d", (int)getpid()));
	struct support_command command = { .argv = words(copy, "say", NULL) };
	struct support_result result;

	ck_assert_int_eq(chmod(copy, set_ids[_i].mode), 0);
	run(&command, &result);
	ck_assert_str_eq(result.err, set_ids[_i].said);
	ck_assert_str_eq(result.out, "");
	ck_assert(WIFEXITED(result.status) && WEXITSTATUS(result.status) == 125);
	support_release(&result);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("run/become", &tc);

	rooted = support_install(ROOTED_PATH, "rooted");
#ifdef ROOTED_SHARED_PATH
	shared = support_install(ROOTED_SHARED_PATH, "rooted-shared");
	(void)support_install(LIBRARY_PATH, "libmaproot.so.0");
#endif
	tcase_add_loop_test(tc, a_user_becomes_root, 0, 2);
	tcase_add_test(tc, root_stays_where_it_is);
	tcase_add_test(tc, permitted_capabilities_are_raised);
	tcase_add_test(tc, asking_again_is_answered_at_once);
	tcase_add_loop_test(tc, requests_of_ones_own, 0, UNIT_COUNT(requests));
	tcase_add_test(tc, subordinate_ids_of_the_user);
	tcase_add_loop_test(tc, ends_as_its_second_run, 0, UNIT_COUNT(ends));
	tcase_add_test(tc, a_deleted_program);
	tcase_add_loop_test(tc, run_through_another_program, 0, UNIT_COUNT(emulators));
	tcase_add_loop_test(tc, a_forged_marker_changes_nothing, 0, UNIT_COUNT(forged));
	tcase_add_loop_test(tc, a_namespace_that_is_no_use, 0, UNIT_COUNT(failures));
	tcase_add_loop_test(tc, a_set_id_copy_is_refused, 0, UNIT_COUNT(set_ids));
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
