/*
 * The wrapper's life: a signal in, a signal out, until the child has ended.
 *
 * All signals are blocked and taken off the queue one by one, so that none is lost, none interrupts, and each
 * keeps its order and its value. SIGCHLD is one of them. No descriptor is needed for any of it: the child stays
 * unreaped until this code reaps it, so that its pid can mean nobody else.
 */
#include "run/supervise.h"

#include "base/error.h"
#include "run/start.h"
#include "system/idle.h"
#include "system/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct supervision {
	pid_t pid;
	bool alone; /* this process has nothing else to do */
	int burst;  /* that many signals are likely to follow at once */
	bool stopped;
	bool went_on;    /* it was continued, and not by us */
	int stop_signal; /* that we have yet to follow, or 0 */
	bool ended;
	int status; /* once ended */
};

static const mr_signal_set job_stops = (mr_signal_set)1 << (SIGTSTP - 1) | (mr_signal_set)1 << (SIGTTIN - 1) |
				       (mr_signal_set)1 << (SIGTTOU - 1);

/* Takes what is new about the child off the kernel's hands. 0 or -errno. */
static int look_at_child(struct supervision *child)
{
	int status;
	pid_t got;

	while ((got = waitpid(child->pid, &status, WUNTRACED | WCONTINUED | WNOHANG | __WALL)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		/* Also a second stop says so: what lies between two stops may be seen no more. */
		if (child->stopped)
			child->went_on = true;
		child->stopped = WIFSTOPPED(status);
		child->stop_signal = child->stopped ? WSTOPSIG(status) : 0;
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			child->ended = true;
			child->status = status;
			return 0;
		}
	}
	return 0;
}

/*
 * Stops this process by the signal that stopped the child, so that a shell says the same of the job. The three
 * of the terminal stop nobody in an orphaned process group; a child of ours that was stopped all the same is
 * shown by SIGSTOP.
 */
static void stop_like_child(int signal)
{
	const mr_signal_set bit = mr_signal_bit(signal);
	struct sigaction former;
	const struct sigaction stop = { .sa_handler = SIG_DFL };

	if (mr_signals_pending() & mr_signal_bit(SIGCONT))
		return; /* somebody wants the job to go on already; stopping would discard that */
	if (bit & job_stops) {
		(void)sigaction(signal, &stop, &former);
		(void)kill(getpid(), signal);
		(void)mr_signals_mask(MR_SIGNALS_ALL & ~bit, NULL);
		(void)mr_signals_mask(MR_SIGNALS_ALL, NULL);
		(void)sigaction(signal, &former, NULL);
		if (mr_signals_pending() & mr_signal_bit(SIGCONT))
			return;
	}
	(void)kill(getpid(), SIGSTOP);
}

/* Hands a signal on. A full queue at the receiver's side is waited for, as long as there is a receiver. */
static int hand_on(struct supervision *child, const siginfo_t *info)
{
	static const struct timespec pause = { .tv_nsec = 1000 * 1000 };
	siginfo_t ignored;
	int code;

	while ((code = mr_signals_forward(child->pid, info)) == -EAGAIN) {
		if (mr_signals_wait(mr_signal_bit(SIGCHLD), &ignored, &pause) > 0)
			(void)look_at_child(child);
		if (child->ended)
			return 0;
	}
	return code == -ESRCH ? 0 : code;
}

/*
 * What a terminal does to a foreground process group has reached the child too, which is in ours. A session
 * leader alone is told of a hang-up, and the child is none.
 */
static bool reached_child_too(const siginfo_t *info)
{
	if (info->si_code != SI_KERNEL)
		return false;
	switch (info->si_signo) {
	case SIGHUP:
	case SIGCONT:
		return getsid(0) != getpid();
	case SIGINT:
	case SIGQUIT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGWINCH:
		return true;
	default:
		return false;
	}
}

/*
 * `fg` in a shell continues the whole process group. The child may be told a moment after us, so it gets the
 * time to say that it runs again before we tell it too.
 */
static bool goes_on_by_itself(struct supervision *child)
{
	static const struct timespec moment = { .tv_nsec = 5 * 1000 * 1000 };
	siginfo_t ignored;
	bool went_on;

	if (child->stopped && !child->went_on) {
		(void)mr_signals_wait(mr_signal_bit(SIGCHLD), &ignored, &moment);
		(void)look_at_child(child);
	}
	went_on = child->went_on;
	child->went_on = false;
	/* Told by us, its going on will be no news. */
	if (!went_on)
		child->stopped = false;
	return went_on;
}

