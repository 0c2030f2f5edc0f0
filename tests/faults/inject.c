/*
 * The tracing half of the sweeps, see inject.h. Contract: the traced processes see nothing but what
 * was asked for; every process of a run is known here, so that "nothing is left" is a fact and not
 * a guess; whatever happens, all of them are dead on return.
 */
#include "inject.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 64
#define TICK_USEC 4000

static const char *const call_names[] = {
#include "syscall_names.h"
};

struct tracee {
	pid_t pid;
	char path[INJECT_PATH]; /* "" until the parent's report says whose child this is */
	unsigned int children;
	unsigned int sequence;
	enum inject_image image;
	bool counting;
	bool stopped_early; /* its first stop came before the parent's report */
	bool failing;       /* between entry and exit of the call that is made to fail */
	int64_t answer;
	int changed; /* the argument that was changed on the way in, from 1; 0: none */
	uint64_t original;
	bool held; /* kept at its entry until the victim is dead */
};

struct trace {
	const struct inject_run *run;
	struct inject_result *result;
	struct tracee tracee[PROCESSES];
	unsigned int count;
	pid_t root;
	pid_t victim;
	int gate;
	unsigned int events;   /* since the last tick */
	pid_t gone[PROCESSES]; /* ended before their parents' reports of them came */
	unsigned int gone_count;
	double begin;
	double end; /* of the program, 0: lives */
	double kill_time;
	dev_t payload_device, program_device;
	ino_t payload_inode, program_inode;
};

static volatile sig_atomic_t ticked;

static void on_alarm(int signal)
{
	(void)signal;
	ticked = 1;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

const char *inject_call_name(int number)
{
	static char unknown[24];

	if (number >= 0 && (size_t)number < sizeof(call_names) / sizeof(call_names[0]) &&
	    call_names[number])
		return call_names[number];
	snprintf(unknown, sizeof(unknown), "call-%d", number);
	return unknown;
}

static const char *image_name(enum inject_image image)
{
	return image == INJECT_PROGRAM ? "" : image == INJECT_HELPER ? "(helper)" :
								       "(payload)";
}

size_t inject_point_format(const struct inject_point *point, char *buffer, size_t size)
{
	int length = snprintf(buffer, size, "%s%s#%u %s %s", point->path, image_name(point->image),
			      point->sequence, inject_call_name(point->number), point->detail);

	return length < 0 ? 0 : (size_t)length;
}

void inject_list_done(struct inject_list *list)
{
	free(list->point);
	*list = (struct inject_list){ .point = NULL };
}

/* ---- registers
 * ------------------------------------------------------------------------------------- */

static int set_call(pid_t pid, int number)
{
#if defined(__x86_64__)
	return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax),
		      (long)number) < 0 ?
		       -errno :
		       0;
#elif defined(__aarch64__)
	struct iovec part = { .iov_base = &number, .iov_len = sizeof(number) };

	return ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &part) < 0 ? -errno : 0;
#else
#error "the registers of this architecture are not known here"
#endif
}

static int set_answer(pid_t pid, int64_t answer)
{
#if defined(__x86_64__)
	return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), (long)answer) <
			       0 ?
		       -errno :
		       0;
#else
	struct user_regs_struct registers;
	struct iovec part = { .iov_base = &registers, .iov_len = sizeof(registers) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part) < 0)
		return -errno;
	registers.regs[0] = (unsigned long long)answer;
	return ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &part) < 0 ? -errno : 0;
#endif
}

/* `which`: 0 or 2 */
static int set_argument(pid_t pid, int which, uint64_t value)
{
#if defined(__x86_64__)
	size_t offset = which == 0 ? offsetof(struct user_regs_struct, rdi) :
				     offsetof(struct user_regs_struct, rdx);

	return ptrace(PTRACE_POKEUSER, pid, offset, (long)value) < 0 ? -errno : 0;
#else
	struct user_regs_struct registers;
	struct iovec part = { .iov_base = &registers, .iov_len = sizeof(registers) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part) < 0)
		return -errno;
	registers.regs[which] = value;
	return ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &part) < 0 ? -errno : 0;
