/*
 * A thread's visits: in, and out again in the opposite order.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "join/join.h"
#include "model/plan.h"

#include <errno.h>
#include <sched.h>

static _Thread_local unsigned int depth;
static _Thread_local bool failed;

bool mr_visit_failed(void)
{
	return failed;
}

static int refuse_failed(struct maproot_error *err)
{
	return mr_fail(err, ENOTRECOVERABLE, MAPROOT_STEP_RESTORE, "where it was before");
}

/* A way back that is lost is lost for good. */
static void note_failure(int code, const struct maproot_error *err)
{
	if (code < 0 && err->step == MAPROOT_STEP_RESTORE)
		failed = true;
}

static int enter_and_remember(const struct maproot_join *join, struct maproot_visit *home,
			      struct maproot_error *err)
{
	struct maproot_error own = MAPROOT_ERROR_INIT;
	int code = 0;

	mr_home_prune(home, join);
	/* Threads share root and working directory, and the kernel wants a mount namespace to have them alone. */
	if (mr_has(home->types, MAPROOT_NAMESPACE_MNT) && unshare(CLONE_FS) < 0)
		code = mr_fail(&own, errno, MAPROOT_STEP_PREPARE, "a working directory of this thread's own");
	if (code == 0)
		code = mr_join_enter(join, home->types, home, &own);
	note_failure(code, &own);
	return code < 0 ? mr_error_pass(err, &own) : 0;
}

int maproot_enter(const struct maproot_join *join, struct maproot_visit *ret_visit, struct maproot_error *err)
{
	struct maproot_visit home;
	int code;

	mr_error_reset(err);
	if (failed)
		return refuse_failed(err);
	if (mr_has(join->types, MAPROOT_NAMESPACE_USER) && mr_has(mr_join_pending(join), MAPROOT_NAMESPACE_USER))
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST,
			       "a user namespace can't be left again, so this thread can't visit one");
	code = mr_home_open(join->types, &home, err);
	if (code < 0)
		return code;
	code = enter_and_remember(join, &home, err);
	if (code < 0) {
		mr_home_close(&home);
		return code;
	}
	home.depth = ++depth;
	home.thread = &depth;
	*ret_visit = home;
	return 0;
}

int maproot_leave(struct maproot_visit *visit, struct maproot_error *err)
{
	struct maproot_error own = MAPROOT_ERROR_INIT;
	bool last = depth > 0 && visit->depth == depth && visit->thread == &depth;
	int code;

	mr_error_reset(err);
	if (!last && failed)
		return refuse_failed(err);
	if (!last)
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST,
			       "this is not the visit that this thread began last");
	code = failed ? refuse_failed(&own) : mr_home_return(visit, visit->types, &own);
	note_failure(code, &own);
	mr_home_close(visit);
	visit->depth = 0;
	depth--;
	return code < 0 ? mr_error_pass(err, &own) : 0;
}
