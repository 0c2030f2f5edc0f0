/*
 * Contract of src/system/place.h: a path leads to what the kernel would find below this process's root directory, with all links
 * followed, and never out of it, also not through links of /proc and while somebody swaps directories for links; what is missing
 * is made, as directory or file, inside.
 */
#include "system/place.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* tree/ becomes the root directory; outside/ lies beside it, and is the working directory. */
static void enter_tree(void)
{
	unit_enter_namespace(0);
	ck_assert_int_eq(system("rm -rf tree outside; mkdir -p tree/a/b/c outside/a/b; echo inside >tree/a/file"), 0);
	ck_assert_int_eq(system("cd tree; ln -s a link; ln -s /a/b absolute; ln -s ../../../../../outside above;"
				"ln -s loop loop; ln -s link/../link/b twice; ln -s nothing/yet dangling; ln -s /proc/self/cwd cwd;"
				"ln -s . a/here; mkdir proc"),
			 0);
	ck_assert_int_eq(mount("/proc", "tree/proc", NULL, MS_BIND | MS_REC, NULL), 0);
	ck_assert_int_eq(chdir("outside"), 0);
	ck_assert_int_eq(chroot("../tree"), 0);
}

static const struct {
	const char *path;
	int code;
	const char *same; /* the path without links */
} rows[] = {
	{ "/a", 0, "/a" },
	{ "/a/b/c/", 0, "/a/b/c" },
	{ "//a//./b/.", 0, "/a/b" },
	{ "/a/file", 0, "/a/file" },
	{ "/link/b", 0, "/a/b" },
	{ "/absolute/c", 0, "/a/b/c" },
	{ "/twice/c", 0, "/a/b/c" },
	{ "/a/here/here/here/b", 0, "/a/b" },
	{ "/a/b/../../link/../a/b", 0, "/a/b" },
	{ "/../../a", 0, "/a" },
	{ "/absolute/../file", 0, "/a/file" },
	{ "/", 0, "/" },
	{ "/a/..", 0, "/" },
	{ "a", 0, "/a" },
	{ "/proc/self/status", 0, "/proc/self/status" },
	{ "/nonesuch", -ENOENT, NULL },
	{ "/dangling", -ENOENT, NULL },
	{ "/above", -ENOENT, NULL },
	{ "/above/a", -ENOENT, NULL },
	{ "/a/file/x", -ENOTDIR, NULL },
	{ "/loop", -ELOOP, NULL },
	{ "/loop/x", -ELOOP, NULL },
	/* Their text is the path from the root directory, which they aren't below. */
	{ "/cwd/a", -ENOENT, NULL },
	{ "/proc/self/cwd", -ENOENT, NULL },
	{ "/proc/self/cwd/../outside/a", -ENOENT, NULL },
	{ "/proc/self/root/a", 0, "/a" },
};

START_TEST(leads_to_the_same)
{
	struct mr_place place = MR_NO_PLACE;
	struct stat found;
	struct stat want;
	int code;

	enter_tree();
	code = mr_place_open(rows[_i].path, MR_MISSING_FAILS, &place);
	ck_assert_msg(code == rows[_i].code, "%s: %s", rows[_i].path, strerror(-code));
	if (code == 0) {
		ck_assert_int_eq(fstat(place.fd, &found), 0);
		ck_assert_int_eq(stat(rows[_i].same, &want), 0);
		ck_assert(found.st_dev == want.st_dev && found.st_ino == want.st_ino);
	} else {
		ck_assert_int_eq(place.fd, -1);
	}
	mr_place_close(&place);
}
END_TEST

static const struct {
	const char *path;
	enum mr_missing missing;
	const char *made;
	int code;
} made[] = {
	{ "/x/y/z", MR_MISSING_IS_DIRECTORY, "/x/y/z", 0 },
	{ "/x/y/z", MR_MISSING_IS_FILE, "/x/y/z", 0 },
	{ "/x/y/z/", MR_MISSING_IS_DIRECTORY, "/x/y/z", 0 },
	{ "/link/new", MR_MISSING_IS_FILE, "/a/new", 0 },
	{ "/dangling", MR_MISSING_IS_FILE, "/nothing/yet", 0 },
	{ "/dangling/more", MR_MISSING_IS_DIRECTORY, "/nothing/yet/more", 0 },
	{ "/above/new", MR_MISSING_IS_DIRECTORY, "/outside/new", 0 },
	{ "/a/file/below", MR_MISSING_IS_DIRECTORY, NULL, -ENOTDIR },
	{ "/loop/x", MR_MISSING_IS_FILE, NULL, -ELOOP },
};

