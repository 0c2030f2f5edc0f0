/*
 * Prints everything that a process can observe of itself, a `key value` line each, into the file named by
 * its first argument. The same program, run bare and run wrapped, shows what the wrapper changed. It looks
 * first and opens files afterwards, and it asks the kernel, not the C library, wherever the library keeps
 * something back (signals 32 and 33, the mask's upper half, the priority's sign).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#define HIGHEST_FD 1100

extern char **environ;

static char text[1 << 20];
static size_t length;

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void put(const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text + length, sizeof(text) - length, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text) - length)
		_exit(97);
	length += (size_t)n;
}

/* One line, whatever the value holds. */
static void put_value(const char *key, const char *value, size_t size)
{
	put("%s ", key);
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c > ' ' && c < 127 && c != '\\')
			put("%c", c);
		else
			put("\\%03o", c);
	}
	put("\n");
}

static void put_string(const char *key, const char *value)
{
	put_value(key, value, strlen(value));
}

static void put_number(const char *key, long long value)
{
	if (value < 0 && value > -4096)
		put("%s error-or-%lld\n", key, value);
	else
		put("%s %lld\n", key, value);
}

static long long result(long value)
{
	return value < 0 ? -errno : value;
}

static void look_at_arguments(int argc, char **argv)
{
	char key[32];
	int count = 0;

	put_number("argc", argc);
	for (int i = 0; i < argc; i++) {
		(void)snprintf(key, sizeof(key), "argv[%d]", i);
		put_string(key, argv[i]);
	}
	for (; environ && environ[count]; count++) {
		(void)snprintf(key, sizeof(key), "env[%d]", count);
		put_string(key, environ[count]);
	}
	put_number("env-count", count);
	put_string("execfn", (const char *)getauxval(AT_EXECFN));
	put_number("secure", (long long)getauxval(AT_SECURE));
}

/* Before anything is opened. */
static void look_at_descriptors(void)
{
	for (int fd = 0; fd < HIGHEST_FD; fd++) {
		int flags = fcntl(fd, F_GETFD);
		char path[64], target[4096];
		struct stat st;
		ssize_t n;

		if (flags < 0)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target));
		put("fd[%d] descriptor-flags %d status-flags %o offset %lld signal %d pipe-size %d ", fd,
		    flags, (unsigned int)fcntl(fd, F_GETFL),
		    (long long)lseek(fd, 0, SEEK_CUR), fcntl(fd, F_GETSIG), fcntl(fd, F_GETPIPE_SZ));
		if (fstat(fd, &st) == 0)
			put("inode %llx:%llu mode %o ", (unsigned long long)st.st_dev,
			    (unsigned long long)st.st_ino, st.st_mode);
		put_value("target", target, n < 0 ? 0 : (size_t)n);
		put("fd-owner[%d] %d\n", fd, fcntl(fd, F_GETOWN));
	}
}

struct kernel_action {
	uintptr_t handler;
	unsigned long flags;
	uintptr_t restorer;
	uint64_t mask;
};

static void look_at_signals(void)
{
	uint64_t mask = 0, pending = 0;

	(void)syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
	put("sigmask %016llx\n", (unsigned long long)mask);
	(void)syscall(SYS_rt_sigpending, &pending, 8);
	put("sigpending %016llx\n", (unsigned long long)pending);
	for (int number = 1; number <= 64; number++) {
		struct kernel_action action = { 0 };
		long rc = syscall(SYS_rt_sigaction, (long)number, NULL, &action, 8);

		put("sigaction[%d] %lld handler %lx flags %lx mask %llx\n", number, result(rc),
		    (unsigned long)action.handler, action.flags, (unsigned long long)action.mask);
	}
}

/* Takes what is pending, so it comes last. */
static void take_pending(void)
{
	uint64_t all = UINT64_MAX;
	struct timespec none = { 0 };
	siginfo_t info;

	for (int i = 0;; i++) {
		memset(&info, 0, sizeof(info));
		if (syscall(SYS_rt_sigtimedwait, &all, &info, &none, 8) < 0)
			return;
		put("pending[%d] signal %d code %d value %llx\n", i, info.si_signo, info.si_code,
		    info.si_code == SI_QUEUE ? (unsigned long long)(uintptr_t)info.si_value.sival_ptr : 0ull);
		put("pending-sender[%d] pid %d uid %d\n", i, (int)info.si_pid, (int)info.si_uid);
	}
}

