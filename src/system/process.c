/*
 * Taking hold of a process: a pidfd, and its directory below /proc, which is of that process alone even when another
 * one has got its number.
 */
#include "system/process.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424 /* Linux 5.1; the same number on every architecture */
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434 /* Linux 5.3; likewise */
#endif

enum { STAT_SIZE = 1024,
       NUMBER_SIZE = 24 };

int mr_pidfd_open(pid_t pid)
{
	return mr_raise_fd((int)syscall(SYS_pidfd_open, pid, 0));
}

static int no_process(pid_t pid, const char *more, struct maproot_error *err)
{
	char number[NUMBER_SIZE];
	struct mr_text text = mr_text_in(number, sizeof(number));

	mr_text_add_number(&text, pid);
	return mr_fail_pieces(err, ESRCH, MAPROOT_STEP_NO_PROCESS, number, more, NULL);
}

void mr_process_release(struct mr_process *process)
{
	mr_close_fd(&process->pidfd);
	mr_close_fd(&process->directory);
}

/*
 * The pid of a pidfd as the /proc of this mount namespace counts; 0: not to be seen there, -1: gone. -EINVAL: no pidfd.
 */
static int read_pidfd(int pidfd, pid_t *ret_pid)
{
	char path[48];
	char info[512];
	struct mr_text text = mr_text_in(path, sizeof(path));
	const char *at;
	uint64_t pid;
	int code;

	/* Of the thread: it may have descriptors of its own. */
	mr_text_add(&text, "/proc/thread-self/fdinfo/");
	mr_text_add_number(&text, pidfd);
	code = mr_read_file(path, info, sizeof(info));
	if (code == -E2BIG)
		return -EINVAL; /* what is said of a pidfd is short */
	if (code < 0)
		return code;
	at = strstr(info, "\nPid:\t");
	if (!at)
		return -EINVAL;
	*ret_pid = -1;
	if (mr_text_read_number(at + strlen("\nPid:\t"), &at, INT32_MAX, &pid) == 0)
		*ret_pid = (pid_t)pid;
	return 0;
}

int mr_process_check(const struct mr_process *process)
{
	struct stat status;
	pid_t pid;

	if (process->pidfd < 0) /* the directory of a process that was reaped has lost what is in it */
		return fstatat(process->directory, "stat", &status, 0) < 0 ? -ESRCH : 0;
	if (syscall(SYS_pidfd_send_signal, process->pidfd, 0, NULL, 0) == 0)
		return 0;
	if (errno == ENOSYS) /* a filter that knows no more than the older calls */
		return read_pidfd(process->pidfd, &pid) < 0 || pid < 0 ? -ESRCH : 0;
	return errno == ESRCH ? -ESRCH : 0;
}

int mr_process_check_proc(void)
{
	char shown[NUMBER_SIZE];
	ssize_t length = readlink("/proc/self", shown, sizeof(shown) - 1);
	const char *end;
	uint64_t pid;

	if (length < 0)
		return -errno;
	shown[length] = '\0';
	if (mr_text_read_number(shown, &end, INT32_MAX, &pid) < 0 || *end != '\0' || (pid_t)pid != getpid())
		return -ESRCH;
	return 0;
}

static int open_directory(struct mr_process *process, struct maproot_error *err)
{
	char path[48];
	struct mr_text text = mr_text_in(path, sizeof(path));
	struct statfs system;

	mr_text_add(&text, "/proc/");
	mr_text_add_number(&text, process->pid);
	process->directory = mr_open(path, O_PATH | O_DIRECTORY, 0);
	if (process->directory == -ENOENT && access("/proc/self", F_OK) == 0)
		return no_process(process->pid, "", err);
	if (process->directory < 0)
		return mr_fail(err, -process->directory, MAPROOT_STEP_OPEN_NAMESPACE, path);
	if (fstatfs(process->directory, &system) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_OPEN_NAMESPACE, path);
	if (system.f_type != PROC_SUPER_MAGIC)
		return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'", path,
				      "' is not of a proc file system", NULL);
	return 0;
}

static int check_start_time(const struct mr_process *process, uint64_t wanted, struct maproot_error *err)
{
	uint64_t start_time;
	int code = mr_process_start_time(process, &start_time);

	if (code == -ESRCH || code == -ENOENT)
		return no_process(process->pid, "", err);
	if (code < 0)
		return mr_fail_number(err, -code, MAPROOT_STEP_INSPECT, process->pid);
	if (start_time != wanted)
		return no_process(process->pid, " that started then: the number was given to another", err);
	return 0;
}

/* Takes what is open of a process, and opens the rest. */
static int complete(struct mr_process *process, uint64_t start_time, struct mr_process *ret_process,
		    struct maproot_error *err)
{
	int code = open_directory(process, err);

