/* See place.h. */
#include "place.h"

#include "unit.h"

#include <dirent.h>
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned int flags_of(unsigned int types)
{
	unsigned int flags = 0;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++)
		flags |= types & MAPROOT_NAMESPACE_BIT(type) ? maproot_namespace_flag(type) : 0;
	return flags;
}

static pid_t fork_into(unsigned int types)
{
#if defined(__s390__)
	return (pid_t)syscall(SYS_clone, 0, flags_of(types) | SIGCHLD, NULL, NULL, 0);
#else
	return (pid_t)syscall(SYS_clone, flags_of(types) | SIGCHLD, 0, NULL, NULL, 0);
#endif
}

static void write_value(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) != (ssize_t)strlen(value) || close(fd) < 0)
		support_die("cannot write %s", path);
}

/* In new namespaces of these types. */
static void settle_in(unsigned int types, uid_t user, gid_t group)
{
	if (types & PLACE_BIT(USER)) {
		write_value("/proc/self/setgroups", "deny");
		write_value("/proc/self/uid_map", support_text("0 %u 1", user));
		write_value("/proc/self/gid_map", support_text("0 %u 1", group));
		if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
			support_die("cannot become root inside");
	}
	if (types & PLACE_BIT(MNT) && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		support_die("cannot make the mounts slaves");
}

pid_t place_make_settled(unsigned int first, unsigned int then, int (*settle)(void *arg), void *arg)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	int ready[2];
	char byte = 0;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		support_die("pipe2");
	/* A time namespace is for children, and no flag of clone(2). */
	if (first & PLACE_BIT(TIME) && unshare(CLONE_NEWTIME) < 0)
		support_die("cannot make a time namespace");
	pid = fork_into(first & ~PLACE_BIT(TIME));
	if (pid < 0)
		support_die("cannot make a process in new namespaces");
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
			support_die("PR_SET_PDEATHSIG");
		settle_in(first, user, group);
		user = geteuid();
		group = getegid();
		if (then && unshare((int)flags_of(then)) < 0)
			support_die("cannot make namespaces inside");
		settle_in(then, user, group);
		if (settle && settle(arg) != 0)
			support_die("cannot settle inside");
		if (write(ready[1], &byte, 1) != 1)
			_exit(99);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		support_die("the process in new namespaces is not ready");
	(void)close(ready[0]);
	if (first & PLACE_BIT(TIME)) {
		int own = open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC);

		if (own < 0 || setns(own, CLONE_NEWTIME) < 0 || close(own) < 0)
			support_die("cannot come back to the own time namespace");
	}
	return pid;
}

pid_t place_make(unsigned int first, unsigned int then)
{
	return place_make_settled(first, then, NULL, NULL);
}

/* Any thread: not in the ring of support_text(). */
static ino_t id_of(pid_t pid, const char *name, const char *suffix)
{
	char process[16] = "thread-self";
	char path[64];
	struct stat status;

	if (pid)
		(void)snprintf(process, sizeof(process), "%d", (int)pid);
	(void)snprintf(path, sizeof(path), "/proc/%s/ns/%s%s", process, name, suffix);
	return stat(path, &status) < 0 ? 0 : status.st_ino;
}

ino_t place_id(pid_t pid, const char *name)
{
	return id_of(pid, name, "");
}

ino_t place_of(pid_t pid, enum maproot_namespace type)
{
	bool later = pid == 0 && (type == MAPROOT_NAMESPACE_PID || type == MAPROOT_NAMESPACE_TIME);

	return id_of(pid, maproot_namespace_name(type), later ? "_for_children" : "");
}

void place_remember(struct place_whereabouts *ret_here)
{
	struct stat root;
	struct stat directory;
	ino_t *at = ret_here->namespaces;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++)
		*at++ = place_of(0, type);
	*at++ = place_id(0, "pid");
	*at = place_id(0, "time");
	if (stat("/", &root) < 0 || stat(".", &directory) < 0)
		support_die("cannot find where we are");
	ret_here->root_device = root.st_dev;
	ret_here->root = root.st_ino;
	ret_here->directory_device = directory.st_dev;
	ret_here->directory = directory.st_ino;
}

