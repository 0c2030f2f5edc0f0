/*
 * Contract: the wrapper ends as the command ended: the same exit status, all 256 of them, and death by the
 * same signal, whatever killed it; the command's core file is the only one. What maproot can't start ends
 * with 126 or 127, a failure of its own with 125, with one line on stderr that names the thing.
 */
#include "harness.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRAPPED_MODES (MODE_COUNT - 1)
/* Those in which the command stays in the caller's directory, and "./program" is the same one. */
#define STAYING_MODES (MODE_JOIN - 1)

/* The wait status of `actor VERB NUMBER`, quiet on both streams. */
static int actor_status(enum mode mode, const char *verb, int number)
{
	const char *const *argv = mode_words(mode, harness_actor(), verb,
					     support_text("%d", number), NULL, NULL, NULL);
	struct support_command command = { .argv = argv };
	struct support_result result;

	support_run(&command, &result);
	ck_assert_msg(!result.timed_out, "%s: actor %s %d hangs", mode_name(mode), verb, number);
	ck_assert_msg(result.out_length == 0 && result.err_length == 0,
		      "%s: actor %s %d printed %s%s", mode_name(mode), verb, number, result.out,
		      result.err);
	support_release(&result);
	free((void *)(uintptr_t)argv);
	return result.status;
}

START_TEST(exit_status)
{
	enum mode mode = (enum mode)(_i + 1);

	for (int number = 0; number < 256; number++) {
		int status = actor_status(mode, "exit", number);

		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == number,
			      "%s: exit %d became wait status %x", mode_name(mode), number,
			      (unsigned int)status);
	}
}
END_TEST

static bool stops(int number)
{
	return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* Bit 0x80 says that a core was written: the wrapper writes none, so it can't say so. */
#define WITHOUT_CORE(status) ((status) & ~0x80)

START_TEST(death_by_signal)
{
	enum mode mode = (enum mode)(_i + 1);
	int deaths = 0;

	for (int number = 1; number <= 64; number++) {
		int bare, wrapped;

		if (stops(number))
			continue;
		bare = actor_status(MODE_BARE, "kill", number);
		wrapped = actor_status(mode, "kill", number);
		ck_assert_msg(WITHOUT_CORE(bare) == WITHOUT_CORE(wrapped),
			      "%s: signal %d: bare wait status %x, wrapped %x", mode_name(mode),
			      number, (unsigned int)bare, (unsigned int)wrapped);
		deaths += WIFSIGNALED(wrapped);
	}
	/* 64, without the four that stop and the four that do nothing. */
	ck_assert_int_eq(deaths, 56);
}
END_TEST

static const int faults[] = { SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV };

START_TEST(death_by_fault)
{
	enum mode mode = (enum mode)(_i + 1);

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		int status = actor_status(mode, "fault", faults[i]);

		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == faults[i],
			      "%s: fault %d became wait status %x", mode_name(mode), faults[i],
			      (unsigned int)status);
	}
}
END_TEST

/* The caller's oddities must not change how the end is told. */
static void ignore_everything(void *arg)
{
	(void)arg;
	for (int number = 1; number <= 31; number++)
		(void)signal(number, SIG_IGN);
}

static void block_everything(void *arg)
{
	sigset_t all;

	(void)arg;
	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		support_die("sigprocmask");
}

START_TEST(death_under_odd_caller)
{
	static void (*const hooks[])(void *) = { ignore_everything, block_everything };
	enum mode mode = (enum mode)(_i + 1);

	for (size_t i = 0; i < 2; i++) {
		for (int number = SIGHUP; number <= SIGTERM; number++) {
			struct support_command command = {
				.argv = mode_words(mode, harness_actor(), "kill",
						   support_text("%d", number), NULL, NULL, NULL),
				.after = hooks[i],
			};
			struct support_result result;

			support_run(&command, &result);
			ck_assert_msg(!result.timed_out && WIFSIGNALED(result.status) &&
					      WTERMSIG(result.status) == number,
				      "%s, caller %zu: signal %d became wait status %x",
				      mode_name(mode), i, number, (unsigned int)result.status);
			support_release(&result);
		}
	}
}
END_TEST

