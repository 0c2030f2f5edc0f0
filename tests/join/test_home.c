/*
 * Contract of src/join/home.c: the way back is open before anything is entered, above 2 and close-on-exec, or nothing
 * of it is; it leads to the same namespaces, root and working directory, for a chroot'ed caller too; a way back that
 * fails is named, and as much as can be is gone back all the same.
 */
#include "joins.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t count_open(const struct maproot_visit *home)
{
	size_t count = 0;

	for (size_t at = 0; at < MAPROOT_NAMESPACE_COUNT; at++)
		count += home->home[at] >= 0;
	return count + (home->root >= 0) + (home->directory >= 0);
}

static const struct {
	unsigned int types;
	unsigned int kept;
	size_t descriptors;
} rows[] = {
	{ 0, 0, 0 },
	{ PLACE_BIT(NET), PLACE_BIT(NET), 1 },
	{ PLACE_BIT(USER), 0, 0 },
	{ PLACE_BIT(USER) | PLACE_BIT(UTS), PLACE_BIT(UTS), 1 },
	{ PLACE_BIT(MNT), PLACE_BIT(MNT), 3 },
	{ PLACE_BIT(PID) | PLACE_BIT(TIME), PLACE_BIT(PID) | PLACE_BIT(TIME), 2 },
	{ MAPROOT_NAMESPACE_ALL, MAPROOT_NAMESPACE_ALL & ~PLACE_BIT(USER), 9 },
};

static void check_descriptor(int fd)
{
	if (fd < 0)
		return;
	ck_assert_int_gt(fd, 2);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

START_TEST(opens_what_can_be_left)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	size_t before = place_descriptors();
	struct maproot_visit home;

	ck_assert_int_eq(mr_home_open(rows[_i].types, &home, &err), 0);
	ck_assert_uint_eq(home.types, rows[_i].kept);
	ck_assert_uint_eq(count_open(&home), rows[_i].descriptors);
	ck_assert_uint_eq(place_descriptors(), before + rows[_i].descriptors);
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct mr_nsfs_id own;

		check_descriptor(home.home[type]);
		ck_assert(home.home[type] < 0 || (mr_nsfs_own_id(type, &own) == 0 && mr_nsfs_is(home.home[type], own)));
	}
	check_descriptor(home.root);
	check_descriptor(home.directory);
	mr_home_close(&home);
	mr_home_close(&home);
	ck_assert_uint_eq(place_descriptors(), before);
}
END_TEST

/* With room for one descriptor less, or for fewer. */
START_TEST(all_or_nothing)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit home = { .types = 77 };
	const struct rlimit limit = { 100, 200 };
	size_t before;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (dup(0) >= 0)
		;
	for (int free_ones = 0; free_ones < _i; free_ones++)
		ck_assert_int_eq(close(99 - free_ones), 0);
	ck_assert_int_eq(mr_home_open(MAPROOT_NAMESPACE_ALL, &home, &err), -EMFILE);
	ck_assert_int_eq(err.code, EMFILE);
	ck_assert_int_eq(err.step, _i < 7 ? MAPROOT_STEP_OPEN_NAMESPACE : MAPROOT_STEP_OPEN);
	ck_assert_uint_eq(home.types, 77);
	/* As many can be opened as before. */
	for (before = 0; dup(0) >= 0; before++)
		;
	ck_assert_uint_eq(before, (size_t)_i);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 200, 200 }),
			 0); /* for the look whether all is well */
}
END_TEST

START_TEST(without_proc_there_is_no_way_back)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit home;

	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", "/proc", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mr_home_open(PLACE_BIT(UTS), &home, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_OPEN_NAMESPACE,
			 "cannot open namespace '/proc/thread-self/ns/uts': No such file or directory");
	ck_assert_int_eq(umount2("/proc", MNT_DETACH), 0);
}
END_TEST

