/*
 * Making a plan, with what has to be read from the system for it.
 */
#include "run/prepare.h"

#include "base/error.h"
#include "system/facts.h"

/* More than the own ids, which everybody may map. */
static bool wants_ranges(const struct maproot_identity *identity)
{
	return identity->subordinate || identity->users || identity->groups ||
	       identity->setgroups == MAPROOT_SETGROUPS_ALLOW ||
	       identity->supplementary == MAPROOT_GROUPS_DROP;
}

int mr_prepare(const struct maproot_request *request, struct mr_plan *ret_plan, struct maproot_error *err)
{
	struct mr_facts facts;
	int code = mr_facts_read(&facts, err);

	if (code == 0 && wants_ranges(&request->identity))
		code = mr_facts_read_may_map(&facts, err);
	if (code == 0)
		code = mr_plan_make(request, &facts, ret_plan, err);
	if (code == 0 && request->identity.subordinate) {
		code = maproot_subids_read(MAPROOT_USERS, facts.user, &ret_plan->users, err);
		if (code == 0)
			code = maproot_subids_read(MAPROOT_GROUPS, facts.user, &ret_plan->groups, err);
	}
	return code < 0 ? code : mr_plan_settle(request, &facts, ret_plan, err);
}

int maproot_describe(const struct maproot_request *request, void (*line)(void *arg, const char *text),
		     void *arg, struct maproot_error *err)
{
	struct mr_plan plan;
	int code;

	mr_error_reset(err);
	code = mr_prepare(request, &plan, err);
	if (code == 0)
		mr_plan_describe(request, &plan, line, arg);
	return code;
}
