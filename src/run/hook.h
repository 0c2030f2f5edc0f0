/*
 * A hook: somebody else's part in starting a command. In the parent, in the caller's namespaces.
 */
#ifndef MR_RUN_HOOK_H
#define MR_RUN_HOOK_H

#include "system/signals.h"

#include <maproot/engine.h>

/* What a hook is told. */
struct mr_hook_facts {
	const char *which; /* "setup" */
	const char *id;
	pid_t pid;
	mr_signal_set heeds; /* see system/helper.h */
};

/* Calls or runs it and waits. 0, also for none; or -errno: step HOOK, names `which` and says what it said. */
int mr_hook_run(const struct maproot_hook *hook, const struct mr_hook_facts *facts, struct maproot_error *err);

#endif
