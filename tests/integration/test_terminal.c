/*
 * Contract: on a terminal a wrapped job is a job like any other. What the keys send arrives once; it stops,
 * continues, is refused the terminal in the background and hangs up as bare, seen from real interactive
 * shells; and a wrapped interactive shell has job control of its own. Every row is run bare as well: what
 * is asked of the wrapper is what the shells show of the bare job.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROMPT "READY> "
#define SOON   5000

struct shell {
	const char *name;
	const char *argv[6];
};

static const struct shell shells[] = {
	{ "bash", { "bash", "--norc", "--noprofile", "-i", NULL } },
	{ "dash", { "dash", "-i", NULL } },
};

#define SHELLS (int)(sizeof(shells) / sizeof(shells[0]))
/* A loop over both: every shell with every mode. */
#define ROWS (SHELLS * MODE_COUNT)

static struct support_pty pty;
static const char *shell_name;
static enum mode mode;

static void start_on_terminal(const char *const *argv)
{
	const char *const envp[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "PS1=" PROMPT, "TERM=dumb",
				     "HISTFILE=", "LC_ALL=C", NULL };
	struct support_command command = { .argv = argv, .envp = envp };

	support_pty_start(&pty, &command);
}

static void expect(const char *text)
{
	bool found = support_pty_expect(&pty, text, SOON);

	ck_assert_msg(found, "%s, %s: '%s' did not appear; the screen: %s", shell_name,
		      mode_name(mode), text, pty.text ? pty.text : "");
}

static void type(const char *keys)
{
	support_pty_type(&pty, keys);
}

/* The job's words as the shell reads them. */
static const char *job(const char *words)
{
	const char *const none[] = { NULL };
	const char *const *prefix = mode_wrap(mode, none);
	const char *line = words;

	if (mode != MODE_BARE)
		line = prefix[1] ? support_text("%s %s %s", prefix[0], prefix[1], words) : support_text("%s %s", prefix[0], words);
	free((void *)(uintptr_t)prefix);
	return line;
}

static void start_shell(int row)
{
	mode = (enum mode)(row % MODE_COUNT);
	shell_name = shells[row / MODE_COUNT].name;
	start_on_terminal(shells[row / MODE_COUNT].argv);
	expect(PROMPT);
}

static void end_shell(void)
{
	int status;

	type("exit\n");
	ck_assert_msg(support_wait(pty.process.pid, SOON, &status),
		      "%s, %s: the shell does not end; the screen: %s", shell_name, mode_name(mode),
		      pty.text);
	support_pty_done(&pty);
}

/* All processes of the one job of the shell: the command, its wrapper, its init. */
struct family {
	pid_t pids[16];
	size_t count;
	pid_t first; /* the shell's own child, the wrapper where there is one */
	pid_t actor;
};

static struct family find_family(void)
{
	struct family family = { .count = 0 };
	int64_t end = support_now_us() + SOON * 1000;

	do {
		family.count = support_descendants(pty.process.pid, family.pids, 16);
		ck_assert_uint_le(family.count, 16);
		for (size_t i = 0; i < family.count; i++) {
			char *comm = support_read(support_text("/proc/%d/comm", family.pids[i]), NULL);

			if (comm && strcmp(comm, "actor\n") == 0)
				family.actor = family.pids[i];
			if (support_parent(family.pids[i]) == pty.process.pid)
				family.first = family.pids[i];
			free(comm);
		}
	} while ((!family.actor || !family.first) && support_now_us() < end);
	ck_assert_msg(family.actor && family.first, "%s, %s: no actor; the screen: %s", shell_name,
		      mode_name(mode), pty.text);
	return family;
}

/* Waits until the command and its wrapper are both stopped, or both not. Our init may do as it likes. */
static void expect_stopped(const struct family *family, bool stopped)
{
	int64_t end = support_now_us() + SOON * 1000;
	bool actor, first;

	do {
		actor = support_state(family->actor) == 'T';
		first = support_state(family->first) == 'T';
		if (actor == stopped && first == stopped)
			return;
		support_sleep_us(1000);
	} while (support_now_us() < end);
	ck_abort_msg("%s, %s: should be stopped: %d; the command is: %d, its wrapper is: %d; the screen: %s",
		     shell_name, mode_name(mode), stopped, actor, first, pty.text);
}

