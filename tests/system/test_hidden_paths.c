/*
 * Contract of mr_paths_hide(): masked files are the null device, masked directories are empty, neither can be written to;
 * read-only paths and all that is mounted below them can't be written to, also where the kernel makes one mount read-only at a time;
 * what does not exist is passed over; links are followed inside; only the real null device hides anything.
 */
#include "system/mounts.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

static const char *path(const char *name)
{
	return strdup(support_text("%s/%s", support_user()->home, name));
}

static void make_files(void)
{
	unit_enter_namespace(0);
	ck_assert_int_eq(system("rm -rf d link dangling; mkdir -p d/sub/below; echo secret >d/file; echo x >d/sub/file; ln -s d/sub link;"
				"ln -s nothing dangling"),
			 0);
	ck_assert_int_eq(mount("tmpfs", "d/sub/below", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(chdir("/"), 0);
}

static int try_to_write(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

START_TEST(masked_paths)
{
	const char *const paths[] = { path("d/file"), path("link"), path("nonesuch"), path("d/file/x"), path("dangling") };
	const struct maproot_attributes attributes = { .masked = paths, .masked_count = UNIT_COUNT(paths) };
	struct stat info;

	make_files();
	ck_assert_int_eq(mr_paths_hide(&attributes, NULL), 0);
	ck_assert_int_eq(stat(paths[0], &info), 0);
	ck_assert(S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3));
	ck_assert_int_eq(access(path("d/sub/file"), F_OK), -1);
	ck_assert_int_eq(access(path("d/sub/below"), F_OK), -1);
	ck_assert_int_eq(try_to_write(path("d/sub/new")), EROFS);
	ck_assert_int_eq(access(path("nonesuch"), F_OK), -1);
	ck_assert_int_eq(access(path("nothing"), F_OK), -1);
}
END_TEST

START_TEST(read_only_paths)
{
	const char *const paths[] = { path("d/file"), path("link"), path("nonesuch") };
	const struct maproot_attributes attributes = { .read_only = paths, .read_only_count = UNIT_COUNT(paths) };

	make_files();
	if (_i)
		unit_deny(SYS_mount_setattr, ENOSYS);
	ck_assert_int_eq(mr_paths_hide(&attributes, NULL), 0);
	ck_assert_int_eq(try_to_write(path("d/file")), EROFS);
	ck_assert_int_eq(try_to_write(path("d/sub/file")), EROFS);
	ck_assert_int_eq(try_to_write(path("d/sub/new")), EROFS);
	ck_assert_int_eq(try_to_write(path("d/sub/below/new")), EROFS);
	ck_assert_int_eq(try_to_write(path("d/new")), 0);
}
END_TEST

START_TEST(a_read_only_root)
{
	const struct maproot_attributes attributes = { .read_only_root = true };

	unit_enter_namespace(0);
	ck_assert_int_eq(mount("tmpfs", "/mnt", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(mr_paths_hide(&attributes, NULL), 0);
	ck_assert_int_eq(strncmp(unit_mount("/"), "ro", 2), 0);
	ck_assert_int_eq(try_to_write("/mnt/new"), 0);
}
END_TEST

/* The order: what was masked stays so below a read-only path. */
START_TEST(both)
{
	const char *const masked[] = { path("d/sub/file") };
	const char *const read_only[] = { path("d") };
	const struct maproot_attributes attributes = { .masked = masked, .masked_count = 1, .read_only = read_only, .read_only_count = 1 };
	struct stat info;

	make_files();
	ck_assert_int_eq(mr_paths_hide(&attributes, NULL), 0);
	ck_assert_int_eq(stat(masked[0], &info), 0);
	ck_assert(S_ISCHR(info.st_mode));
	ck_assert_int_eq(try_to_write(path("d/new")), EROFS);
}
END_TEST

START_TEST(a_mask_that_is_none)
{
	const char *const paths[] = { path("d/file") };
	const struct maproot_attributes attributes = { .masked = paths, .masked_count = 1 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	static const char *const covers[] = { "/etc/passwd", "/dev/zero" };

	make_files();
	ck_assert_int_eq(mount(covers[_i], "/dev/null", NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(mr_paths_hide(&attributes, &err), -ENODEV);
	unit_check_error(&err, ENODEV, MAPROOT_STEP_OPEN, "cannot open '/dev/null': No such device");
}
END_TEST

START_TEST(failures_are_named)
{
	const char *const paths[] = { path("d/sub") };
	const struct maproot_attributes masks = { .masked = paths, .masked_count = 1 };
	const struct maproot_attributes binds = { .read_only = paths, .read_only_count = 1 };
	const struct maproot_attributes root = { .read_only_root = true };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	make_files();
	unit_deny(SYS_mount, EPERM);
	ck_assert_int_eq(mr_paths_hide(&masks, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_MASK, support_text("cannot hide '%s': Operation not permitted", paths[0]));
	err.code = 0;
	ck_assert_int_eq(mr_paths_hide(&binds, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_READ_ONLY,
			 support_text("cannot make '%s' read-only: Operation not permitted", paths[0]));
	err.code = 0;
	ck_assert_int_eq(mr_paths_hide(&root, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_READ_ONLY, "cannot make '/' read-only: Operation not permitted");
}
END_TEST

/* The caller's directory is where it was. */
START_TEST(beside_the_mounts_of_a_request)
{
	const char *const paths[] = { path("d/file") };
	const struct maproot_attributes attributes = { .masked = paths, .masked_count = 1 };
	const struct maproot_mount mount_ = { .kind = MAPROOT_MOUNT_BIND, .source = "d/sub", .target = "/mnt" };
	const struct maproot_request request = { .mounts = &mount_, .mount_count = 1, .attributes = &attributes };
	struct stat info;

	make_files();
	ck_assert_int_eq(chdir(support_user()->home), 0);
	ck_assert_int_eq(mr_mounts_make(&request, 0, NULL), 0);
	ck_assert_int_eq(stat("d/file", &info), 0);
	ck_assert(S_ISCHR(info.st_mode));
	ck_assert_int_eq(access("/mnt/file", F_OK), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/hidden_paths", &tc);

	tcase_add_test(tc, masked_paths);
	tcase_add_loop_test(tc, read_only_paths, 0, 2);
	tcase_add_test(tc, a_read_only_root);
	tcase_add_test(tc, both);
	tcase_add_loop_test(tc, a_mask_that_is_none, 0, 2);
	tcase_add_test(tc, failures_are_named);
	tcase_add_test(tc, beside_the_mounts_of_a_request);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
