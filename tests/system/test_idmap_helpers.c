/*
 * Contract of src/system/idmap_helpers.h: the two set-user-ID helpers get the process and every range, run side
 * by side, and both are waited for. One that is missing, one that fails and one that is killed are three
 * different errors, which name it and repeat its words.
 */
#include "system/idmap_helpers.h"

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct mr_plan plan_of_user(void)
{
	const struct support_user *user = support_user();

	return (struct mr_plan){
		.mapper = MR_MAPPER_HELPERS,
		.users = { .count = 3,
			   .range = { { 0, user->uid, 1 },
				      { 1, user->subordinate[0], user->subordinate_count },
				      { 100000, user->subordinate[1], 5 } } },
		.groups = { .count = 2,
			    .range = { { 0, user->gid, 1 }, { 1, user->subordinate[1], 10 } } },
	};
}

/* The real ones, as the user. */
START_TEST(maps_are_written)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan = plan_of_user();
	pid_t pid;
	char *users;

	unit_become_user();
	pid = unit_unmapped_process();
	ck_assert_msg(mr_idmap_run_helpers(&plan, pid, &err) == 0, "step %d: %s", (int)err.step,
		      err.object);
	users = support_read(support_text("/proc/%d/uid_map", (int)pid), NULL);
	ck_assert_ptr_nonnull(strstr(users, support_text("%10u %10u %10u\n", 100000,
							 support_user()->subordinate[1], 5)));
	free(users);
	unit_end(pid);
}
END_TEST

START_TEST(real_ones_refuse_what_is_not_ours)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan = plan_of_user();
	pid_t pid;

	plan.users.range[1].outer = 0;
	unit_become_user();
	pid = unit_unmapped_process();
	ck_assert_int_eq(mr_idmap_run_helpers(&plan, pid, &err), -EPERM);
	ck_assert_int_eq(err.step, MAPROOT_STEP_HELPER_FAILED);
	ck_assert_msg(strncmp(err.object, "newuidmap: uid range [", 22) == 0, "%s", err.object);
	unit_end(pid);
}
END_TEST

/* Scripts in the helpers' place. They run in a place with the system's own programs, found by full paths. */
static void fake(const char *users, const char *groups)
{
	const char *directory = support_text("%s/fake-%d", support_directory(), (int)getpid());

	ck_assert_int_eq(mkdir(directory, 0755), 0);
	if (users)
		(void)unit_file(support_text("%s/newuidmap", directory), users);
	if (groups)
		(void)unit_file(support_text("%s/newgidmap", directory), groups);
	ck_assert_int_eq(setenv("PATH", directory, 1), 0);
}

static int run(struct maproot_error *err)
{
	struct mr_plan plan = plan_of_user();

	*err = (struct maproot_error)MAPROOT_ERROR_INIT;
	return mr_idmap_run_helpers(&plan, getpid(), err);
}

START_TEST(arguments_are_process_and_ranges)
{
	const struct support_user *user = support_user();
	const char *log = support_text("%s/log-%d", support_directory(), (int)getpid());
	const char *script = support_text("#!/bin/sh\necho \"${0##*/} $*\" >%s-${0##*/}\n", log);
	struct maproot_error err;
	char *said;

	fake(script, script);
	ck_assert_int_eq(run(&err), 0);
	said = support_read(support_text("%s-newuidmap", log), NULL);
	ck_assert_str_eq(said, support_text("newuidmap %d 0 %u 1 1 %u %u 100000 %u 5\n",
					    (int)getpid(), user->uid, user->subordinate[0],
					    user->subordinate_count, user->subordinate[1]));
	free(said);
	said = support_read(support_text("%s-newgidmap", log), NULL);
	ck_assert_str_eq(said, support_text("newgidmap %d 0 %u 1 1 %u 10\n", (int)getpid(),
					    user->gid, user->subordinate[1]));
	free(said);
}
END_TEST

START_TEST(all_340_ranges_get_there)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan = plan_of_user();

	plan.users.count = 340;
	for (uint32_t line = 0; line < 340; line++)
		plan.users.range[line] =
			(struct maproot_idmap_range){ 4294960000 + line, 4294950000 + line, 1 };
	fake("#!/bin/sh\n[ $# = 1021 ] && eval [ \\${1019} = 4294960339 ]\n", "#!/bin/sh\n");
	ck_assert_msg(mr_idmap_run_helpers(&plan, getpid(), &err) == 0, "%s", err.object);
}
END_TEST