/*
 * After fg the shell says the job's name, then hands the terminal over, and then sends SIGCONT to the group, which
 * would undo a key typed before: so wait for all three, until the shell waits itself.
 */
static void continue_in_foreground(const char *name)
{
	int64_t end = support_now_us() + SOON * 1000;

	type("fg\n");
	expect(name);
	while (tcgetpgrp(pty.master) == pty.process.pid && support_now_us() < end)
		support_sleep_us(500);
	ck_assert_msg(tcgetpgrp(pty.master) != pty.process.pid, "%s, %s: fg keeps the terminal: %s",
		      shell_name, mode_name(mode), pty.text);
	support_sleep_us(5000);
	while (support_state(pty.process.pid) != 'S' && support_now_us() < end)
		support_sleep_us(500);
}

/* Starts `actor VERB FILE` as the foreground job and waits until it is there. */
static struct family start_job(const char *verb, const char *file)
{
	type(support_text("%s\n", job(support_text("%s %s %s", harness_actor(), verb, file))));
	(void)harness_wait_ready(file, SOON);
	return find_family();
}

static void interrupt_job(void)
{
	type("\x03");
	expect(PROMPT);
	type("echo status=$?\n");
	expect("status=130");
	expect(PROMPT);
}

static void press_resize(void)
{
	static unsigned short columns = 80;

	support_pty_resize(&pty, 40, ++columns);
}

START_TEST(keys_arrive_once)
{
	static const struct {
		const char *key;
		int number;
	} keys[] = { { "\x03", SIGINT }, { "\x1c", SIGQUIT }, { "\x1a", SIGTSTP }, { NULL, SIGWINCH } };
	const char *log = harness_file("log");
	struct signal_line lines[64];
	size_t due = 0;

	start_shell(_i);
	(void)start_job("log", log);
	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			memset(lines, 0, sizeof(lines));
			if (keys[i].key)
				type(keys[i].key);
			else
				press_resize();
			due++;
			ck_assert_msg(harness_read_log(log, lines, due, 2000) >= due,
				      "%s, %s: signal %d did not arrive", shell_name,
				      mode_name(mode), keys[i].number);
			ck_assert_int_eq(lines[due - 1].number, keys[i].number);
			/* A second one would come within this. */
			support_sleep_us(20000);
			ck_assert_msg(harness_read_log(log, lines, 64, 0) == due,
				      "%s, %s: signal %d arrived twice", shell_name, mode_name(mode),
				      keys[i].number);
		}
	}
	harness_end_log(log);
	expect(PROMPT);
	end_shell();
}
END_TEST

START_TEST(keys_end_the_job)
{
	const char *file = harness_file("hold");

	start_shell(_i);
	(void)start_job("hold", file);
	interrupt_job();
	file = harness_file("hold");
	(void)start_job("hold", file);
	type("\x1c");
	expect("Quit");
	expect(PROMPT);
	type("echo status=$?\n");
	expect("status=131");
	end_shell();
}
END_TEST

/* The shell's word for how a job was stopped has to be the one for a key, not for a signal sent. */
static void expect_stop_report(const char *reason)
{
	expect("Stopped");
	expect(PROMPT);
	if (reason)
		ck_assert_msg(strstr(support_pty_screen(&pty), reason), "%s, %s: not '%s' in: %s",
			      shell_name, mode_name(mode), reason, support_pty_screen(&pty));
}

START_TEST(stop_and_continue)
{
	int rounds = support_size(5, 10, 50);
	const char *file = harness_file("hold");
	struct family family;

	start_shell(_i);
	family = start_job("hold", file);
	for (int round = 0; round < rounds; round++) {
		type("\x1a");
		expect_stop_report(NULL);
		expect_stopped(&family, true);
		if (round % 2) {
			type("bg\n");
			expect(PROMPT);
			expect_stopped(&family, false);
			type("jobs\n");
			expect("Running");
			expect(PROMPT);
		}
		continue_in_foreground("actor");
		expect_stopped(&family, false);
	}
	interrupt_job();
	end_shell();
}
END_TEST