START_TEST(prunes_where_one_is_already)
{
	pid_t pid = place_make(PLACE_BIT(NET), 0);
	struct maproot_join *join =
		joins_open("!net,!uts,!mnt,ipc", joins_typed("net,uts,mnt", pid), "ipc=/proc/self/ns/ipc");
	struct maproot_visit home;
	size_t before;

	ck_assert_int_eq(mr_home_open(join->types, &home, NULL), 0);
	before = place_descriptors();
	mr_home_prune(&home, join);
	/* Where the late one leads is not known. */
	ck_assert_uint_eq(home.types, PLACE_BIT(NET) | PLACE_BIT(IPC));
	ck_assert_int_eq(home.home[MAPROOT_NAMESPACE_UTS], -1);
	ck_assert_uint_eq(place_descriptors(), before - 2);
	mr_home_close(&home);
	maproot_join_close(join);
	unit_end(pid);
}
END_TEST

static void enter_all(pid_t pid, unsigned int types)
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		int fd;

		if (!(types & MAPROOT_NAMESPACE_BIT(type)))
			continue;
		fd = open(support_text("/proc/%d/ns/%s", (int)pid, maproot_namespace_name(type)), O_RDONLY | O_CLOEXEC);
		ck_assert_int_eq(setns(fd, (int)maproot_namespace_flag(type)), 0);
		close(fd);
	}
}

static const struct {
	unsigned int types;
	bool chrooted;
	bool as_user; /* root of a user namespace of his own */
} ways[] = {
	{ PLACE_BIT(NET), false, false },
	{ PLACE_BIT(MNT), false, false },
	{ PLACE_BIT(MNT), true, false },
	{ PLACE_BY_THREAD, false, true },
	{ PLACE_BY_THREAD | PLACE_BIT(PID) | PLACE_BIT(TIME), true, false },
	{ PLACE_BY_THREAD, true, true },
};

static void go_below(const char *name)
{
	const char *path = support_text("%s/%s", support_user()->home, name);

	ck_assert(mkdir(path, 0755) == 0 && mkdir(support_text("%s/proc", path), 0755) == 0 &&
		  mkdir(support_text("%s/deep", path), 0755) == 0);
	ck_assert_int_eq(mount("/proc", support_text("%s/proc", path), NULL, MS_BIND | MS_REC, NULL), 0);
	ck_assert(chdir(path) == 0 && chroot(".") == 0 && chdir("/deep") == 0);
}

START_TEST(goes_back)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct place_whereabouts here;
	struct maproot_visit home;
	pid_t pid;

	if (ways[_i].as_user)
		unit_enter_namespace(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS);
	else
		unit_private_mounts();
	pid = place_make(ways[_i].types, 0);
	if (ways[_i].chrooted)
		go_below(support_text("root%d", _i));
	else
		ck_assert_int_eq(chdir("/usr"), 0);
	place_remember(&here);
	ck_assert_int_eq(mr_home_open(ways[_i].types, &home, &err), 0);
	/* Mount last: the others are found below the /proc of now. */
	enter_all(pid, ways[_i].types & ~PLACE_BIT(MNT));
	enter_all(pid, ways[_i].types & PLACE_BIT(MNT));
	ck_assert_int_eq(mr_home_return(&home, ways[_i].types, &err), 0);
	ck_assert_int_eq(err.code, 0);
	place_check_unmoved(&here);
	mr_home_close(&home);
	unit_end(pid);
}
END_TEST

