/*
 * Contract of the program with what it can't work with: a message that names the thing and the step, the right status
 * of 125, 126 and 127, no process left, and nothing written. (Wrong options are tests/cli/test_options.c's.)
 */
#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* {dir}/bin is made by make_things(), and {dir}/closed, which nobody but root may search. */
static const struct {
	const char *path;
	struct cli_row row;
} commands[] = {
	{ "/usr/bin:/bin",
	  { { "nonesuch" },
	    "",
	    "maproot: cannot find 'nonesuch': No such file or directory\n",
	    127 } },
	{ "/usr/bin:/bin",
	  { { "" }, "", "maproot: cannot find '': No such file or directory\n", 127 } },
	{ "/usr/bin:/bin",
	  { { "/nonesuch" },
	    "",
	    "maproot: cannot find '/nonesuch': No such file or directory\n",
	    127 } },
	{ "/usr/bin:/bin",
	  { { "./nonesuch" },
	    "",
	    "maproot: cannot find './nonesuch': No such file or directory\n",
	    127 } },
	{ "/usr/bin:/bin",
	  { { "/etc/passwd" },
	    "",
	    "maproot: cannot execute '/etc/passwd': Permission denied\n",
	    126 } },
	{ "/usr/bin:/bin",
	  { { "/etc" }, "", "maproot: cannot execute '/etc': Is a directory\n", 126 } },
	{ "/usr/bin:/bin",
	  { { "." }, "", "maproot: cannot execute '/usr/bin/.': Is a directory\n", 126 } },
	{ "/usr/bin:/bin",
	  { { "/etc/passwd/x" },
	    "",
	    "maproot: cannot execute '/etc/passwd/x': Not a directory\n",
	    126 } },
	{ "{dir}/bin:/usr/bin",
	  { { "plain" },
	    "",
	    "maproot: cannot execute '{dir}/bin/plain': Permission denied\n",
	    126 } },
	{ "{dir}/bin:/usr/bin",
	  { { "directory" },
	    "",
	    "maproot: cannot execute '{dir}/bin/directory': Is a directory\n",
	    126 } },
	{ "{dir}/bin:/usr/bin",
	  { { "bad-interpreter" },
	    "",
	    "maproot: cannot execute '{dir}/bin/bad-interpreter' by '/nonesuch -x': bad "
	    "interpreter: No such file or directory\n",
	    126 } },
	{ "{dir}/bin:/usr/bin",
	  { { "{dir}/bin/bad-interpreter", "x" },
	    "",
	    "maproot: cannot execute '{dir}/bin/bad-interpreter' by '/nonesuch -x': bad "
	    "interpreter: No such file or directory\n",
	    126 } },
	{ "{dir}/closed:{dir}/bin", { { "good" }, "good\n", "", 0 } },
	{ "{dir}/closed:/usr/bin",
	  { { "hidden" }, "", "maproot: cannot find 'hidden': No such file or directory\n", 127 } },
	{ "{dir}/closed",
	  { { "good" }, "", "maproot: cannot find 'good': No such file or directory\n", 127 } },
	{ "{dir}/closed:/usr/bin",
	  { { "{dir}/closed/hidden" },
	    "",
	    "maproot: cannot execute '{dir}/closed/hidden': Permission denied\n",
	    126 } },
	{ "/etc/passwd:{dir}/bin", { { "good" }, "good\n", "", 0 } },
	{ "",
	  { { "nonesuch" },
	    "",
	    "maproot: cannot find 'nonesuch': No such file or directory\n",
	    127 } },
	{ "/usr/bin",
	  { { "--", "--nonesuch" },
	    "",
	    "maproot: cannot find '--nonesuch': No such file or directory\n",
	    127 } },
};

/* Each kind of start has its own way back for the message. */
static const char *const modes[] = { NULL, "--in-place", "-p", "-T",
				     "--map-auto", "--as-pid-1", "-c" };

