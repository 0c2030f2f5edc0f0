/*
 * A run: what there is of it, from its first step to its last.
 */
#ifndef MR_RUN_ENGINE_H
#define MR_RUN_ENGINE_H

#include "run/journal.h"
#include "run/network.h"
#include "system/cgroup.h"

#include <maproot/engine.h>

enum { MR_KEPT_FDS = 32 };

struct maproot_running {
	struct maproot_child child;
	struct mr_journal journal;
	struct mr_cgroup cgroup;
	struct mr_networks networks;
	bool stand_in;
	const int *keep_fds;
	size_t keep_fd_count;
	void (*complain)(void *arg, const struct maproot_error *err);
	void *complain_arg;
};

/* Undoes what was made, in reverse, and frees it. Its processes have ended, but for those that escaped into the group. */
void mr_engine_take_down(struct maproot_running *running);

#endif
