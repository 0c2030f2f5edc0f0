/*
 * What happens between clone and exec. See child.c for the order and its reasons.
 */
#ifndef MR_RUN_CHILD_H
#define MR_RUN_CHILD_H

#include "join/join.h"
#include "model/plan.h"
#include "run/marker.h"
#include "system/cgroup.h"
#include "system/signals.h"
#include "system/timers.h"

/* How the child tells the parent what became of it: in memory that both see. */
struct mr_report {
	struct maproot_error err;
	int clocks;                  /* open in the child that sets them; or -1 */
	bool arrived;                /* from here on what kills the child kills the command */
	mr_signal_set group_signals; /* of the terminal, for the command's process */
	pid_t init;                  /* the two processes that a child of ours made beside itself, in our pid namespace */
	pid_t command;
};

/* What is done from outside while the child is held at the gate: the parent's, in the parent. */
struct mr_held {
	int (*reached)(void *arg, pid_t pid, struct maproot_error *err); /* its namespaces are there */
	int (*mapped)(void *arg, pid_t pid, struct maproot_error *err);  /* its id maps are */
	void *arg;
};

/* Everything that the child needs, laid out by the parent beforehand: it allocates nothing itself. */
struct mr_start {
	const struct maproot_request *request;
	const struct mr_plan *plan;
	const struct maproot_join *join;
	const struct mr_held *held;     /* NULL: nothing */
	const struct mr_cgroup *cgroup; /* to start in; NULL: the caller's */
	bool in_cgroup;                 /* it did; else it has to be moved while it is held */
	const char *resolv_conf;        /* text of its own; NULL: as it is */
	char *const *argv;
	char *const *envp;
	bool reexec;     /* this program again, instead of the command */
	bool comes_back; /* a copy of this process, which goes on as such, instead of the command */
	bool aside;      /* the command's process is not the first child, but made by it */
	bool shares;     /* the children share this process's memory, until they execute */
	bool stands_in;  /* this process is there for the command alone: what is pending here is the command's */
	bool subreaper;
	bool visible; /* it will be hidden, and was not before */
	pid_t parent;
	char *stack_top;                /* of MR_SMALL_STACK_SIZE bytes, enough to re-execute; NULL: to be made */
	char *aside_stack_top;          /* of MR_STACK_SIZE bytes, for the command's process; NULL: it gets a copy */
	struct mr_signal_state signals; /* as the command shall have them */
	struct mr_signal_queue pending;
	struct mr_timers timers;
	int gate[2];      /* a socket pair, the parent's end first; -1: nothing to wait for */
	int lifeline[2];  /* readable once the parent is dead, and a pipe's other end; or -1 */
	int arrival[2];   /* a pipe: its second end goes when a child that comes back has entered everything; or -1 */
	int leaving;      /* see system/leaving.h; 0: nobody waits for that */
	char *listen_pid; /* buffers inside envp that take what only the child knows; or NULL */
	char *marker;
	struct mr_report *report;
};

enum {
	MR_LISTEN_PID_SIZE = 32,
	MR_SMALL_STACK_SIZE = 32 * 1024,
	MR_STACK_SIZE = 128 * 1024, /* for furnishing: several paths at once are the largest things on it */
};

/* The body of the child, for clone(2). `start` is a struct mr_start. Returns the exit status of one that failed. */
int mr_child_main(void *start);

/* The same for a child that comes back. 0, or -errno in the process that goes on; one that doesn't go on ends here. */
int mr_child_come_back(const struct mr_start *start, struct maproot_error *err);

/* The part of it that gives this process its place in the new user namespace: maps, groups, ids. 0 or -errno. */
int mr_child_take_place(const struct mr_start *start, struct maproot_error *err);

/* As fork(2), and beside the caller with CLONE_PARENT; no handlers of libc's run. `ret_pid` may be NULL. */
pid_t mr_fork(unsigned long flags, pid_t *ret_pid);

#endif
