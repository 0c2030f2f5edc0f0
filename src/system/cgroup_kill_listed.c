/*
 * Killing by number what is listed in a group, where the kernel has no cgroup.kill. A number may have come to mean
 * somebody else by the time it is used: so processes are taken hold of by it, then the list is read once more, and
 * who is still in it under this number is who is held, or is dead. Without pidfds (before Linux 5.3) the number is
 * all there is.
 */
#include "system/cgroup_parts.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "system/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

enum { AT_ONCE = 64,
       READ_SIZE = 4096 };

struct list {
	pid_t *pid;
	size_t count;
	size_t size;
};

static void release(struct list *list)
{
	free(list->pid);
	*list = (struct list){ NULL, 0, 0 };
}

#define auto_list __attribute__((cleanup(release)))

static int add(struct list *list, pid_t pid)
{
	if (list->count == list->size) {
		size_t size = list->size * 2 + 64;
		pid_t *larger = realloc(list->pid, size * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		list->pid = larger;
		list->size = size;
	}
	list->pid[list->count++] = pid;
	return 0;
}

/* Numbers, a line each, that a read may cut anywhere. */
static int read_lines(int fd, struct list *list)
{
	char buffer[READ_SIZE];
	int64_t number = -1;
	ssize_t length;
	int code = 0;

	while ((length = mr_read(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < length && code == 0; at++) {
			if (buffer[at] >= '0' && buffer[at] <= '9')
				number = (number < 0 ? 0 : number * 10) + (buffer[at] - '0');
			else if (number >= 0)
				code = add(list, (pid_t)number);
			if (buffer[at] == '\n')
				number = -1;
		}
		if (code < 0)
			return code;
	}
	return (int)length;
}

/* Opened anew each time: version 1 keeps what it has said to who has opened it. A group that is gone is empty. */
static int read_list(int directory, struct list *list)
{
	mr_auto_fd int fd = mr_raise_fd(openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC));
	int code = fd < 0 ? fd : read_lines(fd, list);

	/* EOPNOTSUPP: a threaded group, whose processes are listed above it. */
	return code == -ENOENT || code == -ENODEV || code == -EOPNOTSUPP ? 0 : code;
}

static bool has(const struct list *list, pid_t pid)
{
	for (size_t at = 0; at < list->count; at++) {
		if (list->pid[at] == pid)
			return true;
	}
	return false;
}

bool mr_cgroup_lists_us(int directory)
{
	auto_list struct list list = { NULL, 0, 0 };

	return read_list(directory, &list) == 0 && has(&list, getpid());
}

/* Returns 0 also for who has ended. */
static int kill_held(int pidfd, pid_t pid)
{
	long code = pidfd == -ENOSYS ? kill(pid, SIGKILL) : syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);

	/* A filter may know the one call and not the other. */
	if (code < 0 && errno == ENOSYS)
		code = kill(pid, SIGKILL);
	return code < 0 && errno != ESRCH ? -errno : 0;
}

/* Takes hold of some, looks again, kills. */
static int kill_some(int directory, const pid_t *pids, size_t count, size_t *killed)
{
	auto_list struct list again = { NULL, 0, 0 };
	int pidfd[AT_ONCE];
	int first_error = 0;
	int code;

	for (size_t at = 0; at < count; at++)
		pidfd[at] = mr_pidfd_open(pids[at]);
	code = read_list(directory, &again);
	for (size_t at = 0; at < count; at++) {
		bool held = pidfd[at] >= 0 || pidfd[at] == -ENOSYS;

		if (code == 0 && held && has(&again, pids[at])) {
			int one = kill_held(pidfd[at], pids[at]);

			*killed += one == 0;
			first_error = first_error ? first_error : one;
		} else if (code == 0 && !held && pidfd[at] != -ESRCH) {
			first_error = pidfd[at];
		}
		mr_close_fd(&pidfd[at]);
	}
	return code < 0 ? code : first_error;
}

int mr_cgroup_kill_listed(int directory, size_t *ret_killed)
{
	struct list list = { NULL, 0, 0 };
	int code = read_list(directory, &list);
	size_t killed = 0;
	size_t known = 0;

	for (size_t at = 0; at < list.count; at++) {
		if (list.pid[at] != 0)
			list.pid[known++] = list.pid[at];
	}
	for (size_t at = 0; at < known; at += AT_ONCE) {
		size_t count = known - at < AT_ONCE ? known - at : AT_ONCE;
		int one = kill_some(directory, list.pid + at, count, &killed);

		code = code < 0 ? code : one;
	}
	*ret_killed = killed;
	if (code == 0 && known < list.count)
		code = -ESRCH;
	release(&list);
	return code;
}
