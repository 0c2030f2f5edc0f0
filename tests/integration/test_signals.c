/*
 * Contract: a signal sent to the wrapper arrives at the command, once, as what it was: kill() as kill(),
 * a queued value with its value, all of a burst and in order, from the first instant. A wrapper that dies
 * takes the command along; a fault of its own is its own. No moment between start and end loses a signal
 * or leaves a process behind. Run bare too, where that shows that the test itself loses nothing.
 */
#include "harness.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define BURST 10000

struct session {
	const char *log;
	struct support_process process;
};

static void block_all(void *arg)
{
	uint64_t all = UINT64_MAX;

	(void)arg;
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8) < 0)
		support_die("sigprocmask");
}

/* An actor that logs, started in a mode from a caller that has everything blocked. */
static struct session start_actor(const char *verb, enum mode mode, void (*after)(void *),
				  bool wait_ready)
{
	struct session session = { .log = harness_file("log") };
	struct support_command command = {
		.argv = mode_words(mode, harness_actor(), verb, session.log, NULL, NULL, NULL),
		.after = after,
		.timeout_ms = 30000,
	};

	support_start(&command, &session.process);
	if (wait_ready)
		(void)harness_wait_ready(session.log, 5000);
	return session;
}

static struct session start_log(enum mode mode, void (*after)(void *), bool wait_ready)
{
	return start_actor("log", mode, after, wait_ready);
}

static void end_log(struct session *session, enum mode mode)
{
	struct support_result result;

	harness_end_log(session->log);
	support_finish(&session->process, &result);
	ck_assert_msg(!result.timed_out && result.status == 0 && result.err_length == 0,
		      "%s: wait status %x, timed out %d: %s", mode_name(mode),
		      (unsigned int)result.status, result.timed_out, result.err);
	support_release(&result);
}

/* glibc's sigqueue() won't send the signals it keeps to itself. */
static int queue_signal(pid_t pid, int number, long value)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = number;
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_ptr = (void *)value;
	return (int)syscall(SYS_rt_sigqueueinfo, pid, number, &info);
}

START_TEST(each_arrives_once)
{
	enum mode mode = (enum mode)_i;
	struct session session = start_log(mode, NULL, true);
	struct signal_line lines[200];
	size_t sent = 0;

	for (int number = 1; number <= 64; number++) {
		if (number == SIGKILL || number == SIGSTOP)
			continue;
		for (int queued = 0; queued < 2; queued++) {
			size_t found;

			memset(lines, 0, sizeof(lines));
			ck_assert_int_eq(queued ? queue_signal(session.process.pid, number,
							       1000000000000 + number) :
						  kill(session.process.pid, number),
					 0);
			sent++;
			found = harness_read_log(session.log, lines, sent, 2000);
			ck_assert_msg(found >= sent, "%s: signal %d (queued %d) did not arrive",
				      mode_name(mode), number, queued);
			ck_assert_msg(lines[sent - 1].number == number,
				      "%s: signal %d arrived as %d", mode_name(mode), number,
				      lines[sent - 1].number);
			ck_assert_msg(lines[sent - 1].code == (queued ? SI_QUEUE : SI_USER),
				      "%s: signal %d (queued %d) arrived with code %d",
				      mode_name(mode), number, queued, lines[sent - 1].code);
			ck_assert_msg(!queued || lines[sent - 1].value == 1000000000000 + number,
				      "%s: signal %d arrived with value %lld", mode_name(mode),
				      number, lines[sent - 1].value);
		}
	}
	/* Whatever comes late comes now. */
	support_sleep_us(100000);
	ck_assert_uint_eq(harness_read_log(session.log, lines, 200, 0), sent);
	end_log(&session, mode);
}
END_TEST

/* Queued by the caller to itself before it executes the wrapper; the same for what comes right after. */
static void queue_before_exec(void *arg)
{
	block_all(arg);
	for (int i = 0; i < 5; i++)
		if (queue_signal(getpid(), 37, i) < 0)
			support_die("sigqueue");
	if (kill(getpid(), SIGUSR1) < 0)
		support_die("kill");
}

