/*
 * Running commands as the test user, and looking at what is left of them; see support.h. Descendants are
 * found by parent ids in /proc: a test adopts its orphans, so nothing of it can get out of sight.
 */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_MS 20000
#define AFTERMATH_US       300000

/* Children that somebody will wait for by their pid. */
static pid_t started[64];

static void remember(pid_t pid, pid_t instead_of)
{
	for (size_t i = 0; i < sizeof(started) / sizeof(started[0]); i++) {
		if (started[i] != instead_of)
			continue;
		started[i] = pid;
		return;
	}
}

static bool is_started(pid_t pid)
{
	for (size_t i = 0; i < sizeof(started) / sizeof(started[0]); i++)
		if (started[i] == pid)
			return true;
	return false;
}

void support_become_user(void)
{
	const struct support_user *user = support_user();

	if (geteuid() != 0)
		return;
	if (setgroups(1, &user->gid) < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		support_die("cannot become the test user");
	/* As after a login, whose exec does this: else the user's own /proc/self is root's. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		support_die("PR_SET_DUMPABLE");
}

/* The C library keeps two signals for itself and refuses to touch them: ask the kernel. */
static void reset_signals(void)
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { .handler = SIG_DFL };
	uint64_t mask = 0;

	for (long number = 1; number <= 64; number++)
		(void)syscall(SYS_rt_sigaction, number, &action, NULL, 8);
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8) < 0)
		support_die("rt_sigprocmask");
}

static void close_from(int first)
{
	if (syscall(SYS_close_range, first, ~0u, 0) == 0)
		return;
	for (int fd = first; fd < 65536; fd++)
		(void)close(fd);
}

_Noreturn static void become(const struct support_command *command, int out, int err, int report)
{
	const struct support_user *user = support_user();
	const char *const plain[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		support_text("HOME=%s", user->home),
		support_text("USER=%s", user->name),
		"SHELL=/bin/sh",
		NULL,
	};
	const char *const *envp = command->envp ? command->envp : plain;
	int kept;

	reset_signals();
	if (!command->keep_stdio) {
		int null = open("/dev/null", O_RDONLY);

		/* Away from 0-2 first: the test itself may have been started without them. */
		out = fcntl(out, F_DUPFD_CLOEXEC, 10);
		err = fcntl(err, F_DUPFD_CLOEXEC, 10);
		if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
			support_die("cannot set up 0-2");
	}
	/* High enough to be out of every test's way. */
	kept = dup3(report, 900, O_CLOEXEC);
	if (kept < 0)
		support_die("dup3");
	for (int fd = 3; fd < kept; fd++)
		(void)close(fd);
	close_from(kept + 1);
	if (chdir(user->home) < 0)
		support_die("chdir %s", user->home);
	if (command->before)
		command->before(command->arg);
	if (!command->as_root)
		support_become_user();
	if (command->after)
		command->after(command->arg);
	if (command->path)
		(void)execve(command->path, (char *const *)command->argv, (char *const *)envp);
	else
		(void)execvpe(command->argv[0], (char *const *)command->argv, (char *const *)envp);
	if (write(kept, &errno, sizeof(errno)) != (ssize_t)sizeof(errno))
		_exit(98);
	_exit(99);
}

void support_start(const struct support_command *command, struct support_process *ret_process)
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 }, report[2];
	int number = 0;
	ssize_t n;

	ret_process->timeout_ms = command->timeout_ms ? command->timeout_ms : DEFAULT_TIMEOUT_MS;
	if (pipe2(report, O_CLOEXEC) < 0 ||
	    (!command->keep_stdio && (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)))
		support_die("pipe2");
	fflush(NULL);
	ret_process->pid = fork();
	if (ret_process->pid < 0)
		support_die("fork");
	if (ret_process->pid == 0)
		become(command, out[1], err[1], report[1]);
	remember(ret_process->pid, 0);
	close(report[1]);
	if (!command->keep_stdio) {
		close(out[1]);
		close(err[1]);
	}
	ret_process->out = out[0];
	ret_process->err = err[0];
	while ((n = read(report[0], &number, sizeof(number))) < 0 && errno == EINTR)
		;
	close(report[0]);
	if (n != 0) {
		errno = number;
		support_die("cannot execute %s", command->path ? command->path : command->argv[0]);
	}
}

