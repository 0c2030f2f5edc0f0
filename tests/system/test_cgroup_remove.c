/*
 * Contract of mr_cgroup_remove(): a group and all below it, however deep and wide; a busy one when it is empty, or
 * after two seconds an error that names it; nothing that isn't a control group. And of mr_cgroup_walk(): each group
 * once.
 */
#include "cgroups.h"

#include "system/cgroup_walk.h"

#include <sys/resource.h>

static const char *tree(int hierarchy, int depth, int width)
{
	const char *top = groups_make(groups_below(hierarchy, "tree"));
	int level = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int at = 0; at < depth; at++) {
		int next;

		for (int beside = 0; beside < width; beside++)
			ck_assert_int_eq(mkdirat(level, support_text("beside-%d", beside), 0755), 0);
		ck_assert_int_eq(mkdirat(level, "d", 0755), 0);
		next = openat(level, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ge(next, 0);
		close(level);
		level = next;
	}
	close(level);
	return top;
}

static int count(void *arg, int directory)
{
	(void)directory;
	(*(int *)arg)++;
	return 0;
}

static int stop(void *arg, int directory)
{
	(void)directory;
	return --*(int *)arg == 0 ? 77 : 0;
}

static const struct {
	int hierarchy;
	int depth;
	int width;
} trees[] = {
	{ GROUPS_V2, 0, 0 },
	{ GROUPS_V2, 1, 0 },
	{ GROUPS_V2, 3, 3 },
	{ GROUPS_V2, 1, 200 },
	{ GROUPS_V2, 100, 0 },
	{ GROUPS_FREEZER, 3, 3 },
	{ GROUPS_PIDS, 3, 3 },
};

/* With four descriptors more than are open. */
START_TEST(removes_a_tree)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *top = tree(trees[_i].hierarchy, trees[_i].depth, trees[_i].width);
	int directory = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct rlimit few = { (rlim_t)directory + 5, (rlim_t)directory + 5 };
	size_t descriptors = place_descriptors();
	int seen = 0;
	int until = 2;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(mr_cgroup_walk(directory, count, &seen), 0);
	ck_assert_int_eq(seen, trees[_i].depth * (trees[_i].width + 1) + 1);
	ck_assert_int_eq(mr_cgroup_walk(directory, stop, &until), seen > 1 ? 77 : 0);
	ck_assert_int_eq(mr_cgroup_remove(top, &err), 0);
	ck_assert(!groups_is(top));
	ck_assert_uint_eq(place_descriptors(), descriptors);
}
END_TEST

/* Its last process ends while it is being removed. */
START_TEST(waits_for_a_busy_one)
{
	const char *top = tree(GROUPS_V2, _i, 0);
	const char *busy = _i ? support_text("%s/d", top) : top;
	pid_t pid = groups_process(busy);
	pid_t killer = fork();

	if (killer == 0) {
		support_sleep_us(300000);
		_exit(kill(pid, SIGKILL));
	}
	ck_assert_int_eq(mr_cgroup_remove(top, NULL), 0);
	ck_assert(!groups_is(top));
	while (waitpid(-1, NULL, 0) > 0)
		;
}
END_TEST

START_TEST(reports_a_busy_one)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *top = tree(GROUPS_V2, _i, 0);
	pid_t pid = groups_process(_i ? support_text("%s/d", top) : top);
	int64_t before = support_now_us();

	ck_assert_int_eq(mr_cgroup_remove(top, &err), -EBUSY);
	ck_assert_int_ge(support_now_us() - before, 1500000);
	ck_assert_int_le(support_now_us() - before, 10000000);
	unit_check_error(&err, EBUSY, MAPROOT_STEP_CGROUP_REMOVE,
			 support_text("cannot remove the control group '%s': Device or resource busy", top));
	ck_assert(groups_is(top));
	unit_end(pid);
	ck_assert_int_eq(mr_cgroup_remove(top, NULL), 0);
}
END_TEST

START_TEST(removes_only_groups)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *directory = groups_make(groups_keep(support_text("%s/directory", support_directory())));
	const char *top = tree(GROUPS_V2, 1, 0);
	const char *link = groups_keep(support_text("%s/link", support_directory()));

	ck_assert_int_eq(mr_cgroup_remove(directory, &err), -ENOTTY);
	unit_check_error(&err, ENOTTY, MAPROOT_STEP_CGROUP_REMOVE, NULL);
	ck_assert_int_eq(mr_cgroup_remove("relative", NULL), -ENOTTY);
	ck_assert_int_eq(mr_cgroup_remove("/", NULL), -ENOTTY);
	ck_assert_int_eq(mr_cgroup_remove("", NULL), -ENOTTY);
	ck_assert(groups_is(directory));
	/* Neither by a link that is the last part, nor by one above it. */
	ck_assert_int_eq(symlink(top, link), 0);
	ck_assert_int_eq(mr_cgroup_remove(link, NULL), -ENOTTY);
	ck_assert_int_eq(mr_cgroup_remove(support_text("%s/d", link), NULL), -ENOTDIR);
	ck_assert(groups_is(support_text("%s/d", top)));
	/* A file system that is mounted there in between is not emptied. */
	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", support_text("%s/d", top), "tmpfs", 0, NULL), 0);
	groups_make(support_text("%s/d/inside", top));
	ck_assert_int_eq(mr_cgroup_remove(top, NULL), -ENOTTY);
	ck_assert(groups_is(support_text("%s/d/inside", top)));
	ck_assert_int_eq(umount2(support_text("%s/d", top), MNT_DETACH), 0);
	ck_assert_int_eq(mr_cgroup_remove(top, NULL), 0);
	ck_assert_int_eq(mr_cgroup_remove(top, NULL), 0);
	ck_assert_int_eq(mr_cgroup_remove(support_text("%s/x", top), NULL), 0);
	ck_assert_int_eq(unlink(link), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

/* Somebody else's group is no way of ours, and stays. */
START_TEST(leaves_what_it_has_not_made)
{
	const char *top = tree(GROUPS_V2, 1, 0);

	ck_assert_int_eq(mr_cgroup_remove(support_text("%s/d", top), NULL), 0);
	ck_assert(groups_is(top));
	ck_assert_int_eq(mr_cgroup_remove(top, NULL), 0);
	ck_assert(groups_is(groups_base[GROUPS_V2]));
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = groups_suite("system/cgroup_remove", &tc);

	tcase_add_loop_test(tc, removes_a_tree, 0, UNIT_COUNT(trees));
	tcase_add_loop_test(tc, waits_for_a_busy_one, 0, 2);
	tcase_add_loop_test(tc, reports_a_busy_one, 0, 2);
	tcase_add_test(tc, removes_only_groups);
	tcase_add_test(tc, leaves_what_it_has_not_made);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
