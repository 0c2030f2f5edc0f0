/*
 * The place in which the sweeps run: temporary directories of the test's own that hold nothing but
 * copies of the programs, and the test user, so that what a run leaves behind is seen.
 */
#ifndef ARENA_H
#define ARENA_H

#include "inject.h"

#include <stdbool.h>
#include <sys/types.h>

#define ARENA_STATUS 42 /* what the payload exits with */

/* Which build of the wrapper and of the program that uses the library. */
enum arena_build {
	ARENA_PLAIN,    /* $MAPROOT, where its calls can be told from its C library's; else our own
			   marked build */
	ARENA_ALLOCATE, /* linked with allocate.c */
};

struct arena {
	const char *program;
	const char *payload;
	const char *root; /* a directory to be the root of runs, with the payload in it */
	const char *root_payload;
	const char *host; /* the program that starts children through the library */
	bool marked;      /* the program says itself where it begins, see inject_run */
	bool privileged;  /* the test user is one of our own, with subordinate ids */
	uid_t uid;
	gid_t gid;
	char namespace[8][32]; /* ours, user and mnt first; "" where the kernel has not all */
	char maps[2][2]
		 [96]; /* as the payload wants them: [single, with subordinates][users, groups] */
	char *mounts;  /* mountinfo as it was */
};

/* One way to use the wrapper. */
struct arena_mode {
	const char *name;
	bool host; /* through the library */
	bool in_place;
	bool auto_map; /* needs subordinate ids, and a tracer that leaves set-uid alone */
	const char *options[8];
	const char *death_signal;
	const char *pid;
	bool all;         /* every namespace is new, not just user and mnt */
	bool root;        /* in a root directory of its own */
	const char *join; /* what comes before the pid of a container that is joined */
};

/* Makes the place. Ends the process with a message where that fails. */
void arena_enter(struct arena *arena, enum arena_build build);

/* Counts what is in the user's places and in mountinfo and was not there; prints each. */
int arena_leftovers(const struct arena *arena);

const struct arena_mode *arena_find_mode(const char *name);

/* Fills argv, envp and the ids of a run; the strings live as long as the process. */
void arena_prepare(const struct arena *arena, const struct arena_mode *mode,
		   struct inject_run *run);

#endif
