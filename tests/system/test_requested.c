/*
 * Contract of mr_mount_requested() and of a bare root: binds and file systems with the flags, options and propagation that were
 * asked for; flags that the source has stay; what may not be mounted anew for want of a namespace is the caller's; a bare root
 * holds the mounts and, if asked for, the usual devices, and nothing else; no link and no swap of a target leads out of it.
 */
#include "system/mounts.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

static const struct maproot_attributes bare = { .bare_root = true };
static const struct maproot_attributes with_devices = { .bare_root = true, .default_devices = true };

static int first_root = -1;

static void make_tree(int flags)
{
	first_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	unit_enter_namespace(flags);
	ck_assert_int_eq(system("rm -rf tree source outside; mkdir -p tree source/below outside/x; echo text >source/file"), 0);
	ck_assert_int_eq(mount("tmpfs", "source/below", "tmpfs", MS_NODEV, NULL), 0);
}

/* With a /proc besides, in which the mounts are seen. */
static void enter(const struct maproot_mount *mounts, size_t count, unsigned int created,
		  const struct maproot_attributes *attributes)
{
	struct maproot_mount all[8] = { { .kind = MAPROOT_MOUNT_BIND, .source = "/proc", .target = "/proc" } };
	const struct maproot_request request = { .root = "tree", .mounts = all, .mount_count = count + 1, .attributes = attributes };
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char said[512];

	memcpy(all + 1, mounts, count * sizeof(*mounts));
	if (mr_root_enter(&request, BIT(USER) | BIT(MNT) | created, &err) < 0) {
		(void)maproot_error_format(&err, said, sizeof(said));
		ck_abort_msg("%s", said);
	}
}

/* The mount is there; `with` are options that it has, `without` ones that it has not; both between commas. */
static void check_options(const char *point, const char *with, const char *without)
{
	const char *found = unit_mount(point);
	char options[256] = ",";
	char *copy;

	ck_assert_msg(found != NULL, "no mount on %s", point);
	(void)strncat(options, found, strcspn(found, " "));
	(void)strcat(options, ",");
	copy = strdup(with);
	for (char *rest = copy, *option; (option = strsep(&rest, ",")) != NULL;)
		ck_assert_msg(!option[0] || strstr(options, support_text(",%s,", option)), "%s: %s", point, found);
	copy = strdup(without);
	for (char *rest = copy, *option; (option = strsep(&rest, ",")) != NULL;)
		ck_assert_msg(!option[0] || !strstr(options, support_text(",%s,", option)), "%s: %s", point, found);
}

static const struct {
	struct maproot_mount mount;
	const char *with;
	const char *without;
	const char *below; /* "": nothing is mounted below; else options of that */
} binds[] = {
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "source", .target = "/t" }, "rw", "ro,nosuid,nodev", "rw,nodev" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "source", .target = "/t", .read_only = true }, "ro", "nosuid", "ro,nodev" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "source", .target = "/t", .flags = MS_BIND }, "rw", "ro", "" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "source", .target = "/t", .flags = MS_BIND, .read_only = true }, "ro", "rw", "" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "source", .target = "/t", .flags = MS_BIND | MS_REC | MS_RDONLY }, "ro", "rw", "rw" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "source", .target = "/t", .flags = MS_REC | MS_NOSUID | MS_NODEV | MS_NOEXEC },
	  "rw,nosuid,nodev,noexec",
	  "ro",
	  "rw,nodev" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "source", .target = "/t", .flags = MS_REC | MS_NOEXEC, .read_only = true }, "ro,noexec", "nosuid", "ro,nodev" },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "source/below", .target = "/t/deep/er", .flags = MS_BIND | MS_NOSUID }, "nosuid,nodev", "ro", NULL },
	{ { .kind = MAPROOT_MOUNT_BIND, .source = "source/file", .target = "/t/file", .flags = MS_BIND | MS_RDONLY | MS_NOEXEC }, "ro,noexec", "", NULL },
	{ { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/t", .flags = MS_NOSUID | MS_RDONLY | MS_NOATIME, .data = "mode=700,size=64k" },
	  "ro,nosuid,noatime",
	  "nodev",
	  NULL },
	{ { .kind = MAPROOT_MOUNT_TMPFS, .target = "/t" }, "rw,nosuid,nodev", "", NULL },
};

