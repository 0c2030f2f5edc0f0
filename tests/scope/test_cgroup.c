/*
 * Contract of src/system/cgroup.h where the manager is systemd: the held process is moved by the manager into a scope
 * named after the run, with the limits as properties; the group's directory is then known, where it can be looked
 * into and killed; the scope is stopped with all that is in it. What the manager says and didn't do is an error: the
 * process's own group is never taken for the scope, for it would be killed at the end.
 */
#include "bus.h"
#include "system/cgroup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CGROUP2_MAGIC = 0x63677270 };

static const char *const limits[] = { "pids.max=100", "cpu.max=50%", "memory.max=512M", "memory.swap.max=max" };
static const struct maproot_cgroup wish = { .manager = MAPROOT_CGROUP_SYSTEMD, .limits = limits, .limit_count = 4 };
static const struct maproot_cgroup plain = { .manager = MAPROOT_CGROUP_SYSTEMD };

static char *groups; /* a group of the test's own, below which the stand-in makes scopes */

static const char *unified(void)
{
	struct statfs system;

	if (statfs("/sys/fs/cgroup", &system) == 0 && system.f_type == CGROUP2_MAGIC)
		return "/sys/fs/cgroup";
	return "/sys/fs/cgroup/unified";
}

static void begin(void)
{
	bus_place(true);
	groups = strdup(support_text("%s/maproot-test-%d", unified(), (int)getpid()));
	ck_assert_int_eq(mkdir(groups, 0755), 0);
	bus_start_private_manager(support_text("move:%s", groups));
}

static void end(void)
{
	bus_end();
	ck_assert_msg(rmdir(groups) == 0, "something is left in %s", groups);
}

static pid_t start_waiting(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)pause();
		_exit(1);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static void check_killed(pid_t pid)
{
	int status = 0;

	ck_assert(support_wait(pid, 10000, &status));
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static struct mr_cgroup enter(const struct maproot_cgroup *wanted, pid_t pid)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group = MR_CGROUP_NONE;

	ck_assert_msg(mr_cgroup_choose(wanted, "abc", &group, &err) == 0, "%s", err.object);
	ck_assert_str_eq(group.scope, "maproot-abc.scope");
	ck_assert_uint_eq(group.count, 0);
	ck_assert_int_eq(mr_cgroup_make(wanted, &group, &err), 0);
	ck_assert_str_eq(support_text("%d", group.directory), "-1");
	ck_assert_msg(mr_cgroup_enter(wanted, &group, pid, &err) == 0, "%s", err.object);
	return group;
}

/* choose, make, enter, read back, stop. */
START_TEST(scope_is_made_found_and_stopped)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group;
	pid_t pid;
	char *membership;

	begin();
	pid = start_waiting();
	group = enter(&wish, pid);
	ck_assert_uint_eq(group.count, 1);
	ck_assert(group.unified);
	ck_assert_str_eq(group.path[0], support_text("%s/maproot-abc.scope", groups));
	membership = support_read(support_text("/proc/%d/cgroup", (int)pid), NULL);
	ck_assert_ptr_nonnull(strstr(membership, support_text("maproot-test-%d/maproot-abc.scope\n", (int)getpid())));
	free(membership);
	ck_assert_str_eq(bus_hear(),
			 support_text("StartTransientUnit maproot-abc.scope fail Description(s)=Command run by maproot "
				      "CollectMode(s)=inactive-or-failed Delegate(b)=true PIDs(au)=%d, TasksMax(t)=100 "
				      "CPUQuotaPerSecUSec(t)=500000 CPUQuotaPeriodUSec(t)=100000 MemoryMax(t)=536870912 "
				      "MemorySwapMax(t)=18446744073709551615",
				      (int)pid));
	ck_assert_msg(mr_cgroup_stop_scope(group.scope, &err) == 0, "%s", err.object);
	check_killed(pid);
	ck_assert_int_ne(access(group.path[0], F_OK), 0);
	mr_cgroup_done(&group);
	end();
}
END_TEST

/* What the engine does at the end of a run whose processes outlive it. */
START_TEST(scope_is_killed_by_its_path)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group;
	pid_t pid;

	begin();
	pid = start_waiting();
	group = enter(&plain, pid);
	ck_assert_int_eq(mr_cgroup_kill(group.path[0], &err), 0);
	check_killed(pid);
	ck_assert_int_eq(mr_cgroup_remove(group.path[0], &err), 0);
	ck_assert_int_eq(access(group.path[0], F_OK), -1);
	mr_cgroup_done(&group);
	end();
}
END_TEST

