/*
 * as_user DIRECTORY COMMAND [ARG]...: runs a command as the unprivileged test user of tests/support, with subordinate ids, in
 * DIRECTORY, which that user gets. Keeps the environment but for what names the user. Exits as the command exited.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const struct support_user *user;
	int status;
	pid_t pid;

	if (argc < 3)
		support_die("usage: as_user DIRECTORY COMMAND [ARG]...");
	support_init();
	user = support_user();
	if (geteuid() == 0 && chown(argv[1], user->uid, user->gid) < 0)
		support_die("chown %s", argv[1]);

	pid = fork();
	if (pid < 0)
		support_die("fork");
	if (pid == 0) {
		support_become_user();
		if (setenv("HOME", argv[1], 1) == 0 && setenv("USER", user->name, 1) == 0 &&
		    setenv("SHELL", "/bin/sh", 1) == 0 && chdir(argv[1]) == 0)
			(void)execvp(argv[2], argv + 2);
		support_die("cannot execute %s in %s", argv[2], argv[1]);
	}
	if (waitpid(pid, &status, 0) != pid)
		support_die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
