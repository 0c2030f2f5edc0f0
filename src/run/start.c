/*
 * The parent's side of a start: what the child needs is laid out, the child is cloned, mapped if it can't do that
 * itself, and asked how it went.
 *
 * The child shares our memory, also our errno. So only one of the two runs at a time: either the kernel holds us
 * until it has executed (CLONE_VFORK), or, when it has to be mapped from here, each waits for the other at the gate.
 */
#include "run/start.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "system/idmap_write.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUARD_SIZE = 64 * 1024 }; /* the largest page there is */

/* A mapping that the child runs on or writes to. */
struct mapping {
	void *start;
	size_t size;
};

static void unmap(struct mapping *mapping)
{
	if (mapping->start)
		(void)munmap(mapping->start, mapping->size);
}

#define auto_unmap __attribute__((cleanup(unmap)))

static int map_memory(struct mapping *mapping, size_t size, int sharing, struct maproot_error *err)
{
	void *start = mmap(NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "memory for the child");
	mapping->start = start;
	mapping->size = size;
	return 0;
}

/* The stack takes a copy of the argument pointers where a script without "#!" is handed to a shell. */
static int map_stack(struct mapping *stack, char *const argv[], struct maproot_error *err)
{
	size_t count = 0;
	int code;

	while (argv[count])
		count++;
	code = map_memory(stack, GUARD_SIZE + MR_STACK_SIZE + (count + 2) * sizeof(*argv),
			  MAP_PRIVATE | MAP_STACK | MAP_NORESERVE, err);
	if (code == 0 && mprotect(stack->start, GUARD_SIZE, PROT_NONE) < 0)
		code = mr_fail(err, errno, MAPROOT_STEP_PREPARE, "memory for the child");
	return code;
}

static char *top_of(const struct mapping *stack)
{
	return (char *)stack->start + stack->size;
}

int mr_open_gate(struct mr_start *start, struct maproot_error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "the gate where the child waits");
	start->gate[0] = mr_raise_fd(ends[0]);
	start->gate[1] = mr_raise_fd(ends[1]);
	if (start->gate[0] < 0 || start->gate[1] < 0)
		return mr_fail(err, EMFILE, MAPROOT_STEP_PREPARE, "the gate where the child waits");
	return 0;
}

/* Lets a child in another pid namespace see whether we live: our pidfd, or a pipe that we hold the other end of. */
static int open_lifeline(struct mr_start *start, struct maproot_error *err)
{
	int ends[2];

	start->lifeline[0] = mr_pidfd_open(getpid());
	if (start->lifeline[0] >= 0)
		return 0;
	if (start->lifeline[0] != -ENOSYS)
		return mr_fail(err, -start->lifeline[0], MAPROOT_STEP_PREPARE,
			       "a sign of life for the child");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a sign of life for the child");
	start->lifeline[0] = mr_raise_fd(ends[0]);
	start->lifeline[1] = mr_raise_fd(ends[1]);
	if (start->lifeline[0] < 0 || start->lifeline[1] < 0)
		return mr_fail(err, EMFILE, MAPROOT_STEP_PREPARE, "a sign of life for the child");
	return 0;
}

static int open_arrival(struct mr_start *start, struct maproot_error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a sign of the child's arrival");
	start->arrival[0] = mr_raise_fd(ends[0]);
	start->arrival[1] = mr_raise_fd(ends[1]);
	if (start->arrival[0] < 0 || start->arrival[1] < 0)
		return mr_fail(err, EMFILE, MAPROOT_STEP_PREPARE, "a sign of the child's arrival");
	return 0;
}

static void close_all(struct mr_start *start)
{
	for (int end = 0; end < 2; end++) {
		mr_close_fd(&start->gate[end]);
		mr_close_fd(&start->lifeline[end]);
		mr_close_fd(&start->arrival[end]);
	}
}

static int wait_for_end(pid_t pid, int *ret_status)
{
	pid_t got;

	do
		got = waitpid(pid, ret_status, __WALL);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : 0;
}

