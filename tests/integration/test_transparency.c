/*
 * Contract: a command run through maproot observes of itself what it would observe bare, from whatever
 * caller, in everything that probe.c looks at, but for the short list `excuses` below. Each row is an odd
 * caller; each is run bare and in each mode, and the two outputs are compared line by line, both ways.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define A_CHILD (MODE_BIT(MODE_PLAIN) | MODE_BIT(MODE_AROUND) | IN_PID)
#define IN_PID  (MODE_BIT(MODE_PID) | MODE_BIT(MODE_JOIN_PID))
#define JOINED  (MODE_BIT(MODE_JOIN) | MODE_BIT(MODE_JOIN_PID))
#define ALL     (A_CHILD | JOINED | MODE_BIT(MODE_IN_PLACE))

/* The written list: what may differ, in which modes, and why. A key ends before '[' . */
static const struct excuse {
	const char *key;
	unsigned int modes;
	const char *why;
} excuses[] = {
	{ "uid", ALL, "root inside" },
	{ "gid", ALL, "root inside" },
	{ "groups", ALL, "unmapped groups show as the overflow id" },
	{ "capabilities-effective", ALL, "the purpose" },
	{ "capabilities-permitted", ALL, "the purpose" },
	{ "capabilities-bounding", ALL, "full in a new user namespace" },
	{ "namespace-user", ALL, "new" },
	{ "namespace-mnt", ALL, "new" },
	{ "pid", ALL, "another process at each run" },
	{ "status-NStgid", ALL, "another process at each run" },
	{ "status-NSpid", ALL, "another process at each run" },
	{ "fd-owner", ALL, "the caller's pid at each run" },
	{ "pending-sender", ALL, "the caller's pid at each run" },
	{ "parent", A_CHILD, "the wrapper" },
	{ "parent-death-signal", A_CHILD, "the command ends with the wrapper" },
	{ "status-SigPnd", A_CHILD, "what was pending for the thread is pending for the process" },
	{ "status-ShdPnd", A_CHILD, "likewise; sigpending and pending[] are compared" },
	{ "process-group", IN_PID, "outside the namespace shows as 0" },
	{ "session", IN_PID, "outside the namespace shows as 0" },
	{ "status-NSpgid", IN_PID, "outside the namespace" },
	{ "status-NSsid", IN_PID, "outside the namespace" },
	{ "terminal-group", IN_PID, "outside the namespace shows as 0" },
	{ "namespace-pid", IN_PID, "new" },
	{ "namespace-pid_for_children", IN_PID, "new" },
	{ "cwd", JOINED, "the root directory of the joined mount namespace" },
	{ "cwd-inode", JOINED, "likewise" },
	{ "cwd-deleted", JOINED, "likewise" },
};

static void check(bool ok, const char *what)
{
	if (!ok)
		support_die("%s", what);
}

/* The callers. A hook runs in the child, as the test user unless the row says "before". */

static void plain_caller(void *arg)
{
	(void)arg;
}

static void ignore_hup(void *arg)
{
	(void)arg;
	check(signal(SIGHUP, SIG_IGN) != SIG_ERR, "signal");
}

static void ignore_chld(void *arg)
{
	(void)arg;
	check(signal(SIGCHLD, SIG_IGN) != SIG_ERR, "signal");
}

static void ignore_all(void *arg)
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { .handler = SIG_IGN };

	(void)arg;
	for (long number = 1; number <= 64; number++)
		if (number != SIGKILL && number != SIGSTOP)
			check(syscall(SYS_rt_sigaction, number, &action, NULL, 8) == 0, "sigaction");
}

static void block(uint64_t mask)
{
	check(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8) == 0, "sigprocmask");
}

static uint64_t bit(int number)
{
	return 1ull << (number - 1);
}

static void block_some(void *arg)
{
	(void)arg;
	block(bit(SIGHUP) | bit(SIGCHLD) | bit(SIGCONT) | bit(SIGTSTP) | bit(SIGUSR1) | bit(32) |
	      bit(33) | bit(34) | bit(50) | bit(64));
}

static void block_all(void *arg)
{
	(void)arg;
	block(UINT64_MAX);
}