#endif
}

/* ---- what a call is about
 * -------------------------------------------------------------------------- */

static void read_text(pid_t pid, uint64_t address, uint64_t length, char *buffer, size_t size)
{
	size_t want = length < size - 1 ? (size_t)length : size - 1;
	struct iovec here = { .iov_base = buffer, .iov_len = want };
	struct iovec there = { .iov_base = (void *)(uintptr_t)address, .iov_len = want };
	ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);

	/* a string near the end of its page can't be read past that page */
	if (got < 0) {
		size_t page = 4096 - (size_t)(address & 4095);

		here.iov_len = there.iov_len = page < want ? page : want;
		got = process_vm_readv(pid, &here, 1, &there, 1, 0);
	}
	buffer[got > 0 ? got : 0] = '\0';
	for (char *c = buffer; *c; c++)
		if (*c == '\n')
			*c = ';';
}

/* The number of a pid or of a pipe differs between runs: not part of what a call is about. */
static void drop_numbers(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (*from < '0' || *from > '9' || (to > text && to[-1] != '/' && to[-1] != '['))
			*to++ = *from;
		else if (to == text || to[-1] != 'N') {
			while (from[1] >= '0' && from[1] <= '9')
				from++;
			*to++ = 'N';
		}
	*to = '\0';
}

static void read_link(pid_t pid, uint64_t fd, char *buffer, size_t size)
{
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, (int)fd);
	length = readlink(path, buffer, size - 1);
	buffer[length > 0 ? length : 0] = '\0';
	drop_numbers(buffer);
}

static void describe(pid_t pid, struct inject_point *point)
{
	static const struct {
		int number;
		int path; /* which argument is a path, from 1 */
		int fd;   /* which is a descriptor */
		int text; /* which is a buffer, its length in the next */
	} kinds[] = {
#ifdef SYS_open
		{ SYS_open, 1, 0, 0 },
		{ SYS_readlink, 1, 0, 0 },
		{ SYS_stat, 1, 0, 0 },
		{ SYS_access, 1, 0, 0 },
#endif
		{ SYS_openat, 2, 0, 0 },
		{ SYS_readlinkat, 2, 0, 0 },
		{ SYS_execve, 1, 0, 0 },
		{ SYS_mount, 2, 0, 0 },
		{ SYS_newfstatat, 2, 0, 0 },
		{ SYS_statx, 2, 0, 0 },
		{ SYS_faccessat, 2, 0, 0 },
		{ SYS_statfs, 1, 0, 0 },
		{ SYS_chdir, 1, 0, 0 },
		{ SYS_write, 0, 1, 2 },
		{ SYS_read, 0, 1, 0 },
		{ SYS_close, 0, 1, 0 },
		{ SYS_fcntl, 0, 1, 0 },
		{ SYS_fstat, 0, 1, 0 },
		{ SYS_getdents64, 0, 1, 0 },
		{ SYS_sendmsg, 0, 1, 0 },
		{ SYS_recvmsg, 0, 1, 0 },
		{ SYS_lseek, 0, 1, 0 },
		{ SYS_readv, 0, 1, 0 },
		{ SYS_writev, 0, 1, 0 },
		{ SYS_pread64, 0, 1, 0 },
	};
	char text[48];

	snprintf(point->detail, sizeof(point->detail), "%#llx",
		 (unsigned long long)point->argument[0]);
	if (point->number == SYS_capget)
		strcpy(point->detail, point->argument[1] ? "sets" : "version");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].number != point->number)
			continue;
		if (kinds[i].path)
			read_text(pid, point->argument[kinds[i].path - 1], sizeof(point->detail),
				  point->detail, sizeof(point->detail));
		if (kinds[i].fd)
			read_link(pid, point->argument[kinds[i].fd - 1], point->detail, 64);
		if (kinds[i].text) {
			read_text(pid, point->argument[1], point->argument[2], text, sizeof(text));
			snprintf(point->detail + strlen(point->detail), 56, " '%s'", text);
		}
		if (point->number == SYS_fcntl)
			snprintf(point->detail + strlen(point->detail), 16, " cmd=%#x",
				 (unsigned int)point->argument[1]);
		return;
	}
}

