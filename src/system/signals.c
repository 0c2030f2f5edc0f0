/*
 * Raw signal calls. libc's wrappers hide signals 32 and 33 and know no sets wider than they like.
 */
#include "system/signals.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The kernel's struct sigaction. Where an architecture has more fields, they come after these. */
struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void *restorer;
	mr_signal_set mask;
	uint64_t spare[2];
};

enum { SET_SIZE = sizeof(mr_signal_set) };

int mr_signals_mask(mr_signal_set mask, mr_signal_set *ret_former)
{
	return syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, ret_former, SET_SIZE) < 0 ? -errno : 0;
}

static int get_action(int signal, struct kernel_action *ret_action)
{
	return syscall(SYS_rt_sigaction, signal, NULL, ret_action, SET_SIZE) < 0 ? -errno : 0;
}

static int set_action(int signal, void (*handler)(int))
{
	const struct kernel_action action = { .handler = handler };

	return syscall(SYS_rt_sigaction, signal, &action, NULL, SET_SIZE) < 0 ? -errno : 0;
}

int mr_signals_child_ignored(void)
{
	struct kernel_action action;
	int code = get_action(SIGCHLD, &action);

	return code < 0 ? code : action.handler == SIG_IGN;
}

int mr_signals_ignore_child(bool ignore)
{
	return set_action(SIGCHLD, ignore ? SIG_IGN : SIG_DFL);
}

int mr_signals_reset_handlers(void)
{
	for (int signal = 1; signal <= MR_SIGNAL_LAST; signal++) {
		struct kernel_action action;
		int code;

		if (signal == SIGKILL || signal == SIGSTOP)
			continue;
		code = get_action(signal, &action);
		if (code == 0 && action.handler != SIG_DFL && action.handler != SIG_IGN)
			code = set_action(signal, SIG_DFL);
		if (code < 0)
			return code;
	}
	return 0;
}

int mr_signals_wait(mr_signal_set set, siginfo_t *ret_info, const struct timespec *timeout)
{
	long got = syscall(SYS_rt_sigtimedwait, &set, ret_info, timeout, SET_SIZE);

	return got < 0 ? -errno : (int)got;
}

mr_signal_set mr_signals_pending(void)
{
	mr_signal_set set = 0;

	(void)syscall(SYS_rt_sigpending, &set, SET_SIZE); /* fails on a bad pointer only */
	return set;
}

static siginfo_t *next_place(struct mr_signal_queue *queue)
{
	if (queue->count == queue->room) {
		size_t room = queue->room ? 2 * queue->room : 16;
		siginfo_t *larger = realloc(queue->info, room * sizeof(*larger));

		if (!larger)
			return NULL;
		queue->info = larger;
		queue->room = room;
	}
	return &queue->info[queue->count];
}

int mr_signals_take_pending(struct mr_signal_queue *queue)
{
	static const struct timespec at_once = { 0, 0 };
	mr_signal_set pending;

	/* A set that is empty, nearly always, costs no more than asking. */
	while ((pending = mr_signals_pending()) != 0) {
		siginfo_t *place = next_place(queue);

		if (!place) {
			mr_signals_put_back(queue);
			queue->count = 0;
			return -ENOMEM;
		}
		if (mr_signals_wait(pending, place, &at_once) > 0)
			queue->count++;
	}
	return 0;
}

void mr_signals_put_back(const struct mr_signal_queue *queue)
{
	pid_t pid = queue->count > 0 ? getpid() : 0;

	for (size_t at = 0; at < queue->count; at++) {
		const siginfo_t *info = &queue->info[at];

		/* A process may tell itself anything, also what only the kernel says to others. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): where there is a count there is info */
		if (info->si_code == SI_TKILL)
			(void)syscall(SYS_rt_tgsigqueueinfo, pid, (pid_t)syscall(SYS_gettid),
				      info->si_signo, info);
		else
			(void)syscall(SYS_rt_sigqueueinfo, pid, info->si_signo, info);
	}
}

void mr_signals_queue_done(struct mr_signal_queue *queue)
{
	free(queue->info);
	*queue = (struct mr_signal_queue){ 0 };
}

int mr_signals_forward(pid_t pid, const siginfo_t *info)
{
	/* Only what a process queued may be told on as it was; kill(2) says the rest. */
	if (info->si_code < 0 && info->si_code != SI_TKILL) {
		if (syscall(SYS_rt_sigqueueinfo, pid, info->si_signo, info) == 0)
			return 0;
		if (errno != EPERM)
			return -errno;
	}
	return kill(pid, info->si_signo) < 0 ? -errno : 0;
}
