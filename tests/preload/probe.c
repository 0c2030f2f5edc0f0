/*
 * A program that was joined before main, or was not: says what became of it, as lines of "KEY VALUE". With "again" it
 * executes itself first, as any program's child would. Linked with the object it has the functions of
 * <maproot/preload.h>; else they are there only when the library was preloaded.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <maproot/preload.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PROBE_LINKED
#pragma weak maproot_preload_result
#pragma weak maproot_preload_message
#pragma weak maproot_preload_joined
#endif

extern char **environ;

#ifdef PROBE_THREADS
void probe_threads_link(void);
#endif

static void say_result(void)
{
	const struct maproot_error *result;

#ifndef PROBE_LINKED
	if (!maproot_preload_result) {
		printf("result none\n");
		return;
	}
#endif
	result = maproot_preload_result();
	printf("result %d\nstep %d\nmessage %s\njoined", result->code, (int)result->step, maproot_preload_message());
#define X(id, name, oci, letter, flag)                                                \
	if (maproot_preload_joined() & MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)) \
		printf(" " name);
	MAPROOT_NAMESPACES(X)
#undef X
	printf("\n");
}

static void say_namespaces(void)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid",
					     "pid_for_children", "time", "time_for_children", "user", "uts" };

	for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++) {
		char path[64];
		char link[64] = "";

		(void)snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", names[at]);
		if (readlink(path, link, sizeof(link) - 1) < 0)
			(void)snprintf(link, sizeof(link), "errno %d", errno);
		printf("%s %s\n", names[at], link);
	}
}

static void say_descriptors(void)
{
	printf("open");
	for (int fd = 0; fd < 4096; fd++) {
		char link[256] = "";
		char path[32];

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, link, sizeof(link) - 1) >= 0)
			printf(" %d", fd);
	}
	printf("\n");
}

/* As runtimes do that know no getauxval(3): behind the environment. */
static void say_vector(char **argv)
{
	const uintptr_t *at = (const uintptr_t *)argv;
	int entries = 0;

	while (*at)
		at++;
	for (at++; *at; at++)
		;
	for (at++; at[0] != AT_NULL && at[0] != AT_PAGESZ; at += 2)
		entries++;
	if (at[0] == AT_PAGESZ)
		printf("vector %lu\n", (unsigned long)at[1]);
	else
		printf("vector %s\n", entries ? "wrong" : "empty");
}

static void say_pid_of_child(void)
{
	pid_t own;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(getpid() == 2 || getpid() == 1);
	if (pid < 0 || waitpid(pid, &own, 0) != pid)
		exit(3);
	printf("firstchild %d\n", WEXITSTATUS(own));
}

int main(int argc, char **argv)
{
	int number = errno;
	int death_signal = 0;
	char directory[4096];

	if (argc > 1 && strcmp(argv[1], "again") == 0) {
		argv[1] = "report";
		execv("/proc/self/exe", argv);
		return 3;
	}
#ifdef PROBE_THREADS
	probe_threads_link();
#endif
	say_vector(argv);
	say_descriptors();
	say_result();
	say_namespaces();
	(void)prctl(PR_GET_PDEATHSIG, &death_signal);
	printf("errno %d\nuid %d\ngid %d\ngroups %d\ndumpable %d\ndeathsignal %d\n", number, (int)getuid(),
	       (int)getgid(), getgroups(0, NULL), prctl(PR_GET_DUMPABLE), death_signal);
	printf("directory %s\n", getcwd(directory, sizeof(directory)) ? directory : "?");
	say_pid_of_child();
	for (char **variable = environ; *variable; variable++)
		printf("environment %s\n", *variable);
	return 0;
}
