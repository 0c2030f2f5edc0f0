/*
 * Contract of src/system/leaving.h: who waits goes on when the child has executed something, or has ended, and not before; no
 * matter who else has a copy of the descriptor.
 */
#include "system/leaving.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { A_WHILE_US = 200000 };

static const struct {
	const char *program; /* that the child executes; NULL: it exits; "": it is killed */
} ways[] = { { "/bin/sleep" }, { NULL }, { "" } };

static _Noreturn void leave(int fd, int ready, const char *program)
{
	if (mr_leaving_begin(fd) < 0 || write(ready, "x", 1) != 1)
		_exit(99);
	support_sleep_us(A_WHILE_US);
	if (program && program[0])
		(void)execl(program, program, "30", (char *)NULL);
	if (program)
		(void)kill(getpid(), SIGKILL);
	_exit(0);
}

static void wait_for_byte(int fd)
{
	char byte;

	ck_assert_int_eq(read(fd, &byte, 1), 1);
}

START_TEST(the_one_who_waits_goes_on_when_it_has_left)
{
	int fd = mr_leaving_open();
	int64_t start;
	int ready[2];
	pid_t other;
	pid_t pid;

	ck_assert_int_ge(fd, 3);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		leave(fd, ready[1], ways[_i].program);
	/* Who is forked meanwhile and stays has the descriptor, too. */
	other = fork();
	if (other == 0) {
		(void)pause();
		_exit(0);
	}
	wait_for_byte(ready[0]);
	start = support_now_us();
	ck_assert_int_eq(mr_leaving_await(fd), 0);
	ck_assert_int_ge(support_now_us() - start, A_WHILE_US / 2);
	if (ways[_i].program && ways[_i].program[0]) {
		char *name = support_read(support_text("/proc/%d/comm", (int)pid), NULL);

		ck_assert_str_eq(name, "sleep\n");
		free(name);
		unit_end(pid);
	} else {
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	}
	unit_end(other);
	(void)close(fd);
}
END_TEST

START_TEST(nobody_has_begun)
{
	int fd = mr_leaving_open();

	ck_assert_int_eq(mr_leaving_await(fd), 0);
	ck_assert_int_eq(mr_leaving_await(fd), 0);
	(void)close(fd);
	ck_assert_int_eq(mr_leaving_await(fd), -EBADF);
	ck_assert_int_eq(mr_leaving_begin(fd), -EBADF);
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("system/leaving", &tc);

	tcase_add_loop_test(tc, the_one_who_waits_goes_on_when_it_has_left, 0, UNIT_COUNT(ways));
	tcase_add_test(tc, nobody_has_begun);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
