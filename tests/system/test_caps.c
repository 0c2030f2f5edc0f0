/*
 * Contract of <maproot/capability.h> and src/system/caps.h: the probe answers for the four capabilities of
 * root, or for any set; what is permitted but not effective is raised; where one is lacking nothing is; a
 * capability that does not exist is an error. Kept over exec, all of them are there in the next program. Sets
 * that are asked for are there bit by bit, after a change of user too.
 */
#include "system/caps.h"

#include "unit.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(cap) (UINT64_C(1) << (cap))

static const uint64_t the_four =
	BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_CHROOT) | BIT(CAP_SETUID) | BIT(CAP_SETGID);

static uint64_t set_of(const char *name)
{
	return strtoull(unit_status(0, name), NULL, 16);
}

/* The calling thread keeps these and no others. */
static void keep_only(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .permitted = (uint32_t)permitted, .effective = (uint32_t)effective },
		{ .permitted = (uint32_t)(permitted >> 32),
		  .effective = (uint32_t)(effective >> 32) },
	};

	ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
}

START_TEST(root_has_the_four)
{
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };

	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, &err), 1);
	ck_assert_int_eq(err.code, 0);
	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, NULL), 1);
}
END_TEST

START_TEST(a_user_has_not)
{
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "old" };

	unit_become_user();
	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, &err), 0);
	ck_assert_int_eq(err.code, 0);
}
END_TEST

START_TEST(root_of_a_namespace_has_the_four)
{
	unit_enter_namespace(0);
	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, NULL), 1);
}
END_TEST

/* One row a capability of the four: without it the answer is no, and the others are not raised. */
static const int four[] = { CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETUID, CAP_SETGID };

START_TEST(each_of_the_four_is_needed)
{
	char lacking[128];
	static const char *const names[] = { "CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_SETUID",
					     "CAP_SETGID" };

	keep_only(the_four & ~BIT(four[_i]), the_four & ~BIT(four[_i]));
	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, NULL), 0);
	mr_caps_name_lacking(lacking, sizeof(lacking));
	ck_assert_str_eq(lacking, names[_i]);
	keep_only(the_four & ~BIT(four[_i]), 0);
	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, NULL), 0);
	ck_assert_uint_eq(set_of("CapEff"), 0);
}
END_TEST

START_TEST(the_four_are_enough)
{
	keep_only(the_four, the_four);
	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, NULL), 1);
	ck_assert_uint_eq(set_of("CapEff"), the_four);
}
END_TEST

START_TEST(permitted_ones_are_raised)
{
	const uint64_t more = the_four | BIT(CAP_NET_ADMIN);

	keep_only(more, _i == 0 ? 0 : BIT(four[_i - 1]));
	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, NULL), 1);
	ck_assert_uint_eq(set_of("CapEff"), the_four);
	ck_assert_uint_eq(set_of("CapPrm"), more);
}
END_TEST

START_TEST(any_set_can_be_asked_for)
{
	static const int net[] = { CAP_NET_ADMIN, CAP_NET_RAW };
	static const int last[] = { CAP_LAST_CAP };

	keep_only(BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW), 0);
	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, NULL), 0);
	ck_assert_int_eq(maproot_capabilities_probe(last, 1, NULL), 0);
	ck_assert_int_eq(maproot_capabilities_probe(net, 1, NULL), 1);
	ck_assert_uint_eq(set_of("CapEff"), BIT(CAP_NET_ADMIN));
	ck_assert_int_eq(maproot_capabilities_probe(net, 2, NULL), 1);
	ck_assert_uint_eq(set_of("CapEff"), BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW));
	ck_assert_int_eq(maproot_capabilities_probe(net, 0, NULL), 1);
}
END_TEST

static const int unknown[] = { 64, 9999, -1, 63 };

