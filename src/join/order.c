/*
 * The order of joining one by one. Each setns(2) asks for rights over the namespace's owner, and for rights where the
 * caller is; entering a user namespace changes both. So what the new user namespace owns, itself or through one below
 * it, comes after it; everything else before, with the rights of now. Nothing is tried out: the owners are asked.
 */
#include "base/cleanup.h"
#include "join/join.h"
#include "model/plan.h"

/* No rights depend on these; but mnt is last, as the others' files are below the /proc of now. */
static const enum maproot_namespace usual_order[] = {
	MAPROOT_NAMESPACE_CGROUP,
	MAPROOT_NAMESPACE_IPC,
	MAPROOT_NAMESPACE_NET,
	MAPROOT_NAMESPACE_PID,
	MAPROOT_NAMESPACE_TIME,
	MAPROOT_NAMESPACE_UTS,
	MAPROOT_NAMESPACE_MNT,
};

enum { USUAL = sizeof(usual_order) / sizeof(usual_order[0]) };

bool mr_join_is_owned_below(int fd, struct mr_nsfs_id user)
{
	int owner = mr_nsfs_owner(fd);

	/* An owner that is not at or below our own user namespace is not told, and not below `user` either. */
	while (owner >= 0 && !mr_nsfs_is(owner, user)) {
		int parent = mr_nsfs_parent(owner);

		mr_close_fd(&owner);
		owner = parent;
	}
	if (owner < 0)
		return false;
	mr_close_fd(&owner);
	return true;
}

void mr_join_sequence(const struct maproot_join *join, unsigned int types, struct mr_sequence *ret_sequence)
{
	bool user = mr_has(types, MAPROOT_NAMESPACE_USER);
	unsigned int after = 0;

	ret_sequence->count = 0;
	for (size_t at = 0; at < join->order.count; at++) {
		if (mr_has(types, join->order.type[at]))
			ret_sequence->type[ret_sequence->count++] = join->order.type[at];
	}
	if (join->order.count > 0)
		return;
	for (size_t at = 0; at < USUAL; at++) {
		enum maproot_namespace type = usual_order[at];

		if (!mr_has(types, type))
			continue;
		if (user && mr_join_is_owned_below(join->target[type].fd, join->target[MAPROOT_NAMESPACE_USER].id))
			after |= MAPROOT_NAMESPACE_BIT(type);
		else
			ret_sequence->type[ret_sequence->count++] = type;
	}
	if (user)
		ret_sequence->type[ret_sequence->count++] = MAPROOT_NAMESPACE_USER;
	for (size_t at = 0; at < USUAL; at++) {
		if (mr_has(after, usual_order[at]))
			ret_sequence->type[ret_sequence->count++] = usual_order[at];
	}
}
