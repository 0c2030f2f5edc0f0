/*
 * Ids of the calling process. The raw calls, because libc's change every thread of the process, and those of a
 * child that shares memory are somebody else's.
 */
#include "system/identity.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
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

/* The first of them, as many as an error has room for. */
static int fail_groups(struct maproot_error *err, int code, const gid_t *groups, size_t count)
{
	char words[160];
	struct mr_text text = mr_text_in(words, sizeof(words));

	for (size_t at = 0; at < count; at++) {
		mr_text_add(&text, at > 0 ? ", " : "");
		mr_text_add_number(&text, groups[at]);
	}
	return mr_fail(err, code, MAPROOT_STEP_GROUPS, words);
}

int mr_identity_set_groups(const gid_t *groups, size_t count, struct maproot_error *err)
{
	if (count == 0)
		return mr_identity_drop_groups(err);
	if (syscall(SYS_setgroups, count, groups) < 0)
		return fail_groups(err, errno, groups, count);
	return getgroups(0, NULL) == (int)count ? 0 : mr_fail(err, EPERM, MAPROOT_STEP_CHECK_GROUPS, "others are there");
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

/* Where nothing is said, what can be dropped is: groups of outside mean other groups inside, or nothing. */
static int drop_joined_groups(enum maproot_groups wanted, struct maproot_error *err)
{
	if (wanted == MAPROOT_GROUPS_DROP)
		return mr_identity_drop_groups(err);
	if (wanted == MAPROOT_GROUPS_DEFAULT && syscall(SYS_setgroups, 0, NULL) < 0 && errno != EPERM)
		return mr_fail(err, errno, MAPROOT_STEP_GROUPS, "none");
	return 0;
}

int mr_identity_take_joined(const struct maproot_identity *identity, struct maproot_error *err)
{
	int code;

	if (identity && identity->preserve)
		return 0;
	code = drop_joined_groups(identity ? identity->supplementary : MAPROOT_GROUPS_DEFAULT, err);
	if (code < 0)
		return code;
	/* EINVAL: 0 is not mapped. The maps themselves may be out of sight. */
	if (!is_group(0) && syscall(SYS_setresgid, 0, 0, 0) < 0 && errno != EINVAL)
		return mr_fail_number(err, errno, MAPROOT_STEP_SET_GID, 0);
	if (!is_user(0) && syscall(SYS_setresuid, 0, 0, 0) < 0 && errno != EINVAL)
		return mr_fail_number(err, errno, MAPROOT_STEP_SET_UID, 0);
	return 0;
}

int mr_identity_set(const struct maproot_identity *identity, struct maproot_error *err)
{
	pid_t parent = getppid();
	int death_signal = 0;

	if (!identity->set_user && !identity->set_group)
		return 0;
	(void)prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0); /* fails on a bad pointer only */
	if (identity->set_group &&
	    syscall(SYS_setresgid, identity->inner_group, identity->inner_group, identity->inner_group) < 0)
		return mr_fail_number(err, errno, MAPROOT_STEP_SET_GID, identity->inner_group);
	if (identity->set_user &&
	    syscall(SYS_setresuid, identity->inner_user, identity->inner_user, identity->inner_user) < 0)
		return mr_fail_number(err, errno, MAPROOT_STEP_SET_UID, identity->inner_user);
	if (death_signal == 0)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) < 0)
		return mr_fail_number(err, errno, MAPROOT_STEP_DEATH_SIGNAL, death_signal);
	if (getppid() != parent)
		return mr_fail(err, ESRCH, MAPROOT_STEP_GATE, "its child got ready");
	return 0;
}