START_TEST(commands_that_do_not_run)
{
	const char *envp[2] = { NULL, NULL };
	const struct cli_place place = { .envp = envp };
	int row = _i / (int)UNIT_COUNT(modes);
	const char *mode = modes[_i % (int)UNIT_COUNT(modes)];
	const struct cli_row *wanted = &commands[row].row;
	const struct cli_row with_mode = {
		{ mode ? mode : "-r", wanted->argv[0], wanted->argv[1], wanted->argv[2] },
		wanted->out,
		wanted->err,
		wanted->status,
	};

	envp[0] = support_text("PATH=%s", cli_expand(commands[row].path));
	cli_check(&with_mode, &place);
}
END_TEST

/* What else may be wrong with what options name. */
static const struct cli_row things[] = {
	{ { "--wd=/nonesuch", "true" },
	  "",
	  "maproot: cannot change directory to '/nonesuch': No such file or directory\n",
	  125 },
	{ { "-w", "/etc/passwd", "true" },
	  "",
	  "maproot: cannot change directory to '/etc/passwd': Not a directory\n",
	  125 },
	{ { "-w", "{dir}/closed", "true" },
	  "",
	  "maproot: cannot change directory to '{dir}/closed': Permission denied\n",
	  125 },
	{ { "--root=/nonesuch", "true" },
	  "",
	  "maproot: cannot make '/nonesuch' the root directory: No such file or directory\n",
	  125 },
	{ { "--root=/etc/passwd", "true" },
	  "",
	  "maproot: cannot make '/etc/passwd' the root directory: Not a directory\n",
	  125 },
	{ { "--root={dir}", "true" },
	  "",
	  "maproot: cannot mount '/sys' (making the mount point): Permission denied\n",
	  125 },
	{ { "--bind=/nonesuch", "true" },
	  "",
	  "maproot: cannot bind '/nonesuch' on '/nonesuch': No such file or directory\n",
	  125 },
	{ { "--bind=/nonesuch:/mnt:ro", "true" },
	  "",
	  "maproot: cannot bind '/nonesuch' on '/mnt': No such file or directory\n",
	  125 },
	{ { "--bind=/etc/passwd:/mnt", "true" },
	  "",
	  "maproot: cannot bind '/etc/passwd' on '/mnt': Not a directory\n",
	  125 },
	{ { "--bind=/etc:/nonesuch", "true" },
	  "",
	  "maproot: cannot bind '/etc' on '/nonesuch': No such file or directory\n",
	  125 },
	{ { "--tmpfs=/nonesuch", "true" },
	  "",
	  "maproot: cannot mount a new tmpfs on '/nonesuch': No such file or directory\n",
	  125 },
	{ { "-p", "--mount-proc=/nonesuch", "true" },
	  "",
	  "maproot: cannot mount a new proc on '/nonesuch': No such file or directory\n",
	  125 },
	{ { "--hostname=0123456789012345678901234567890123456789012345678901234567890123x",
	    "true" },
	  "",
	  "maproot: cannot set the host name "
	  "'0123456789012345678901234567890123456789012345678901234567890123x': Invalid argument\n",
	  125 },
	{ { "--monotonic=-1000000000", "true" },
	  "",
	  "maproot: cannot set the clock offsets in '/proc/self/timens_offsets': *",
	  125 },
	{ { "--map-users=0:0:10", "true" }, "", NULL, 125 }, /* newuidmap's own words */
	{ { "--map-auto", "--bind=/nonesuch:/mnt", "true" },
	  "",
	  "maproot: cannot bind '/nonesuch' on '/mnt': No such file or directory\n",
	  125 },
	{ { "--in-place", "--tmpfs=/nonesuch", "true" },
	  "",
	  "maproot: cannot mount a new tmpfs on '/nonesuch': No such file or directory\n",
	  125 },
	/* the command is looked for last: nothing before it is left half done */
	{ { "--tmpfs=/mnt", "--hostname=x", "-n", "nonesuch" },
	  "",
	  "maproot: cannot find 'nonesuch': No such file or directory\n",
	  127 },
};

