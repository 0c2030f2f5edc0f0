/*
 * Contract of the command line as such: what is wrong with it is said, naming the word, with status 125, and nothing is
 * run; --help names every option, --version the version, --dry-run what would be done; options end where the command
 * begins. What each option does is tests/cli/test_effects.c's.
 */
#include "cli.h"
#include "cli/options.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY "maproot: try 'maproot --help'\n"

static const struct cli_row wrong[] = {
	{ { "--nonesuch", "true" },
	  "",
	  "maproot: unknown or ambiguous option '--nonesuch'\n" TRY,
	  125 },
	{ { "-x", "true" }, "", "maproot: unknown or ambiguous option '-x'\n" TRY, 125 },
	{ { "-rx", "true" }, "", "maproot: unknown or ambiguous option '-x'\n" TRY, 125 },
	{ { "-", "true" }, "", "maproot: cannot find '-': No such file or directory\n", 127 },
	{ { "--map", "true" }, "", "maproot: unknown or ambiguous option '--map'\n" TRY, 125 },
	{ { "--nonesuch=1", "true" },
	  "",
	  "maproot: unknown or ambiguous option '--nonesuch=1'\n" TRY,
	  125 },
	{ { "--map-users" }, "", "maproot: option '--map-users' needs an argument\n" TRY, 125 },
	{ { "--hostname" }, "", "maproot: option '--hostname' needs an argument\n" TRY, 125 },
	{ { "-w" }, "", "maproot: option '-w' needs an argument\n" TRY, 125 },
	{ { "-R" }, "", "maproot: option '-R' needs an argument\n" TRY, 125 },
	{ { "-nR" }, "", "maproot: option '-R' needs an argument\n" TRY, 125 },
	{ { "--always=yes", "true" },
	  "",
	  "maproot: option '--always=yes' takes no argument\n" TRY,
	  125 },
	{ { "--pid=1", "true" }, "", "maproot: option '--pid=1' takes no argument\n" TRY, 125 },
	{ { "--map-users", "0:1", "true" },
	  "",
	  "maproot: malformed id map '0:1': want INNER:OUTER:COUNT\n",
	  125 },
	{ { "--map-users=", "true" },
	  "",
	  "maproot: malformed id map '': want INNER:OUTER:COUNT\n",
	  125 },
	{ { "--map-users=0:1:1x", "true" },
	  "",
	  "maproot: malformed id map '0:1:1x': want INNER:OUTER:COUNT\n",
	  125 },
	{ { "--map-groups=a:b:c", "true" },
	  "",
	  "maproot: malformed id map 'a:b:c': want INNER:OUTER:COUNT\n",
	  125 },
	{ { "--map-groups=0:0:4294967296", "true" },
	  "",
	  "maproot: malformed id map '0:0:4294967296': ids and counts end at 4294967295\n",
	  125 },
	{ { "--map-users=0:1:0", "true" },
	  "",
	  "maproot: invalid id map: 0:1:0: the count is 0\n",
	  125 },
	{ { "--map-users=1:4294967290:6", "true" },
	  "",
	  "maproot: invalid id map: 1:4294967290:6: passes the highest id, 4294967294\n",
	  125 },
	{ { "--map-users=0:1:5", "--map-users=4:9:1", "true" },
	  "",
	  "maproot: invalid id map: 4:9:1: inner ids are mapped already\n",
	  125 },
	{ { "--map-groups=0:1:5", "--map-groups=7:5:1", "true" },
	  "",
	  "maproot: invalid id map: 7:5:1: outer ids are mapped already\n",
	  125 },
	{ { "--map-user=nobody-of-this-name", "true" },
	  "",
	  "maproot: option '--map-user': 'nobody-of-this-name' is not a user\n" TRY,
	  125 },
	{ { "--map-user=", "true" },
	  "",
	  "maproot: option '--map-user': '' is not a user\n" TRY,
	  125 },
	{ { "--map-user=-1", "true" },
	  "",
	  "maproot: option '--map-user': '-1' is not a user\n" TRY,
	  125 },
	{ { "--map-user=4294967295", "true" },
	  "",
	  "maproot: option '--map-user': '4294967295' is not a user\n" TRY,
	  125 },
	{ { "--map-user= 5", "true" },
	  "",
	  "maproot: option '--map-user': ' 5' is not a user\n" TRY,
	  125 },
	{ { "--map-user=5x", "true" },
	  "",
	  "maproot: option '--map-user': '5x' is not a user\n" TRY,
	  125 },
	{ { "--map-group=nobody-of-this-name", "true" },
	  "",
	  "maproot: option '--map-group': 'nobody-of-this-name' is not a group\n" TRY,
	  125 },
	{ { "--map-group=99999999999999999999", "true" },
	  "",
	  "maproot: option '--map-group': '99999999999999999999' is not a group\n" TRY,
	  125 },
	{ { "--setgroups=maybe", "true" },
	  "",
	  "maproot: option '--setgroups': 'maybe' is not allow or deny\n" TRY,
	  125 },
	{ { "--groups=all", "true" },
	  "",
	  "maproot: option '--groups': 'all' is not keep or drop\n" TRY,
	  125 },
	{ { "--propagation=rslave", "true" },
	  "",
	  "maproot: option '--propagation': 'rslave' is not slave, private, shared or "
	  "unchanged\n" TRY,
	  125 },
	{ { "--propagation=", "true" },
	  "",
	  "maproot: option '--propagation': '' is not slave, private, shared or unchanged\n" TRY,
	  125 },
	{ { "--monotonic=soon", "true" },
	  "",
	  "maproot: option '--monotonic': 'soon' is not a number of seconds\n" TRY,
	  125 },
	{ { "--monotonic=1.5", "true" },
	  "",
	  "maproot: option '--monotonic': '1.5' is not a number of seconds\n" TRY,
	  125 },
	{ { "--boottime=", "true" },
	  "",
	  "maproot: option '--boottime': '' is not a number of seconds\n" TRY,
	  125 },
	{ { "--boottime=9223372037", "true" },
	  "",
	  "maproot: option '--boottime': '9223372037' is not a number of seconds\n" TRY,
	  125 },
	{ { "--kill-child=NONE", "true" },
	  "",
	  "maproot: option '--kill-child': 'NONE' is not a signal\n" TRY,
	  125 },
	{ { "--kill-child=0", "true" },
	  "",
	  "maproot: option '--kill-child': '0' is not a signal\n" TRY,
	  125 },
	{ { "--kill-child=65", "true" },
	  "",
	  "maproot: option '--kill-child': '65' is not a signal\n" TRY,
	  125 },
	{ { "--kill-child=", "true" },
	  "",
	  "maproot: option '--kill-child': '' is not a signal\n" TRY,
	  125 },
	{ { "--preserve-fds=x", "true" },
	  "",
	  "maproot: option '--preserve-fds': 'x' is not a number of descriptors\n" TRY,
	  125 },
	{ { "--preserve-fds=-1", "true" },
	  "",
	  "maproot: option '--preserve-fds': '-1' is not a number of descriptors\n" TRY,
	  125 },
	{ { "--bind=/a:/b:rw", "true" },
	  "",
	  "maproot: option '--bind': '/a:/b:rw' is not SRC[:DST[:ro]]\n" TRY,
	  125 },
	{ { "--bind=/a:/b:ro:x", "true" },
	  "",
	  "maproot: option '--bind': '/a:/b:ro:x' is not SRC[:DST[:ro]]\n" TRY,
	  125 },
	{ { "--bind=", "true" }, "", "maproot: mount point '' is not an absolute path\n", 125 },
	{ { "--bind=:/b", "true" }, "", "maproot: a bind mount needs a source\n", 125 },
	{ { "--bind=/a:", "true" }, "", "maproot: mount point '' is not an absolute path\n", 125 },
	{ { "--bind=/a:b", "true" },
	  "",
	  "maproot: mount point 'b' is not an absolute path\n",
	  125 },
	{ { "--tmpfs=x", "true" }, "", "maproot: mount point 'x' is not an absolute path\n", 125 },
	{ { "--tmpfs=", "true" }, "", "maproot: mount point '' is not an absolute path\n", 125 },
	{ { "--mount-proc", "true" },
	  "",
	  "maproot: mounting a new /proc needs a new pid namespace\n",
	  125 },
	{ { "--mount-proc=x", "-p", "true" },
	  "",
	  "maproot: mount point 'x' is not an absolute path\n",
	  125 },
	{ { "--root=", "true" }, "", "maproot: option '--root': '' is not a directory\n" TRY, 125 },
	{ { "-w", "", "true" }, "", "maproot: option '--wd': '' is not a directory\n" TRY, 125 },
	{ { "--in-place", "-p", "true" },
	  "",
	  "maproot: in place is impossible with a new pid namespace: only children enter it\n",
	  125 },
	{ { "--in-place", "-T", "true" },
	  "",
	  "maproot: in place is impossible with a new time namespace: only children enter it\n",
	  125 },
	{ { "--in-place", "--all", "true" },
	  "",
	  "maproot: in place is impossible with a new pid namespace: only children enter it\n",
	  125 },
	{ { "--in-place", "-f", "true" },
	  "",
	  "maproot: in place and in a child exclude each other\n",
	  125 },
	{ { "--in-place", "--kill-child", "true" },
	  "",
	  "maproot: in place and in a child exclude each other\n",
	  125 },
	{ { "--setgroups=allow", "true" },
	  "",
	  "maproot: setgroups can't be allowed with a map of the own group alone: the kernel wants "
	  "it denied (use subordinate ids)\n",
	  125 },
	{ { "--groups=drop", "true" },
	  "",
	  "maproot: supplementary groups can't be dropped with a map of the own group alone: "
	  "setgroups is denied there (use subordinate ids)\n",
	  125 },
	{ { "--groups=drop", "--map-auto", "--setgroups=deny", "true" },
	  "",
	  "maproot: supplementary groups can't be dropped where setgroups is denied\n",
	  125 },
	{ { "--map-users=5:{sub0}:1", "true" },
	  "",
	  "maproot: invalid id map: the user map has neither inner id 0 nor the own user, nobody "
	  "could run the command\n",
	  125 },
	{ { "--map-user=0", "--map-users=0:{sub0}:1", "true" },
	  "",
	  "maproot: invalid id map: 0:{uid}:1: inner ids are mapped already\n",
	  125 },
	/* the same refusals without carrying anything out */
	{ { "--dry-run", "--in-place", "-p", "true" },
	  "",
	  "maproot: in place is impossible with a new pid namespace: only children enter it\n",
	  125 },
	/* the first of several */
	{ { "--tmpfs=x", "--nonesuch", "true" },
	  "",
	  "maproot: unknown or ambiguous option '--nonesuch'\n" TRY,
	  125 },
};