static size_t count_number(const struct signal_line *lines, size_t count, int number)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += lines[i].number == number;
	return found;
}

START_TEST(from_the_first_instant)
{
	enum mode mode = (enum mode)_i;
	int rounds = support_size(10, 50, 300);

	for (int round = 0; round < rounds; round++) {
		/* Returns when the wrapper is executed, long before the command is. */
		struct session session = start_log(mode, queue_before_exec, false);
		struct signal_line lines[64];
		int next = 0;
		size_t found;

		memset(lines, 0, sizeof(lines));
		for (int i = 5; i < 25; i++) {
			ck_assert_int_eq(queue_signal(session.process.pid, 37, i), 0);
			support_sleep_us(i % 5 == 0 ? 200 : 0);
		}
		ck_assert_int_eq(kill(session.process.pid, SIGTERM), 0);
		found = harness_read_log(session.log, lines, 27, 3000);
		ck_assert_msg(found == 27, "%s, round %d: %zu of 27 signals arrived", mode_name(mode),
			      round, found);
		for (size_t i = 0; i < found; i++)
			if (lines[i].number == 37)
				ck_assert_msg(lines[i].value == next++,
					      "%s, round %d: value %lld where %d was due",
					      mode_name(mode), round, lines[i].value, next - 1);
		ck_assert_int_eq(next, 25);
		ck_assert_uint_eq(count_number(lines, found, SIGUSR1), 1);
		ck_assert_uint_eq(count_number(lines, found, SIGTERM), 1);
		end_log(&session, mode);
	}
}
END_TEST

static void limit_queue(void *arg)
{
	const struct rlimit limit = { 100, 100 };

	(void)arg;
	if (setrlimit(RLIMIT_SIGPENDING, &limit) < 0)
		support_die("RLIMIT_SIGPENDING");
}

static void send_burst(const struct session *session, int first, int count)
{
	int64_t end = support_now_us() + 20000000;

	for (int i = 0; i < count; i++) {
		/* Two numbers, each with an order of its own. */
		while (queue_signal(session->process.pid, 40 + i % 2, first + i) < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			ck_assert_msg(support_now_us() < end, "the queue stays full after %d signals", i);
			support_sleep_us(200);
		}
	}
}

static void check_burst(const struct session *session, enum mode mode)
{
	static struct signal_line lines[BURST + 1];
	size_t found;
	long long next[2] = { 0, 1 };

	memset(lines, 0, sizeof(lines));
	(void)harness_read_log(session->log, lines, BURST, 20000);
	support_sleep_us(50000);
	found = harness_read_log(session->log, lines, BURST, 0);
	ck_assert_msg(found == BURST, "%s: %zu of %d signals arrived", mode_name(mode), found, BURST);
	for (size_t i = 0; i < BURST; i++) {
		long long *due = &next[lines[i].number == 41];

		ck_assert_msg(lines[i].value == *due && lines[i].code == SI_QUEUE,
			      "%s: signal %d: value %lld where %lld was due, code %d",
			      mode_name(mode), lines[i].number, lines[i].value, *due, lines[i].code);
		*due += 2;
	}
}

/* Plain; with a queue that is soon full; and full on the command's side, which is slow to take any. */
#define BURSTS 3

START_TEST(burst)
{
	enum mode mode = (enum mode)(_i / BURSTS);
	int kind = _i % BURSTS;
	struct session session = start_actor(kind == 2 ? "slowlog" : "log", mode,
					     kind > 0 ? limit_queue : NULL, true);

	send_burst(&session, 0, BURST);
	check_burst(&session, mode);
	end_log(&session, mode);
}
END_TEST

