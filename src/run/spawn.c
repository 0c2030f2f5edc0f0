/*
 * Starting another program in new namespaces, from any thread of any program.
 */
#include "base/error.h"
#include "run/prepare.h"
#include "run/start.h"

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

int maproot_spawn(const struct maproot_request *request, char *const argv[], char *const envp[],
		  struct maproot_child *ret_child, struct maproot_error *err)
{
	struct mr_start child = { .request = request, .argv = argv };
	struct mr_plan plan;
	int cancel_state;
	int code;

	mr_error_reset(err);
	code = mr_prepare(request, &plan, err);
	if (code < 0)
		return code;
	if (request->in_place)
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST, "a spawn is never in place");
	child.plan = &plan;
	/* A cancellation that met the child would unwind this thread's stack in the wrong process. */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	code = start(&child, envp ? envp : environ, ret_child, err);
	(void)pthread_setcancelstate(cancel_state, NULL);
	if (code == 0)
		ret_child->pidfd = mr_open_pidfd(ret_child->pid);
	if (code == 0 && ret_child->pidfd < 0)
		ret_child->pidfd = -1;
	return code;
}