static bool names_sender(const siginfo_t *info)
{
	return info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL;
}

static bool is_for_child(struct supervision *child, const siginfo_t *info)
{
	if (reached_child_too(info))
		return false;
	if (info->si_signo == SIGCHLD && info->si_code > 0)
		return false; /* the kernel's, about a child of ours */
	/* What it said itself, to its group or to us, is not said back. */
	if (names_sender(info) && info->si_pid == child->pid)
		return false;
	return info->si_signo != SIGCONT || !goes_on_by_itself(child);
}

/*
 * A command that is still running after a moment may run for long. Signals that come one upon the other are spared
 * the timer: after one that came within the moment, the next hundred are waited for without.
 */
static int next_signal(struct supervision *child, siginfo_t *ret_info)
{
	static const struct timespec moment = { .tv_nsec = 100 * 1000 * 1000 };
	int code;

	/* Another thread may take the SIGCHLD that is meant for us, or let it be ignored: look from time to time. */
	if (!child->alone)
		return mr_signals_wait(MR_SIGNALS_ALL, ret_info, &moment);
	if (child->burst > 0) {
		child->burst--;
		return mr_signals_wait(MR_SIGNALS_ALL, ret_info, NULL);
	}
	code = mr_signals_wait(MR_SIGNALS_ALL, ret_info, &moment);
	if (code == -EAGAIN)
		return mr_idle_wait(MR_SIGNALS_ALL, ret_info);
	child->burst = 100;
	return code;
}

static int take_signal(struct supervision *child)
{
	siginfo_t info;
	int code = next_signal(child, &info);

	if (code == -EAGAIN)
		return look_at_child(child);
	if (code < 0)
		return code == -EINTR ? 0 : code;
	code = 0;
	if (info.si_signo == SIGCHLD)
		code = look_at_child(child);
	if (code == 0 && is_for_child(child, &info) && !child->ended)
		code = hand_on(child, &info);
	return code;
}

static int serve(struct supervision *child)
{
	int code = look_at_child(child);

	while (code == 0 && !child->ended) {
		if (child->stop_signal != 0) {
			child->went_on = false;
			stop_like_child(child->stop_signal);
		}
		child->stop_signal = 0;
		code = take_signal(child);
	}
	return code;
}

int mr_supervise(const struct maproot_child *child, bool alone, int *ret_wait_status,
		 struct maproot_error *err)
{
	struct supervision supervision = { .pid = child->pid, .alone = alone };
	int code = serve(&supervision);

	if (code < 0)
		(void)mr_fail(err, -code, MAPROOT_STEP_SUPERVISE, "");
	/* What is no child of ours, or not any more, may be anybody by now. */
	if (code < 0 && code != -ECHILD)
		mr_end_process(child->pid);
	/* Process 1 takes everything with it that is left in its namespace, and is gone when that is. */
	mr_end_process(child->init);
	if (code == 0)
		*ret_wait_status = supervision.status;
	return code;
}

int maproot_supervise(const struct maproot_child *child, int *ret_wait_status, struct maproot_error *err)
{
	mr_signal_set former;
	int mask_code;
	int code;

	mr_error_reset(err);
	code = mr_signals_mask(MR_SIGNALS_ALL, &former);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "block the signals");
	code = mr_supervise(child, false, ret_wait_status, err);
	mask_code = mr_signals_mask(former, NULL);
	if (code == 0 && mask_code < 0)
		code = mr_fail(err, -mask_code, MAPROOT_STEP_SIGNALS, "restore the signal mask");
	return code;
}

void maproot_end_as(int wait_status)
{
	const struct rlimit no_core = { 0, 0 };
	const struct sigaction by_default = { .sa_handler = SIG_DFL };
	int signal = WTERMSIG(wait_status);

	if (WIFEXITED(wait_status))
		_exit(WEXITSTATUS(wait_status));
	/* The core is the child's; ours would overwrite it. */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)sigaction(signal, &by_default, NULL); /* not for 32 and 33, which libc keeps; nor needed there */
	(void)kill(getpid(), signal);
	(void)mr_signals_mask(MR_SIGNALS_ALL & ~mr_signal_bit(signal), NULL);
	_exit(128 + signal);
}
