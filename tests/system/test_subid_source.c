/*
 * Contract of maproot_subids_read(): all ranges of a user from /etc/subuid or /etc/subgid, by name and by number,
 * or from getsubids(1) where nsswitch.conf names another source; none, an unreadable file, a missing or killed
 * getsubids are errors that name it; the map is then as it was.
 */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const paths[] = {
	[MAPROOT_USERS] = "/etc/subuid", [MAPROOT_GROUPS] = "/etc/subgid"
};
static const enum maproot_id_kind kinds[] = { MAPROOT_USERS, MAPROOT_GROUPS };

static struct maproot_idmap own_map(void)
{
	return (struct maproot_idmap){ .count = 1, .range = { { 0, 1000, 1 } } };
}

static void source_is(const char *text)
{
	if (access("/etc/nsswitch.conf", F_OK) < 0)
		support_die("there is no /etc/nsswitch.conf to mount another over");
	unit_overlay("/etc/nsswitch.conf", text);
}

/* A getsubids of ours, first in PATH. */
static void fake_getsubids(const char *script)
{
	const char *directory = support_text("%s/fake-%d", support_directory(), (int)getpid());

	ck_assert_int_eq(mkdir(directory, 0755), 0);
	(void)unit_file(support_text("%s/getsubids", directory), script);
	ck_assert_int_eq(setenv("PATH", support_text("%s:/usr/bin:/bin", directory), 1), 0);
}

/* As support_init() made them: one range by name, one by number. */
START_TEST(all_ranges_of_the_test_user)
{
	const struct support_user *user = support_user();
	struct maproot_idmap map = own_map();
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };

	ck_assert_int_eq(maproot_subids_read(kinds[_i], user->uid, &map, &err), 0);
	ck_assert_int_eq(err.code, 0);
	unit_check_map(&map, support_text("0 1000 1\n1 %u %u\n%u %u %u\n", user->subordinate[0],
					  user->subordinate_count, 1 + user->subordinate_count,
					  user->subordinate[1], user->subordinate_count));
}
END_TEST

START_TEST(the_two_files_are_not_mixed_up)
{
	const struct support_user *user = support_user();
	struct maproot_idmap map = own_map();

	unit_private_mounts();
	unit_overlay(paths[MAPROOT_USERS], support_text("%s:111111:1\n", user->name));
	unit_overlay(paths[MAPROOT_GROUPS], support_text("%s:222222:1\n", user->name));
	ck_assert_int_eq(maproot_subids_read(kinds[_i], user->uid, &map, NULL), 0);
	unit_check_map(&map, kinds[_i] == MAPROOT_USERS ? "0 1000 1\n1 111111 1\n" :
							  "0 1000 1\n1 222222 1\n");
}
END_TEST