void mr_end_process(pid_t pid)
{
	int status;

	if (pid <= 0)
		return;
	/* Unreaped, so the number is still its own. What can't be killed is not waited for: it dies with this process. */
	if (kill(pid, SIGKILL) == 0)
		(void)wait_for_end(pid, &status);
}

static bool is_mapped_by_us(const struct mr_plan *plan)
{
	return plan->mapper == MR_MAPPER_PARENT || plan->mapper == MR_MAPPER_HELPERS;
}

static int serve_turns(const struct mr_start *start, pid_t pid, struct maproot_error *err)
{
	char byte = 0;
	ssize_t got = mr_read(start->gate[0], &byte, 1);
	int code;

	/* Whatever goes wrong on this side, the caller ends the child, which else would wait for ever. */
	if (got < 0)
		return mr_fail(err, (int)-got, MAPROOT_STEP_COMMAND, "");
	if (got == 0)
		return 0; /* it failed before; its report says how */
	code = start->held ? start->held->reached(start->held->arg, pid, err) : 0;
	if (code == 0 && is_mapped_by_us(start->plan))
		code = mr_idmap_write_for(start->plan, pid, err);
	if (code == 0 && start->held)
		code = start->held->mapped(start->held->arg, pid, err);
	if (code < 0)
		return code;
	do
		got = send(start->gate[0], &byte, 1, MSG_NOSIGNAL);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EPIPE ? 0 : mr_fail(err, errno, MAPROOT_STEP_COMMAND, "");
	got = mr_read(start->gate[0], &byte, 1); /* the end of file: it has executed or ended */
	if (got == -ECONNRESET)
		return 0; /* it was killed, and our byte was still to be read */
	return got < 0 ? mr_fail(err, (int)-got, MAPROOT_STEP_COMMAND, "") : 0;
}

int mr_serve_gate(struct mr_start *start, pid_t pid, struct maproot_error *err)
{
	int code;

	(void)close(start->gate[1]); /* the number stays where it is until then: the child may be about to read it */
	code = serve_turns(start, pid, err);
	start->gate[1] = -1;
	return code;
}

/* What is new inside of what is joined is made later, by the child. */
static unsigned int cloned_namespaces(const struct mr_start *start)
{
	if (start->plan->joined != 0)
		return 0;
	return start->plan->namespaces & ~(start->aside ? MR_FOR_CHILDREN : 0);
}

static pid_t clone_sharing(struct mr_start *start, char *stack_top)
{
	unsigned int flags = mr_plan_clone_flags(cloned_namespaces(start)) | SIGCHLD;

	if (start->shares)
		flags |= CLONE_VM;
	if (start->gate[0] < 0)
		flags |= CLONE_VFORK;
	if (start->cgroup) {
		pid_t pid = mr_cgroup_clone(start->cgroup, flags, stack_top, mr_child_main, start);

		start->in_cgroup = pid > 0;
		/* Moved there later, it has to be held until it is. */
		if (pid != -ENOSYS || start->gate[0] < 0) {
			errno = pid < 0 ? -pid : 0;
			return pid;
		}
	}
	return clone(mr_child_main, stack_top, (int)flags, start);
}

/* Errors of clone3(2) that new namespaces don't have. */
static bool is_about_group(int code)
{
	return code == EACCES || code == EBUSY || code == ENOENT || code == ENODEV || code == EOPNOTSUPP;
}

/* Returns 0 here and, of a child that comes back, there too. */
static int clone_child(struct mr_start *start, char *stack_top, pid_t *ret_pid, struct maproot_error *err)
{
	pid_t pid;
	int code = 0;

	/* Right before: what the terminal sends to the group from here on is sent to the child as well. */
	if (start->stands_in)
		code = mr_signals_take_pending(&start->pending);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "take over pending signals");
	pid = start->comes_back ? mr_fork(SIGCHLD, NULL) : clone_sharing(start, stack_top);
	if (pid < 0 && start->cgroup && is_about_group(errno))
		return mr_cgroup_explain(start->cgroup, errno, err);
	if (pid < 0 && cloned_namespaces(start) == 0)
		return mr_fail(err, errno, MAPROOT_STEP_COMMAND, "");
	if (pid < 0)
		return mr_fail_created(errno, cloned_namespaces(start), err);
	*ret_pid = pid;
	return 0;
}