static size_t count_entries(void)
{
	DIR *directory = opendir(support_user()->home);
	size_t count = 0;

	ck_assert_ptr_nonnull(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

START_TEST(things_that_are_not_there)
{
	size_t before = count_entries();
	struct support_result result;

	if (things[_i].err) {
		cli_check(&things[_i], NULL);
	} else {
		cli_run(things[_i].argv, NULL, &result);
		ck_assert_int_eq(
			strncmp(result.err, "maproot: id map helper failed: newuidmap: ", 42), 0);
		ck_assert_int_eq(result.status, things[_i].status << 8);
		support_release(&result);
	}
	ck_assert_uint_eq(count_entries(), before);
}
END_TEST

static void hide_proc(void *arg)
{
	(void)arg;
	unit_private_mounts();
	if (umount2("/proc", MNT_DETACH) < 0)
		support_die("cannot unmount /proc");
}

static const struct {
	struct cli_row row;
	bool as_root;
} without_proc[] = {
	{ { { "true" },
	    "",
	    "maproot: cannot re-execute '/proc/self/exe': No such file or directory\n",
	    125 },
	  false },
	{ { { "--in-place", "true" },
	    "",
	    "maproot: cannot write '/proc/self/setgroups': No such file or directory\n",
	    125 },
	  false },
	{ { { "--map-auto", "true" },
	    "",
	    "maproot: cannot re-execute '/proc/self/exe': No such file or directory\n",
	    125 },
	  false },
	{ { { "--map-auto", "--in-place", "true" },
	    "",
	    "maproot: cannot read /proc/self: No such file or directory\n",
	    125 },
	  false },
	{ { { "-p", "true" },
	    "",
	    "maproot: cannot re-execute '/proc/self/exe': No such file or directory\n",
	    125 },
	  false },
	{ { { "--version" }, "maproot " MAPROOT_VERSION "\n", "", 0 }, false },
	{ { { "echo", "a" }, "a\n", "", 0 }, true },
	{ { { "--tmpfs=/mnt", "echo", "a" }, "a\n", "", 0 }, true },
};

START_TEST(no_proc)
{
	const struct cli_place place = { .before = hide_proc, .as_root = without_proc[_i].as_root };

	if (UNIT_SANITIZED)
		return; /* it says itself that it misses /proc */

	cli_check(&without_proc[_i].row, &place);
}
END_TEST

/* Bits of `closed` are the streams that the caller has not; the command must find it so, and nothing in their places. */
static int closed;

static void close_streams(void *arg)
{
	(void)arg;
	for (int stream = 0; stream < 3; stream++) {
		if (closed & 1 << stream)
			(void)close(stream);
	}
}

static const char *const stream_modes[] = { "-r", "--in-place", "-p",
					    "--map-auto", "-n", "--verbose" };

START_TEST(closed_streams_stay_closed)
{
	const char *program = support_text("{dir}/streams");
	const char *const argv[] = { stream_modes[_i / 8], program, NULL };
	const struct cli_place place = { .after = close_streams };
	struct support_result result;

	closed = _i % 8;
	cli_run(argv, &place, &result);
	ck_assert_msg(WIFEXITED(result.status) && WEXITSTATUS(result.status) == (7 & ~closed),
		      "%s: status %x, streams %x closed", stream_modes[_i / 8], result.status,
		      closed);
	ck_assert_uint_eq(support_wait_alone(2000), 0);
	support_release(&result);
}
END_TEST

START_TEST(failures_with_closed_streams)
{
	const char *const argv[] = { stream_modes[_i / 8], "nonesuch", NULL };
	const struct cli_place place = { .after = close_streams };
	struct support_result result;

	closed = _i % 8;
	cli_run(argv, &place, &result);
	ck_assert_msg(WIFEXITED(result.status) && WEXITSTATUS(result.status) == 127, "status %x",
		      result.status);
	ck_assert_str_eq(result.out, "");
	support_release(&result);
}
END_TEST

/* The largest environment, in bytes of one list of variables, with which `maproot true` can be started at all. */
static bool starts_with(size_t size, struct support_result *ret_result)
{
	const char *const argv[] = { cli_maproot(), "true", NULL };
	const size_t piece = 100000; /* one string may have 128 KiB */
	const char *envp[64];
	char *text = malloc(size + 64);
	size_t count = 0;
	int ends[2];
	pid_t pid;
	int status;
	char byte = 0;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', size + 64);
	for (size_t at = 0; at < size; at += piece) {
		size_t length = size - at < piece ? size - at : piece;

		text[at] = 'V';
		text[at + 1] = '=';
		text[at + length - 1] = '\0';
		envp[count++] = text + at;
	}
	envp[count] = NULL;
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		int err = open(support_text("%s/limit", support_directory()),
			       O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		support_become_user();
		(void)dup2(err, 2);
		(void)execve(argv[0], (char *const *)argv, (char *const *)envp);
		_exit(write(ends[1], &byte, 1) == 1 ? 99 : 98);
	}
	close(ends[1]);
	ck_assert(support_wait(pid, 20000, &status));

	bool started = read(ends[0], &byte, 1) == 0;

	close(ends[0]);
	free(text);
	ret_result->status = status;
	ret_result->err = support_read(support_text("%s/limit", support_directory()), NULL);
	return started;
}

/*
 * At the very limit there is no room for what the second run is told; the command alone would just have fit. That is
 * said, and a little below it all is well.
 */
START_TEST(environments_at_the_limit)
{
	struct support_result result;
	size_t low = 100000;
	size_t high = 6000000;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (starts_with(middle, &result))
			low = middle;
		else
			high = middle;
		free(result.err);
	}
	ck_assert(starts_with(low, &result));
	ck_assert_str_eq(result.err,
			 "maproot: cannot re-execute '/proc/self/exe': Argument list too long\n");
	ck_assert_int_eq(result.status, 125 << 8);
	free(result.err);
	ck_assert(starts_with(low - 4096, &result));
	ck_assert_str_eq(result.err, "");
	ck_assert_int_eq(result.status, 0);
	free(result.err);
}
END_TEST

static void be_nobody_known(void *arg)
{
	(void)arg;
	if (setresgid(123456, 123456, 123456) < 0 || setresuid(123456, 123456, 123456) < 0 ||
	    prctl(PR_SET_DUMPABLE, 1) < 0)
		support_die("cannot become another user");
}

static const struct cli_row unknown[] = {
	{ { "id", "-u" }, "0\n", "", 0 },
	{ { "-c", "id", "-u" }, "123456\n", "", 0 },
	{ { "--in-place", "id", "-u" }, "0\n", "", 0 },
	{ { "--map-auto", "true" },
	  "",
	  "maproot: no subordinate ids: user without a passwd entry (123456) has no range in "
	  "/etc/subuid\n",
	  125 },
	{ { "--map-auto", "--in-place", "true" },
	  "",
	  "maproot: no subordinate ids: user without a passwd entry (123456) has no range in "
	  "/etc/subuid\n",
	  125 },
};

START_TEST(a_user_without_a_passwd_entry)
{
	const struct cli_place place = { .after = be_nobody_known, .as_root = true };

	cli_check(&unknown[_i], &place);
}
END_TEST

static const char *const id_files[] = { "/etc/subuid", "/etc/subgid" };
static const char *const id_modes[] = { "-r", "--in-place", "-p", "--dry-run" };

START_TEST(no_subordinate_ranges)
{
	const char *file = id_files[_i % 2];
	const struct cli_row row = {
		{ id_modes[_i / 2], "--map-auto", "true" },
		"",
		support_text(
			"maproot: no subordinate ids: user {user} ({uid}) has no range in %s\n",
			file),
		125,
	};

	unit_private_mounts();
	unit_overlay(file, "somebody:1:1\n");
	cli_check(&row, NULL);
}
END_TEST

/* Helpers in the place of newuidmap and newgidmap. */
static const struct {
	const char *script; /* NULL: missing */
	const char *err;
} helpers[] = {
	{ NULL, "maproot: cannot run 'newuidmap': No such file or directory\n" },
	{ "no script", "maproot: cannot run 'newuidmap': Permission denied\n" },
	{ "#!/bin/sh\necho what a pity >&2\nexit 1\n",
	  "maproot: id map helper failed: what a pity\n" },
	{ "#!/bin/sh\nexit 7\n", "maproot: id map helper failed: newuidmap, exit status 7\n" },
	{ "#!/bin/sh\nkill -KILL $$\n",
	  "maproot: id map helper was killed: newuidmap, signal 9\n" },
};

static const char *const helper_modes[] = { "-r", "--in-place", "-p" };

START_TEST(helpers_that_do_not_help)
{
	const char *script = helpers[_i / 3].script;
	const char *directory = support_text("%s/helpers-%d", support_directory(), (int)getpid());
	const char *shell = support_install("/bin/sh", support_text("sh-%d", (int)getpid()));
	const char *const envp[] = { support_text("PATH=%s", directory), NULL };
	const struct cli_row row = { { helper_modes[_i % 3], "--map-auto", "/bin/sh", "-c",
				       "exit 0" },
				     "",
				     helpers[_i / 3].err,
				     125 };
	const struct cli_place place = { .envp = envp };

	ck_assert_int_eq(mkdir(directory, 0755), 0);
	if (script)
		(void)unit_file(support_text("%s/newuidmap", directory), script);
	unit_only_programs_of(directory);
	ck_assert_int_eq(symlink(shell, "/bin/sh"), 0);
	(void)unit_file(support_text("%s/newgidmap", directory), "#!/bin/sh\n");
	cli_check(&row, &place);
}
END_TEST

static void lose_setfcap(void *arg)
{
	(void)arg;
	if (prctl(PR_CAPBSET_DROP, CAP_SETFCAP) < 0)
		support_die("PR_CAPBSET_DROP");
}

static void lose_admin(void *arg)
{
	(void)arg;
	if (prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN) < 0)
		support_die("PR_CAPBSET_DROP");
}

