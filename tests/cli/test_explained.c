/*
 * Contract of failures: after what failed stands why, where it can be established, and what to do about it; nothing of the kind
 * after a message that says it already. The same for programs, through --status-fd.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const struct cli_row explained[] = {
	{ { "nonesuch" },
	  "",
	  "maproot: cannot find 'nonesuch': No such file or directory\n"
	  "  cause: 'nonesuch' is in no directory of PATH\n"
	  "  try:   install it, or give its path\n",
	  127 },
	{ { "/no/such/command" },
	  "",
	  "maproot: cannot find '/no/such/command': No such file or directory\n"
	  "  cause: there is no '/no/such/command'\n"
	  "  try:   install it, or give another path\n",
	  127 },
	{ { "/etc/passwd" },
	  "",
	  "maproot: cannot execute '/etc/passwd': Permission denied\n"
	  "  cause: '/etc/passwd' has no permission to be executed by this user\n"
	  "  try:   chmod a+x '/etc/passwd'\n",
	  126 },
	{ { "--wd=/nonesuch", "true" },
	  "",
	  "maproot: cannot change directory to '/nonesuch': No such file or directory\n"
	  "  cause: there is no '/nonesuch'\n"
	  "  try:   make it, or name another\n",
	  125 },
	{ { "--setup=:", "nonesuch" },
	  "",
	  "maproot: cannot find 'nonesuch': No such file or directory\n"
	  "  cause: 'nonesuch' is in no directory of PATH\n"
	  "  try:   install it, or give its path\n",
	  127 },
	{ { "--mount-proc", "true" }, "", "maproot: mounting a new /proc needs a new pid namespace\n", 125 },
	{ { "--map-users=x", "true" }, "", "maproot: malformed id map 'x': want INNER:OUTER:COUNT\n", 125 },
	{ { "sh", "-c", "exit 3" }, "", "", 3 },
};

START_TEST(a_failure_is_explained)
{
	const struct cli_row *row = &explained[_i];
	struct support_result result;

	cli_run(row->argv, NULL, &result);
	ck_assert_str_eq(result.out, row->out);
	ck_assert_str_eq(result.err, row->err);
	ck_assert(WIFEXITED(result.status) && WEXITSTATUS(result.status) == row->status);
	support_release(&result);
}
END_TEST

START_TEST(programs_are_told_too)
{
	static const char *const argv[CLI_WORDS] = { "--status-fd=1", "nonesuch" };
	struct support_result result;

	cli_run(argv, NULL, &result);
	ck_assert_str_eq(result.out,
			 "{\"error\":{\"step\":\"find\",\"errno\":2,\"object\":\"nonesuch\",\"message\":\"cannot find "
			 "'nonesuch': No such file or directory\",\"cause_id\":\"command-missing\",\"cause\":\"'nonesuch' is "
			 "in no directory of PATH\",\"advice\":\"install it, or give its path\"}}\n");
	support_release(&result);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("cli/explained", &tc);

	cli_set_up();
	tcase_add_loop_test(tc, a_failure_is_explained, 0, UNIT_COUNT(explained));
	tcase_add_test(tc, programs_are_told_too);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
