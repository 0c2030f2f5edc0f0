/*
 * Ending all that is in a group and below it. cgroup.kill does it at once, also to what forks meanwhile. By hand it
 * takes a brake, so that nobody forks away from the list that is read: the freezer, else a limit of no processes.
 * The brake is let go on every way out.
 */
#include "system/cgroup_parts.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "system/cgroup_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, /* for all of it */
       AGAIN_MS = 100,      /* for what cgroup.kill has reached to be gone */
       FREEZE_MS = 200,     /* for the freezer, which can't stop what waits in the kernel */
       LONGEST_NAP_MS = 10, /* the kernel may tell of a change that much later */
       WORD_SIZE = 32 };

struct killing {
	int directory;
	bool unified;
	int64_t deadline;
	size_t killed; /* of one round */
	int failure;   /* the first of one round */
};

static int64_t now_ms(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The first bytes of a file of the group, as a string. */
static int read_start(int directory, const char *file, char *buffer, size_t size)
{
	mr_auto_fd int fd = mr_raise_fd(openat(directory, file, O_RDONLY | O_CLOEXEC));
	ssize_t length = fd < 0 ? fd : mr_read(fd, buffer, size - 1);

	if (length < 0)
		return (int)length;
	buffer[length] = '\0';
	return 0;
}

/* "populated 0": whether a line of cgroup.events says so; -errno, where a group that is gone is empty. */
static int says(int events, const char *line)
{
	char text[256];
	ssize_t length = pread(events, text, sizeof(text) - 1, 0);

	if (length < 0)
		return errno == ENODEV ? 1 : -errno;
	text[length] = '\0';
	return strstr(text, line) != NULL;
}

/* Waits for a line of cgroup.events. 0, -ETIMEDOUT, or -errno: -ENOENT where there is no such file. */
static int await_event(int directory, const char *line, int64_t deadline)
{
	mr_auto_fd int events = mr_raise_fd(openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC));
	int nap = 1;

	if (events < 0)
		return events;
	for (;;) {
		struct pollfd change = { .fd = events, .events = POLLPRI };
		int code = says(events, line);

		if (code != 0)
			return code < 0 ? code : 0;
		if (now_ms() >= deadline)
			return -ETIMEDOUT;
		(void)poll(&change, 1, nap); /* whatever ends it, we look again */
		nap = nap < LONGEST_NAP_MS ? nap + 1 : nap;
	}
}

static int count_listed(void *arg, int directory)
{
	size_t *listed = arg;
	char byte[2] = "";

	if (read_start(directory, "cgroup.procs", byte, sizeof(byte)) == 0 && byte[0] != '\0')
		(*listed)++;
	return 0;
}

/* Version 2 says it; in version 1 it has to be looked for. 1, 0, or -errno. */
static int is_empty(const struct killing *killing)
{
	mr_auto_fd int events = -1;
	size_t listed = 0;
	int code;

	if (killing->unified) {
		events = mr_raise_fd(openat(killing->directory, "cgroup.events", O_RDONLY | O_CLOEXEC));
		if (events < 0)
			return events == -ENOENT || events == -ENODEV ? 1 : events;
		return says(events, "populated 0");
	}
	code = mr_cgroup_walk(killing->directory, count_listed, &listed);
	return code < 0 ? code : listed == 0;
}

static int find_us(void *arg, int directory)
{
	(void)arg;
	return mr_cgroup_lists_us(directory);
}

static int write_word(int directory, const char *file, const char *word)
{
	return mr_write_file_at(directory, file, word, strlen(word));
}

/* Of a group of version 1 that was frozen by itself, also below. */
static int thaw_one(void *arg, int directory)
{
	(void)arg;
	(void)write_word(directory, "freezer.state", "THAWED");
	return 0;
}

/* What stops forking, the first that the group has. */
enum brake { FREEZER,
	     FREEZER_OF_V1,
	     NO_PROCESSES,
	     NONE };

static void wait_frozen_v1(const struct killing *killing)
{
	int64_t deadline = now_ms() + FREEZE_MS;
	char state[WORD_SIZE] = "";

	while (read_start(killing->directory, "freezer.state", state, sizeof(state)) == 0 &&
	       strncmp(state, "FROZEN", strlen("FROZEN")) != 0 && now_ms() < deadline)
		(void)poll(NULL, 0, 1);
}

/* What can't be frozen in time is killed as it is: another round follows. */
static enum brake pull(const struct killing *killing, char before[WORD_SIZE])
{
	if (killing->unified && write_word(killing->directory, "cgroup.freeze", "1") == 0) {
		(void)await_event(killing->directory, "frozen 1", now_ms() + FREEZE_MS);
		return FREEZER;
	}
	if (!killing->unified && write_word(killing->directory, "freezer.state", "FROZEN") == 0) {
		wait_frozen_v1(killing);
		return FREEZER_OF_V1;
	}
	if (read_start(killing->directory, "pids.max", before, WORD_SIZE) == 0 &&
	    write_word(killing->directory, "pids.max", "0") == 0)
		return NO_PROCESSES;
	return NONE;
}