static void remember(struct inject_list *list, const struct inject_point *point)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->point[i].sequence == point->sequence &&
		    list->point[i].number == point->number &&
		    strcmp(list->point[i].path, point->path) == 0)
			return;
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 256;
		struct inject_point *more = realloc(list->point, room * sizeof(*more));

		if (!more)
			abort();
		list->point = more;
		list->room = room;
	}
	list->point[list->count++] = *point;
}

/* ---- the processes of the run
 * ---------------------------------------------------------------------- */

static struct tracee *find(struct trace *trace, pid_t pid)
{
	for (unsigned int i = 0; i < trace->count; i++)
		if (trace->tracee[i].pid == pid)
			return &trace->tracee[i];
	return NULL;
}

static struct tracee *add(struct trace *trace, pid_t pid)
{
	struct tracee *tracee;

	if (trace->count == PROCESSES)
		abort();
	tracee = &trace->tracee[trace->count++];
	*tracee = (struct tracee){ .pid = pid };
	trace->result->processes++;
	return tracee;
}

static void drop(struct trace *trace, struct tracee *tracee)
{
	*tracee = trace->tracee[--trace->count];
}

static bool counted(const struct trace *trace, const struct tracee *tracee)
{
	return tracee->counting && tracee->image != INJECT_PAYLOAD &&
	       (tracee->image != INJECT_HELPER || trace->run->helpers);
}

/* An error means that the process was killed meanwhile: its end will be reported. */
static void resume(struct trace *trace, const struct tracee *tracee, int signal)
{
	bool calls = tracee->image != INJECT_PAYLOAD &&
		     (tracee->image != INJECT_HELPER || trace->run->helpers);

	(void)ptrace(calls ? PTRACE_SYSCALL : PTRACE_CONT, tracee->pid, 0, (long)signal);
}

static void resume_held(struct trace *trace)
{
	for (unsigned int i = 0; i < trace->count; i++)
		if (trace->tracee[i].held) {
			trace->tracee[i].held = false;
			resume(trace, &trace->tracee[i], 0);
		}
}

static void on_exec(struct trace *trace, struct tracee *tracee)
{
	char path[64];
	struct stat file;

	snprintf(path, sizeof(path), "/proc/%d/exe", tracee->pid);
	tracee->image = INJECT_HELPER;
	if (stat(path, &file) == 0) {
		if (file.st_dev == trace->payload_device && file.st_ino == trace->payload_inode)
			tracee->image = INJECT_PAYLOAD;
		else if (file.st_dev == trace->program_device &&
			 file.st_ino == trace->program_inode)
			tracee->image = INJECT_PROGRAM;
	}
	if (tracee->image == INJECT_PROGRAM)
		tracee->counting = !trace->run->marked;
	if (tracee->image == INJECT_PAYLOAD)
		trace->result->payload_started = true;
}

static void on_child(struct trace *trace, struct tracee *parent)
{
	unsigned long message = 0;
	struct tracee *child;
	char path[INJECT_PATH];
	enum inject_image image = parent->image;
	int length;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &message) < 0)
		return;
	length = snprintf(path, sizeof(path), "%s.%u", parent->path, ++parent->children);
	if (length >= (int)sizeof(path))
		abort();
	for (unsigned int i = 0; i < trace->gone_count; i++)
		if (trace->gone[i] == (pid_t)message) {
			trace->gone[i] = trace->gone[--trace->gone_count];
			trace->result->processes++;
			return;
		}
	child = find(trace, (pid_t)message);
	if (!child)
		child = add(trace, (pid_t)message);
	memcpy(child->path, path, sizeof(path));
	child->image = image;
	child->counting = true;
	if (child->stopped_early) {
		child->stopped_early = false;
		resume(trace, child, 0);
	}
}

