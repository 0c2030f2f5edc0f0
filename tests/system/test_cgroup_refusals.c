/*
 * Contract of src/system/cgroup.h where it can't be: what is lacking is said by name, with the way to get it,
 * before anything is made; and when making or entering fails half-way, nothing is left, and what is somebody else's
 * is untouched.
 */
#include "cgroups.h"

#include <sys/syscall.h>

static struct maproot_error err = MAPROOT_ERROR_INIT;

/* Without its end, which says how to delegate. */
static void expect(int code, enum maproot_step step, const char *beginning)
{
	if (err.code == code && err.step == step && strncmp(err.object, beginning, strlen(beginning)) == 0)
		return;
	(void)groups_show(&err);
	fprintf(stderr, "wanted %d at %s: %s\n", code, maproot_step_name(step), beginning);
	_exit(1);
}

static int choose(const char *name, const char *limit, struct mr_cgroup *ret_group)
{
	const char *const limits[] = { limit };
	const struct maproot_cgroup wish = {
		.name = name, .manager = MAPROOT_CGROUP_FS, .limits = limits, .limit_count = limit ? 1 : 0
	};
	size_t descriptors = place_descriptors();
	int code;

	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	code = mr_cgroup_choose(&wish, "id", ret_group, &err);
	CHECK(code == 0 || place_descriptors() == descriptors);
	return code;
}

static int fails(const char *name, const char *limit)
{
	struct mr_cgroup group;

	return choose(name, limit, &group);
}

static const char *below_root(const char *path)
{
	return groups_keep(path + strlen(groups_point[GROUPS_V2]));
}

static int not_delegated(void *own)
{
	groups_enter(own);
	unit_become_user();
	CHECK(fails(NULL, NULL) == -EACCES);
	expect(EACCES, MAPROOT_STEP_CGROUP_FIND,
	       support_text("'%s' is not delegated to this user (systemd-run --user --scope -p Delegate=yes; else chown it as "
			    "root)",
			    (char *)own));
	return 0;
}

static int only_the_directory(void *own)
{
	groups_enter(own);
	CHECK(chown(own, support_user()->uid, support_user()->gid) == 0);
	unit_become_user();
	CHECK(fails(NULL, NULL) == -EACCES);
	expect(EACCES, MAPROOT_STEP_CGROUP_RIGHTS,
	       support_text("'%s/cgroup.procs' can't be written to by this user", (char *)own));
	return 0;
}

/* We are beside of what is delegated: told before, and by who clones or enters all the same. */
static int not_inside(void *own)
{
	const char *other = groups_delegate(support_text("%s/other", (char *)own));
	const char *mine = groups_make(support_text("%s/mine", (char *)own));
	const struct maproot_cgroup wish = { .name = NULL };
	struct mr_cgroup group = MR_CGROUP_NONE;
	const char *said = groups_keep(support_text(
		"this process is not inside of what is delegated, but in '%s', and may not take a process away from "
		"there (%s/cgroup.procs)",
		mine, (char *)own));
	pid_t pid;

	groups_enter(mine);
	unit_become_user();
	CHECK(fails(below_root(support_text("%s/x", other)), NULL) == -EACCES);
	expect(EACCES, MAPROOT_STEP_CGROUP_RIGHTS, said);

	CHECK(mkdir(support_text("%s/x", other), 0755) == 0);
	group.count = 1;
	group.unified = true;
	strcpy(group.path[0], support_text("%s/x", other));
	strcpy(group.own, mine);
	group.directory = open(group.path[0], O_PATH | O_CLOEXEC);
	pid = mr_cgroup_clone(&group, SIGCHLD, NULL, NULL, NULL);
	CHECK(pid == -EACCES);
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	CHECK(mr_cgroup_explain(&group, EACCES, &err) == -EACCES);
	expect(EACCES, MAPROOT_STEP_CGROUP_RIGHTS, said);
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	CHECK(mr_cgroup_enter(&wish, &group, getpid(), &err) == -EACCES);
	expect(EACCES, MAPROOT_STEP_CGROUP_RIGHTS, said);
	CHECK(rmdir(group.path[0]) == 0);
	return 0;
}