/* Inside of a root directory, and in the present one; with mount_setattr(2), and without. */
START_TEST(flags_are_as_asked)
{
	size_t at = (size_t)_i / 4;
	struct maproot_mount mount_ = binds[at].mount;
	const char *point = mount_.target;

	make_tree(0);
	if (_i % 2)
		unit_deny(SYS_mount_setattr, ENOSYS);
	if (_i % 4 < 2) {
		enter(&mount_, 1, 0, &bare);
	} else {
		const struct maproot_request request = { .mounts = &mount_, .mount_count = 1 };
		struct maproot_error err = MAPROOT_ERROR_INIT;

		point = strdup(support_text("%s/target%s", support_user()->home, mount_.target));
		ck_assert_int_eq(system(support_text("mkdir -p $(dirname %s); if test -f %s; then touch %s; else mkdir -p %s; fi", point,
						     mount_.source ? mount_.source : "/", point, point)),
				 0);
		mount_.target = point;
		ck_assert_msg(mr_mounts_make(&request, 0, &err) == 0, "%s: %s", err.object, strerror(err.code));
	}
	check_options(point, binds[at].with, binds[at].without);
	if (!binds[at].below)
		return;
	/* Where mounts can't be made read-only together, what is below is not there. */
	if (_i % 2 && mount_.read_only)
		ck_assert_ptr_null(unit_mount(support_text("%s/below", point)));
	else if (binds[at].below[0])
		check_options(support_text("%s/below", point), binds[at].below, "");
	else
		ck_assert_ptr_null(unit_mount(support_text("%s/below", point)));
}
END_TEST

/* In a user namespace below, flags of the source can't be taken off; asking for others must not fail on that. */
static const struct {
	unsigned long flags;
	const char *with;
	const char *without;
} locked[] = {
	{ MS_NODEV | MS_NOEXEC | MS_NOATIME, "rw,nosuid,nodev,noexec,noatime", "relatime" },
	{ MS_NODEV | MS_STRICTATIME, "rw,nosuid,nodev", "relatime,noatime,nodiratime" },
	{ MS_NOEXEC | MS_STRICTATIME | MS_NODIRATIME, "rw,nosuid,noexec,nodiratime", "relatime,noatime" },
	{ MS_RDONLY, "ro,nosuid,relatime", "rw" },
};

