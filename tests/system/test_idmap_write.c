/*
 * Contract of src/system/idmap_write.h: a process inside denies setgroups and writes its own one-entry maps,
 * in a /proc of whatever pid namespace; a privileged one outside writes ranges for it, after a look whether
 * /proc shows the right process; what can't be written is named.
 */
#include "system/idmap_write.h"

#include "unit.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* The file of a process, with the blanks that the kernel lines it up with made one. */
static const char *read_map(pid_t pid, const char *name)
{
	char *text = support_read(support_text("/proc/%d/%s", (int)pid, name), NULL);
	const char *lines = "";
	unsigned int inner, outer, count;
	int length;

	ck_assert_ptr_nonnull(text);
	for (const char *at = text; sscanf(at, "%u %u %u%n", &inner, &outer, &count, &length) == 3;
	     at += length)
		lines = support_text("%s%u %u %u\n", lines, inner, outer, count);
	free(text);
	return lines;
}

static struct mr_plan own_plan(void)
{
	return (struct mr_plan){
		.mapper = MR_MAPPER_SELF,
		.users = { .count = 1, .range = { { 0, geteuid(), 1 } } },
		.groups = { .count = 1, .range = { { 5, getegid(), 1 } } },
	};
}

START_TEST(writes_its_own_maps)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan;
	char *setgroups_file;

	unit_become_user();
	plan = own_plan();
	ck_assert_int_eq(unshare(CLONE_NEWUSER), 0);
	ck_assert_int_eq(mr_idmap_deny_setgroups(-1, &err), 0);
	ck_assert_int_eq(mr_idmap_write_own(&plan, -1, &err), 0);
	setgroups_file = support_read("/proc/self/setgroups", NULL);
	ck_assert_str_eq(setgroups_file, "deny\n");
	free(setgroups_file);
	ck_assert_str_eq(read_map(getpid(), "uid_map"),
			 support_text("0 %u 1\n", support_user()->uid));
	ck_assert_str_eq(read_map(getpid(), "gid_map"),
			 support_text("5 %u 1\n", support_user()->gid));
	ck_assert_uint_eq(geteuid(), 0);
	ck_assert_uint_eq(getegid(), 5);
	ck_assert_int_eq(setgroups(0, NULL), -1);
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

/* The kernel's own rule, that shows who denied: without it the group map is refused. */
START_TEST(a_group_map_needs_setgroups_denied)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan;

	unit_become_user();
	plan = own_plan();
	ck_assert_int_eq(unshare(CLONE_NEWUSER), 0);
	ck_assert_int_eq(mr_idmap_write_own(&plan, -1, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_WRITE_GID_MAP,
			 "cannot write '/proc/self/gid_map': Operation not permitted");
}
END_TEST

START_TEST(an_id_that_is_not_ours_is_refused)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan;

	unit_become_user();
	plan = own_plan();
	plan.users.range[0].outer = 0;
	ck_assert_int_eq(unshare(CLONE_NEWUSER), 0);
	ck_assert_int_eq(mr_idmap_write_own(&plan, -1, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_WRITE_UID_MAP,
			 "cannot write '/proc/self/uid_map': Operation not permitted");
}
END_TEST

START_TEST(no_proc_no_maps)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan = own_plan();

	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", "/proc", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(mr_idmap_deny_setgroups(-1, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_SETGROUPS_FILE,
			 "cannot write '/proc/self/setgroups': No such file or directory");
	err.code = 0;
	ck_assert_int_eq(mr_idmap_write_own(&plan, -1, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_WRITE_UID_MAP,
			 "cannot write '/proc/self/uid_map': No such file or directory");
	err.code = 0;
	plan.mapper = MR_MAPPER_PARENT;
	ck_assert_int_eq(mr_idmap_write_for(&plan, getpid(), &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_FACTS,
			 "cannot read /proc/self: No such file or directory");
	ck_assert_int_eq(umount2("/proc", MNT_DETACH), 0);
}
END_TEST

static struct mr_plan range_plan(void)
{
	return (struct mr_plan){
		.mapper = MR_MAPPER_PARENT,
		.users = { .count = 2, .range = { { 0, 100000, 65536 }, { 100000, 300000, 7 } } },
		.groups = { .count = 1, .range = { { 0, 0, 4294967295 } } },
	};
}

START_TEST(the_parent_writes_ranges)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan = range_plan();
	pid_t pid = unit_unmapped_process();

	ck_assert_int_eq(mr_idmap_write_for(&plan, pid, &err), 0);
	ck_assert_str_eq(read_map(pid, "uid_map"), "0 100000 65536\n100000 300000 7\n");
	ck_assert_str_eq(read_map(pid, "gid_map"), "0 0 4294967295\n");
	unit_end(pid);
}
END_TEST