START_TEST(makes_what_is_missing)
{
	struct mr_place place = MR_NO_PLACE;
	struct stat info;
	struct stat want;

	enter_tree();
	ck_assert_int_eq(mr_place_open(made[_i].path, made[_i].missing, &place), made[_i].code);
	if (made[_i].code == 0) {
		ck_assert_int_eq(fstat(place.fd, &info), 0);
		ck_assert_int_eq(S_ISDIR(info.st_mode), made[_i].missing == MR_MISSING_IS_DIRECTORY);
		ck_assert_int_eq(stat(made[_i].made, &want), 0);
		ck_assert(info.st_dev == want.st_dev && info.st_ino == want.st_ino);
	}
	ck_assert_int_eq(access("new", F_OK), -1); /* in outside/ */
	mr_place_close(&place);
}
END_TEST

START_TEST(names_that_are_too_long)
{
	static char path[2 * PATH_MAX];
	struct mr_place place = MR_NO_PLACE;

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	ck_assert_int_eq(mr_place_open(path, MR_MISSING_FAILS, &place), -ENAMETOOLONG);
	path[NAME_MAX + 2] = '\0';
	ck_assert_int_eq(mr_place_open(path, MR_MISSING_FAILS, &place), -ENAMETOOLONG);
	ck_assert_int_eq(place.fd, -1);
}
END_TEST

START_TEST(what_is_mounted_there_is_reached_again)
{
	struct mr_place place = MR_NO_PLACE;
	struct stat before;
	struct stat after;
	int fd;

	enter_tree();
	ck_assert_int_eq(mr_place_open("/twice", MR_MISSING_FAILS, &place), 0);
	ck_assert_int_eq(fstat(place.fd, &before), 0);
	ck_assert_int_eq(mount("tmpfs", "/a/b", "tmpfs", 0, NULL), 0);
	fd = mr_place_again(&place);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &after), 0);
	ck_assert(before.st_dev != after.st_dev);
	mr_place_close(&place);
	ck_assert_int_eq(mr_place_open("/", MR_MISSING_FAILS, &place), 0);
	ck_assert_int_eq(mr_place_again(&place), -EBUSY);
}
END_TEST

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

/* Another process, which is not in the chroot, swaps a directory for a link that leads out, for as long as this one walks. */
static void flip(int home)
{
	for (;;)
		(void)syscall(SYS_renameat2, home, "tree/a", home, "tree/trap", RENAME_EXCHANGE);
}

START_TEST(nobody_swaps_it_away)
{
	const int rounds = support_size(2000, 20000, 100000);
	struct stat outside;
	int home;
	int inside = 0;
	int trapped = 0;
	pid_t pid;

	unit_become_user();
	home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	enter_tree();
	ck_assert_int_eq(fstatat(home, "outside", &outside, 0), 0);
	ck_assert_int_eq(symlinkat("../outside", home, "tree/trap"), 0);
	pid = fork();
	if (pid == 0)
		flip(home);
	for (int round = 0; round < rounds || inside == 0 || trapped == 0; round++) {
		struct mr_place place = MR_NO_PLACE;
		struct stat found;
		int code = mr_place_open("/a/b", MR_MISSING_FAILS, &place);
		struct stat real;

		if (code < 0) {
			ck_assert_int_eq(code, -ENOENT);
			trapped++;
			continue;
		}
		ck_assert_int_eq(fstat(place.fd, &found), 0);
		ck_assert(fstatat(home, "outside/a/b", &real, 0) == 0 && found.st_ino != real.st_ino);
		ck_assert(fstatat(home, "outside/b", &real, 0) < 0);
		inside++;
		mr_place_close(&place);
	}
	unit_end(pid);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/place", &tc);

	tcase_add_loop_test(tc, leads_to_the_same, 0, UNIT_COUNT(rows));
	tcase_add_loop_test(tc, makes_what_is_missing, 0, UNIT_COUNT(made));
	tcase_add_test(tc, names_that_are_too_long);
	tcase_add_test(tc, what_is_mounted_there_is_reached_again);
	tcase_add_test(tc, nobody_swaps_it_away);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
