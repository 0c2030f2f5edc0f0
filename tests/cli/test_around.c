/*
 * Contract of --setup, --started, --status-fd, --gc and what goes with them: a JSON line for the start and one for the end, so that a caller
 * can tell maproot's failures from the command's; what goes with nothing is refused; --dry-run names it all; what a
 * killed maproot has left goes with --gc, which says so.
 */
#include "cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* With a directory for records. */
static const struct cli_place *place(void)
{
	static const char *envp[6];
	static const struct cli_place here = { .envp = envp };
	const char *runtime = support_text("%s/run-%d", support_user()->home, (int)getpid());

	if (mkdir(runtime, 0700) == 0 && geteuid() == 0)
		ck_assert_int_eq(chown(runtime, support_user()->uid, support_user()->gid), 0);
	envp[0] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	envp[1] = "SHELL=/bin/sh";
	envp[2] = cli_expand(support_text("XDG_RUNTIME_DIR=%s", runtime));
	envp[3] = cli_expand(support_text("HOME=%s", support_user()->home));
	envp[4] = UNIT_SANITIZED ? "ASAN_OPTIONS=detect_leaks=0" : NULL;
	return &here;
}

/* Numbers of processes become "N". */
static void hide_pids(char *text)
{
	static const char key[] = "\"pid\":";

	for (char *at = text; (at = strstr(at, key)) != NULL;) {
		size_t digits = strspn(at += strlen(key), "0123456789");

		ck_assert_uint_gt(digits, 0);
		*at = 'N';
		memmove(at + 1, at + digits, strlen(at + digits) + 1);
	}
}

static const struct {
	struct cli_row row;
	int signal; /* by which it ends instead */
} statuses[] = {
	{ { { "--status-fd=1", "sh", "-c", "echo out; exit 3" }, "out\n{\"exit\":3}\n", "", 3 }, 0 },
	{ { { "--status-fd=1", "--name=a", "sh", "-c", "exit 125" }, "{\"exit\":125}\n", "", 125 }, 0 },
	{ { { "--status-fd=1", "--name=a", "sh", "-c", "kill -9 $$" }, "{\"signal\":9}\n", "", 0 }, SIGKILL },
	{ { { "--status-fd=1", "--pid", "sh", "-c", "exit 4" }, "{\"exit\":4}\n", "", 4 }, 0 },
	{ { { "--status-fd=1", "no-such" },
	    "{\"error\":{\"step\":\"find\",\"errno\":2,\"object\":\"no-such\",\"message\":\"cannot find 'no-such': No such "
	    "file or directory\"}}\n",
	    "maproot: cannot find 'no-such': No such file or directory\n",
	    127 },
	  0 },
	{ { { "--status-fd=1", "/etc/passwd" },
	    "{\"error\":{\"step\":\"exec\",\"errno\":13,\"object\":\"/etc/passwd\",\"message\":\"cannot execute "
	    "'/etc/passwd': Permission denied\"}}\n",
	    "maproot: cannot execute '/etc/passwd': Permission denied\n",
	    126 },
	  0 },
	{ { { "--status-fd=1", "--setup=echo 'a \"b\\'; exit 3", "true" },
	    "{\"error\":{\"step\":\"hook\",\"errno\":10,\"object\":\"setup hook failed: sh: a \\u0022b\\u005c (exit status "
	    "3)\",\"message\":\"the setup hook failed: sh: a \\u0022b\\u005c (exit status 3)\"}}\n",
	    "maproot: the setup hook failed: sh: a \"b\\ (exit status 3)\n",
	    125 },
	  0 },
	{ { { "--status-fd=1", "--started=kill -9 $$", "sleep", "1000" },
	    "{\"error\":{\"step\":\"hook\",\"errno\":10,\"object\":\"started hook failed: sh was killed by signal "
	    "9\",\"message\":\"the started hook failed: sh was killed by signal 9\"}}\n",
	    "maproot: the started hook failed: sh was killed by signal 9\n",
	    125 },
	  0 },
	{ { { "--status-fd=1", "--setup=sleep 1000", "--setup-timeout=1", "true" },
	    "{\"error\":{\"step\":\"hook\",\"errno\":10,\"object\":\"setup hook failed: sh took longer than 1000 "
	    "ms\",\"message\":\"the setup hook failed: sh took longer than 1000 ms\"}}\n",
	    "maproot: the setup hook failed: sh took longer than 1000 ms\n",
	    125 },
	  0 },
	{ { { "--status-fd=1", "--net=nonsense", "true" },
	    "{\"error\":{\"step\":\"request\",\"errno\":22,\"object\":\"the network 'nonsense' is none of none, loopback, host, "
	    "ns:REF, veth, slirp4netns, pasta\",\"message\":\"the network 'nonsense' is none of none, loopback, host, "
	    "ns:REF, veth, slirp4netns, pasta\"}}\n",
	    "maproot: the network 'nonsense' is none of none, loopback, host, ns:REF, veth, slirp4netns, pasta\n",
	    125 },
	  0 },
};

