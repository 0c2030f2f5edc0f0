/*
 * Running a function inside. On a thread of its own there is nothing to come back from; what a thread can't enter alone
 * (user, pid, time) is entered by a child.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "join/join.h"
#include "model/plan.h"
#include "system/dumpable.h"
#include "system/identity.h"
#include "system/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What comes back; small enough for one atomic write. */
struct answer {
	bool returned; /* the function did, with `result`; else `err` says why not */
	int result;
	struct maproot_error err;
};

struct errand {
	const struct maproot_join *join;
	maproot_inside *function;
	void *arg;
	struct maproot_visit home; /* where the caller is; of a thread's errand */
	pid_t process;             /* the caller's */
	struct answer answer;
};

static const unsigned int by_child = MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_USER) |
				     MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_PID) |
				     MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_TIME);

/* Faults have to be told to whoever handles them; 32 and 33 are the thread library's, which waits for an answer. */
static mr_signal_set held_inside(void)
{
	mr_signal_set let = (mr_signal_set)3 << 31;
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };

	for (size_t at = 0; at < sizeof(faults) / sizeof(faults[0]); at++)
		let |= mr_signal_bit(faults[at]);
	return MR_SIGNALS_ALL & ~let;
}

/* The way home as a join, whose descriptors stay home's. Out of a pid namespace there is none. */
static void fill_caller(const struct maproot_visit *home, struct maproot_join *caller)
{
	*caller = (struct maproot_join){ .types = home->types & ~MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_PID),
					 .process = MR_PROCESS_NONE,
					 .proc = -1 };
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		struct mr_target *target = &caller->target[type];

		target->fd = mr_has(caller->types, type) ? home->home[type] : -1;
		if (target->fd >= 0)
			(void)mr_nsfs_id_of(target->fd, &target->id); /* it is one, and open */
	}
}

static int go_in(struct errand *errand, unsigned int types, struct maproot_error *err)
{
	int code = mr_join_enter(errand->join, types, NULL, err);

	/* Rights come with the user namespace, an id that means something there does not. */
	if (code == 0 && mr_has(types, MAPROOT_NAMESPACE_USER))
		code = mr_identity_take_joined(NULL, err);
	return code;
}

static void run_function(struct errand *errand, const struct maproot_visit *home)
{
	struct maproot_join caller;

	fill_caller(home, &caller);
	errand->answer.result = errand->function(errand->arg, &caller);
	errand->answer.returned = true;
}

static void *run_on_thread(void *argument)
{
	struct errand *errand = argument;
	struct maproot_error *err = &errand->answer.err;
	int code = 0;

	if (mr_has(errand->home.types, MAPROOT_NAMESPACE_MNT) && unshare(CLONE_FS) < 0)
		code = mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a working directory of a thread's own");
	if (code == 0)
		code = go_in(errand, errand->home.types, err);
	if (code == 0)
		run_function(errand, &errand->home);
	return NULL;
}

static int send_thread(struct errand *errand, struct maproot_error *err)
{
	mr_signal_set former;
	pthread_t thread;
	int code = mr_signals_mask(held_inside(), &former);
	int started;

	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "block the signals");
	started = pthread_create(&thread, NULL, run_on_thread, errand);
	(void)mr_signals_mask(former, NULL); /* it was right before */
	if (started != 0)
		return mr_fail(err, started, MAPROOT_STEP_PREPARE, "a thread");
	(void)pthread_join(thread, NULL); /* it is there, and nobody else knows it */
	return 0;
}

/* The kernel makes the entries of a thread below /proc when they are asked for: the caller's are likely to be there. */
static int run_by_thread(struct errand *errand, struct maproot_error *err)
{
	int code = mr_home_open(errand->join->types, &errand->home, err);

	if (code < 0)
		return code;
	mr_home_prune(&errand->home, errand->join);
	code = send_thread(errand, err);
	mr_home_close(&errand->home);
	return code;
}