static int explained(void *own)
{
	struct mr_cgroup group = MR_CGROUP_NONE;
	const struct maproot_cgroup wish = { .name = NULL };

	group.count = 1;
	group.unified = true;
	strcpy(group.path[0], own);
	unit_become_user();
	CHECK(mr_cgroup_enter(&wish, &group, getpid(), &err) == -EACCES);
	expect(EACCES, MAPROOT_STEP_CGROUP_RIGHTS,
	       support_text("'%s/cgroup.procs' can't be written to by this user", (char *)own));
	strcpy(group.path[0], support_text("%s/gone", (char *)own));
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	CHECK(mr_cgroup_enter(&wish, &group, getpid(), &err) == -ENOENT);
	expect(ENOENT, MAPROOT_STEP_CGROUP_ENTER, group.path[0]);
	return 0;
}

static int exists_already(void *own)
{
	struct mr_cgroup group;
	const struct maproot_cgroup wish = { .name = "a/b", .manager = MAPROOT_CGROUP_FS };
	const char *path = groups_keep(support_text("%s/a/b", (char *)own));

	groups_enter(own);
	CHECK(choose("a/b", NULL, &group) == 0);
	/* Somebody else's, which comes in between. */
	groups_make(support_text("%s/a", (char *)own));
	groups_make(path);
	CHECK(mr_cgroup_make(&wish, &group, &err) == -EEXIST);
	expect(EEXIST, MAPROOT_STEP_CGROUP_MAKE, path);
	CHECK(groups_is(path) && group.directory == -1);
	mr_cgroup_done(&group);
	CHECK(fails("a/b", NULL) == -EEXIST);
	expect(EEXIST, MAPROOT_STEP_CGROUP_MAKE, path);
	CHECK(fails("cgroup.procs", NULL) == -EEXIST);
	CHECK(groups_is(path));
	return 0;
}