static int fail_signal(int signal, struct maproot_error *err)
{
	char number[12];
	struct mr_text text = mr_text_in(number, sizeof(number));

	mr_text_add_number(&text, signal);
	return mr_fail_pieces(err, ECHILD, MAPROOT_STEP_KILLED, "by signal ", number, NULL);
}

/* How the first child ended that was to make the command's process, or that never executed. */
static int judge_first_child(const struct mr_start *start, pid_t pid, struct maproot_error *err)
{
	int status;
	int code = wait_for_end(pid, &status);

	if (start->report->err.code != 0)
		return mr_error_pass(err, &start->report->err);
	/* A host that ignores SIGCHLD is told no status; the process of the command is proof enough. */
	if (code == -ECHILD && start->report->command > 0)
		return 0;
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_COMMAND, "");
	if (WIFSIGNALED(status))
		return fail_signal(WTERMSIG(status), err);
	if (WEXITSTATUS(status) != 0)
		return mr_fail(err, ECHILD, MAPROOT_STEP_COMMAND, "");
	return 0;
}

/* It ended without a word before it was as good as the command. */
static int fail_killed(const struct mr_start *start, pid_t pid, struct maproot_error *err)
{
	int status = 0;
	int code = wait_for_end(pid, &status);

	/* After that: process 1 is not gone before all others of its namespace are reaped. */
	mr_end_process(start->report->init);
	if (code < 0 || !WIFSIGNALED(status))
		return mr_fail(err, ECHILD, MAPROOT_STEP_KILLED, "it ended without saying why");
	return fail_signal(WTERMSIG(status), err);
}

/* The end of file: a child that comes back is where it should be, or has failed on the way. */
static int wait_for_arrival(struct mr_start *start, struct maproot_error *err)
{
	char byte;
	ssize_t got;

	mr_close_fd(&start->arrival[1]);
	got = mr_read(start->arrival[0], &byte, 1);
	return got < 0 ? mr_fail(err, (int)-got, MAPROOT_STEP_COMMAND, "") : 0;
}

static int run_child(struct mr_start *start, char *stack_top, struct maproot_child *ret_child,
		     struct maproot_error *err)
{
	pid_t pid = -1;
	int code = clone_child(start, stack_top, &pid, err);

	if (code < 0)
		return code;
	if (pid == 0) {
		code = mr_child_come_back(start, err);
		return code < 0 ? code : MR_START_CAME_BACK;
	}
	if (start->gate[0] >= 0)
		code = mr_serve_gate(start, pid, err);
	if (code == 0 && start->arrival[0] >= 0)
		code = wait_for_arrival(start, err);
	if (code < 0) {
		mr_end_process(pid);
		mr_end_process(start->report->command);
		mr_end_process(start->report->init);
		return code;
	}
	if (start->aside || start->report->err.code != 0)
		code = judge_first_child(start, pid, err);
	if (code < 0) {
		mr_end_process(start->report->command);
		mr_end_process(start->report->init);
		return code;
	}
	if (start->aside)
		pid = start->report->command;
	/* A program that is executed again says itself how it fares. */
	if (!start->report->arrived && !start->reexec && !start->comes_back)
		return fail_killed(start, pid, err);
	*ret_child = (struct maproot_child){
		.pid = pid,
		.init = start->report->init,
		.pidfd = -1,
	};
	return 0;
}

