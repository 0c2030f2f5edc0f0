/*
 * Contract of src/system/cgroup.h on a machine that has only version 1: a group in the freezer and one in the pids
 * hierarchy, in which a process is put, and which end and remove it; pids.max is all that can be limited. Here
 * version 2 is unmounted in a mount namespace of the test's own.
 */
#include "cgroups.h"

enum { AS_ROOT,
       AS_USER,
       WHO };

static const int used[] = { GROUPS_FREEZER, GROUPS_PIDS };

/* In groups of ours that are delegated, without version 2. */
static void settle(int who)
{
	for (size_t at = 0; at < UNIT_COUNT(used); at++)
		groups_enter(groups_delegate(groups_below(used[at], "own")));
	unit_private_mounts();
	CHECK(umount2(groups_point[GROUPS_V2], MNT_DETACH) == 0);
	if (who == AS_USER)
		unit_become_user();
}

static void run(int (*body)(void *), int who)
{
	int status = unit_in_child(body, &who);

	ck_assert_msg(status == 0, "status %#x", status);
	for (size_t at = 0; at < UNIT_COUNT(used); at++)
		(void)rmdir(groups_below(used[at], "own"));
}

static int live_and_end(void *arg)
{
	static const char *const limits[] = { "pids.max=3" };
	const struct maproot_cgroup wish = { .name = "a/b", .limits = limits, .limit_count = 1 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	size_t descriptors = place_descriptors();
	struct mr_cgroup group;
	int status;
	pid_t pid;

	settle(*(int *)arg);
	DONE(mr_cgroup_choose(&wish, "id", &group, &err));
	CHECK(group.count == 2 && !group.unified);
	CHECK(strcmp(group.path[0], groups_below(GROUPS_FREEZER, "own/a/b")) == 0);
	CHECK(strcmp(group.path[1], groups_below(GROUPS_PIDS, "own/a/b")) == 0);
	DONE(mr_cgroup_make(&wish, &group, &err));
	CHECK(group.directory == -1);
	CHECK(mr_cgroup_clone(&group, SIGCHLD, NULL, NULL, NULL) == -ENOSYS);
	CHECK(strcmp(groups_read(group.path[1], "pids.max"), "3") == 0);
	pid = fork();
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	DONE(mr_cgroup_enter(&wish, &group, pid, &err));
	CHECK(strcmp(groups_of(pid, ":freezer:"), group.path[0] + strlen(groups_point[GROUPS_FREEZER])) == 0);
	CHECK(strcmp(groups_of(pid, ":pids:"), group.path[1] + strlen(groups_point[GROUPS_PIDS])) == 0);
	for (size_t at = 0; at < group.count; at++)
		DONE(mr_cgroup_kill(group.path[at], &err));
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	for (size_t at = 0; at < group.count; at++) {
		DONE(mr_cgroup_remove(group.path[at], &err));
		CHECK(!groups_is(group.path[at]));
	}
	for (size_t at = 0; at < UNIT_COUNT(used); at++)
		CHECK(groups_count(groups_below(used[at], "own")) == 0);
	mr_cgroup_done(&group);
	CHECK(place_descriptors() == descriptors);
	return 0;
}

START_TEST(lives_and_ends_in_both)
{
	run(live_and_end, _i);
}
END_TEST

static int refuse(void *arg)
{
	static const char *const limits[] = { "memory.max=1M" };
	const struct maproot_cgroup wish = { .manager = MAPROOT_CGROUP_FS, .limits = limits, .limit_count = 1 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group;

	settle(*(int *)arg);
	CHECK(mr_cgroup_choose(&wish, "id", &group, &err) == -EOPNOTSUPP);
	unit_check_error(&err, EOPNOTSUPP, MAPROOT_STEP_CGROUP_LIMIT,
			 "cannot limit the control group: 'memory.max': this machine has version 1 of the control groups, where only "
			 "pids.max can be set");
	return 0;
}

START_TEST(refuses_other_limits)
{
	run(refuse, _i);
}
END_TEST

/* One hierarchy is enough, if it has what is asked for. */
static int do_with_one(void *arg)
{
	static const char *const limits[] = { "pids.max=3" };
	struct maproot_cgroup wish = { .name = "a", .manager = MAPROOT_CGROUP_FS, .limits = limits, .limit_count = 1 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group;

	settle(AS_ROOT);
	CHECK(umount2(groups_point[*(int *)arg], MNT_DETACH) == 0);
	if (*(int *)arg == GROUPS_PIDS) {
		CHECK(mr_cgroup_choose(&wish, "id", &group, &err) == -ENOENT);
		CHECK(strcmp(err.object, "'pids.max': the controller 'pids' is mounted nowhere") == 0);
		wish.limit_count = 0;
		err = (struct maproot_error)MAPROOT_ERROR_INIT;
	}
	DONE(mr_cgroup_choose(&wish, "id", &group, &err));
	CHECK(group.count == 1);
	DONE(mr_cgroup_make(&wish, &group, &err));
	DONE(mr_cgroup_remove(group.path[0], &err));
	mr_cgroup_done(&group);
	return 0;
}

START_TEST(does_with_one)
{
	run(do_with_one, used[_i]);
}
END_TEST

/* The second can't be made: the first is gone as well. */
static int make_half(void *arg)
{
	const struct maproot_cgroup wish = { .name = "a", .manager = MAPROOT_CGROUP_FS };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *other = groups_below(GROUPS_PIDS, "own/a");
	struct mr_cgroup group;

	settle(*(int *)arg);
	DONE(mr_cgroup_choose(&wish, "id", &group, &err));
	groups_make(other);
	CHECK(mr_cgroup_make(&wish, &group, &err) == -EEXIST);
	CHECK(err.step == MAPROOT_STEP_CGROUP_MAKE && strcmp(err.object, other) == 0);
	CHECK(groups_is(other) && rmdir(other) == 0);
	CHECK(groups_count(groups_below(GROUPS_FREEZER, "own")) == 0);
	mr_cgroup_done(&group);
	return 0;
}

START_TEST(is_all_or_nothing)
{
	run(make_half, _i);
}
END_TEST

static int be_nobody(void *arg)
{
	const struct maproot_cgroup wish = { .name = "a" };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_cgroup group;

	(void)arg;
	unit_private_mounts();
	CHECK(umount2(groups_point[GROUPS_V2], MNT_DETACH) == 0);
	unit_become_user();
	CHECK(mr_cgroup_choose(&wish, "id", &group, &err) == -EACCES);
	CHECK(err.step == MAPROOT_STEP_CGROUP_FIND && strstr(err.object, "is not delegated to this user"));
	return 0;
}

START_TEST(is_not_delegated)
{
	run(be_nobody, AS_USER);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = groups_suite("system/cgroup_v1", &tc);

	tcase_add_loop_test(tc, lives_and_ends_in_both, 0, WHO);
	tcase_add_loop_test(tc, refuses_other_limits, 0, WHO);
	tcase_add_loop_test(tc, does_with_one, 0, UNIT_COUNT(used));
	tcase_add_loop_test(tc, is_all_or_nothing, 0, WHO);
	tcase_add_test(tc, is_not_delegated);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