static int read_only(void *own)
{
	groups_enter(own);
	unit_private_mounts();
	CHECK(mount(NULL, groups_point[GROUPS_V2], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0);
	CHECK(fails("a", NULL) == -EROFS);
	expect(EROFS, MAPROOT_STEP_CGROUP_FIND,
	       support_text("'%s' is on a read-only mount of the control groups", (char *)own));
	return 0;
}

static int nowhere_mounted(void *own)
{
	(void)own;
	unit_private_mounts();
	for (int at = 0; at < GROUPS_HIERARCHIES; at++)
		CHECK(umount2(groups_point[at], MNT_DETACH) == 0);
	CHECK(fails("a", NULL) == -ENOENT);
	expect(ENOENT, MAPROOT_STEP_CGROUP_FIND, "no hierarchy is mounted (mount -t cgroup2 none /sys/fs/cgroup)");
	return 0;
}

static int covered(void *own)
{
	(void)own;
	unit_private_mounts();
	CHECK(mount("tmpfs", "/sys/fs/cgroup", "tmpfs", 0, NULL) == 0);
	CHECK(fails("a", NULL) == -ENOENT);
	expect(ENOENT, MAPROOT_STEP_CGROUP_FIND, "no hierarchy is mounted");
	return 0;
}

/* The mount is of before the cgroup namespace; one of its own helps. */
static int another_cgroup_namespace(void *own)
{
	const char *place = groups_keep(support_text("%s/mount", support_directory()));
	struct mr_cgroup group;

	groups_enter(own);
	unit_private_mounts();
	CHECK(unshare(CLONE_NEWCGROUP) == 0);
	CHECK(fails("a", NULL) == -ENOENT);
	expect(ENOENT, MAPROOT_STEP_CGROUP_FIND,
	       support_text("this process's own is not seen below '%s', which is of another cgroup namespace",
			    groups_point[GROUPS_V2]));
	CHECK(mkdir(place, 0755) == 0 || errno == EEXIST);
	CHECK(mount("cgroup2", place, "cgroup2", 0, NULL) == 0);
	CHECK(choose("a", NULL, &group) == 0);
	CHECK(strcmp(group.path[0], support_text("%s/a", place)) == 0);
	mr_cgroup_done(&group);
	CHECK(choose("/a", NULL, &group) == 0);
	mr_cgroup_done(&group);
	return 0;
}

/* Only a part of the hierarchy is there, under another name. */
static int bind_mounted(void *own)
{
	const char *place = groups_keep(support_text("%s/mount", support_directory()));
	const char *below = groups_make(support_text("%s/below", (char *)own));
	struct mr_cgroup group;

	groups_enter(below);
	unit_private_mounts();
	CHECK(mkdir(place, 0755) == 0 || errno == EEXIST);
	CHECK(mount(own, place, NULL, MS_BIND, NULL) == 0);
	CHECK(umount2(groups_point[GROUPS_V2], MNT_DETACH) == 0);
	CHECK(choose("a", NULL, &group) == 0);
	CHECK(strcmp(group.path[0], support_text("%s/below/a", place)) == 0);
	mr_cgroup_done(&group);
	CHECK(choose("/a", NULL, &group) == 0);
	CHECK(strcmp(group.path[0], support_text("%s/a", place)) == 0);
	mr_cgroup_done(&group);
	return 0;
}

static int limits_that_are_not_to_be_had(void *own)
{
	struct mr_cgroup group;
	static const char *const limits[] = { "cgroup.max.depth=3", "cgroup.max.descendants=99999999999" };

	groups_enter(own);
	CHECK(fails("a", "pids.max=5") == -EOPNOTSUPP);
	expect(EOPNOTSUPP, MAPROOT_STEP_CGROUP_LIMIT,
	       support_text("the controller 'pids' is on a hierarchy of version 1 on this machine, and not to be had in '%s'",
			    (char *)own));
	CHECK(fails("a", "hugetlb.2MB.max=2M") == -ENOENT);
	expect(ENOENT, MAPROOT_STEP_CGROUP_LIMIT,
	       support_text("the controller 'hugetlb' is not delegated to '%s' (with systemd: Delegate=yes; else, as "
			    "root: +hugetlb into",
			    (char *)own));
	CHECK(fails("a", "cgroup.procs=1") == -EINVAL);
	CHECK(fails("a", limits[1]) == -EINVAL);
	CHECK(choose("a/b", limits[0], &group) == 0);
	{
		const char *const bad[] = { "cgroup.max.depth=3", "future.max=3" };
		const struct maproot_cgroup wish = { .name = "a/b", .limits = bad, .limit_count = 2 };

		/* No controller, no such file: said late, as between choosing and making it went away. */
		CHECK(mr_cgroup_make(&wish, &group, &err) < 0);
		expect(err.code, MAPROOT_STEP_CGROUP_LIMIT, "cannot hand on the controller 'future'");
	}
	CHECK(groups_count(own) == 0);
	mr_cgroup_done(&group);
	return 0;
}

/* The files of a group as if it had the controllers; bind mounts over those of a real one. */
static void pretend(const char *path, const char *file, const char *text)
{
	unit_overlay(support_text("%s/%s", path, file), text);
}

static int controllers_that_are_not_handed_on(void *own)
{
	const char *other = groups_make(support_text("%s/other", (char *)own));
	struct mr_cgroup group;
	pid_t pid;

	groups_enter(own);
	unit_private_mounts();
	/* Our own group has at least us. */
	pretend(own, "cgroup.controllers", "cpu memory hugetlb\n");
	CHECK(fails("a", "hugetlb.2MB.max=2M") == -EBUSY);
	expect(EBUSY, MAPROOT_STEP_CGROUP_LIMIT,
	       support_text("'%s' can't hand on the controller 'hugetlb' while processes are in it", (char *)own));
	CHECK(fails("a", "memoryx.max=2") == -ENOENT);
	/* Handed on already. */
	pretend(own, "cgroup.subtree_control", "memory hugetlb\n");
	CHECK(choose("a", "hugetlb.2MB.max=2M", &group) == 0);
	mr_cgroup_done(&group);
	CHECK(fails("a", "cpu.max=1") == -EBUSY);
	/* On the way is one that has to hand them on as well; it can, as it is empty, until there is somebody in it. */
	pid = groups_process(other);
	CHECK(fails("other/a", "hugetlb.2MB.max=2M") == -EBUSY);
	expect(EBUSY, MAPROOT_STEP_CGROUP_LIMIT, support_text("'%s' can't hand on", other));
	unit_end(pid);
	CHECK(choose("other/a", "hugetlb.2MB.max=2M", &group) == 0);
	mr_cgroup_done(&group);
	return 0;
}

/*
 * An empty group is told to hand a controller on; what does not do so in spite of that is an error, and nothing is
 * left.
 */
static int hands_on_when_told(void *own)
{
	static const char *const limits[] = { "hugetlb.2MB.max=2M" };
	const char *other = groups_make(support_text("%s/other", (char *)own));
	const char *name = below_root(other);
	const struct maproot_cgroup wish = {
		.name = groups_keep(support_text("%s/a", name)), .limits = limits, .limit_count = 1
	};
	struct mr_cgroup group;

	unit_private_mounts();
	pretend(groups_point[GROUPS_V2], "cgroup.controllers", "hugetlb\n");
	pretend(groups_point[GROUPS_V2], "cgroup.subtree_control", "hugetlb\n");
	pretend(groups_base[GROUPS_V2], "cgroup.subtree_control", "hugetlb\n");
	pretend(own, "cgroup.subtree_control", "hugetlb\n");
	pretend(other, "cgroup.subtree_control", "\n");
	CHECK(choose(wish.name, limits[0], &group) == 0);
	CHECK(mr_cgroup_make(&wish, &group, &err) == -EIO);
	expect(EIO, MAPROOT_STEP_CGROUP_LIMIT, "cannot hand on the controller 'hugetlb'");
	CHECK(strcmp(groups_read(other, "cgroup.subtree_control"), "+hugetlb") == 0);
	CHECK(groups_count(other) == 0);
	/* It is there, but the group that is made has no such file. */
	groups_write(other, "cgroup.subtree_control", "hugetlb\n");
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	CHECK(mr_cgroup_make(&wish, &group, &err) == -ENOENT);
	expect(ENOENT, MAPROOT_STEP_CGROUP_LIMIT, "'hugetlb.2MB.max=2097152': the group has no such file");
	CHECK(groups_count(other) == 0 && group.directory == -1);
	mr_cgroup_done(&group);
	return 0;
}

static int (*const refusals[])(void *own) = {
	not_delegated,
	not_inside,
	only_the_directory,
	explained,
	exists_already,
	read_only,
	nowhere_mounted,
	covered,
	bind_mounted,
	another_cgroup_namespace,
	limits_that_are_not_to_be_had,
	controllers_that_are_not_handed_on,
	hands_on_when_told,
};

START_TEST(is_refused)
{
	const char *own = groups_make(groups_below(GROUPS_V2, "own"));
	int status = unit_in_child(refusals[_i], (void *)own);

	ck_assert_msg(status == 0, "status %#x", status);
	groups_clear(own);
}
END_TEST

/* What cannot be made: each call on the way fails once, and nothing is left. */
static int fail_at(void *arg)
{
	const int *call = arg;
	const struct maproot_cgroup wish = { .name = "a/b", .manager = MAPROOT_CGROUP_FS };
	struct mr_cgroup group;

	groups_enter(groups_below(GROUPS_V2, "own"));
	CHECK(mr_cgroup_choose(&wish, "id", &group, &err) == 0);
	unit_deny(*call, EIO);
	CHECK(mr_cgroup_make(&wish, &group, &err) == -EIO);
	expect(EIO, MAPROOT_STEP_CGROUP_MAKE, group.path[0]);
	return 0;
}

static const int calls[] = { SYS_mkdirat, SYS_openat, SYS_fsetxattr };

START_TEST(leaves_nothing_half_made)
{
	const char *own = groups_make(groups_below(GROUPS_V2, "own"));
	int call = calls[_i];
	int status = unit_in_child(fail_at, &call);

	ck_assert_msg(status == 0, "status %#x", status);
	ck_assert_uint_eq(groups_count(own), 0);
	ck_assert_int_eq(rmdir(own), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = groups_suite("system/cgroup_refusals", &tc);

	tcase_add_loop_test(tc, is_refused, 0, UNIT_COUNT(refusals));
	tcase_add_loop_test(tc, leaves_nothing_half_made, 0, UNIT_COUNT(calls));
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