void place_check_unmoved(const struct place_whereabouts *before)
{
	struct place_whereabouts now;

	place_remember(&now);
	for (size_t at = 0; at < UNIT_COUNT(now.namespaces); at++)
		ck_assert_msg(before->namespaces[at] == now.namespaces[at], "namespace %zu is another", at);
	ck_assert_msg(before->root == now.root && before->root_device == now.root_device, "the root is another");
	ck_assert_msg(before->directory == now.directory && before->directory_device == now.directory_device,
		      "the working directory is another");
}

size_t place_descriptors(void)
{
	DIR *stream = opendir("/proc/self/fd");
	size_t count = 0;

	if (!stream)
		support_die("cannot read /proc/self/fd");
	for (const struct dirent *entry; (entry = readdir(stream));)
		count += entry->d_name[0] != '.';
	(void)closedir(stream);
	return count - 1; /* without the stream's own */
}

static void install(const struct sock_filter *program, size_t count)
{
	const struct sock_fprog filter = { (unsigned short)count, (struct sock_filter *)program };

	if (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		support_die("PR_SET_NO_NEW_PRIVS");
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0)
		support_die("PR_SET_SECCOMP");
}

/* The lower half of an argument, which holds all of an int. */
static unsigned int offset_of_argument(unsigned int number)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return (unsigned int)offsetof(struct seccomp_data, args) + 8 * number + 4;
#else
	return (unsigned int)offsetof(struct seccomp_data, args) + 8 * number;
#endif
}

void place_deny_setns(enum maproot_namespace type, int number)
{
	const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setns, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset_of_argument(1)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, maproot_namespace_flag(type), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)number),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install(program, UNIT_COUNT(program));
}

void place_deny_setns_above(int fd, int number)
{
	const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setns, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset_of_argument(0)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (unsigned int)fd, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)number),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install(program, UNIT_COUNT(program));
}

void place_deny_setns_of_many(int number)
{
	enum { HEAD = 3 };
	struct sock_filter program[HEAD + MAPROOT_NAMESPACE_COUNT + 2] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setns, 0, MAPROOT_NAMESPACE_COUNT + 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset_of_argument(1)),
	};
	const unsigned char count = MAPROOT_NAMESPACE_COUNT;

	for (unsigned char type = 0; type < count; type++)
		program[HEAD + type] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, maproot_namespace_flag(type), (unsigned char)(count - type), 0);
	program[HEAD + count] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)number);
	program[HEAD + count + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	install(program, UNIT_COUNT(program));
}

int place_in_pid_namespace(int (*body)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork_into(PLACE_BIT(PID) | PLACE_BIT(MNT));

	if (pid < 0)
		support_die("cannot make a pid namespace");
	if (pid == 0) {
		settle_in(PLACE_BIT(MNT), 0, 0);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || mount("proc", "/proc", "proc", 0, NULL) < 0)
			support_die("cannot mount /proc");
		_exit(body(arg));
	}
	if (!support_wait(pid, 60000, &status))
		support_die("process 1 of the pid namespace does not end");
	return status;
}

pid_t place_recycle(pid_t pid)
{
	for (int attempt = 0; attempt < 100; attempt++) {
		pid_t got;

		write_value("/proc/sys/kernel/ns_last_pid", support_text("%d", (int)pid - 1));
		got = fork();
		if (got < 0)
			support_die("fork");
		if (got == 0) {
			for (;;)
				(void)pause();
		}
		if (got == pid)
			return got;
		unit_end(got);
	}
	support_die("the number %d is not given again", (int)pid);
}

pid_t place_zombie(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid < 0)
		support_die("fork");
	if (pid == 0)
		_exit(0);
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
		support_die("waitid");
	return pid;
}

unsigned long long place_start_time(pid_t pid)
{
	char *text = support_read(support_text("/proc/%d/stat", (int)pid), NULL);
	const char *at = text ? strrchr(text, ')') : NULL;
	unsigned long long start;

	/* What follows the bracket is field 3. */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		support_die("cannot read when %d started", (int)pid);
	start = strtoull(at + 1, NULL, 10);
	free(text);
	return start;
}
