/*
 * The end of a run: the command is waited for, and what was made around it goes, in reverse.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/stop_point.h"
#include "join/name.h"
#include "run/engine.h"
#include "run/supervise.h"
#include "run/undo.h"
#include "system/furniture.h"

#include <pthread.h>
#include <stdlib.h>

static void complain_of(void *arg, const struct maproot_error *err)
{
	const struct maproot_running *running = arg;

	if (running->complain)
		running->complain(running->complain_arg, err);
}

void mr_engine_take_down(struct maproot_running *running)
{
	struct maproot_name_record *record = &running->journal.record;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int code;

	mr_networks_end(&running->networks);
	mr_stop_point("helpers-ended");
	mr_cgroup_done(&running->cgroup);
	code = mr_undo_all(record, complain_of, running, NULL);
	mr_stop_point("undone");
	/* What is left stays written down, for maproot_gc(). */
	if (running->journal.kept)
		(void)(code < 0 ? mr_name_abandon(record, &err) : mr_name_release(record, &err));
	if (err.code != 0)
		complain_of(running, &err);
	mr_close_fd(&running->child.pidfd);
	free(running);
}

enum { OWN_FDS = 4 + MR_NETWORKS_MAX };

/* A pipe whose other end waits for its last writer must not wait for us. */
static void let_descriptors_go(struct maproot_running *running)
{
	const struct mr_networks *networks = &running->networks;
	int keep[OWN_FDS + MR_KEPT_FDS];
	size_t count = 0;

	mr_cgroup_done(&running->cgroup);
	for (size_t at = 0; at < running->keep_fd_count; at++)
		keep[count++] = running->keep_fds[at];
	keep[count++] = running->child.pidfd;
	if (running->journal.record.made_count > 0)
		keep[count++] = STDERR_FILENO;
	if (networks->prepared) {
		keep[count++] = networks->lifeline;
		keep[count++] = networks->helper.said;
		for (size_t at = 0; at < MR_NETWORKS_MAX; at++)
			keep[count++] = networks->peer[at];
	}
	(void)mr_descriptors_close_but(keep, count, NULL); /* what can't be closed stays */
}

int maproot_wait(struct maproot_running *running, int *ret_wait_status, struct maproot_error *err)
{
	int cancel_state;
	int status = 0;
	int code;

	mr_error_reset(err);
	/* A cancellation would leave everything as it is then. */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	if (running->stand_in) {
		let_descriptors_go(running);
		code = mr_supervise(&running->child, true, &status, err);
	} else {
		code = maproot_supervise(&running->child, &status, err);
	}
	mr_stop_point("waited");
	mr_engine_take_down(running);
	(void)pthread_setcancelstate(cancel_state, NULL);
	if (code == 0)
		*ret_wait_status = status;
	return code;
}