START_TEST(unknown_capabilities_are_an_error)
{
	const int caps[] = { CAP_SYS_ADMIN, unknown[_i] };
	struct maproot_error err;

	ck_assert_int_eq(maproot_capabilities_probe(caps, 2, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST,
			 support_text("capability %d is unknown to this kernel", unknown[_i]));
}
END_TEST

/* Whatever comes before it. */
START_TEST(unknown_capabilities_are_one_for_users_too)
{
	const int caps[] = { CAP_SYS_ADMIN, 64 };

	unit_become_user();
	ck_assert_int_eq(maproot_capabilities_probe(caps, 2, NULL), -EINVAL);
	ck_assert_int_eq(maproot_capabilities_probe(caps, 1, NULL), 0);
}
END_TEST

START_TEST(an_unreadable_set_is_an_error)
{
	struct maproot_error err;

	unit_deny(SYS_capget, EPERM);
	ck_assert_int_eq(maproot_capabilities_probe(NULL, 0, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_PROBE,
			 "cannot read the capabilities of this process: Operation not permitted");
}
END_TEST

START_TEST(a_refused_raise_is_an_error)
{
	struct maproot_error err;
	static const int setuid_only[] = { CAP_SETUID };

	unit_enter_namespace(0);
	keep_only(the_four, BIT(CAP_SYS_ADMIN));
	unit_deny(SYS_capset, EPERM);
	ck_assert_int_eq(maproot_capabilities_probe(setuid_only, 1, &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_RAISE,
			 "cannot raise capability 7: Operation not permitted");
}
END_TEST

START_TEST(a_user_lacks_all_four)
{
	char lacking[128];

	unit_become_user();
	mr_caps_name_lacking(lacking, sizeof(lacking));
	ck_assert_str_eq(lacking, "CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETUID, CAP_SETGID");
}
END_TEST

START_TEST(root_lacks_none)
{
	char lacking[128];

	mr_caps_name_lacking(lacking, sizeof(lacking));
	ck_assert_str_eq(lacking, "");
}
END_TEST

static void enter_as_own_id(void)
{
	uid_t user = support_user()->uid;
	char map[64];
	int length = snprintf(map, sizeof(map), "%u %u 1", user, user);
	FILE *file;

	unit_become_user();
	ck_assert_int_eq(unshare(CLONE_NEWUSER), 0);
	file = fopen("/proc/self/uid_map", "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fputs(map, file), length < 0 ? -1 : 1);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_uint_eq(geteuid(), user);
}

static int check_next_program(void *arg)
{
	const char *want =
		support_text("grep -qx 'CapEff:.%s' /proc/self/status", (const char *)arg);

	(void)execl("/bin/sh", "sh", "-c", want, NULL);
	return 98;
}

START_TEST(all_are_kept_over_exec)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	const char *permitted;

	enter_as_own_id();
	permitted = unit_status(0, "CapPrm");
	ck_assert_str_ne(permitted, "0000000000000000");
	ck_assert_str_eq(unit_status(0, "CapAmb"), "0000000000000000");
	ck_assert_int_eq(mr_caps_keep_over_exec(&err), 0);
	ck_assert_str_eq(unit_status(0, "CapAmb"), permitted);
	ck_assert_int_eq(unit_in_child(check_next_program, (void *)permitted), 0);
}
END_TEST

static const struct {
	long call;
	int number;
} keep_denied[] = { { SYS_capget, EPERM }, { SYS_capset, EPERM }, { SYS_prctl, EINVAL } };

START_TEST(not_to_be_kept_is_an_error)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	enter_as_own_id();
	unit_deny(keep_denied[_i].call, keep_denied[_i].number);
	ck_assert_int_eq(mr_caps_keep_over_exec(&err), -keep_denied[_i].number);
	unit_check_error(&err, keep_denied[_i].number, MAPROOT_STEP_KEEP_CAPABILITIES, NULL);
}
END_TEST

/* Each call that is refused, and what is not there, is said by set and number. */
static const struct {
	struct maproot_capability_sets sets;
	long call;
	int number;
	bool second; /* of the two halves */
	const char *said;
} set_denied[] = {
	{ { 0 }, SYS_capget, EPERM, false, "those of this process" },
	{ { 0 }, SYS_capset, EPERM, false, "inheritable" },
	{ { 0 }, SYS_capset, EPERM, true, "effective, permitted, inheritable" },
	{ { .permitted = BIT(CAP_KILL) | BIT(63) }, 0, EPERM, false, "permitted, number 63" },
	{ { .bounding = BIT(62) | BIT(63) }, 0, EINVAL, false, "bounding, number 62" },
	{ { .ambient = BIT(CAP_KILL), .permitted = BIT(CAP_KILL) }, 0, EPERM, true, "ambient, number 5" },
};

START_TEST(refused_sets_are_named)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int code;

	if (set_denied[_i].call)
		unit_deny(set_denied[_i].call, set_denied[_i].number);
	code = set_denied[_i].second ? mr_caps_set(&set_denied[_i].sets, &err) : mr_caps_prepare(&set_denied[_i].sets, true, &err);
	ck_assert_int_eq(code, -set_denied[_i].number);
	unit_check_error(&err, set_denied[_i].number, MAPROOT_STEP_CAPABILITIES,
			 support_text("cannot set the capabilities (%s): %s", set_denied[_i].said, strerror(set_denied[_i].number)));
}
END_TEST

/* Both halves, and a change to another user between them. */
START_TEST(sets_outlive_a_change_of_user)
{
	const struct maproot_capability_sets sets = {
		.bounding = BIT(CAP_KILL) | BIT(CAP_CHOWN),
		.effective = BIT(CAP_KILL),
		.permitted = BIT(CAP_KILL) | BIT(CAP_FOWNER),
		.inheritable = BIT(CAP_KILL) | BIT(CAP_MKNOD),
		.ambient = BIT(CAP_KILL),
	};

	ck_assert_int_eq(mr_caps_prepare(&sets, _i == 0, NULL), 0);
	if (_i == 1)
		ck_assert_int_eq(setresuid(4711, 4711, 4711), 0);
	ck_assert_int_eq(mr_caps_set(&sets, NULL), 0);
	ck_assert_uint_eq(set_of("CapBnd"), sets.bounding);
	ck_assert_uint_eq(set_of("CapEff"), sets.effective);
	ck_assert_uint_eq(set_of("CapPrm"), sets.permitted);
	ck_assert_uint_eq(set_of("CapInh"), sets.inheritable);
	ck_assert_uint_eq(set_of("CapAmb"), sets.ambient);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/caps", &tc);

	tcase_add_loop_test(tc, refused_sets_are_named, 0, UNIT_COUNT(set_denied));
	tcase_add_loop_test(tc, sets_outlive_a_change_of_user, 0, 2);
	tcase_add_test(tc, root_has_the_four);
	tcase_add_test(tc, a_user_has_not);
	tcase_add_test(tc, root_of_a_namespace_has_the_four);
	tcase_add_loop_test(tc, each_of_the_four_is_needed, 0, UNIT_COUNT(four));
	tcase_add_test(tc, the_four_are_enough);
	tcase_add_loop_test(tc, permitted_ones_are_raised, 0, UNIT_COUNT(four) + 1);
	tcase_add_test(tc, any_set_can_be_asked_for);
	tcase_add_loop_test(tc, unknown_capabilities_are_an_error, 0, UNIT_COUNT(unknown));
	tcase_add_test(tc, unknown_capabilities_are_one_for_users_too);
	tcase_add_test(tc, an_unreadable_set_is_an_error);
	tcase_add_test(tc, a_refused_raise_is_an_error);
	tcase_add_test(tc, a_user_lacks_all_four);
	tcase_add_test(tc, root_lacks_none);
	tcase_add_test(tc, all_are_kept_over_exec);
	tcase_add_loop_test(tc, not_to_be_kept_is_an_error, 0, UNIT_COUNT(keep_denied));
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
