/*
 * Contract of src/system/resolv_conf.h: what /etc/resolv.conf leads to has the given text, in this mount namespace and
 * nowhere else, whatever link it is, without /proc, and also where there was nothing; no file and no other mount is left, the working
 * directory is kept, and a failure leaves nothing and says what.
 */
#include "system/resolv_conf.h"

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

static const char text[] = "nameserver 10.0.2.3\nsearch example.org\n";

static const char *home(const char *name)
{
	return support_text("%s/%s", support_user()->home, name);
}

static void make_directory(const char *name)
{
	ck_assert_msg(mkdir(home(name), 0755) == 0 || errno == EEXIST, "mkdir %s: %s", name, strerror(errno));
}

static size_t count_mounts(const char *mounts)
{
	size_t count = 0;

	for (; *mounts != '\0'; mounts++)
		count += *mounts == '\n';
	return count;
}

static void check_text(const char *path)
{
	char *content = support_read(path, NULL);

	ck_assert_msg(content != NULL, "%s: %s", path, strerror(errno));
	ck_assert_str_eq(content, text);
	free(content);
}

static void replace(void)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int code = mr_resolv_conf_replace(text, &err);

	ck_assert_msg(code == 0, "%d: %s", code, err.object);
}

static int replace_and_look(void *arg)
{
	char before[512];
	char after[512];
	char *mounts;
	size_t count;
	struct stat info;

	(void)arg;
	unit_enter_namespace(0);
	ck_assert_int_eq(chdir("/usr"), 0);
	mounts = support_mounts();
	count = count_mounts(mounts);
	free(mounts);
	ck_assert_ptr_nonnull(getcwd(before, sizeof(before)));
	umask(077);
	replace();
	ck_assert_ptr_nonnull(getcwd(after, sizeof(after)));
	ck_assert_str_eq(after, before);
	check_text("/etc/resolv.conf");
	ck_assert_int_eq(stat("/etc/resolv.conf", &info), 0);
	ck_assert_int_eq(info.st_mode, S_IFREG | 0644);
	mounts = support_mounts();
	ck_assert_uint_eq(count_mounts(mounts), count + 1);
	free(mounts);
	/* Nothing is on the root directory, where only this leads. */
	ck_assert_int_eq(access("/../usr", F_OK), 0);
	ck_assert_int_ne(access("/../resolv.conf", F_OK), 0);
	return 0;
}

START_TEST(it_is_replaced_here_alone)
{
	char *before = support_read("/etc/resolv.conf", NULL);
	char *after;

	ck_assert_int_eq(unit_in_child(replace_and_look, NULL), 0);
	after = support_read("/etc/resolv.conf", NULL);
	ck_assert_pstr_eq(after, before);
	free(before);
	free(after);
}
END_TEST

START_TEST(it_is_replaced_again)
{
	static const char other[] = "nameserver 10.0.0.1\n";

	unit_enter_namespace(0);
	ck_assert_int_eq(mr_resolv_conf_replace(other, NULL), 0);
	replace();
	check_text("/etc/resolv.conf");
}
END_TEST

/* What is at etc/resolv.conf of a tree without /proc that is the root directory, and where its text then is. */
static const struct {
	const char *link; /* NULL: no link */
	bool there;
	const char *real;
} trees[] = {
	{ NULL, true, "/etc/resolv.conf" },
	{ NULL, false, "/etc/resolv.conf" },
	{ "real", true, "/etc/real" },
	{ "../run/resolver/stub.conf", true, "/run/resolver/stub.conf" },
	{ "../run/resolver/stub.conf", false, "/run/resolver/stub.conf" },
	{ "/run/resolver/stub.conf", false, "/run/resolver/stub.conf" },
	/* Further up than there is anything ends at the root. */
	{ "../../../../run/resolver/stub.conf", false, "/run/resolver/stub.conf" },
};

static void make_tree(const char *link, bool there, const char *real)
{
	unit_enter_namespace(0);
	ck_assert_int_eq(system(support_text("rm -rf %s", home("tree"))), 0);
	make_directory("tree");
	make_directory("tree/etc");
	if (link)
		ck_assert_int_eq(symlink(link, home("tree/etc/resolv.conf")), 0);
	if (there && strncmp(real, "/run", 4) == 0) {
		make_directory("tree/run");
		make_directory("tree/run/resolver");
	}
	if (there)
		(void)unit_file(home(support_text("tree%s", real)), "the tree's own\n");
}

static int first_root = -1;

static void enter_tree(void)
{
	first_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(first_root, 0);
	ck_assert_int_eq(chroot(home("tree")), 0);
	ck_assert_int_eq(access("/proc", F_OK), -1);
	(void)chdir("/etc");
}