static void leave_pending(void *arg)
{
	(void)arg;
	block(bit(SIGUSR1) | bit(SIGTERM) | bit(SIGTSTP) | bit(SIGCHLD) | bit(SIGSEGV) | bit(40) |
	      bit(41));
	check(kill(getpid(), SIGUSR1) == 0 && kill(getpid(), SIGTSTP) == 0 &&
		      kill(getpid(), SIGCHLD) == 0 && kill(getpid(), SIGSEGV) == 0,
	      "kill");
	for (int i = 0; i < 5; i++)
		check(sigqueue(getpid(), 40, (union sigval){ .sival_int = 100 + i }) == 0,
		      "sigqueue");
	check(kill(getpid(), 41) == 0, "kill");
}

static void leave_pending_for_thread(void *arg)
{
	(void)arg;
	block(bit(SIGUSR2) | bit(SIGINT));
	check(raise(SIGUSR2) == 0 && raise(SIGINT) == 0, "raise");
}

static void ignore_and_block(void *arg)
{
	ignore_all(arg);
	block(bit(SIGTERM) | bit(SIGHUP));
}

/* Files whose inodes stay the same from run to run. */
static void open_descriptors(void *arg)
{
	int fd;

	(void)arg;
	check(open("seek", O_RDWR) == 3 && lseek(3, 17, SEEK_SET) == 17, "seek");
	check(open("append", O_WRONLY | O_APPEND) == 4 && write(4, "", 0) == 0, "append");
	check(open("/dev/null", O_RDONLY | O_CLOEXEC) == 5, "close-on-exec");
	check(open(".", O_RDONLY | O_DIRECTORY) == 6, "directory");
	check(open("fifo", O_RDWR | O_NONBLOCK) == 7, "fifo");
	check(open("seek", O_PATH) == 8, "path");
	check(dup(3) == 9, "dup");
	fd = open("/dev/null", O_RDWR);
	check(dup2(fd, 64) == 64 && dup2(fd, 1024) == 1024 && close(fd) == 0, "high descriptors");
	check(fcntl(7, F_SETOWN, getpid()) == 0 && fcntl(7, F_SETSIG, SIGUSR1) == 0, "owner");
}

static void close_standard(int which)
{
	for (int fd = 0; fd < 3; fd++)
		if (which & 1 << fd)
			(void)close(fd);
}

#define CLOSE_ROW(number)                     \
	static void close_##number(void *arg) \
	{                                     \
		(void)arg;                    \
		close_standard(number);       \
	}
CLOSE_ROW(1)
CLOSE_ROW(2)
CLOSE_ROW(3)
CLOSE_ROW(4)
CLOSE_ROW(5)
CLOSE_ROW(6)
CLOSE_ROW(7)

static void close_all_and_open_3(void *arg)
{
	(void)arg;
	check(open("seek", O_RDWR) == 3, "seek");
	close_standard(7);
}

static void delete_directory(void *arg)
{
	(void)arg;
	check(mkdir("gone", 0755) == 0 && chdir("gone") == 0 && rmdir("../gone") == 0, "cwd");
}

/* Root's, in it: the user may be there, but could not have come. */
static void unreachable_directory(void *arg)
{
	const char *path = support_text("%s/private", support_directory());

	(void)arg;
	check(mkdir(path, 0700) == 0 || errno == EEXIST, "mkdir");
	check(chdir(path) == 0, "chdir");
}

static void lower_priorities(void *arg)
{
	cpu_set_t set;
	struct sched_param parameter = { 0 };
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	(void)arg;
	check(fd >= 0 && write(fd, "500", 3) == 3 && close(fd) == 0, "oom_score_adj");
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	check(setpriority(PRIO_PROCESS, 0, 7) == 0, "nice");
	check(sched_setscheduler(0, SCHED_BATCH, &parameter) == 0, "SCHED_BATCH");
	check(sched_setaffinity(0, sizeof(set), &set) == 0, "affinity");
	check(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6) == 0, "io priority");
}

static void be_idle(void *arg)
{
	struct sched_param parameter = { 0 };

	(void)arg;
	check(setpriority(PRIO_PROCESS, 0, 19) == 0, "nice");
	check(sched_setscheduler(0, SCHED_IDLE, &parameter) == 0, "SCHED_IDLE");
	check(syscall(SYS_ioprio_set, 1, 0, 3 << 13) == 0, "io priority");
}