/* Not root by number, but by what it may: the two capabilities are enough. */
START_TEST(root_of_a_namespace_writes_ranges_of_it)
{
	struct mr_plan plan = {
		.mapper = MR_MAPPER_PARENT,
		.users = { .count = 1, .range = { { 7, 0, 1 } } },
		.groups = { .count = 1, .range = { { 8, 0, 1 } } },
	};
	pid_t pid;

	unit_enter_namespace(0);
	pid = unit_unmapped_process();
	ck_assert_int_eq(mr_idmap_write_for(&plan, pid, NULL), 0);
	ck_assert_str_eq(read_map(pid, "uid_map"), "7 0 1\n");
	ck_assert_str_eq(read_map(pid, "gid_map"), "8 0 1\n");
	unit_end(pid);
}
END_TEST

START_TEST(what_the_parent_may_not_is_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan = range_plan();
	pid_t pid;

	unit_become_user();
	pid = unit_unmapped_process();
	ck_assert_int_eq(mr_idmap_write_for(&plan, pid, &err), -EPERM);
	unit_check_error(
		&err, EPERM, MAPROOT_STEP_WRITE_UID_MAP,
		support_text("cannot write '/proc/%d/uid_map': Operation not permitted", (int)pid));
	unit_end(pid);
}
END_TEST

/* As many lines as the kernel takes bytes for: it wants a map in one write of less than a page. */
START_TEST(lines_up_to_a_page)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan = range_plan();
	size_t lines = (size_t)_i;
	pid_t pid = unit_unmapped_process();
	char want[16384];
	int code;

	plan.users.count = lines;
	for (uint32_t line = 0; line < lines; line++)
		plan.users.range[line] =
			(struct maproot_idmap_range){ 1000000 + line, 2000000 + 2 * line, 1 };
	code = mr_idmap_write_for(&plan, pid, &err);
	if (maproot_idmap_format(&plan.users, want, sizeof(want)) < 4096) {
		ck_assert_int_eq(code, 0);
		/* Too long for Check's own comparison. */
		ck_assert(strcmp(read_map(pid, "uid_map"), want) == 0);
	} else {
		ck_assert_int_eq(code, -E2BIG);
		unit_check_error(&err, E2BIG, MAPROOT_STEP_WRITE_UID_MAP, NULL);
	}
	unit_end(pid);
}
END_TEST

static int try_in_pid_namespace(void *arg)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct mr_plan plan = range_plan();

	(void)arg;
	if (mr_idmap_write_for(&plan, getpid(), &err) != -ESRCH || err.step != MAPROOT_STEP_FACTS)
		return 1;
	return 0;
}

START_TEST(a_foreign_proc_is_noticed)
{
	ck_assert_int_eq(unshare(CLONE_NEWPID), 0);
	ck_assert_int_eq(unit_in_child(try_in_pid_namespace, NULL), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/idmap_write", &tc);

	tcase_add_test(tc, writes_its_own_maps);
	tcase_add_test(tc, a_group_map_needs_setgroups_denied);
	tcase_add_test(tc, an_id_that_is_not_ours_is_refused);
	tcase_add_test(tc, no_proc_no_maps);
	tcase_add_test(tc, the_parent_writes_ranges);
	tcase_add_test(tc, root_of_a_namespace_writes_ranges_of_it);
	tcase_add_test(tc, what_the_parent_may_not_is_named);
	tcase_add_loop_test(tc, lines_up_to_a_page, 226, 230); /* 18 bytes a line: 227 fit */
	tcase_add_loop_test(tc, lines_up_to_a_page, 340, 341);
	tcase_add_test(tc, a_foreign_proc_is_noticed);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
