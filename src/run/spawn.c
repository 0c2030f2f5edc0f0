/*
 * Starting another program in new namespaces, from any thread of any program.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "run/prepare.h"
#include "run/spawn.h"
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
	int mask_code = start->stands_in ? 0 : mr_signals_mask(start->signals.mask, NULL);

	if (code == 0 && mask_code < 0) {
		mr_end_process(child.pid);
		mr_end_process(child.init);
		code = mr_fail(err, -mask_code, MAPROOT_STEP_SIGNALS, "restore the signal mask");
	}
	if (code == 0)
		*ret_child = child;
	return code;
}

static int hold_signals(struct mr_start *start, struct maproot_error *err)
{
	int ignored = mr_signals_child_ignored();
	int code;

	if (ignored < 0)
		return mr_fail(err, -ignored, MAPROOT_STEP_SIGNALS, "read the action of SIGCHLD");
	start->signals.child_ignored = ignored == 1;
	code = mr_signals_mask(MR_SIGNALS_ALL, &start->signals.mask);
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_SIGNALS, "block the signals") : 0;
}

static int start(struct mr_start *start, char *const envp[], struct maproot_child *ret_child,
		 struct maproot_error *err)
{
	void *block;
	int code = mr_start_environment(start, envp, false, &block, err);

	if (code < 0)
		return code;
	if (!start->stands_in)
		code = hold_signals(start, err);
	if (code == 0)
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

int mr_spawn(struct mr_start *child, char *const envp[], struct maproot_child *ret_child, struct maproot_error *err)
{
	int cancel_state;
	int code;

	/* A cancellation that met the child would unwind this thread's stack in the wrong process. */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	code = start_guarded(child, envp ? envp : environ, ret_child, err);
	(void)pthread_setcancelstate(cancel_state, NULL);
	if (code < 0)
		return code;
	ret_child->pidfd = mr_pidfd_open(ret_child->pid);
	if (ret_child->pidfd < 0)
		ret_child->pidfd = -1;
	return 0;
}

/* What is to be taken down again needs somebody who stays. */
static int check_request(const struct maproot_request *request, struct maproot_error *err)
{
	const char *why = NULL;

	if (request->in_place)
		why = "a spawn is never in place";
	else if (request->name)
		why = "a spawn keeps no name: somebody has to wait for its end (see maproot_name_claim)";
	return why ? mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST, why) : 0;
}

int maproot_spawn(const struct maproot_request *request, char *const argv[], char *const envp[],
		  struct maproot_child *ret_child, struct maproot_error *err)
{
	struct mr_start child = { .request = request, .argv = argv };
	struct maproot_join join;
	struct mr_plan plan;
	int code;

	mr_error_reset(err);
	code = check_request(request, err);
	if (code != 0)
		return code;
	code = mr_prepare_alone(request, &plan, &join, err);
	if (code != 0)
		return code;
	child.plan = &plan;
	child.join = &join;
	code = mr_spawn(&child, envp, ret_child, err);
	mr_prepare_done(&plan, &join);
	return code;
}
