/*
 * Contract: ten thousand starts of a child through the library, from several threads at once, one
 * in eight of them a failure, leave nothing in the host: no descriptor, no thread, no memory (64
 * KiB either way), no mount, no process, no namespace. The run takes place in a user namespace that
 * allows only so many namespaces at a time, so that the ones that are not given back are missed.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <maproot/run.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS          4
#define NAMESPACES_LIMIT 400 /* what is freed is freed a little later, by the kernel's workers */

/* AddressSanitizer keeps what was freed for a while, and a shadow of all that was ever used. */
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_LIMIT_KIB 4096
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_LIMIT_KIB 4096
#endif
#endif
#ifndef MEMORY_LIMIT_KIB
#define MEMORY_LIMIT_KIB 64
#endif

static const char *payload;
static atomic_int left, bad;

static void complain(const char *what, const struct maproot_error *err)
{
	char text[512] = "";

	if (err)
		maproot_error_format(err, text, sizeof(text));
	if (atomic_fetch_add(&bad, 1) < 10)
		printf("%s: %s\n", what, text);
}

/* The kernel gives namespaces back when it gets to it: ENOSPC is only final when it stays. */
static int start(const struct maproot_request *request, char **argv,
		 struct maproot_child *ret_child, struct maproot_error *err)
{
	int r;

	for (int attempt = 0; attempt < 100; attempt++) {
		*err = (struct maproot_error)MAPROOT_ERROR_INIT;
		r = maproot_spawn(request, argv, NULL, ret_child, err);
		if (r != -ENOSPC)
			return r;
		support_sleep_us(20000);
	}
	return r;
}

static void one(unsigned int number)
{
	const struct maproot_request request = { .death_signal = number % 2 ? SIGKILL : 0 };
	struct maproot_child child = { .pidfd = -1 };
	struct maproot_error err;
	bool fails = number % 8 == 7;
	/* without its arguments the payload exits at once with 99 */
	char *argv[] = { (char *)(fails ? "/nonexistent/command" : payload), NULL };
	int r = start(&request, argv, &child, &err), status;

	if (fails) {
		if (r != -ENOENT)
			complain("a missing command", &err);
		return;
	}
	if (r < 0) {
		complain("cannot start", &err);
		return;
	}
	while (waitpid(child.pid, &status, 0) < 0)
		if (errno != EINTR) {
			complain("cannot wait", NULL);
			break;
		}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 99)
		complain("not the command's status", NULL);
	if (child.pidfd >= 0)
		close(child.pidfd);
}

static void *work(void *arg)
{
	int number;

	(void)arg;
	while ((number = atomic_fetch_sub(&left, 1)) > 0)
		one((unsigned int)number);
	return NULL;
}

/* On threads that live as long as the test, so that their stacks are not what is measured. */
struct crowd {
	pthread_t thread[THREADS];
	pthread_barrier_t begin, end;
};

static bool over;

static void *stay(void *arg)
{
	struct crowd *crowd = arg;

	for (;;) {
		pthread_barrier_wait(&crowd->begin);
		if (over)
			return NULL;
		work(NULL);
		pthread_barrier_wait(&crowd->end);
	}
}

static void start_many(struct crowd *crowd, int count)
{
	atomic_store(&left, count);
	pthread_barrier_wait(&crowd->begin);
	pthread_barrier_wait(&crowd->end);
}

static long field(const char *path, const char *name)
{
	char *text = support_read(path, NULL), *at = text ? strstr(text, name) : NULL;
	long value = at ? strtol(at + strlen(name), NULL, 10) : -1;

	if (value < 0)
		support_die("no %s in %s", name, path);
	free(text);
	return value;
}

