/*
 * Runs a command as the unprivileged test user, see tests/support: for scripts that root may have started.
 * The user has one range of subordinate ids, entered by name, which is what every program compared with
 * understands; and XDG_RUNTIME_DIR, since some of them can't do without.
 * Stdio is passed on; the exit status is the command's, 128+N where signal N ended it.
 *
 *   as_user [--delegate HIERARCHY] COMMAND [ARG]...
 *
 * HIERARCHY is where control groups of version 2 are mounted: the command runs in a group below one that is the user's.
 */
#include "../support/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
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

/* Of good use for 15 texts: not kept, but made again. */
static const char *group(const char *hierarchy, pid_t keeper, const char *below)
{
	return support_text("%s/maproot-bench-%d%s", hierarchy, (int)keeper, below);
}

static void give_to_user(const char *path)
{
	const struct support_user *user = support_user();

	if (chown(path, user->uid, user->gid) != 0)
		support_die("cannot give %s away", path);
}

/* What cgroups(7) says that a delegation is: the directory and three of its files. */
static void delegate(const char *hierarchy, pid_t keeper)
{
	if (mkdir(group(hierarchy, keeper, ""), 0755) != 0 || mkdir(group(hierarchy, keeper, "/in"), 0755) != 0)
		support_die("cannot make %s", group(hierarchy, keeper, "/in"));
	give_to_user(group(hierarchy, keeper, ""));
	give_to_user(group(hierarchy, keeper, "/in"));
	give_to_user(group(hierarchy, keeper, "/cgroup.procs"));
	give_to_user(group(hierarchy, keeper, "/in/cgroup.procs"));
	give_to_user(group(hierarchy, keeper, "/cgroup.subtree_control"));
	give_to_user(group(hierarchy, keeper, "/cgroup.threads"));
}

static void enter(const char *hierarchy, pid_t keeper)
{
	int procs = open(group(hierarchy, keeper, "/in/cgroup.procs"), O_WRONLY | O_CLOEXEC);

	if (procs < 0 || write(procs, "0", 1) != 1 || close(procs) != 0)
		support_die("cannot enter %s", group(hierarchy, keeper, "/in"));
}

static void remove_group(const char *hierarchy, pid_t keeper)
{
	if (rmdir(group(hierarchy, keeper, "/in")) != 0 || rmdir(group(hierarchy, keeper, "")) != 0)
		support_die("cannot remove %s", group(hierarchy, keeper, "/in"));
}

int main(int argc, char **argv)
{
	const struct support_user *user;
	const char *hierarchy = NULL;
	const char *runtime;
	int status;
	pid_t pid;

	if (argc > 3 && strcmp(argv[1], "--delegate") == 0) {
		hierarchy = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc < 2)
		support_die("usage: as_user [--delegate HIERARCHY] COMMAND [ARG]...");
	support_init();
	if (geteuid() == 0) {
		enter_one_range("etc-subuid");
		enter_one_range("etc-subgid");
	}
	user = support_user();
	runtime = support_text("%s/runtime", user->home);
	if (mkdir(runtime, 0700) != 0 || (geteuid() == 0 && chown(runtime, user->uid, user->gid) != 0))
		support_die("cannot make %s", runtime);
	/* As systemd has it; gone with this mount namespace. */
	if (geteuid() == 0 && mount("tmpfs", runtime, "tmpfs", MS_NOSUID | MS_NODEV,
				    support_text("mode=700,uid=%u,gid=%u", user->uid, user->gid)) != 0)
		support_die("cannot mount on %s", runtime);
	if (hierarchy)
		delegate(hierarchy, getpid());
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

		if (hierarchy)
			enter(hierarchy, getppid());
		support_become_user();
		if (chdir(user->home) == 0)
			(void)execvpe(argv[1], argv + 1, (char *const *)environment);
		support_die("cannot execute %s", argv[1]);
	}
	if (waitpid(pid, &status, 0) != pid)
		support_die("waitpid");
	if (hierarchy)
		remove_group(hierarchy, getpid());
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
