/*
 * Signals below libc: all 64 of them, also the two that thread libraries keep to themselves. signal(7),
 * rt_sigaction(2), rt_sigqueueinfo(2). In the child where said.
 */
#ifndef MR_SYSTEM_SIGNALS_H
#define MR_SYSTEM_SIGNALS_H

#include <maproot/error.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { MR_SIGNAL_LAST = 64 };

#define MR_SIGNALS_ALL UINT64_MAX

/* Signals 1..64 as bits 0..63, as the kernel has them. */
typedef uint64_t mr_signal_set; /* a number, so that sets are joined and tested with plain operators */

static inline mr_signal_set mr_signal_bit(int signal)
{
	return (mr_signal_set)1 << (signal - 1);
}

/* What a terminal sends to a whole process group. */
#define MR_SIGNALS_OF_TERMINAL                                                                             \
	(mr_signal_bit(SIGHUP) | mr_signal_bit(SIGINT) | mr_signal_bit(SIGQUIT) | mr_signal_bit(SIGCONT) | \
	 mr_signal_bit(SIGTSTP) | mr_signal_bit(SIGTTIN) | mr_signal_bit(SIGTTOU) | mr_signal_bit(SIGWINCH))

/* What a process that execs leaves to the program: the mask and what is ignored. */
struct mr_signal_state {
	mr_signal_set mask;
	bool child_ignored; /* SIGCHLD, which has to be off while we wait for a child */
};

/* Sets the mask of the calling thread; the former one, if asked for. 0 or -errno. */
int mr_signals_mask(mr_signal_set mask, mr_signal_set *ret_former);

/* 1: SIGCHLD is ignored; 0: it is not; or -errno. */
int mr_signals_child_ignored(void);
int mr_signals_ignore_child(bool ignore);

/* In the child: every handler becomes the default action, so that none of the host's runs once signals are let in. */
int mr_signals_reset_handlers(void);

/*
 * Waits for one signal of the set, at most `timeout` (NULL: for ever). Returns its number, -EAGAIN when the time
 * is up, -EINTR, or another -errno.
 */
int mr_signals_wait(mr_signal_set set, siginfo_t *ret_info, const struct timespec *timeout);

/* The signals that are pending for the calling thread or its process. */
mr_signal_set mr_signals_pending(void);

/* Signals taken off the queue of this process, to be put on another's. */
struct mr_signal_queue {
	siginfo_t *info;
	size_t count;
	size_t room;
};

/* Takes all that is pending. 0, or -ENOMEM with what was taken so far put back. */
int mr_signals_take_pending(struct mr_signal_queue *queue);

/* Puts them on the calling process's own queue, order and contents as they were. In the child. */
void mr_signals_put_back(const struct mr_signal_queue *queue);

void mr_signals_queue_done(struct mr_signal_queue *queue);

/*
 * Hands a signal on with its value where it has one. 0 or -errno: -EAGAIN when the receiver's queue is full,
 * -ESRCH when it is gone.
 */
int mr_signals_forward(pid_t pid, const siginfo_t *info);

#endif