START_TEST(what_is_wrong_is_said)
{
	cli_check(&wrong[_i], NULL);
}
END_TEST

START_TEST(what_is_wrong_is_said_to_root)
{
	const struct cli_place root = { .as_root = true };

	/* Whoever is root may allow setgroups, and have no users but some of his. */
	if (strstr(wrong[_i].err, "setgroups") || strstr(wrong[_i].err, "supplementary") ||
	    strstr(wrong[_i].err, "{uid}"))
		return;
	cli_check(&wrong[_i], &root);
}
END_TEST

static const struct cli_row right[] = {
	{ { "echo", "a" }, "a\n", "", 0 },
	{ { "--", "echo", "a" }, "a\n", "", 0 },
	{ { "-r", "--", "echo", "--", "-x" }, "-- -x\n", "", 0 },
	{ { "echo", "-n", "--help" }, "--help", "", 0 },
	{ { "sh", "-c", "echo \"$0\" \"$@\"", "zero", "-r", "", "a b" }, "zero -r  a b\n", "", 0 },
	{ { "-ru", "-n", "echo", "a" }, "a\n", "", 0 },
	{ { "--host=x", "cat", "/proc/sys/kernel/hostname" }, "x\n", "", 0 },
	{ { "--hostname", "x", "cat", "/proc/sys/kernel/hostname" }, "x\n", "", 0 },
	{ { "-w/usr", "pwd" }, "/usr\n", "", 0 },
	{ { "-w", "/usr", "pwd" }, "/usr\n", "", 0 },
	{ { "-V" }, "maproot " MAPROOT_VERSION "\n", "", 0 },
	{ { "--version", "--bind=x:y", "ignored" }, "maproot " MAPROOT_VERSION "\n", "", 0 },
	{ { "-v", "true" }, "", "maproot: new namespaces: mnt user; executing 'true'\n", 0 },
	{ { "-v", "-u", "-n", "true" },
	  "",
	  "maproot: new namespaces: mnt net user uts; executing 'true'\n",
	  0 },
	{ { "--verbose", "--in-place", "true" },
	  "",
	  "maproot: new namespaces: mnt user; executing 'true'\n",
	  0 },
	{ { "-v", "sh", "-c", "exit 3" },
	  "",
	  "maproot: new namespaces: mnt user; executing 'sh'\n",
	  3 },
};