/* The shell continues the whole group, so the command is told already; a second time would redraw its screen. */
START_TEST(continued_once)
{
	int rounds = support_size(5, 10, 50);
	const char *log = harness_file("log");
	struct signal_line lines[128];
	struct family family;

	start_shell(_i);
	family = start_job("joblog", log);
	for (int round = 1; round <= rounds; round++) {
		memset(lines, 0, sizeof(lines));
		type("\x1a");
		expect_stop_report(NULL);
		continue_in_foreground("actor");
		expect_stopped(&family, false);
		ck_assert_uint_ge(harness_read_log(log, lines, (size_t)round, 2000), (size_t)round);
		support_sleep_us(30000);
		ck_assert_msg(harness_read_log(log, lines, 128, 0) == (size_t)round &&
				      lines[round - 1].number == SIGCONT,
			      "%s, %s: round %d: %zu signals, the last %d", shell_name,
			      mode_name(mode), round, harness_read_log(log, lines, 128, 0),
			      lines[round - 1].number);
	}
	harness_end_log(log);
	expect(PROMPT);
	end_shell();
}
END_TEST

START_TEST(stops_itself)
{
	const char *file = harness_file("stop");
	struct family family;

	start_shell(_i);
	family = start_job("stop", file);
	expect_stop_report(strcmp(shell_name, "bash") == 0 ? NULL : "(signal)");
	expect_stopped(&family, true);
	type("fg\n");
	expect(PROMPT);
	type("echo status=$?\n");
	expect("status=5");
	end_shell();
}
END_TEST

/* As editors and pagers do it: the whole group, the wrapper in it. */
START_TEST(stops_its_group)
{
	start_shell(_i);
	for (int round = 0; round < 3; round++) {
		type(support_text("%s\n", job("sh -c 'kill -TSTP 0; echo ba''ck; exit 6'")));
		expect_stop_report(NULL);
		type("fg\n");
		expect("back");
		expect(PROMPT);
		type("echo status=$?\n");
		expect("status=6");
		expect(PROMPT);
	}
	end_shell();
}
END_TEST

/* The shell's own child is what the shell sees stopping. */
static void expect_background_stop(void)
{
	int64_t end = support_now_us() + SOON * 1000;
	pid_t child = 0;

	while (support_now_us() < end) {
		if (support_descendants(pty.process.pid, &child, 1) > 0 && support_state(child) == 'T')
			return;
		support_sleep_us(1000);
	}
	ck_abort_msg("%s, %s: the background job is not stopped; the screen: %s", shell_name,
		     mode_name(mode), pty.text);
}

START_TEST(background_read)
{
	start_shell(_i);
	type(support_text("%s &\n", job("sh -c 'read x; echo got=$x'")));
	expect_background_stop();
	type("jobs -l\n");
	expect("(tty input)");
	expect(PROMPT);
	continue_in_foreground("read x");
	type("hello\n");
	expect("got=hello");
	expect(PROMPT);
	end_shell();
}
END_TEST

START_TEST(background_write)
{
	start_shell(_i);
	type("stty tostop\n");
	expect(PROMPT);
	type(support_text("%s &\n", job("sh -c 'echo writ''ten'")));
	expect_background_stop();
	type("jobs -l\n");
	expect("(tty output)");
	expect(PROMPT);
	type("fg\n");
	expect("written");
	expect(PROMPT);
	end_shell();
}
END_TEST

/* The first command of the pipeline may be there later than the last. */
static void expect_cat(void)
{
	int64_t end = support_now_us() + SOON * 1000;
	pid_t pids[16];

	while (support_now_us() < end) {
		size_t count = support_descendants(pty.process.pid, pids, 16);

		for (size_t i = 0; i < count && i < 16; i++) {
			char *comm = support_read(support_text("/proc/%d/comm", pids[i]), NULL);
			bool found = comm && strcmp(comm, "cat\n") == 0;

			free(comm);
			if (found && support_state(pids[i]) == 'S')
				return;
		}
	}
	ck_abort_msg("%s, %s: no cat; the screen: %s", shell_name, mode_name(mode), pty.text);
}

