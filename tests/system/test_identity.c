/*
 * Contract of src/system/identity.h: dropping groups leaves none, setting them those, and looks whether it did; taking ids sets all three
 * of each, the group first, with no call where they are already. In a joined user namespace one is its root where that
 * is mapped and else stays who one was, with groups as asked; ids that were asked for come last, and leave the death
 * signal.
 */
#include "system/identity.h"

#include "place.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
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
	unit_check_error(&err, EPERM, MAPROOT_STEP_SET_GID, "cannot become group 0: Operation not permitted");
}
END_TEST

START_TEST(a_user_that_is_not_ours)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_become_user();
	ck_assert_int_eq(mr_identity_take(0, support_user()->gid, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_SET_UID, "cannot become user 0: Operation not permitted");
}
END_TEST

START_TEST(an_id_that_is_not_mapped)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_enter_namespace(0);
	ck_assert_int_eq(mr_identity_take(4294967294, 0, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_SET_UID, "cannot become user 4294967294: Invalid argument");
}
END_TEST

/* A user namespace with these maps, written from outside; "" are none. */
static void join_namespace(const char *users, const char *groups)
{
	pid_t pid = unit_unmapped_process();
	int fd = open(support_text("/proc/%d/ns/user", (int)pid), O_RDONLY | O_CLOEXEC);

	for (int at = 0; at < 2; at++) {
		const char *map = at == 0 ? users : groups;
		int file = open(support_text("/proc/%d/%cid_map", (int)pid, "ug"[at]), O_WRONLY | O_CLOEXEC);

		ck_assert(map[0] == '\0' || write(file, map, strlen(map)) == (ssize_t)strlen(map));
		close(file);
	}
	ck_assert_int_eq(setns(fd, CLONE_NEWUSER), 0);
	unit_end(pid);
}

static const struct {
	enum maproot_groups groups;
	bool preserve;
	bool said; /* false: NULL for the identity */
	size_t left;
	uid_t user;
	gid_t group;
} joined[] = {
	{ MAPROOT_GROUPS_DEFAULT, false, false, 0, 0, 0 },
	{ MAPROOT_GROUPS_DEFAULT, false, true, 0, 0, 0 },
	{ MAPROOT_GROUPS_DROP, false, true, 0, 0, 0 },
	{ MAPROOT_GROUPS_KEEP, false, true, 2, 0, 0 },
	{ MAPROOT_GROUPS_DEFAULT, true, true, 2, 5, 6 },
	{ MAPROOT_GROUPS_DROP, true, true, 2, 5, 6 },
};

START_TEST(takes_the_place_in_a_joined_namespace)
{
	const struct maproot_identity identity = { .supplementary = joined[_i].groups,
						   .preserve = joined[_i].preserve };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	have_groups(2);
	join_namespace("5 0 1\n0 1000 1", "6 0 1\n0 1000 1\n100 100 200");
	check_ids(5, 6);
	ck_assert_int_eq(mr_identity_take_joined(joined[_i].said ? &identity : NULL, &err), 0);
	ck_assert_int_eq(err.code, 0);
	check_ids(joined[_i].user, joined[_i].group);
	ck_assert_int_eq(getgroups(0, NULL), joined[_i].left);
}
END_TEST

static const struct {
	const char *users;
	const char *groups;
	uid_t user;
	gid_t group;
} unmapped[] = {
	{ "5 0 1", "6 0 1", 5, 6 },         /* who we were has another number, and there is no root */
	{ "0 0 1", "6 0 1", 0, 6 },         /* of one of the two */
	{ "5 0 1", "0 7 1", 5, 0 },         /* a root that we weren't */
	{ "5 7 1", "6 7 1", 65534, 65534 }, /* nobody that is known there */
	{ "", "", 65534, 65534 },
};

START_TEST(stays_who_it_was_where_there_is_no_root)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	have_groups(0);
	join_namespace(unmapped[_i].users, unmapped[_i].groups);
	ck_assert_int_eq(mr_identity_take_joined(NULL, &err), 0);
	check_ids(unmapped[_i].user, unmapped[_i].group);
}
END_TEST