/* What a privileged starter (a service manager) may leave to an unprivileged caller. */
static void raise_priorities(void *arg)
{
	struct sched_param parameter = { .sched_priority = 1 };

	(void)arg;
	if (geteuid() != 0)
		return;
	check(setpriority(PRIO_PROCESS, 0, -5) == 0, "nice");
	/* Refused where the cgroup gives no real-time share; the row is still worth its nice value. */
	(void)sched_setscheduler(0, SCHED_RR, &parameter);
}

static void lower_limits(void *arg)
{
	static const struct {
		int resource;
		rlim_t soft, hard;
	} limits[] = {
		{ RLIMIT_CPU, 60, 120 },
		{ RLIMIT_FSIZE, 1 << 20, 2 << 20 },
		{ RLIMIT_DATA, 8 << 20, 16 << 20 },
		{ RLIMIT_STACK, 256 << 10, 1 << 20 },
		{ RLIMIT_CORE, 0, 4096 },
		{ RLIMIT_NPROC, 50, 60 },
		{ RLIMIT_NOFILE, 8, 10 },
		{ RLIMIT_MEMLOCK, 0, 0 },
		{ RLIMIT_AS, 64 << 20, 96 << 20 },
		{ RLIMIT_SIGPENDING, 8, 9 },
		{ RLIMIT_MSGQUEUE, 0, 1 },
		{ RLIMIT_NICE, 0, 0 },
		{ RLIMIT_RTPRIO, 0, 0 },
	};

	(void)arg;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit = { .rlim_cur = limits[i].soft, .rlim_max = limits[i].hard };

		/* An unprivileged run of the tests counts the user's other processes too. */
		if (limits[i].resource == RLIMIT_NPROC && support_user()->name[0] != 'm')
			continue;
		check(setrlimit((__rlimit_resource_t)limits[i].resource, &limit) == 0, "setrlimit");
	}
}

static void set_attributes(void *arg)
{
	int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);

	(void)arg;
	check(fd >= 0 && write(fd, "0x7f", 4) == 4 && close(fd) == 0, "coredump_filter");
	check(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "subreaper");
	check(prctl(PR_SET_TIMERSLACK, 123456, 0, 0, 0) == 0, "timer slack");
	check(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0, "huge pages");
	check(prctl(PR_SET_NAME, "odd name", 0, 0, 0) == 0, "name");
	check(prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0) == 0, "death signal");
	check(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0) == 0, "MCE");
}

static void no_new_privileges(void *arg)
{
	(void)arg;
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
}

static void not_dumpable(void *arg)
{
	(void)arg;
	check(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "dumpable");
}

static void no_umask(void *arg)
{
	(void)arg;
	(void)umask(0);
}

static void full_umask(void *arg)
{
	(void)arg;
	(void)umask(0777);
}

static void odd_personality(void *arg)
{
	(void)arg;
	check(personality(ADDR_NO_RANDOMIZE | STICKY_TIMEOUTS | WHOLE_SECONDS | UNAME26) >= 0,
	      "personality");
}

static void start_timers(void *arg)
{
	const struct itimerval timer = { .it_value = { .tv_sec = 5000 } };

	(void)arg;
	for (int which = 0; which < 3; which++)
		check(syscall(SYS_setitimer, which, &timer, NULL) == 0, "setitimer");
}

/* A terminal of its own, in whose foreground group the caller is; the session's leader waits behind it. */
static void on_terminal(void *arg)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	const struct winsize size = { .ws_row = 33, .ws_col = 99 };
	struct termios settings;
	int status;
	pid_t job;

	(void)arg;
	check(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "terminal");
	check(setsid() > 0, "setsid");
	slave = open(ptsname(master), O_RDWR);
	check(slave >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0, "controlling terminal");
	check(fchown(slave, support_user()->uid, (gid_t)-1) == 0, "fchown");
	check(ioctl(slave, TIOCSWINSZ, &size) == 0 && tcgetattr(slave, &settings) == 0, "settings");
	settings.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	settings.c_cc[VINTR] = 7;
	check(tcsetattr(slave, TCSANOW, &settings) == 0, "tcsetattr");
	for (int fd = 0; fd < 3; fd++)
		check(dup2(slave, fd) == fd, "dup2");
	check(slave < 3 || close(slave) == 0, "close");
	job = fork();
	check(job >= 0, "fork");
	if (job == 0)
		return;
	check(waitpid(job, &status, 0) == job, "waitpid");
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 80);
}