START_TEST(pipeline)
{
	const char *file = harness_file("hold");
	struct family family;

	start_shell(_i);
	type(support_text("%s | %s\n", job("cat"),
			  job(support_text("%s hold %s", harness_actor(), file))));
	(void)harness_wait_ready(file, SOON);
	family = find_family();
	expect_cat();
	family = find_family();
	for (int round = 0; round < 3; round++) {
		type("\x1a");
		expect_stop_report(NULL);
		for (size_t i = 0; i < family.count; i++) {
			char *comm = support_read(support_text("/proc/%d/comm", family.pids[i]), NULL);

			if (comm && (strcmp(comm, "cat\n") == 0 || strcmp(comm, "actor\n") == 0))
				ck_assert_int_eq(support_state(family.pids[i]), 'T');
			free(comm);
		}
		continue_in_foreground("actor");
		expect_stopped(&family, false);
	}
	interrupt_job();
	end_shell();
}
END_TEST

/* Signals to the job's first process alone, by somebody who knows its pid and not its group. */
START_TEST(stopped_by_pid)
{
	const char *file = harness_file("hold");
	struct family family;

	start_shell(_i);
	family = start_job("hold", file);
	ck_assert_int_eq(kill(family.first, SIGTSTP), 0);
	expect_stop_report(NULL);
	expect_stopped(&family, true);
	ck_assert_int_eq(kill(family.first, SIGCONT), 0);
	expect_stopped(&family, false);
	continue_in_foreground("actor");
	/* SIGSTOP can't be seen coming, so the command goes on; the shell must get its job back all the same. */
	ck_assert_int_eq(kill(family.first, SIGSTOP), 0);
	expect("Stopped");
	expect(PROMPT);
	ck_assert_int_eq(support_state(family.first), 'T');
	continue_in_foreground("actor");
	expect_stopped(&family, false);
	interrupt_job();
	end_shell();
}
END_TEST

START_TEST(hang_up_under_a_shell)
{
	const char *file = harness_file("hold");
	int status;

	start_shell(_i);
	(void)start_job("hold", file);
	support_pty_hang_up(&pty);
	ck_assert_msg(support_wait(pty.process.pid, SOON, &status), "%s, %s: the shell lives on",
		      shell_name, mode_name(mode));
	ck_assert_msg(support_wait_alone(2000) == 0, "%s, %s: the job lives on", shell_name,
		      mode_name(mode));
	support_pty_done(&pty);
}
END_TEST

/* A stopped job of a shell that goes away: the kernel hangs it up and continues it. */
START_TEST(hang_up_while_stopped)
{
	const char *file = harness_file("hold");
	int status;

	start_shell(_i);
	(void)start_job("hold", file);
	type("\x1a");
	expect_stop_report(NULL);
	support_pty_hang_up(&pty);
	ck_assert_msg(support_wait(pty.process.pid, SOON, &status), "%s, %s: the shell lives on",
		      shell_name, mode_name(mode));
	ck_assert_msg(support_wait_alone(2000) == 0, "%s, %s: the job lives on", shell_name,
		      mode_name(mode));
	support_pty_done(&pty);
}
END_TEST

/* The session's leader itself, as in `xterm -e maproot ...`: hung up as bare. */
static size_t hung_up(enum mode how, struct signal_line *lines, size_t size)
{
	const char *log = harness_file("log");
	size_t found;
	int status;

	mode = how;
	shell_name = "no shell";
	start_on_terminal(mode_words(how, harness_actor(), "log", log, NULL, NULL, NULL));
	(void)harness_wait_ready(log, SOON);
	support_pty_hang_up(&pty);
	memset(lines, 0, size * sizeof(*lines));
	(void)harness_read_log(log, lines, 2, 2000);
	support_sleep_us(100000);
	found = harness_read_log(log, lines, size, 0);
	harness_end_log(log);
	ck_assert(support_wait(pty.process.pid, SOON, &status));
	support_pty_done(&pty);
	return found;
}

