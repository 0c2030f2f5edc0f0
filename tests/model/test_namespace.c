/*
 * Contract of <maproot/namespace.h>: the table has the eight types of Linux with the kernel's names and flags,
 * the OCI runtime-spec's names and unshare(1)'s letters, and each is found by either name.
 */
#include "unit.h"

#include <ctype.h>
#include <errno.h>
#include <linux/sched.h>
#include <maproot/namespace.h>

static const struct {
	const char *name;
	const char *oci_name;
	char letter;
	unsigned int flag;
} rows[] = {
	[MAPROOT_NAMESPACE_CGROUP] = { "cgroup", "cgroup", 'C', CLONE_NEWCGROUP },
	[MAPROOT_NAMESPACE_IPC] = { "ipc", "ipc", 'i', CLONE_NEWIPC },
	[MAPROOT_NAMESPACE_MNT] = { "mnt", "mount", 'm', CLONE_NEWNS },
	[MAPROOT_NAMESPACE_NET] = { "net", "network", 'n', CLONE_NEWNET },
	[MAPROOT_NAMESPACE_PID] = { "pid", "pid", 'p', CLONE_NEWPID },
	[MAPROOT_NAMESPACE_TIME] = { "time", "time", 'T', CLONE_NEWTIME },
	[MAPROOT_NAMESPACE_USER] = { "user", "user", 'U', CLONE_NEWUSER },
	[MAPROOT_NAMESPACE_UTS] = { "uts", "uts", 'u', CLONE_NEWUTS },
};

static const char letters[] = {
#define X(id, name, oci, letter, flag) letter,
	MAPROOT_NAMESPACES(X)
#undef X
};

START_TEST(there_are_eight)
{
	ck_assert_int_eq(MAPROOT_NAMESPACE_COUNT, 8);
	ck_assert_uint_eq(UNIT_COUNT(rows), 8);
	ck_assert_uint_eq(MAPROOT_NAMESPACE_ALL, 0xff);
}
END_TEST

START_TEST(names_flags_and_letters_are_the_kernels_and_unshares)
{
	enum maproot_namespace type = (enum maproot_namespace)_i;

	ck_assert_str_eq(maproot_namespace_name(type), rows[_i].name);
	ck_assert_uint_eq(maproot_namespace_flag(type), rows[_i].flag);
	ck_assert_int_eq(letters[_i], rows[_i].letter);
}
END_TEST

START_TEST(found_by_both_names)
{
	struct maproot_error err = { EPERM, MAPROOT_STEP_EXEC, "from an earlier call" };
	enum maproot_namespace type = MAPROOT_NAMESPACE_COUNT;

	ck_assert_int_eq(maproot_namespace_by_name(rows[_i].name, &type, &err), 0);
	ck_assert_int_eq((int)type, _i);
	ck_assert_int_eq(err.code, 0);
	type = MAPROOT_NAMESPACE_COUNT;
	ck_assert_int_eq(maproot_namespace_by_name(rows[_i].oci_name, &type, NULL), 0);
	ck_assert_int_eq((int)type, _i);
}
END_TEST

static const char *const strangers[] = {
	"", "MNT", "mn", "mnt ", "mounts", "networks", "pid_for_children", "ns"
};

START_TEST(strangers_are_refused)
{
	struct maproot_error err;
	enum maproot_namespace type = MAPROOT_NAMESPACE_COUNT;

	ck_assert_int_eq(maproot_namespace_by_name(strangers[_i], &type, &err), -EINVAL);
	ck_assert_int_eq(type, MAPROOT_NAMESPACE_COUNT);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_REQUEST,
			 support_text("unknown namespace type '%s'", strangers[_i]));
	ck_assert_int_eq(maproot_namespace_by_name(strangers[_i], &type, NULL), -EINVAL);
}
END_TEST

START_TEST(numbers_that_are_no_type)
{
	ck_assert_ptr_null(maproot_namespace_name(MAPROOT_NAMESPACE_COUNT));
	ck_assert_ptr_null(maproot_namespace_name((enum maproot_namespace) - 1));
	ck_assert_uint_eq(maproot_namespace_flag(MAPROOT_NAMESPACE_COUNT), 0);
	ck_assert_uint_eq(maproot_namespace_flag((enum maproot_namespace) - 1), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/namespace", &tc);

	tcase_add_test(tc, there_are_eight);
	tcase_add_loop_test(tc, names_flags_and_letters_are_the_kernels_and_unshares, 0,
			    UNIT_COUNT(rows));
	tcase_add_loop_test(tc, found_by_both_names, 0, UNIT_COUNT(rows));
	tcase_add_loop_test(tc, strangers_are_refused, 0, UNIT_COUNT(strangers));
	tcase_add_test(tc, numbers_that_are_no_type);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
