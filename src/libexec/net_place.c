/*
 * At once where this process has rights in both user namespaces, its own and the one that owns the network: so it keeps those that
 * it needs for other namespaces. Else through the owner, where it has all rights if it has any.
 */
#include "libexec/net_place.h"

#include "base/cleanup.h"
#include "system/nsfs.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>

int mr_place_enter(int net, const char **ret_lacking)
{
	mr_auto_fd int owner = net < 0 ? -1 : mr_nsfs_owner(net);
	struct mr_nsfs_id own;
	int code = mr_nsfs_own_id(MAPROOT_NAMESPACE_USER, &own);

	*ret_lacking = NULL;
	if (net < 0 || setns(net, CLONE_NEWNET) == 0)
		return 0;
	if (owner == -EPERM)
		*ret_lacking = "any right in the user namespace that owns it, which is above or beside this one";
	if (owner < 0 || code < 0)
		return owner < 0 ? owner : code;
	if (!mr_nsfs_is(owner, own) && setns(owner, CLONE_NEWUSER) < 0) {
		*ret_lacking = "CAP_SYS_ADMIN in the user namespace that owns it";
		return -errno;
	}
	if (setns(net, CLONE_NEWNET) < 0) {
		*ret_lacking = "CAP_SYS_ADMIN";
		return -errno;
	}
	return 0;
}

bool mr_place_is_below(int net, int other)
{
	mr_auto_fd int user = mr_nsfs_owner(net);
	mr_auto_fd int above = mr_nsfs_owner(other);
	struct mr_nsfs_id id;

	if (user < 0 || above < 0 || mr_nsfs_id_of(above, &id) < 0 || mr_nsfs_is(user, id))
		return false;
	for (;;) {
		int parent = mr_nsfs_parent(user);

		mr_close_fd(&user);
		if (parent < 0)
			return false;
		user = parent;
		if (mr_nsfs_is(user, id))
			return true;
	}
}
