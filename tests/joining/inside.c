/*
 * The program inside: what a container holds on to, and what looks around in it. Static, so that it runs in a root
 * directory without anything else.
 *
 *   inside hold          says "ready", and stays until it is killed; reaps what is left to it
 *   inside look          says who and where it is, a "KEY VALUE" line each, "end" last, and stays until SIGUSR1,
 *                        which ends it well
 *   inside attack NAME   says "ready"; then tries to get into every younger process of that name: a line for each
 *                        success, how, and "seen COUNT" now and then
 *   inside exit STATUS   ends with it
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { HIGHEST_FD = 1024 };

static void put_groups(void)
{
	gid_t groups[64];
	int count = getgroups(64, groups);

	printf("groups");
	for (int at = 0; at < count; at++)
		printf(" %u", groups[at]);
	printf("\n");
}

static void put_descriptors(void)
{
	printf("descriptors");
	for (int fd = 0; fd < HIGHEST_FD; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			printf(" %d", fd);
	}
	printf("\n");
}

/* By number: /proc may be another pid namespace's, or not be there. */
static void put_capabilities(void)
{
	struct {
		unsigned int version;
		int pid;
	} header = { 0x20080522, 0 };
	struct {
		unsigned int effective, permitted, inheritable;
	} data[2] = { { 0 } };

	(void)syscall(SYS_capget, &header, data);
	printf("capabilities %x%08x %x%08x %x%08x\n", data[1].effective, data[0].effective, data[1].permitted,
	       data[0].permitted, data[1].inheritable, data[0].inheritable);
}

static void put_clocks(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	printf("boottime %lld\n", (long long)now.tv_sec);
}

static _Noreturn void stay(const char *word)
{
	printf("%s\n", word);
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}

static void end_well(int number)
{
	(void)number;
	_exit(0);
}

static _Noreturn void look(void)
{
	uid_t user[3] = { 0 };
	gid_t group[3] = { 0 };
	char directory[4096] = "";
	char host[256] = "";
	struct stat root = { 0 };
	int death_signal = 0;

	put_descriptors(); /* before anything is opened */
	(void)signal(SIGUSR1, end_well);
	(void)getresuid(&user[0], &user[1], &user[2]);
	(void)getresgid(&group[0], &group[1], &group[2]);
	printf("user %u %u %u\ngroup %u %u %u\n", user[0], user[1], user[2], group[0], group[1], group[2]);
	put_groups();
	put_capabilities();
	put_clocks();
	(void)!syscall(SYS_getcwd, directory, sizeof(directory));
	(void)stat("/", &root);
	(void)gethostname(host, sizeof(host) - 1);
	(void)prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0);
	printf("directory %s\nroot %llx:%llu\nhost %s\n", directory, (unsigned long long)root.st_dev,
	       (unsigned long long)root.st_ino, host);
	printf("pid %d\nparent %d\ndumpable %d\ndeath-signal %d\nno-new-privileges %d\n", (int)getpid(), (int)getppid(),
	       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), death_signal, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	for (char **entry = environ; *entry; entry++)
		printf("environment %s\n", *entry);
	stay("end");
}

static _Noreturn void hold(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGCHLD, &action, NULL);
	stay("ready");
}

/* The kernel asks for these as ptrace(2) does. */
static bool opens(int process, const char *name)
{
	int fd = openat(process, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static bool leads(int process, const char *name, char *ret_target, size_t size)
{
	ssize_t length = readlinkat(process, name, ret_target, size - 1);

	ret_target[length > 0 ? length : 0] = '\0';
	return length > 0;
}

static bool is_traced(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return false;
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && waitpid(pid, &status, __WALL) == pid)
		(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return true;
}

/* How one gets in: NULL where one doesn't. */
static const char *get_into(int process, pid_t pid)
{
	char target[256];

	if (leads(process, "root", target, sizeof(target)) || leads(process, "fd/0", target, sizeof(target)))
		return "link";
	if (opens(process, "mem") || opens(process, "environ"))
		return "memory";
	return is_traced(pid) ? "ptrace" : NULL;
}

static bool has_name(int process, const char *name)
{
	char shown[32] = "";
	int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, shown, sizeof(shown) - 1);

	if (fd >= 0)
		(void)close(fd);
	if (length <= 0)
		return false;
	shown[length - 1] = '\0';
	return strcmp(shown, name) == 0;
}

/*
 * Once it has executed what it was to execute, whoever rules here may look into it: it is one of us. Of one that is
 * gone it can't be told what it was.
 */
static bool has_executed(int process)
{
	char target[256];

	if (leads(process, "exe", target, sizeof(target)))
		return strstr(target, "/inside") != NULL;
	return errno == ENOENT || errno == ESRCH;
}

static void try_process(int proc, const char *entry, const char *name, unsigned long *seen)
{
	pid_t pid = (pid_t)strtol(entry, NULL, 10);
	int process = pid > getpid() ? openat(proc, entry, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	const char *how;

	if (process < 0)
		return;
	if (has_name(process, name)) {
		how = get_into(process, pid);
		(*seen)++;
		if (how && !has_executed(process))
			printf("%s\n", how);
		else if ((*seen & (*seen - 1)) == 0)
			printf("seen %lu\n", *seen);
		(void)fflush(stdout);
	}
	(void)close(process);
}

static int attack(const char *name)
{
	unsigned long seen = 0;
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	if (!proc)
		return 97;
	printf("ready\n");
	(void)fflush(stdout);
	for (;;) {
		rewinddir(proc);
		while ((entry = readdir(proc)) != NULL)
			try_process(dirfd(proc), entry->d_name, name, &seen);
	}
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 99;
	if (strcmp(argv[1], "hold") == 0)
		hold();
	if (strcmp(argv[1], "look") == 0)
		look();
	if (strcmp(argv[1], "attack") == 0 && argc > 2)
		return attack(argv[2]);
	if (strcmp(argv[1], "exit") == 0 && argc > 2)
		return (int)strtol(argv[2], NULL, 10);
	return 98;
}
