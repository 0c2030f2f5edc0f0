/*
 * Runs a command as the unprivileged test user, see tests/support: for scripts that root may have started.
 * The user has one range of subordinate ids, entered by name, which is what every program compared with
 * understands; and XDG_RUNTIME_DIR, since some of them can't do without.
 * Stdio is passed on; the exit status is the command's, 128+N where signal N ended it.
 *
 *   as_user COMMAND [ARG]...
 */
#include "../support/support.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The copy that support_init() mounted over /etc/subuid or /etc/subgid, never the machine's file. */
static void enter_one_range(const char *copy)
{
	const struct support_user *user = support_user();
	FILE *file = fopen(support_text("%s/%s", support_directory(), copy), "we");

	if (!file)
		support_die("cannot open %s", copy);
	fprintf(file, "%s:%u:%u\n", user->name, user->subordinate[0], user->subordinate_count);
	if (ferror(file) || fclose(file) != 0)
		support_die("cannot write %s", copy);
}

int main(int argc, char **argv)
{
	const struct support_user *user;
	const char *runtime;
	int status;
	pid_t pid;

	if (argc < 2)
		support_die("usage: as_user COMMAND [ARG]...");
	support_init();
	if (geteuid() == 0) {
		enter_one_range("etc-subuid");
		enter_one_range("etc-subgid");
	}
	user = support_user();
	runtime = support_text("%s/runtime", user->home);
	if (mkdir(runtime, 0700) != 0 || (geteuid() == 0 && chown(runtime, user->uid, user->gid) != 0))
		support_die("cannot make %s", runtime);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		support_die("fork");
	if (pid == 0) {
		const char *const environment[] = {
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			support_text("HOME=%s", user->home),
			support_text("USER=%s", user->name),
			support_text("XDG_RUNTIME_DIR=%s", runtime),
			"SHELL=/bin/sh",
			"LC_ALL=C",
			NULL,
		};

		support_become_user();
		if (chdir(user->home) == 0)
			(void)execvpe(argv[1], argv + 1, (char *const *)environment);
		support_die("cannot execute %s", argv[1]);
	}
	if (waitpid(pid, &status, 0) != pid)
		support_die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
