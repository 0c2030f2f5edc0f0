/*
 * Starting a child as a plan says: the parent's side of child.c.
 */
#ifndef MR_RUN_START_H
#define MR_RUN_START_H

#include "run/child.h"

enum { MR_START_CAME_BACK = 1 };

/*
 * Starts it, and returns when it executes what `start` says. A child that comes back returns from here too, with
 * MR_START_CAME_BACK or a failure of its own. The caller fills request, plan, argv, envp, reexec
 * and subreaper, signals and pending; all signals are blocked in the calling thread meanwhile. On failure no process is
 * left, and the error is that of whoever failed first. The pidfd of the child is not opened here.
 */
int mr_start_child(struct mr_start *start, struct maproot_child *ret_child, struct maproot_error *err);

/* The process is dead when this returns, and reaped. Nothing for pid 0. */
void mr_end_process(pid_t pid);

/*
 * The environment for a child: LISTEN_PID, where it names this process, and the marker, where one is wanted,
 * are buffers that the child fills (start->listen_pid, start->marker). Sets start->envp; what is to be freed
 * after the start is `*ret_block` (NULL: `envp` itself is good).
 */
int mr_start_environment(struct mr_start *start, char *const envp[], bool marker, void **ret_block,
			 struct maproot_error *err);

/*
 * At the gate, one turn of each side: the process behind it says that it stands unmapped, we map it, it goes on;
 * returns when it has executed, failed or left the gate. The process's own failures are in its report.
 */
int mr_serve_gate(struct mr_start *start, pid_t pid, struct maproot_error *err);

/* For serving a process that is not our child. */
int mr_open_gate(struct mr_start *start, struct maproot_error *err);

#endif
