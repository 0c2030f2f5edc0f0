/*
 * Getting to where things fail.
 */
#include "situation.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <maproot/run.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char *situation_command;

int fail_to_start(const struct maproot_request *request, struct maproot_error *err)
{
	static const struct maproot_request plain;
	char *const argv[] = { (char *)(situation_command ? situation_command : "/bin/true"), NULL };
	struct maproot_child child;
	int status;
	int code = maproot_spawn(request ? request : &plain, argv, NULL, &child, err);

	if (code == 0)
		(void)maproot_supervise(&child, &status, NULL);
	return code;
}

void become_user(void)
{
	unit_become_user();
}

void put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		support_die("cannot write '%s' to %s", text, path);
	(void)close(fd);
}

/* The maps are written from outside, where the rights to are. */
void identity_namespace(void)
{
	pid_t target = getpid();
	int ready[2];
	int status;
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		support_die("fork");
	if (pid == 0) {
		(void)close(ready[1]);
		if (read(ready[0], &byte, 1) != 0)
			_exit(99);
		put_text(support_text("/proc/%d/uid_map", (int)target), "0 0 4294967295");
		put_text(support_text("/proc/%d/gid_map", (int)target), "0 0 4294967295");
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER) < 0)
		support_die("cannot make a user namespace");
	(void)close(ready[1]);
	(void)close(ready[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		support_die("the maps were not written");
}

void set_limit(const char *type, const char *value)
{
	put_text(support_text("/proc/sys/user/max_%s_namespaces", type), value);
}

void filter_creation(int number, bool clone_too, bool unshare_too)
{
	const unsigned int flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
				   CLONE_NEWUTS | CLONE_NEWCGROUP;
	const unsigned int answer = number ? SECCOMP_RET_ERRNO | (unsigned int)number : SECCOMP_RET_KILL_PROCESS;
	const unsigned int none = 0xffffffff; /* no such call */
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, clone_too ? SYS_clone : none, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, unshare_too ? SYS_unshare : none, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, clone_too ? SYS_clone3 : none, 0, 3),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flags, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, answer),
	};
	const struct sock_fprog filter = { UNIT_COUNT(program), program };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0)
		support_die("cannot set a filter");
}

static void make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			support_die("cannot make %s", path);
		*slash = '/';
	}
}

const char *make_files(const char *const *files)
{
	const char *root = support_text("%s/files-%d", support_directory(), (int)getpid());
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/", root);
	make_parents(path);
	for (; *files; files += 2) {
		(void)snprintf(path, sizeof(path), "%s%s", root, files[0]);
		make_parents(path);
		(void)unit_file(path, files[1]);
	}
	return root;
}

/* Of the process that is made for a situation: known to the one that waits for it, by its number. */
const char *make_group(const char *hierarchy)
{
	const char *group = support_text("%s/maproot-test-%d", hierarchy, (int)getppid());

	if (mkdir(group, 0755) < 0)
		support_die("cannot make %s", group);
	return group;
}

void end_groups(void)
{
	static const char *const hierarchies[] = { "/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified" };

	for (size_t at = 0; at < UNIT_COUNT(hierarchies); at++) {
		const char *group = support_text("%s/maproot-test-%d", hierarchies[at], (int)getpid());

		/* The end of a process is seen before it has left its group. */
		for (int tries = 0; rmdir(group) < 0 && errno == EBUSY && tries < 500; tries++)
			support_sleep_us(10000);
		if (access(group, F_OK) == 0)
			support_die("cannot remove %s", group);
	}
}