/* Each waits for a sign of the other's. */
START_TEST(they_run_side_by_side)
{
	const char *sign = support_text("%s/sign-%d", support_directory(), (int)getpid());
	const char *script = "#!/bin/sh\n: >%s-%s\nn=0\nwhile [ ! -e %s-%s ]; do n=$((n+1)); [ $n "
			     "-lt 500 ] || exit 9; /bin/sleep 0.01; done\n";
	struct maproot_error err;

	fake(support_text(script, sign, "u", sign, "g"),
	     support_text(script, sign, "g", sign, "u"));
	ck_assert_msg(run(&err) == 0, "%s", err.object);
}
END_TEST

/* What a helper has for standard streams: nothing of ours. */
START_TEST(streams_are_not_ours)
{
	struct maproot_error err;

	fake("#!/bin/sh\nread x; [ $? = 1 ] && [ \"$(readlink /proc/self/fd/0)\" = /dev/null ] && "
	     "echo lost\n"
	     "for fd in /proc/$$/fd/*; do [ ${fd##*/} -le 2 ] || [ ${fd##*/} -ge 10 ] || echo "
	     "\"open: $fd\" >&2; done\n",
	     "#!/bin/sh\n");
	ck_assert_int_eq(setenv("PATH", support_text("%s:/usr/bin:/bin", getenv("PATH")), 1), 0);
	ck_assert_msg(run(&err) == 0, "%s", err.object);
}
END_TEST

static const struct {
	const char *users; /* NULL: missing */
	const char *groups;
	int code;
	enum maproot_step step;
	const char *said;
} failures[] = {
	{ NULL, "#!/bin/sh\n", ENOENT, MAPROOT_STEP_HELPER,
	  "cannot run 'newuidmap': No such file or directory" },
	{ "#!/bin/sh\n", NULL, ENOENT, MAPROOT_STEP_HELPER,
	  "cannot run 'newgidmap': No such file or directory" },
	{ "not executable", "#!/bin/sh\n", EACCES, MAPROOT_STEP_HELPER,
	  "cannot run 'newuidmap': Permission denied" },
	{ "#!/bin/sh\necho no luck >&2\nexit 1\n", "#!/bin/sh\n", EPERM, MAPROOT_STEP_HELPER_FAILED,
	  "id map helper failed: no luck" },
	{ "#!/bin/sh\nprintf 'no luck\\nat all\\n' >&2\nexit 1\n", "#!/bin/sh\n", EPERM,
	  MAPROOT_STEP_HELPER_FAILED, "id map helper failed: no luck" },
	{ "#!/bin/sh\nexit 3\n", "#!/bin/sh\n", EPERM, MAPROOT_STEP_HELPER_FAILED,
	  "id map helper failed: newuidmap, exit status 3" },
	{ "#!/bin/sh\n", "#!/bin/sh\nexit 255\n", EPERM, MAPROOT_STEP_HELPER_FAILED,
	  "id map helper failed: newgidmap, exit status 255" },
	{ "#!/bin/sh\nkill -KILL $$\n", "#!/bin/sh\n", ECHILD, MAPROOT_STEP_HELPER_KILLED,
	  "id map helper was killed: newuidmap, signal 9" },
	{ "#!/bin/sh\n", "#!/bin/sh\necho words >&2\nkill -SEGV $$\n", ECHILD,
	  MAPROOT_STEP_HELPER_KILLED, "id map helper was killed: newgidmap, signal 11" },
	/* the first of two */
	{ "#!/bin/sh\nexit 3\n", "#!/bin/sh\nkill -KILL $$\n", EPERM, MAPROOT_STEP_HELPER_FAILED,
	  "id map helper failed: newuidmap, exit status 3" },
	/* one that fails to start does not leave the other */
	{ "#!/bin/sh\nexit 3\n", NULL, ENOENT, MAPROOT_STEP_HELPER,
	  "cannot run 'newgidmap': No such file or directory" },
	{ "#!/nonesuch\n", "#!/bin/sh\n", ENOENT, MAPROOT_STEP_HELPER, NULL },
	/* words on stdout are not its complaint */
	{ "#!/bin/sh\necho hello\nexit 1\n", "#!/bin/sh\n", EPERM, MAPROOT_STEP_HELPER_FAILED,
	  "id map helper failed: newuidmap, exit status 1" },
};