/* A call leaves the registers of its arguments alone, and compilers count on it: changed back on
 * the way out. */
static void change_argument(struct tracee *tracee, int which, uint64_t original, uint64_t value)
{
	(void)set_argument(tracee->pid, which, value);
	tracee->changed = which + 1;
	tracee->original = original;
}

static void act(struct trace *trace, struct tracee *tracee, const struct inject_point *point)
{
	const struct inject_run *run = trace->run;
	struct inject_result *result = trace->result;

	result->hit = true;
	result->point = *point;
	switch (run->action) {
	case INJECT_NOTHING:
		break;
	case INJECT_FAIL:
	case INJECT_SHORT:
		/*
		 * brk(2) of the kernel answers where the break is, moved or not, and never an errno
		 * 
		 */
		if (point->number == SYS_brk) {
			change_argument(tracee, 0, point->argument[0], 0);
			break;
		}
		tracee->failing = true;
		tracee->answer =
			run->action == INJECT_FAIL ? -run->code : (int64_t)point->argument[2] - 1;
		/* close(2) closes, whatever it says */
		if (point->number != SYS_close)
			(void)set_call(tracee->pid, -1);
		break;
	case INJECT_TRIM:
		change_argument(tracee, 2, point->argument[2], point->argument[2] - 1);
		break;
	case INJECT_KILL:
		result->victim_missing = true;
		for (unsigned int i = 0; i < trace->count; i++)
			if (strcmp(trace->tracee[i].path, run->victim) == 0 &&
			    trace->tracee[i].image != INJECT_PAYLOAD) {
				result->victim_missing = false;
				trace->victim = trace->tracee[i].pid;
				tracee->held = trace->victim != tracee->pid;
				trace->kill_time = now();
				kill(trace->victim, SIGKILL);
			}
		break;
	}
}

static void on_call(struct trace *trace, struct tracee *tracee)
{
	struct __ptrace_syscall_info info;
	struct inject_point point = { .image = tracee->image };
	const struct inject_run *run = trace->run;
	const struct inject_point *at = run->at;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && tracee->failing) {
		tracee->failing = false;
		(void)set_answer(tracee->pid, tracee->answer);
	}
	/* where the answer comes back in the register of the first argument, it stays */
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && tracee->changed) {
#if defined(__aarch64__)
		if (tracee->changed > 1)
#endif
			(void)set_argument(tracee->pid, tracee->changed - 1, tracee->original);
		tracee->changed = 0;
	}
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	if (info.entry.nr == SYS_prctl && info.entry.args[0] == INJECT_MARK && run->marked) {
		tracee->counting = info.entry.args[1] != 0;
		return;
	}
	if (!counted(trace, tracee))
		return;
	point.sequence = ++tracee->sequence;
	point.number = (int)info.entry.nr;
	point.children = tracee->children;
	memcpy(point.path, tracee->path, sizeof(point.path));
	for (int i = 0; i < 6; i++)
		point.argument[i] = info.entry.args[i];
	if (run->list) {
		describe(tracee->pid, &point);
		remember(run->list, &point);
	}
	if (at && !trace->result->hit && at->sequence == point.sequence &&
	    strcmp(at->path, point.path) == 0) {
		describe(tracee->pid, &point);
		act(trace, tracee, &point);
	}
}

static void on_end(struct trace *trace, struct tracee *tracee, int status)
{
	if (tracee->pid == trace->root) {
		trace->end = now();
		trace->result->ended = true;
		trace->result->status = status;
		trace->result->seconds = trace->end - trace->begin;
	} else if (tracee->image == INJECT_PAYLOAD && trace->end > 0 && WIFEXITED(status)) {
		trace->result->payload_survived = true;
	}
	if (tracee->pid == trace->victim) {
		drop(trace, tracee);
		resume_held(trace);
	} else {
		drop(trace, tracee);
	}
}