static void look_at_scheduling(void)
{
	struct sched_param_raw {
		int priority;
	} parameter = { 0 };
	unsigned char affinity[1024];
	struct {
		uint32_t size;
		uint32_t policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
		uint32_t clamp_minimum, clamp_maximum;
	} attributes = { .size = sizeof(attributes) };
	long n;

	put_number("nice", 20 - syscall(SYS_getpriority, PRIO_PROCESS, 0));
	put_number("policy", result(syscall(SYS_sched_getscheduler, 0)));
	(void)syscall(SYS_sched_getparam, 0, &parameter);
	put_number("priority", parameter.priority);
	n = syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0);
	put("sched-attributes %lld policy %u flags %llx nice %d clamp %u-%u\n", result(n),
	    attributes.policy, (unsigned long long)attributes.flags, attributes.nice,
	    attributes.clamp_minimum, attributes.clamp_maximum);
	n = syscall(SYS_sched_getaffinity, 0, sizeof(affinity), affinity);
	put_value("affinity", (const char *)affinity, n < 0 ? 0 : (size_t)n);
	put_number("io-priority", result(syscall(SYS_ioprio_get, 1, 0)));
}

static void look_at_limits(void)
{
	for (int i = 0; i < 16; i++) {
		struct {
			uint64_t soft;
			uint64_t hard;
		} limit = { 0 };

		(void)syscall(SYS_prlimit64, 0, (long)i, NULL, &limit);
		put("rlimit[%d] %llu %llu\n", i, (unsigned long long)limit.soft,
		    (unsigned long long)limit.hard);
	}
	for (int which = 0; which < 3; which++) {
		struct itimerval timer = { 0 };

		(void)syscall(SYS_getitimer, which, &timer);
		put("itimer[%d] %s\n", which,
		    timer.it_value.tv_sec || timer.it_value.tv_usec ? "running" : "off");
	}
}

static void look_at_attributes(void)
{
	int value = -1;
	char name[17] = "";

	put_number("personality", personality(0xffffffff));
	put_number("no-new-privs", result(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)));
	put_number("dumpable", result(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)));
	put_number("timer-slack", result(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0)));
	put_number("securebits", result(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)));
	put_number("keep-capabilities", result(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0)));
	put_number("transparent-huge-pages-disabled", result(prctl(42, 0, 0, 0, 0)));
	put_number("seccomp", result(prctl(PR_GET_SECCOMP, 0, 0, 0, 0)));
	put_number("machine-check-policy", result(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0)));
	put_number("speculation-store-bypass", result(prctl(52, 0, 0, 0, 0)));
	put_number("speculation-indirect-branch", result(prctl(52, 1, 0, 0, 0)));
	put_number("memory-deny-write-execute", result(prctl(66, 0, 0, 0, 0)));
	(void)prctl(PR_GET_CHILD_SUBREAPER, &value, 0, 0, 0);
	put_number("subreaper", value);
	value = -1;
	(void)prctl(PR_GET_PDEATHSIG, &value, 0, 0, 0);
	put_number("parent-death-signal", value);
	value = -1;
	(void)prctl(PR_GET_TSC, &value, 0, 0, 0);
	put_number("time-stamp-counter", value);
	(void)prctl(PR_GET_NAME, name, 0, 0, 0);
	put_string("comm", name);
}