static char listen_pid[64] = "LISTEN_PID=none";

static void set_listen_pid(void *arg)
{
	(void)arg;
	(void)snprintf(listen_pid, sizeof(listen_pid), "LISTEN_PID=%d", (int)getpid());
}

#define PLAIN_ENV "PATH=/usr/bin:/bin", "HOME=/nowhere"

static const char *const env_odd[] = { "A=1", PLAIN_ENV, "A=2", "noequals", "=empty", "", "A=3",
				       "LINES=\n\t\x01\xff", "MAPROOT_REEXEC", "MAPROOT_REEXEC=junk", NULL };
static const char *const env_marker_first[] = { "MAPROOT_REEXEC=1", PLAIN_ENV, NULL };
static const char *const env_none[] = { NULL };
static const char *const env_listen[] = { PLAIN_ENV, "LISTEN_FDS=1", listen_pid, "LAST=1", NULL };
static const char *const env_listen_other[] = { "LISTEN_PID=1", "LISTEN_FDS=1", NULL };

static const char *const own_session[] = { "process-group", "session", "status-NSpgid", "status-NSsid",
					   "parent", "autogroup", "terminal-group", NULL };
/* That it is right is another key, listen-pid. */
static const char *const own_pid[] = { "env[3]", NULL };

static const struct row {
	const char *name;
	void (*after)(void *arg);
	void (*before)(void *arg);
	const char *const *envp;
	const char *wrapper_name;   /* the wrapper's own argv[0] */
	const char *command;        /* found by PATH instead of by its full path */
	const char *const *excused; /* more keys, because they differ from run to run also when bare */
} rows[] = {
	{ "plain", .after = plain_caller },
	{ "SIGHUP ignored", .after = ignore_hup },
	{ "SIGCHLD ignored", .after = ignore_chld },
	{ "everything ignored", .after = ignore_all },
	{ "some blocked", .after = block_some },
	{ "everything blocked", .after = block_all },
	{ "pending", .after = leave_pending },
	{ "pending for the thread", .after = leave_pending_for_thread },
	{ "ignored and blocked", .after = ignore_and_block },
	{ "descriptors 3 to 9", .after = open_descriptors },
	{ "0 closed", .after = close_1 },
	{ "1 closed", .after = close_2 },
	{ "0 1 closed", .after = close_3 },
	{ "2 closed", .after = close_4 },
	{ "0 2 closed", .after = close_5 },
	{ "1 2 closed", .after = close_6 },
	{ "0 1 2 closed", .after = close_7 },
	{ "0 1 2 closed, 3 open", .after = close_all_and_open_3 },
	{ "directory deleted", .after = delete_directory },
	{ "directory unreachable", .before = unreachable_directory },
	{ "lowered priorities", .after = lower_priorities },
	{ "idle", .after = be_idle },
	{ "raised priorities", .before = raise_priorities },
	{ "low limits", .after = lower_limits },
	{ "attributes", .after = set_attributes },
	{ "no_new_privs", .after = no_new_privileges },
	{ "not dumpable", .after = not_dumpable },
	{ "umask 0", .after = no_umask },
	{ "umask 777", .after = full_umask },
	{ "personality", .after = odd_personality },
	{ "timers", .after = start_timers },
	{ "terminal", .before = on_terminal, .excused = own_session },
	{ "odd environment", .after = plain_caller, .envp = env_odd },
	{ "marker first", .after = plain_caller, .envp = env_marker_first },
	{ "no environment", .after = plain_caller, .envp = env_none },
	{ "LISTEN_PID own", .after = set_listen_pid, .envp = env_listen, .excused = own_pid },
	{ "LISTEN_PID other", .after = plain_caller, .envp = env_listen_other },
	{ "odd wrapper name", .after = plain_caller, .wrapper_name = "-maproot --x\n\xff" },
	{ "empty wrapper name", .after = plain_caller, .wrapper_name = "" },
	{ "found by PATH", .after = plain_caller, .command = "probe" },
	{ "odd command name", .after = plain_caller, .command = "odd (name)\n --x" },
};