/* The command can't take them for a while: the wrapper must keep what it is given. */
START_TEST(burst_while_stopped)
{
	enum mode mode = (enum mode)_i;
	struct session session = start_log(mode, NULL, true);

	/* 19 is not forwarded; it stops the wrapper alone. What comes meanwhile waits in its queue. */
	ck_assert_int_eq(kill(session.process.pid, SIGSTOP), 0);
	send_burst(&session, 0, BURST / 2);
	ck_assert_int_eq(kill(session.process.pid, SIGCONT), 0);
	send_burst(&session, BURST / 2, BURST / 2);
	{
		static struct signal_line lines[BURST + 2];
		size_t conts, found;

		memset(lines, 0, sizeof(lines));
		(void)harness_read_log(session.log, lines, BURST + 1, 20000);
		support_sleep_us(50000);
		found = harness_read_log(session.log, lines, BURST + 2, 0);
		conts = count_number(lines, found, SIGCONT);
		ck_assert_msg(found == BURST + 1 && conts == 1,
			      "%s: %zu signals arrived, %zu of them SIGCONT", mode_name(mode), found,
			      conts);
	}
	end_log(&session, mode);
}
END_TEST

static void start_alarm(void *arg)
{
	const struct itimerval timer = { .it_value = { .tv_usec = 150000 } };

	(void)arg;
	if (setitimer(ITIMER_REAL, &timer, NULL) < 0)
		support_die("setitimer");
}

START_TEST(alarm_before_exec)
{
	enum mode mode = (enum mode)_i;
	struct session session = start_log(mode, start_alarm, true);
	struct signal_line lines[4];

	memset(lines, 0, sizeof(lines));
	ck_assert_msg(harness_read_log(session.log, lines, 1, 2000) == 1, "%s: no SIGALRM",
		      mode_name(mode));
	ck_assert_int_eq(lines[0].number, SIGALRM);
	support_sleep_us(100000);
	ck_assert_uint_eq(harness_read_log(session.log, lines, 4, 0), 1);
	end_log(&session, mode);
	{
		const char *file = harness_file("hold");
		struct support_command command = {
			.argv = mode_words(mode, harness_actor(), "hold", file, NULL, NULL, NULL),
			.after = start_alarm,
			.timeout_ms = 3000,
		};
		struct support_result result;

		support_run(&command, &result);
		ck_assert_msg(!result.timed_out && WIFSIGNALED(result.status) &&
				      WTERMSIG(result.status) == SIGALRM,
			      "%s: wait status %x", mode_name(mode), (unsigned int)result.status);
		support_release(&result);
	}
}
END_TEST

/* A descriptor whose owner is the caller: the kernel sends SIGIO to the wrapper, and says why. */
static void own_descriptor(void *arg)
{
	(void)arg;
	if (fcntl(0, F_SETOWN, getpid()) < 0 || fcntl(0, F_SETFL, O_RDONLY | O_ASYNC) < 0)
		support_die("O_ASYNC");
}

static void pipe_stdin(void *arg)
{
	(void)arg;
	if (dup2(open(support_text("%s/fifo", support_user()->home), O_RDWR | O_NONBLOCK), 0) != 0)
		support_die("fifo");
}

START_TEST(io_signal)
{
	enum mode mode = (enum mode)_i;
	const char *fifo = harness_file("fifo");
	const char *log = harness_file("log");
	struct support_command command = {
		.argv = mode_words(mode, harness_actor(), "log", log, NULL, NULL, NULL),
		.before = pipe_stdin,
		.after = own_descriptor,
	};
	struct session session = { .log = log };
	struct signal_line lines[4];
	int writer;

	ck_assert(mkfifo(fifo, 0600) == 0 &&
		  chown(fifo, support_user()->uid, support_user()->gid) == 0);
	support_start(&command, &session.process);
	(void)harness_wait_ready(log, 5000);
	writer = open(fifo, O_RDWR | O_CLOEXEC);
	memset(lines, 0, sizeof(lines));
	ck_assert_int_eq(write(writer, "x", 1), 1);
	ck_assert_msg(harness_read_log(log, lines, 1, 2000) == 1, "%s: no SIGIO", mode_name(mode));
	ck_assert_int_eq(lines[0].number, SIGIO);
	support_sleep_us(100000);
	ck_assert_uint_eq(harness_read_log(log, lines, 4, 0), 1);
	close(writer);
	end_log(&session, mode);
}
END_TEST