START_TEST(goes_back_in_those_that_are_said)
{
	pid_t pid = place_make(PLACE_BIT(NET) | PLACE_BIT(UTS), 0);
	ino_t uts = place_of(0, MAPROOT_NAMESPACE_UTS);
	struct maproot_visit home;

	ck_assert_int_eq(mr_home_open(PLACE_BIT(NET) | PLACE_BIT(UTS), &home, NULL), 0);
	enter_all(pid, PLACE_BIT(NET) | PLACE_BIT(UTS));
	ck_assert_int_eq(mr_home_return(&home, PLACE_BIT(UTS) | PLACE_BIT(IPC), NULL), 0);
	ck_assert_uint_eq(place_of(0, MAPROOT_NAMESPACE_UTS), uts);
	ck_assert_uint_eq(place_of(0, MAPROOT_NAMESPACE_NET), place_of(pid, MAPROOT_NAMESPACE_NET));
	mr_home_close(&home);
	unit_end(pid);
}
END_TEST

static const struct {
	enum maproot_namespace lost;
	const char *text;
} losses[] = {
	{ MAPROOT_NAMESPACE_IPC,
	  "cannot go back to its ipc namespace: this thread is of no use any more: Operation not permitted" },
	{ MAPROOT_NAMESPACE_UTS,
	  "cannot go back to its uts namespace: this thread is of no use any more: Operation not permitted" },
};

START_TEST(a_way_that_is_lost_is_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const unsigned int types = PLACE_BIT(IPC) | PLACE_BIT(NET) | PLACE_BIT(UTS);
	pid_t pid = place_make(types, 0);
	struct place_whereabouts here;
	struct maproot_visit home;

	place_remember(&here);
	ck_assert_int_eq(mr_home_open(types, &home, NULL), 0);
	enter_all(pid, types);
	place_deny_setns(losses[_i].lost, EPERM);
	ck_assert_int_eq(mr_home_return(&home, types, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_RESTORE, losses[_i].text);
	/* The others are back. */
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		bool back = place_of(0, type) == here.namespaces[type];

		ck_assert(back == (type != losses[_i].lost));
	}
	mr_home_close(&home);
	unit_end(pid);
}
END_TEST

/* Where the namespace is back and the directory isn't. */
START_TEST(a_root_that_is_lost_is_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit home;

	unit_private_mounts();
	ck_assert_int_eq(mr_home_open(PLACE_BIT(MNT), &home, NULL), 0);
	unit_deny(SYS_chroot, EPERM);
	ck_assert_int_eq(mr_home_return(&home, PLACE_BIT(MNT), &err), -EPERM);
	unit_check_error(
		&err, EPERM, MAPROOT_STEP_RESTORE,
		"cannot go back to its mnt namespace: this thread is of no use any more: Operation not permitted");
	mr_home_close(&home);
}
END_TEST

/* A working directory that is gone, or that nobody may look at, is still where one was. */
START_TEST(a_directory_that_was_removed)
{
	struct place_whereabouts here;
	struct maproot_visit home;
	pid_t pid = place_make(PLACE_BIT(MNT), 0);

	ck_assert(mkdir("gone", 0700) == 0 && chdir("gone") == 0 && rmdir("../gone") == 0);
	place_remember(&here);
	ck_assert_int_eq(mr_home_open(PLACE_BIT(MNT), &home, NULL), 0);
	enter_all(pid, PLACE_BIT(MNT));
	ck_assert_int_eq(mr_home_return(&home, PLACE_BIT(MNT), NULL), 0);
	place_check_unmoved(&here);
	mr_home_close(&home);
	unit_end(pid);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("join/home", &tc);

	tcase_add_loop_test(tc, opens_what_can_be_left, 0, UNIT_COUNT(rows));
	tcase_add_loop_test(tc, all_or_nothing, 0, 9);
	tcase_add_test(tc, without_proc_there_is_no_way_back);
	tcase_add_test(tc, prunes_where_one_is_already);
	tcase_add_loop_test(tc, goes_back, 0, UNIT_COUNT(ways));
	tcase_add_test(tc, goes_back_in_those_that_are_said);
	tcase_add_loop_test(tc, a_way_that_is_lost_is_named, 0, UNIT_COUNT(losses));
	tcase_add_test(tc, a_root_that_is_lost_is_named);
	tcase_add_test(tc, a_directory_that_was_removed);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