START_TEST(hang_up_of_the_leader)
{
	struct signal_line bare[8], wrapped[8];
	size_t found = hung_up(MODE_BARE, bare, 8);

	ck_assert_uint_eq(found, 2); /* HUP and CONT */
	ck_assert_uint_eq(hung_up((enum mode)_i, wrapped, 8), found);
	for (size_t i = 0; i < found; i++)
		ck_assert_msg(bare[i].number == wrapped[i].number, "%s: signal %zu is %d, bare %d",
			      mode_name(mode), i, wrapped[i].number, bare[i].number);
}
END_TEST

START_TEST(hang_up_ends_the_leader)
{
	const char *file = harness_file("hold");
	int status;

	mode = (enum mode)_i;
	shell_name = "no shell";
	start_on_terminal(mode_words(mode, harness_actor(), "hold", file, NULL, NULL, NULL));
	(void)harness_wait_ready(file, SOON);
	support_pty_hang_up(&pty);
	ck_assert_msg(support_wait(pty.process.pid, SOON, &status) && WIFSIGNALED(status) &&
			      WTERMSIG(status) == SIGHUP,
		      "%s: wait status %x", mode_name(mode), (unsigned int)status);
	support_pty_done(&pty);
}
END_TEST

/* As a session's leader the wrapper is in the foreground group with the command: still once. */
START_TEST(keys_to_the_leader)
{
	const char *log = harness_file("log");
	struct signal_line lines[4];
	int status;

	mode = (enum mode)_i;
	shell_name = "no shell";
	start_on_terminal(mode_words(mode, harness_actor(), "log", log, NULL, NULL, NULL));
	(void)harness_wait_ready(log, SOON);
	type("\x03");
	ck_assert_uint_ge(harness_read_log(log, lines, 1, 2000), 1);
	support_sleep_us(50000);
	ck_assert_uint_eq(harness_read_log(log, lines, 4, 0), 1);
	press_resize();
	ck_assert_uint_ge(harness_read_log(log, lines, 2, 2000), 2);
	support_sleep_us(50000);
	ck_assert_uint_eq(harness_read_log(log, lines, 4, 0), 2);
	harness_end_log(log);
	ck_assert(support_wait(pty.process.pid, SOON, &status));
	ck_assert_int_eq(status, 0);
	support_pty_done(&pty);
}
END_TEST

/* The leader of the terminal's foreground group, by name; and it waits, as a program at its prompt does. */
static void expect_foreground(const char *name)
{
	int64_t end = support_now_us() + SOON * 1000;

	while (support_now_us() < end) {
		pid_t leader = tcgetpgrp(pty.master);
		char *comm = support_read(support_text("/proc/%d/comm", leader), NULL);
		bool there = comm && strncmp(comm, name, strlen(name)) == 0 &&
			     leader != pty.process.pid && support_state(leader) == 'S';

		free(comm);
		if (there)
			return;
		support_sleep_us(1000);
	}
	ck_abort_msg("%s, %s: %s is not in the foreground; the screen: %s", shell_name,
		     mode_name(mode), name, pty.text);
}

/*
 * What the terminal sends goes to the group. Between the wrapper's last look at what it has and the kernel's making
 * of the child lies a microsecond, in which it reaches the wrapper alone and can't be told from what reached both;
 * this sweep hits it about once in a thousand keys. Then the key is pressed again, as a person would.
 */
START_TEST(key_at_any_moment)
{
	static const struct {
		const char *key;
		int number;
	} keys[] = { { "\x03", SIGINT }, { "\x1c", SIGQUIT } };
	int steps = support_size(30, 150, 1000), missed = 0;

	mode = (enum mode)_i;
	shell_name = "no shell";
	for (int step = 0; step < steps; step++) {
		const char *file = harness_file("hold");
		int64_t start, offset = 4000 * step / steps;
		int status;

		start_on_terminal(mode_words(mode, harness_actor(), "hold", file, NULL, NULL, NULL));
		start = support_now_us();
		while (support_now_us() - start < offset)
			;
		type(keys[step % 2].key);
		if (!support_wait(pty.process.pid, 1000, &status)) {
			missed++;
			type(keys[step % 2].key);
			ck_assert_msg(mode != MODE_BARE && support_wait(pty.process.pid, 1000, &status),
				      "%s: %d at %lld us was lost, and once more", mode_name(mode),
				      keys[step % 2].number, (long long)offset);
		}
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == keys[step % 2].number,
			      "%s: %d at %lld us: wait status %x", mode_name(mode),
			      keys[step % 2].number, (long long)offset, (unsigned int)status);
		ck_assert_msg(support_wait_alone(1000) == 0, "%s: %d at %lld us left a process",
			      mode_name(mode), keys[step % 2].number, (long long)offset);
		support_pty_done(&pty);
	}
	ck_assert_msg(missed <= 1 + steps / 200, "%s: %d of %d keys were lost", mode_name(mode), missed,
		      steps);
}
END_TEST