static void allow_core(void *arg)
{
	const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	(void)arg;
	if (setrlimit(RLIMIT_CORE, &limit) < 0)
		support_die("RLIMIT_CORE");
}

/* Whose core it is: pr_fname of the note NT_PRPSINFO. */
static bool core_is_of(const char *path, const char *name)
{
	size_t size = 0;
	char *bytes = support_read(path, &size);
	const Elf64_Ehdr *header = (const void *)bytes;
	const Elf64_Phdr *segment;
	bool found = false;

	if (!bytes || size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
	    header->e_type != ET_CORE)
		support_die("%s is no core file", path);
	segment = (const void *)(bytes + header->e_phoff);
	for (int i = 0; i < header->e_phnum; i++, segment++) {
		const char *at = bytes + segment->p_offset, *end = at + segment->p_filesz;

		if (segment->p_type != PT_NOTE || segment->p_offset + segment->p_filesz > size)
			continue;
		while (at + sizeof(Elf64_Nhdr) < end) {
			const Elf64_Nhdr *note = (const void *)at;
			const char *data = at + sizeof(*note) + ((note->n_namesz + 3u) & ~3u);

			if (note->n_type == NT_PRPSINFO)
				found = strncmp(((const struct elf_prpsinfo *)(const void *)data)->pr_fname,
						name, 16) == 0;
			at = data + ((note->n_descsz + 3u) & ~3u);
		}
	}
	free(bytes);
	return found;
}

/* The path of the only file there; NULL when there is none, fatal when there are more. */
static const char *only_file(const char *directory)
{
	DIR *dir = opendir(directory);
	const char *found = NULL;
	struct dirent *entry;

	if (!dir)
		support_die("%s", directory);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		ck_assert_msg(!found, "two files in the directory: %s and %s", found, entry->d_name);
		found = support_text("%s/%s", directory, entry->d_name);
	}
	closedir(dir);
	return found;
}

static void core_directory(void *arg)
{
	allow_core(arg);
	if (chdir(arg) < 0)
		support_die("chdir");
}

START_TEST(core_is_the_commands)
{
	enum mode mode = (enum mode)_i;
	const char *directory = strdup(support_text("%s/core-%d", support_user()->home, _i));
	struct support_command command = {
		.argv = mode_words(mode, harness_actor(), "fault", "11", NULL, NULL, NULL),
		.after = core_directory,
		.arg = (void *)(uintptr_t)directory,
	};
	struct support_result result;
	const char *core;

	if (mkdir(directory, 0755) < 0 ||
	    chown(directory, support_user()->uid, support_user()->gid) < 0)
		support_die("mkdir");
	support_run(&command, &result);
	ck_assert_msg(WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGSEGV,
		      "%s: wait status %x: %s", mode_name(mode), (unsigned int)result.status,
		      result.err);
	core = only_file(directory);
	ck_assert_msg(core != NULL, "%s: no core was written", mode_name(mode));
	ck_assert_msg(core_is_of(core, "actor"), "%s: the core is not the command's",
		      mode_name(mode));
	support_release(&result);
}
END_TEST

