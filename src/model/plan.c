/*
 * From a request to a plan. What the kernel would refuse for a reason that is plain from the request is
 * refused here, in words.
 */
#include "model/plan.h"

#include "base/error.h"
#include "model/attributes.h"

#include <errno.h>

#define BIT MAPROOT_NAMESPACE_BIT

static int refuse(struct maproot_error *err, const char *why)
{
	return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST, why);
}

unsigned int mr_plan_clone_flags(unsigned int namespaces)
{
	unsigned int flags = 0;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (mr_has(namespaces, type))
			flags |= maproot_namespace_flag(type);
	}
	return flags;
}

int mr_fail_created(int code, unsigned int namespaces, struct maproot_error *err)
{
	char names[MR_NAMES_SIZE];

	mr_plan_name_namespaces(namespaces, names);
	return mr_fail(err, code, MAPROOT_STEP_CREATE, names);
}

static bool asks_for_map(const struct maproot_identity *identity)
{
	return identity->own_user || identity->own_group || identity->users || identity->groups ||
	       identity->user != 0 || identity->group != 0 || identity->subordinate ||
	       identity->setgroups != MAPROOT_SETGROUPS_DEFAULT;
}

static bool wants_mounts(const struct maproot_request *request)
{
	return request->root || request->mount_count > 0 || mr_attributes_want_mounts(request->attributes) ||
	       request->propagation != MAPROOT_PROPAGATION_SLAVE;
}

static int check_mounts(const struct maproot_request *request, const struct mr_facts *facts,
			struct maproot_error *err)
{
	int code = 0;

	for (size_t at = 0; code == 0 && at < request->mount_count; at++) {
		code = mr_mount_check(&request->mounts[at], err);
		if (code == 0 && request->mounts[at].kind == MAPROOT_MOUNT_PROC &&
		    !mr_has(request->namespaces | facts->joined, MAPROOT_NAMESPACE_PID))
			return refuse(err, "mounting a new /proc needs a new pid namespace");
	}
	return code;
}

/* What names a namespace type without asking for a new one would change the host's, or nothing at all. */
static int check_needs(const struct maproot_request *request, const struct mr_facts *facts,
		       struct maproot_error *err)
{
	unsigned int wanted = request->namespaces;
	int code;

	if (request->as_pid_1 && !mr_has(wanted, MAPROOT_NAMESPACE_PID))
		return refuse(err, "being process 1 needs a new pid namespace");
	if (request->hostname && !mr_has(wanted, MAPROOT_NAMESPACE_UTS))
		return refuse(err, "setting the host name needs a new uts namespace");
	if (request->domainname && !mr_has(wanted, MAPROOT_NAMESPACE_UTS))
		return refuse(err, "setting the domain name needs a new uts namespace");
	if ((request->monotonic || request->boottime) && !mr_has(wanted, MAPROOT_NAMESPACE_TIME))
		return refuse(err, "clock offsets need a new time namespace");
	if (wanted & ~MAPROOT_NAMESPACE_ALL)
		return refuse(err, "unknown namespace type in the set");
	code = mr_attributes_check(request, wanted, err);
	return code < 0 ? code : check_mounts(request, facts, err);
}

/* What was joined is somebody's, and stays as it is. */
static int check_joined(const struct maproot_request *request, const struct mr_facts *facts,
			struct maproot_error *err)
{
	if (mr_has(facts->joined, MAPROOT_NAMESPACE_USER) && asks_for_map(&request->identity))
		return refuse(err, "a joined user namespace has its id maps already");
	if (mr_has(facts->joined, MAPROOT_NAMESPACE_MNT) && wants_mounts(request))
		return refuse(err, "root, mounts and propagation need a new mount namespace, not a joined one");
	if (request->identity.preserve && request->identity.supplementary == MAPROOT_GROUPS_DROP)
		return refuse(err, "groups can't be preserved and dropped at once");
	if (request->join_order && request->join_count == 0)
		return refuse(err, "an order of joining needs something to join");
	return 0;
}