/* An interactive shell inside has jobs of its own, gives the terminal back, and can be suspended whole. */
START_TEST(shell_inside)
{
	start_shell(_i);
	type(support_text("%s\n", job("env 'PS1=I''N> ' bash --norc --noprofile -i")));
	expect("IN> ");
	ck_assert_msg(!strstr(support_pty_screen(&pty), "job control"), "%s, %s: %s", shell_name,
		      mode_name(mode), support_pty_screen(&pty));
	if (mode != MODE_BARE) {
		type("echo id=$(id -u)\n");
		expect("id=0");
		expect("IN> ");
	}
	for (int round = 0; round < 3; round++) {
		type("sleep 1000\n");
		expect_foreground("sleep");
		type("\x1a");
		expect("Stopped");
		expect("IN> ");
		type("fg\n");
		expect_foreground("sleep");
		type("\x03");
		expect("IN> ");
		type("echo status=$?\n");
		expect("status=130");
		expect("IN> ");
	}
	/* A key at its prompt is for the inner shell; the outer one must not wake. */
	support_sleep_us(100000);
	type("\x03");
	expect("IN> ");
	type("suspend -f\n");
	expect("Stopped");
	expect(PROMPT);
	type("fg\n");
	expect_foreground("bash");
	type("echo aw''ake\n");
	expect("awake");
	expect("IN> ");
	type("exit 9\n");
	expect(PROMPT);
	type("echo status=$?\n");
	expect("status=9");
	expect(PROMPT);
	end_shell();
}
END_TEST

/* waitpid() for a stop or a continue, in time. */
static int wait_change(pid_t pid, int options)
{
	int64_t end = support_now_us() + SOON * 1000;
	int status = 0;

	while (waitpid(pid, &status, options | WNOHANG) != pid) {
		ck_assert_msg(support_now_us() < end, "%s: no change to be seen by the parent",
			      mode_name(mode));
		support_sleep_us(500);
	}
	return status;
}

/* The parent's view without a shell: the same stop, the same continue, in the same words of waitpid(2). */
START_TEST(parent_sees_stops)
{
	static const int numbers[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };
	enum mode how = (enum mode)_i;

	mode = how;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const char *file = harness_file("hold");
		struct support_command command = {
			.argv = mode_words(how, harness_actor(), "hold", file, NULL, NULL, NULL),
		};
		struct support_process process;
		struct support_result result;
		pid_t below[8], actor;
		int status = 0;

		support_start(&command, &process);
		(void)harness_wait_ready(file, SOON);
		actor = process.pid;
		for (size_t n = support_descendants(process.pid, below, 8), at = 0; at < n; at++) {
			char *comm = support_read(support_text("/proc/%d/comm", below[at]), NULL);

			if (comm && strcmp(comm, "actor\n") == 0)
				actor = below[at];
			free(comm);
		}
		for (int round = 0; round < 5; round++) {
			ck_assert_int_eq(kill(actor, numbers[i]), 0);
			status = wait_change(process.pid, WUNTRACED);
			ck_assert_msg(WIFSTOPPED(status) && WSTOPSIG(status) == numbers[i],
				      "%s: stopped by %d: wait status %x", mode_name(how),
				      numbers[i], (unsigned int)status);
			ck_assert_int_eq(kill(process.pid, SIGCONT), 0);
			status = wait_change(process.pid, WCONTINUED);
			ck_assert(WIFCONTINUED(status));
			for (int wait = 0; support_state(actor) == 'T' && wait < 2000; wait++)
				support_sleep_us(1000);
			ck_assert_int_ne(support_state(actor), 'T');
		}
		ck_assert_int_eq(kill(process.pid, SIGTERM), 0);
		support_finish(&process, &result);
		ck_assert(WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGTERM);
		support_release(&result);
	}
}
END_TEST

