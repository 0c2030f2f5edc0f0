/*
 * Programs: where they are in PATH, starting a helper, becoming the command.
 */
#include "system/program.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* execvp(3) without PATH in the environment */
static const char default_path[] = "/bin:/usr/bin";
/* Where set-user-ID helpers live, also for callers whose PATH leaves it out. */
static const char system_path[] = "/usr/bin:/bin:/usr/sbin:/sbin";

/* One PATH entry after the other: false at the end. An entry too long for `candidate` is passed over. */
static bool next_candidate(const char **rest, const char *name, char *candidate, size_t size)
{
	while (*rest) {
		const char *entry = *rest;
		size_t length = strcspn(entry, ":");
		struct mr_text text = mr_text_in(candidate, size);

		*rest = entry[length] == ':' ? entry + length + 1 : NULL;
		mr_text_add_bytes(&text, entry, length);
		if (length > 0) /* an empty entry is the working directory */
			mr_text_add(&text, "/");
		mr_text_add(&text, name);
		if (!mr_text_is_cut(&text))
			return true;
	}
	return false;
}

static int find_in(const char *list, const char *name, char *path, size_t size)
{
	int code = -ENOENT;

	while (next_candidate(&list, name, path, size)) {
		struct stat info;

		if (stat(path, &info) < 0 || !S_ISREG(info.st_mode))
			continue;
		if (access(path, X_OK) == 0)
			return 0;
		code = -EACCES;
	}
	return code;
}

int mr_program_find(const char *name, char *path, size_t size)
{
	const char *list = getenv("PATH");
	int code = find_in(list ? list : default_path, name, path, size);

	if (code == -ENOENT)
		code = find_in(system_path, name, path, size);
	return code;
}

static int add_stream(posix_spawn_file_actions_t *actions, int from, int to)
{
	if (from >= 0)
		return posix_spawn_file_actions_adddup2(actions, from, to);
	return posix_spawn_file_actions_addopen(actions, to, "/dev/null", O_RDWR, 0);
}

static int spawn(const char *path, char *const argv[], posix_spawn_file_actions_t *actions, pid_t *ret_pid)
{
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t child_only;
	int code = posix_spawnattr_init(&attributes);

	if (code != 0)
		return code;
	(void)sigemptyset(&none);
	(void)sigemptyset(&child_only);
	(void)sigaddset(&child_only, SIGCHLD); /* ignored, it would cost the helper its children's statuses */
	code = posix_spawnattr_setsigmask(&attributes, &none);
	if (code == 0)
		code = posix_spawnattr_setsigdefault(&attributes, &child_only);
	if (code == 0)
		code = posix_spawnattr_setflags(&attributes,
						POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (code == 0)
		code = posix_spawn(ret_pid, path, actions, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	return code;
}

int mr_program_start(const char *path, char *const argv[], int out, int complaints, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int code = posix_spawn_file_actions_init(&actions);

	if (code != 0)
		return -code;
	code = add_stream(&actions, -1, STDIN_FILENO);
	if (code == 0)
		code = add_stream(&actions, out, STDOUT_FILENO);
	if (code == 0)
		code = add_stream(&actions, complaints, STDERR_FILENO);
	if (code == 0)
		code = spawn(path, argv, &actions, ret_pid);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -code;
}

int mr_program_wait(pid_t pid, int *ret_status)
{
	pid_t got;

	do
		got = waitpid(pid, ret_status, 0);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : 0;
}

/* As shells judge: a first line with a zero byte is no text. What can't be read is left for the shell to say. */
static bool is_binary(const char *path)
{
	char start[128];
	mr_auto_fd int fd = mr_open(path, O_RDONLY, 0);
	ssize_t length = fd < 0 ? 0 : mr_read(fd, start, sizeof(start));

	for (ssize_t at = 0; at < length && start[at] != '\n'; at++) {
		if (start[at] == '\0')
			return true;
	}
	return false;
}

/* A text file without "#!", which shells have always run. */
static void exec_in_shell(const char *path, char *const argv[], char *const envp[])
{
	size_t count = 0;

	while (argv[count])
		count++;

	char *shell_argv[count + 2];

	shell_argv[0] = (char *)"/bin/sh";
	shell_argv[1] = (char *)path;
	for (size_t at = 1; at <= count; at++)
		shell_argv[at + 1] = argv[at];
	if (count == 0)
		shell_argv[2] = NULL;
	(void)execve(shell_argv[0], shell_argv, envp);
}

/* execve(2) says ENOENT for a missing interpreter too. Names the one of a script. */
static int fail_interpreter(const char *path, struct maproot_error *err)
{
	char line[PIPE_BUF / 16];
	int fd = mr_open(path, O_RDONLY, 0);
	ssize_t length = fd < 0 ? 0 : mr_read(fd, line, sizeof(line) - 1);

	if (fd >= 0)
		(void)close(fd);
	line[length > 0 ? length : 0] = '\0';
	if (strncmp(line, "#!", 2) != 0)
		return mr_fail_pieces(err, ENOENT, MAPROOT_STEP_INTERPRETER, "'", path, "'", NULL);

	const char *interpreter = line + 2 + strspn(line + 2, " \t");

	line[2 + strcspn(line + 2, "\n")] = '\0';
	return mr_fail_pieces(err, ENOENT, MAPROOT_STEP_INTERPRETER, "'", path, "' by '", interpreter, "'",
			      NULL);
}

/* Says that there is no file, or none within reach: a search goes on, and this is not its result. */
static bool is_absence(int code)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
	case ELOOP:
	case ENODEV:
	case ESTALE:
	case ETIMEDOUT:
		return true;
	default:
		return false;
	}
}