/* Of a group that is gone nothing is to be let go. */
static int let_go(const struct killing *killing, enum brake brake, const char *before)
{
	int code = 0;

	if (brake == FREEZER)
		code = write_word(killing->directory, "cgroup.freeze", "0");
	else if (brake == FREEZER_OF_V1)
		code = mr_cgroup_walk(killing->directory, thaw_one, NULL);
	else if (brake == NO_PROCESSES)
		code = write_word(killing->directory, "pids.max", before);
	return code == -ENOENT || code == -ENODEV ? 0 : code;
}

static int kill_one(void *arg, int directory)
{
	struct killing *killing = arg;
	size_t killed = 0;
	int code = mr_cgroup_kill_listed(directory, &killed);

	killing->killed += killed;
	if (killing->failure == 0)
		killing->failure = code;
	return 0;
}

/* 1 where it is empty then, 0 where not yet, or -errno where there is nobody left that can be killed. */
static int kill_round(struct killing *killing)
{
	char before[WORD_SIZE] = "";
	enum brake brake = pull(killing, before);
	int code;
	int left;

	killing->killed = 0;
	killing->failure = 0;
	code = mr_cgroup_walk(killing->directory, kill_one, killing);
	left = let_go(killing, brake, before);
	code = code < 0 ? code : left;
	if (code < 0)
		return code == -ENOENT || code == -ENODEV ? 1 : code;
	code = is_empty(killing);
	if (code == 0 && killing->failure < 0 && killing->killed == 0)
		return killing->failure;
	return code;
}

static int kill_by_hand(struct killing *killing)
{
	int nap = 0;

	for (;;) {
		int code = kill_round(killing);

		if (code != 0)
			return code < 0 ? code : 0;
		if (now_ms() >= killing->deadline)
			return -ETIMEDOUT;
		(void)poll(NULL, 0, nap);
		nap = nap < LONGEST_NAP_MS ? nap + 1 : nap;
	}
}

/* By cgroup.kill, which misses who is put into the group after it: so again, until nobody is left. */
static int kill_at_once(const struct killing *killing)
{
	for (;;) {
		int64_t pause = now_ms() + AGAIN_MS;
		int code = write_word(killing->directory, "cgroup.kill", "1");

		if (code < 0)
			return code;
		code = await_event(killing->directory, "populated 0",
				   pause < killing->deadline ? pause : killing->deadline);
		if (code != -ETIMEDOUT || now_ms() >= killing->deadline)
			return code;
	}
}

static int end_all(struct killing *killing, bool by_hand)
{
	int code = is_empty(killing);

	if (code != 0)
		return code < 0 ? code : 0;
	if (mr_cgroup_walk(killing->directory, find_us, NULL) > 0)
		return -EDEADLK;
	if (!killing->unified || by_hand)
		return kill_by_hand(killing);
	code = kill_at_once(killing);
	if (code == 0 || code == -ENODEV)
		return 0;
	if (code == -ETIMEDOUT)
		return code;
	return kill_by_hand(killing); /* ENOENT: before 5.14; EOPNOTSUPP: of threads; or a file that we may not write to */
}

static int kill_group(const char *path, bool by_hand, struct maproot_error *err)
{
	struct killing killing = { .directory = -1, .deadline = now_ms() + PATIENCE_MS };
	mr_auto_fd int place = mr_cgroup_open(AT_FDCWD, path, &killing.unified);
	mr_auto_fd int directory = -1;
	int code;

	if (place == -ENOENT)
		return 0;
	if (place < 0)
		return mr_fail(err, -place, MAPROOT_STEP_CGROUP_KILL, path);
	directory = mr_raise_fd(openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	killing.directory = directory;
	code = directory < 0 ? directory : end_all(&killing, by_hand);
	if (code == -ENOENT || code == -ENODEV)
		return 0;
	if (code == -ESRCH)
		return mr_fail_pieces(err, ESRCH, MAPROOT_STEP_CGROUP_UNREACHABLE, "'", path,
				      "': it is of a pid namespace that is not seen from here, where it has no number", NULL);
	if (code == -EDEADLK)
		return mr_fail_pieces(err, EDEADLK, MAPROOT_STEP_CGROUP_UNREACHABLE, "'", path,
				      "': it is this process itself", NULL);
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_CGROUP_KILL, path) : 0;
}

int mr_cgroup_kill(const char *path, struct maproot_error *err)
{
	return kill_group(path, false, err);
}

int mr_cgroup_kill_by_hand(const char *path, struct maproot_error *err)
{
	return kill_group(path, true, err);
}