static int check_in_place(const struct maproot_request *request, const struct mr_facts *facts,
			  struct maproot_error *err)
{
	if (!request->in_place)
		return 0;
	if (request->name)
		return refuse(err, "in place is impossible with a name: somebody has to keep it");
	if (mr_has(facts->joined, MAPROOT_NAMESPACE_PID))
		return refuse(err, "in place is impossible with a pid namespace joined: only children enter it");
	if (mr_has(request->namespaces, MAPROOT_NAMESPACE_PID))
		return refuse(err, "in place is impossible with a new pid namespace: only children enter it");
	if (mr_has(request->namespaces, MAPROOT_NAMESPACE_TIME))
		return refuse(err,
			      "in place is impossible with a new time namespace: only children enter it");
	if (request->child)
		return refuse(err, "in place and in a child exclude each other");
	return 0;
}

static int lay_maps(const struct maproot_identity *identity, const struct mr_facts *facts,
		    struct mr_plan *plan, struct maproot_error *err)
{
	int code = 0;

	if (identity->users)
		plan->users = *identity->users;
	if (identity->groups)
		plan->groups = *identity->groups;
	if (identity->own_user || !identity->users)
		code = maproot_idmap_add(
			&plan->users, (struct maproot_idmap_range){ identity->user, facts->user, 1 }, err);
	if (code == 0 && (identity->own_group || !identity->groups))
		code = maproot_idmap_add(
			&plan->groups, (struct maproot_idmap_range){ identity->group, facts->group, 1 },
			err);
	return code;
}

static enum mr_way choose_way(const struct maproot_request *request, const struct mr_plan *plan)
{
	if (request->child || request->name)
		return MR_WAY_CHILD;
	if (plan->namespaces == 0 && plan->joined == 0)
		return MR_WAY_HERE;
	/* Without a user namespace to make, unshare(2) here does it all, and no process stands between. */
	if (request->in_place ||
	    (!(plan->namespaces & (BIT(MAPROOT_NAMESPACE_USER) | MR_FOR_CHILDREN)) &&
	     !mr_has(plan->joined, MAPROOT_NAMESPACE_PID)))
		return MR_WAY_IN_PLACE;
	return MR_WAY_CHILD;
}

/* A plain caller becomes root of a new user namespace; whoever joins one need not, nor who has nothing to make. */
static bool needs_user_namespace(const struct maproot_request *request, const struct mr_facts *facts)
{
	if (asks_for_map(&request->identity))
		return true;
	if (facts->privileged || mr_has(facts->joined, MAPROOT_NAMESPACE_USER))
		return false;
	return request->join_count == 0 || request->namespaces != 0 || wants_mounts(request);
}

int mr_plan_make(const struct maproot_request *request, const struct mr_facts *facts,
		 struct mr_plan *ret_plan, struct maproot_error *err)
{
	int code = check_needs(request, facts, err);

	if (code == 0)
		code = check_joined(request, facts, err);
	if (code == 0)
		code = check_in_place(request, facts, err);
	if (code < 0)
		return code;

	ret_plan->joined = facts->joined;
	ret_plan->skipped = facts->skipped;
	ret_plan->process = facts->process;
	ret_plan->namespaces = request->namespaces;
	ret_plan->mapper = MR_MAPPER_NONE;
	ret_plan->users.count = 0;
	ret_plan->groups.count = 0;
	ret_plan->deny_setgroups = false;
	ret_plan->drop_groups = request->identity.supplementary == MAPROOT_GROUPS_DROP;
	ret_plan->take_ids = false;
	ret_plan->user = facts->user;
	ret_plan->group = facts->group;
	ret_plan->death_signal = request->death_signal;
	ret_plan->monotonic = request->monotonic;
	ret_plan->boottime = request->boottime;
	ret_plan->init = mr_has(request->namespaces, MAPROOT_NAMESPACE_PID) && !request->as_pid_1;
	if (needs_user_namespace(request, facts))
		ret_plan->namespaces |= BIT(MAPROOT_NAMESPACE_USER);
	if (!mr_has(facts->joined, MAPROOT_NAMESPACE_MNT) &&
	    (mr_has(ret_plan->namespaces, MAPROOT_NAMESPACE_USER) || wants_mounts(request)))
		ret_plan->namespaces |= BIT(MAPROOT_NAMESPACE_MNT);
	/* Privileged without a user namespace, a command under another id than 0 would lose all on exec. */
	ret_plan->keep_capabilities = facts->privileged && facts->user != 0 &&
				      !mr_has(facts->joined, MAPROOT_NAMESPACE_USER);
	ret_plan->hide = facts->joined != 0;
	ret_plan->way = choose_way(request, ret_plan);
	if (!mr_has(ret_plan->namespaces, MAPROOT_NAMESPACE_USER))
		return 0;
	return lay_maps(&request->identity, facts, ret_plan, err);
}