/* Since Linux 5.12 only who has it may map root of the outside into a namespace. */
static const struct cli_row no_setfcap[] = {
	{ { "--always", "true" },
	  "",
	  "maproot: cannot write '/proc/self/uid_map': Operation not permitted\n",
	  125 },
	{ { "--always", "--in-place", "true" },
	  "",
	  "maproot: cannot write '/proc/self/uid_map': Operation not permitted\n",
	  125 },
	{ { "--map-users=0:0:10", "true" }, "", NULL, 125 },
	{ { "id", "-u" }, "0\n", "", 0 },
};

START_TEST(root_without_setfcap)
{
	const struct cli_place place = { .before = lose_setfcap, .as_root = true };
	struct support_result result;

	if (no_setfcap[_i].err) {
		cli_check(&no_setfcap[_i], &place);
		return;
	}
	cli_run(no_setfcap[_i].argv, &place, &result);
	ck_assert_msg(strncmp(result.err, "maproot: cannot write '/proc/", 29) == 0 &&
			      strstr(result.err, "/uid_map': Operation not permitted\n"),
		      "%s", result.err);
	ck_assert_int_eq(result.status, 125 << 8);
	support_release(&result);
}
END_TEST

/* Root of a container, say: a namespace gives what is missing. */
START_TEST(root_without_admin)
{
	static const struct cli_row row = { { "sh", "-c",
					      "id -u; mount -t tmpfs none /mnt && echo mounted" },
					    "0\nmounted\n",
					    "",
					    0 };
	const struct cli_place place = { .before = lose_admin, .as_root = true };

	cli_check(&row, &place);
}
END_TEST