/* A wrapped init: the kernel drops what it sends itself, but not its faults, nor SIGKILL from outside. */
START_TEST(as_pid_1)
{
	static const struct {
		const char *verb;
		int number;
		int status;
	} rows[] = {
		{ "exit", 0, 0 },
		{ "exit", 1, 1 << 8 },
		{ "exit", 255, 255 << 8 },
		{ "kill", SIGTERM, 0 },
		{ "kill", SIGKILL, 0 },
		{ "fault", SIGSEGV, SIGSEGV },
		{ "fault", SIGFPE, SIGFPE },
		{ "fault", SIGILL, SIGILL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const argv[] = { harness_maproot(), "--pid", "--as-pid-1", harness_actor(),
					     rows[i].verb, support_text("%d", rows[i].number), NULL };
		struct support_command command = { .argv = argv };
		struct support_result result;

		support_run(&command, &result);
		ck_assert_msg(!result.timed_out && WITHOUT_CORE(result.status) == rows[i].status &&
				      result.err_length == 0,
			      "%s %d became wait status %x: %s", rows[i].verb, rows[i].number,
			      (unsigned int)result.status, result.err);
		support_release(&result);
	}
}
END_TEST

/* The command is killed from outside, as the OOM killer does, not by itself. */
START_TEST(killed_from_outside)
{
	enum mode mode = (enum mode)(_i + 1);
	const char *file = harness_file("hold");
	struct support_command command = {
		.argv = mode_words(mode, harness_actor(), "hold", file, NULL, NULL, NULL),
	};
	struct support_process process;
	struct support_result result;
	pid_t below[8], target;
	size_t count;

	support_start(&command, &process);
	(void)harness_wait_ready(file, 5000);
	count = support_descendants(process.pid, below, 8);
	/* With --pid our init is there too, started before the command. */
	target = mode_in_place(mode) ? process.pid : below[0];
	if (!mode_in_place(mode))
		ck_assert_msg(count >= 1, "%s: no child", mode_name(mode));
	for (size_t i = 0; i < count && i < 8; i++) {
		char *comm = support_read(support_text("/proc/%d/comm", below[i]), NULL);

		if (comm && strcmp(comm, "actor\n") == 0)
			target = below[i];
		free(comm);
	}
	ck_assert_int_eq(kill(target, SIGKILL), 0);
	support_finish(&process, &result);
	ck_assert_msg(!result.timed_out && WIFSIGNALED(result.status) &&
			      WTERMSIG(result.status) == SIGKILL && result.err_length == 0,
		      "%s: wait status %x: %s", mode_name(mode), (unsigned int)result.status,
		      result.err);
	support_release(&result);
}
END_TEST

static const struct failure {
	const char *name;
	const char *argv[6]; /* after the mode's options */
	int status;
	const char *named; /* what the message must name */
} failures[] = {
	{ "missing", { "/nonexistent/command" }, 127, "/nonexistent/command" },
	{ "missing in PATH", { "no-such-command" }, 127, "no-such-command" },
	{ "empty", { "" }, 127, "''" },
	{ "not executable", { "./plain" }, 126, "./plain" },
	{ "directory", { "./dir" }, 126, "./dir" },
	{ "directory in PATH", { "dir" }, 126, "dir" },
	{ "below a file", { "./plain/x" }, 126, "./plain/x" },
	{ "bad interpreter", { "./bad-interpreter" }, 126, "./bad-interpreter" },
	{ "interpreter is a directory", { "./bad-directory" }, 126, "./bad-directory" },
	{ "not a program", { "./garbage" }, 126, "./garbage" },
	{ "unknown option", { "--no-such-option", "true" }, 125, "--no-such-option" },
};

#define FAILURES (int)(sizeof(failures) / sizeof(failures[0]))

static void make_entry(const char *name, const char *text, size_t length, mode_t mode)
{
	const char *path = support_text("%s/%s", support_user()->home, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, length) != (ssize_t)length || fchmod(fd, mode) < 0 ||
	    fchown(fd, support_user()->uid, support_user()->gid) < 0 || close(fd) < 0)
		support_die("%s", path);
}