static unsigned long long descriptors(void)
{
	unsigned long long set = 0;

	for (int fd = 0; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			set |= 1ULL << fd;
	return set;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		support_die("cannot write %s", path);
	close(fd);
}

/*
 * As root: the child gets a user namespace of its own, whose limits are nobody else's. Two lines of
 * a map can only be written from outside.
 */
static void limit_namespaces(int ready, int go)
{
	char byte;

	if (geteuid() != 0)
		return;
	if (unshare(CLONE_NEWUSER) < 0)
		support_die("cannot make a user namespace");
	if (write(ready, "r", 1) != 1 || read(go, &byte, 1) != 1)
		support_die("the test went away");
	write_text("/proc/sys/user/max_user_namespaces", support_text("%d", NAMESPACES_LIMIT));
	write_text("/proc/sys/user/max_mnt_namespaces", support_text("%d", NAMESPACES_LIMIT));
}

static void map_child(pid_t pid, int ready, int go)
{
	const struct support_user *user = support_user();
	char byte;

	if (geteuid() != 0)
		return;
	if (read(ready, &byte, 1) != 1)
		support_die("the child went away");
	write_text(support_text("/proc/%d/uid_map", pid),
		   support_text("0 0 1\n%u %u 1\n", user->uid, user->uid));
	write_text(support_text("/proc/%d/gid_map", pid),
		   support_text("0 0 1\n%u %u 1\n", user->gid, user->gid));
	if (write(go, "g", 1) != 1)
		support_die("the child went away");
}

static int check(int count)
{
	static struct crowd crowd;
	unsigned long long before, after;
	long memory[2], threads[2];
	char *mounts[2];

	pthread_barrier_init(&crowd.begin, NULL, THREADS + 1);
	pthread_barrier_init(&crowd.end, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&crowd.thread[i], NULL, stay, &crowd))
			support_die("cannot start a thread");
	start_many(&crowd, count / 10 + 50);
	/* measured twice before: reading itself takes buffers */
	for (int i = 0; i < 2; i++) {
		mounts[0] = support_mounts();
		memory[0] = field("/proc/self/smaps_rollup", "\nRss:");
		if (i == 0)
			free(mounts[0]);
	}
	threads[0] = field("/proc/self/status", "\nThreads:");
	before = descriptors();
	start_many(&crowd, count);
	after = descriptors();
	threads[1] = field("/proc/self/status", "\nThreads:");
	mounts[1] = support_mounts();
	memory[1] = field("/proc/self/smaps_rollup", "\nRss:");
	printf("%d starts: descriptors %#llx, were %#llx; threads %ld, were %ld; memory %ld KiB, "
	       "was %ld\n",
	       count, after, before, threads[1], threads[0], memory[1], memory[0]);
	if (after != before)
		complain("descriptors differ", NULL);
	if (threads[1] != threads[0])
		complain("threads differ", NULL);
	if (labs(memory[1] - memory[0]) > MEMORY_LIMIT_KIB)
		complain("memory differs", NULL);
	if (strcmp(mounts[0], mounts[1]) != 0)
		complain("mounts differ", NULL);
	if (waitpid(-1, NULL, WNOHANG | __WALL) >= 0 || errno != ECHILD)
		complain("a child is left", NULL);
	over = true;
	pthread_barrier_wait(&crowd.begin);
	for (int i = 0; i < THREADS; i++)
		pthread_join(crowd.thread[i], NULL);
	free(mounts[0]);
	free(mounts[1]);
	return atomic_load(&bad) ? 1 : 0;
}

int main(void)
{
	int status, r, ready[2], go[2];
	pid_t pid;

	support_init();
	payload = support_install(PAYLOAD_PATH, "payload");
	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		support_die("pipe2");
	pid = fork();
	if (pid < 0)
		support_die("fork");
	if (pid == 0) {
		close(ready[0]);
		close(go[1]);
		limit_namespaces(ready[1], go[0]);
		support_become_user();
		r = check(support_size(200, 2000, 10000));
		fflush(stdout);
		_exit(r);
	}
	close(ready[1]);
	close(go[0]);
	map_child(pid, ready[0], go[1]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
