/*
 * Carries out many small jobs in two processes side by side, and keeps what each of them found.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include "arena.h"
#include "inject.h"

#include <stddef.h>

#define SWEEP_TEXT 720

enum sweep_outcome {
	SWEEP_UNDONE,   /* the worker died */
	SWEEP_REPORTED, /* the run failed and said so */
	SWEEP_TOLERATED,
	SWEEP_MISSED, /* the point was not reached, several times over */
	SWEEP_BAD,
	SWEEP_OUTCOMES,
};

struct sweep_job {
	enum sweep_outcome outcome;
	double seconds;        /* how long what was left took to end */
	char text[SWEEP_TEXT]; /* what is wrong, or a note */
};

typedef enum sweep_outcome (*sweep_work)(void *arg, size_t index, struct sweep_job *job);

/* Returns the jobs (never freed), or ends the process. */
struct sweep_job *sweep_run(size_t count, sweep_work work, void *arg);

/* Prints what is bad or undone and a line of numbers. Returns how many of them there are. */
size_t sweep_report(const char *title, const struct sweep_job *jobs, size_t count);

/* All points of a few runs without any fault; ends the process where these are not flawless. */
void sweep_list(const struct inject_run *run, struct inject_list *list);

/* NULL where the payload ran in all that it was promised and the program ended as it ended; else
 * why not. */
const char *sweep_flaw(const struct inject_result *result);

/* Whether the payload ran in less than it was promised. One that was killed may have said nothing
 * yet. */
bool sweep_less(const struct inject_result *result);

/* Whether the diagnostics are one message that begins with the words of a step. */
bool sweep_names_step(const char *diagnostics);

/*
 * Starts a test of one mode: reads the arguments, makes the arena, prepares the run. Ends the
 * process with status 77 and a reason where the mode can't be run here.
 */
const struct arena_mode *sweep_begin(int argc, char **argv, enum arena_build build,
				     struct arena *arena, struct inject_run *run);

#endif