/* To where Check and the looks afterwards find their files. */
static void go_back(void)
{
	ck_assert_int_eq(fchdir(first_root), 0);
	ck_assert_int_eq(chroot("."), 0);
}

START_TEST(links_end_inside)
{
	const char *real = trees[_i].real;
	char *disk;
	char there[512];

	make_tree(trees[_i].link, trees[_i].there, real);
	strcpy(there, home(support_text("tree%s", real)));
	enter_tree();
	replace();
	check_text("/etc/resolv.conf");
	check_text(real);
	ck_assert_int_eq(access("resolv.conf", F_OK), 0); /* the directory is still the same */
	ck_assert_int_ne(access("/../resolv.conf", F_OK), 0);
	/* Below the mount the tree has what it had. */
	ck_assert_int_eq(umount2(real, MNT_DETACH), 0);
	disk = support_read(real, NULL);
	ck_assert_ptr_nonnull(disk);
	ck_assert_str_eq(disk, trees[_i].there ? "the tree's own\n" : "");
	free(disk);
	go_back();
	ck_assert_int_eq(access(there, F_OK), 0);
}
END_TEST

START_TEST(without_etc_nothing_is_done)
{
	make_tree(NULL, false, "");
	ck_assert_int_eq(rmdir(home("tree/etc")), 0);
	enter_tree();
	replace();
	ck_assert_int_ne(access("/etc", F_OK), 0);
	go_back();
}
END_TEST

START_TEST(a_place_that_is_none_is_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	make_tree(NULL, false, "");
	make_directory("tree/etc/resolv.conf");
	enter_tree();
	ck_assert_int_eq(mr_resolv_conf_replace(text, &err), -EISDIR);
	unit_check_error(&err, EISDIR, MAPROOT_STEP_MOUNT,
			 "cannot mount '/etc/resolv.conf' (making the mount point): Is a directory");
	ck_assert_int_ne(access("/../resolv.conf", F_OK), 0);
	ck_assert_int_eq(access("resolv.conf", F_OK), 0);
	go_back();
}
END_TEST

START_TEST(a_place_that_cannot_be_made_is_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	make_tree(NULL, false, "");
	ck_assert_int_eq(mount("tmpfs", home("tree/etc"), "tmpfs", MS_RDONLY, NULL), 0);
	enter_tree();
	ck_assert_int_eq(mr_resolv_conf_replace(text, &err), -EROFS);
	unit_check_error(&err, EROFS, MAPROOT_STEP_MOUNT,
			 "cannot mount '/etc/resolv.conf' (making the mount point): Read-only file system");
	go_back();
}
END_TEST

START_TEST(what_may_not_be_mounted_is_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_enter_namespace(0);
	unit_deny(SYS_mount, EPERM);
	ck_assert_int_eq(mr_resolv_conf_replace(text, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_MOUNT, "cannot mount a new tmpfs on '/': Operation not permitted");
}
END_TEST

/* As in a container whose file outside was replaced. */
START_TEST(a_deleted_file_is_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_enter_namespace(0);
	(void)unit_file(home("deleted"), "nameserver 10.0.0.1\n");
	ck_assert_int_eq(mount(home("deleted"), "/etc/resolv.conf", NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(unlink(home("deleted")), 0);
	ck_assert_int_eq(mr_resolv_conf_replace(text, &err), -ESTALE);
	unit_check_error(&err, ESTALE, MAPROOT_STEP_MOUNT,
			 "cannot mount '/etc/resolv.conf' (making the mount point): Stale file handle");
}
END_TEST

/* As before Linux 5.2. */
START_TEST(old_kernels_bind_by_path)
{
	unit_enter_namespace(0);
	unit_deny(SYS_open_tree, ENOSYS);
	replace();
	check_text("/etc/resolv.conf");
	ck_assert_int_ne(access("/../resolv.conf", F_OK), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("system/resolv_conf", &tests);

	tcase_add_test(tests, it_is_replaced_here_alone);
	tcase_add_test(tests, it_is_replaced_again);
	tcase_add_loop_test(tests, links_end_inside, 0, UNIT_COUNT(trees));
	tcase_add_test(tests, without_etc_nothing_is_done);
	tcase_add_test(tests, a_place_that_is_none_is_named);
	tcase_add_test(tests, a_place_that_cannot_be_made_is_named);
	tcase_add_test(tests, a_deleted_file_is_named);
	tcase_add_test(tests, old_kernels_bind_by_path);
	tcase_add_test(tests, what_may_not_be_mounted_is_named);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