bool support_wait(pid_t pid, int timeout_ms, int *ret_status)
{
	int64_t end = support_now_us() + (int64_t)timeout_ms * 1000;
	int64_t pause = 100;

	for (;;) {
		pid_t got = waitpid(pid, ret_status, WNOHANG);

		if (got == pid) {
			remember(0, pid);
			return true;
		}
		if (got < 0 && errno != EINTR)
			support_die("waitpid %d", (int)pid);
		if (support_now_us() >= end)
			return false;
		support_sleep_us(pause);
		if (pause < 5000)
			pause += pause / 4;
	}
}

struct stream {
	int fd;
	char *text;
	size_t length;
	size_t size;
};

/* Returns false at the end of the stream. */
static bool read_some(struct stream *stream)
{
	ssize_t n;

	if (stream->size - stream->length < 4096) {
		stream->size = stream->size * 2 + 65536;
		stream->text = realloc(stream->text, stream->size);
		if (!stream->text)
			support_die("realloc");
	}
	n = read(stream->fd, stream->text + stream->length, stream->size - stream->length - 1);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n > 0)
		stream->length += (size_t)n;
	return n > 0;
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/*
 * Reads to the end of both streams, or until `end`. Who outlives the process with a stream in its hands is
 * given a moment and no more: the caller wants to see what is left, not to wait for it.
 */
static void collect(struct stream stream[2], pid_t pid, int64_t end)
{
	int open_streams = 2;
	bool ended = false;

	while (open_streams > 0) {
		struct pollfd polled[2] = { { .fd = stream[0].fd, .events = POLLIN },
					    { .fd = stream[1].fd, .events = POLLIN } };
		int64_t now = support_now_us();

		if (now >= end)
			return;
		if (!ended && has_ended(pid)) {
			ended = true;
			end = now + AFTERMATH_US;
		}
		if (poll(polled, 2, 20) < 0 && errno != EINTR)
			support_die("poll");
		for (int i = 0; i < 2; i++) {
			if (stream[i].fd < 0 || !polled[i].revents || read_some(&stream[i]))
				continue;
			close(stream[i].fd);
			stream[i].fd = -1;
			open_streams--;
		}
	}
}

static void kill_with_descendants(pid_t pid)
{
	pid_t below[64];
	size_t count = support_descendants(pid, below, 64);

	(void)kill(pid, SIGKILL);
	for (size_t i = 0; i < count && i < 64; i++)
		(void)kill(below[i], SIGKILL);
}

static char *take_text(struct stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	if (!stream->text)
		stream->text = calloc(1, 1);
	if (!stream->text)
		support_die("calloc");
	stream->text[stream->length] = '\0';
	return stream->text;
}

void support_finish(struct support_process *process, struct support_result *ret_result)
{
	struct stream stream[2] = { { .fd = process->out }, { .fd = process->err } };
	int64_t end = support_now_us() + (int64_t)process->timeout_ms * 1000;
	int64_t left;

	if (process->out >= 0)
		collect(stream, process->pid, end);
	left = (end - support_now_us()) / 1000;
	memset(ret_result, 0, sizeof(*ret_result));
	if (!support_wait(process->pid, left > 0 ? (int)left : 0, &ret_result->status)) {
		ret_result->timed_out = true;
		kill_with_descendants(process->pid);
		if (!support_wait(process->pid, 5000, &ret_result->status))
			support_die("process %d survives SIGKILL", (int)process->pid);
	}
	ret_result->out = take_text(&stream[0]);
	ret_result->out_length = stream[0].length;
	ret_result->err = take_text(&stream[1]);
	ret_result->err_length = stream[1].length;
}

void support_run(const struct support_command *command, struct support_result *ret_result)
{
	struct support_process process;

	support_start(command, &process);
	support_finish(&process, ret_result);
}

void support_release(struct support_result *result)
{
	free(result->out);
	free(result->err);
	result->out = result->err = NULL;
}

void support_adopt_orphans(void)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		support_die("PR_SET_CHILD_SUBREAPER");
}

/* Name and state of a process; the name may hold blanks and parentheses, so the last ')' counts. */
static bool read_stat(pid_t pid, char *ret_state, pid_t *ret_parent)
{
	char path[64], text[512];
	const char *rest;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	rest = strrchr(text, ')');
	if (!rest || rest[1] != ' ')
		return false;
	*ret_state = rest[2];
	*ret_parent = (pid_t)strtol(rest + 4, NULL, 10);
	return true;
}

pid_t support_parent(pid_t pid)
{
	pid_t parent;
	char state;

	return read_stat(pid, &state, &parent) ? parent : 0;
}

