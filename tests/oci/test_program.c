/*
 * Contract of maproot-oci's command line: rows of arguments, and exactly what comes out; what can't be honoured is listed
 * whole and nothing starts; the status is that of the command, or 125, 126, 127.
 */
#include "bundle.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_plain(const char *const *arguments, struct support_result *ret_result)
{
	const char *argv[8] = { bundle_program() };
	struct support_command command = { .argv = argv };

	for (size_t at = 0; arguments[at]; at++)
		argv[at + 1] = arguments[at];
	support_run(&command, ret_result);
}

static const struct {
	const char *argv[5];
	int status;
	const char *out;
	const char *err;
} rows[] = {
	{ { "--version" }, 0, "maproot-oci " MAPROOT_VERSION "\n", "" },
	{ { "-V" }, 0, "maproot-oci " MAPROOT_VERSION "\n", "" },
	{ { "--nothing" }, 125, "", "maproot-oci: unknown or ambiguous option '--nothing'\nmaproot-oci: try 'maproot-oci --help'\n" },
	{ { "-x" }, 125, "", "maproot-oci: unknown or ambiguous option '-x'\nmaproot-oci: try 'maproot-oci --help'\n" },
	{ { "--bundle" }, 125, "", "maproot-oci: option '--bundle' needs an argument\nmaproot-oci: try 'maproot-oci --help'\n" },
	{ { "--verbose=1" }, 125, "", "maproot-oci: option '--verbose=1' takes no argument\nmaproot-oci: try 'maproot-oci --help'\n" },
	{ { "--cgroup-manager=x" }, 125, "", "maproot-oci: option '--cgroup-manager': 'x' is not auto, fs or systemd\nmaproot-oci: try 'maproot-oci --help'\n" },
	{ { "--state=x", "true" }, 125, "", "maproot-oci: there is no command to run with --state: 'true'\nmaproot-oci: try 'maproot-oci --help'\n" },
	{ { "--state=no-such-run" }, 125, "", "maproot-oci: the name 'no-such-run' is nobody's\n" },
	{ { "--bundle=/no/such" }, 125, "", "maproot-oci: cannot open '/no/such': No such file or directory\n" },
	{ { "--bundle=/proc", "--ignore=x" }, 125, "", "maproot-oci: cannot open '/proc/config.json': No such file or directory\n" },
};

START_TEST(says_exactly)
{
	struct support_result result;

	run_plain(rows[_i].argv, &result);
	ck_assert_str_eq(result.out, rows[_i].out);
	ck_assert_str_eq(result.err, rows[_i].err);
	ck_assert_int_eq(WEXITSTATUS(result.status), rows[_i].status);
	support_release(&result);
}
END_TEST

START_TEST(help_and_manual_name_every_option)
{
	static const char *const options[] = { "--bundle=DIR", "--id=ID", "--ignore=FIELD", "--cgroup-manager=auto|fs|systemd",
					       "--no-cgroup", "--state=ID", "--dry-run", "--verbose", "--version", "--help" };
	char *manual = support_read(MANUAL_PATH, NULL);
	struct support_result result;
	size_t count = 0;

	for (const char *at = manual; (at = strstr(at, "\n.It Fl ")) != NULL; at++)
		count++;
	ck_assert_uint_eq(count, UNIT_COUNT(options));

	run_plain((const char *[]){ "--help", NULL }, &result);
	ck_assert_int_eq(result.status, 0);
	for (size_t at = 0; at < UNIT_COUNT(options); at++)
		ck_assert_msg(strstr(result.out, options[at]), "%s", options[at]);
	count = 0;
	for (const char *at = result.out; (at = strstr(at, " --")) != NULL; at++) {
		const char *name = support_text(" %.*s", (int)strcspn(at + 2, "= \n"), at + 2);

		ck_assert_msg(strstr(manual, support_text("Fl%s", name)) || strstr(manual, support_text(",%s", name)), "%s", name);
		count++;
	}
	ck_assert_uint_ge(count, UNIT_COUNT(options));
	free(manual);
	support_release(&result);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	const char *argv[] = { "sh", "-c", support_text("exec %s --help >/dev/full", bundle_program()), NULL };
	const struct support_command command = { .argv = argv };
	struct support_result result;

	support_run(&command, &result);
	ck_assert_int_eq(WEXITSTATUS(result.status), 125);
	ck_assert_str_eq(result.err, "maproot-oci: cannot write to standard output\n");
	support_release(&result);
}
END_TEST