/* Where the namespace denies it. */
START_TEST(groups_that_cannot_be_dropped)
{
	const struct maproot_identity drop = { .supplementary = MAPROOT_GROUPS_DROP };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	have_groups(2);
	unit_deny(SYS_setgroups, EPERM);
	ck_assert_int_eq(setresgid(6, 6, 6), 0);
	ck_assert_int_eq(mr_identity_take_joined(&drop, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_GROUPS,
			 "cannot set the supplementary groups (none): Operation not permitted");
	check_ids(0, 6);
	err.code = 0;
	ck_assert_int_eq(mr_identity_take_joined(NULL, &err), 0);
	ck_assert_int_eq(getgroups(0, NULL), 2);
	check_ids(0, 0);
}
END_TEST

START_TEST(groups_that_only_seem_dropped)
{
	const struct maproot_identity drop = { .supplementary = MAPROOT_GROUPS_DROP };
	struct maproot_error err = MAPROOT_ERROR_INIT;

	have_groups(2);
	unit_deny(SYS_setgroups, 0);
	ck_assert_int_eq(mr_identity_take_joined(&drop, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_CHECK_GROUPS,
			 "the supplementary groups are not as asked: some are left");
}
END_TEST

static const struct {
	long call;
	int number;
	enum maproot_step step;
	const char *text;
} refusals[] = {
	{ SYS_setgroups, EINVAL, MAPROOT_STEP_GROUPS, "cannot set the supplementary groups (none): Invalid argument" },
	{ SYS_setresgid, EPERM, MAPROOT_STEP_SET_GID, "cannot become group 0: Operation not permitted" },
	{ SYS_setresuid, EPERM, MAPROOT_STEP_SET_UID, "cannot become user 0: Operation not permitted" },
};

START_TEST(a_place_that_is_refused)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert(setresgid(6, 6, 0) == 0 && setresuid(5, 0, 0) == 0);
	unit_deny(refusals[_i].call, refusals[_i].number);
	ck_assert_int_eq(mr_identity_take_joined(NULL, &err), -refusals[_i].number);
	unit_check_error(&err, refusals[_i].number, refusals[_i].step, refusals[_i].text);
}
END_TEST

static const struct {
	bool user;
	bool group;
	uid_t is_user;
	gid_t is_group;
} wanted[] = {
	{ false, false, 0, 0 },
	{ true, false, 77, 0 },
	{ false, true, 0, 78 },
	{ true, true, 77, 78 },
};

START_TEST(becomes_who_was_asked_for)
{
	const struct maproot_identity identity = {
		.set_user = wanted[_i].user, .set_group = wanted[_i].group, .inner_user = 77, .inner_group = 78
	};
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int death_signal = 0;

	ck_assert_int_eq(prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0), 0);
	ck_assert_int_eq(mr_identity_set(&identity, &err), 0);
	check_ids(wanted[_i].is_user, wanted[_i].is_group);
	ck_assert_int_eq(prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0), 0);
	ck_assert_int_eq(death_signal, SIGUSR1);
}
END_TEST

START_TEST(no_death_signal_comes_from_nowhere)
{
	const struct maproot_identity identity = { .set_user = true, .inner_user = 77 };
	int death_signal = 77;

	ck_assert_int_eq(mr_identity_set(&identity, NULL), 0);
	ck_assert_int_eq(prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0), 0);
	ck_assert_int_eq(death_signal, 0);
}
END_TEST

static const struct {
	bool group;
	enum maproot_step step;
	const char *text;
} strangers[] = {
	{ true, MAPROOT_STEP_SET_GID, "cannot become group 78: Invalid argument" },
	{ false, MAPROOT_STEP_SET_UID, "cannot become user 4294967294: Invalid argument" },
};

START_TEST(who_was_asked_for_has_to_be_mapped)
{
	const struct maproot_identity identity = {
		.set_user = true, .set_group = strangers[_i].group, .inner_user = 4294967294, .inner_group = 78
	};
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_enter_namespace(0);
	ck_assert_int_eq(mr_identity_set(&identity, &err), -EINVAL);
	unit_check_error(&err, EINVAL, strangers[_i].step, strangers[_i].text);
	check_ids(0, 0);
}
END_TEST

static const gid_t listed[] = { 7, 8, 4294967294u };

START_TEST(sets_groups)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	gid_t found[8];

	have_groups(2);
	ck_assert_int_eq(mr_identity_set_groups(listed, (size_t)_i, &err), 0);
	ck_assert_int_eq(getgroups(8, found), _i);
	for (int at = 0; at < _i; at++)
		ck_assert_uint_eq(found[at], listed[at]);
}
END_TEST

START_TEST(groups_that_are_refused_are_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(setresuid(4711, 4711, 4711), 0);
	ck_assert_int_eq(mr_identity_set_groups(listed, 2, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_GROUPS, "cannot set the supplementary groups (7, 8): Operation not permitted");
}
END_TEST

START_TEST(groups_are_looked_after)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	have_groups(1);
	unit_deny(SYS_setgroups, 0);
	ck_assert_int_eq(mr_identity_set_groups(listed, 2, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_CHECK_GROUPS, "the supplementary groups are not as asked: others are there");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/identity", &tc);

	tcase_add_loop_test(tc, sets_groups, 0, UNIT_COUNT(listed) + 1);
	tcase_add_test(tc, groups_that_are_refused_are_named);
	tcase_add_test(tc, groups_are_looked_after);
	tcase_add_loop_test(tc, drops_groups, 0, 4);
	tcase_add_test(tc, a_refusal_is_an_error);
	tcase_add_test(tc, success_is_looked_after);
	tcase_add_test(tc, none_need_no_call);
	tcase_add_test(tc, takes_all_three);
	tcase_add_test(tc, the_same_need_no_call);
	tcase_add_test(tc, a_group_that_is_not_ours);
	tcase_add_test(tc, a_user_that_is_not_ours);
	tcase_add_test(tc, an_id_that_is_not_mapped);
	tcase_add_loop_test(tc, takes_the_place_in_a_joined_namespace, 0, UNIT_COUNT(joined));
	tcase_add_loop_test(tc, stays_who_it_was_where_there_is_no_root, 0, UNIT_COUNT(unmapped));
	tcase_add_test(tc, groups_that_cannot_be_dropped);
	tcase_add_test(tc, groups_that_only_seem_dropped);
	tcase_add_loop_test(tc, a_place_that_is_refused, 0, UNIT_COUNT(refusals));
	tcase_add_loop_test(tc, becomes_who_was_asked_for, 0, UNIT_COUNT(wanted));
	tcase_add_test(tc, no_death_signal_comes_from_nowhere);
	tcase_add_loop_test(tc, who_was_asked_for_has_to_be_mapped, 0, UNIT_COUNT(strangers));
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
