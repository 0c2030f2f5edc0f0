/*
 * Making a plan, with what has to be read from the system for it.
 */
#include "run/prepare.h"

#include "base/error.h"
#include "base/io.h"
#include "system/facts.h"

#include <fcntl.h>

/* More than the own ids, which everybody may map. */
static bool wants_ranges(const struct maproot_identity *identity)
{
	return identity->subordinate || identity->users || identity->groups ||
	       identity->setgroups == MAPROOT_SETGROUPS_ALLOW ||
	       identity->supplementary == MAPROOT_GROUPS_DROP;
}

static int make_plan(const struct maproot_request *request, struct mr_facts *facts, struct mr_plan *ret_plan,
		     struct maproot_error *err)
{
	int code = 0;

	if (wants_ranges(&request->identity))
		code = mr_facts_read_may_map(facts, err);
	if (code == 0)
		code = mr_plan_make(request, facts, ret_plan, err);
	if (code == 0 && request->identity.subordinate) {
		code = maproot_subids_read(MAPROOT_USERS, facts->user, &ret_plan->users, err);
		if (code == 0)
			code = maproot_subids_read(MAPROOT_GROUPS, facts->user, &ret_plan->groups, err);
	}
	return code < 0 ? code : mr_plan_settle(request, facts, ret_plan, err);
}

/* A new user namespace is mapped through /proc/self, and the /proc of a joined mount namespace shows other processes. */
static int keep_proc(const struct mr_plan *plan, struct maproot_join *join, struct maproot_error *err)
{
	if (!mr_has(plan->joined, MAPROOT_NAMESPACE_MNT) ||
	    !mr_has(plan->namespaces, MAPROOT_NAMESPACE_USER))
		return 0;
	join->proc = mr_open("/proc", O_PATH | O_DIRECTORY, 0);
	return join->proc < 0 ? mr_fail(err, -join->proc, MAPROOT_STEP_OPEN, "/proc") : 0;
}

int mr_prepare(const struct maproot_request *request, struct mr_plan *ret_plan,
	       struct maproot_join *ret_join, struct maproot_error *err)
{
	const struct mr_join_wish wish = {
		.references = request->joins,
		.count = request->join_count,
		.order = request->join_order,
		.created = request->namespaces,
	};
	struct mr_facts facts;
	int code = mr_facts_read(&facts, err);

	if (code < 0)
		return code;
	code = mr_join_open(&wish, ret_join, err);
	if (code < 0)
		return code;
	facts.joined = ret_join->types & ~ret_join->same;
	facts.skipped = ret_join->same;
	facts.process = ret_join->process.pidfd >= 0 ? ret_join->process.pid : 0;
	ret_plan->joined = ret_plan->namespaces = 0;
	code = make_plan(request, &facts, ret_plan, err);
	if (code == 0)
		code = keep_proc(ret_plan, ret_join, err);
	if (code < 0)
		mr_join_done(ret_join);
	return code;
}

int maproot_describe(const struct maproot_request *request, void (*line)(void *arg, const char *text),
		     void *arg, struct maproot_error *err)
{
	struct maproot_join join;
	struct mr_plan plan;
	int code;

	mr_error_reset(err);
	code = mr_prepare(request, &plan, &join, err);
	if (code < 0)
		return code;
	mr_plan_describe(request, &plan, line, arg);
	mr_join_done(&join);
	return 0;
}
