/*
 * A process whose system calls are handed to the test before they are made, one after the other, those of its children
 * too: the one that is counted down to fails, or who makes it is killed there. seccomp_unotify(2), Linux 5.9.
 */
#ifndef MAPROOT_TEST_WATCHED_H
#define MAPROOT_TEST_WATCHED_H

#include "unit.h"

/* What the watched process does, and what it says about it in memory that both see. */
struct watched {
	int (*act)(struct watched *watched);        /* watched; result in `code` */
	void (*prepare)(struct watched *watched);   /* before; may be NULL */
	int (*again)(struct watched *watched);      /* afterwards, unhindered; result in `second`; may be NULL */
	void (*look)(struct watched *watched);      /* in the test, between the two; may be NULL */
	void (*interfere)(struct watched *watched); /* in the test, while the process waits for its call */
	void *object;                               /* the process's own */
	int code;
	int second;
	struct maproot_error err;
	uint64_t seen[4];        /* for `act` to tell `look` */
	int call;                /* the number of the one that failed, or was somebody's last */
	size_t descriptors_more; /* after `act`, than before it */
	volatile bool done;      /* `act` is over, but for what it has to tell */
	volatile int listener;
};

enum watched_action {
	WATCHED_FAIL,
	WATCHED_KILL_FIRST,  /* the watched process itself */
	WATCHED_KILL_CALLER, /* whoever makes the call: it, or a child of it */
	WATCHED_INTERFERE,   /* `interfere` before the call is made */
};

/* Memory for one; watched_done() gives it back. */
struct watched *watched_new(void);
void watched_done(struct watched *watched);

/*
 * Runs it, with `action` at call number `number`, from 1. `code` is the errno of WATCHED_FAIL. False: there were fewer
 * calls. Returns when all its processes have ended.
 */
bool watched_run(struct watched *watched, unsigned int number, enum watched_action action, int code);

/* Whether this kernel can do it. */
bool watched_can(void);

#endif
