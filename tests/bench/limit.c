/*
 * The limit: the least that a wrapper of this kind can do, and nothing else. A clone into a new user and
 * mount namespace, three files written, itself executed again, the command executed, one wait. Built as
 * the wrapper is built, so that the two differ only in what the wrapper does more.
 *
 *   limit COMMAND [ARG]...              with a child and a re-execution
 *   limit --in-place COMMAND [ARG]...   unshare, maps, exec
 *
 * It checks nothing that it need not, forwards no signal, and makes no promise to its command.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static _Alignas(16) char child_stack[16384];

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(125);
	close(fd);
}

static void put_maps(uid_t user, gid_t group)
{
	char map[32];

	put("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", user);
	put("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", group);
	put("/proc/self/gid_map", map);
}

struct start {
	uid_t user;
	gid_t group;
	char **argv;
};

static int in_child(void *argument)
{
	static char again[] = "+";
	struct start *start = argument;

	put_maps(start->user, start->group);
	start->argv[0] = again;
	execve("/proc/self/exe", start->argv, environ);
	_exit(125);
}

static int run_in_place(char **argv)
{
	uid_t user = geteuid();
	gid_t group = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return 125;
	put_maps(user, group);
	execve(argv[0], argv, environ);
	return 127;
}

int main(int argc, char **argv)
{
	struct start start = { geteuid(), getegid(), argv };
	int status;
	pid_t pid;

	if (argc < 2)
		return 125;
	if (argv[0][0] == '+') {
		execve(argv[1], argv + 1, environ);
		return 127;
	}
	if (argc > 2 && strcmp(argv[1], "--in-place") == 0)
		return run_in_place(argv + 2);
	pid = clone(in_child, child_stack + sizeof(child_stack),
		    CLONE_VM | CLONE_VFORK | CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD, &start);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return 125;
	return WEXITSTATUS(status);
}