START_TEST(what_is_right_is_done)
{
	cli_check(&right[_i], NULL);
}
END_TEST

static const char plain_plan[] =
	"new namespaces: mnt user\n"
	"uid map: 0 {uid} 1\n"
	"gid map: 0 {gid} 1\n"
	"maps written by: the new process itself\n"
	"setgroups: deny\n"
	"runs as: user 0, group 0, supplementary groups kept\n"
	"process: a child; signals and status pass through; gets signal 9 if this process dies\n"
	"propagation: slave\n"
	"command: echo a b\n";

static const struct cli_row dry_runs[] = {
	{ { "--dry-run", "echo", "a", "b" }, plain_plan, "", 0 },
	{ { "--dry-run", "-r", "--", "echo", "a", "b" }, plain_plan, "", 0 },
	{ { "--dry-run" },
	  "new namespaces: mnt user\nuid map: 0 {uid} 1\ngid map: 0 {gid} 1\nmaps written by: the "
	  "new process itself\nsetgroups: deny\nruns as: user 0, group 0, supplementary groups "
	  "kept\nprocess: a child; signals and status pass through; gets signal 9 if this process "
	  "dies\npropagation: slave\ncommand: /bin/sh\n",
	  "",
	  0 },
	{ { "--dry-run", "--in-place", "-c", "nonesuch" },
	  "new namespaces: mnt user\nuid map: {uid} {uid} 1\ngid map: {gid} {gid} 1\nmaps written "
	  "by: the new process itself\nsetgroups: deny\nruns as: user {uid}, group {gid}, "
	  "supplementary groups kept, capabilities kept over exec\nprocess: this one, with "
	  "unshare\npropagation: slave\ncommand: nonesuch\n",
	  "",
	  0 },
	{ { "--dry-run", "--map-auto", "--groups=drop", "--close-fds", "-w/", "x" },
	  "new namespaces: mnt user\nuid map: 0 {uid} 1\nuid map: 1 {sub0} 65536\nuid map: 65537 "
	  "{sub1} 65536\n"
	  "gid map: 0 {gid} 1\ngid map: 1 {sub0} 65536\ngid map: 65537 {sub1} 65536\n"
	  "maps written by: newuidmap and newgidmap\nsetgroups: allow\n"
	  "runs as: user 0, group 0, no supplementary groups\n"
	  "process: a child; signals and status pass through; gets signal 9 if this process dies\n"
	  "propagation: slave\ndirectory: /\ndescriptors: closed from 3 up\ncommand: x\n",
	  "",
	  0 },
	{ { "--dry-run", "--root=/srv/root", "--bind=/a:/b:ro", "--tmpfs=/t", "-p", "--mount-proc",
	    "--hostname=h", "-n", "--boottime=5", "--kill-child=TERM", "--propagation=private",
	    "x" },
	  "new namespaces: mnt net pid time user uts\nuid map: 0 {uid} 1\ngid map: 0 {gid} 1\n"
	  "maps written by: the new process itself\nsetgroups: deny\n"
	  "runs as: user 0, group 0, supplementary groups kept\n"
	  "process: a child; signals and status pass through; gets signal 15 if this process dies; "
	  "process 1 is an init of ours\n"
	  "clock offsets: monotonic 0 s, boottime 5 s\npropagation: private\nhost name: "
	  "h\nnetwork: loopback up\n"
	  "root: /srv/root\nmount: /a on /b, read-only\nmount: tmpfs on /t\nmount: proc on "
	  "/proc\ncommand: x\n",
	  "",
	  0 },
};

