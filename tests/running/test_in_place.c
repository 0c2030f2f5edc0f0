/*
 * Contract of the in-place way of maproot_become(): this very process is root of new namespaces afterwards, no process is
 * left beside it, and it has no signal that it had not; a failure says which step.
 */
#include "unit.h"

#include <errno.h>
#include <maproot/capability.h>
#include <maproot/run.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

static int become(const struct maproot_request *request, struct maproot_outcome *ret_outcome,
		  struct maproot_error *err)
{
	char *argv[] = { (char *)"unused", NULL };

	return maproot_become(request, argv, ret_outcome, err);
}

/* With maps of its own, and with those that somebody else has to write. */
START_TEST(this_process_becomes_root)
{
	const struct maproot_request request = { .in_place = true,
						 .namespaces = BIT(UTS),
						 .identity = { .subordinate = _i % 2 == 1 } };
	struct maproot_outcome outcome = { .ended = true };
	struct maproot_error err;
	sigset_t pending;
	pid_t pid = getpid();
	int code;

	unit_become_user();
	if (_i >= 2)
		ck_assert_ptr_ne(signal(SIGCHLD, SIG_IGN), SIG_ERR);
	code = become(&request, &outcome, &err);
	ck_assert_msg(code == 0, "step %s: %s", maproot_step_name(err.step), err.object);
	ck_assert(!outcome.ended);
	ck_assert_uint_eq(outcome.created, BIT(USER) | BIT(MNT) | BIT(UTS));
	ck_assert_int_eq(getpid(), pid);
	ck_assert_uint_eq(geteuid(), 0);
	ck_assert_uint_eq(getegid(), 0);
	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, NULL), 1);
	ck_assert_int_eq(sigpending(&pending), 0);
	ck_assert_int_eq(sigismember(&pending, SIGCHLD), 0);
	ck_assert_int_eq(waitpid(-1, NULL, __WALL | WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	if (_i >= 2)
		ck_assert_ptr_eq(signal(SIGCHLD, SIG_DFL), SIG_IGN);
}
END_TEST

static const struct {
	long call;
	int number;
	const char *said;
} failures[] = {
	{ SYS_unshare, ENOSPC, "cannot create namespaces (in place): No space left on device" },
	{ SYS_mount, EACCES, "cannot make the mounts below '/' slave: Permission denied" },
	{ SYS_capget, EPERM, "cannot read the capabilities of this process: Operation not permitted" },
};

START_TEST(failures_are_named)
{
	const struct maproot_request request = { .in_place = true };
	struct maproot_outcome outcome;
	struct maproot_error err;

	unit_become_user();
	unit_deny(failures[_i].call, failures[_i].number);
	ck_assert_int_eq(become(&request, &outcome, &err), -failures[_i].number);
	unit_check_error(&err, failures[_i].number, err.step, failures[_i].said);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("run/in_place", &tc);

	tcase_add_loop_test(tc, this_process_becomes_root, 0, 4);
	tcase_add_loop_test(tc, failures_are_named, 0, UNIT_COUNT(failures));
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