char support_state(pid_t pid)
{
	pid_t parent;
	char state;

	return read_stat(pid, &state, &parent) ? state : 0;
}

struct entry {
	pid_t pid;
	pid_t parent;
	char state;
};

static struct entry *read_processes(size_t *ret_count)
{
	struct entry *entries = NULL;
	size_t count = 0, size = 0;
	DIR *proc = opendir("/proc");
	struct dirent *item;

	if (!proc)
		support_die("/proc");
	while ((item = readdir(proc))) {
		pid_t pid = (pid_t)strtol(item->d_name, NULL, 10);

		if (pid <= 0)
			continue;
		if (count == size) {
			size = size * 2 + 256;
			entries = realloc(entries, size * sizeof(*entries));
			if (!entries)
				support_die("realloc");
		}
		entries[count].pid = pid;
		if (read_stat(pid, &entries[count].state, &entries[count].parent))
			count++;
	}
	closedir(proc);
	*ret_count = count;
	return entries;
}

size_t support_descendants(pid_t of, pid_t *pids, size_t size)
{
	size_t total, found = 0, living = 0, looked = 0;
	struct entry *entries = read_processes(&total);
	pid_t *family = calloc(total + 1, sizeof(*family));

	if (!family)
		support_die("calloc");
	family[found++] = of;
	/* `family` grows while it is walked: children are appended behind those already looked at. */
	while (looked < found) {
		pid_t parent = family[looked++];

		for (size_t i = 0; i < total; i++) {
			if (entries[i].parent != parent || entries[i].pid == of)
				continue;
			family[found++] = entries[i].pid;
			if (entries[i].state == 'Z' || entries[i].state == 'X')
				continue;
			if (living < size)
				pids[living] = entries[i].pid;
			living++;
		}
	}
	free(family);
	free(entries);
	return living;
}

/*
 * Orphans that ended are ours to reap, and must be: the init of a pid namespace is not gone before the last
 * process of the namespace is reaped.
 */
static void reap_adopted(void)
{
	size_t total;
	struct entry *entries = read_processes(&total);

	for (size_t i = 0; i < total; i++)
		if (entries[i].parent == getpid() && entries[i].state == 'Z' && !is_started(entries[i].pid))
			(void)waitpid(entries[i].pid, NULL, WNOHANG | __WALL);
	free(entries);
}

size_t support_wait_alone(int ms)
{
	int64_t end = support_now_us() + (int64_t)ms * 1000;
	int quiet = 0;

	/* Twice none: while one look goes through /proc, a process may move to another parent unseen. */
	for (;;) {
		size_t count;

		reap_adopted();
		count = support_descendants(getpid(), NULL, 0);
		quiet = count ? 0 : quiet + 1;
		if (quiet == 2)
			return 0;
		if (count && support_now_us() >= end)
			return count;
		if (count)
			support_sleep_us(1000);
	}
}

void support_kill_descendants(void)
{
	pid_t pids[256];

	for (int round = 0; round < 500; round++) {
		size_t count;

		reap_adopted();
		count = support_descendants(getpid(), pids, 256);
		if (count == 0)
			return;
		for (size_t i = 0; i < count && i < 256; i++)
			(void)kill(pids[i], SIGKILL);
		support_sleep_us(2000);
	}
	errno = 0;
	support_die("descendants survive SIGKILL");
}

static bool explains(const char *line)
{
	/* The last two follow what AddressSanitizer says of a process that ends on a stack of its own. */
	static const char *const starts[] = { "  cause: ",
					      "  try:   ",
					      "maproot-oci:   cause: ",
					      "maproot-oci:   try:   ",
					      "False positive error reports may follow",
					      "For details see https://github.com/google/sanitizers/" };

	if (strncmp(line, "==", 2) == 0 && strncmp(line + 2 + strspn(line + 2, "0123456789"), "==WARNING: ASan is ignoring", 27) == 0)
		return true;

	for (size_t at = 0; at < sizeof(starts) / sizeof(starts[0]); at++) {
		if (strncmp(line, starts[at], strlen(starts[at])) == 0)
			return true;
	}
	return false;
}

void support_leave_out_explanation(char *err)
{
	char *to = err;

	for (const char *line = err; *line != '\0';) {
		size_t length = strcspn(line, "\n");

		length += line[length] == '\n';
		if (!explains(line)) {
			memmove(to, line, length);
			to += length;
		}
		line += length;
	}
	*to = '\0';
}
