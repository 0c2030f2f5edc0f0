/*
 * Contract of mr_root_enter(): a directory becomes the root directory, with /proc, /sys, a small /dev with devpts and
 * shm, and the host's resolv.conf, and the mounts of the request on top. Whatever links the directory holds, nothing
 * outside it is mounted on, written to, or reachable afterwards.
 */
#include "system/mounts.h"

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

static const char *home(const char *name)
{
	return support_text("%s/%s", support_user()->home, name);
}

static void make_directory(const char *name)
{
	ck_assert_msg(mkdir(home(name), 0755) == 0 || errno == EEXIST, "mkdir %s: %s", name,
		      strerror(errno));
}

static int first_root = -1;

/* After a failure half-way: to where Check and the looks afterwards find their files. */
static void go_back(void)
{
	ck_assert_int_eq(fchdir(first_root), 0);
	ck_assert_int_eq(chroot("."), 0);
}

/* tree/ with an etc/, and outside/ beside it, which nothing may touch. In the user's own namespace. */
static void make_tree(int flags)
{
	ck_assert_int_eq(system(support_text("rm -rf %s", home("tree"))), 0);
	ck_assert_int_eq(system(support_text("rm -rf %s", home("outside"))), 0);
	first_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(first_root, 0);
	unit_enter_namespace(flags);
	make_directory("tree");
	make_directory("tree/etc");
	make_directory("outside");
}

static struct maproot_request request_for(const char *root)
{
	return (struct maproot_request){ .root = root };
}

static void enter(const struct maproot_request *request, unsigned int created)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char said[512];

	if (mr_root_enter(request, created, &err) < 0) {
		(void)maproot_error_format(&err, said, sizeof(said));
		ck_abort_msg("%s", said);
	}
}

/* Every mount that is left is one of these. */
static void check_mount_points(void)
{
	static const char *const roots[] = {
		"/", "/proc", "/sys", "/dev", "/etc/resolv.conf",
		"/run", "/extra", "/inner", "/outside", "/tmp"
	};
	char *table = support_mounts();
	char *rest = table;
	char *line;

	while ((line = strsep(&rest, "\n")) && *line) {
		char point[4096];
		bool known = false;

		ck_assert_int_eq(sscanf(line, "%*s %*s %*s %*s %4095s", point), 1);
		for (size_t at = 0; at < UNIT_COUNT(roots); at++) {
			size_t length = strlen(roots[at]);

			known = known || strcmp(point, roots[at]) == 0 ||
				(length > 1 && strncmp(point, roots[at], length) == 0 &&
				 point[length] == '/');
		}
		ck_assert_msg(known, "a mount at %s: %s", point, line);
	}
	free(table);
}