static const struct {
	mode_t mode;
	bool capability;
	const char *err;
} privileged[] = {
	{ 04755, false,
	  "maproot: refusing to run with an effective user other than the real one "
	  "(set-user-ID)\n" },
	{ 02755, false,
	  "maproot: refusing to run with an effective group other than the real one "
	  "(set-group-ID)\n" },
	{ 06755, false,
	  "maproot: refusing to run with an effective user other than the real one "
	  "(set-user-ID)\n" },
	{ 0755, true,
	  "maproot: refusing to run with privileges of the program file (set-ID bits or file "
	  "capabilities)\n" },
};

START_TEST(a_privileged_copy_is_refused)
{
	static const char *const options[] = { "-r", "--in-place", "--dry-run" };
	const char *copy =
		support_install(cli_maproot(), support_text("privileged-%d", (int)getpid()));
	const struct cli_place place = { .program = copy };
	const struct cli_row row = { { options[_i % 3], "true" }, "", privileged[_i / 3].err, 125 };

	if (UNIT_SANITIZED)
		return; /* it takes no options from whom it does not trust, and then talks of ptrace */
	ck_assert_int_eq(chmod(copy, privileged[_i / 3].mode), 0);
	if (privileged[_i / 3].capability) {
		cap_t caps = cap_from_text("cap_net_raw=ep");

		ck_assert_ptr_nonnull(caps);
		ck_assert_int_eq(cap_set_file(copy, caps), 0);
		(void)cap_free(caps);
	}
	cli_check(&row, &place);
}
END_TEST