START_TEST(dry_runs_say_what_would_be_done)
{
	cli_check(&dry_runs[_i], NULL);
}
END_TEST

START_TEST(a_dry_run_of_root)
{
	static const struct cli_row row = {
		{ "--dry-run", "true" },
		"new namespaces: none\nruns as: user 0, group 0, supplementary groups "
		"kept\nprocess: this one\ncommand: true\n",
		"",
		0
	};
	const struct cli_place root = { .as_root = true };

	cli_check(&row, &root);
}
END_TEST

/* One row an option: its letter, its name, its argument and its words, each option once. */
static const struct {
	char letter;
	const char *name;
	const char *argument;
	enum option_argument kind;
	const char *help;
} options[] = {
#define X(id, letter, name, argument, argument_name, help) \
	{ letter, name, argument_name, ARGUMENT_##argument, help },
#define H(heading)
	OPTIONS(X, H)
#undef X
#undef H
};

START_TEST(help_names_each_option)
{
	const char *const argv[] = { _i % 2 ? "--help" : "-h", NULL };
	struct support_result result;
	const char *named;

	cli_run(argv, NULL, &result);
	ck_assert_int_eq(result.status, 0);
	ck_assert_str_eq(result.err, "");
	ck_assert_int_eq(
		strncmp(result.out, "Usage: maproot [OPTION]... [--] [COMMAND [ARG]...]\n", 51), 0);
	named = support_text(
		"  %s--%s%s%s%s",
		options[_i].letter ? support_text("-%c, ", options[_i].letter) : "    ",
		options[_i].name,
		options[_i].argument ? (options[_i].kind == ARGUMENT_OPTIONAL ? "[=" : "=") : "",
		options[_i].argument ? options[_i].argument : "",
		options[_i].kind == ARGUMENT_OPTIONAL ? "]" : "");
	ck_assert_msg(strstr(result.out, named) != NULL, "--help does not show '%s'", named);
	ck_assert_ptr_nonnull(strstr(result.out, options[_i].help));
	support_release(&result);
}
END_TEST

START_TEST(names_and_letters_are_used_once)
{
	for (int other = 0; other < _i; other++) {
		ck_assert_str_ne(options[other].name, options[_i].name);
		ck_assert(options[_i].letter == 0 || options[other].letter != options[_i].letter);
	}
}
END_TEST

static void output_is_full(void *arg)
{
	(void)arg;
	if (!freopen("/dev/full", "w", stdout))
		support_die("/dev/full");
}

static void output_is_closed(void *arg)
{
	(void)arg;
	(void)close(STDOUT_FILENO);
}

static const char *const printing[] = { "--help", "--version", "--dry-run" };

START_TEST(output_that_can_not_be_written)
{
	const struct cli_row row = {
		{ printing[_i % 3] }, "", "maproot: cannot write to standard output\n", 125
	};
	const struct cli_place place = { .before = _i < 3 ? output_is_full : output_is_closed };

	cli_check(&row, &place);
}
END_TEST

/* The shell: $SHELL, else the user's own of the user database. */
START_TEST(without_a_command_the_shell)
{
	const char *shell = unit_file(support_text("shell-%d", (int)getpid()),
				      "#!/bin/sh\necho the shell \"$0\" $#\n");
	const char *const envp[] = { "PATH=/usr/bin:/bin", support_text("SHELL=%s", shell), NULL };
	const struct cli_row row = { { "-r" }, support_text("the shell %s 0\n", shell), "", 0 };
	const struct cli_place place = { .envp = envp };

	cli_check(&row, &place);
}
END_TEST

START_TEST(without_shell_the_users_own)
{
	static const char *const empty[] = { "PATH=/usr/bin:/bin", "SHELL=", NULL };
	static const char *const none[] = { "PATH=/usr/bin:/bin", NULL };
	const struct support_user *user = support_user();
	const char *shell = unit_file(support_text("shell-%d", (int)getpid()),
				      "#!/bin/sh\necho the shell \"$0\" $#\n");
	const struct cli_row row = { { "-r" }, support_text("the shell %s 0\n", shell), "", 0 };
	const struct cli_place place = { .envp = _i ? empty : none };

	unit_private_mounts();
	unit_overlay("/etc/passwd", support_text("root:x:0:0::/root:/bin/false\n%s:x:%u:%u::/:%s\n",
						 user->name, user->uid, user->gid, shell));
	cli_check(&row, &place);
}
END_TEST

/* A user without an entry, and without SHELL. */
START_TEST(in_the_end_sh)
{
	static const char *const none[] = { "PATH=/usr/bin:/bin", NULL };
	static const struct cli_row row = { { "-r" }, "", "", 0 };
	const struct cli_place place = { .envp = none };

	unit_private_mounts();
	unit_overlay("/etc/passwd", "nobody:x:65534:65534::/:/bin/false\n");
	cli_check(&row, &place);
}
END_TEST

START_TEST(sixty_four_mounts_and_no_more)
{
	const char *argv[70] = { cli_maproot() };
	struct support_command command = { .argv = argv };
	struct support_result result;

	for (int at = 1; at <= 64 + _i; at++)
		argv[at] = "--tmpfs=/mnt";
	argv[65 + _i] = "true";
	support_run(&command, &result);
	ck_assert_str_eq(result.err, _i ? "maproot: more than 64 mounts\n" TRY : "");
	ck_assert_int_eq(result.status, _i ? 125 << 8 : 0);
	support_release(&result);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("cli/options", &tc);

	cli_set_up();
	tcase_add_loop_test(tc, what_is_wrong_is_said, 0, UNIT_COUNT(wrong));
	tcase_add_loop_test(tc, what_is_wrong_is_said_to_root, 0, UNIT_COUNT(wrong));
	tcase_add_loop_test(tc, what_is_right_is_done, 0, UNIT_COUNT(right));
	tcase_add_loop_test(tc, dry_runs_say_what_would_be_done, 0, UNIT_COUNT(dry_runs));
	tcase_add_test(tc, a_dry_run_of_root);
	tcase_add_loop_test(tc, help_names_each_option, 0, UNIT_COUNT(options));
	tcase_add_loop_test(tc, names_and_letters_are_used_once, 0, UNIT_COUNT(options));
	tcase_add_loop_test(tc, output_that_can_not_be_written, 0, 6);
	tcase_add_test(tc, without_a_command_the_shell);
	tcase_add_loop_test(tc, without_shell_the_users_own, 0, 2);
	tcase_add_test(tc, in_the_end_sh);
	tcase_add_loop_test(tc, sixty_four_mounts_and_no_more, 0, 2);
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
