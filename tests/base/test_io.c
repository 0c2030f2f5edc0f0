/*
 * Contract of src/base/io.h: descriptors are close-on-exec and never 0, 1 or 2; EINTR is not seen; a write is
 * whole or an error; a small file is read whole or refused.
 */
#include "base/io.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* Each way in which 0, 1 and 2 may be closed. */
START_TEST(nothing_lands_on_standard_streams)
{
	int fd;
	int closed = -1;

	for (int stream = 0; stream < 3; stream++) {
		if (_i & 1 << stream)
			(void)close(stream);
	}
	fd = mr_open("/dev/null", O_RDONLY, 0);
	for (int stream = 0; stream < 3 && closed < 0; stream++) {
		if ((_i & 1 << stream) && fcntl(stream, F_GETFD) >= 0)
			closed = stream;
	}
	ck_assert_int_ge(fd, 3);
	ck_assert_int_eq(closed, -1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(raising_moves_and_passes_errors_through)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int moved;

	ck_assert_int_ge(fd, 3);
	ck_assert_int_eq(mr_raise_fd(fd), fd);
	ck_assert_int_eq(dup2(fd, 1), 1);
	moved = mr_raise_fd(1);
	ck_assert_int_ge(moved, 3);
	ck_assert_int_eq(fcntl(moved, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(1, F_GETFD), -1);
	errno = EMFILE;
	ck_assert_int_eq(mr_raise_fd(-1), -EMFILE);
}
END_TEST

START_TEST(open_says_why_not)
{
	ck_assert_int_eq(mr_open("/nonesuch/file", O_RDONLY, 0), -ENOENT);
	ck_assert_int_eq(mr_open("/etc/passwd/file", O_RDONLY, 0), -ENOTDIR);
	ck_assert_int_eq(mr_open("/", O_WRONLY, 0), -EISDIR);
}
END_TEST

START_TEST(open_creates_with_the_mode)
{
	const char *path = support_text("%s/created", support_directory());
	struct stat info;
	int fd;

	(void)umask(0);
	fd = mr_open(path, O_WRONLY | O_CREAT | O_EXCL, 0640);
	ck_assert_int_ge(fd, 3);
	ck_assert_int_eq(fstat(fd, &info), 0);
	ck_assert_uint_eq(info.st_mode & 0777, 0640);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

static void do_nothing(int signal)
{
	(void)signal;
}

/* A timer that interrupts again and again, without SA_RESTART. */
static void interrupt_from_now_on(void)
{
	const struct sigaction action = { .sa_handler = do_nothing };
	const struct itimerval often = { { 0, 2000 }, { 0, 2000 } };

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static int write_later(void *arg)
{
	support_sleep_us(50000);
	return write(*(int *)arg, "late", 4) != 4;
}

static int read_later(void *arg)
{
	char buffer[65536];
	ssize_t got;

	support_sleep_us(50000);
	while ((got = read(*(int *)arg, buffer, sizeof(buffer))) > 0)
		;
	return got != 0;
}

static pid_t start_later(int (*body)(void *arg), int fd, int other)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)close(other);
		_exit(body(&fd));
	}
	return pid;
}

START_TEST(interrupted_reads_go_on)
{
	char buffer[16];
	int ends[2];
	int status;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = start_later(write_later, ends[1], ends[0]);
	interrupt_from_now_on();
	ck_assert_int_eq(mr_read(ends[0], buffer, sizeof(buffer)), 4);
	ck_assert_int_eq(close(ends[1]), 0);
	ck_assert(support_wait(pid, 5000, &status));
	ck_assert_int_eq(mr_read(ends[0], buffer, sizeof(buffer)), 0);
	ck_assert_int_eq(mr_read(-1, buffer, sizeof(buffer)), -EBADF);
}
END_TEST

START_TEST(interrupted_writes_go_on)
{
	static char block[4096];
	int ends[2];
	int status;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
	ck_assert_int_eq(mr_write_once(ends[1], block, sizeof(block)), 0);
	pid = start_later(read_later, ends[0], ends[1]);
	interrupt_from_now_on();
	ck_assert_int_eq(mr_write_once(ends[1], block, sizeof(block)), 0);
	ck_assert_int_eq(close(ends[1]), 0);
	ck_assert(support_wait(pid, 5000, &status));
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(interrupted_opens_go_on)
{
	const char *path = support_text("%s/fifo", support_directory());
	int fd;
	int status;
	pid_t pid;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		support_sleep_us(50000);
		_exit(open(path, O_WRONLY) < 0);
	}
	interrupt_from_now_on();
	fd = mr_open(path, O_RDONLY, 0);
	ck_assert_int_ge(fd, 3);
	ck_assert(support_wait(pid, 5000, &status));
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(a_short_write_is_an_error)
{
	static char block[65536];
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
	ck_assert_int_eq(mr_write_once(ends[1], block, sizeof(block)), -EIO);
	ck_assert_int_eq(mr_write_once(ends[1], block, 1), -EAGAIN);
}
END_TEST

START_TEST(writes_files_that_exist)
{
	const char *path = unit_file("written", "old");
	char text[16];

	ck_assert_int_eq(mr_write_file(path, "new", 3), 0);
	ck_assert_int_eq(mr_read_file(path, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "new");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mr_write_file(path, "new", 3), -ENOENT);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(mr_write_file("/dev/full", "new", 3), -ENOSPC);
}
END_TEST

/* A buffer of `_i` bytes for a text of five. */
START_TEST(reads_whole_files_or_none)
{
	const char *path = unit_file(support_text("read-%d", _i), "12345");
	char text[16];
	int code;

	memset(text, '#', sizeof(text));
	code = mr_read_file(path, text, (size_t)_i);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(text[_i], '#');
	ck_assert_int_eq(code, _i < 6 ? -E2BIG : 0);
	if (code == 0)
		ck_assert_str_eq(text, "12345");
}
END_TEST

START_TEST(read_file_says_why_not)
{
	char text[16];

	ck_assert_int_eq(mr_read_file("/nonesuch", text, sizeof(text)), -ENOENT);
	ck_assert_int_eq(mr_read_file("/", text, sizeof(text)), -EISDIR);
	ck_assert_int_eq(mr_read_file("/dev/null", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

static Suite *build(void)
{
	TCase *tc;
	Suite *suite = unit_suite("base/io", &tc);

	tcase_add_loop_test(tc, nothing_lands_on_standard_streams, 0, 8);
	tcase_add_test(tc, raising_moves_and_passes_errors_through);
	tcase_add_test(tc, open_says_why_not);
	tcase_add_test(tc, open_creates_with_the_mode);
	tcase_add_test(tc, interrupted_reads_go_on);
	tcase_add_test(tc, interrupted_writes_go_on);
	tcase_add_test(tc, interrupted_opens_go_on);
	tcase_add_test(tc, a_short_write_is_an_error);
	tcase_add_test(tc, writes_files_that_exist);
	tcase_add_loop_test(tc, reads_whole_files_or_none, 0, 9);
	tcase_add_test(tc, read_file_says_why_not);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
