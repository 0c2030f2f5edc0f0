/*
 * Times how long contenders take to make COUNT network namespaces that stay, one after the other, and to remove them
 * again; each time with a new process. All of them take part in each round, the order turned by one each time, with a
 * pause in between for the kernel to take down what was removed. All in a mount namespace with a /run of its own;
 * without root also in a user namespace.
 *
 *   pins ROUNDS COUNT --contender NAME ADD REMOVE [--contender NAME ADD REMOVE]...
 *
 * ADD and REMOVE are words, split at spaces, that start with the path of a program; "%" in them stands for the name.
 * Without words (""), it is the library that does it, in this process. Prints "NAME<tab>nanoseconds", a line a round,
 * after an untimed one.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <maproot/pin.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX    16
#define NAME_SIZE    32
#define PAUSE_NS     300000000L
#define CONTENDER_AT 3

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		bench_die(errno, "cannot write", path);
	close(fd);
}

static void enter_own_place(void)
{
	char users[32];
	char groups[32];
	/* ip-netns(8) goes back to where it came from, which has to be its own. */
	int flags = geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWNET;

	snprintf(users, sizeof(users), "0 %u 1", geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1", getegid());
	if (unshare(flags) != 0)
		bench_die(errno, "cannot make", "a mount namespace");
	if (flags & CLONE_NEWUSER) {
		write_file("/proc/self/setgroups", "deny");
		write_file("/proc/self/uid_map", users);
		write_file("/proc/self/gid_map", groups);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, "mode=755") != 0)
		bench_die(errno, "cannot mount", "/run");
}

/* Runs "PROGRAM WORD..." with the name in it. */
static void run(const char *line, const char *name)
{
	char words[256];
	char arguments[WORDS_MAX][NAME_SIZE * 2];
	char *argv[WORDS_MAX + 1];
	char *rest = words;
	char *word;
	size_t count = 0;
	int status;

	if (snprintf(words, sizeof(words), "%s", line) >= (int)sizeof(words))
		bench_die(0, "too long:", line);
	while (count < WORDS_MAX && (word = strsep(&rest, " "))) {
		const char *hole = strchr(word, '%');

		argv[count] = word;
		if (hole) {
			snprintf(arguments[count], sizeof(arguments[count]), "%.*s%s%s", (int)(hole - word), word,
				 name, hole + 1);
			argv[count] = arguments[count];
		}
		count++;
	}
	argv[count] = NULL;
	status = bench_reap(bench_start(argv));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_die(0, "did not end with status 0:", line);
}

static void run_library(struct maproot_pin **pin, const char *name)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char text[400];

	if ((*pin ? maproot_pin_close(pin, &err) :
		    maproot_pin_new(MAPROOT_NAMESPACE_NET, name, pin, &err)) != 0) {
		maproot_error_format(&err, text, sizeof(text));
		bench_die(0, "the library:", text);
	}
}

static uint64_t time_all(char *const contender[3], long count)
{
	struct maproot_pin **pins = calloc((size_t)count, sizeof(struct maproot_pin *));
	uint64_t before = bench_now();

	for (int pass = 1; pins && pass <= 2; pass++) {
		for (long at = 0; at < count; at++) {
			char name[NAME_SIZE];

			snprintf(name, sizeof(name), "bench%ld", at);
			if (contender[pass][0] == '\0')
				run_library(&pins[at], name);
			else
				run(contender[pass], name);
		}
	}
	free(pins);
	return bench_now() - before;
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	char **contenders = argv + CONTENDER_AT;
	int contender_count = (argc - CONTENDER_AT) / 4;
	FILE *results;
	long rounds;
	long count;

	if (contender_count < 1 || argc != CONTENDER_AT + contender_count * 4)
		bench_die(0, "usage:", "pins ROUNDS COUNT --contender NAME ADD REMOVE...");
	rounds = bench_number(argv[1]);
	count = bench_number(argv[2]);
	results = bench_detach_output(-1);
	enter_own_place();
	for (long round = -1; round < rounds; round++) {
		for (int at = 0; at < contender_count; at++) {
			int turned = (int)((at + round + 1) % contender_count);
			char **contender = contenders + turned * 4L + 1;
			uint64_t spent = time_all(contender, round < 0 ? 1 : count);

			if (round >= 0)
				fprintf(results, "%s\t%" PRIu64 "\n", contender[0], spent);
			nanosleep(&pause, NULL);
		}
	}
	return fflush(results) == 0 ? 0 : 1;
}
