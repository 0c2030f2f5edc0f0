/*
 * Starting a child from any thread of any program: what a host shares with a child is guarded meanwhile.
 */
#ifndef MR_RUN_SPAWN_H
#define MR_RUN_SPAWN_H

#include "run/start.h"

/* As mr_start_child(), with signals, being dumpable and cancellation seen to. `envp` NULL: environ. Opens the pidfd. */
int mr_spawn(struct mr_start *child, char *const envp[], struct maproot_child *ret_child, struct maproot_error *err);

#endif