/* The wrapper must not hold what the command lets go of. */
START_TEST(closed_pipe_ends)
{
	enum mode how = (enum mode)_i;
	const char *const shell[] = { "sh", "-c", "exec >&- 2>&-; sleep 1", NULL };
	struct support_command command = { .argv = mode_wrap(how, shell) };
	struct support_process process;
	struct support_result result;
	int64_t start = support_now_us(), closed;
	char byte;

	support_start(&command, &process);
	ck_assert_int_eq(read(process.out, &byte, 1), 0);
	ck_assert_int_eq(read(process.err, &byte, 1), 0);
	closed = support_now_us() - start;
	ck_assert_msg(closed < 700000, "%s: end of file after %lld us", mode_name(how),
		      (long long)closed);
	support_finish(&process, &result);
	ck_assert_int_eq(result.status, 0);
	ck_assert_msg(support_now_us() - start > 900000, "%s: it ended early", mode_name(how));
	support_release(&result);
}
END_TEST

/* The other way: the reader is gone, the writer gets SIGPIPE, and the wrapper dies of it as bare. */
START_TEST(broken_pipe)
{
	enum mode how = (enum mode)_i;
	const char *const shell[] = { "yes", NULL };
	struct support_command command = { .argv = mode_wrap(how, shell), .timeout_ms = 5000 };
	struct support_process process;
	struct support_result result;
	char bytes[16];

	support_start(&command, &process);
	ck_assert_int_gt(read(process.out, bytes, sizeof(bytes)), 0);
	close(process.out);
	close(process.err);
	process.out = process.err = -1;
	support_finish(&process, &result);
	ck_assert_msg(!result.timed_out && WIFSIGNALED(result.status) &&
			      WTERMSIG(result.status) == SIGPIPE,
		      "%s: wait status %x", mode_name(how), (unsigned int)result.status);
	support_release(&result);
}
END_TEST

static Suite *build(void)
{
	Suite *suite = suite_create("terminal");
	TCase *tc = harness_case(suite, "terminal", 120);

	tcase_add_loop_test(tc, keys_arrive_once, 0, ROWS);
	tcase_add_loop_test(tc, keys_end_the_job, 0, ROWS);
	tcase_add_loop_test(tc, stop_and_continue, 0, ROWS);
	tcase_add_loop_test(tc, continued_once, 0, ROWS);
	tcase_add_loop_test(tc, stops_itself, 0, ROWS);
	tcase_add_loop_test(tc, stops_its_group, 0, ROWS);
	tcase_add_loop_test(tc, background_read, 0, ROWS);
	tcase_add_loop_test(tc, background_write, 0, ROWS);
	tcase_add_loop_test(tc, pipeline, 0, ROWS);
	tcase_add_loop_test(tc, stopped_by_pid, 0, ROWS);
	tcase_add_loop_test(tc, hang_up_under_a_shell, 0, ROWS);
	tcase_add_loop_test(tc, hang_up_while_stopped, 0, ROWS);
	tcase_add_loop_test(tc, hang_up_of_the_leader, MODE_PLAIN, MODE_COUNT);
	tcase_add_loop_test(tc, hang_up_ends_the_leader, 0, MODE_COUNT);
	tcase_add_loop_test(tc, keys_to_the_leader, 0, MODE_COUNT);
	tcase_add_loop_test(tc, key_at_any_moment, 0, MODE_COUNT);
	tcase_add_loop_test(tc, shell_inside, 0, ROWS);
	tcase_add_loop_test(tc, parent_sees_stops, 0, MODE_COUNT);
	tcase_add_loop_test(tc, closed_pipe_ends, 0, MODE_COUNT);
	tcase_add_loop_test(tc, broken_pipe, 0, MODE_COUNT);
	return suite;
}

int main(void)
{
	for (int i = 0; i < SHELLS; i++)
		if (system(support_text("command -v %s >/dev/null 2>&1", shells[i].name)) != 0)
			support_skip("no %s here", shells[i].name);
	return harness_main(build);
}
