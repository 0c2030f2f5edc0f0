/*
 * Contract of options_signal(): signals by number, by name in either case, with SIG or without, and RTMIN+N; nothing
 * else.
 */
#include "cli/options.h"
#include "unit.h"

#include <signal.h>
#include <string.h>

static const struct {
	const char *name;
	int signal;
} rows[] = {
	{ "1", 1 },
	{ "9", 9 },
	{ "64", 64 },
	{ "HUP", SIGHUP },
	{ "sighup", SIGHUP },
	{ "SIGKILL", SIGKILL },
	{ "Term", SIGTERM },
	{ "STKFLT", SIGSTKFLT },
	{ "SYS", SIGSYS },
	{ "WINCH", SIGWINCH },
	{ "IO", SIGIO },
	{ "RTMIN", 34 },
	{ "rtmin+0", 34 },
	{ "SIGRTMIN+1", 35 },
	{ "", -1 },
	{ "0", -1 },
	{ "65", -1 },
	{ "-1", -1 },
	{ "+1", -1 },
	{ " 1", -1 },
	{ "1 ", -1 },
	{ "99999999999999999999", -1 },
	{ "SIG", -1 },
	{ "SIG1", -1 },
	{ "SIGSIGHUP", -1 },
	{ "HUPP", -1 },
	{ "RTMIN+", -1 },
	{ "RTMIN+-1", -1 },
	{ "RTMIN+30", 64 },
	{ "RTMIN+31", -1 },
	{ "RTMIN+99999999999999999999", -1 },
};

START_TEST(names_are_signals)
{
	ck_assert_int_eq(options_signal(rows[_i].name), rows[_i].signal);
}
END_TEST

/* Every name that the C library has for a signal. */
START_TEST(all_of_the_c_library)
{
	const char *name = sigabbrev_np(_i);

	if (name)
		ck_assert_int_eq(options_signal(name), _i);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("cli/signal_name", &tc);

	tcase_add_loop_test(tc, names_are_signals, 0, UNIT_COUNT(rows));
	tcase_add_loop_test(tc, all_of_the_c_library, 1, 32);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
