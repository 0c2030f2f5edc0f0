/*
 * unshare(1), bwrap(1) and rootlesskit(1), where they are installed, each doing as near to the same as it can.
 */
#include "peers.h"

#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ARGUMENTS = 10,
	PATIENCE_MS = 5000,
};

static const struct {
	const char *name;
	const char *path;
	const char *plain[ARGUMENTS];
	const char *subordinate[ARGUMENTS]; /* empty: the plain one does it as well, or it can't */
	const char *proc[ARGUMENTS];
} peers[PEER_COUNT] = {
	{ "unshare",
	  "/usr/bin/unshare",
	  { "unshare", "-Urm", "true" },
	  { "unshare", "-Um", "--map-auto", "true" },
	  { "unshare", "-Urmpf", "--mount-proc", "true" } },
	{ "bwrap",
	  "/usr/bin/bwrap",
	  { "bwrap", "--unshare-user", "--dev-bind", "/", "/", "true" },
	  { NULL },
	  { "bwrap", "--unshare-user", "--unshare-pid", "--bind", "/", "/", "--proc", "/proc", "true" } },
	{ "rootlesskit",
	  "/usr/bin/rootlesskit",
	  { "rootlesskit", "--state-dir", "state", "true" },
	  { NULL },
	  { "rootlesskit", "--state-dir", "state", "--pidns", "true" } },
};

/* Closes all but its own: what a test holds open is none of theirs. */
static _Noreturn void become(const char *path, const char *const *argv, int words)
{
	int null = open("/dev/null", O_RDWR);

	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)dup2(words, STDERR_FILENO);
	(void)execv(path, (char *const *)argv);
	_exit(127);
}

/* Its first line, without what goes before the last "] " and changes from run to run. */
static size_t read_words(int fd, char *said, size_t size)
{
	size_t length = 0;
	struct pollfd words = { .fd = fd, .events = POLLIN };
	ssize_t got;

	while (length < size - 1 && poll(&words, 1, PATIENCE_MS) == 1 &&
	       (got = read(fd, said + length, size - 1 - length)) > 0)
		length += (size_t)got;
	said[length] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return strlen(said);
}

static void ask(const char *path, const char *const *argv, char said[PEER_WORDS])
{
	int ends[2];
	int status = 0;
	pid_t pid;

	(void)snprintf(said, PEER_WORDS, "(no process)");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0)
		become(path, argv, ends[1]);
	(void)close(ends[1]);
	if (pid > 0) {
		size_t length = read_words(ends[0], said, PEER_WORDS);

		if (!support_wait(pid, PATIENCE_MS, &status)) {
			(void)kill(pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
		}
		if (length == 0)
			(void)snprintf(said, PEER_WORDS, status == 0 ? "(works)" : "(nothing, status %#x)",
				       (unsigned int)status);
	}
	(void)close(ends[0]);
}

void ask_peers(bool with_subordinates, bool with_proc, struct peer_words ret_words[PEER_COUNT])
{
	for (int at = 0; at < PEER_COUNT; at++) {
		const char *const *argv = peers[at].plain;

		if (with_subordinates && peers[at].subordinate[0])
			argv = peers[at].subordinate;
		if (with_proc)
			argv = peers[at].proc;
		ret_words[at].name = peers[at].name;
		if (access(peers[at].path, X_OK) < 0)
			(void)snprintf(ret_words[at].said, PEER_WORDS, "(not here)");
		else
			ask(peers[at].path, argv, ret_words[at].said);
	}
}
