/*
 * Contract of src/system/identity.h: dropping groups leaves none, and looks whether it did; taking ids sets all
 * three of each, the group first, with no call where they are already.
 */
#include "system/identity.h"

#include "unit.h"

#include <errno.h>
#include <grp.h>
#include <sys/syscall.h>
#include <unistd.h>

static void have_groups(size_t count)
{
	const gid_t groups[] = { 100, 200, 300 };

	ck_assert_int_eq(setgroups(count, groups), 0);
}

START_TEST(drops_groups)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	have_groups((size_t)_i);
	ck_assert_int_eq(mr_identity_drop_groups(&err), 0);
	ck_assert_int_eq(getgroups(0, NULL), 0);
}
END_TEST

START_TEST(a_refusal_is_an_error)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	have_groups(2);
	ck_assert_int_eq(setresuid(4711, 4711, 4711), 0);
	ck_assert_int_eq(mr_identity_drop_groups(&err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_GROUPS,
			 "cannot set the supplementary groups (none): Operation not permitted");
}
END_TEST

START_TEST(success_is_looked_after)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	have_groups(2);
	unit_deny(SYS_setgroups, 0);
	ck_assert_int_eq(mr_identity_drop_groups(&err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_CHECK_GROUPS,
			 "the supplementary groups are not as asked: some are left");
}
END_TEST

/* Where setgroups is denied, having none is fine all the same. */
START_TEST(none_need_no_call)
{
	have_groups(0);
	unit_deny(SYS_setgroups, EPERM);
	ck_assert_int_eq(mr_identity_drop_groups(NULL), 0);
}
END_TEST

static void check_ids(uid_t user, gid_t group)
{
	uid_t users[3];
	gid_t groups[3];

	ck_assert_int_eq(getresuid(&users[0], &users[1], &users[2]), 0);
	ck_assert_int_eq(getresgid(&groups[0], &groups[1], &groups[2]), 0);
	for (int at = 0; at < 3; at++)
		ck_assert(users[at] == user && groups[at] == group);
}

START_TEST(takes_all_three)
{
	ck_assert_int_eq(setresgid(1, 2, 0), 0);
	ck_assert_int_eq(mr_identity_take(1000, 1001, NULL), 0);
	check_ids(1000, 1001);
}
END_TEST

START_TEST(the_same_need_no_call)
{
	ck_assert_int_eq(mr_identity_take(1000, 1001, NULL), 0);
	unit_deny(SYS_setresuid, EIO);
	unit_deny(SYS_setresgid, EIO);
	ck_assert_int_eq(mr_identity_take(1000, 1001, NULL), 0);
}
END_TEST

START_TEST(a_group_that_is_not_ours)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_become_user();
	ck_assert_int_eq(mr_identity_take(support_user()->uid, 0, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_SET_GID,
			 "cannot become group 0: Operation not permitted");
}
END_TEST

START_TEST(a_user_that_is_not_ours)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_become_user();
	ck_assert_int_eq(mr_identity_take(0, support_user()->gid, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_SET_UID,
			 "cannot become user 0: Operation not permitted");
}
END_TEST

START_TEST(an_id_that_is_not_mapped)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_enter_namespace(0);
	ck_assert_int_eq(mr_identity_take(4294967294, 0, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_SET_UID,
			 "cannot become user 4294967294: Invalid argument");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/identity", &tc);

	tcase_add_loop_test(tc, drops_groups, 0, 4);
	tcase_add_test(tc, a_refusal_is_an_error);
	tcase_add_test(tc, success_is_looked_after);
	tcase_add_test(tc, none_need_no_call);
	tcase_add_test(tc, takes_all_three);
	tcase_add_test(tc, the_same_need_no_call);
	tcase_add_test(tc, a_group_that_is_not_ours);
	tcase_add_test(tc, a_user_that_is_not_ours);
	tcase_add_test(tc, an_id_that_is_not_mapped);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
