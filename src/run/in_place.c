/*
 * Unsharing here. Maps that have to be written from outside are written by a short-lived copy of this process that
 * stays behind in the old user namespace.
 */
#include "run/in_place.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "run/start.h"
#include "system/caps.h"
#include "system/identity.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_mapped_from_outside(const struct mr_plan *plan)
{
	return plan->mapper == MR_MAPPER_PARENT || plan->mapper == MR_MAPPER_HELPERS;
}

/* Leaves somebody behind to write the maps. Its end sends no signal: the command is not to see one. */
static int leave_mapper(struct mr_start *start, pid_t *ret_pid, struct maproot_error *err)
{
	pid_t target = getpid();
	pid_t pid;
	int code = mr_open_gate(start, err);

	if (code < 0)
		return code;
	pid = mr_fork(0, NULL);
	if (pid < 0)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a process that writes the id maps");
	if (pid == 0)
		_exit(mr_serve_gate(start, target, &start->report->err) < 0 ? MAPROOT_EXIT_FAILURE : 0);
	*ret_pid = pid;
	return 0;
}

/* Its word counts more than ours: all that we saw was that nobody opened the gate. */
static int dismiss_mapper(struct mr_start *start, pid_t pid, int code, struct maproot_error *err,
			  const struct maproot_error *own)
{
	int status;

	mr_close_fd(&start->gate[0]);
	mr_close_fd(&start->gate[1]);
	while (pid > 0 && waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
		;
	if (start->report->err.code != 0)
		return mr_error_pass(err, &start->report->err);
	return code < 0 ? mr_error_pass(err, own) : 0;
}

static int enter(struct mr_start *start, pid_t *mapper, struct maproot_error *err)
{
	unsigned int flags = mr_plan_clone_flags(start->plan->namespaces);
	int code = is_mapped_from_outside(start->plan) ? leave_mapper(start, mapper, err) : 0;

	if (code < 0)
		return code;
	if (unshare((int)flags) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_CREATE, "in place");
	code = mr_child_take_place(start, err);
	if (code == 0 && start->plan->keep_capabilities)
		code = mr_caps_keep_over_exec(err);
	return code;
}

static int enter_alone(const struct mr_plan *plan, const struct maproot_join *join, bool visible,
		       struct maproot_error *err)
{
	struct mr_report report = { 0 };
	struct mr_start start = {
		.plan = plan,
		.join = join,
		.visible = visible,
		.gate = { -1, -1 },
		.lifeline = { -1, -1 },
		.arrival = { -1, -1 },
		.report = &report,
	};
	pid_t nobody;

	return enter(&start, &nobody, err);
}

static int enter_with_mapper(const struct mr_plan *plan, const struct maproot_join *join, bool visible,
			     struct maproot_error *err)
{
	struct maproot_error own = MAPROOT_ERROR_INIT;
	struct mr_start start = {
		.plan = plan,
		.join = join,
		.visible = visible,
		.gate = { -1, -1 },
		.lifeline = { -1, -1 },
		.arrival = { -1, -1 },
	};
	pid_t mapper = 0;
	int code;

	/* Seen by the mapper too, which is a copy. */
	start.report = mmap(NULL, sizeof(*start.report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	if (start.report == MAP_FAILED)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "memory for a report");
	code = enter(&start, &mapper, &own);
	code = dismiss_mapper(&start, mapper, code, err, &own);
	(void)munmap(start.report, sizeof(*start.report));
	return code;
}

/* From a directory that can't be reached any more there is no way back: then an error says what was entered. */
static bool is_lost(const struct maproot_error *err)
{
	return err->step == MAPROOT_STEP_OPEN && err->code == EACCES && strcmp(err->object, ".") == 0;
}

/* Where several are to be entered there is a way back to be remembered: one call for all is not for every kernel. */
static int join_here(const struct mr_plan *plan, const struct maproot_join *join, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	bool several = (plan->joined & (plan->joined - 1)) != 0;
	struct maproot_visit home;
	int code = several ? mr_home_open(plan->joined, &home, &why) : 0;

	if (code < 0 && !is_lost(&why))
		return mr_error_pass(err, &why);
	if (!several || code < 0)
		return mr_join_enter(join, plan->joined, NULL, err);
	code = mr_join_enter(join, plan->joined, &home, err);
	mr_home_close(&home);
	return code;
}

static int join_and_belong(const struct maproot_request *request, const struct mr_plan *plan,
			   const struct maproot_join *join, struct maproot_error *err)
{
	int code;

	if (plan->hide && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a process that can't be looked into");
	code = join_here(plan, join, err);
	if (code == 0 && mr_has(plan->joined, MAPROOT_NAMESPACE_USER))
		code = mr_identity_take_joined(&request->identity, err);
	return code;
}

int mr_enter_in_place(const struct maproot_request *request, const struct mr_plan *plan,
		      const struct maproot_join *join, struct maproot_error *err)
{
	bool visible = plan->hide && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
	int code = plan->joined ? join_and_belong(request, plan, join, err) : 0;

	if (code == 0 && plan->namespaces == 0 && plan->drop_groups)
		code = mr_identity_drop_groups(err);
	if (code < 0 || plan->namespaces == 0)
		return code;
	return is_mapped_from_outside(plan) ? enter_with_mapper(plan, join, visible, err) :
					      enter_alone(plan, join, visible, err);
}
