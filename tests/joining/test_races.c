/*
 * Contract of joins while somebody works against them: whenever the process that is joined dies, and whatever is put
 * under a path meanwhile, the command is in the namespace that was meant, or the program ends with 125 and says why.
 * It never hangs.
 */
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_US = 3000 };

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		_exit(99);
}

/* The user, root of a user and network namespace of his, until he is killed. */
static _Noreturn void be_target(int ready)
{
	const struct support_user *user = support_user();

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	support_become_user();
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) < 0)
		_exit(99);
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", support_text("0 %u 1", user->uid));
	write_file("/proc/self/gid_map", support_text("0 %u 1", user->gid));
	if (write(ready, "x", 1) != 1)
		_exit(99);
	for (;;)
		(void)pause();
}

static pid_t start_target(const char **ret_net)
{
	char link[64] = "";
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		be_target(ready[1]);
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	ck_assert_int_gt(readlink(support_text("/proc/%d/ns/net", (int)pid), link, sizeof(link) - 1), 0);
	*ret_net = container_keep(support_text("%s\n", link));
	return pid;
}

static const struct {
	const char *words[4];
} dying[] = {
	{ { "--target=%d", "--in-place" } },
	{ { "--target=%d", "-f" } },
	{ { "--join=user,net=%d", NULL } },
	{ { "--join=user=%d", "--join=net=/proc/%d/ns/net" } },
	{ { "--target=%d", "-u" } },
};

/* How a program may end that was too late. */
static bool says_so(const char *err)
{
	static const char *const words[] = { "there is no process ", "cannot open namespace ", "cannot join " };

	for (size_t at = 0; at < UNIT_COUNT(words); at++) {
		if (strncmp(err, "maproot: ", 9) == 0 && strncmp(err + 9, words[at], strlen(words[at])) == 0)
			return true;
	}
	return false;
}

static void check_end(const struct support_result *result, const char *net, size_t *joined, size_t *refused)
{
	ck_assert_msg(!result->timed_out, "hangs");
	if (result->status == 0) {
		ck_assert_str_eq(result->out, net);
		ck_assert_str_eq(result->err, "");
		++*joined;
		return;
	}
	ck_assert_msg(WIFEXITED(result->status) && WEXITSTATUS(result->status) == 125 && says_so(result->err) &&
			      result->out_length == 0,
		      "status %x: %s%s", (unsigned int)result->status, result->out, result->err);
	++*refused;
}

START_TEST(the_target_dies)
{
	int steps = support_size(20, 120, 1500);
	size_t joined = 0;
	size_t refused = 0;

	for (int step = 0; step < steps; step++) {
		const char *argv[8] = { container_maproot() };
		struct support_command command = { .argv = argv, .envp = container_environment(), .timeout_ms = 5000 };
		struct support_process process;
		struct support_result result;
		const char *net;
		pid_t pid = start_target(&net);
		size_t count = 1;
		int64_t start;

		for (size_t at = 0; at < 4 && dying[_i].words[at]; at++)
			argv[count++] = support_text(dying[_i].words[at], (int)pid); /* NOLINT: from the table above */
		argv[count++] = "readlink";
		argv[count++] = "/proc/self/ns/net";
		/* The first comes too late for certain, the last in time. */
		if (step == 0)
			unit_end(pid);
		support_start(&command, &process);
		start = support_now_us();
		while (support_now_us() - start < (int64_t)step * LONGEST_US / steps)
			;
		if (step > 0 && step < steps - 1)
			unit_end(pid);
		support_finish(&process, &result);
		if (step == steps - 1)
			unit_end(pid);
		check_end(&result, net, &joined, &refused);
		support_release(&result);
	}
	ck_assert_uint_gt(refused, 0);
	ck_assert_uint_gt(joined, 0);
}
END_TEST

/* What a path leads to, one after the other, as fast as it goes: what is meant, and what is not. */
static _Noreturn void flip(const char *path, const char *const *targets, size_t count)
{
	const char *next = support_text("%s.next", path);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t at = 0;; at++) {
		(void)unlink(next);
		if (symlink(targets[at % count], next) < 0 || rename(next, path) < 0)
			_exit(99);
	}
}

static bool refuses_swap(const char *err)
{
	return strstr(err, " is a FIFO or pipe, not a namespace\n") || strstr(err, " is a file, not a namespace") ||
	       strstr(err, " is a uts namespace, not net\n") || strstr(err, " is a device, not a namespace\n");
}

START_TEST(the_path_is_swapped)
{
	const char *home = support_user()->home;
	const char *path = container_keep(support_text("%s/swapped-%d", home, _i)); /* the ring of texts is too short */
	const char *net;
	pid_t target = start_target(&net);
	const char *const targets[] = { container_keep(support_text("/proc/%d/ns/net", (int)target)),
					container_keep(support_text("%s/fifo", home)), "/proc/self/status",
					container_keep(support_text("/proc/%d/ns/uts", (int)target)), "/dev/null" };
	int steps = support_size(60, 400, 5000);
	size_t joined = 0;
	size_t refused = 0;
	pid_t flipper;

	if (_i == 0 && mkfifo(targets[1], 0666) < 0)
		support_die("mkfifo");
	ck_assert_int_eq(symlink(targets[0], path), 0);
	flipper = fork();
	if (flipper == 0)
		flip(path, targets, _i == 0 ? 5 : 3);
	for (int step = 0; step < steps; step++) {
		const char *const argv[] = { container_maproot(),
					     support_text("--join=user=%d", (int)target),
					     support_text("--join=%s%s", _i == 0 ? "net=" : "", path),
					     "readlink",
					     "/proc/self/ns/net",
					     NULL };
		struct support_command command = { .argv = argv, .envp = container_environment(), .timeout_ms = 5000 };
		struct support_result result;

		support_run(&command, &result);
		ck_assert_msg(!result.timed_out, "hangs");
		if (result.status == 0) {
			ck_assert_str_eq(result.out, net);
			joined++;
		} else {
			ck_assert_msg(WEXITSTATUS(result.status) == 125 && refuses_swap(result.err), "status %x: %s%s",
				      (unsigned int)result.status, result.out, result.err);
			refused++;
		}
		support_release(&result);
	}
	unit_end(flipper);
	unit_end(target);
	(void)unlink(support_text("%s.next", path));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_msg(joined > 0 && refused > 0, "joined %zu, refused %zu", joined, refused);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("joining/races", &tc);

	container_set_up();
	tcase_set_timeout(tc, 200);
	tcase_add_loop_test(tc, the_target_dies, 0, UNIT_COUNT(dying));
	tcase_add_loop_test(tc, the_path_is_swapped, 0, 2);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