/* What the command itself sends to its parent, or to the whole group, must not come back a second time. */
START_TEST(own_signals_do_not_return)
{
	static const struct {
		const char *script;
		const char *output;
	} rows[] = {
		{ "trap 'echo got' USR1; kill -USR1 $$; sleep 0.2; echo end", "got\nend\n" },
		{ "trap 'echo got' USR1; kill -USR1 0; sleep 0.2; echo end", "got\nend\n" },
		{ "trap 'echo got' USR1; kill -USR1 $PPID; sleep 0.2; echo end", "end\n" },
	};
	enum mode mode = MODE_PLAIN;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* A group of its own, else the test is in it. */
		const char *const argv[] = { "setsid", "-w", harness_maproot(), "sh", "-c",
					     rows[i].script, NULL };
		struct support_command command = { .argv = argv };
		struct support_result result;

		support_run(&command, &result);
		ck_assert_msg(result.status == 0 && strcmp(result.out, rows[i].output) == 0,
			      "%s: %s: wait status %x, output %s", mode_name(mode), rows[i].script,
			      (unsigned int)result.status, result.out);
		support_release(&result);
	}
}
END_TEST

/* 0 to `most` microseconds, evenly spread and the same at each run. */
static int64_t offset_of(int step, int steps, int most)
{
	return (int64_t)most * step / steps;
}

/*
 * A stopping signal at any moment of a run. What may be seen: the wrapper dies of it and nothing is left,
 * whether the command had started or not; or the command's handler got it and the wrapper tells its 42.
 */
START_TEST(stop_at_any_moment)
{
	static const int numbers[] = { SIGTERM, SIGHUP, SIGINT };
	enum mode mode = (enum mode)(_i / 3 + 1);
	int number = numbers[_i % 3], steps = support_size(30, 150, 1000);
	int caught = 0, died = 0;

	for (int step = 0; step < steps; step++) {
		const char *file = harness_file("catch");
		struct support_command command = {
			.argv = mode_words(mode, harness_actor(), "catch", file, NULL, NULL, NULL),
			.timeout_ms = 2000,
		};
		struct support_process process;
		struct support_result result;
		int64_t start;
		size_t left;

		support_start(&command, &process);
		start = support_now_us();
		/* A sleep is 50 us late: the first moments need to be hit exactly. */
		while (support_now_us() - start < offset_of(step, steps, 20000))
			;
		ck_assert_int_eq(kill(process.pid, number), 0);
		support_finish(&process, &result);
		ck_assert_msg(!result.timed_out, "%s: signal %d at %lld us was lost", mode_name(mode),
			      number, (long long)offset_of(step, steps, 20000));
		ck_assert_msg((WIFSIGNALED(result.status) && WTERMSIG(result.status) == number) ||
				      (WIFEXITED(result.status) && WEXITSTATUS(result.status) == 42),
			      "%s: signal %d at %lld us: wait status %x: %s", mode_name(mode), number,
			      (long long)offset_of(step, steps, 20000), (unsigned int)result.status,
			      result.err);
		ck_assert_msg(result.err_length == 0, "%s: signal %d at %lld us printed: %s",
			      mode_name(mode), number, (long long)offset_of(step, steps, 20000),
			      result.err);
		left = support_wait_alone(1000);
		ck_assert_msg(left == 0, "%s: signal %d at %lld us left %zu processes",
			      mode_name(mode), number, (long long)offset_of(step, steps, 20000), left);
		died += WIFSIGNALED(result.status);
		caught += WIFEXITED(result.status);
		support_release(&result);
	}
	/* Both ends of the range were there, so every stage between was. */
	ck_assert_msg(died > 0 && caught > 0, "%s: signal %d: died %d, caught %d", mode_name(mode),
		      number, died, caught);
}
END_TEST

