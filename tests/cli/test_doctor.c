/*
 * Contract of --doctor: status 0 where the plain call works, else 1; columns and no escape sequence in a pipe,
 * colours on a terminal unless NO_COLOR is set; JSON with stable keys that a parser takes; a ready AppArmor profile
 * for the program's real path where AppArmor's restriction is what is in the way. It goes with no command and no
 * other question.
 */
#include "cli.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY "maproot: try 'maproot --help'\n"

static const struct cli_row refused[] = {
	{ { "--doctor", "true" },
	  "",
	  "maproot: there is no command to run with --list, --stop, --unpin, --gc or --doctor: 'true'\n" TRY,
	  125 },
	{ { "--doctor", "--list" },
	  "",
	  "maproot: --list, --stop, --unpin, --gc and --doctor exclude each other\n" TRY,
	  125 },
	{ { "--doctor=x" }, "", "maproot: option '--doctor=x' takes no argument\n" TRY, 125 },
	{ { "--json", "true" }, "", "maproot: --json needs --list or --doctor\n" TRY, 125 },
};

START_TEST(goes_alone)
{
	cli_check(&refused[_i], NULL);
}
END_TEST

static void no_namespaces_at_all(void *arg)
{
	const int flags = CLONE_NEWUSER | CLONE_FS;
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, flags),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLONE_NEWUSER, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { UNIT_COUNT(program), program };

	(void)arg;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0)
		support_die("cannot set a filter");
}

/* The kernel's switch, and a kernel that refuses as a security module does: what is wrong otherwise it says as ever. */
static void restricted_by_apparmor(void *arg)
{
	(void)arg;
	unit_private_mounts();
	if (mount("tmpfs", "/proc/sys/kernel", "tmpfs", 0, "mode=755") < 0)
		support_die("cannot cover /proc/sys/kernel");
	(void)unit_file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
	(void)unit_file("/proc/sys/kernel/overflowuid", "65534\n");
	(void)unit_file("/proc/sys/kernel/overflowgid", "65534\n");
}

static const struct cli_place anywhere;
static const struct cli_place without_namespaces = { .after = no_namespaces_at_all };
static const struct cli_place below_apparmor = { .before = restricted_by_apparmor, .after = no_namespaces_at_all };
static const char *const text[] = { "--doctor", NULL };
static const char *const json[] = { "--doctor", "--json", NULL };

static void check_status(const struct support_result *result, int status)
{
	/* AddressSanitizer talks where a child with a small stack ends. */
	if (!UNIT_SANITIZED)
		ck_assert_str_eq(result->err, "");
	ck_assert_msg(WIFEXITED(result->status) && WEXITSTATUS(result->status) == status, "status %x", result->status);
}

START_TEST(text_in_a_pipe)
{
	struct support_result result;
	char *line;

	cli_run(text, &anywhere, &result);
	check_status(&result, 0);
	ck_assert_ptr_null(strchr(result.out, '\033'));
	ck_assert_ptr_nonnull(strstr(result.out, "\n\nmaproot works here\n"));
	ck_assert_int_eq(strncmp(result.out, "ok        main-job            maproot runs a command", 50), 0);
	for (line = strtok(result.out, "\n"); line && strcmp(line, "maproot works here") != 0;
	     line = strtok(NULL, "\n")) {
		bool detail = strspn(line, " ") == 30;
		bool finding = strncmp(line, "ok        ", 10) == 0 || strncmp(line, "degraded  ", 10) == 0 ||
			       strncmp(line, "no        ", 10) == 0;

		ck_assert_msg(strlen(line) > 30 && line[29] == ' ' && line[30] != ' ' && detail != finding, "%s", line);
	}
	ck_assert_ptr_nonnull(line);
	support_release(&result);
}
END_TEST

START_TEST(does_not_work)
{
	struct support_result result;

	cli_run(text, &without_namespaces, &result);
	check_status(&result, 1);
	ck_assert_ptr_nonnull(strstr(result.out, "\nmaproot does not work here\n"));
	ck_assert_ptr_nonnull(strstr(
		result.out, "no        user-namespace      cannot create namespaces (mnt user): Permission denied\n"
			    "                              cause: "));
	ck_assert_ptr_null(strstr(result.out, "profile maproot"));
	support_release(&result);
}
END_TEST

START_TEST(profile_is_ready)
{
	struct support_result result;
	const char *profile =
		support_text("\n\nabi <abi/4.0>,\ninclude <tunables/global>\n\nprofile maproot \"%s\" "
			     "flags=(unconfined) {\n  userns,\n\n  include if exists <local/maproot>\n}\n\n"
			     "maproot does not work here\n",
			     cli_maproot());

	cli_run(text, &below_apparmor, &result);
	check_status(&result, 1);
	ck_assert_msg(strstr(result.out, profile) != NULL, "%s", result.out);
	support_release(&result);
}
END_TEST

