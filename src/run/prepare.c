/*
 * Making a plan, with what has to be read from the system for it.
 */
#include "run/prepare.h"

#include "base/error.h"
#include "base/io.h"
#include "model/network.h"
#include "system/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

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

/* A request that is malformed is told so later. */
static __attribute__((noinline)) bool network_needs_others(const struct maproot_network *wish)
{
	struct mr_network_plan network;

	return mr_network_plan_make(wish, &network, NULL) == 0 && network.outside;
}

/* What the network adds to the request: a new namespace, or one more to join. */
struct addition {
	struct maproot_request request;
	const char **joins; /* owned; NULL: the request's own */
	char *reference;    /* owned */
};

static void drop_addition(struct addition *addition)
{
	free(addition->joins);
	free(addition->reference);
}

static int add_join(const char *reference, struct addition *addition, struct maproot_error *err)
{
	size_t count = addition->request.join_count;

	addition->joins = malloc((count + 1) * sizeof(*addition->joins));
	if (!addition->joins || asprintf(&addition->reference, "net=%s", reference) < 0) {
		addition->reference = NULL;
		return mr_fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "the references");
	}
	for (size_t at = 0; at < count; at++)
		addition->joins[at] = addition->request.joins[at];
	addition->joins[count] = addition->reference;
	addition->request.joins = addition->joins;
	addition->request.join_count = count + 1;
	return 0;
}

/* Kept out of its caller: what is read here is large, and plain runs have none of it. */
static __attribute__((noinline)) int add_network(struct addition *addition, struct maproot_error *err)
{
	struct mr_network_plan network;
	int code = mr_network_plan_make(addition->request.network, &network, err);

	if (code < 0)
		return code;
	if (network.internet) /* resolv.conf of its own, which must not be put over the caller's */
		addition->request.namespaces |= MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_MNT);
	if (network.internet && addition->request.propagation == MAPROOT_PROPAGATION_UNCHANGED)
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST,
			       "name servers of its own need mounts that don't travel: not with unchanged propagation");
	if (network.creates)
		addition->request.namespaces |= MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_NET);
	return network.reference ? add_join(network.reference, addition, err) : 0;
}

static int open_and_plan(const struct maproot_request *request, struct mr_plan *ret_plan,
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
	ret_plan->reference = NULL;
	code = make_plan(request, &facts, ret_plan, err);
	if (code == 0)
		code = keep_proc(ret_plan, ret_join, err);
	if (code < 0)
		mr_join_done(ret_join);
	return code;
}

int mr_prepare(const struct maproot_request *request, struct mr_plan *ret_plan,
	       struct maproot_join *ret_join, struct maproot_error *err)
{
	struct addition addition = { .joins = NULL };
	int code;

	if (!request->network)
		return open_and_plan(request, ret_plan, ret_join, err);
	addition.request = *request;
	code = add_network(&addition, err);
	if (code == 0)
		code = open_and_plan(&addition.request, ret_plan, ret_join, err);
	if (code == 0) {
		ret_plan->reference = addition.reference; /* which the join points to */
		addition.reference = NULL;
	}
	drop_addition(&addition);
	return code;
}

void mr_prepare_done(struct mr_plan *plan, struct maproot_join *join)
{
	mr_join_done(join);
	free(plan->reference);
	plan->reference = NULL;
}

int mr_prepare_alone(const struct maproot_request *request, struct mr_plan *ret_plan,
		     struct maproot_join *ret_join, struct maproot_error *err)
{
	if (request->cgroup)
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST,
			       "a control group needs somebody who removes it (see maproot_start)");
	if (request->network && network_needs_others(request->network))
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST,
			       "this network needs somebody who takes it down (see maproot_start)");
	return mr_prepare(request, ret_plan, ret_join, err);
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
	mr_prepare_done(&plan, &join);
	return 0;
}
