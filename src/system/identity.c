/*
 * Ids of the calling process. The raw calls, because libc's change every thread of the process, and those of a
 * child that shares memory are somebody else's.
 */
#include "system/identity.h"

#include "base/error.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

int mr_identity_drop_groups(struct maproot_error *err)
{
	int left = getgroups(0, NULL);

	if (left > 0 && syscall(SYS_setgroups, 0, NULL) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_GROUPS, "none");
	if (left != 0)
		left = getgroups(0, NULL);
	if (left < 0)
		return mr_fail(err, errno, MAPROOT_STEP_GROUPS, "none");
	return left == 0 ? 0 : mr_fail(err, EPERM, MAPROOT_STEP_CHECK_GROUPS, "some are left");
}

static bool is_group(gid_t group)
{
	gid_t real;
	gid_t effective;
	gid_t saved;

	return getresgid(&real, &effective, &saved) == 0 && real == group && effective == group &&
	       saved == group;
}

static bool is_user(uid_t user)
{
	uid_t real;
	uid_t effective;
	uid_t saved;

	return getresuid(&real, &effective, &saved) == 0 && real == user && effective == user &&
	       saved == user;
}

int mr_identity_take(uid_t user, gid_t group, struct maproot_error *err)
{
	/* The group first: the right to change it may go with the user. */
	if (!is_group(group) && syscall(SYS_setresgid, group, group, group) < 0)
		return mr_fail_number(err, errno, MAPROOT_STEP_SET_GID, (long)group);
	if (!is_user(user) && syscall(SYS_setresuid, user, user, user) < 0)
		return mr_fail_number(err, errno, MAPROOT_STEP_SET_UID, (long)user);
	return 0;
}