static bool is_own_entry(const struct maproot_idmap *map, uint32_t id)
{
	return map->count == 1 && map->range[0].outer == id && map->range[0].count == 1;
}

static int settle_mapper(const struct maproot_request *request, const struct mr_facts *facts,
			 struct mr_plan *plan, struct maproot_error *err)
{
	const struct maproot_identity *identity = &request->identity;
	bool own_group_alone = is_own_entry(&plan->groups, facts->group);
	bool single = own_group_alone && is_own_entry(&plan->users, facts->user);
	bool list = request->attributes && request->attributes->groups && request->attributes->group_count > 0;
	bool allow = identity->setgroups == MAPROOT_SETGROUPS_ALLOW ||
		     (identity->setgroups == MAPROOT_SETGROUPS_DEFAULT && (plan->drop_groups || list));

	/* newgidmap(1) denies it too for the own group alone. Who may map any group need not. */
	if ((own_group_alone && !facts->may_map) || (single && !allow)) {
		if (identity->setgroups == MAPROOT_SETGROUPS_ALLOW)
			return refuse(err, "setgroups can't be allowed with a map of the own group alone: "
					   "the kernel wants it denied (use subordinate ids)");
		if (plan->drop_groups)
			return refuse(err, "supplementary groups can't be dropped with a map of the own group "
					   "alone: setgroups is denied there (use subordinate ids)");
		if (list)
			return refuse(err, "supplementary groups can't be set with a map of the own group alone: setgroups is "
					   "denied there (use subordinate ids)");
		plan->mapper = single ? MR_MAPPER_SELF : MR_MAPPER_HELPERS;
		plan->deny_setgroups = true;
		return 0;
	}
	plan->mapper = facts->may_map ? MR_MAPPER_PARENT : MR_MAPPER_HELPERS;
	plan->deny_setgroups = identity->setgroups == MAPROOT_SETGROUPS_DENY;
	if (plan->deny_setgroups && (plan->drop_groups || list))
		return refuse(err, plan->drop_groups ? "supplementary groups can't be dropped where setgroups is denied" :
						       "supplementary groups can't be set where setgroups is denied");
	return 0;
}

/* The id that the command gets: the one asked for, else root, else the own id where it is mapped. */
static int choose_id(const struct maproot_idmap *map, bool asked, uint32_t wanted, uint32_t own,
		     uint32_t *ret_id)
{
	uint32_t outer;

	if (asked)
		*ret_id = wanted;
	else if (maproot_idmap_to_outer(map, 0, &outer))
		*ret_id = 0;
	else if (!maproot_idmap_to_inner(map, own, ret_id))
		return -EINVAL;
	return 0;
}

int mr_plan_settle(const struct maproot_request *request, const struct mr_facts *facts,
		   struct mr_plan *plan, struct maproot_error *err)
{
	const struct maproot_identity *identity = &request->identity;
	int code;

	if (!mr_has(plan->namespaces, MAPROOT_NAMESPACE_USER))
		return 0;
	code = settle_mapper(request, facts, plan, err);
	if (code < 0)
		return code;
	if (choose_id(&plan->users, identity->own_user || !identity->users, identity->user, facts->user,
		      &plan->user) < 0)
		return mr_fail(err, EINVAL, MAPROOT_STEP_CHECK_MAP,
			       "the user map has neither inner id 0 nor the own user, nobody could run the command");
	if (choose_id(&plan->groups, identity->own_group || !identity->groups, identity->group,
		      facts->group, &plan->group) < 0)
		return mr_fail(err, EINVAL, MAPROOT_STEP_CHECK_MAP,
			       "the group map has neither inner id 0 nor the own group, nobody could run the command");
	plan->take_ids = true;
	plan->keep_capabilities = plan->user != 0;
	return 0;
}
