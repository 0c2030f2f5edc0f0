/*
 * From clone to exec. The child may share its memory with a threaded program that goes on running: nothing
 * here allocates, takes a lock, or returns into a caller's frame.
 *
 * Where the command's process can't be the first child (a pid namespace with an init of ours, a time
 * namespace), that child makes it beside itself, as another child of the starting process, and ends.
 */
#include "run/child.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/stop_point.h"
#include "base/text.h"
#include "run/furnish.h"
#include "system/caps.h"
#include "system/furniture.h"
#include "system/idmap_write.h"
#include "system/identity.h"
#include "system/leaving.h"
#include "system/program.h"
#include "system/resolv_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef int child_step(const struct mr_start *start, struct maproot_error *err);

pid_t mr_fork(unsigned long flags, pid_t *ret_pid)
{
	if (ret_pid)
		flags |= CLONE_PARENT_SETTID;
#if defined(__s390__)
	return (pid_t)syscall(SYS_clone, 0, flags, ret_pid, NULL, 0);
#else
	return (pid_t)syscall(SYS_clone, flags, 0, ret_pid, NULL, 0);
#endif
}

/* Of the parent's ends no copy may stay here, or the parent's death would not be seen as the end of file. */
static int leave_parents_ends(const struct mr_start *start, struct maproot_error *err)
{
	(void)err;
	mr_stop_point("child-entering");
	if (start->gate[0] >= 0)
		(void)close(start->gate[0]);
	if (start->lifeline[1] >= 0)
		(void)close(start->lifeline[1]);
	if (start->arrival[0] >= 0)
		(void)close(start->arrival[0]);
	return 0;
}

/* Hidden, or with other ids, this process can't open it any more, and elsewhere not find it. */
static int open_clocks(const struct mr_start *start, struct maproot_error *err)
{
	const struct mr_plan *plan = start->plan;

	if (plan->monotonic == 0 && plan->boottime == 0)
		return 0;
	start->report->clocks = mr_clocks_open(err);
	return start->report->clocks < 0 ? start->report->clocks : 0;
}

static int hide(const struct mr_start *start, struct maproot_error *err)
{
	if (start->plan->hide && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a process that can't be looked into");
	return 0;
}

static int furnish_early(const struct mr_start *start, struct maproot_error *err)
{
	if (start->reexec || start->comes_back)
		return 0; /* as hold_and_furnish() */
	return mr_furnish_early(start->request->attributes, err);
}

/* The files of a hidden process belong to nobody here, its id maps too. */
static int show_for_maps(const struct mr_start *start, struct maproot_error *err)
{
	if (start->visible && start->plan->mapper != MR_MAPPER_NONE && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a process whose id maps can be written");
	return 0;
}

static int join_namespaces(const struct mr_start *start, struct maproot_error *err)
{
	const struct mr_plan *plan = start->plan;
	int code = mr_join_enter(start->join, plan->joined, NULL, err);

	if (code == 0 && mr_has(plan->joined, MAPROOT_NAMESPACE_USER))
		code = mr_identity_take_joined(&start->request->identity, err);
	return code;
}

/* Inside of what was joined; otherwise clone(2) has done it. */
static int create_namespaces(const struct mr_start *start, struct maproot_error *err)
{
	unsigned int namespaces = start->plan->namespaces & ~MR_FOR_CHILDREN;

	if (start->plan->joined == 0 || namespaces == 0 ||
	    unshare((int)mr_plan_clone_flags(namespaces)) == 0)
		return 0;
	return mr_fail_created(errno, namespaces, err);
}

/* The /proc of before a join, where that of after it may not show this process. */
static int proc_of(const struct mr_start *start)
{
	return start->join ? start->join->proc : -1;
}

static int deny_setgroups(const struct mr_start *start, struct maproot_error *err)
{
	return start->plan->deny_setgroups ? mr_idmap_deny_setgroups(proc_of(start), err) : 0;
}

static int write_own_maps(const struct mr_start *start, struct maproot_error *err)
{
	return start->plan->mapper == MR_MAPPER_SELF ? mr_idmap_write_own(start->plan, proc_of(start), err) : 0;
}

static int wait_at_gate(const struct mr_start *start, struct maproot_error *err)
{
	char ready = 0;
	ssize_t got;

	if (start->gate[1] < 0)
		return 0;
	/* Says that everything that needed the process unmapped is done; then waits for the maps. */
	do
		got = send(start->gate[1], &ready, 1, MSG_NOSIGNAL);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return mr_fail(err, EPIPE, MAPROOT_STEP_GATE, "its child wanted to be mapped");
	mr_stop_point("child-held");
	got = mr_read(start->gate[1], &ready, 1);
	return got == 1 ? 0 : mr_fail(err, EPIPE, MAPROOT_STEP_GATE, "its child waited to be mapped");
}

static int drop_groups(const struct mr_start *start, struct maproot_error *err)
{
	return start->plan->drop_groups ? mr_identity_drop_groups(err) : 0;
}

static int take_ids(const struct mr_start *start, struct maproot_error *err)
{
	const struct mr_plan *plan = start->plan;

	return plan->take_ids ? mr_identity_take(plan->user, plan->group, err) : 0;
}

static int parent_is_dead(const struct mr_start *start)
{
	struct pollfd lifeline = { .fd = start->lifeline[0], .events = POLLIN };
	int ready;

	/* Seen from inside a new pid namespace every parent outside is 0, living or dead. */
	if (start->lifeline[0] < 0)
		return getppid() != start->parent;
	do
		ready = poll(&lifeline, 1, 0);
	while (ready < 0 && errno == EINTR);
	return ready != 0;
}

static int arm_death_signal(const struct mr_start *start, struct maproot_error *err)
{
	int signal = start->plan->death_signal;

	if (signal == 0)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) < 0)
		return mr_fail_number(err, errno, MAPROOT_STEP_DEATH_SIGNAL, signal);
	/* A parent that died before sends no signal any more. */
	return parent_is_dead(start) ? mr_fail(err, ESRCH, MAPROOT_STEP_GATE, "its child got ready") : 0;
}