#define EXAMPLE_IGNORED                                                                              \
	"--ignore=hooks", "--ignore=process.apparmorProfile", "--ignore=process.selinuxLabel",       \
		"--ignore=process.ioPriority", "--ignore=linux.devices", "--ignore=linux.resources", \
		"--ignore=linux.cgroupsPath", "--ignore=linux.seccomp", "--ignore=linux.mountLabel"

START_TEST(everything_is_listed_and_nothing_starts)
{
	static const char *const found[] = {
		"process.apparmorProfile: not supported: labels are not set (--ignore=process.apparmorProfile)",
		"process.selinuxLabel: ",
		"process.ioPriority: ",
		"hooks.prestart: ",
		"hooks.poststart: ",
		"hooks.poststop: ",
		"linux.devices: ",
		"linux.resources.network: ",
		"linux.resources.memory.swappiness: ",
		"linux.resources.cpu.realtimeRuntime: ",
		"linux.resources.cpu.realtimePeriod: ",
		"linux.resources.devices: ",
		"linux.resources.blockIO: ",
		"linux.seccomp: ",
		"linux.mountLabel: ",
	};
	const char *bundle = bundle_make("complete.json", NULL);
	struct support_result result;
	size_t lines = 0;

	bundle_run(bundle, geteuid() == 0, (const char *[]){ "--", "echo", "started", NULL }, &result);
	ck_assert_int_eq(WEXITSTATUS(result.status), 125);
	ck_assert_str_eq(result.out, "");
	for (size_t at = 0; at < UNIT_COUNT(found); at++)
		ck_assert_msg(strstr(result.err, support_text("maproot-oci: config.json: %s", found[at])), "%s", found[at]);
	for (const char *at = result.err; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	ck_assert_uint_eq(lines, UNIT_COUNT(found) + 1);
	ck_assert_ptr_nonnull(strstr(result.err, "maproot-oci: nothing was started\n"));
	support_release(&result);
}
END_TEST

/* All but one field ignored: that one is enough. */
START_TEST(one_is_enough_to_refuse)
{
	static const char *const all[] = { EXAMPLE_IGNORED };
	const char *bundle = bundle_make("complete.json", NULL);
	const char *arguments[UNIT_COUNT(all) + 4] = { NULL };
	struct support_result result;
	size_t count = 0;

	if (strcmp(all[_i], "--ignore=linux.cgroupsPath") == 0)
		return; /* that one can be honoured */
	for (size_t at = 0; at < UNIT_COUNT(all); at++) {
		if (at != (size_t)_i)
			arguments[count++] = all[at];
	}
	arguments[count++] = "echo";
	arguments[count] = "started";
	bundle_run(bundle, geteuid() == 0, arguments, &result);
	ck_assert_int_eq(WEXITSTATUS(result.status), 125);
	ck_assert_str_eq(result.out, "");
	ck_assert_ptr_nonnull(strstr(result.err, all[_i] + strlen("--ignore=")));
	support_release(&result);
}
END_TEST

static const struct {
	const char *words[4];
	int status; /* as waitpid(2) */
	const char *err;
} ends[] = {
	{ { "true" }, 0, "" },
	{ { "sh", "-c", "exit 7" }, 7 << 8, "" },
	{ { "sh", "-c", "exit 124" }, 124 << 8, "" },
	{ { "nosuch" }, 127 << 8, "maproot-oci: cannot find 'nosuch': No such file or directory\n" },
	{ { "/etc" }, 126 << 8, "maproot-oci: cannot execute '/etc': Is a directory\n" },
	{ { "sh", "-c", "kill -9 $$" }, SIGKILL, "" },
	{ { "sh", "-c", "kill -15 $$" }, SIGTERM, "" },
};

START_TEST(ends_as_the_command)
{
	const char *bundle = bundle_make(NULL, "{'linux': {'namespaces': [{'type': 'user'}, {'type': 'mount'}]}}");
	const char *arguments[8] = { "--", ends[_i].words[0], ends[_i].words[1], ends[_i].words[2] };
	struct support_result result;

	bundle_run(bundle, false, arguments, &result);
	support_leave_out_explanation(result.err);
	ck_assert_str_eq(result.err, ends[_i].err);
	ck_assert_int_eq(result.status, ends[_i].status);
	support_release(&result);
}
END_TEST

START_TEST(dry_run_tells_and_does_nothing)
{
	const char *bundle = bundle_make(NULL, "{'zzz': 1, 'linux': {'namespaces': [{'type': 'user'}, {'type': 'mount'}]}}");
	struct support_result result;

	bundle_run(bundle, false, (const char *[]){ "--dry-run", "--", "touch", "/tmp/done", NULL }, &result);
	ck_assert_int_eq(result.status, 0);
	ck_assert_str_eq(result.err, "");
	ck_assert_ptr_nonnull(strstr(result.out, "new namespaces: mnt user\n"));
	ck_assert_ptr_nonnull(strstr(result.out, "note: zzz: unknown property, ignored\n"));
	ck_assert_ptr_nonnull(strstr(result.out, "command: touch /tmp/done\n"));
	ck_assert_int_ne(access(support_text("%s/rootfs/tmp/done", bundle), F_OK), 0);
	support_release(&result);
	/* As it would be refused, so here. */
	bundle = bundle_make(NULL, "{'linux': {'seccomp': {'a': 1}, 'namespaces': [{'type': 'user'}]}}");
	bundle_run(bundle, false, (const char *[]){ "--dry-run", NULL }, &result);
	ck_assert_int_eq(WEXITSTATUS(result.status), 125);
	ck_assert_str_eq(result.out, "");
	support_release(&result);
}
END_TEST

/* Only with -v, and only on stderr. */
START_TEST(notes_are_said_when_asked_for)
{
	const char *bundle = bundle_make(NULL, "{'a\\u001bb': 1, 'linux': {'namespaces': [{'type': 'user'}, {'type': 'mount'}]}}");
	struct support_result result;

	bundle_run(bundle, false, (const char *[]){ "echo", "x", NULL }, &result);
	ck_assert_str_eq(result.err, "");
	ck_assert_str_eq(result.out, "x\n");
	support_release(&result);
	bundle_run(bundle, false, (const char *[]){ "-v", "echo", "x", NULL }, &result);
	ck_assert_str_eq(result.err, "maproot-oci: config.json: a?b: unknown property, ignored\n");
	ck_assert_str_eq(result.out, "x\n");
	support_release(&result);
}
END_TEST

START_TEST(wrong_configuration_is_said)
{
	const char *bundle = bundle_make(NULL, "{'process': {'rlimits': [{'type': 'RLIMIT_FOO', 'soft': 1, 'hard': 1}]}}");
	struct support_result result;

	bundle_run(bundle, false, (const char *[]){ NULL }, &result);
	ck_assert_str_eq(result.err, "maproot-oci: config.json: process.rlimits[0].type: unknown limit 'RLIMIT_FOO'\n");
	ck_assert_int_eq(WEXITSTATUS(result.status), 125);
	support_release(&result);
	bundle_run(bundle, false, (const char *[]){ "--ignore=process.rlimit", NULL }, &result);
	ck_assert_str_eq(result.err, "maproot-oci: no field 'process.rlimit' to ignore in the specification\n");
	ck_assert_int_eq(WEXITSTATUS(result.status), 125);
	support_release(&result);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("oci/program", &tc);

	tcase_add_loop_test(tc, says_exactly, 0, UNIT_COUNT(rows));
	tcase_add_test(tc, help_and_manual_name_every_option);
	tcase_add_test(tc, a_full_disk_is_an_error);
	tcase_add_test(tc, everything_is_listed_and_nothing_starts);
	tcase_add_loop_test(tc, one_is_enough_to_refuse, 0, 9);
	tcase_add_loop_test(tc, ends_as_the_command, 0, UNIT_COUNT(ends));
	tcase_add_test(tc, dry_run_tells_and_does_nothing);
	tcase_add_test(tc, notes_are_said_when_asked_for);
	tcase_add_test(tc, wrong_configuration_is_said);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