/* In a child of a child: what pid leads into is for children only. */
static void run_deeper(struct errand *errand, const struct maproot_visit *home, int out)
{
	int status;
	pid_t pid = fork();

	if (pid < 0) {
		(void)mr_fail(&errand->answer.err, errno, MAPROOT_STEP_PREPARE, "a process");
		return;
	}
	if (pid > 0) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		_exit(0); /* the answer was given */
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	run_function(errand, home);
	(void)mr_write_once(out, (const char *)&errand->answer, sizeof(errand->answer));
	_exit(0);
}

/* Nobody is left to be answered when the caller has died. Other ids and rights clear this. */
static void die_with_caller(const struct errand *errand)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* it is a signal */
	if (getppid() != errand->process)
		_exit(0);
}

static _Noreturn void run_in_child(struct errand *errand, int out)
{
	struct maproot_error *err = &errand->answer.err;
	unsigned int types = mr_join_pending(errand->join);
	struct maproot_visit home;
	int code;

	die_with_caller(errand);
	/* Whoever rules the user namespace that we enter must not rule this process: its memory is our caller's. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	code = mr_home_open(types, &home, err);
	if (code == 0)
		code = go_in(errand, types, err);
	die_with_caller(errand);
	if (code == 0 && mr_has(types, MAPROOT_NAMESPACE_PID))
		run_deeper(errand, &home, out);
	else if (code == 0)
		run_function(errand, &home);
	(void)mr_write_once(out, (const char *)&errand->answer, sizeof(errand->answer));
	_exit(0);
}

/* No answer is a child that ended otherwise than by returning; others that it has left may still hold the other end. */
static int take_answer(struct errand *errand, int in, struct maproot_error *err)
{
	struct answer answer;
	ssize_t got = mr_read(in, &answer, sizeof(answer));

	if (got < 0 && got != -EAGAIN)
		return mr_fail(err, (int)-got, MAPROOT_STEP_RUN_IN, "no answer came");
	if (got == (ssize_t)sizeof(answer))
		errand->answer = answer;
	return 0;
}

static int send_child(struct errand *errand, struct maproot_error *err)
{
	mr_signal_set former;
	mr_auto_fd int in = -1;
	mr_auto_fd int out = -1;
	int ends[2];
	int status;
	int code;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) /* an answer always finds room */
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a pipe for the answer");
	in = mr_raise_fd(ends[0]);
	out = mr_raise_fd(ends[1]);
	if (in < 0 || out < 0)
		return mr_fail(err, EMFILE, MAPROOT_STEP_PREPARE, "a pipe for the answer");
	code = mr_signals_mask(held_inside(), &former);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "block the signals");
	errand->process = getpid();
	pid = fork();
	if (pid == 0) {
		mr_close_fd(&in);
		mr_dumpable_forget();
		run_in_child(errand, out);
	}
	code = pid < 0 ? mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a process") : 0;
	(void)mr_signals_mask(former, NULL); /* it was right before */
	mr_close_fd(&out);
	if (code < 0)
		return code;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return take_answer(errand, in, err);
}

int maproot_run_in(const struct maproot_join *join, maproot_inside *function, void *arg,
		   int *ret_result, struct maproot_error *err)
{
	struct errand errand = { .join = join, .function = function, .arg = arg };
	int cancel_state;
	int code;

	mr_error_reset(err);
	if (mr_visit_failed())
		return mr_fail(err, ENOTRECOVERABLE, MAPROOT_STEP_RESTORE, "where it was before");
	/* The errand is on this stack: who runs it may not be left behind. */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (join->types & by_child)
		code = send_child(&errand, err);
	else
		code = run_by_thread(&errand, err);
	(void)pthread_setcancelstate(cancel_state, NULL);
	if (code < 0)
		return code;
	if (errand.answer.err.code != 0)
		return mr_error_pass(err, &errand.answer.err);
	if (!errand.answer.returned)
		return mr_fail(err, ECHILD, MAPROOT_STEP_RUN_IN, "it ended without returning");
	*ret_result = errand.answer.result;
	return 0;
}