START_TEST(a_user_without_passwd_entry_by_number)
{
	struct maproot_idmap map = own_map();
	struct maproot_error err;

	unit_private_mounts();
	unit_overlay(paths[kinds[_i]], "424242:300000:5\nroot:400000:5\n");
	ck_assert_int_eq(maproot_subids_read(kinds[_i], 424242, &map, &err), 0);
	unit_check_map(&map, "0 1000 1\n1 300000 5\n");
	ck_assert_int_eq(maproot_subids_read(kinds[_i], 424243, &map, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_SUBIDS,
			 support_text("no subordinate ids: user without a passwd entry (424243) "
				      "has no range in %s",
				      paths[kinds[_i]]));
	unit_check_map(&map, "0 1000 1\n1 300000 5\n");
}
END_TEST

START_TEST(none_is_an_error)
{
	const struct support_user *user = support_user();
	struct maproot_idmap map = own_map();
	struct maproot_error err;

	unit_private_mounts();
	unit_overlay(paths[kinds[_i]], "somebody:1:1\n");
	ck_assert_int_eq(maproot_subids_read(kinds[_i], user->uid, &map, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_SUBIDS,
			 support_text("no subordinate ids: user %s (%u) has no range in %s",
				      user->name, user->uid, paths[kinds[_i]]));
	unit_check_map(&map, "0 1000 1\n");
}
END_TEST

/* An /etc without the files, by a mount over all of it. */
START_TEST(no_file_is_the_same)
{
	struct maproot_idmap map = own_map();
	struct maproot_error err;

	unit_private_mounts();
	ck_assert_int_eq(mount("tmpfs", "/etc", "tmpfs", 0, NULL), 0);
	ck_assert_int_eq(maproot_subids_read(kinds[_i], 424242, &map, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_SUBIDS, NULL);
	unit_check_map(&map, "0 1000 1\n");
}
END_TEST

START_TEST(an_unreadable_file_is_named)
{
	struct maproot_idmap map = own_map();
	struct maproot_error err;
	const char *path = unit_file(support_text("closed-%d", (int)getpid()), "root:1:1\n");

	unit_private_mounts();
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(mount(path, paths[kinds[_i]], NULL, MS_BIND, NULL), 0);
	unit_become_user();
	ck_assert_int_eq(maproot_subids_read(kinds[_i], support_user()->uid, &map, &err), -EACCES);
	unit_check_error(&err, EACCES, MAPROOT_STEP_OPEN,
			 support_text("cannot open '%s': Permission denied", paths[kinds[_i]]));
}
END_TEST

/* Entries beyond the first 64 KiB count as any other. */
START_TEST(large_files_are_read_to_the_end)
{
	struct maproot_idmap map = own_map();
	const size_t size = 200000;
	char *text = malloc(size + 100);
	size_t length = 0;

	ck_assert_ptr_nonnull(text);
	while (length < size)
		length += (size_t)sprintf(text + length, "somebody%zu:1:1\n", length);
	(void)sprintf(text + length, "%s:555555:3", support_user()->name);
	unit_private_mounts();
	unit_overlay(paths[kinds[_i]], text);
	free(text);
	ck_assert_int_eq(maproot_subids_read(kinds[_i], support_user()->uid, &map, NULL), 0);
	unit_check_map(&map, "0 1000 1\n1 555555 3\n");
}
END_TEST

START_TEST(what_does_not_fit_leaves_the_map_alone)
{
	static char text[20000];
	struct maproot_idmap map = own_map();
	struct maproot_error err;
	size_t length = 0;

	for (int line = 0; line < 340; line++)
		length += (size_t)sprintf(text + length, "%s:%d:1\n", support_user()->name,
					  100000 + 2 * line);
	unit_private_mounts();
	unit_overlay(paths[kinds[_i]], text);
	ck_assert_int_eq(maproot_subids_read(kinds[_i], support_user()->uid, &map, &err), -E2BIG);
	unit_check_error(&err, E2BIG, MAPROOT_STEP_CHECK_MAP, NULL);
	unit_check_map(&map, "0 1000 1\n");
}
END_TEST

static const struct {
	const char *text;
	bool other;
} sources[] = {
	{ "passwd: files\n", false },
	{ "subid: files\n", false },
	{ "subid:files\n", false },
	{ "subid:\t files # here\n", false },
	{ "subid:\n", false },
	{ "#subid: sss\n", false },
	{ "# x\n\nsubids: sss\n", false },
	{ "subid: sss\n", true },
	{ "passwd: files\nsubid:sss\ngroup: files\n", true },
	{ "  subid: sss files\n", true },
	{ "subid: filesystem\n", true },
	{ "subid: ldap", true },
};

START_TEST(nsswitch_decides_who_is_asked)
{
	const struct support_user *user = support_user();
	struct maproot_idmap map = own_map();

	unit_private_mounts();
	source_is(sources[_i].text);
	unit_overlay("/etc/subuid", support_text("%s:111111:1\n", user->name));
	fake_getsubids("#!/bin/sh\necho \"0: $1 222222 2\"\n");
	ck_assert_int_eq(maproot_subids_read(MAPROOT_USERS, user->uid, &map, NULL), 0);
	unit_check_map(&map,
		       sources[_i].other ? "0 1000 1\n1 222222 2\n" : "0 1000 1\n1 111111 1\n");
}
END_TEST

/* A long file, whose line is far down. */
START_TEST(nsswitch_is_read_to_the_end)
{
	static char text[40000];
	struct maproot_idmap map = own_map();

	memset(text, '#', sizeof(text) - 1);
	for (size_t at = 60; at < sizeof(text) - 100; at += 60)
		text[at] = '\n';
	strcpy(text + sizeof(text) - 20, "\nsubid: sss\n");
	unit_private_mounts();
	source_is(text);
	fake_getsubids("#!/bin/sh\necho \"0: $1 222222 2\"\n");
	ck_assert_int_eq(maproot_subids_read(MAPROOT_USERS, support_user()->uid, &map, NULL), 0);
	unit_check_map(&map, "0 1000 1\n1 222222 2\n");
}
END_TEST

START_TEST(getsubids_is_asked_for_users_and_groups)
{
	const struct support_user *user = support_user();
	struct maproot_idmap map = own_map();

	unit_private_mounts();
	source_is("subid: sss\n");
	fake_getsubids(support_text(
		"#!/bin/sh\n"
		"[ \"$*\" = %s ] && printf '0: %s 111111 1\\n1: %s 333333 4\\n' && exit\n"
		"[ \"$*\" = \"-g %s\" ] && echo '0: %s 222222 2'\n",
		user->name, user->name, user->name, user->name, user->name));
	ck_assert_int_eq(maproot_subids_read(kinds[_i], user->uid, &map, NULL), 0);
	unit_check_map(&map, kinds[_i] == MAPROOT_USERS ? "0 1000 1\n1 111111 1\n2 333333 4\n" :
							  "0 1000 1\n1 222222 2\n");
}
END_TEST

/* Longer than a pipe. */
START_TEST(a_long_listing_is_read_to_the_end)
{
	struct maproot_idmap map = own_map();

	unit_private_mounts();
	source_is("subid: sss\n");
	fake_getsubids("#!/bin/sh\ni=0\nwhile [ $i -lt 6000 ]; do echo \"$i: $1 222222 2\"; "
		       "i=$((i+1)); done\n"
		       "echo \"6000: $1 777777 7\"\n");
	ck_assert_int_eq(maproot_subids_read(MAPROOT_USERS, support_user()->uid, &map, NULL), 0);
	unit_check_map(&map, "0 1000 1\n1 222222 2\n3 777777 7\n");
}
END_TEST

static const struct {
	const char *script;
	int code;
	enum maproot_step step;
	const char *said; /* with the user's name and number */
} failures[] = {
	{ "#!/bin/sh\nexit 1\n", ENOENT, MAPROOT_STEP_SUBIDS,
	  "no subordinate ids: user %s (%u) has no range in getsubids" },
	{ "#!/bin/sh\necho 'Error fetching ranges'\n", ENOENT, MAPROOT_STEP_SUBIDS,
	  "no subordinate ids: user %s (%u) has no range in getsubids" },
	{ "#!/bin/sh\necho \"0: $1 1 1\"\nkill -TERM $$\n", ECHILD, MAPROOT_STEP_HELPER_KILLED,
	  "id map helper was killed: getsubids" },
	{ "#!/nonesuch\n", ENOENT, MAPROOT_STEP_HELPER, NULL },
};

START_TEST(getsubids_may_fail)
{
	const struct support_user *user = support_user();
	struct maproot_idmap map = own_map();
	struct maproot_error err;

	unit_private_mounts();
	source_is("subid: sss\n");
	fake_getsubids(failures[_i].script);
	ck_assert_int_eq(maproot_subids_read(MAPROOT_USERS, user->uid, &map, &err),
			 -failures[_i].code);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	unit_check_error(
		&err, failures[_i].code, failures[_i].step,
		failures[_i].said ? support_text(failures[_i].said, user->name, user->uid) : NULL);
#pragma GCC diagnostic pop
	unit_check_map(&map, "0 1000 1\n");
}
END_TEST

START_TEST(getsubids_may_be_missing)
{
	struct maproot_idmap map = own_map();
	struct maproot_error err;

	unit_only_programs_of("/nonesuch");
	source_is("subid: sss\n");
	ck_assert_int_eq(maproot_subids_read(MAPROOT_USERS, support_user()->uid, &map, &err),
			 -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_HELPER,
			 "cannot run 'getsubids': No such file or directory");
}
END_TEST

/* As under nohup-like callers: no status comes back, the words do. */
START_TEST(an_ignored_sigchld_is_no_failure)
{
	struct maproot_idmap map = own_map();
	struct maproot_error err;
	int code;

	unit_private_mounts();
	source_is("subid: sss\n");
	fake_getsubids("#!/bin/sh\necho \"0: $1 222222 2\"\n");
	ck_assert_ptr_ne(signal(SIGCHLD, SIG_IGN), SIG_ERR);
	code = maproot_subids_read(MAPROOT_USERS, support_user()->uid, &map, &err);
	ck_assert_ptr_eq(signal(SIGCHLD, SIG_DFL), SIG_IGN);
	ck_assert_msg(code == 0, "step %d: %s", (int)err.step, err.object);
	unit_check_map(&map, "0 1000 1\n1 222222 2\n");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/subid_source", &tc);

	tcase_add_loop_test(tc, all_ranges_of_the_test_user, 0, 2);
	tcase_add_loop_test(tc, the_two_files_are_not_mixed_up, 0, 2);
	tcase_add_loop_test(tc, a_user_without_passwd_entry_by_number, 0, 2);
	tcase_add_loop_test(tc, none_is_an_error, 0, 2);
	tcase_add_loop_test(tc, no_file_is_the_same, 0, 2);
	tcase_add_loop_test(tc, an_unreadable_file_is_named, 0, 2);
	tcase_add_loop_test(tc, large_files_are_read_to_the_end, 0, 2);
	tcase_add_loop_test(tc, what_does_not_fit_leaves_the_map_alone, 0, 2);
	tcase_add_loop_test(tc, nsswitch_decides_who_is_asked, 0, UNIT_COUNT(sources));
	tcase_add_test(tc, nsswitch_is_read_to_the_end);
	tcase_add_loop_test(tc, getsubids_is_asked_for_users_and_groups, 0, 2);
	tcase_add_test(tc, a_long_listing_is_read_to_the_end);
	tcase_add_loop_test(tc, getsubids_may_fail, 0, UNIT_COUNT(failures));
	tcase_add_test(tc, getsubids_may_be_missing);
	tcase_add_test(tc, an_ignored_sigchld_is_no_failure);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