static void make_things(void)
{
	const char *directory = support_directory();

	if (mkdir(support_text("%s/bin", directory), 0755) < 0 ||
	    mkdir(support_text("%s/bin/directory", directory), 0755) < 0 ||
	    mkdir(support_text("%s/closed", directory), 0700) < 0)
		support_die("cannot make directories");
	(void)unit_file("bin/good", "#!/bin/sh\necho good\n");
	(void)unit_file("bin/plain", "plain\n");
	(void)unit_file("bin/bad-interpreter", "#!/nonesuch -x\n");
	(void)unit_file("closed/hidden", "#!/bin/sh\necho hidden\n");
	(void)unit_file("closed/good", "#!/bin/sh\necho hidden\n");
	/* A shell holds its script at 10 or above. */
	(void)unit_file("streams", "#!/bin/sh\ns=0; for f in 0 1 2; do [ -e /proc/self/fd/$f ] && "
				   "s=$((s + (1 << f))); done; exit $s\n");
}

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("cli/bad_input", &tc);

	cli_set_up();
	make_things();
	tcase_add_loop_test(tc, commands_that_do_not_run, 0,
			    UNIT_COUNT(commands) * UNIT_COUNT(modes));
	tcase_add_loop_test(tc, things_that_are_not_there, 0, UNIT_COUNT(things));
	tcase_add_loop_test(tc, no_proc, 0, UNIT_COUNT(without_proc));
	tcase_add_loop_test(tc, closed_streams_stay_closed, 0, 8 * UNIT_COUNT(stream_modes));
	tcase_add_loop_test(tc, failures_with_closed_streams, 0, 8 * UNIT_COUNT(stream_modes));
	tcase_add_test(tc, environments_at_the_limit);
	tcase_add_loop_test(tc, a_user_without_a_passwd_entry, 0, UNIT_COUNT(unknown));
	tcase_add_loop_test(tc, no_subordinate_ranges, 0, 2 * UNIT_COUNT(id_modes));
	tcase_add_loop_test(tc, helpers_that_do_not_help, 0, 3 * UNIT_COUNT(helpers));
	tcase_add_loop_test(tc, root_without_setfcap, 0, UNIT_COUNT(no_setfcap));
	tcase_add_test(tc, root_without_admin);
	tcase_add_loop_test(tc, a_privileged_copy_is_refused, 0, 3 * UNIT_COUNT(privileged));
	return suite;
}

int main(void)
{
	return unit_main_as_root(build);
}