START_TEST(locked_flags_stay)
{
	const struct maproot_mount mount_ = { .kind = MAPROOT_MOUNT_BIND, .source = "locked", .target = "/t", .flags = MS_BIND | MS_NOSUID };
	const char *source = strdup(support_text("%s/locked", support_user()->home));

	unit_private_mounts();
	ck_assert_int_eq(system(support_text("mkdir -p %s", source)), 0);
	ck_assert_int_eq(mount("tmpfs", source, "tmpfs", locked[_i].flags & ~(unsigned long)MS_RDONLY, NULL), 0);
	if (locked[_i].flags & MS_RDONLY)
		ck_assert_int_eq(mount(NULL, source, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
	make_tree(0);
	enter(&mount_, 1, 0, &bare);
	check_options("/t", locked[_i].with, locked[_i].without);
}
END_TEST

/* What they say of access times can't be changed there, and that is said. */
START_TEST(locked_times_are_an_error)
{
	const struct maproot_mount mount_ = { .kind = MAPROOT_MOUNT_BIND, .source = "locked", .target = "/t", .flags = MS_BIND | MS_NOATIME };
	const struct maproot_request request = { .root = "tree", .mounts = &mount_, .mount_count = 1, .attributes = &bare };
	const char *source = strdup(support_text("%s/locked", support_user()->home));
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_private_mounts();
	ck_assert_int_eq(system(support_text("mkdir -p %s", source)), 0);
	ck_assert_int_eq(mount("tmpfs", source, "tmpfs", MS_STRICTATIME, NULL), 0);
	make_tree(0);
	ck_assert_int_eq(mr_root_enter(&request, BIT(USER) | BIT(MNT), &err), -EPERM);
	(void)fchdir(first_root);
	ck_assert_int_eq(chroot("."), 0);
	unit_check_error(&err, EPERM, MAPROOT_STEP_MOUNT, "cannot mount '/t' (its flags): Operation not permitted");
}
END_TEST

static const struct {
	unsigned long propagation;
	const char *field; /* NULL: none */
} propagations[] = {
	{ MS_SHARED, "shared:" },
	{ MS_SLAVE, NULL },
	{ MS_PRIVATE, NULL },
	{ MS_UNBINDABLE, "unbindable" },
	{ MS_SHARED | MS_REC, "shared:" },
};

START_TEST(propagation_is_as_asked)
{
	const struct maproot_mount mounts[] = {
		{ .kind = MAPROOT_MOUNT_BIND, .source = "source", .target = "/t", .propagation = propagations[_i].propagation },
		{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/u", .propagation = propagations[_i].propagation },
	};
	static const char *const points[] = { "/t", "/u" };

	make_tree(0);
	enter(mounts, 2, 0, &bare);
	for (size_t at = 0; at < 2; at++) {
		const char *found = unit_mount(points[at]);

		ck_assert_ptr_nonnull(found);
		if (propagations[_i].field)
			ck_assert_msg(strstr(found, propagations[_i].field) != NULL, "%s", found);
		else
			ck_assert_msg(!strstr(found, "shared:") && !strstr(found, "unbindable"), "%s", found);
	}
}
END_TEST

/* Of namespaces that aren't new, the caller's; mounted read-only they are it with all that is below. */
START_TEST(stand_ins)
{
	static const struct maproot_mount mounts[] = {
		{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "proc", .target = "/proc" },
		{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "sysfs", .target = "/sys", .flags = MS_RDONLY | MS_NOSUID },
		{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "cgroup", .target = "/cgroup", .flags = MS_RDONLY | MS_NOEXEC },
	};
	char *table;

	make_tree(0);
	enter(mounts, 3, 0, &bare);
	ck_assert_int_eq(access("/proc/self/status", R_OK), 0);
	ck_assert_int_eq(access("/sys/kernel", R_OK), 0);
	check_options("/sys", "ro,nosuid", "");
	check_options("/cgroup", "ro,noexec", "");
	table = support_mounts();
	for (char *rest = table, *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (strstr(line, " /sys") || strstr(line, " /cgroup"))
			ck_assert_msg(strstr(line, " ro,") != NULL, "%s", line);
	}
	free(table);
}
END_TEST

/* With a pid namespace of its own a proc that can't be mounted is an error, not another's. */
START_TEST(no_stand_in_for_what_is_new)
{
	static const struct maproot_mount mount_ = { .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "proc", .target = "/proc" };
	const struct maproot_request request = { .root = "tree", .mounts = &mount_, .mount_count = 1, .attributes = &bare };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	make_tree(0);
	ck_assert_int_eq(mr_root_enter(&request, BIT(USER) | BIT(MNT) | BIT(PID), &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_MOUNT, "cannot mount a new proc on '/proc': Operation not permitted");
	(void)fchdir(first_root);
	ck_assert_int_eq(chroot("."), 0);
}
END_TEST

static const struct maproot_mount a_dev[] = {
	{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "proc", .target = "/proc" },
	{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/dev", .flags = MS_NOSUID, .data = "mode=755" },
	{ .kind = MAPROOT_MOUNT_BIND, .source = "/dev/full", .target = "/dev/zero" },
};

START_TEST(devices_of_a_bare_root)
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

	make_tree(0);
	enter(a_dev, 2, 0, &with_devices);
	for (size_t at = 0; at < UNIT_COUNT(nodes); at++) {
		ck_assert_msg(stat(nodes[at].path, &info) == 0 && S_ISCHR(info.st_mode), "%s", nodes[at].path);
		ck_assert_uint_eq(info.st_rdev, makedev(nodes[at].major, nodes[at].minor));
	}
	for (size_t at = 0; at < UNIT_COUNT(links); at++) {
		char target[64] = "";

		ck_assert_int_gt(readlink(links[at][0], target, sizeof(target) - 1), 0);
		ck_assert_str_eq(target, links[at][1]);
	}
}
END_TEST

/* A whole /dev that was bound has all of it; not one is mounted twice. */
START_TEST(devices_that_are_there_stay)
{
	static const struct maproot_mount mounts[] = {
		{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "proc", .target = "/proc" },
		{ .kind = MAPROOT_MOUNT_BIND, .source = "/dev", .target = "/dev" },
	};

	make_tree(0);
	enter(mounts, 2, 0, &with_devices);
	ck_assert_ptr_nonnull(unit_mount("/dev"));
	ck_assert_ptr_null(unit_mount("/dev/null"));
}
END_TEST

START_TEST(a_bare_root_has_the_mounts_alone)
{
	make_tree(0);
	enter(a_dev, 2, 0, &bare);
	ck_assert_int_eq(access("/dev/null", F_OK), -1);
	ck_assert_int_eq(access("/sys", F_OK), -1);
	ck_assert_int_eq(access("/etc", F_OK), -1);
	ck_assert_ptr_null(unit_mount("/dev/pts"));
}
END_TEST

/* /proc stands there before the others: a link to what is open, or to the working directory, leads nowhere. */
static const char *const traps[] = { "/proc/self/cwd/outside", "/proc/self/cwd/%s/outside", "/proc/1/root/%s/outside", "../../outside", "%s/outside" };

START_TEST(links_lead_nowhere_outside)
{
	const struct maproot_mount mounts[] = {
		{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "proc", .target = "/proc" },
		{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "tmpfs", .target = "/trap/x" },
		{ .kind = MAPROOT_MOUNT_BIND, .source = "source", .target = "/trap/y" },
	};
	const char *const masked[] = { "/trap/x" };
	const struct maproot_attributes attributes = { .bare_root = true, .masked = masked, .masked_count = 1, .read_only = masked, .read_only_count = 1 };
	const struct maproot_request request = { .root = "tree", .mounts = mounts, .mount_count = 3, .attributes = &attributes };
	struct stat before;
	struct stat after;
	int outside;
	int home;

	make_tree(0);
	home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	outside = open("outside", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(fstatat(outside, "x", &before, 0), 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
	ck_assert_int_eq(symlink(support_text(traps[_i], support_user()->home), "tree/trap"), 0);
#pragma GCC diagnostic pop
	(void)mr_root_enter(&request, BIT(USER) | BIT(MNT), NULL);
	ck_assert_int_eq(fstatat(outside, "x", &after, 0), 0);
	ck_assert(before.st_dev == after.st_dev && before.st_ino == after.st_ino);
	ck_assert_int_eq(fstatat(outside, "y", &after, 0), -1);
	ck_assert_int_eq(fstatat(home, "outside/x/y", &after, 0), -1);
	(void)fchdir(first_root);
	ck_assert_int_eq(chroot("."), 0);
}
END_TEST

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

static void flip(int home)
{
	for (;;)
		(void)syscall(SYS_renameat2, home, "tree/a", home, "tree/trap", RENAME_EXCHANGE);
}

static int enter_swapped(void *arg)
{
	const char *const paths[] = { "/a/masked", "/a/file" };
	const char *const read_only[] = { "/a/read-only" };
	const struct maproot_attributes attributes = { .bare_root = true, .masked = paths, .masked_count = 2, .read_only = read_only, .read_only_count = 1 };
	const struct maproot_mount mounts[] = {
		{ .kind = MAPROOT_MOUNT_FILESYSTEM, .type = "proc", .target = "/proc" },
		{ .kind = MAPROOT_MOUNT_BIND, .source = "source", .target = "/a/target", .read_only = true },
	};
	const struct maproot_request request = { .root = "tree", .mounts = mounts, .mount_count = 2, .attributes = &attributes };
	int outside = *(int *)arg;
	int code = mr_root_enter(&request, BIT(USER) | BIT(MNT), NULL);

	/* What is on outside/ is seen through a descriptor of it: its entries are as they were. */
	for (size_t at = 0; at < 4; at++) {
		static const char *const names[] = { "masked", "file", "read-only", "target" };
		struct stat info;
		struct stat top;

		if (fstat(outside, &top) < 0 || fstatat(outside, names[at], &info, AT_SYMLINK_NOFOLLOW) < 0)
			return 10 + (int)at;
		if (info.st_dev != top.st_dev)
			return 20 + (int)at;
	}
	return code < 0 ? 1 : 0;
}

/* A bind target and hidden paths, swapped for links that lead out while they are mounted on. */
START_TEST(nobody_swaps_a_target_away)
{
	const int rounds = support_size(50, 300, 3000);
	int entered[2] = { 0 };
	int outside;
	int home;
	pid_t pid;

	make_tree(0);
	ck_assert_int_eq(system("for d in tree/a outside; do mkdir -p $d/masked $d/read-only $d/target; : >$d/file; done;"
				"ln -s ../outside tree/trap"),
			 0);
	home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	outside = open("outside", O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid = fork();
	if (pid == 0)
		flip(home);
	/* Until one has met the link, which leads to a directory inside that is made then. */
	for (int round = 0; round < rounds || entered[0] == 0 || access("tree/outside/target", F_OK) < 0; round++) {
		pid_t child = fork();
		int status;

		if (child == 0)
			_exit(unshare(CLONE_NEWNS) < 0 ? 99 : enter_swapped(&outside));
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) < 2, "status %#x", status);
		entered[WEXITSTATUS(status)]++;
	}
	unit_end(pid);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/requested", &tc);

	tcase_add_loop_test(tc, flags_are_as_asked, 0, 4 * UNIT_COUNT(binds));
	tcase_add_loop_test(tc, locked_flags_stay, 0, UNIT_COUNT(locked));
	tcase_add_test(tc, locked_times_are_an_error);
	tcase_add_loop_test(tc, propagation_is_as_asked, 0, UNIT_COUNT(propagations));
	tcase_add_test(tc, stand_ins);
	tcase_add_test(tc, no_stand_in_for_what_is_new);
	tcase_add_test(tc, devices_of_a_bare_root);
	tcase_add_test(tc, devices_that_are_there_stay);
	tcase_add_test(tc, a_bare_root_has_the_mounts_alone);
	tcase_add_loop_test(tc, links_lead_nowhere_outside, 0, UNIT_COUNT(traps));
	tcase_add_test(tc, nobody_swaps_a_target_away);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
