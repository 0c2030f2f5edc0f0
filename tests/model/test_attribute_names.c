/*
 * Contract of the names of attributes: each is found with and without its first letters, in any case, under the kernel's number;
 * nothing else is.
 */
#include "unit.h"

#include <linux/capability.h>
#include <maproot/attributes.h>
#include <sys/resource.h>

static const struct {
	const char *name;
	int number;
} limits[] = {
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "nofile", RLIMIT_NOFILE },
	{ "Core", RLIMIT_CORE },
	{ "rlimit_as", RLIMIT_AS },
	{ "rttime", RLIMIT_RTTIME },
	{ "cpu", RLIMIT_CPU },
	{ "", -1 },
	{ "RLIMIT_", -1 },
	{ "nofiles", -1 },
	{ "LIMIT_NOFILE", -1 },
	{ "CAP_CHOWN", -1 },
};

START_TEST(a_limit_by_name)
{
	ck_assert_int_eq(maproot_rlimit_by_name(limits[_i].name), limits[_i].number);
}
END_TEST

static const struct {
	const char *name;
	int number;
} capabilities[] = {
	{ "CAP_CHOWN", CAP_CHOWN },
	{ "chown", CAP_CHOWN },
	{ "cap_setpcap", CAP_SETPCAP },
	{ "Sys_Admin", CAP_SYS_ADMIN },
	{ "net_raw", CAP_NET_RAW },
	{ "mknod", CAP_MKNOD },
	{ "setfcap", CAP_SETFCAP },
	{ "syslog", CAP_SYSLOG },
	{ "audit_read", CAP_AUDIT_READ },
	{ "checkpoint_restore", 40 },
	{ "", -1 },
	{ "CAP_", -1 },
	{ "chowns", -1 },
	{ "RLIMIT_CORE", -1 },
};

START_TEST(a_capability_by_name)
{
	ck_assert_int_eq(maproot_capability_by_name(capabilities[_i].name), capabilities[_i].number);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("model/attribute_names", &tc);

	tcase_add_loop_test(tc, a_limit_by_name, 0, UNIT_COUNT(limits));
	tcase_add_loop_test(tc, a_capability_by_name, 0, UNIT_COUNT(capabilities));
	return suite;
}

int main(void)
{
	return unit_main(build);
}