/* A shell for the scripts is all there is besides. */
static void hide_real_ones(void)
{
	const char *shell = support_install("/bin/sh", support_text("sh-%d", (int)getpid()));
	const char *directory;

	fake(failures[0].users, NULL);
	directory = getenv("PATH");
	unit_only_programs_of(directory);
	ck_assert_int_eq(symlink(shell, "/bin/sh"), 0);
}

START_TEST(errors_are)
{
	struct maproot_error err;
	const char *directory;

	hide_real_ones();
	directory = getenv("PATH");
	if (failures[_i].users)
		(void)unit_file(support_text("%s/newuidmap", directory), failures[_i].users);
	if (failures[_i].groups)
		(void)unit_file(support_text("%s/newgidmap", directory), failures[_i].groups);
	ck_assert_int_eq(run(&err), -failures[_i].code);
	unit_check_error(&err, failures[_i].code, failures[_i].step, failures[_i].said);
}
END_TEST

/* Much more than a pipe holds. */
START_TEST(a_talkative_helper_is_not_waited_for_in_vain)
{
	struct maproot_error err;
	static const char talk[] =
		"#!/bin/sh\ni=0\nwhile [ $i -lt 4000 ]; do echo "
		"0123456789012345678901234567890123456789 >&2; i=$((i+1)); done\nexit %d\n";

	fake(support_text(talk, 0), "#!/bin/sh\n");
	ck_assert_int_eq(run(&err), 0);
	(void)unit_file(support_text("%s/newuidmap", getenv("PATH")), support_text(talk, 1));
	ck_assert_int_eq(run(&err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_HELPER_FAILED,
			 "id map helper failed: 0123456789012345678901234567890123456789");
}
END_TEST

/* What a helper leaves running with its streams is not waited for. */
START_TEST(a_helper_that_leaves_a_process)
{
	struct maproot_error err;
	int64_t start = support_now_us();

	fake("#!/bin/sh\n/bin/sleep 5 &\n", "#!/bin/sh\n");
	ck_assert_int_eq(run(&err), 0);
	ck_assert_int_lt(support_now_us() - start, 3000000);
	support_kill_descendants();
}
END_TEST

static void blocked_and_ignored(void)
{
	sigset_t all;

	sigfillset(&all);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &all, NULL), 0);
}

/* As the wrapper does it: all signals blocked; the helper must not be. */
START_TEST(helpers_have_no_signal_blocked)
{
	struct maproot_error err;

	fake("#!/bin/sh\nexec grep -qx 'SigBlk:.0000000000000000' /proc/self/status\n", "#!/bin/sh\n");
	ck_assert_int_eq(setenv("PATH", support_text("%s:/usr/bin:/bin", getenv("PATH")), 1), 0);
	blocked_and_ignored();
	ck_assert_msg(run(&err) == 0, "%s", err.object);
}
END_TEST

/* A host that ignores SIGCHLD: the kernel keeps no status, but the maps tell whether the helpers did their work. */
START_TEST(an_ignored_sigchld_is_no_failure)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan = plan_of_user();
	pid_t pid;
	char *users;
	int code;

	unit_become_user();
	pid = unit_unmapped_process();
	ck_assert_ptr_ne(signal(SIGCHLD, SIG_IGN), SIG_ERR);
	code = mr_idmap_run_helpers(&plan, pid, &err);
	ck_assert_ptr_eq(signal(SIGCHLD, SIG_DFL), SIG_IGN);
	ck_assert_msg(code == 0, "step %d: %s", (int)err.step, err.object);
	users = support_read(support_text("/proc/%d/uid_map", (int)pid), NULL);
	ck_assert_ptr_nonnull(strstr(users, "65536"));
	free(users);
	unit_end(pid);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/idmap_helpers", &tc);

	tcase_add_test(tc, maps_are_written);
	tcase_add_test(tc, real_ones_refuse_what_is_not_ours);
	tcase_add_test(tc, arguments_are_process_and_ranges);
	tcase_add_test(tc, all_340_ranges_get_there);
	tcase_add_test(tc, they_run_side_by_side);
	tcase_add_test(tc, streams_are_not_ours);
	tcase_add_loop_test(tc, errors_are, 0, UNIT_COUNT(failures));
	tcase_add_test(tc, a_talkative_helper_is_not_waited_for_in_vain);
	tcase_add_test(tc, a_helper_that_leaves_a_process);
	tcase_add_test(tc, helpers_have_no_signal_blocked);
	tcase_add_test(tc, an_ignored_sigchld_is_no_failure);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