static int keep_capabilities(const struct mr_start *start, struct maproot_error *err)
{
	return start->plan->keep_capabilities ? mr_caps_keep_over_exec(err) : 0;
}

static int keep_subreaper(const struct mr_start *start, struct maproot_error *err)
{
	/* exec keeps this attribute, clone does not: the command is to have it as if it had been exec'd. */
	if (start->subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "the child as a subreaper");
	return 0;
}

static int hold_and_furnish(const struct mr_start *start, struct maproot_error *err)
{
	int code;

	if (start->reexec || start->comes_back)
		return 0; /* the program will, once it runs again in memory of its own */
	code = mr_take_hold(start->request, start->plan->namespaces, err);
	if (code == 0)
		code = mr_furnish(start->request, start->plan->namespaces, err);
	if (code == 0 && start->resolv_conf)
		code = mr_resolv_conf_replace(start->resolv_conf, err);
	mr_stop_point("child-furnished");
	return code < 0 ? code : mr_furnish_identity(start->request, err);
}

static int tell_pid(const struct mr_start *start, struct maproot_error *err)
{
	(void)err;
	if (start->listen_pid) {
		struct mr_text text = mr_text_in(start->listen_pid, MR_LISTEN_PID_SIZE);

		mr_text_add(&text, "LISTEN_PID=");
		mr_text_add_number(&text, getpid());
	}
	if (start->marker) {
		struct mr_marker marker = {
			.pid = getpid(),
			.created = start->plan->namespaces,
			.mask = start->signals.mask,
		};

		(void)prctl(PR_GET_NAME, marker.name, 0, 0, 0); /* fails on a bad pointer only */
		mr_marker_write(&marker, start->marker);
	}
	return 0;
}

static int restore_signals(const struct mr_start *start, struct maproot_error *err)
{
	int code = 0;

	/*
	 * No handler of the host's may run in this process: they go, or the signals stay out until exec did it. One that comes
	 * back is the host.
	 */
	if (!start->reexec && !start->comes_back)
		code = mr_signals_reset_handlers();
	if (code == 0 && start->signals.child_ignored)
		code = mr_signals_ignore_child(true);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "restore the signal actions");
	mr_timers_put_back(&start->timers);
	mr_signals_put_back(&start->pending);
	start->report->arrived = true;
	/* What is handed on from now on comes after these; and before a signal of its own can hold this process up. */
	if (start->arrival[1] >= 0)
		(void)close(start->arrival[1]);
	if (!start->reexec)
		code = mr_signals_mask(start->signals.mask, NULL);
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "restore the signal mask") : 0;
}