/* One line: exactly this, and then perhaps what explains it. */
static void check_failure(const struct cli_row *row, const struct support_result *result)
{
	static const char end[] = "}}\n";
	size_t length = strlen(row->out) - strlen(end);
	const char *rest = result->out + length;

	ck_assert_msg(strncmp(result->out, row->out, length) == 0, "%s\nis not\n%s", result->out, row->out);
	ck_assert_msg(strcmp(rest, end) == 0 || strncmp(rest, ",\"cause_id\":", 12) == 0, "%s", rest);
	ck_assert_str_eq(result->out + strlen(result->out) - strlen(end), end);
	ck_assert_ptr_eq(strchr(result->out, '\n'), result->out + strlen(result->out) - 1);
	ck_assert_msg(strncmp(result->err, row->err, strlen(row->err)) == 0, "%s\nis not\n%s", result->err, row->err);
}

/* The first line comes when the command executes, which may have said something by then. */
static void check_lines(const struct cli_row *row, const struct support_result *result)
{
	const char *line = strcmp(row->argv[1], "--name=a") == 0 ? "{\"id\":\"a\",\"pid\":N}\n" : "{\"pid\":N}\n";
	char *first = strstr(result->out, line);

	ck_assert_msg(first, "%s", result->out);
	memmove(first, first + strlen(line), strlen(first + strlen(line)) + 1);
	ck_assert_str_eq(result->out, row->out);
	support_leave_out_explanation(result->err);
	ck_assert_str_eq(result->err, row->err);
}

START_TEST(status_lines)
{
	const struct cli_row *row = &statuses[_i].row;
	struct support_result result;

	cli_run(row->argv, place(), &result);
	hide_pids(result.out);
	if (strncmp(row->out, "{\"error", 7) == 0)
		check_failure(row, &result);
	else
		check_lines(row, &result);
	ck_assert_int_eq(result.status, statuses[_i].signal ? statuses[_i].signal : row->status << 8);
	support_release(&result);
}
END_TEST

#define TRY "maproot: try 'maproot --help'\n"

static const struct cli_row refused[] = {
	{ { "--status-fd=77", "true" }, "", "maproot: option '--status-fd': '77' is not open for writing\n" TRY, 125 },
	{ { "--status-fd=0", "true" }, "", "maproot: option '--status-fd': '0' is not open for writing\n" TRY, 125 },
	{ { "--status-fd=x", "true" }, "", "maproot: option '--status-fd': 'x' is not a descriptor\n" TRY, 125 },
	{ { "--status-fd=-1", "true" }, "", "maproot: option '--status-fd': '-1' is not a descriptor\n" TRY, 125 },
	{ { "--setup-timeout=x", "--setup=:", "true" },
	  "",
	  "maproot: option '--setup-timeout': 'x' is not a number of seconds\n" TRY,
	  125 },
	{ { "--setup-timeout=3", "true" }, "", "maproot: --setup-timeout needs --setup\n" TRY, 125 },
	{ { "--cgroup=", "true" }, "", "maproot: option '--cgroup': '' is not a control group, auto or try\n" TRY, 125 },
	{ { "--cgroup-manager=fs", "true" }, "", "maproot: --cgroup-manager needs --cgroup=NAME or --limit\n" TRY, 125 },
	{ { "--cgroup-manager=x", "--cgroup=auto", "true" },
	  "",
	  "maproot: option '--cgroup-manager': 'x' is not auto, fs or systemd\n" TRY,
	  125 },
	{ { "--in-place", "--setup=:", "true" },
	  "",
	  "maproot: --in-place leaves nobody to take down what is around the command\n" TRY,
	  125 },
	{ { "--in-place", "--status-fd=1", "true" },
	  "",
	  "maproot: --in-place leaves nobody to take down what is around the command\n" TRY,
	  125 },
	{ { "--detach", "--setup=:", "true" }, "", "maproot: --detach needs --name: nobody would find it again\n" TRY, 125 },
	{ { "--gc", "true" },
	  "",
	  "maproot: there is no command to run with --list, *",
	  125 },
	{ { "--gc", "--list" }, "", "maproot: --list, *", 125 },
	{ { "--detach", "--name=d", "--setup=:" },
	  "",
	  "maproot: a holder has nothing around it: give a command, 'sleep infinity' say\n",
	  125 },
};

START_TEST(what_goes_with_nothing)
{
	cli_check(&refused[_i], place());
}
END_TEST