	if (code == 0 && start_time != 0)
		code = check_start_time(process, start_time, err);
	/* Alive now, it was so in between, and both are of the one process. */
	if (code == 0 && mr_process_check(process) < 0)
		code = no_process(process->pid, "", err);
	if (code < 0) {
		mr_process_release(process);
		return code;
	}
	*ret_process = *process;
	return 0;
}

int mr_process_hold(pid_t pid, uint64_t start_time, struct mr_process *ret_process,
		    struct maproot_error *err)
{
	struct mr_process process = { pid, -1, -1 };
	int code;

	process.pidfd = mr_pidfd_open(pid);
	/* EINVAL, ENOENT: a thread that leads no process. */
	if (process.pidfd == -ESRCH || process.pidfd == -EINVAL || process.pidfd == -ENOENT)
		return no_process(pid, "", err);
	if (process.pidfd == -ENOSYS && mr_process_check_proc() == -ESRCH)
		return mr_fail(err, ESRCH, MAPROOT_STEP_FACTS, "/proc, which belongs to another pid namespace");
	if (process.pidfd == -ENOSYS)
		return complete(&process, start_time, ret_process, err);
	if (process.pidfd < 0)
		return mr_fail_number(err, -process.pidfd, MAPROOT_STEP_INSPECT, pid);
	/*
	 * The /proc of an outer pid namespace has another number for it, and another process below this one. That it
	 * has the same number for us says nothing: the two may coincide.
	 */
	code = read_pidfd(process.pidfd, &process.pid);
	if (code < 0)
		code = mr_fail(err, -code, MAPROOT_STEP_OPEN_NAMESPACE, "/proc/thread-self");
	else if (process.pid <= 0)
		code = no_process(pid, "", err);
	if (code < 0) {
		mr_process_release(&process);
		return code;
	}
	return complete(&process, start_time, ret_process, err);
}

int mr_process_hold_pidfd(int pidfd, struct mr_process *ret_process, struct maproot_error *err)
{
	struct mr_process process = MR_PROCESS_NONE;
	int code = read_pidfd(pidfd, &process.pid);

	if (code == -EINVAL || code == -ENOENT)
		return -EINVAL;
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_OPEN_NAMESPACE, "/proc/thread-self/fdinfo");
	if (process.pid <= 0) {
		const char *why = process.pid == 0 ? "that the descriptor holds, in this /proc" :
						     "any more that the descriptor holds";

		return mr_fail(err, ESRCH, MAPROOT_STEP_NO_PROCESS, why);
	}
	process.pidfd = mr_raise_fd(fcntl(pidfd, F_DUPFD_CLOEXEC, 3));
	if (process.pidfd < 0)
		return mr_fail_number(err, -process.pidfd, MAPROOT_STEP_INSPECT, process.pid);
	return complete(&process, 0, ret_process, err);
}

/* "ns/NAME" */
static const char *namespace_path(enum maproot_namespace type, char path[NUMBER_SIZE])
{
	struct mr_text text = mr_text_in(path, NUMBER_SIZE);

	mr_text_add(&text, "ns/");
	mr_text_add(&text, maproot_namespace_name(type));
	return path;
}

int mr_process_namespace_id(const struct mr_process *process, enum maproot_namespace type,
			    struct mr_nsfs_id *ret_id)
{
	char path[NUMBER_SIZE];
	struct stat status;

	if (fstatat(process->directory, namespace_path(type, path), &status, 0) < 0)
		return -errno;
	*ret_id = (struct mr_nsfs_id){ status.st_dev, status.st_ino };
	return 0;
}

int mr_process_open_namespace(const struct mr_process *process, enum maproot_namespace type)
{
	char path[NUMBER_SIZE];

	return mr_raise_fd(openat(process->directory, namespace_path(type, path),
				  O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

int mr_process_start_time(const struct mr_process *process, uint64_t *ret_start_time)
{
	enum { FIELD = 22,
	       AFTER_NAME = 3 };
	char buffer[STAT_SIZE];
	mr_auto_fd int fd = mr_raise_fd(openat(process->directory, "stat", O_RDONLY | O_CLOEXEC));
	ssize_t length;
	const char *at;

	if (fd < 0)
		return fd;
	length = mr_read(fd, buffer, sizeof(buffer) - 1);
	if (length < 0)
		return (int)length;
	buffer[length] = '\0';
	/* The name may hold anything, also spaces and brackets: what follows its last bracket is field 3. */
	at = strrchr(buffer, ')');
	for (int field = AFTER_NAME - 1; at && field < FIELD; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (!at || mr_text_read_number(at, &at, UINT64_MAX, ret_start_time) < 0)
		return -EIO;
	return 0;
}
