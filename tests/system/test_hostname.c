/*
 * Contract of mr_hostname_set() and mr_domainname_set(): the uts namespace has the name, whole; a name that is too long, or a right that is
 * lacking, is an error that names it.
 */
#include "system/furniture.h"

#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = { "box", "a.long-name.example", "", "M\303\274ller box" };

START_TEST(sets_it)
{
	char name[128];
	char before[128];

	ck_assert_int_eq(gethostname(before, sizeof(before)), 0);
	unit_enter_namespace(CLONE_NEWUTS);
	ck_assert_int_eq(mr_hostname_set(names[_i], NULL), 0);
	ck_assert_int_eq(gethostname(name, sizeof(name)), 0);
	ck_assert_str_eq(name, names[_i]);
	ck_assert_int_eq(mr_domainname_set("domain", NULL), 0);
	ck_assert_int_eq(mr_domainname_set(names[_i], NULL), 0);
	ck_assert_int_eq(getdomainname(name, sizeof(name)), 0);
	ck_assert_str_eq(name, names[_i]);
}
END_TEST

START_TEST(too_long_is_refused)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char name[66];

	memset(name, 'h', sizeof(name));
	name[65] = '\0';
	unit_enter_namespace(CLONE_NEWUTS);
	ck_assert_int_eq(mr_hostname_set(name, &err), -EINVAL);
	unit_check_error(&err, EINVAL, MAPROOT_STEP_HOSTNAME,
			 support_text("cannot set the host name '%s': Invalid argument", name));
	name[64] = '\0';
	ck_assert_int_eq(mr_hostname_set(name, NULL), 0);
}
END_TEST

START_TEST(not_ours_is_refused)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	unit_enter_namespace(0);
	ck_assert_int_eq(mr_hostname_set("box", &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_HOSTNAME,
			 "cannot set the host name 'box': Operation not permitted");
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	ck_assert_int_eq(mr_domainname_set("box", &err), -EPERM);
	unit_check_error(&err, EPERM, MAPROOT_STEP_DOMAINNAME,
			 "cannot set the domain name 'box': Operation not permitted");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/hostname", &tc);

	tcase_add_loop_test(tc, sets_it, 0, UNIT_COUNT(names));
	tcase_add_test(tc, too_long_is_refused);
	tcase_add_test(tc, not_ours_is_refused);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
