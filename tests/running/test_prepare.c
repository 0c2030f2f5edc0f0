/*
 * Contract of mr_prepare() and maproot_describe(): the caller's facts and subordinate ids make the plan complete; a
 * refusal is that of maproot_become(), and nothing is done.
 */
#include "run/prepare.h"

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

START_TEST(subordinate_ids_follow_the_own)
{
	const struct support_user *user = support_user();
	const struct maproot_request request = { .identity = { .subordinate = true } };
	static struct mr_plan plan;
	struct maproot_join join;

	unit_become_user();
	ck_assert_int_eq(mr_prepare(&request, &plan, &join, NULL), 0);
	mr_join_done(&join);
	ck_assert_int_eq(plan.mapper, MR_MAPPER_HELPERS);
	unit_check_map(&plan.users, support_text("0 %u 1\n1 %u 65536\n65537 %u 65536\n", user->uid,
						 user->subordinate[0], user->subordinate[1]));
	unit_check_map(&plan.groups, support_text("0 %u 1\n1 %u 65536\n65537 %u 65536\n", user->gid,
						  user->subordinate[0], user->subordinate[1]));
}
END_TEST

START_TEST(root_writes_its_ranges_itself)
{
	static const struct maproot_idmap map = { .count = 1, .range = { { 0, 100000, 10 } } };
	const struct maproot_request request = { .identity = { .users = &map, .groups = &map } };
	static struct mr_plan plan;
	struct maproot_join join;

	ck_assert_int_eq(mr_prepare(&request, &plan, &join, NULL), 0);
	mr_join_done(&join);
	ck_assert_int_eq(plan.mapper, MR_MAPPER_PARENT);
}
END_TEST

static void take_line(void *arg, const char *text)
{
	strcat(strcat(arg, text), "\n");
}

START_TEST(a_description_is_of_the_caller)
{
	const struct maproot_request request = { .in_place = true };
	char said[4096] = "";

	unit_become_user();
	ck_assert_int_eq(maproot_describe(&request, take_line, said, NULL), 0);
	ck_assert_ptr_nonnull(strstr(said, support_text("uid map: 0 %u 1\n", support_user()->uid)));
	ck_assert_ptr_nonnull(strstr(said, "process: this one, with unshare\n"));
	ck_assert_uint_eq(geteuid(), support_user()->uid);
}
END_TEST

START_TEST(a_refusal_is_said_and_nothing_else)
{
	const struct maproot_request request = { .as_pid_1 = true };
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };
	char said[4096] = "";

	ck_assert_int_eq(maproot_describe(&request, take_line, said, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST, "being process 1 needs a new pid namespace");
	ck_assert_str_eq(said, "");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("run/prepare", &tc);

	tcase_add_test(tc, subordinate_ids_follow_the_own);
	tcase_add_test(tc, root_writes_its_ranges_itself);
	tcase_add_test(tc, a_description_is_of_the_caller);
	tcase_add_test(tc, a_refusal_is_said_and_nothing_else);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