/* 0-2 are files that stay the same from run to run: a pipe would show another inode at each. */
static void set_stdio(void *arg)
{
	const struct row *row = arg;

	check(dup2(open("/dev/null", O_RDONLY), 0) == 0, "stdin");
	check(dup2(open("stdout", O_RDWR | O_TRUNC | O_APPEND), 1) == 1, "stdout");
	check(dup2(open("stderr", O_RDWR | O_TRUNC), 2) == 2, "stderr");
	for (int fd = 3; fd < 10; fd++)
		(void)close(fd);
	if (row->before)
		row->before(arg);
}

static char *read_home(const char *name)
{
	char *text = support_read(support_text("%s/%s", support_user()->home, name), NULL);

	check(text != NULL, name);
	return text;
}

#define ROWS  (int)(sizeof(rows) / sizeof(rows[0]))
#define MODES (MODE_COUNT - 1)

static char *look(const struct row *row, enum mode mode, pid_t *ret_pid)
{
	const char *out = harness_file("observed");
	const char *const argv[] = { row->command ? row->command : harness_probe(), out, "", "-x", "--",
				     "two words\n\xff", NULL };
	const char *const *wrapped = mode_wrap(mode, argv);
	const char *const path_env[] = { support_text("PATH=/nowhere:%s", support_directory()), NULL };
	struct support_command command = {
		.argv = wrapped,
		.path = mode != MODE_BARE ? harness_maproot() : row->command ? support_text("%s/%s", support_directory(), row->command) :
									       harness_probe(),
		.envp = row->command ? path_env : row->envp,
		.before = set_stdio,
		.after = row->after,
		.arg = (void *)(uintptr_t)row,
		.keep_stdio = true,
	};
	struct support_process process;
	struct support_result result;
	char *observed, *out_text, *err_text;

	if (mode != MODE_BARE && row->wrapper_name)
		*(const char **)(uintptr_t)&wrapped[0] = row->wrapper_name;
	support_start(&command, &process);
	*ret_pid = process.pid;
	support_finish(&process, &result);
	support_release(&result);
	out_text = read_home("stdout");
	err_text = read_home("stderr");
	ck_assert_msg(!result.timed_out, "%s, %s: timed out; stderr: %s", row->name, mode_name(mode),
		      err_text);
	ck_assert_msg(result.status == 0, "%s, %s: wait status %x; stderr: %s", row->name,
		      mode_name(mode), (unsigned int)result.status, err_text);
	ck_assert_msg(!*out_text && !*err_text, "%s, %s: printed %s%s", row->name, mode_name(mode),
		      out_text, err_text);
	free(out_text);
	free(err_text);
	observed = support_read(out, NULL);
	ck_assert_msg(observed != NULL, "%s, %s: the probe wrote nothing", row->name, mode_name(mode));
	return observed;
}

static bool excused(const struct row *row, const char *line, enum mode mode)
{
	size_t length = strcspn(line, " [\n");

	for (size_t i = 0; row->excused && row->excused[i]; i++)
		if (strncmp(line, row->excused[i], strlen(row->excused[i])) == 0 &&
		    line[strlen(row->excused[i])] == ' ')
			return true;
	for (size_t i = 0; i < sizeof(excuses) / sizeof(excuses[0]); i++)
		if (excuses[i].modes & MODE_BIT(mode) && strlen(excuses[i].key) == length &&
		    strncmp(excuses[i].key, line, length) == 0)
			return true;
	return false;
}

static bool has_line(const char *text, const char *line, size_t length)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strncmp(text, line, length) == 0 && text[length] == '\n')
			return true;
	return false;
}

static char report[6000];

/* Appends to the report the lines of `from` that `in` lacks. */
static void list_missing(const char *from, const char *in, const struct row *row, enum mode mode,
			 char mark)
{
	for (const char *line = from; *line;) {
		size_t length = strcspn(line, "\n");
		size_t used = strlen(report);

		if (!excused(row, line, mode) && !has_line(in, line, length))
			(void)snprintf(report + used, sizeof(report) - used, "%c %.*s\n", mark,
				       (int)length, line);
		line += length + (line[length] == '\n');
	}
}

