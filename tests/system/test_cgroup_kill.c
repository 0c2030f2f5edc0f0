/*
 * Contract of mr_cgroup_kill(): when it returns 0, nothing lives in a group and below it, whatever it did to stay
 * alive: forking bombs, chains that are another process each time they are looked at, stopped and frozen processes,
 * groups below groups. With cgroup.kill and by hand, in version 2 and in both hierarchies of version 1. The group
 * is never left frozen, also where it fails. What can't be killed by number is an error that says so.
 */
#include "cgroups.h"

#include "system/process.h"

#include <sys/resource.h>
#include <sys/syscall.h>

static const struct {
	int hierarchy;
	int (*kill)(const char *path, struct maproot_error *err);
} kinds[] = {
	{ GROUPS_V2, mr_cgroup_kill },
	{ GROUPS_V2, mr_cgroup_kill_by_hand },
	{ GROUPS_FREEZER, mr_cgroup_kill },
	{ GROUPS_PIDS, mr_cgroup_kill },
};

enum { KINDS = UNIT_COUNT(kinds) };

/* Nothing is listed there, and nothing is frozen. */
static void check_over(const char *path)
{
	const char *state = groups_read(path, "freezer.state");
	const char *freeze = groups_read(path, "cgroup.freeze");
	const char *most = groups_read(path, "pids.max");

	ck_assert_str_eq(groups_read(path, "cgroup.procs"), "");
	ck_assert(!state || strcmp(state, "THAWED") == 0);
	ck_assert(!freeze || strcmp(freeze, "0") == 0);
	ck_assert(!most || strcmp(most, "500") == 0);
}

static const char *new_group(int hierarchy)
{
	const char *path = groups_make(groups_below(hierarchy, "victims"));

	/* Also of a bomb that nobody stops. */
	if (hierarchy == GROUPS_PIDS)
		groups_write(path, "pids.max", "500");
	return path;
}

static void reap(void)
{
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void kill_within_a_second(int kind, const char *path)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int64_t before = support_now_us();
	int code = kinds[kind].kill(path, &err);
	int64_t took = support_now_us() - before;

	ck_assert_msg(code == 0, "%s: %s", err.object, strerror(err.code));
	ck_assert_msg(took < 1000000, "it took %lld us", (long long)took);
	reap();
	check_over(path);
}