static const struct cli_row fine[] = {
	{ { "--setup=kill -0 $MAPROOT_PID", "--setup-timeout=0", "sh", "-c", "exit 2" }, "", "", 2 },
	{ { "--setup=echo said; echo said >&2", "--started=echo more", "echo", "out" }, "out\n", "", 0 },
	{ { "--gc" }, "", "", 0 },
};

START_TEST(what_goes)
{
	cli_check(&fine[_i], place());
}
END_TEST

START_TEST(dry_run_names_it)
{
	static const char *const argv[CLI_WORDS] = { "--dry-run", "--setup=echo $MAPROOT_PID", "--started=false",
						     "--status-fd=1", "--cgroup=auto", "--limit=pids.max=3",
						     "--net=loopback", "true" };
	static const char *const lines[] = { "network: loopback\n", "control group: after the id of the run\n",
					     "limit: pids.max=3\n", "setup hook: echo $MAPROOT_PID\nstarted hook: false\n",
					     "status: to descriptor 1\ncommand: true\n" };
	struct support_result result;

	cli_run(argv, place(), &result);
	for (size_t at = 0; at < UNIT_COUNT(lines); at++)
		ck_assert_msg(strstr(result.out, lines[at]), "no '%s' in\n%s", lines[at], result.out);
	ck_assert_str_eq(result.err, "");
	ck_assert_int_eq(result.status, 0);
	support_release(&result);
}
END_TEST

/* As a shell sees it: the foreground ends when the command runs, and who has the other end hears of its end. */
START_TEST(status_of_what_goes_to_the_background)
{
	const char *const argv[CLI_WORDS] = { "--detach", "--name=back", "--setup=:", "--status-fd=1", "sh", "-c", "exit 9" };
	struct support_result result;

	cli_run(argv, place(), &result);
	hide_pids(result.out);
	ck_assert_str_eq(result.err, "");
	ck_assert_str_eq(result.out, "{\"id\":\"back\",\"pid\":N}\n{\"exit\":9}\n");
	ck_assert_int_eq(result.status, 0);
	support_release(&result);
	ck_assert_uint_eq(support_wait_alone(2000), 0);
}
END_TEST

START_TEST(background_that_fails_is_said)
{
	const char *const argv[CLI_WORDS] = { "--detach", "--name=back", "--setup=echo no; exit 1", "true" };
	struct support_result result;

	cli_run(argv, place(), &result);
	ck_assert_ptr_eq(strstr(result.err, "maproot: the setup hook failed: sh: no (exit status 1)\n"), result.err);
	ck_assert_int_eq(result.status, 125 << 8);
	support_release(&result);
}
END_TEST

/* What --gc prints is the ids of runs that are gone now. */
START_TEST(killed_maproot_is_cleaned_up_after)
{
	const char *const words[] = { cli_maproot(), "--name=left", "--setup=:", "--status-fd=1", "sleep", "1000", NULL };
	const char *const taken[CLI_WORDS] = { "--name=left", "--setup=:", "true" };
	struct support_command command = { .argv = words, .path = cli_maproot(), .envp = place()->envp };
	const char *record = support_text("%s/run-%d/maproot/left", support_user()->home, (int)getpid());
	struct support_process process;
	struct support_result result;
	char byte;

	support_start(&command, &process);
	ck_assert_int_eq((int)read(process.out, &byte, 1), 1); /* it runs */
	ck_assert_int_eq(access(record, F_OK), 0);
	cli_run(taken, place(), &result);
	ck_assert_str_eq(result.out, "");
	ck_assert_int_eq(strncmp(result.err, "maproot: the name 'left' is taken\n", 34), 0);
	ck_assert_int_eq(result.status, 125 << 8);
	support_release(&result);
	ck_assert_int_eq(kill(process.pid, SIGKILL), 0);
	support_finish(&process, &result);
	support_release(&result);
	ck_assert_uint_eq(support_wait_alone(2000), 0);
	ck_assert_int_eq(access(record, F_OK), 0);
	cli_check(&(struct cli_row){ { "--gc" }, "left\n", "", 0 }, place());
	ck_assert_int_ne(access(record, F_OK), 0);
	cli_check(&(struct cli_row){ { "--gc" }, "", "", 0 }, place());
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("around", &tests);

	cli_set_up();
	tcase_add_loop_test(tests, status_lines, 0, UNIT_COUNT(statuses));
	tcase_add_loop_test(tests, what_goes_with_nothing, 0, UNIT_COUNT(refused));
	tcase_add_loop_test(tests, what_goes, 0, UNIT_COUNT(fine));
	tcase_add_test(tests, dry_run_names_it);
	tcase_add_test(tests, status_of_what_goes_to_the_background);
	tcase_add_test(tests, background_that_fails_is_said);
	tcase_add_test(tests, killed_maproot_is_cleaned_up_after);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