static void make_files(void)
{
	const struct support_user *user = support_user();
	static const char *const names[] = { "seek", "append", "stdout", "stderr" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = support_text("%s/%s", user->home, names[i]);
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

		check(fd >= 0 && write(fd, "twenty-five bytes of text", 25) == 25 &&
			      fchown(fd, user->uid, user->gid) == 0 && close(fd) == 0,
		      path);
	}
	{
		const char *path = support_text("%s/fifo", user->home);

		check(unlink(path) == 0 || errno == ENOENT, "unlink");
		check(mkfifo(path, 0600) == 0 && chown(path, user->uid, user->gid) == 0, path);
	}
}

/* Without pidfds (Linux 5.3) each joined namespace takes a descriptor. */
static bool takes_many_descriptors(const struct row *row, enum mode mode)
{
	return row->after == lower_limits && JOINED & MODE_BIT(mode) &&
	       syscall(SYS_pidfd_open, getpid(), 0) < 0 && errno == ENOSYS;
}

START_TEST(wrapped_is_as_bare)
{
	const struct row *row = &rows[_i / MODES];
	enum mode mode = (enum mode)(_i % MODES + 1);
	char *bare, *wrapped;
	pid_t pid;

	if (takes_many_descriptors(row, mode))
		return;
	make_files();
	bare = look(row, MODE_BARE, &pid);
	wrapped = look(row, mode, &pid);
	list_missing(bare, wrapped, row, mode, '-');
	list_missing(wrapped, bare, row, mode, '+');
	ck_assert_msg(report[0] == '\0', "%s, %s: bare (-) and wrapped (+) differ:\n%s", row->name,
		      mode_name(mode), report);
	free(bare);
	free(wrapped);
}
END_TEST

static void expect_line(const char *observed, const char *line, enum mode mode)
{
	const char *found = strstr(observed, support_text("\n%.*s ", (int)strcspn(line, " "), line));

	ck_assert_msg(has_line(observed, line, strlen(line)), "%s: not '%s' but '%.*s'",
		      mode_name(mode), line, found ? (int)strcspn(found + 1, "\n") : 0,
		      found ? found + 1 : "");
}

/* The other side: what is on the list does differ, or nothing was wrapped at all. */
START_TEST(wrapped_is_root)
{
	enum mode mode = (enum mode)(_i + 1);
	char *bare, *wrapped;
	pid_t pid;

	make_files();
	bare = look(&rows[0], MODE_BARE, &pid);
	expect_line(bare, support_text("pid %d", pid), MODE_BARE);
	expect_line(bare, support_text("uid %u %u %u", support_user()->uid, support_user()->uid, support_user()->uid),
		    MODE_BARE);
	wrapped = look(&rows[0], mode, &pid);
	expect_line(wrapped, "uid 0 0 0", mode);
	expect_line(wrapped, "gid 0 0 0", mode);
	for (const char *line = bare; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, "namespace-user ", 15) == 0 || strncmp(line, "namespace-mnt ", 14) == 0)
			ck_assert_msg(!has_line(wrapped, line, strcspn(line, "\n")),
				      "%s: the namespace is not new: %.60s", mode_name(mode), line);
	if (mode == MODE_PID)
		expect_line(wrapped, "pid 2", mode);
	else if (mode_in_place(mode))
		expect_line(wrapped, support_text("pid %d", pid), mode);
	else
		expect_line(wrapped, support_text("parent %d", mode == MODE_JOIN_PID ? 0 : pid), mode);
	if (!mode_in_place(mode))
		expect_line(wrapped, "parent-death-signal 9", mode);
	free(bare);
	free(wrapped);
}
END_TEST

static Suite *build(void)
{
	Suite *suite = suite_create("transparency");
	TCase *tc = harness_case(suite, "transparency", 60);

	(void)support_install(PROBE_PATH, "odd (name)\n --x");
	tcase_add_loop_test(tc, wrapped_is_as_bare, 0, ROWS * MODES);
	tcase_add_loop_test(tc, wrapped_is_root, 0, MODES);
	return suite;
}

int main(void)
{
	return harness_main(build);
}