START_TEST(ends_who_waits)
{
	const char *path = new_group(kinds[_i].hierarchy);
	const char *below = groups_make(support_text("%s/below", path));
	const char *far = groups_make(support_text("%s/far", below));
	int status;
	pid_t pid;

	(void)groups_process(path);
	(void)groups_process(path);
	(void)groups_process(below);
	pid = groups_process(far);
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	kill_within_a_second(_i, path);
	ck_assert_int_eq(rmdir(far), 0);
	ck_assert_int_eq(rmdir(below), 0);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* More than are taken hold of at once, and more than a read gives. */
START_TEST(ends_many)
{
	const char *path = new_group(kinds[_i].hierarchy);

	for (int at = 0; at < 300; at++)
		(void)groups_process(path);
	kill_within_a_second(_i, path);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(nothing_there)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *path = new_group(kinds[_i].hierarchy);
	size_t descriptors = place_descriptors();

	kill_within_a_second(_i, path);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(kinds[_i].kill(path, &err), 0);
	ck_assert_int_eq(kinds[_i].kill(support_text("%s/x/y", path), &err), 0);
	ck_assert_uint_eq(place_descriptors(), descriptors);
}
END_TEST

/* Frozen before, or below: such processes die only when they are thawed, in version 1. */
START_TEST(ends_who_is_frozen)
{
	const char *path = new_group(kinds[_i].hierarchy);
	const char *below = groups_make(support_text("%s/below", path));
	bool v2 = kinds[_i].hierarchy == GROUPS_V2;

	if (!v2 && kinds[_i].hierarchy != GROUPS_FREEZER) {
		ck_assert_int_eq(rmdir(below), 0);
		ck_assert_int_eq(rmdir(path), 0);
		return;
	}
	(void)groups_process(path);
	(void)groups_process(below);
	groups_write(below, v2 ? "cgroup.freeze" : "freezer.state", v2 ? "1" : "FROZEN");
	kill_within_a_second(_i, path);
	ck_assert_int_eq(rmdir(below), 0);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* As many as it gets: the limit is on the user, whom nobody else is. */
_Noreturn static void bomb(const char *path, int ready)
{
	const struct rlimit limit = { 100, 100 };

	groups_enter(path);
	if (setrlimit(RLIMIT_NPROC, &limit) < 0)
		_exit(99);
	support_become_user();
	for (bool told = false;;) {
		pid_t pid = fork();

		/* The first says so, when there is no room for more. */
		if (pid < 0 && !told)
			(void)!write(ready, "", 1);
		told = told || pid <= 0;
	}
}

/* Each is gone when its number is read: it forks one that goes on, and ends. */
_Noreturn static void hop(const char *path, int ready)
{
	groups_enter(path);
	for (unsigned int hops = 0;;) {
		pid_t pid = fork();

		if (pid > 0)
			_exit(0);
		if (pid == 0 && ++hops == 20)
			(void)!write(ready, "", 1);
	}
}

static void start(const char *path, void (*run)(const char *path, int ready), int count)
{
	int ready[2];
	char byte;

	/* Who is not in the group yet when it is killed comes too late to be killed. */
	ck_assert_int_eq(pipe(ready), 0);
	for (int at = 0; at < count; at++) {
		pid_t pid;

		while ((pid = fork()) < 0)
			(void)sched_yield(); /* where numbers are few */
		if (pid == 0)
			run(path, ready[1]);
	}
	close(ready[1]);
	for (int at = 0; at < count; at++)
		ck_assert_int_eq((int)read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

static void end_again_and_again(int kind, void (*run)(const char *path, int ready), int count)
{
	int rounds = support_size(2, 5, 100);

	/* The dead come to this process, which has no time for them; or their numbers would be used up. */
	(void)signal(SIGCHLD, SIG_IGN);
	for (int at = 0; at < rounds; at++) {
		const char *path = new_group(kinds[kind].hierarchy);

		start(path, run, count);
		kill_within_a_second(kind, path);
		ck_assert_int_eq(mr_cgroup_remove(path, NULL), 0);
		ck_assert(!groups_is(path));
	}
}

START_TEST(ends_a_bomb)
{
	end_again_and_again(_i, bomb, 1);
}
END_TEST

START_TEST(ends_chains)
{
	end_again_and_again(_i, hop, 20);
}
END_TEST

/* Its mother has a pid namespace of her own, in which the victim has no number; by hand that is the end of it. */
static int kill_from_inside(void *arg)
{
	const int *kind = arg;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *path = groups_below(kinds[*kind].hierarchy, "victims");
	int code = kinds[*kind].kill(path, &err);

	if (kinds[*kind].kill == mr_cgroup_kill && kinds[*kind].hierarchy == GROUPS_V2)
		return code == 0 ? 0 : 1;
	/* Version 1 doesn't list it at all; it is found out when the group can't be removed. */
	if (kinds[*kind].hierarchy != GROUPS_V2)
		return code == 0 && mr_cgroup_remove(path, &err) == -EBUSY ? 0 : 4;
	if (code != -ESRCH || err.step != MAPROOT_STEP_CGROUP_UNREACHABLE)
		return 2;
	return strstr(err.object, "victims': it is of a pid namespace that is not seen from here") ? 0 : 3;
}

START_TEST(knows_whom_it_cannot_reach)
{
	const char *path = new_group(kinds[_i].hierarchy);
	pid_t pid = groups_process(path);
	int kind = _i;
	int status = place_in_pid_namespace(kill_from_inside, &kind);

	ck_assert_msg(status == 0, "status %#x", status);
	(void)kill(pid, SIGKILL);
	reap();
	check_over(path);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* Whose processes he may not kill: without cgroup.kill it is an error, and the group goes on as before. */
static int kill_as_user(void *arg)
{
	const int *kind = arg;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *path = groups_below(kinds[*kind].hierarchy, "victims");
	int code;

	unit_become_user();
	code = kinds[*kind].kill(path, &err);
	return code == -EPERM && err.step == MAPROOT_STEP_CGROUP_KILL ? 0 : 1;
}

START_TEST(is_never_left_frozen)
{
	const char *path = groups_delegate(new_group(kinds[_i].hierarchy));
	pid_t pid = groups_process(path);
	const char *freeze = support_text("%s/%s", path, kinds[_i].hierarchy == GROUPS_V2 ? "cgroup.freeze" : "freezer.state");
	int kind = _i;
	int status;

	if (kinds[_i].kill == mr_cgroup_kill_by_hand || kinds[_i].hierarchy != GROUPS_V2) {
		(void)!chown(freeze, support_user()->uid, support_user()->gid); /* where there is one */
		(void)!chown(support_text("%s/pids.max", path), support_user()->uid, support_user()->gid);
		status = unit_in_child(kill_as_user, &kind);
		ck_assert_msg(status == 0, "status %#x", status);
		ck_assert_str_eq(groups_read(path, "cgroup.procs"), support_text("%d", (int)pid));
	}
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	check_over(path);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* Uses numbers up, and sees when one of its children, which end by themselves, is ended by somebody else. */
_Noreturn static void be_innocent(void)
{
	(void)signal(SIGCHLD, SIG_DFL);
	for (;;) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid > 0 && (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)))
			_exit(7);
	}
}

/* In a pid namespace with so few numbers one that is listed is soon somebody else's. */
static int kill_where_numbers_recur(void *arg)
{
	const int *kind = arg;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *path = groups_below(kinds[*kind].hierarchy, "victims");
	int rounds = support_size(20, 100, 500);
	int64_t end = support_now_us() + 5000000;
	pid_t innocent;
	int pidfd;

	groups_write("/proc/sys/kernel", "pid_max", "340");
	(void)signal(SIGCHLD, SIG_IGN);
	innocent = fork();
	if (innocent == 0)
		be_innocent();
	pidfd = mr_pidfd_open(innocent);
	CHECK(pidfd >= 0);
	for (int at = 0; at < rounds && support_now_us() < end; at++) {
		start(path, hop, 3);
		DONE(kinds[*kind].kill(path, &err));
	}
	CHECK(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0);
	return 0;
}

START_TEST(kills_nobody_else)
{
	const char *path = new_group(kinds[_i].hierarchy);
	int kind = _i;
	int status = place_in_pid_namespace(kill_where_numbers_recur, &kind);

	ck_assert_msg(status == 0, "status %#x", status);
	ck_assert_int_eq(mr_cgroup_remove(path, NULL), 0);
}
END_TEST

/* It would be its own end, or stand still for ever. */
static int kill_oneself(void *arg)
{
	const int *kind = arg;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *path = groups_below(kinds[*kind].hierarchy, "victims");

	groups_enter(support_text("%s/below", path));
	return kinds[*kind].kill(path, &err) == -EDEADLK && err.step == MAPROOT_STEP_CGROUP_UNREACHABLE ? 0 : 1;
}

START_TEST(does_not_end_itself)
{
	const char *path = new_group(kinds[_i].hierarchy);
	const char *below = groups_make(support_text("%s/below", path));
	int kind = _i;
	int status = unit_in_child(kill_oneself, &kind);

	ck_assert_msg(status == 0, "status %#x", status);
	check_over(path);
	ck_assert_int_eq(rmdir(below), 0);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

static const struct {
	long call;
	int number;
} lacks[] = {
	{ SYS_pidfd_open, ENOSYS },
	{ SYS_pidfd_send_signal, ENOSYS },
};

static int kill_without(void *arg)
{
	const char *path = groups_below(GROUPS_V2, "victims");
	const size_t *at = arg;

	unit_deny(lacks[*at].call, lacks[*at].number);
	return mr_cgroup_kill_by_hand(path, NULL) == 0 ? 0 : 1;
}

START_TEST(works_on_older_kernels)
{
	const char *path = new_group(GROUPS_V2);
	size_t at = (size_t)_i;
	int status;

	for (int count = 0; count < 5; count++)
		(void)groups_process(path);
	status = unit_in_child(kill_without, &at);
	ck_assert_msg(status == 0, "status %#x", status);
	reap();
	check_over(path);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* What is no group is not touched, whatever it is. */
START_TEST(kills_only_groups)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *path = new_group(GROUPS_V2);
	const char *link = support_text("%s/link", support_directory());
	pid_t pid = groups_process(path);

	ck_assert_int_eq(symlink(path, link), 0);
	ck_assert_int_eq(mr_cgroup_kill(link, &err), -ENOTDIR);
	unit_check_error(&err, ENOTDIR, MAPROOT_STEP_CGROUP_KILL, NULL);
	ck_assert_int_eq(mr_cgroup_kill(support_directory(), NULL), -ENOTTY);
	ck_assert_int_eq(kill(pid, 0), 0);
	unit_end(pid);
	ck_assert_int_eq(unlink(link), 0);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = groups_suite("system/cgroup_kill", &tc);

	tcase_set_timeout(tc, support_size(60, 60, 250));
	tcase_add_loop_test(tc, ends_who_waits, 0, KINDS);
	tcase_add_loop_test(tc, ends_many, 0, KINDS);
	tcase_add_loop_test(tc, nothing_there, 0, KINDS);
	tcase_add_loop_test(tc, ends_who_is_frozen, 0, KINDS);
	tcase_add_loop_test(tc, ends_a_bomb, 0, KINDS);
	tcase_add_loop_test(tc, ends_chains, 0, KINDS);
	tcase_add_loop_test(tc, knows_whom_it_cannot_reach, 0, KINDS);
	tcase_add_loop_test(tc, is_never_left_frozen, 0, KINDS);
	tcase_add_loop_test(tc, kills_nobody_else, 0, KINDS);
	tcase_add_loop_test(tc, does_not_end_itself, 0, KINDS);
	tcase_add_loop_test(tc, works_on_older_kernels, 0, UNIT_COUNT(lacks));
	tcase_add_test(tc, kills_only_groups);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
