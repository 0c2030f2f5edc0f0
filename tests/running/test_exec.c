/*
 * Contract of maproot_exec(): in a process that has become what was asked for, the rest of the request is carried out
 * in its order, and the command replaces the process; it returns only on failure, with the step. Whoever is not root
 * keeps his capabilities.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <maproot/run.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

struct attempt {
	const struct maproot_request *request;
	unsigned int created;
	char *const *argv;
	char *const *envp;
	struct maproot_error *err; /* shared with the child */
};

static int try_exec(void *arg)
{
	const struct attempt *attempt = arg;

	(void)maproot_exec(attempt->request, attempt->created, attempt->argv, attempt->envp,
			   attempt->err);
	return 99;
}

static int run(const struct maproot_request *request, unsigned int created, const char *script,
	       struct maproot_error *ret_err)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	struct attempt attempt = { request, created, argv, NULL, NULL };
	int status;

	attempt.err = mmap(NULL, sizeof(*attempt.err), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(attempt.err, MAP_FAILED);
	*attempt.err = (struct maproot_error){ EPERM, MAPROOT_STEP_EXEC, "from an earlier call" };
	status = unit_in_child(try_exec, &attempt);
	*ret_err = *attempt.err;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const struct maproot_attributes attributes = {
	.set_oom_score_adj = true,
	.oom_score_adj = 99,
	.set_umask = true,
	.umask = 0137,
	.no_new_privileges = true,
};
static const struct maproot_attributes unreachable_score = { .set_oom_score_adj = true, .oom_score_adj = -999 };

static const struct {
	struct maproot_request request;
	unsigned int created;
	const char *script;
} good[] = {
	{ { .keep_fds = 0 }, 0, "true" },
	{ { .hostname = "box" }, BIT(UTS), "test $(cat /proc/sys/kernel/hostname) = box" },
	{ { .directory = "/usr" }, 0, "test \"$(readlink /proc/self/cwd)\" = /usr" },
	{ { .keep_fds = 3 }, 0, "test ! -e /proc/$$/fd/5" },
	{ { .attributes = &attributes },
	  0,
	  "test $(cat /proc/self/oom_score_adj) = 99 && test $(umask) = 0137 && grep -q 'NoNewPrivs:.1' /proc/self/status" },
	{ { .propagation = MAPROOT_PROPAGATION_SHARED },
	  BIT(MNT),
	  "grep ' / / ' /proc/self/mountinfo | grep -q shared:" },
};

START_TEST(the_rest_is_done)
{
	struct maproot_error err;

	unit_enter_namespace(CLONE_NEWUTS);
	ck_assert_int_eq(dup2(0, 5), 5);
	ck_assert_msg(run(&good[_i].request, good[_i].created, good[_i].script, &err) == 0,
		      "%s: %s", maproot_step_name(err.step), err.object);
}
END_TEST

static const struct {
	struct maproot_request request;
	const char *said;
} bad[] = {
	{ { .directory = "/nonesuch" },
	  "cannot change directory to '/nonesuch': No such file or directory" },
	{ { .directory = "/etc/passwd" },
	  "cannot change directory to '/etc/passwd': Not a directory" },
	{ { .attributes = &unreachable_score },
	  "cannot set the OOM score adjustment to -999: Permission denied" },
	{ { .hostname = "box" }, "cannot set the host name 'box': Operation not permitted" },
	{ { .root = "/etc/passwd" },
	  "cannot make '/etc/passwd' the root directory: Not a directory" },
};

START_TEST(failures_are_named)
{
	struct maproot_error err;

	unit_enter_namespace(0);
	ck_assert_int_eq(run(&bad[_i].request, 0, "true", &err), 99);
	unit_check_error(&err, err.code, err.step, bad[_i].said);
}
END_TEST

/* A directory outside the root directory would be a way out of it. */
START_TEST(a_directory_outside_is_refused)
{
	const struct maproot_request request = { .directory = "." };
	struct maproot_error err;

	unit_enter_namespace(0);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(chroot("/usr"), 0);
	ck_assert_int_eq(run(&request, 0, "true", &err), 99);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_CHDIR,
			 "cannot change directory to '.': No such file or directory");
	ck_assert_int_eq(chroot("."), 0);
}
END_TEST

START_TEST(the_environment_may_be_given)
{
	const struct maproot_request request = { .keep_fds = 0 };
	char *const argv[] = { (char *)"sh", (char *)"-c",
			       (char *)"test \"$ONLY\" = 1 && test -z \"$CK_NOTHING\"", NULL };
	char *const envp[] = { (char *)"ONLY=1", NULL };
	struct attempt attempt = { &request, 0, argv, envp, NULL };

	ck_assert_int_eq(unit_in_child(try_exec, &attempt), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("run/exec", &tc);

	tcase_add_loop_test(tc, the_rest_is_done, 0, UNIT_COUNT(good));
	tcase_add_loop_test(tc, failures_are_named, 0, UNIT_COUNT(bad));
	tcase_add_test(tc, a_directory_outside_is_refused);
	tcase_add_test(tc, the_environment_may_be_given);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
