/*
 * The command that the tests wrap: it ends, stops, waits, or writes down what reaches it, as its arguments
 * say. It reports through files, so that 0-2 may be whatever a test makes of them.
 *
 *   exit N         ends with status N
 *   kill N         sends itself signal N with the default disposition; 0 if it survives
 *   fault N        makes the processor or the kernel raise N: 4 5 7 8 11; or abort(), 6
 *   log FILE       writes a line for each signal it gets, until FILE.end exists; then ends with 0
 *   slowlog FILE   the same, after a third of a second in which it takes none
 *   joblog FILE    the same, but the terminal's stop signals stop it
 *   hold FILE      writes its pid, then waits until it is killed
 *   catch FILE     as hold, but ends with 42 on HUP, INT and TERM
 *   tree FILE      as hold, with a child in a session of its own and a grandchild
 *   stop FILE      as hold for its pid, stops itself with SIGSTOP, and then ends with 5
 *   count N        ends with 0 when it has as many arguments
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Of any wait: a test that was itself killed leaves nothing behind for long. */
#define LONGEST_S 900

static void append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	size_t size = strlen(text);

	if (fd < 0 || write(fd, text, size) != (ssize_t)size || close(fd) < 0)
		_exit(91);
}

static void append_pid(const char *path)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "ready %d\n", (int)getpid());
	append(path, line);
}

static int send_self(int number)
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { .handler = SIG_DFL };
	uint64_t none = 0;

	(void)syscall(SYS_rt_sigaction, (long)number, &action, NULL, 8);
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
	if (kill(getpid(), number) < 0)
		return 92;
	return 0;
}

static int bus_error(void)
{
	char name[] = "/tmp/maproot-actor-XXXXXX";
	int fd = mkstemp(name);
	volatile char *page;

	if (fd < 0 || unlink(name) < 0)
		return 92;
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	return page == MAP_FAILED ? 92 : page[0];
}

static int fault(int number)
{
	volatile int one = 7, zero = 0, *volatile nowhere = NULL;

	switch (number) {
	case SIGABRT:
		abort();
	case SIGBUS:
		return bus_error();
	case SIGFPE:
#if defined(__x86_64__) || defined(__i386__)
		return one / zero;
#else
		return raise(SIGFPE);
#endif
	case SIGILL:
#if defined(__x86_64__) || defined(__i386__)
		__asm__ volatile("ud2");
#else
		__builtin_trap();
#endif
		return 92;
	case SIGTRAP:
#if defined(__x86_64__) || defined(__i386__)
		__asm__ volatile("int3");
#else
		return raise(SIGTRAP);
#endif
		return 92;
	default:
		return *nowhere + one + zero;
	}
}

#define STOPS (1ull << (SIGTSTP - 1) | 1ull << (SIGTTIN - 1) | 1ull << (SIGTTOU - 1))

static int log_signals(const char *path, uint64_t all, int delay_ms)
{
	struct signalfd_siginfo info[64];
	const time_t limit = time(NULL) + LONGEST_S;
	char end[4096];
	int file, fd;

	(void)snprintf(end, sizeof(end), "%s.end", path);
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
	fd = (int)syscall(SYS_signalfd4, -1, &all, 8, SFD_CLOEXEC);
	append_pid(path);
	file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 || file < 0)
		return 93;
	(void)poll(NULL, 0, delay_ms);
	for (;;) {
		struct pollfd polled = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&polled, 1, 10) == 0) {
			if (access(end, F_OK) == 0)
				return 0;
			/* The test is gone without having said so. */
			if (access(path, F_OK) < 0 || time(NULL) > limit)
				return 90;
			continue;
		}
		n = read(fd, info, sizeof(info));
		for (ssize_t i = 0; i < n / (ssize_t)sizeof(info[0]); i++)
			if (dprintf(file, "signal %u code %d value %lld sender %u\n",
				    info[i].ssi_signo, info[i].ssi_code,
				    info[i].ssi_code == SI_QUEUE ? (long long)info[i].ssi_ptr : 0ll,
				    info[i].ssi_pid) < 0)
				return 93;
	}
}

static void caught(int number)
{
	(void)number;
	_exit(42);
}

static _Noreturn void hold(void)
{
	for (int i = 0; i < LONGEST_S; i++) {
		struct timespec second = { .tv_sec = 1 };

		while (nanosleep(&second, &second) < 0)
			;
	}
	_exit(89);
}

static int catch_signals(const char *path)
{
	struct sigaction action = { .sa_handler = caught };

	if (sigaction(SIGHUP, &action, NULL) < 0 || sigaction(SIGINT, &action, NULL) < 0 ||
	    sigaction(SIGTERM, &action, NULL) < 0)
		return 92;
	append_pid(path);
	hold();
}

static int grow_tree(const char *path)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) < 0 || (pid = fork()) < 0)
		return 92;
	if (pid == 0) {
		if (setsid() < 0 || (pid = fork()) < 0)
			_exit(92);
		if (pid == 0 && write(ready[1], "x", 1) != 1)
			_exit(92);
		hold();
	}
	if (read(ready[0], &byte, 1) != 1)
		return 92;
	append_pid(path);
	hold();
}

static int stop_self(const char *path)
{
	append_pid(path);
	if (raise(SIGSTOP))
		return 92;
	return 5;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	int number = argc > 2 ? atoi(argv[2]) : 0;

	if (strcmp(verb, "exit") == 0)
		return number;
	if (strcmp(verb, "kill") == 0)
		return send_self(number);
	if (strcmp(verb, "fault") == 0)
		return fault(number);
	if (strcmp(verb, "log") == 0)
		return log_signals(argv[2], UINT64_MAX, 0);
	if (strcmp(verb, "slowlog") == 0)
		return log_signals(argv[2], UINT64_MAX, 300);
	if (strcmp(verb, "joblog") == 0)
		return log_signals(argv[2], UINT64_MAX & ~STOPS, 0);
	if (strcmp(verb, "catch") == 0)
		return catch_signals(argv[2]);
	if (strcmp(verb, "tree") == 0)
		return grow_tree(argv[2]);
	if (strcmp(verb, "stop") == 0)
		return stop_self(argv[2]);
	if (strcmp(verb, "count") == 0)
		return argc != number;
	if (strcmp(verb, "hold") == 0) {
		append_pid(argv[2]);
		hold();
	}
	return 90;
}