/* The same with the signal blocked by the caller: then the command gets it, whenever it was sent. */
START_TEST(blocked_is_never_lost)
{
	static const int numbers[] = { SIGTERM, SIGHUP, SIGINT };
	enum mode mode = (enum mode)(_i / 3 + 1);
	int number = numbers[_i % 3], steps = support_size(20, 60, 1000);

	for (int step = 0; step < steps; step++) {
		struct session session = start_log(mode, block_all, false);
		struct signal_line lines[4];
		int64_t start = support_now_us();

		while (support_now_us() - start < offset_of(step, steps, 5000))
			;
		memset(lines, 0, sizeof(lines));
		ck_assert_int_eq(kill(session.process.pid, number), 0);
		ck_assert_msg(harness_read_log(session.log, lines, 1, 2000) == 1,
			      "%s: signal %d at %lld us was lost", mode_name(mode), number,
			      (long long)offset_of(step, steps, 5000));
		ck_assert_int_eq(lines[0].number, number);
		end_log(&session, mode);
		ck_assert_uint_eq(harness_read_log(session.log, lines, 4, 0), 1);
	}
}
END_TEST

START_TEST(killed_at_any_moment)
{
	enum mode mode = (enum mode)(_i + 1);
	int steps = support_size(30, 150, 1000);

	for (int step = 0; step < steps; step++) {
		const char *file = harness_file("held");
		/* In a pid namespace of its own not even a daemon is left. */
		const char *verb = mode == MODE_PID ? "tree" : "hold";
		struct support_command command = {
			.argv = mode_words(mode, harness_actor(), verb, file, NULL, NULL, NULL),
			.timeout_ms = 2000,
		};
		struct support_process process;
		struct support_result result;
		int64_t start;
		size_t left;

		support_start(&command, &process);
		start = support_now_us();
		while (support_now_us() - start < offset_of(step, steps, 6000))
			;
		ck_assert_int_eq(kill(process.pid, SIGKILL), 0);
		support_finish(&process, &result);
		ck_assert_msg(!result.timed_out && WIFSIGNALED(result.status) &&
				      WTERMSIG(result.status) == SIGKILL,
			      "%s: wait status %x", mode_name(mode), (unsigned int)result.status);
		left = support_wait_alone(1000);
		ck_assert_msg(left == 0, "%s: SIGKILL at %lld us left %zu processes", mode_name(mode),
			      (long long)offset_of(step, steps, 6000), left);
		support_release(&result);
	}
}
END_TEST

/* Killed late too, with everything up: the command, its daemon, and with --pid all of the namespace. */
START_TEST(killed_when_all_is_up)
{
	enum mode mode = (enum mode)(_i + 1);
	const char *file = harness_file("tree");
	struct support_command command = {
		.argv = mode_words(mode, harness_actor(), "tree", file, NULL, NULL, NULL),
	};
	struct support_process process;
	struct support_result result;

	support_start(&command, &process);
	(void)harness_wait_ready(file, 5000);
	ck_assert_uint_ge(support_descendants(getpid(), NULL, 0), 3);
	ck_assert_int_eq(kill(process.pid, SIGKILL), 0);
	support_finish(&process, &result);
	support_release(&result);
	if (mode == MODE_PID)
		ck_assert_uint_eq(support_wait_alone(1000), 0);
	/* Without a pid namespace, what the command detached stays, as it would bare. */
	support_kill_descendants();
}
END_TEST

/* Points the wrapper's next instruction at nothing, as a bug of its own would. */
static void make_fault(pid_t pid)
{
	struct user_regs_struct registers;
	struct iovec area = { &registers, sizeof(registers) };
	int status;

	ck_assert_int_eq(ptrace(PTRACE_SEIZE, pid, NULL, NULL), 0);
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(pid, &status, __WALL), pid);
	ck_assert(WIFSTOPPED(status));
	ck_assert_int_eq(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &area), 0);
#if defined(__x86_64__)
	registers.rip = 1;
	registers.orig_rax = (unsigned long long)-1;
#elif defined(__aarch64__)
	registers.pc = 1;
#else
#error "say here where this architecture keeps its program counter"
#endif
	ck_assert_int_eq(ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &area), 0);
	ck_assert_int_eq(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
}

