/*
 * Contract of <maproot/namespace.h>: the table has the eight types of Linux with the kernel's names and flags,
 * the OCI runtime-spec's names and unshare(1)'s letters, and each is found by either name. Of a spec's list the first
 * entry of a type counts; filtered, they come in the filter's order.
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

static const char *const strangers[] = { "", "MNT", "mn", "mnt ", "mounts", "networks", "pid_for_children", "ns" };

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

#define NS(id) MAPROOT_NAMESPACE_##id

/* As a spec has them; the second net one is never the answer. */
static const struct maproot_namespace_entry spec[] = {
	{ NS(PID), NULL },
	{ NS(NET), "/run/netns/a" },
	{ NS(MNT), NULL },
	{ NS(NET), "/run/netns/b" },
	{ NS(USER), "/proc/7/ns/user" },
};

START_TEST(an_entry_is_found_by_its_type)
{
	for (size_t at = 0; at < UNIT_COUNT(spec); at++)
		ck_assert_ptr_eq(maproot_namespace_get(spec, UNIT_COUNT(spec), spec[at].type), &spec[at == 3 ? 1 : at]);
	ck_assert_ptr_null(maproot_namespace_get(spec, UNIT_COUNT(spec), NS(UTS)));
	ck_assert_ptr_null(maproot_namespace_get(spec, UNIT_COUNT(spec), MAPROOT_NAMESPACE_COUNT));
	ck_assert_ptr_null(maproot_namespace_get(spec, 1, NS(NET)));
	ck_assert_ptr_null(maproot_namespace_get(NULL, 0, NS(NET)));
}
END_TEST

static const struct {
	size_t count;
	enum maproot_namespace types[4];
	size_t found;
	int entries[4]; /* of spec */
} filters[] = {
	{ 0, { 0 }, 0, { 0 } },
	{ 1, { NS(UTS) }, 0, { 0 } },
	{ 2, { NS(NET), NS(PID) }, 2, { 1, 0 } },
	{ 2, { NS(PID), NS(NET) }, 2, { 0, 1 } },
	{ 4, { NS(USER), NS(IPC), NS(MNT), NS(PID) }, 3, { 4, 2, 0 } },
	{ 3, { NS(NET), NS(UTS), NS(NET) }, 2, { 1, 1 } },
};

START_TEST(filtered_in_the_order_of_the_filter)
{
	struct maproot_namespace_entry entries[4] = { { NS(TIME), "untouched" },
						      { NS(TIME), "untouched" },
						      { NS(TIME), "untouched" },
						      { NS(TIME), "untouched" } };

	ck_assert_uint_eq(
		maproot_namespace_filter(spec, UNIT_COUNT(spec), filters[_i].types, filters[_i].count, entries),
		filters[_i].found);
	for (size_t at = 0; at < UNIT_COUNT(entries); at++) {
		const struct maproot_namespace_entry *want = &spec[filters[_i].entries[at]];

		if (at < filters[_i].found)
			ck_assert(entries[at].type == want->type && entries[at].path == want->path);
		else
			ck_assert_str_eq(entries[at].path, "untouched");
	}
	ck_assert_uint_eq(maproot_namespace_filter(NULL, 0, filters[_i].types, filters[_i].count, NULL), 0);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/namespace", &tc);

	tcase_add_test(tc, there_are_eight);
	tcase_add_loop_test(tc, names_flags_and_letters_are_the_kernels_and_unshares, 0, UNIT_COUNT(rows));
	tcase_add_loop_test(tc, found_by_both_names, 0, UNIT_COUNT(rows));
	tcase_add_loop_test(tc, strangers_are_refused, 0, UNIT_COUNT(strangers));
	tcase_add_test(tc, numbers_that_are_no_type);
	tcase_add_test(tc, an_entry_is_found_by_its_type);
	tcase_add_loop_test(tc, filtered_in_the_order_of_the_filter, 0, UNIT_COUNT(filters));
	return suite;
}

int main(void)
{
	return unit_main(build);
}