static void check_nodes(void)
{
	static const struct {
		const char *path;
		unsigned int major, minor;
	} nodes[] = { { "/dev/null", 1, 3 }, { "/dev/zero", 1, 5 }, { "/dev/full", 1, 7 }, { "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 } };
	static const char *const links[][2] = { { "/dev/fd", "/proc/self/fd" },
						{ "/dev/stdin", "/proc/self/fd/0" },
						{ "/dev/stdout", "/proc/self/fd/1" },
						{ "/dev/stderr", "/proc/self/fd/2" },
						{ "/dev/ptmx", "pts/ptmx" } };
	struct stat info;

	for (size_t at = 0; at < UNIT_COUNT(nodes); at++) {
		ck_assert_msg(stat(nodes[at].path, &info) == 0, "%s", nodes[at].path);
		ck_assert(S_ISCHR(info.st_mode));
		ck_assert_uint_eq(info.st_rdev, makedev(nodes[at].major, nodes[at].minor));
	}
	for (size_t at = 0; at < UNIT_COUNT(links); at++) {
		char target[64] = "";

		ck_assert_int_gt(readlink(links[at][0], target, sizeof(target) - 1), 0);
		ck_assert_str_eq(target, links[at][1]);
	}
	/* They work, not only stand there. */
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_int_eq(close(fd), 0);
	fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlockpt(fd), 0);
	ck_assert_str_eq(ptsname(fd), "/dev/pts/0");
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(stat("/dev/shm", &info), 0);
	ck_assert_uint_eq(info.st_mode & 07777, 01777);
	fd = open("/dev/shm/file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
}

START_TEST(everything_is_there)
{
	struct maproot_request request = request_for("tree");
	char *resolver = support_read("/etc/resolv.conf", NULL);
	char path[64];
	char *text;

	if (!resolver)
		support_die("this machine has no /etc/resolv.conf");
	make_tree(0);
	enter(&request, BIT(USER) | BIT(MNT));
	check_mount_points();
	check_nodes();
	ck_assert_str_eq(getcwd(path, sizeof(path)), "/");
	text = support_read("/etc/resolv.conf", NULL);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, resolver);
	ck_assert_int_eq(access("/proc/self/status", R_OK), 0);
	ck_assert_int_eq(access("/sys/kernel", R_OK), 0);
	free(text);
	free(resolver);
}
END_TEST

START_TEST(the_old_root_is_gone)
{
	struct maproot_request request = request_for(home("tree"));
	struct stat root;
	struct stat above;

	request.root = strdup(request.root);
	make_tree(0);
	enter(&request, BIT(USER) | BIT(MNT));
	ck_assert_int_eq(stat("/", &root), 0);
	ck_assert_int_eq(stat("/..", &above), 0);
	ck_assert(root.st_dev == above.st_dev && root.st_ino == above.st_ino);
	ck_assert_int_eq(access(support_user()->home, F_OK), -1);
	/* Nor by the way that leads out of a plain chroot. */
	ck_assert_int_eq(mkdir("/deeper", 0755), 0);
	ck_assert_int_eq(chroot("/deeper"), 0);
	for (int up = 0; up < 30; up++)
		ck_assert_int_eq(chdir(".."), 0);
	ck_assert_int_eq(chroot("."), 0);
	ck_assert_int_eq(access("/deeper", F_OK), 0);
	ck_assert_int_eq(access("/usr/bin", F_OK), -1);
}
END_TEST

static const char *const spellings[] = { "tree", "./tree/", "tree/../tree", "link" };

START_TEST(the_directory_may_be_named_in_any_way)
{
	struct maproot_request request = request_for(spellings[_i]);

	make_tree(0);
	(void)unlink("link");
	ck_assert_int_eq(symlink("tree", "link"), 0);
	ck_assert_int_eq(mkdir("tree/mark", 0755), 0);
	enter(&request, BIT(USER) | BIT(MNT));
	ck_assert_int_eq(access("/mark", F_OK), 0);
}
END_TEST

/* Links of all kinds where something is to be mounted: `%s` is outside/. They must not be followed there. */
static const struct {
	const char *link;
	const char *target;
} traps[] = {
	{ "tree/dev", "%s" },
	{ "tree/dev", "../outside" },
	{ "tree/dev", "../../../../../../../../..%s" },
	{ "tree/proc", "%s" },
	{ "tree/proc", "../outside" },
	{ "tree/sys", "%s" },
	{ "tree/etc/resolv.conf", "%s/resolv.conf" },
	{ "tree/etc/resolv.conf", "../../outside/resolv.conf" },
	{ "tree/etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf" },
	{ "tree/etc/resolv.conf", "/run/resolv.conf" },
	{ "tree/etc/resolv.conf", "resolv.conf" },
	{ "tree/extra", "%s" },
	{ "tree/extra", "../outside" },
	{ "tree/inner", "/proc/1/root%s" },
	{ "tree/inner", "/proc/self/cwd/.." },
	{ "tree/inner", "/proc/self/cwd%s" },
	{ "tree/dev", "/proc/self/cwd%s" },
	{ "tree/etc/resolv.conf", "/proc/self/cwd%s/resolv.conf" },
	{ "tree/etc/resolv.conf", "/proc/thread-self/root%s/resolv.conf" },
	{ "tree/proc", "/proc/self/cwd" },
};

START_TEST(links_lead_nowhere_outside)
{
	const struct maproot_mount mounts[] = {
		{ .kind = MAPROOT_MOUNT_TMPFS, .target = "/extra" },
		{ .kind = MAPROOT_MOUNT_TMPFS, .target = "/inner" },
	};
	struct maproot_request request = { .root = "tree", .mounts = mounts, .mount_count = 2 };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *outside = strdup(home("outside"));
	int outside_fd;
	int home_fd;
	struct stat before;
	struct stat after;
	struct stat beside;
	int code;

	make_tree(0);
	ck_assert_int_eq(rmdir("tree/etc"), 0);
	ck_assert_int_eq(mkdir("tree/etc", 0755), 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
	ck_assert_int_eq(symlink(support_text(traps[_i].target, outside), traps[_i].link), 0);
#pragma GCC diagnostic pop
	outside_fd = open(outside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	home_fd = open(support_user()->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(fstat(outside_fd, &before), 0);
	code = mr_root_enter(&request, BIT(USER) | BIT(MNT), &err);
	/* It may fail on such a tree, but then with a word about where. */
	if (code < 0)
		ck_assert_msg(err.step == MAPROOT_STEP_MOUNT || err.step == MAPROOT_STEP_BIND,
			      "step %s: %s", maproot_step_name(err.step), err.object);
	else
		check_mount_points();
	go_back();
	/* Looked up anew below the home directory: a mount on it would be seen. */
	ck_assert_int_eq(fstatat(home_fd, "outside", &beside, 0), 0);
	ck_assert(beside.st_dev == before.st_dev && beside.st_ino == before.st_ino);
	ck_assert_int_eq(fstat(outside_fd, &after), 0);
	ck_assert(after.st_mtim.tv_sec == before.st_mtim.tv_sec &&
		  after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
	ck_assert_int_eq(fstatat(home_fd, "outside/resolv.conf", &after, AT_SYMLINK_NOFOLLOW), -1);
}
END_TEST

/* As in the images of distributions, where the target is made at boot. */
START_TEST(a_resolver_link_to_nothing_is_followed_inside)
{
	struct maproot_request request = request_for("tree");
	char *resolver = support_read("/etc/resolv.conf", NULL);
	char *text;

	make_tree(0);
	ck_assert_int_eq(symlink("../run/systemd/resolve/stub-resolv.conf", "tree/etc/resolv.conf"),
			 0);
	enter(&request, BIT(USER) | BIT(MNT));
	text = support_read("/etc/resolv.conf", NULL);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, resolver);
	ck_assert_int_eq(access("/run/systemd/resolve/stub-resolv.conf", R_OK), 0);
	free(text);
	free(resolver);
}
END_TEST

/* The root directory anew, furnished: what is below it comes along. */
START_TEST(the_present_root)
{
	struct maproot_request request = request_for("/");

	make_tree(0);
	enter(&request, BIT(USER) | BIT(MNT));
	check_nodes();
	ck_assert_int_eq(access("/usr/bin", F_OK), 0);
	ck_assert_int_eq(access(support_user()->home, F_OK), 0);
}
END_TEST

START_TEST(without_an_etc_there_is_no_resolver)
{
	struct maproot_request request = request_for("tree");

	make_tree(0);
	ck_assert_int_eq(rmdir("tree/etc"), 0);
	enter(&request, BIT(USER) | BIT(MNT));
	ck_assert_int_eq(access("/etc", F_OK), -1);
}
END_TEST

/* Sources are looked up outside, targets inside, and made where they are missing. */
/* What lies in /proc comes after it, in whatever order it was asked for. */
START_TEST(mounts_in_proc)
{
	const struct maproot_mount mounts[] = {
		{ .kind = MAPROOT_MOUNT_TMPFS, .target = "//proc/sys" },
		{ .kind = MAPROOT_MOUNT_TMPFS, .target = "/extra" },
		{ .kind = MAPROOT_MOUNT_BIND, .source = "/etc/passwd", .target = "/proc/version", .read_only = true },
	};
	struct maproot_request request = { .root = "tree", .mounts = mounts, .mount_count = 3 };
	struct stat info;

	make_tree(0);
	enter(&request, BIT(USER) | BIT(MNT));
	ck_assert_ptr_nonnull(strstr(unit_mount("/proc/sys"), " - tmpfs"));
	ck_assert_int_eq(access("/proc/self/status", F_OK), 0);
	ck_assert_int_eq(stat("/proc/version", &info), 0);
	ck_assert_int_gt(info.st_size, 10);
}
END_TEST

START_TEST(mounts_of_the_request)
{
	const struct maproot_mount mounts[] = {
		{ .kind = MAPROOT_MOUNT_BIND, .source = "source", .target = "/extra/directory" },
		{ .kind = MAPROOT_MOUNT_BIND, .source = "source/file", .target = "/extra/of/file", .read_only = true },
		{ .kind = MAPROOT_MOUNT_TMPFS, .target = "/extra/tmpfs" },
		{ .kind = MAPROOT_MOUNT_BIND, .source = "/usr", .target = "/extra/usr", .read_only = true },
	};
	struct maproot_request request = { .root = "tree", .mounts = mounts, .mount_count = 4 };
	struct stat info;

	make_tree(0);
	make_directory("source");
	(void)unit_file(home("source/file"), "text");
	enter(&request, BIT(USER) | BIT(MNT));
	check_mount_points();
	ck_assert_int_eq(stat("/extra/directory/file", &info), 0);
	ck_assert_int_eq(info.st_size, 4);
	ck_assert_int_eq(stat("/extra/of/file", &info), 0);
	ck_assert(S_ISREG(info.st_mode) && info.st_size == 4);
	ck_assert_int_eq(open("/extra/of/file", O_WRONLY | O_CLOEXEC), -1);
	ck_assert_int_eq(errno, EROFS);
	ck_assert_int_eq(access("/extra/usr/bin", F_OK), 0);
	ck_assert_int_eq(mkdir("/extra/usr/new", 0755), -1);
	ck_assert_int_eq(errno, EROFS);
	ck_assert_ptr_nonnull(strstr(unit_mount("/extra/tmpfs"), "tmpfs"));
	/* And once each. */
	ck_assert_int_eq(umount2("/extra/tmpfs", 0), 0);
	ck_assert_ptr_null(unit_mount("/extra/tmpfs"));
}
END_TEST

static int enter_with_pid_namespace(void *arg)
{
	struct maproot_request request = request_for("tree");
	char self[8] = "";

	(void)arg;
	if (mr_root_enter(&request, BIT(USER) | BIT(MNT) | BIT(PID) | BIT(NET), NULL) < 0)
		return 1;
	if (readlink("/proc/self", self, sizeof(self) - 1) != 1 || self[0] != '1')
		return 2;
	if (access("/sys/class/net/lo", F_OK) < 0)
		return 3;
	/* sysfs of a new network namespace shows its own devices and no others. */
	DIR *directory = opendir("/sys/class/net");
	int entries = 0;

	while (directory && readdir(directory))
		entries++;
	return entries == 3 ? 0 : 4;
}

START_TEST(new_namespaces_get_their_own)
{
	make_tree(CLONE_NEWPID | CLONE_NEWNET);
	ck_assert_int_eq(unit_in_child(enter_with_pid_namespace, NULL), 0);
}
END_TEST

static const struct {
	const char *root;
	int code;
} failures[] = { { "nonesuch", ENOENT },
		 { "tree/file", ENOTDIR },
		 { "tree/file/below", ENOTDIR },
		 { "closed", EACCES } };

START_TEST(what_can_not_be_a_root)
{
	struct maproot_request request = request_for(failures[_i].root);
	struct maproot_error err = MAPROOT_ERROR_INIT;

	/* A directory of real root's, which root of the namespace is not. */
	const char *closed = home("closed");

	ck_assert(mkdir(closed, 0700) == 0 || errno == EEXIST);
	make_tree(0);
	(void)unit_file(home("tree/file"), "");
	if (failures[_i].code == EACCES)
		request.root = "closed/below";
	ck_assert_int_eq(mr_root_enter(&request, BIT(USER) | BIT(MNT), &err), -failures[_i].code);
	go_back();
	unit_check_error(&err, failures[_i].code, MAPROOT_STEP_ROOT,
			 support_text("cannot make '%s' the root directory: %s", request.root,
				      strerror(failures[_i].code)));
}
END_TEST

START_TEST(a_missing_source_is_named)
{
	const struct maproot_mount mount = { .kind = MAPROOT_MOUNT_BIND, .source = "/nonesuch", .target = "/extra" };
	struct maproot_request request = { .root = "tree", .mounts = &mount, .mount_count = 1 };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	make_tree(0);
	ck_assert_int_eq(mr_root_enter(&request, BIT(USER) | BIT(MNT), &err), -ENOENT);
	go_back();
	unit_check_error(&err, ENOENT, MAPROOT_STEP_BIND,
			 "cannot bind '/nonesuch': No such file or directory");
}
END_TEST

/* Nothing can be made in a tree that is somebody else's: the mount point is named. */
START_TEST(a_tree_without_mount_points)
{
	struct maproot_request request = request_for(strdup(support_directory()));
	struct maproot_error err = MAPROOT_ERROR_INIT;

	make_tree(0);
	ck_assert_int_eq(mr_root_enter(&request, BIT(USER) | BIT(MNT), &err), -EACCES);
	go_back();
	unit_check_error(&err, EACCES, MAPROOT_STEP_MOUNT,
			 "cannot mount '/sys' (making the mount point): Permission denied");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/root", &tc);

	tcase_add_test(tc, everything_is_there);
	tcase_add_test(tc, the_old_root_is_gone);
	tcase_add_loop_test(tc, the_directory_may_be_named_in_any_way, 0, UNIT_COUNT(spellings));
	tcase_add_loop_test(tc, links_lead_nowhere_outside, 0, UNIT_COUNT(traps));
	tcase_add_test(tc, a_resolver_link_to_nothing_is_followed_inside);
	tcase_add_test(tc, the_present_root);
	tcase_add_test(tc, without_an_etc_there_is_no_resolver);
	tcase_add_test(tc, mounts_of_the_request);
	tcase_add_test(tc, mounts_in_proc);
	tcase_add_test(tc, new_namespaces_get_their_own);
	tcase_add_loop_test(tc, what_can_not_be_a_root, 0, UNIT_COUNT(failures));
	tcase_add_test(tc, a_missing_source_is_named);
	tcase_add_test(tc, a_tree_without_mount_points);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
