/*
 * Processes at their end. On kernels before 5.3, which have no pidfd, by the directory below /proc.
 */
#include "system/ending.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424 /* Linux 5.1; the same number on every architecture */
#endif

enum { STAT_SIZE = 1024,
       NAP_MS = 10 };

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* it can't fail: the clock exists */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * 1: ended, 0: not yet, or -errno. The main thread is a zombie also where others go on: then it is not the only
 * one.
 */
static int look(const struct mr_process *process)
{
	enum { STATE = 3,
	       THREADS = 20 };
	char text[STAT_SIZE];
	mr_auto_fd int fd = mr_raise_fd(openat(process->directory, "stat", O_RDONLY | O_CLOEXEC));
	ssize_t length = fd < 0 ? fd : mr_read(fd, text, sizeof(text) - 1);
	uint64_t threads;
	const char *at;
	char state;

	if (length == -ESRCH || length == -ENOENT)
		return 1;
	if (length < 0)
		return (int)length;
	text[length] = '\0';
	at = strrchr(text, ')');
	if (!at || at[1] != ' ')
		return -EIO;
	at += 2;
	state = *at;
	for (int field = STATE; at && field < THREADS; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (!at || mr_text_read_number(at, &at, UINT64_MAX, &threads) < 0)
		return -EIO;
	return (state == 'Z' || state == 'X') && threads <= 1;
}

/* Without a pidfd there is nothing that would wake. */
static int await_by_looking(const struct mr_process *process, int64_t end_ms)
{
	const struct timespec nap = { 0, NAP_MS * 1000000L };

	for (;;) {
		int code = look(process);

		if (code != 0)
			return code < 0 ? code : 0;
		if (now_ms() >= end_ms)
			return -ETIMEDOUT;
		(void)nanosleep(&nap, NULL); /* cut short by a signal, it looks sooner */
	}
}

int mr_ending_await(const struct mr_process *process, int ms)
{
	int64_t end_ms = now_ms() + ms;

	if (process->pidfd < 0)
		return await_by_looking(process, end_ms);
	for (;;) {
		struct pollfd watched = { process->pidfd, POLLIN, 0 };
		int64_t left = end_ms - now_ms();
		int ready = poll(&watched, 1, left > 0 ? (int)left : 0);

		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready == 0 && left <= 0)
			return -ETIMEDOUT;
	}
}

int mr_ending_signal(const struct mr_process *process, int number)
{
	if (process->pidfd >= 0)
		return syscall(SYS_pidfd_send_signal, process->pidfd, number, NULL, 0) < 0 ? -errno : 0;
	if (mr_process_check(process) < 0)
		return -ESRCH;
	return kill(process->pid, number) < 0 ? -errno : 0;
}