static void on_stop(struct trace *trace, struct tracee *tracee, int status)
{
	int event = status >> 16;
	int signal = WSTOPSIG(status);

	if (signal == (SIGTRAP | 0x80)) {
		on_call(trace, tracee);
		if (!tracee->held)
			resume(trace, tracee, 0);
		return;
	}
	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE: {
		pid_t pid = tracee->pid;

		on_child(trace, tracee);
		tracee = find(trace, pid);
		resume(trace, tracee, 0);
		return;
	}
	case PTRACE_EVENT_EXEC:
		on_exec(trace, tracee);
		resume(trace, tracee, 0);
		return;
	case PTRACE_EVENT_STOP:
		if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN ||
		    signal == SIGTTOU)
			(void)ptrace(PTRACE_LISTEN, tracee->pid, 0, 0);
		else if (!tracee->path[0])
			tracee->stopped_early = true;
		else
			resume(trace, tracee, 0);
		return;
	default:
		resume(trace, tracee, event ? 0 : signal);
	}
}

/* A parent that was killed in the middle of its clone announces nobody: its child goes on. */
static void resume_unannounced(struct trace *trace)
{
	for (unsigned int i = 0; i < trace->count; i++)
		if (trace->tracee[i].stopped_early) {
			trace->tracee[i].stopped_early = false;
			strcpy(trace->tracee[i].path, "?");
			resume(trace, &trace->tracee[i], 0);
		}
}

static void release_gate(struct trace *trace)
{
	if (trace->gate >= 0) {
		(void)!write(trace->gate, "x", 1);
		close(trace->gate);
		trace->gate = -1;
	}
}

/* Returns false when the time is over. */
static bool on_tick(struct trace *trace)
{
	double time = now();
	bool quiet = trace->events == 0;

	trace->events = 0;
	if (quiet)
		resume_unannounced(trace);
	/* a kill that the run got over: let it come to its end, long after it should have been dead
	 */
	if (quiet && trace->result->payload_started &&
	    (!(trace->kill_time > 0) || time - trace->kill_time > 0.25))
		release_gate(trace);
	if (trace->kill_time > 0 && time - trace->kill_time > 0.1)
		resume_held(trace);
	if (trace->end > 0)
		return time - trace->end < INJECT_LEFTOVER_LIMIT;
	return time - trace->begin < INJECT_LIMIT;
}

static void follow(struct trace *trace)
{
	while (trace->count > 0) {
		int status;
		struct tracee *tracee;
		pid_t pid;

		/* also when there is always something to report: a process may call in circles */
		if (ticked) {
			ticked = 0;
			if (!on_tick(trace))
				return;
		}
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		trace->events++;
		tracee = find(trace, pid);
		if (!tracee && WIFSTOPPED(status))
			tracee = add(trace, pid);
		else if (!tracee) {
			/*
			 * not yet announced; or an orphan that came to us, reported for the second
			 * * time
			 */
			if (trace->gone_count < PROCESSES)
				trace->gone[trace->gone_count++] = pid;
			continue;
		}
		if (WIFSTOPPED(status))
			on_stop(trace, tracee, status);
		else
			on_end(trace, tracee, status);
	}
}

/* ---- start and end
 * --------------------------------------------------------------------------------- */

static _Noreturn void become(const struct inject_run *run, int go, int input, int output,
			     int errors)
{
	char byte;
	sigset_t none;

	sigemptyset(&none);
	if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0)
		_exit(120);
	if (run->drop &&
	    (setgroups(1, &run->gid) < 0 || setresgid(run->gid, run->gid, run->gid) < 0 ||
	     setresuid(run->uid, run->uid, run->uid) < 0))
		_exit(121);
	if (run->directory && chdir(run->directory) < 0)
		_exit(122);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (read(go, &byte, 1) != 1)
		_exit(123);
	execve(run->argv[0], run->argv, run->envp);
	_exit(124);
}

static void set_timer(long usec)
{
	struct itimerval interval = { .it_interval = { 0, usec }, .it_value = { 0, usec } };

	setitimer(ITIMER_REAL, &interval, NULL);
}