START_TEST(fault_of_the_wrapper)
{
	static const enum mode modes[] = { MODE_PLAIN, MODE_PID };
	enum mode mode = modes[_i];
	struct session session = start_log(mode, NULL, true);
	struct signal_line lines[4];
	struct support_result result;

	make_fault(session.process.pid);
	support_finish(&session.process, &result);
	ck_assert_msg(!result.timed_out && WIFSIGNALED(result.status) &&
			      WTERMSIG(result.status) == SIGSEGV,
		      "%s: wait status %x", mode_name(mode), (unsigned int)result.status);
	ck_assert_msg(support_wait_alone(1000) == 0, "%s: the command lives on", mode_name(mode));
	ck_assert_msg(harness_read_log(session.log, lines, 4, 0) == 0, "%s: signal %d was forwarded",
		      mode_name(mode), lines[0].number);
	support_release(&result);
}
END_TEST

/* Sent, not raised: the same numbers are then signals like all others. */
START_TEST(sent_fault_is_forwarded)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
	enum mode mode = (enum mode)(_i + 1);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const char *file = harness_file("hold");
		struct support_command command = {
			.argv = mode_words(mode, harness_actor(), "hold", file, NULL, NULL, NULL),
		};
		struct support_process process;
		struct support_result result;

		support_start(&command, &process);
		(void)harness_wait_ready(file, 5000);
		ck_assert_int_eq(kill(process.pid, numbers[i]), 0);
		support_finish(&process, &result);
		ck_assert_msg(!result.timed_out && WIFSIGNALED(result.status) &&
				      WTERMSIG(result.status) == numbers[i],
			      "%s: signal %d: wait status %x", mode_name(mode), numbers[i],
			      (unsigned int)result.status);
		support_release(&result);
	}
}
END_TEST

/* --kill-child=SIG: the command gets that signal, and may outlive the wrapper by as much as it takes. */
START_TEST(chosen_death_signal)
{
	const char *log = harness_file("log");
	const char *const argv[] = { harness_maproot(), "--kill-child=TERM", harness_actor(), "log", log,
				     NULL };
	struct support_command command = { .argv = argv };
	struct session session = { .log = log };
	struct signal_line lines[4];
	struct support_result result;

	support_start(&command, &session.process);
	(void)harness_wait_ready(log, 5000);
	memset(lines, 0, sizeof(lines));
	ck_assert_int_eq(kill(session.process.pid, SIGKILL), 0);
	ck_assert_uint_eq(harness_read_log(log, lines, 1, 2000), 1);
	ck_assert_int_eq(lines[0].number, SIGTERM);
	harness_end_log(log);
	support_finish(&session.process, &result);
	support_release(&result);
}
END_TEST

static Suite *build(void)
{
	Suite *suite = suite_create("signals");
	TCase *tc = harness_case(suite, "signals", 400);

	tcase_add_loop_test(tc, each_arrives_once, 0, MODE_COUNT);
	tcase_add_loop_test(tc, from_the_first_instant, 0, MODE_COUNT);
	tcase_add_loop_test(tc, burst, 0, MODE_COUNT * BURSTS);
	tcase_add_loop_test(tc, burst_while_stopped, MODE_PLAIN, MODE_PLAIN + 1);
	tcase_add_loop_test(tc, alarm_before_exec, 0, MODE_COUNT);
	tcase_add_loop_test(tc, io_signal, 0, MODE_COUNT);
	tcase_add_test(tc, own_signals_do_not_return);
	tcase_add_loop_test(tc, stop_at_any_moment, 0, 3 * (MODE_COUNT - 1));
	tcase_add_loop_test(tc, blocked_is_never_lost, 0, 3 * (MODE_COUNT - 1));
	tcase_add_loop_test(tc, killed_at_any_moment, 0, MODE_COUNT - 1);
	tcase_add_loop_test(tc, killed_when_all_is_up, 0, MODE_COUNT - 1);
	tcase_add_loop_test(tc, fault_of_the_wrapper, 0, 2);
	tcase_add_loop_test(tc, sent_fault_is_forwarded, 0, MODE_COUNT - 1);
	tcase_add_test(tc, chosen_death_signal);
	return suite;
}

int main(void)
{
	return harness_main(build);
}
