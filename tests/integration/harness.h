/*
 * What the integration tests have in common: the ways to run a command (bare, and wrapped by each kind of
 * start), Check's fixtures that hold after every test that no process and no mount is left, and the log
 * that tests/integration/actor.c writes.
 */
#ifndef MAPROOT_TEST_HARNESS_H
#define MAPROOT_TEST_HARNESS_H

#include "support.h"

#include <check.h>

/*
 * id, name, what stands between the program and the command. With a hook the child is held and becomes the command at once,
 * without this program in between. The last two join the user and mount namespace of somebody
 * who stays there, in this process, and the pid namespace too, in a child.
 */
#define HARNESS_MODES(X)                        \
	X(BARE, "bare", NULL)                   \
	X(PLAIN, "plain", NULL)                 \
	X(IN_PLACE, "--in-place", "--in-place") \
	X(PID, "--pid", "--pid")                \
	X(AROUND, "--setup", "--setup=:")       \
	X(JOIN, "--target", NULL)               \
	X(JOIN_PID, "--target with pid", NULL)

enum mode {
#define X(id, name, option) MODE_##id,
	HARNESS_MODES(X)
#undef X
		MODE_COUNT,
};

#define MODE_BIT(mode) (1u << (mode))

const char *mode_name(enum mode mode);

/* No process is between the caller and the command. */
bool mode_in_place(enum mode mode);

/* The argument vector that runs `argv` in this mode. */
const char *const *mode_wrap(enum mode mode, const char *const *argv);

/* mode_wrap() of up to six arguments, the first NULL ends them. */
const char *const *mode_words(enum mode mode, const char *a, const char *b, const char *c,
			      const char *d, const char *e, const char *f);

/* The installed programs. */
const char *harness_maproot(void);
const char *harness_actor(void);
const char *harness_probe(void);

/* A case with the fixtures and the time limit in seconds; added to the suite. */
TCase *harness_case(Suite *suite, const char *name, double seconds);

/* Sets everything up, runs the suite that `build` makes, and returns main()'s status. */
int harness_main(Suite *(*build)(void));

/* The path of a file of the user's own, new for this test. */
const char *harness_file(const char *name);

/* One line of an actor's log. */
struct signal_line {
	int number;
	int code;
	long long value;
	int sender;
};

/* Waits for "ready PID" in an actor's file and returns the pid as the actor sees itself. */
pid_t harness_wait_ready(const char *path, int ms);

/* Waits until the log holds `count` signals or `ms` are over; returns how many it has, filled up to `count`. */
size_t harness_read_log(const char *path, struct signal_line *lines, size_t count, int ms);

/* Tells `actor log FILE` to end. */
void harness_end_log(const char *path);

#endif