/* Tries one file. Returns -errno; a file that is there and can't be executed is recorded in `found` as well. */
static int try_exec(const char *path, char *const argv[], char *const envp[],
		    struct maproot_error *found)
{
	struct stat info;
	int code;

	(void)execve(path, argv, envp);
	code = errno;
	if (code == ENOEXEC && !is_binary(path)) {
		exec_in_shell(path, argv, envp);
		code = errno;
	}
	if (code == ENOENT && stat(path, &info) == 0)
		return fail_interpreter(path, found);
	if (is_absence(code))
		return -code;
	if (code == EACCES) {
		if (stat(path, &info) < 0)
			return -EACCES; /* the directory can't be searched */
		if (S_ISDIR(info.st_mode))
			code = EISDIR;
	}
	return mr_fail(found, code, MAPROOT_STEP_EXEC, path);
}

/* The command's own, as a shell of that environment would search. */
static const char *path_of(char *const envp[])
{
	for (size_t at = 0; envp[at]; at++) {
		if (strncmp(envp[at], "PATH=", 5) == 0)
			return envp[at] + 5;
	}
	return default_path;
}

static int search_and_exec(char *const argv[], char *const envp[], struct maproot_error *found)
{
	const char *list = path_of(envp);
	char candidate[PATH_MAX];

	while (next_candidate(&list, argv[0], candidate, sizeof(candidate))) {
		int code = try_exec(candidate, argv, envp, found);

		/* A file that is a directory, or may not be executed, hides none behind it. */
		if (found->code != 0 && code != -EACCES && code != -EISDIR)
			break;
	}
	return found->code == 0 ? -ENOENT : -found->code;
}

int mr_program_exec(char *const argv[], char *const envp[], struct maproot_error *err)
{
	const char *name = argv[0] ? argv[0] : "";
	struct maproot_error found = MAPROOT_ERROR_INIT;
	int code = -ENOENT;

	if (strchr(name, '/'))
		code = try_exec(name, argv, envp, &found);
	else if (name[0] != '\0')
		code = search_and_exec(argv, envp, &found);
	if (found.code != 0)
		return mr_error_pass(err, &found);
	return mr_fail(err, -code, code == -ENOENT ? MAPROOT_STEP_FIND : MAPROOT_STEP_EXEC, name);
}