static int trace_begin(struct trace *trace, int output, int errors)
{
	const struct inject_run *run = trace->run;
	struct stat file;
	int go[2], gate[2] = { -1, -1 };
	struct tracee *root;

	if (stat(run->payload, &file) < 0)
		return -errno;
	trace->payload_device = file.st_dev;
	trace->payload_inode = file.st_ino;
	if (stat(run->argv[0], &file) < 0)
		return -errno;
	trace->program_device = file.st_dev;
	trace->program_inode = file.st_ino;
	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	if (run->gate ? pipe2(gate, O_CLOEXEC) < 0 :
			(gate[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0)
		return -errno;
	trace->gate = gate[1];
	trace->root = fork();
	if (trace->root < 0)
		return -errno;
	if (trace->root == 0)
		become(run, go[0], gate[0], output, errors);
	close(gate[0]);
	close(go[0]);
	if (ptrace(PTRACE_SEIZE, trace->root, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0) {
		int code = errno;

		kill(trace->root, SIGKILL);
		waitpid(trace->root, NULL, 0);
		close(go[1]);
		return -code;
	}
	root = add(trace, trace->root);
	strcpy(root->path, "0");
	/*
	 * seen as payload until it executes the program: none of the calls before that is stopped
	 * * at
	 */
	root->image = INJECT_PAYLOAD;
	trace->begin = now();
	(void)!write(go[1], "g", 1);
	close(go[1]);
	return 0;
}

/* Whatever is still there dies here. */
static void trace_end(struct trace *trace)
{
	struct inject_result *result = trace->result;
	int status;

	result->survivors = trace->count;
	result->leftover_seconds = trace->kill_time > 0 ? now() - trace->kill_time :
				   trace->end > 0       ? now() - trace->end :
							  0;
	for (unsigned int i = 0; i < trace->count; i++)
		kill(trace->tracee[i].pid, SIGKILL);
	while (trace->count > 0) {
		pid_t pid = waitpid(-1, &status, __WALL);
		struct tracee *tracee;

		if (pid < 0 && errno != EINTR)
			break;
		tracee = pid > 0 ? find(trace, pid) : NULL;
		if (tracee && !WIFSTOPPED(status)) {
			drop(trace, tracee);
		} else if (pid > 0 && WIFSTOPPED(status)) {
			kill(pid, SIGKILL);
			if (!tracee)
				(void)add(trace, pid);
			(void)ptrace(PTRACE_CONT, pid, 0, 0);
		}
	}
	set_timer(0);
	/* orphans that were given to us */
	while (waitpid(-1, &status, WNOHANG | __WALL) > 0)
		;
	if (trace->gate >= 0)
		close(trace->gate);
}

static void slurp(int fd, char *buffer, size_t size)
{
	ssize_t length = pread(fd, buffer, size - 1, 0);

	buffer[length > 0 ? length : 0] = '\0';
}

int inject_run(const struct inject_run *run, struct inject_result *ret_result)
{
	struct sigaction action = { .sa_handler = on_alarm };
	int output, errors;
	struct trace trace = { .run = run, .result = ret_result, .gate = -1 };
	int r;

	/* orphans come to us, so that none is left as a zombie either */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	output = memfd_create("output", MFD_CLOEXEC);
	errors = memfd_create("errors", MFD_CLOEXEC);
	if (output < 0 || errors < 0)
		return -errno;
	*ret_result = (struct inject_result){ .hit = false };
	sigaction(SIGALRM, &action, NULL);
	r = trace_begin(&trace, output, errors);
	if (r == 0) {
		set_timer(TICK_USEC);
		follow(&trace);
		trace_end(&trace);
		slurp(output, ret_result->output, sizeof(ret_result->output));
		slurp(errors, ret_result->diagnostics, sizeof(ret_result->diagnostics));
	} else if (trace.gate >= 0) {
		close(trace.gate);
	}
	close(output);
	close(errors);
	return r;
}
