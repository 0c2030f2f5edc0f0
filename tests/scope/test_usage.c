/*
 * Contract of maproot-scope's command line: a call that makes no sense is named, has status 2, and gets to no manager.
 */
#include "bus.h"

#include <string.h>

static const struct {
	const char *arguments;
	const char *err;
} misuses[] = {
	{ "", "not a command of this program (start, stop, check): ''\n" },
	{ "restart x.scope", "not a command of this program (start, stop, check): 'restart'\n" },
	{ "start", "not enough arguments of: 'start'\n" },
	{ "start a.scope -", "not enough arguments of: 'start'\n" },
	{ "start a.service - 1", "not the name of a scope: 'a.service'\n" },
	{ "start .scope - 1", "not the name of a scope: '.scope'\n" },
	{ "start a/b.scope - 1", "not the name of a scope: 'a/b.scope'\n" },
	{ "start a.scope x 1", "not the name of a slice: 'x'\n" },
	{ "start a.scope - 0", "not the number of a process: '0'\n" },
	{ "start a.scope - -1", "not the number of a process: '-1'\n" },
	{ "start a.scope - 1x", "not the number of a process: '1x'\n" },
	{ "start a.scope - 2147483648", "not the number of a process: '2147483648'\n" },
	{ "start a.scope - 99999999999999999999", "not the number of a process: '99999999999999999999'\n" },
	{ "start a.scope - 1 Memory=1", "not a property of a scope: 'Memory=1'\n" },
	{ "start a.scope - 1 MemoryMaximum=1", "not a property of a scope: 'MemoryMaximum=1'\n" },
	{ "start a.scope - 1 MemoryMax", "not a property of a scope: 'MemoryMax'\n" },
	{ "start a.scope - 1 =1", "not a property of a scope: '=1'\n" },
	{ "start a.scope - 1 MemoryMax=", "not a value of this property: 'MemoryMax='\n" },
	{ "start a.scope - 1 MemoryMax=1M", "not a value of this property: 'MemoryMax=1M'\n" },
	{ "start a.scope - 1 MemoryMax=-1", "not a value of this property: 'MemoryMax=-1'\n" },
	{ "start a.scope - 1 MemoryMax=18446744073709551615",
	  "not a value of this property: 'MemoryMax=18446744073709551615'\n" },
	{ "start a.scope - 1 MemoryMax=18446744073709551617",
	  "not a value of this property: 'MemoryMax=18446744073709551617'\n" },
	{ "start a.scope - 1 TasksMax=0", "not a value of this property: 'TasksMax=0'\n" },
	{ "start a.scope - 1 CPUWeight=infinity", "not a value of this property: 'CPUWeight=infinity'\n" },
	{ "start a.scope - 1 CPUWeight=10001", "not a value of this property: 'CPUWeight=10001'\n" },
	{ "start a.scope - 1 IOWeight=0", "not a value of this property: 'IOWeight=0'\n" },
	{ "stop", "not the name of a scope: ''\n" },
	{ "stop a.slice", "not the name of a scope: 'a.slice'\n" },
	{ "stop a.scope b", "too many arguments, from: 'b'\n" },
	{ "check now", "too many arguments, from: 'now'\n" },
	{ "--timeout 0 check", "not a time in milliseconds: '0'\n" },
	{ "--timeout", "not a command of this program (start, stop, check): '--timeout'\n" },
};

START_TEST(misuse_is_refused_unasked)
{
	bus_place(false);
	bus_start();
	bus_start_manager("done");
	bus_check(misuses[_i].arguments, 2, misuses[_i].err);
	ck_assert_str_eq(bus_end_manager(), "");
	bus_end();
}
END_TEST

/* Names of any length do no harm. */
START_TEST(long_names_are_refused)
{
	char name[300];

	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	bus_place(false);
	bus_check(support_text("start %s.scope - 1", name), 2,
		  support_text("not the name of a scope: '%s.scope'\n", name));
	bus_end();
}
END_TEST

static Suite *build(void)
{
	TCase *tcase;
	Suite *suite = unit_suite("scope/usage", &tcase);

	tcase_add_loop_test(tcase, misuse_is_refused_unasked, 0, UNIT_COUNT(misuses));
	tcase_add_test(tcase, long_names_are_refused);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