static int execute(const struct mr_start *start, struct maproot_error *err)
{
	static const char self[] = "/proc/self/exe";
	int code = start->leaving > 0 ? mr_leaving_begin(start->leaving) : 0;

	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_PREPARE, "a sign that the child has left");
	if (start->comes_back)
		return 0;
	mr_stop_point("child-executing");
	if (!start->reexec)
		return mr_program_exec(start->argv, start->envp, err);
	(void)execve(self, start->argv, start->envp);
	return mr_fail(err, errno, MAPROOT_STEP_REEXEC, self);
}

static int make_command(const struct mr_start *start, struct maproot_error *err);

/* In the first child. The order is the security argument: each row says why it stands where it does. */
static child_step *const entering[] = {
	leave_parents_ends, /* first, so that a parent who dies from here on is noticed */
	open_clocks,
	furnish_early,   /* while its files in /proc are its own */
	hide,            /* before anybody else's user namespace: who rules it rules who is in it */
	join_namespaces, /* with the rights of the caller, and the last look at its /proc */
	create_namespaces,
};

/* In it too: finding its place in a new user namespace. */
static child_step *const settling[] = {
	show_for_maps,  /* here, where a pid namespace that is joined does not see it yet */
	deny_setgroups, /* before any gid map: never a moment in which groups could be dropped */
	write_own_maps, /* while still dumpable, else /proc/self is closed to us */
	wait_at_gate,   /* or let the parent write them */
	drop_groups,    /* needs the maps, and the rights that taking other ids may end */
	take_ids,
	hide,         /* again */
	make_command, /* does not return where the command is another process; it goes on below */
};

/* In the process of the command. */
static child_step *const becoming[] = {
	arm_death_signal,  /* after the last change of ids, which clears it */
	keep_capabilities, /* after the last change of ids, which clears them */
	keep_subreaper,
	hold_and_furnish,
	tell_pid,
	restore_signals, /* last: from here on a signal kills this process as it would the command */
	execute,
};

static int get_ready(const struct mr_start *start, int ready)
{
	char byte = 0;
	int code;

	(void)prctl(PR_SET_NAME, "maproot-init", 0, 0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	if (parent_is_dead(start))
		return -ESRCH;
	code = mr_signals_ignore_child(true);
	if (code < 0)
		return code;
	/* Nothing of the caller's stays open here; what says that all is well goes last. */
	if (chdir("/") < 0 || dup3(ready, 0, 0) < 0)
		return -errno;
	code = mr_descriptors_close_from(1, NULL);
	if (code == 0)
		code = mr_write_once(0, &byte, 1);
	(void)close(0);
	return code;
}

/*
 * Process 1 of the new pid namespace. An ignored SIGCHLD makes the kernel reap whatever is left to it, so it
 * only has to be there; the starting process kills it when the command has ended, and the namespace with it.
 */
static _Noreturn void be_init(const struct mr_start *start, int ready)
{
	int code = get_ready(start, ready);

	if (code < 0) {
		(void)mr_fail(&start->report->err, -code, MAPROOT_STEP_INIT, "");
		_exit(MAPROOT_EXIT_FAILURE);
	}
	for (;;)
		(void)pause();
}

/* Returns when it is ready: a command that is there before its init would die with it, and nobody could say why. */
static int make_init(const struct mr_start *start, struct maproot_error *err)
{
	char byte;
	int ends[2];
	ssize_t got;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_INIT, "");
	pid = mr_fork(CLONE_PARENT | SIGCHLD, &start->report->init);
	if (pid == 0)
		be_init(start, ends[1]);
	if (pid < 0)
		return mr_fail(err, errno, MAPROOT_STEP_INIT, "");
	(void)close(ends[1]);
	got = mr_read(ends[0], &byte, 1);
	(void)close(ends[0]);
	/* Without a byte it has said itself what failed; the first word counts. */
	return got == 1 ? 0 : mr_fail(err, got < 0 ? (int)-got : ECHILD, MAPROOT_STEP_INIT, "");
}

