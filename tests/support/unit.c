/* See unit.h. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *mounts_before;

static void before_case(void)
{
	mounts_before = support_mounts();
}

static void after_case(void)
{
	char *after = support_mounts();

	/* Runs in the test program's own process, which no test gets to. */
	ck_assert_msg(strcmp(mounts_before, after) == 0, "the mounts changed:\n%s\nbefore:\n%s",
		      after, mounts_before);
	free(after);
	free(mounts_before);
}

static void before_test(void)
{
	support_adopt_orphans();
}

static void after_test(void)
{
	size_t left = support_wait_alone(2000);

	if (left > 0)
		support_kill_descendants();
	ck_assert_msg(left == 0, "%zu processes were left behind", left);
}

Suite *unit_suite(const char *name, TCase **ret_case)
{
	Suite *suite = suite_create(name);

	*ret_case = tcase_create(name);
	tcase_add_unchecked_fixture(*ret_case, before_case, after_case);
	tcase_add_checked_fixture(*ret_case, before_test, after_test);
	tcase_set_timeout(*ret_case, 60);
	suite_add_tcase(suite, *ret_case);
	return suite;
}

int unit_main(Suite *(*build)(void))
{
	SRunner *runner;
	int failed;

	support_init();
	runner = srunner_create(build());
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int unit_main_as_root(Suite *(*build)(void))
{
	if (geteuid() != 0)
		support_skip("only root can go where these tests go");
	return unit_main(build);
}

void unit_check_error(const struct maproot_error *err, int code, enum maproot_step step,
		      const char *text)
{
	char said[512];

	(void)maproot_error_format(err, said, sizeof(said));
	ck_assert_msg(err->code == code && err->step == step,
		      "error %d at step %s (%s), wanted %d at %s", err->code,
		      maproot_step_name(err->step), said, code, maproot_step_name(step));
	if (text)
		ck_assert_str_eq(said, text);
}

void unit_check_map(const struct maproot_idmap *map, const char *want)
{
	char text[16384];

	ck_assert_uint_lt(maproot_idmap_format(map, text, sizeof(text)), sizeof(text));
	ck_assert_str_eq(text, want);
}

void unit_become_user(void)
{
	support_become_user();
	ck_assert_int_eq(chdir(support_user()->home), 0);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		support_die("cannot write %s", path);
}

void unit_enter_namespace(int flags)
{
	unit_become_user();
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | flags) < 0)
		support_die("cannot make a user namespace");
	write_text("/proc/self/setgroups", "deny");
	write_text("/proc/self/uid_map", support_text("0 %u 1", support_user()->uid));
	write_text("/proc/self/gid_map", support_text("0 %u 1", support_user()->gid));
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		support_die("cannot make the mounts slaves");
}

void unit_private_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		support_die("cannot make a private mount namespace");
}

const char *unit_file(const char *path, const char *text)
{
	const char *full = path[0] == '/' ? path : support_text("%s/%s", support_directory(), path);
	mode_t mode = strncmp(text, "#!", 2) == 0 ? 0755 : 0644;
	int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fchmod(fd, mode) < 0 || close(fd) < 0)
		support_die("cannot write %s", full);
	return full;
}

void unit_overlay(const char *path, const char *text)
{
	static int number;
	const char *copy = unit_file(support_text("overlay-%d-%d", (int)getpid(), number++), text);

	if (mount(copy, path, NULL, MS_BIND, NULL) < 0)
		support_die("cannot mount a file over %s", path);
	/* The mount keeps the file. */
	if (unlink(copy) < 0)
		support_die("cannot remove %s", copy);
}

void unit_deny(long call, int number)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)number),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { UNIT_COUNT(program), program };

	/* Root needs no no_new_privs, which would take set-user-ID helpers their rights. */
	if (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		support_die("PR_SET_NO_NEW_PRIVS");
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0)
		support_die("PR_SET_SECCOMP");
}

int unit_in_child(int (*body)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		support_die("fork");
	if (pid == 0)
		_exit(body(arg));
	if (!support_wait(pid, 30000, &status))
		support_die("the child %d does not end", (int)pid);
	return status;
}