static void look_at_ids(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	uid_t uid[3] = { 0 };
	gid_t gid[3] = { 0 }, groups[256];
	int count;

	(void)getresuid(&uid[0], &uid[1], &uid[2]);
	(void)getresgid(&gid[0], &gid[1], &gid[2]);
	put("uid %u %u %u\ngid %u %u %u\n", uid[0], uid[1], uid[2], gid[0], gid[1], gid[2]);
	count = getgroups(256, groups);
	put("groups");
	for (int i = 0; i < count; i++)
		put(" %u", groups[i]);
	put("\n");
	(void)syscall(SYS_capget, &header, data);
	put("capabilities-effective %08x%08x\n", data[1].effective, data[0].effective);
	put("capabilities-permitted %08x%08x\n", data[1].permitted, data[0].permitted);
	put("capabilities-inheritable %08x%08x\n", data[1].inheritable, data[0].inheritable);
	put("capabilities-bounding ");
	for (int i = 63; i >= 0; i--)
		put("%d", prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1);
	put("\ncapabilities-ambient ");
	for (int i = 63; i >= 0; i--)
		put("%d", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1);
	put("\n");
}

static void look_at_family(void)
{
	const char *listen_pid = getenv("LISTEN_PID");
	long pid = getpid();

	put_number("pid", pid);
	put_number("parent", getppid());
	put_number("process-group", getpgrp());
	put_number("process-group-leader", getpgrp() == pid);
	put_number("session", getsid(0));
	put_number("session-leader", getsid(0) == pid);
	put_number("thread", syscall(SYS_gettid) == pid);
	if (listen_pid && strtol(listen_pid, NULL, 10) == pid)
		put("listen-pid own\n");
	else
		put_string("listen-pid", listen_pid ? listen_pid : "unset");
}

static void look_at_terminal(void)
{
	struct termios settings;
	struct winsize size;
	pid_t group = 0;
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		put_number("terminal", -errno);
		return;
	}
	put("terminal present\n");
	if (ioctl(fd, TIOCGPGRP, &group) < 0)
		group = -errno;
	put_number("terminal-group", group);
	put_number("terminal-foreground", group == getpgrp());
	memset(&settings, 0, sizeof(settings));
	if (tcgetattr(fd, &settings) == 0)
		put("termios %x %x %x %x\n", settings.c_iflag, settings.c_oflag, settings.c_cflag,
		    settings.c_lflag);
	put_value("termios-characters", (const char *)settings.c_cc, sizeof(settings.c_cc));
	if (ioctl(fd, TIOCGWINSZ, &size) == 0)
		put("terminal-size %u %u\n", size.ws_row, size.ws_col);
	close(fd);
}

static ssize_t read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY);
	size_t done = 0;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	while (done < size && (n = read(fd, buffer + done, size - done)) > 0)
		done += (size_t)n;
	close(fd);
	return n < 0 ? -1 : (ssize_t)done;
}

static void put_file(const char *key, const char *path)
{
	static char buffer[65536];
	ssize_t n = read_file(path, buffer, sizeof(buffer));

	if (n < 0)
		put_number(key, -errno);
	else
		put_value(key, buffer, (size_t)n);
}

/*
 * A line without the mount's and its parent's number, and without the propagation tags. No key of its own either:
 * the kernel copies a mount table in another order than it was made.
 */
static void put_mount(char *line)
{
	char *separator = strstr(line, " - "), *rest = line, *options;

	for (int i = 0; i < 2 && rest; i++) {
		rest = strchr(rest, ' ');
		if (rest)
			rest++;
	}
	options = rest;
	/* After device, root, mount point and options come the tags, up to the separator. */
	for (int i = 0; i < 4 && options; i++) {
		options = strchr(options, ' ');
		if (options && options != separator)
			options++;
	}
	if (!rest || !separator || !options)
		_exit(96);
	put("mount %.*s%s%s\n", (int)(options - rest), rest,
	    options[-1] == ' ' ? "" : " ", separator + 1);
}

static void look_at_mounts(void)
{
	static char buffer[1 << 19];
	ssize_t n = read_file("/proc/self/mountinfo", buffer, sizeof(buffer) - 1);
	int number = 0;

	if (n < 0) {
		put_number("mounts", -errno);
		return;
	}
	buffer[n] = '\0';
	for (char *line = strtok(buffer, "\n"); line; line = strtok(NULL, "\n")) {
		put_mount(line);
		number++;
	}
	put_number("mounts", number);
}

