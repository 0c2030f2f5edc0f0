/*
 * Times running a function inside a network namespace, and visiting one, against the bare calls that cannot be spared; and runs
 * a storm of threads, to see whether anybody ever is elsewhere than he should be. Needs no rights: it makes itself a user
 * namespace first.
 *
 *   inside ROUNDS CALLS
 *
 * Prints "NAME<tab>nanoseconds" for run_in, bare thread, visit, bare visit, in turn, then "lost", "moved", "descriptors",
 * "threads" of CALLS calls from 16 threads into 16 namespaces: all 0 when all is well.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <maproot/join.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <dirent.h>

enum { COUNT = 16 };

static const char own_path[] = "/proc/thread-self/ns/net";

struct place {
	struct maproot_join *join;
	int fd;
	ino_t inode;
};

static struct place places[COUNT];

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		bench_die(errno, "cannot write", path);
	close(fd);
}

static void become_root(void)
{
	char map[64];
	long user = getuid(), group = getgid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		bench_die(errno, "cannot unshare", "user");
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %ld 1", user);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %ld 1", group);
	write_file("/proc/self/gid_map", map);
}

static ino_t where_am_i(void)
{
	struct stat status;

	return stat(own_path, &status) < 0 ? 0 : status.st_ino;
}

static int open_own(void)
{
	int fd = open(own_path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		bench_die(errno, "cannot open", own_path);
	return fd;
}

static void die_of(const struct maproot_error *err, const char *what)
{
	char text[400];

	maproot_error_format(err, text, sizeof(text));
	bench_die(0, what, text);
}

static void make_places(void)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int home = open_own();

	for (size_t at = 0; at < COUNT; at++) {
		if (unshare(CLONE_NEWNET) < 0)
			bench_die(errno, "cannot unshare", "net");
		places[at].fd = open_own();
		places[at].inode = where_am_i();
		if (maproot_join_current(MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_NET), &places[at].join, &err) < 0)
			die_of(&err, "maproot_join_current failed:");
	}
	if (setns(home, CLONE_NEWNET) < 0)
		bench_die(errno, "cannot go back to", "net");
	close(home);
}

static int look(void *arg, const struct maproot_join *caller)
{
	(void)caller;
	*(ino_t *)arg = where_am_i();
	return 7;
}

static int nothing(void *arg, const struct maproot_join *caller)
{
	(void)arg;
	(void)caller;
	return 7;
}

static void *enter_alone(void *arg)
{
	if (setns(*(int *)arg, CLONE_NEWNET) < 0)
		bench_die(errno, "cannot join", "net");
	return NULL;
}

static void time_run_in(void)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	uint64_t before = bench_now();
	int result;

	if (maproot_run_in(places[0].join, nothing, NULL, &result, &err) < 0)
		die_of(&err, "maproot_run_in failed:");
	printf("run_in\t%" PRIu64 "\n", bench_now() - before);
}

static void time_bare_thread(void)
{
	uint64_t before = bench_now();
	pthread_t thread;

	if (pthread_create(&thread, NULL, enter_alone, &places[0].fd) != 0)
		bench_die(0, "cannot start", "a thread");
	pthread_join(thread, NULL);
	printf("bare thread\t%" PRIu64 "\n", bench_now() - before);
}

static void time_visit(void)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_visit visit;
	uint64_t before = bench_now();

	if (maproot_enter(places[0].join, &visit, &err) < 0 || maproot_leave(&visit, &err) < 0)
		die_of(&err, "the visit failed:");
	printf("visit\t%" PRIu64 "\n", bench_now() - before);
}

static void time_bare_visit(void)
{
	uint64_t before = bench_now();
	int home = open_own();

	if (setns(places[0].fd, CLONE_NEWNET) < 0 || setns(home, CLONE_NEWNET) < 0)
		bench_die(errno, "cannot join", "net");
	close(home);
	printf("bare visit\t%" PRIu64 "\n", bench_now() - before);
}

struct walker {
	long calls;
	long lost;
	long moved;
};

static void *walk(void *arg)
{
	struct walker *walker = arg;
	ino_t home = where_am_i();

	for (long call = 0; call < walker->calls; call++) {
		struct place *place = &places[call % COUNT];
		ino_t seen = 0;
		int result = 0;

		if (maproot_run_in(place->join, look, &seen, &result, NULL) < 0 || result != 7 ||
		    seen != place->inode)
			walker->lost++;
		if (where_am_i() != home)
			walker->moved++;
	}
	return NULL;
}

static long count_entries(const char *path)
{
	DIR *directory = opendir(path);
	long count = 0;

	if (!directory)
		bench_die(errno, "cannot open", path);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static void storm(long calls)
{
	struct walker walkers[COUNT] = { { 0 } };
	pthread_t threads[COUNT];
	long descriptors = count_entries("/proc/self/fd");
	long lost = 0, moved = 0;

	for (size_t at = 0; at < COUNT; at++) {
		walkers[at].calls = calls / COUNT;
		if (pthread_create(&threads[at], NULL, walk, &walkers[at]) != 0)
			bench_die(0, "cannot start", "a thread");
	}
	for (size_t at = 0; at < COUNT; at++) {
		pthread_join(threads[at], NULL);
		lost += walkers[at].lost;
		moved += walkers[at].moved;
	}
	printf("lost\t%ld\nmoved\t%ld\ndescriptors\t%ld\nthreads\t%ld\n", lost, moved,
	       count_entries("/proc/self/fd") - descriptors, count_entries("/proc/self/task") - 3);
}

static void (*const timed[])(void) = { time_run_in, time_visit, time_bare_thread, time_bare_visit };

enum { TIMED = sizeof(timed) / sizeof(timed[0]) };

int main(int argc, char **argv)
{
	long rounds;

	if (argc != 3)
		bench_die(0, "usage:", "inside ROUNDS CALLS");
	rounds = bench_number(argv[1]);
	become_root();
	make_places();
	/* What one leaves behind falls on each of the others in turn. */
	for (long round = 0; round < rounds; round++) {
		for (long at = 0; at < TIMED; at++)
			timed[(at * (round % 2 ? 1 : TIMED - 1) + round / 2) % TIMED]();
	}
	storm(bench_number(argv[2]));
	return 0;
}
