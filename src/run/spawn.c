/*
 * Starting another program in new namespaces, from any thread of any program.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "run/prepare.h"
#include "run/start.h"
#include "system/dumpable.h"
#include "system/leaving.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static int start_masked(struct mr_start *start, struct maproot_child *ret_child, struct maproot_error *err)
{
	struct maproot_child child = { .pid = 0 };
	int code = mr_start_child(start, &child, err);
	int mask_code = mr_signals_mask(start->signals.mask, NULL);

	if (code == 0 && mask_code < 0) {
		mr_end_process(child.pid);
		mr_end_process(child.init);
		code = mr_fail(err, -mask_code, MAPROOT_STEP_SIGNALS, "restore the signal mask");
	}
	if (code == 0)
		*ret_child = child;
	return code;
}

static int start(struct mr_start *start, char *const envp[], struct maproot_child *ret_child,
		 struct maproot_error *err)
{
	void *block;
	int ignored = mr_signals_child_ignored();
	int code;

	if (ignored < 0)
		return mr_fail(err, -ignored, MAPROOT_STEP_SIGNALS, "read the action of SIGCHLD");
	code = mr_start_environment(start, envp, false, &block, err);
	if (code < 0)
		return code;
	start->signals.child_ignored = ignored == 1;
	code = mr_signals_mask(MR_SIGNALS_ALL, &start->signals.mask);
	if (code < 0)
		code = mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "block the signals");
	else
		code = start_masked(start, ret_child, err);
	free(block);
	return code;
}

/*
 * Hidden as long as a child that has joined somebody else's namespaces is in our memory; a little longer than it holds
 * us. Where that can't be waited for, it is killed: better without it than open.
 */
static int start_hidden(struct mr_start *child, char *const envp[], struct maproot_child *ret_child,
			struct maproot_error *err)
{
	mr_auto_fd int leaving = mr_leaving_open();
	struct maproot_child started = { .pid = 0 };
	int code;

	if (leaving < 0)
		return mr_fail(err, -leaving, MAPROOT_STEP_PREPARE, "a sign that the child has left");
	child->leaving = leaving;
	code = start(child, envp, &started, err);
	if (code < 0)
		return code;
	code = mr_leaving_await(leaving);
	if (code < 0) {
		mr_end_process(started.pid);
		mr_end_process(started.init);
		return mr_fail(err, -code, MAPROOT_STEP_PREPARE, "a sign that the child has left");
	}
	*ret_child = started;
	return 0;
}

/* What a child in our memory does to being dumpable, it does to us. */
static int start_guarded(struct mr_start *child, char *const envp[], struct maproot_child *ret_child,
			 struct maproot_error *err)
{
	const struct maproot_identity *identity = &child->request->identity;
	bool changes = child->plan->hide || child->plan->mapper == MR_MAPPER_PARENT ||
		       child->plan->mapper == MR_MAPPER_HELPERS || identity->set_user ||
		       identity->set_group;
	int former = mr_dumpable_hold(changes);
	int code = child->plan->hide ? start_hidden(child, envp, ret_child, err) : start(child, envp, ret_child, err);

	mr_dumpable_release(changes, former);
	return code;
}

int maproot_spawn(const struct maproot_request *request, char *const argv[], char *const envp[],
		  struct maproot_child *ret_child, struct maproot_error *err)
{
	struct mr_start child = { .request = request, .argv = argv };
	struct maproot_join join;
	struct mr_plan plan;
	int cancel_state;
	int code;

	mr_error_reset(err);
	if (request->in_place)
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST, "a spawn is never in place");
	if (request->name)
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST,
			       "a spawn keeps no name: somebody has to wait for its end (see maproot_name_claim)");
	code = mr_prepare(request, &plan, &join, err);
	if (code < 0)
		return code;
	child.plan = &plan;
	child.join = &join;
	/* A cancellation that met the child would unwind this thread's stack in the wrong process. */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	code = start_guarded(&child, envp ? envp : environ, ret_child, err);
	(void)pthread_setcancelstate(cancel_state, NULL);
	mr_join_done(&join);
	if (code == 0)
		ret_child->pidfd = mr_pidfd_open(ret_child->pid);
	if (code == 0 && ret_child->pidfd < 0)
		ret_child->pidfd = -1;
	return code;
}