/* What a consumer relies on. */
static const char check_json[] =
	"import json,sys\n"
	"report = json.load(sys.stdin)\n"
	"assert list(report) == ['version', 'findings', 'apparmor_profile', 'usable'], list(report)\n"
	"assert report['version'] == 1\n"
	"keys = ['id', 'state', 'text', 'cause_id', 'cause', 'remedy', 'who']\n"
	"for finding in report['findings']:\n"
	"    assert list(finding) == keys, finding\n"
	"    assert all(isinstance(value, str) for value in finding.values()), finding\n"
	"    assert finding['state'] in ('ok', 'degraded', 'no'), finding\n"
	"    assert finding['who'] in ('nobody', 'caller', 'root', 'host', 'administrator'), finding\n"
	"    assert (finding['state'] == 'ok') == (finding['cause'] == ''), finding\n"
	"    assert (finding['cause'] == '') == (finding['cause_id'] == ''), finding\n"
	"names = [finding['id'] for finding in report['findings']]\n"
	"assert len(names) == len(set(names)) == 37, names\n"
	"assert (report['findings'][0]['state'] == 'ok') == report['usable']\n"
	"profile = report['apparmor_profile']\n"
	"print(report['usable'], 'profile' if profile else profile, len(names))\n";

static void check_parsed(const struct cli_place *place, int status, const char *want)
{
	struct support_result result;
	struct support_result parsed;
	const char *file;
	const char *const through[] = { "sh", "-c", "exec python3 -c \"$1\" <\"$2\"", "sh", check_json, NULL, NULL };
	const char *argv[UNIT_COUNT(through)];
	const struct support_command command = { .argv = argv };

	cli_run(json, place, &result);
	check_status(&result, status);
	ck_assert_ptr_null(strchr(result.out, '\033'));
	file = unit_file(support_text("%s/report-%d", support_directory(), (int)getpid()), result.out);
	memcpy(argv, through, sizeof(argv));
	argv[5] = file;
	support_run(&command, &parsed);
	ck_assert_str_eq(parsed.err, "");
	ck_assert_str_eq(parsed.out, want);
	support_release(&parsed);
	support_release(&result);
}

START_TEST(json_is_stable)
{
	check_parsed(&anywhere, 0, "True None 37\n");
	check_parsed(&without_namespaces, 1, "False None 37\n");
	check_parsed(&below_apparmor, 1, "False profile 37\n");
}
END_TEST

static const struct {
	const char *const environment[4];
	const char *start;
} terminals[] = {
	{ { "PATH=/usr/bin:/bin", "TERM=xterm", NULL }, "\033[32mok\033[0m        main-job" },
	{ { "PATH=/usr/bin:/bin", "TERM=xterm", "NO_COLOR=1", NULL }, "ok        main-job" },
	{ { "PATH=/usr/bin:/bin", "TERM=xterm", "NO_COLOR=", NULL }, "\033[32mok\033[0m        main-job" },
	{ { "PATH=/usr/bin:/bin", "TERM=dumb", NULL }, "ok        main-job" },
	{ { "PATH=/usr/bin:/bin", NULL }, "ok        main-job" },
};

START_TEST(colours_on_a_terminal)
{
	const char *argv[] = { cli_maproot(), "--doctor", NULL };
	struct support_command command = { .argv = argv, .envp = terminals[_i].environment };
	struct support_pty pty;
	int status;

	support_pty_start(&pty, &command);
	ck_assert(support_pty_expect(&pty, "maproot works here", 20000));
	ck_assert(support_wait(pty.process.pid, 20000, &status));
	ck_assert_msg(strncmp(pty.text, terminals[_i].start, strlen(terminals[_i].start)) == 0, "%.60s", pty.text);
	support_pty_done(&pty);
}
END_TEST

START_TEST(full_disk)
{
	const char *argv[] = { "sh", "-c", "exec \"$0\" --doctor >/dev/full", cli_maproot(), NULL };
	const struct support_command command = { .argv = argv };
	struct support_result result;

	support_run(&command, &result);
	ck_assert_int_eq(WEXITSTATUS(result.status), 125);
	ck_assert_ptr_nonnull(strstr(result.err, "maproot: cannot write to standard output\n"));
	support_release(&result);
}
END_TEST

Suite *build(void);

Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("doctor", &tests);

	cli_set_up();
	tcase_add_loop_test(tests, goes_alone, 0, (int)UNIT_COUNT(refused));
	tcase_add_test(tests, text_in_a_pipe);
	tcase_add_test(tests, does_not_work);
	tcase_add_test(tests, profile_is_ready);
	tcase_add_test(tests, json_is_stable);
	tcase_add_loop_test(tests, colours_on_a_terminal, 0, (int)UNIT_COUNT(terminals));
	tcase_add_test(tests, full_disk);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