static void look_at_status(void)
{
	static const char *const wanted[] = { "Umask", "State", "TracerPid", "FDSize", "NStgid",
					      "NSpid", "NSpgid", "NSsid", "SigQ", "SigPnd",
					      "ShdPnd", "SigCgt", "Seccomp", "Threads", "THP_enabled",
					      "Cpus_allowed_list", "Mems_allowed_list", "CoreDumping" };
	static char buffer[65536];
	ssize_t n = read_file("/proc/self/status", buffer, sizeof(buffer) - 1);
	char key[64];

	buffer[n < 0 ? 0 : n] = '\0';
	for (char *line = strtok(buffer, "\n"); line; line = strtok(NULL, "\n")) {
		char *value = strchr(line, ':');

		if (!value)
			continue;
		*value = '\0';
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
			if (strcmp(line, wanted[i]) != 0)
				continue;
			(void)snprintf(key, sizeof(key), "status-%s", line);
			/* The queue's use changes with whatever else the user runs; its limit does not. */
			if (strcmp(line, "SigQ") == 0)
				value = strchr(value + 1, '/');
			/* A descriptor table's size is history, not state. */
			if (strcmp(line, "FDSize") != 0)
				put_string(key, value + 1);
		}
	}
}

static void look_at_files(void)
{
	struct utsname names;
	struct stat st;
	char cwd[4096];
	long n = syscall(SYS_getcwd, cwd, sizeof(cwd));
	mode_t mask = umask(0);

	(void)umask(mask);
	put("umask %03o\n", mask);
	if (n < 0)
		put_number("cwd", -errno);
	else
		put_string("cwd", cwd);
	/* The number of a deleted directory is another for each run that deletes its own. */
	if (stat(".", &st) == 0 && st.st_nlink == 0)
		put("cwd-deleted yes\n");
	else if (stat(".", &st) == 0)
		put("cwd-inode %llx:%llu links %llu\n", (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino, (unsigned long long)st.st_nlink);
	if (stat("/", &st) == 0)
		put("root-inode %llx:%llu\n", (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino);
	(void)uname(&names);
	put_string("hostname", names.nodename);
	put_string("domainname", names.domainname);
	put_string("kernel", names.release);
	put_string("machine", names.machine);
	put_file("cgroup", "/proc/self/cgroup");
	put_file("core-filter", "/proc/self/coredump_filter");
	put_file("oom-adjustment", "/proc/self/oom_score_adj");
	put_file("autogroup", "/proc/self/autogroup");
	put_file("login-uid", "/proc/self/loginuid");
	put_file("audit-session", "/proc/self/sessionid");
	put_file("time-offsets", "/proc/self/timens_offsets");
	put_file("security-label", "/proc/self/attr/current");
	put_file("command-line", "/proc/self/cmdline");
}

static void look_at_namespaces(void)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid", "pid_for_children",
					     "time", "time_for_children", "user", "uts" };
	char path[64], target[4096], key[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		(void)snprintf(key, sizeof(key), "namespace-%s", names[i]);
		n = readlink(path, target, sizeof(target));
		put_value(key, target, n < 0 ? 0 : (size_t)n);
	}
	{
		ssize_t n = readlink("/proc/self/exe", target, sizeof(target));

		put_value("executable", target, n < 0 ? 0 : (size_t)n);
	}
}

int main(int argc, char **argv)
{
	int fd;

	if (argc < 2)
		return 95;
	look_at_arguments(argc, argv);
	look_at_descriptors();
	look_at_signals();
	look_at_scheduling();
	look_at_limits();
	look_at_attributes();
	look_at_ids();
	look_at_family();
	look_at_files();
	look_at_status();
	look_at_terminal();
	look_at_mounts();
	look_at_namespaces();
	take_pending();
	fd = open(argv[1], O_WRONLY | O_CREAT | O_EXCL, 0666);
	if (fd < 0 || fchmod(fd, 0644) < 0)
		return 94;
	for (size_t done = 0; done < length;) {
		ssize_t n = write(fd, text + done, length - done);

		if (n <= 0)
			return 93;
		done += (size_t)n;
	}
	return 0;
}
