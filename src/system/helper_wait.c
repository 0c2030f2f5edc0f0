/*
 * Waiting for a helper, with a limit, and ending it. Nothing is looked at again and again where the kernel can wake us: its end
 * by a pidfd, signals by a descriptor of them.
 */
#include "system/helper.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "system/process.h"
#include "system/signals.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	GRACE_MS = 500, /* as long a signal may well be meant for a command that is about to run */
	LOOK_MS = 50,   /* how long a signal that ends this process may wait, without a descriptor for it */
	NAP_MS = 2,     /* without a pidfd */
	SAID_SIZE = 200,
};

static int64_t now_ms(void)
{
	struct timespec now = { .tv_sec = 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* this clock is always there */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool would_end_us(int signal)
{
	struct sigaction action;

	return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
}

/* A signal of the set that waits, and that would end this process if it were let in; 0: none. */
static int find_ending_signal(mr_signal_set heeds)
{
	mr_signal_set pending = mr_signals_pending() & heeds;

	for (int signal = 1; pending != 0; signal++, pending >>= 1) {
		if (pending & 1 && would_end_us(signal))
			return signal;
	}
	return 0;
}

/* Readable while such a signal waits. -1: none is asked for; or it can't be had, and they are looked for from time to time. */
static int watch_signals(mr_signal_set heeds)
{
	sigset_t set;

	if (heeds == 0)
		return -1;
	sigemptyset(&set);
	for (int signal = 1; heeds != 0; signal++, heeds >>= 1) {
		if (heeds & 1 && would_end_us(signal))
			sigaddset(&set, signal);
	}
	return mr_raise_fd(signalfd(-1, &set, SFD_CLOEXEC));
}

/* Without taking its status. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };
	int code;

	do
		code = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL);
	while (code < 0 && errno == EINTR);
	return code < 0 || info.si_pid == pid;
}

enum waited {
	ENDED,
	READY,
	TOO_LONG, /* or not yet */
	INTERRUPTED,
};

/* What wakes us: as far as one of them can't be had, this process looks again and again. */
struct watch {
	mr_signal_set heeds; /* 0 also as long as what comes is for the command, which is about to run */
	int signals;
	struct pollfd fds[3]; /* being ready, the program's end, a signal */
};

static int time_to_wait(const struct watch *watch, int timeout_ms, int64_t waited_ms)
{
	int64_t rest = timeout_ms > 0 ? timeout_ms - waited_ms : INT_MAX;
	int64_t most = INT_MAX;

	if (watch->fds[1].fd < 0)
		most = NAP_MS;
	else if (watch->heeds != 0 && watch->fds[2].fd < 0)
		most = waited_ms < GRACE_MS && watch->signals >= 0 ? GRACE_MS - waited_ms : LOOK_MS;
	if (rest < 0)
		return 0;
	if (rest == INT_MAX && most == INT_MAX)
		return -1;
	return (int)(rest < most ? rest : most);
}

static enum waited look(const struct mr_helper_run *run, const struct watch *watch, int64_t waited_ms)
{
	if (watch->fds[1].fd >= 0 ? watch->fds[1].revents != 0 : has_ended(run->pid))
		return ENDED;
	/* After that: what is ready and dead is of no use. */
	if (watch->fds[0].revents)
		return READY;
	if (watch->heeds != 0 && waited_ms >= GRACE_MS && find_ending_signal(watch->heeds) != 0)
		return INTERRUPTED;
	return TOO_LONG;
}

static enum waited wait_for(const struct mr_helper_run *run, int ready, int timeout_ms)
{
	mr_auto_fd int pidfd = mr_pidfd_open(run->pid);
	mr_auto_fd int signals = watch_signals(run->heeds);
	struct watch watch = {
		.heeds = run->heeds,
		.signals = signals,
		.fds = { { .fd = ready, .events = POLLIN },
			 { .fd = pidfd, .events = POLLIN },
			 { .fd = -1, .events = POLLIN } },
	};
	int64_t start = now_ms();

	for (;;) {
		int64_t waited_ms = now_ms() - start;
		enum waited waited;

		if (waited_ms >= GRACE_MS)
			watch.fds[2].fd = signals;
		/* What is not filled in, as of an interrupted call, says nothing. */
		if (poll(watch.fds, sizeof(watch.fds) / sizeof(watch.fds[0]),
			 time_to_wait(&watch, timeout_ms, waited_ms)) < 0)
			watch.fds[0].revents = watch.fds[1].revents = watch.fds[2].revents = 0;
		waited = look(run, &watch, now_ms() - start);
		if (waited != TOO_LONG || (timeout_ms > 0 && now_ms() - start >= timeout_ms))
			return waited;
	}
}

/* One line of what it said: the last that is not empty, where most programs say why they end. */
static void read_said(int fd, char said[SAID_SIZE])
{
	char *line;
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t got = pread(fd, said, SAID_SIZE - 1, size > SAID_SIZE - 1 ? size - (SAID_SIZE - 1) : 0);

	said[got > 0 ? got : 0] = '\0';
	for (size_t length = strlen(said); length > 0 && said[length - 1] == '\n'; length--)
		said[length - 1] = '\0';
	line = strrchr(said, '\n');
	if (line)
		memmove(said, line + 1, strlen(line + 1) + 1);
}

static int fail_number(const char *name, const char *what, int number, const char *unit, struct maproot_error *err)
{
	char digits[16];
	struct mr_text text = mr_text_in(digits, sizeof(digits));

	mr_text_add_number(&text, number);
	return mr_fail_pieces(err, ECHILD, MAPROOT_STEP_PROGRAM_FAILED, name, what, digits, unit, NULL);
}

static int judge(const struct mr_helper_run *run, int status, struct maproot_error *err)
{
	char said[SAID_SIZE];
	char digits[16];
	struct mr_text text = mr_text_in(digits, sizeof(digits));

	if (WIFSIGNALED(status))
		return fail_number(run->name, " was killed by signal ", WTERMSIG(status), "", err);
	if (WEXITSTATUS(status) == 0)
		return 0;
	read_said(run->said, said);
	if (said[0] == '\0')
		return fail_number(run->name, " ended with exit status ", WEXITSTATUS(status), "", err);
	mr_text_add_number(&text, WEXITSTATUS(status));
	return mr_fail_pieces(err, ECHILD, MAPROOT_STEP_PROGRAM_FAILED, run->name, ": ", said, " (exit status ", digits,
			      ")", NULL);
}

static void release(struct mr_helper_run *run)
{
	mr_close_fd(&run->said);
	mr_close_fd(&run->output);
	run->pid = 0;
}

static int reap(pid_t pid, int *ret_status)
{
	pid_t got;

	do
		got = waitpid(pid, ret_status, __WALL);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : 0;
}

static int stop_waiting(struct mr_helper_run *run, enum waited waited, int timeout_ms, struct maproot_error *err)
{
	int code;

	if (waited == INTERRUPTED)
		code = mr_fail_number(err, EINTR, MAPROOT_STEP_INTERRUPTED, find_ending_signal(run->heeds));
	else
		code = fail_number(run->name, " took longer than ", timeout_ms, " ms", err);
	mr_helper_end(run, 0);
	return code;
}

int mr_helper_finish(struct mr_helper_run *run, int timeout_ms, struct maproot_error *err)
{
	enum waited waited = wait_for(run, -1, timeout_ms);
	int status = 0;
	int code;

	if (waited != ENDED)
		return stop_waiting(run, waited, timeout_ms, err);
	code = reap(run->pid, &status);
	if (code < 0)
		code = mr_fail_pieces(err, -code, MAPROOT_STEP_PROGRAM_FAILED, run->name,
				      " ended, and its status can't be told: SIGCHLD is ignored here", NULL);
	else
		code = judge(run, status, err);
	release(run);
	return code;
}

int mr_helper_await(struct mr_helper_run *run, int ready, int timeout_ms, struct maproot_error *err)
{
	enum waited waited = wait_for(run, ready, timeout_ms);
	const char *name = run->name;
	int code;

	if (waited == READY)
		return 0;
	if (waited != ENDED)
		return stop_waiting(run, waited, timeout_ms, err);
	code = mr_helper_finish(run, 0, err);
	if (code == 0)
		code = mr_fail_pieces(err, ECHILD, MAPROOT_STEP_PROGRAM_FAILED, name, " ended before it was ready",
				      NULL);
	return code;
}

int mr_helper_output(const struct mr_helper_run *run, char *buffer, size_t size)
{
	ssize_t got = pread(run->output, buffer, size, 0);

	if (got < 0)
		return -errno;
	if ((size_t)got == size)
		return -E2BIG;
	buffer[got] = '\0';
	return 0;
}

void mr_helper_end(struct mr_helper_run *run, int patience_ms)
{
	int status;

	if (run->pid <= 0)
		return;
	/* Unreaped, so the number is still its own, and that of its group. */
	if (patience_ms > 0 && kill(run->pid, SIGTERM) == 0)
		(void)wait_for(run, -1, patience_ms);
	(void)kill(-run->pid, SIGKILL);
	(void)kill(run->pid, SIGKILL);
	(void)reap(run->pid, &status);
	release(run);
}
