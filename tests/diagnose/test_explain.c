/*
 * Contract of <maproot/explain.h> where nothing is wrong: on a machine on which all works no cause is named for any
 * error but by the error itself; what was ruled out is told. Nothing is changed: no process, mount, descriptor, signal
 * is different afterwards, SIGCHLD does not come. A host with threads and handlers may call it.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <maproot/explain.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct maproot_explanation explain(int code, enum maproot_step step, const char *object)
{
	struct maproot_error err = { .code = code, .step = step };
	struct maproot_explanation why = MAPROOT_EXPLANATION_INIT;

	strncpy(err.object, object, sizeof(err.object) - 1);
	ck_assert_int_eq(maproot_error_explain(&err, NULL, NULL, &why), 0);
	return why;
}

/* Errors that say it all by themselves: nothing else can be meant. */
static bool is_certain(const char *id)
{
	static const char *const certain[] = { "request", "interpreter-missing", "command-missing",
					       "id-not-mapped", "path-missing", "command-path-missing", "network-program-missing",
					       "rlimit-hard", "oom-score-floor", "path-component",
					       "not-executable", "sysctl-unknown", NULL };

	for (size_t at = 0; certain[at]; at++) {
		if (strcmp(id, certain[at]) == 0)
			return true;
	}
	return false;
}

START_TEST(nothing_is_named_where_nothing_is_wrong)
{
	static const int codes[] = { EPERM, ENOENT, ESRCH, EACCES, EAGAIN, ENOMEM, EINVAL, EMFILE,
				     ENFILE, ENOSPC, EROFS, ENOSYS, ENODEV, ENOTDIR, EUSERS, EBUSY };
	static const char *const objects[] = {
		"mnt user", "/bin/sh",
		"/proc/self/uid_map", "a new proc on '/proc'",
		"newuidmap", "newuidmap: write to uid_map failed: Operation not permitted"
	};

	unit_become_user();
	for (size_t code = 0; code < UNIT_COUNT(codes); code++) {
		for (size_t object = 0; object < UNIT_COUNT(objects); object++) {
			struct maproot_explanation why = explain(codes[code], (enum maproot_step)_i, objects[object]);

			ck_assert_msg(!why.established || is_certain(why.id), "%s, %s, %s: %s (%s)",
				      maproot_step_name((enum maproot_step)_i), strerror(codes[code]), objects[object],
				      why.id, why.cause);
			ck_assert(why.cause[0] != '\0');
		}
	}
}
END_TEST

START_TEST(what_was_ruled_out_is_told)
{
	struct maproot_explanation why;

	unit_become_user();
	why = explain(EPERM, MAPROOT_STEP_CREATE, "mnt user");
	ck_assert_str_eq(why.id, "unknown");
	ck_assert_ptr_nonnull(strstr(why.ruled_out, "sysctl-unprivileged-userns-clone"));
	ck_assert_ptr_nonnull(strstr(why.ruled_out, "seccomp-create"));
	ck_assert_ptr_nonnull(strstr(why.ruled_out, "chroot"));
	ck_assert_ptr_null(strstr(why.ruled_out, "sysctl-max"));
	ck_assert_int_eq(why.who, MAPROOT_WHO_NOBODY);
	ck_assert_str_eq(why.cause, "it works now: what stood in the way has gone");
	why = explain(EPERM, MAPROOT_STEP_KEEP_CAPABILITIES, "");
	ck_assert_str_eq(why.cause, "no known cause was found");
}
END_TEST

START_TEST(no_error_has_no_explanation)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_explanation why = MAPROOT_EXPLANATION_INIT;

	why.established = true;
	ck_assert_int_eq(maproot_error_explain(&err, NULL, NULL, &why), -EINVAL);
	ck_assert(why.established);
}
END_TEST

static int signals_seen;

static void count_signal(int signal)
{
	(void)signal;
	signals_seen++;
}

static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

START_TEST(nothing_is_left_behind)
{
	static const struct {
		int code;
		enum maproot_step step;
		const char *object;
	} rows[] = {
		{ EPERM, MAPROOT_STEP_CREATE, "mnt user" },
		{ ENOSPC, MAPROOT_STEP_CREATE, "mnt user" },
		{ EPERM, MAPROOT_STEP_PROPAGATION, "slave" },
		{ EPERM, MAPROOT_STEP_MOUNT, "a new ext4 on '/mnt'" },
		{ EPERM, MAPROOT_STEP_JOIN, "net" },
	};
	const struct sigaction action = { .sa_handler = count_signal };
	int descriptors = count_descriptors();
	sigset_t before;
	sigset_t after;
	int64_t started;

	unit_become_user();
	ck_assert_int_eq(sigaction(SIGCHLD, &action, NULL), 0);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &before), 0);
	errno = 4711;
	started = support_now_us();
	(void)explain(rows[_i].code, rows[_i].step, rows[_i].object);
	/* Ten times what is promised: the machine may be busy. */
	ck_assert_int_lt(support_now_us() - started, 1000000);
	ck_assert_int_eq(errno, 4711);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &after), 0);
	for (int signal = 1; signal < NSIG; signal++)
		ck_assert_int_eq(sigismember(&before, signal), sigismember(&after, signal));
	ck_assert_int_eq(count_descriptors(), descriptors);
	ck_assert_int_eq(signals_seen, 0);
	ck_assert_int_eq(waitpid(-1, NULL, __WALL), -1);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

/* A host that has no children to wait for. */
START_TEST(ignored_children_are_no_obstacle)
{
	unit_become_user();
	ck_assert_ptr_ne(signal(SIGCHLD, SIG_IGN), SIG_ERR);
	unit_deny(SYS_mount, EPERM);
	ck_assert_str_eq(explain(EPERM, MAPROOT_STEP_PROPAGATION, "slave").id, "seccomp-mount");
}
END_TEST

START_TEST(names_are_stable)
{
	ck_assert_str_eq(maproot_who_name(MAPROOT_WHO_ADMINISTRATOR), "administrator");
	ck_assert_str_eq(maproot_who_name((enum maproot_who)99), "unknown");
	for (size_t at = 0; maproot_cause_id(at); at++) {
		ck_assert_uint_eq(strspn(maproot_cause_id(at), "abcdefghijklmnopqrstuvwxyz0123456789-"),
				  strlen(maproot_cause_id(at)));
		for (size_t other = 0; other < at; other++)
			ck_assert_str_ne(maproot_cause_id(at), maproot_cause_id(other));
	}
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("explain", &tests);

	tcase_add_loop_test(tests, nothing_is_named_where_nothing_is_wrong, 1, MAPROOT_STEP_COUNT);
	tcase_add_test(tests, what_was_ruled_out_is_told);
	tcase_add_test(tests, no_error_has_no_explanation);
	tcase_add_loop_test(tests, nothing_is_left_behind, 0, 5);
	tcase_add_test(tests, ignored_children_are_no_obstacle);
	tcase_add_test(tests, names_are_stable);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