static int enter_for_children(const struct mr_start *start, struct maproot_error *err)
{
	const struct mr_plan *plan = start->plan;
	unsigned int flags = mr_plan_clone_flags(plan->namespaces & MR_FOR_CHILDREN);

	if (flags == 0)
		return 0; /* joined, not new */
	if (unshare((int)flags) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_CREATE, "pid or time, for children");
	return mr_clocks_set(plan->monotonic, plan->boottime, start->report->clocks, err);
}

/*
 * What the terminal sent to the process group before the command's process was there to get it. The starting
 * process has it too, but takes it that the command had it from the terminal.
 */
static mr_signal_set take_group_signals(void)
{
	static const struct timespec at_once = { 0, 0 };
	mr_signal_set taken = 0;
	mr_signal_set pending;
	siginfo_t info;

	while ((pending = mr_signals_pending() & MR_SIGNALS_OF_TERMINAL) != 0) {
		if (mr_signals_wait(pending, &info, &at_once) < 0)
			break;
		/* The kernel keeps no record with what arrives while it clones. */
		if (info.si_code == SI_KERNEL || info.si_pid == 0)
			taken |= mr_signal_bit(info.si_signo);
	}
	return taken;
}

static void put_group_signals(mr_signal_set signals)
{
	for (int signal = 1; signals != 0; signal++, signals >>= 1) {
		if (signals & 1)
			(void)kill(getpid(), signal);
	}
}

static int walk(child_step *const *steps, size_t count, const struct mr_start *start,
		struct maproot_error *err)
{
	int code = 0;

	for (size_t at = 0; code == 0 && at < count; at++)
		code = steps[at](start, err);
	return code;
}

#define WALK(steps, start, err) walk(steps, sizeof(steps) / sizeof((steps)[0]), start, err)

/* In the process of the command, where it shares its memory with the starting one. */
static int become_aside(void *argument)
{
	const struct mr_start *start = argument;

	put_group_signals(start->report->group_signals);
	(void)WALK(becoming, start, &start->report->err);
	return MAPROOT_EXIT_FAILURE; /* executing does not return */
}

/*
 * CLONE_VFORK: this process ends only when that one has become the command, or has failed. One that comes back may never
 * execute anything, and is not waited for.
 */
static pid_t clone_command(const struct mr_start *start)
{
	const int flags = CLONE_PARENT | CLONE_VFORK | SIGCHLD;
	pid_t pid;

	if (start->comes_back)
		return mr_fork(CLONE_PARENT | SIGCHLD, &start->report->command);
	if (!start->aside_stack_top)
		return mr_fork((unsigned long)flags, &start->report->command);
	pid = clone(become_aside, start->aside_stack_top, flags | CLONE_VM, (void *)start);
	if (pid > 0)
		start->report->command = pid;
	return pid;
}

static int make_command(const struct mr_start *start, struct maproot_error *err)
{
	pid_t pid;
	int code;

	if (!start->aside)
		return 0;
	code = enter_for_children(start, err);
	if (code < 0)
		return code;
	if (start->plan->init)
		code = make_init(start, err);
	if (code < 0)
		return code;
	start->report->group_signals = take_group_signals();
	pid = clone_command(start);
	if (pid < 0)
		return mr_fail(err, errno, MAPROOT_STEP_COMMAND, "");
	if (pid > 0)
		_exit(0);
	put_group_signals(start->report->group_signals);
	return 0;
}

int mr_child_take_place(const struct mr_start *start, struct maproot_error *err)
{
	int code = leave_parents_ends(start, err);

	return code < 0 ? code : WALK(settling, start, err);
}

int mr_child_main(void *argument)
{
	const struct mr_start *start = argument;
	struct maproot_error *err = &start->report->err;

	if (WALK(entering, start, err) == 0 && WALK(settling, start, err) == 0)
		(void)WALK(becoming, start, err);
	return MAPROOT_EXIT_FAILURE; /* executing does not return */
}

int mr_child_come_back(const struct mr_start *start, struct maproot_error *err)
{
	/* Who waits for the arrival is told of a failure on the way, and tells it. */
	if (WALK(entering, start, &start->report->err) < 0 || WALK(settling, start, &start->report->err) < 0)
		_exit(MAPROOT_EXIT_FAILURE);
	return WALK(becoming, start, err);
}
