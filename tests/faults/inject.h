/*
 * Runs a program under ptrace and does one thing to one of its system calls: makes it fail, makes
 * it lie, or kills a process of the run there. Knows nothing of maproot: a run is a program, the
 * processes that descend from it, and a payload whose own calls are nobody's business.
 *
 * A call is addressed by the process that makes it and its number there, not by a number over the
 * whole run: two processes that run side by side interleave differently each time, one process does
 * not.
 */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* "0" is the program, "0.1" its first child, "0.1.2" the second child of that. */
#define INJECT_PATH 24

enum inject_image {
	INJECT_PROGRAM, /* the program itself, also when it executed itself again */
	INJECT_HELPER,  /* some other program */
	INJECT_PAYLOAD,
};

struct inject_point {
	char path[INJECT_PATH];
	unsigned int sequence; /* of the process, from 1 */
	unsigned int children; /* that the process has had by then */
	int number;            /* of the call */
	enum inject_image image;
	uint64_t argument[6];
	char detail[120]; /* what it is about: a path, a descriptor's file, an option */
};

struct inject_list {
	struct inject_point *point;
	size_t count;
	size_t room;
};

enum inject_action {
	INJECT_NOTHING,
	INJECT_FAIL,  /* the call is not made and answers -code */
	INJECT_SHORT, /* the call is not made and answers one less than its length */
	INJECT_TRIM,  /* the call is made with a length one less */
	INJECT_KILL,  /* SIGKILL to `victim` at the call's entry; the caller goes on once that is
			 dead */
};

struct inject_run {
	/* the program */
	char *const *argv;
	char *const *envp;
	const char *directory;
	bool drop; /* become uid and gid, no other groups */
	uid_t uid;
	gid_t gid;
	const char *payload; /* path; known again by its inode */
	bool marked;         /* counts from prctl(INJECT_MARK, 1) to one with 0 */
	bool helpers;        /* count the calls of helpers, too */
	bool gate;           /* stdin is a pipe, written once the payload runs and all is quiet */

	/* what is done to it */
	enum inject_action action;
	const struct inject_point *at;
	int code;
	const char *victim; /* path of a process */

	struct inject_list *list; /* NULL, or where all points are added that are not there yet */
};

struct inject_result {
	bool hit;
	struct inject_point point; /* the call that was hit */
	bool victim_missing;       /* the process to kill did not live at that point */
	bool ended;                /* the program ended in time */
	int status;                /* of the program, as waitpid(2) */
	bool payload_started;
	bool payload_survived;   /* it ended by itself although the program was dead */
	unsigned int processes;  /* ever alive */
	unsigned int survivors;  /* alive when the time was over; killed then */
	double seconds;          /* from the start to the end of the program */
	double leftover_seconds; /* from there (or the kill) to the end of the last process */
	char output[2048];
	char diagnostics[4096];
};

/* Time limits of a run: the end of the program, and of everything after that. */
#define INJECT_LIMIT          10.0
#define INJECT_LEFTOVER_LIMIT 2.0

/* A call that no kernel knows, so that a traced program can say "from here" and "to here". */
#define INJECT_MARK 0x6d726d6b

/* Carries a run out. Returns 0, or -errno where it could not be made at all. Single-threaded
 * callers. */
int inject_run(const struct inject_run *run, struct inject_result *ret_result);

/* "openat"; "call-N" for a number without a name. */
const char *inject_call_name(int number);

/* One line for a point: process, sequence, call, what it is about. */
size_t inject_point_format(const struct inject_point *point, char *buffer, size_t size);

void inject_list_done(struct inject_list *list);

#endif