static void make_entries(void)
{
	static const char garbage[] = "\x7f"
				      "ELF\0\0\0\0 this is none";
	const char *dir = support_text("%s/dir", support_user()->home);

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		support_die("%s", dir);
	make_entry("plain", "echo never\n", 11, 0644);
	make_entry("bad-interpreter", "#!/nonexistent/sh\n", 18, 0755);
	make_entry("bad-directory", "#!/etc\n", 7, 0755);
	make_entry("garbage", garbage, sizeof(garbage), 0755);
	make_entry("script", "exit 17\n", 8, 0755);
	make_entry("true", "#!/bin/sh\nexit 23\n", 18, 0755);
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

START_TEST(own_statuses)
{
	const struct failure *row = &failures[_i / STAYING_MODES];
	enum mode mode = (enum mode)(_i % STAYING_MODES + 1);
	const char *const *argv = mode_words(mode, row->argv[0], row->argv[1], NULL, NULL, NULL, NULL);
	const char *const envp[] = { support_text("PATH=%s", support_user()->home), NULL };
	struct support_command command = { .argv = argv, .path = harness_maproot(), .envp = envp };
	struct support_result result;

	make_entries();
	support_run(&command, &result);
	ck_assert_msg(!result.timed_out && WIFEXITED(result.status) &&
			      WEXITSTATUS(result.status) == row->status,
		      "%s, %s: wait status %x: %s", row->name, mode_name(mode),
		      (unsigned int)result.status, result.err);
	ck_assert_msg(strncmp(result.err, "maproot: ", 9) == 0 && strstr(result.err, row->named),
		      "%s, %s: the message doesn't name %s: %s", row->name, mode_name(mode),
		      row->named, result.err);
	ck_assert_msg(count_lines(result.err) >= 1 && result.out_length == 0, "%s, %s: %s%s",
		      row->name, mode_name(mode), result.out, result.err);
	support_release(&result);
}
END_TEST

/* Hits that a poor search of PATH would miss, and a script without an interpreter line. */
START_TEST(found_all_the_same)
{
	static const struct {
		const char *path;
		const char *command;
		int status;
	} rows[] = {
		{ "PATH=/root/unreadable:%s", "true", 23 },
		{ "PATH=%s/plain:%s", "true", 23 },
		{ "PATH=/nonexistent::", "true", 23 },
		{ "PATH=%s/dir:%s", "script", 17 },
		{ "PATH=/usr/bin", "./script", 17 },
	};
	const char *home = support_user()->home;

	make_entries();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * STAYING_MODES; i++) {
		enum mode mode = (enum mode)(i % STAYING_MODES + 1);
		size_t row = i / STAYING_MODES;
		const char *envp[] = { NULL, NULL };
		struct support_command command = {
			.argv = mode_words(mode, rows[row].command, NULL, NULL, NULL, NULL, NULL),
			.path = harness_maproot(),
			.envp = envp,
		};
		struct support_result result;
		char path[4096], *at = path;

		/* Every %s is the home. */
		for (const char *from = rows[row].path; *from; from++) {
			if (from[0] == '%' && from[1] == 's') {
				at = stpcpy(at, home);
				from++;
			} else {
				*at++ = *from;
			}
		}
		*at = '\0';
		envp[0] = path;
		support_run(&command, &result);
		ck_assert_msg(WIFEXITED(result.status) && WEXITSTATUS(result.status) == rows[row].status,
			      "%s %s, %s: wait status %x: %s", path, rows[row].command,
			      mode_name(mode), (unsigned int)result.status, result.err);
		support_release(&result);
	}
}
END_TEST

static Suite *build(void)
{
	Suite *suite = suite_create("status");
	TCase *tc = harness_case(suite, "status", 120);

	tcase_add_loop_test(tc, exit_status, 0, WRAPPED_MODES);
	tcase_add_loop_test(tc, death_by_signal, 0, WRAPPED_MODES);
	tcase_add_loop_test(tc, death_by_fault, 0, WRAPPED_MODES);
	tcase_add_loop_test(tc, death_under_odd_caller, 0, WRAPPED_MODES);
	tcase_add_loop_test(tc, core_is_the_commands, 0, STAYING_MODES + 1);
	tcase_add_loop_test(tc, killed_from_outside, 0, WRAPPED_MODES);
	tcase_add_test(tc, as_pid_1);
	tcase_add_loop_test(tc, own_statuses, 0, FAILURES * STAYING_MODES);
	tcase_add_test(tc, found_all_the_same);
	return suite;
}

/* A core goes to the command's directory only where the pattern is a plain name. */
static void require_core_files(void)
{
	char *pattern = support_read("/proc/sys/kernel/core_pattern", NULL);

	if (!pattern || pattern[0] == '|' || pattern[0] == '/')
		support_skip("core files don't go to the working directory here (core_pattern %s)",
			     pattern ? pattern : "unreadable");
	free(pattern);
}

int main(void)
{
	require_core_files();
	return harness_main(build);
}