/* "SLICE:PREFIX:NAME". */
START_TEST(slice_is_passed_on)
{
	struct maproot_cgroup named = { .name = "my.slice:run:one", .manager = MAPROOT_CGROUP_SYSTEMD };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group = MR_CGROUP_NONE;
	pid_t pid;

	begin();
	pid = start_waiting();
	ck_assert_msg(mr_cgroup_choose(&named, "abc", &group, &err) == 0, "%s", err.object);
	ck_assert_msg(mr_cgroup_enter(&named, &group, pid, &err) == 0, "%s", err.object);
	ck_assert_str_eq(group.path[0], support_text("%s/run-one.scope", groups));
	ck_assert_ptr_nonnull(strstr(bus_hear(), " Slice(s)=my.slice"));
	ck_assert_int_eq(mr_cgroup_stop_scope(group.scope, &err), 0);
	check_killed(pid);
	mr_cgroup_done(&group);
	end();
}
END_TEST

/* It says "done", and the process is where it was. */
START_TEST(lying_manager_is_an_error)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group = MR_CGROUP_NONE;
	pid_t pid;

	bus_place(true);
	bus_start_private_manager("done");
	pid = start_waiting();
	ck_assert_int_eq(mr_cgroup_choose(&plain, "abc", &group, &err), 0);
	ck_assert_int_lt(mr_cgroup_enter(&plain, &group, pid, &err), 0);
	ck_assert_int_eq(err.step, MAPROOT_STEP_CGROUP_ENTER);
	ck_assert_uint_eq(group.count, 0);
	mr_cgroup_done(&group);
	unit_end(pid);
	bus_end();
}
END_TEST

static const struct {
	const char *how;
	const char *said;
} failures[] = {
	{ "failed", "its job ended with 'failed'" },
	{ "refuse:org.freedesktop.systemd1.UnitExists", "The fake refuses." },
	{ "die", "the connection was closed" },
};

START_TEST(failure_is_told)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group = MR_CGROUP_NONE;
	const char *said = support_text("maproot-scope: cannot start scope maproot-abc.scope: %s (exit status 1)", failures[_i].said);

	bus_place(true);
	bus_start_private_manager(failures[_i].how);
	ck_assert_int_eq(mr_cgroup_choose(&plain, "abc", &group, &err), 0);
	ck_assert_int_lt(mr_cgroup_enter(&plain, &group, 4711, &err), 0);
	unit_check_error(&err, ECHILD, MAPROOT_STEP_PROGRAM_FAILED, said);
	ck_assert_uint_eq(group.count, 0);
	mr_cgroup_done(&group);
	bus_end();
}
END_TEST

/* Asked for and not there is an error; not asked for, the file system will do. */
START_TEST(manager_may_be_missing)
{
	struct maproot_cgroup any = { .name = "maproot-none", .manager = MAPROOT_CGROUP_AUTO };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group = MR_CGROUP_NONE;

	bus_place(true);
	ck_assert_int_eq(mr_cgroup_choose(&plain, "abc", &group, &err), -ENOENT);
	ck_assert_int_eq(err.step, MAPROOT_STEP_CGROUP_FIND);
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	ck_assert_msg(mr_cgroup_choose(&any, "abc", &group, &err) == 0, "%s", err.object);
	ck_assert_str_eq(group.scope, "");
	mr_cgroup_done(&group);
	bus_start_private_manager("done");
	ck_assert_int_eq(mr_cgroup_choose(&any, "abc", &group, &err), 0);
	ck_assert_str_ne(group.scope, "");
	mr_cgroup_done(&group);
	bus_end();
}
END_TEST

/* A limit that a scope has not is refused before anything is made. */
START_TEST(limits_have_to_be_properties)
{
	static const char *const foreign[] = { "hugetlb.2MB.max=0" };
	struct maproot_cgroup limited = { .manager = MAPROOT_CGROUP_SYSTEMD, .limits = foreign, .limit_count = 1 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group = MR_CGROUP_NONE;

	bus_place(true);
	bus_start_private_manager("done");
	ck_assert_int_lt(mr_cgroup_choose(&limited, "abc", &group, &err), 0);
	ck_assert_int_eq(err.step, MAPROOT_STEP_CGROUP_LIMIT);
	ck_assert_str_eq(bus_end_manager(), "");
	bus_end();
}
END_TEST

static Suite *build(void)
{
	TCase *tcase;
	Suite *suite = unit_suite("scope/cgroup", &tcase);

	tcase_add_test(tcase, scope_is_made_found_and_stopped);
	tcase_add_test(tcase, scope_is_killed_by_its_path);
	tcase_add_test(tcase, slice_is_passed_on);
	tcase_add_test(tcase, lying_manager_is_an_error);
	tcase_add_loop_test(tcase, failure_is_told, 0, UNIT_COUNT(failures));
	tcase_add_test(tcase, manager_may_be_missing);
	tcase_add_test(tcase, limits_have_to_be_properties);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
