/*
 * Contract of the first half of src/system/mounts.h: propagation is as asked for every mount; a bind brings
 * everything below its source along, and read-only means all of it; tmpfs and proc are mounted with the usual care;
 * what fails is named.
 */
#include "system/mounts.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

static const char *path(const char *name)
{
	return support_text("%s/%s", support_user()->home, name);
}

static void make_directory(const char *name)
{
	ck_assert_msg(mkdir(path(name), 0755) == 0 || errno == EEXIST, "mkdir %s: %s", name,
		      strerror(errno));
}

/* 0, or why nothing can be made there. */
static int try_to_write(const char *name)
{
	int fd = open(path(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static const struct {
	enum maproot_propagation propagation;
	const char *field; /* NULL: none */
} kinds[] = {
	{ MAPROOT_PROPAGATION_SLAVE, "master:" },
	{ MAPROOT_PROPAGATION_PRIVATE, NULL },
	{ MAPROOT_PROPAGATION_SHARED, "shared:" },
};

START_TEST(propagation_is_as_asked)
{
	static const char *const points[] = { "/", "/proc" };

	unit_enter_namespace(0);
	ck_assert_int_eq(mr_mounts_propagate(kinds[_i].propagation, NULL), 0);
	for (size_t at = 0; at < UNIT_COUNT(points); at++) {
		const char *mount_of = unit_mount(points[at]);

		ck_assert_ptr_nonnull(mount_of);
		if (kinds[_i].field)
			ck_assert_ptr_nonnull(strstr(mount_of, kinds[_i].field));
		else
			ck_assert(!strstr(mount_of, "master:") && !strstr(mount_of, "shared:"));
	}
}
END_TEST

START_TEST(propagation_that_is_refused)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_become_user();
	ck_assert_int_eq(mr_mounts_propagate(MAPROOT_PROPAGATION_PRIVATE, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_PROPAGATION,
			 "cannot make the mounts below '/' private: Operation not permitted");
}
END_TEST

/* source/ with a file, and a tmpfs with a file on source/below; target/ */
static void make_source(void)
{
	make_directory("source");
	make_directory("source/below");
	make_directory("target");
	ck_assert_int_eq(try_to_write("source/file"), 0);
	ck_assert_int_eq(mount("tmpfs", path("source/below"), "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(try_to_write("source/below/file"), 0);
}

START_TEST(a_bind_is_recursive)
{
	unit_enter_namespace(0);
	make_source();
	ck_assert_int_eq(mr_mount_bind(path("source"), path("target"), false, NULL), 0);
	ck_assert_int_eq(access(path("target/file"), F_OK), 0);
	ck_assert_int_eq(access(path("target/below/file"), F_OK), 0);
	ck_assert_int_eq(try_to_write("target/new"), 0);
	ck_assert_int_eq(try_to_write("target/below/new"), 0);
	ck_assert_int_eq(access(path("source/new"), F_OK), 0);
}
END_TEST

START_TEST(a_file_can_be_bound)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_enter_namespace(0);
	(void)unit_file(path("one"), "1");
	(void)unit_file(path("two"), "22");
	ck_assert_int_eq(mr_mount_bind(path("one"), path("two"), _i != 0, &err), 0);

	struct stat info;

	ck_assert_int_eq(stat(path("two"), &info), 0);
	ck_assert_int_eq(info.st_size, 1);
	ck_assert_int_eq(try_to_write("two"), _i != 0 ? EROFS : 0);
	ck_assert_int_eq(try_to_write("one"), 0);
}
END_TEST

START_TEST(read_only_is_recursive)
{
	unit_enter_namespace(0);
	make_source();
	ck_assert_int_eq(mr_mount_bind(path("source"), path("target"), true, NULL), 0);
	ck_assert_int_eq(access(path("target/below/file"), F_OK), 0);
	ck_assert_int_eq(try_to_write("target/new"), EROFS);
	ck_assert_int_eq(try_to_write("target/below/new"), EROFS);
	/* The source itself stays as it was. */
	ck_assert_int_eq(try_to_write("source/new"), 0);
	ck_assert_int_eq(try_to_write("source/below/new"), 0);
}
END_TEST

/* Before Linux 5.12: what can't be made read-only must not be there. */
START_TEST(read_only_without_mount_setattr)
{
	unit_enter_namespace(0);
	make_source();
	unit_deny(SYS_mount_setattr, ENOSYS);
	ck_assert_int_eq(mr_mount_bind(path("source"), path("target"), true, NULL), 0);
	ck_assert_int_eq(access(path("target/file"), F_OK), 0);
	ck_assert_int_eq(try_to_write("target/new"), EROFS);
	ck_assert_int_eq(try_to_write("target/below/new"), EROFS);
	ck_assert_int_eq(try_to_write("source/below/new"), 0);
}
END_TEST

/* Flags of a mount from outside may not be taken off: a remount that forgot them would be refused. */
START_TEST(read_only_keeps_locked_flags)
{
	static const char *const flags[] = { "nosuid", "nodev", "noexec", "noatime" };
	const char *found;

	unit_private_mounts();
	make_directory("source");
	make_directory("target");
	ck_assert_int_eq(mount("tmpfs", path("source"), "tmpfs",
			       MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, NULL),
			 0);
	unit_enter_namespace(0);
	if (_i != 0)
		unit_deny(SYS_mount_setattr, ENOSYS);
	ck_assert_int_eq(mr_mount_bind(path("source"), path("target"), true, NULL), 0);
	found = unit_mount(path("target"));
	ck_assert_ptr_nonnull(found);
	for (size_t at = 0; at < UNIT_COUNT(flags); at++)
		ck_assert_msg(strstr(found, flags[at]) != NULL, "%s", found);
	ck_assert_int_eq(try_to_write("target/new"), EROFS);
}
END_TEST

START_TEST(what_can_not_be_bound_is_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_enter_namespace(0);
	make_directory("target");
	ck_assert_int_eq(mr_mount_bind("/nonesuch", path("target"), _i != 0, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_BIND,
			 support_text("cannot bind '/nonesuch' on '%s': No such file or directory",
				      path("target")));
	err.code = 0;
	ck_assert_int_eq(mr_mount_bind("/etc/passwd", path("target"), _i != 0, &err), -ENOTDIR);
	unit_check_error(&err, ENOTDIR, MAPROOT_STEP_BIND, NULL);
}
END_TEST

/* Another directory stands where this one was mounted on: it is not taken for it. */
START_TEST(what_was_moved_away_is_noticed)
{
	mr_auto_place struct mr_place place = MR_NO_PLACE;
	char target[MR_DESCRIPTOR_PATH_SIZE];
	const struct mr_mount_point point = { "target", target, &place };

	unit_enter_namespace(0);
	make_source();
	ck_assert_int_eq(mr_place_open(path("target"), MR_MISSING_FAILS, &place), 0);
	mr_mount_path("/", place.fd, target);
	ck_assert_int_eq(rename(path("target"), path("moved")), 0);
	make_directory("target");
	ck_assert_int_eq(mr_mount_bind_read_only(path("source"), &point), -ESTALE);
	ck_assert_int_eq(try_to_write("target/new"), 0);
	ck_assert_int_eq(unlink(path("target/new")), 0);
	ck_assert_int_eq(umount2(path("moved"), MNT_DETACH), 0);
	ck_assert_int_eq(rmdir(path("moved")), 0);
}
END_TEST

START_TEST(mounts_are_made_in_order)
{
	struct maproot_mount mounts[] = {
		{ .kind = MAPROOT_MOUNT_TMPFS, .target = strdup(path("target")) },
		{ .kind = MAPROOT_MOUNT_BIND, .source = "/etc/passwd", .target = strdup(path("target/file")), .read_only = true },
	};
	struct maproot_request request = { .mounts = mounts, .mount_count = 2 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct stat info;

	unit_enter_namespace(0);
	make_directory("target");
	ck_assert_int_eq(mr_mounts_make(&request, 0, &err), -ENOENT); /* the tmpfs is empty */
	unit_check_error(&err, ENOENT, MAPROOT_STEP_BIND, NULL);
	ck_assert_ptr_nonnull(strstr(unit_mount(path("target")), " - tmpfs"));
	ck_assert_ptr_nonnull(strstr(unit_mount(path("target")), "nosuid,nodev"));
	ck_assert_int_eq(stat(path("target"), &info), 0);
	ck_assert_uint_eq(info.st_mode & 07777, 0755);
	ck_assert_int_eq(try_to_write("target/file"), 0);
	request.mounts = mounts + 1;
	request.mount_count = 1;
	ck_assert_int_eq(mr_mounts_make(&request, 0, NULL), 0);
	ck_assert_int_eq(stat(path("target/file"), &info), 0);
	ck_assert_int_gt(info.st_size, 10);
}
END_TEST

static int mount_proc(void *arg)
{
	const struct maproot_mount mount = { .kind = MAPROOT_MOUNT_PROC, .target = "/proc" };
	const struct maproot_request request = { .mounts = &mount, .mount_count = 1 };
	char self[8] = "";

	(void)arg;
	if (mr_mounts_make(&request, 0, NULL) < 0)
		return 1;
	if (readlink("/proc/self", self, sizeof(self) - 1) != 1 || self[0] != '1')
		return 2;
	return strstr(unit_mount("/proc"), "nosuid,nodev,noexec") ? 0 : 3;
}

START_TEST(proc_of_a_new_pid_namespace)
{
	unit_enter_namespace(CLONE_NEWPID);
	ck_assert_int_eq(unit_in_child(mount_proc, NULL), 0);
}
END_TEST

START_TEST(a_mount_that_is_refused)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_become_user();
	ck_assert_int_eq(mr_mount_new("tmpfs", "/tmp", 0, NULL, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_MOUNT,
			 "cannot mount a new tmpfs on '/tmp': Operation not permitted");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/mounts", &tc);

	tcase_add_loop_test(tc, propagation_is_as_asked, 0, UNIT_COUNT(kinds));
	tcase_add_test(tc, propagation_that_is_refused);
	tcase_add_test(tc, a_bind_is_recursive);
	tcase_add_loop_test(tc, a_file_can_be_bound, 0, 2);
	tcase_add_test(tc, read_only_is_recursive);
	tcase_add_test(tc, read_only_without_mount_setattr);
	tcase_add_loop_test(tc, read_only_keeps_locked_flags, 0, 2);
	tcase_add_loop_test(tc, what_can_not_be_bound_is_named, 0, 2);
	tcase_add_test(tc, what_was_moved_away_is_noticed);
	tcase_add_test(tc, mounts_are_made_in_order);
	tcase_add_test(tc, proc_of_a_new_pid_namespace);
	tcase_add_test(tc, a_mount_that_is_refused);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