pid_t unit_unmapped_process(void)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		support_die("pipe2");
	pid = fork();
	if (pid < 0)
		support_die("fork");
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0 || write(ready[1], &byte, 1) != 1)
			_exit(99);
		for (;;)
			(void)pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		support_die("the child can't make a user namespace");
	close(ready[0]);
	return pid;
}

void unit_end(pid_t pid)
{
	int status;

	if (kill(pid, SIGKILL) < 0 || waitpid(pid, &status, 0) != pid)
		support_die("cannot end %d", (int)pid);
}

void unit_only_programs_of(const char *directory)
{
	static const char *const places[] = { "/usr/bin", "/usr/sbin", "/bin", "/sbin" };

	unit_private_mounts();
	for (size_t at = 0; at < UNIT_COUNT(places); at++) {
		if (mount("tmpfs", places[at], "tmpfs", 0, "mode=755") < 0)
			support_die("cannot hide %s", places[at]);
	}
	if (setenv("PATH", directory, 1) < 0)
		support_die("setenv");
}

const char *unit_mount(const char *point)
{
	static char buffer[4096];
	const char *prefix = support_text(" %s ", point);
	char *table = support_mounts();
	const char *found = NULL;
	char *rest = table;
	char *line;

	while ((line = strsep(&rest, "\n"))) {
		char *at = line;

		/* id parent device root POINT */
		for (int field = 0; field < 4 && at; field++)
			at = strchr(at + 1, ' ');
		if (!at || strncmp(at, prefix, strlen(prefix)) != 0)
			continue;
		at += strlen(prefix);

		char *type = strstr(at, " - ");

		if (!type)
			support_die("a mount without a type: %s", at);
		(void)snprintf(buffer, sizeof(buffer), "%.*s",
			       (int)(type + 3 - at + (long)strcspn(type + 3, " ")), at);
		found = buffer;
	}
	free(table);
	return found;
}

const char *unit_status(pid_t pid, const char *name)
{
	const char *path = pid ? support_text("/proc/%d/status", (int)pid) : "/proc/self/status";
	char *text = support_read(path, NULL);
	const char *prefix = support_text("\n%s:\t", name);
	const char *line = text ? strstr(text, prefix) : NULL;
	const char *value;

	if (!line)
		support_die("no line %s in %s", name, path);
	line += strlen(prefix);
	value = support_text("%.*s", (int)strcspn(line, "\n"), line);
	free(text);
	return value;
}

static const long trace_options = PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
				  PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;

static void be_traced(void *arg)
{
	(void)arg;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		support_die("PTRACE_TRACEME");
}

/* Follows a stopped process and all that it starts to their ends. */
static int follow(pid_t first, int *ret_status)
{
	int execs = 0;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int signal = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;

		if (!WIFSTOPPED(status)) {
			if (pid == first)
				*ret_status = status;
			continue;
		}
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8))
			execs++;
		/* A new process starts with a stop of ours; what else stops is a signal that is to go on. */
		if (signal == SIGTRAP || signal == SIGSTOP)
			signal = 0;
		(void)ptrace(PTRACE_CONT, pid, NULL,
			     (void *)(long)signal); /* it may be dead already */
	}
	return execs;
}

static char *read_rest(int fd)
{
	size_t size = 65536; /* what a pipe holds: nobody reads while the command runs */
	char *text = calloc(1, size);
	size_t length = 0;
	ssize_t got;

	if (!text)
		support_die("calloc");
	while ((got = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	close(fd);
	return text;
}

int unit_count_execs(const struct support_command *command, struct support_result *ret_result)
{
	struct support_command traced = *command;
	struct support_process process;
	int status;
	int execs;

	traced.after = be_traced;
	support_start(&traced, &process);
	if (waitpid(process.pid, &status, 0) != process.pid || !WIFSTOPPED(status))
		support_die("the command does not stop at its start");
	if (ptrace(PTRACE_SETOPTIONS, process.pid, NULL, (void *)trace_options) < 0 ||
	    ptrace(PTRACE_CONT, process.pid, NULL, NULL) < 0)
		support_die("cannot trace the command");
	*ret_result = (struct support_result){ 0 };
	execs = follow(process.pid, &ret_result->status);
	ret_result->out = read_rest(process.out);
	ret_result->err = read_rest(process.err);
	return execs;
}