/* Which processes there will be, and what they share. */
static void lay_out(struct mr_start *start)
{
	const struct mr_plan *plan = start->plan;
	unsigned int for_children = plan->namespaces & MR_FOR_CHILDREN;

	start->parent = getpid();
	start->visible = plan->hide && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
	start->gate[0] = start->gate[1] = -1;
	start->lifeline[0] = start->lifeline[1] = -1;
	start->arrival[0] = start->arrival[1] = -1;
	start->aside = plan->init || mr_has(for_children, MAPROOT_NAMESPACE_TIME) ||
		       (plan->joined != 0 && for_children != 0) ||
		       mr_has(plan->joined, MAPROOT_NAMESPACE_PID);
	/* A time namespace is entered by a process that is alone in its memory; its own is not ours to give up for long. */
	start->shares = !start->comes_back && !mr_has(plan->joined, MAPROOT_NAMESPACE_TIME);
}

/* An init outlives the start, and a new time namespace is for processes with memory of their own. */
static bool can_share_aside(const struct mr_start *start)
{
	return start->aside && start->shares && !start->plan->init &&
	       !mr_has(start->plan->namespaces, MAPROOT_NAMESPACE_TIME);
}

static int open_channels(struct mr_start *start, struct maproot_error *err)
{
	const struct mr_plan *plan = start->plan;
	int code = 0;

	if (is_mapped_by_us(plan) || start->held)
		code = mr_open_gate(start, err);
	if (code == 0 && mr_has(plan->namespaces | plan->joined, MAPROOT_NAMESPACE_PID))
		code = open_lifeline(start, err);
	if (code == 0 && start->comes_back)
		code = open_arrival(start, err);
	return code;
}

int mr_start_child(struct mr_start *start, struct maproot_child *ret_child, struct maproot_error *err)
{
	auto_unmap struct mapping stack = { 0 };
	auto_unmap struct mapping aside = { 0 };
	auto_unmap struct mapping shared = { 0 };
	struct mr_report own = { 0 };
	int code = 0;

	lay_out(start);
	start->report = &own;
	if (!start->stack_top && !start->comes_back)
		code = map_stack(&stack, start->argv, err);
	if (code == 0 && can_share_aside(start))
		code = map_stack(&aside, start->argv, err);
	/* Processes with memory of their own report in shared memory. */
	if (code == 0 && (start->aside || !start->shares))
		code = map_memory(&shared, sizeof(struct mr_report), MAP_SHARED, err);
	if (shared.start)
		start->report = shared.start;
	start->report->clocks = -1;
	if (aside.start)
		start->aside_stack_top = top_of(&aside);
	if (code == 0)
		code = open_channels(start, err);
	if (code == 0)
		code = run_child(start, start->stack_top ? start->stack_top : top_of(&stack), ret_child, err);
	close_all(start);
	return code;
}

static bool names_this_process(const char *entry)
{
	static const char prefix[] = "LISTEN_PID=";
	uint64_t pid;
	const char *end;

	return strncmp(entry, prefix, strlen(prefix)) == 0 &&
	       mr_text_read_number(entry + strlen(prefix), &end, INT32_MAX, &pid) == 0 && *end == '\0' &&
	       (pid_t)pid == getpid();
}

int mr_start_environment(struct mr_start *start, char *const envp[], bool marker, void **ret_block,
			 struct maproot_error *err)
{
	size_t count = 0;
	size_t listen_at = SIZE_MAX;
	char **copy;
	char *buffers;

	for (; envp[count]; count++) {
		if (names_this_process(envp[count]))
			listen_at = count;
	}
	start->envp = envp;
	start->listen_pid = NULL;
	start->marker = NULL;
	*ret_block = NULL;
	if (!marker && listen_at == SIZE_MAX)
		return 0;
	copy = malloc((count + 2) * sizeof(*copy) + MR_LISTEN_PID_SIZE + MR_MARKER_SIZE);
	if (!copy)
		return mr_fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "the environment of the child");
	buffers = (char *)(copy + count + 2);
	memcpy(copy, envp, count * sizeof(*copy));
	if (listen_at != SIZE_MAX)
		copy[listen_at] = start->listen_pid = buffers;
	if (marker)
		copy[count++] = start->marker = buffers + MR_LISTEN_PID_SIZE;
	copy[count] = NULL;
	start->envp = copy;
	*ret_block = copy;
	return 0;
}
