/*
 * Why a join was refused: the kernel says EPERM, and knows the owner of each namespace. Joining takes CAP_SYS_ADMIN in
 * the owner of the namespace and, but for a user namespace, in the user namespace that one is in (mnt: CAP_SYS_CHROOT
 * there as well).
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "join/join.h"
#include "model/plan.h"
#include "system/caps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WHERE_SIZE = 120 };

/* Whoever made a user namespace, from the one above, has all rights in it and below. */
static bool made_from_ours(int user_fd, int parent_fd, struct mr_nsfs_id own)
{
	uid_t user;

	return mr_nsfs_is(parent_fd, own) && mr_nsfs_owner_user(user_fd, &user) == 0 && user == geteuid();
}

static bool has_rights_in(int owner_fd)
{
	struct mr_nsfs_id own;
	mr_auto_fd int fd = mr_raise_fd(fcntl(owner_fd, F_DUPFD_CLOEXEC, 3));

	if (mr_nsfs_own_id(MAPROOT_NAMESPACE_USER, &own) < 0)
		return true; /* who can't look has nothing to say */
	while (fd >= 0) {
		mr_auto_fd int parent = -1;

		if (mr_nsfs_is(fd, own))
			return mr_caps_has(CAP_SYS_ADMIN);
		parent = mr_nsfs_parent(fd);
		if (parent >= 0 && made_from_ours(fd, parent, own))
			return true;
		mr_close_fd(&fd);
		fd = mr_take_fd(&parent);
	}
	return false;
}

/* "user namespace 4026531837 (of user 0), which owns it" */
static void describe_owner(int owner_fd, bool is_user, char where[WHERE_SIZE])
{
	struct mr_text text = mr_text_in(where, WHERE_SIZE);
	struct stat status;
	uid_t user;

	if (owner_fd < 0 || fstat(owner_fd, &status) < 0) {
		mr_text_add(&text, "the user namespace that owns it, which is not below this one");
		return;
	}
	mr_text_add(&text, "user namespace ");
	mr_text_add_number(&text, (int64_t)status.st_ino);
	if (mr_nsfs_owner_user(owner_fd, &user) == 0) {
		mr_text_add(&text, " of user ");
		mr_text_add_number(&text, user);
	}
	mr_text_add(&text, is_user ? "" : ", which owns it");
}

/* Fills `where` and returns the capability's name where one is lacking; NULL where none is. */
static const char *find_lacking(enum maproot_namespace type, int fd, bool with_user, char where[WHERE_SIZE])
{
	bool is_user = type == MAPROOT_NAMESPACE_USER;
	mr_auto_fd int owner = is_user ? mr_raise_fd(fcntl(fd, F_DUPFD_CLOEXEC, 3)) : mr_nsfs_owner(fd);
	struct mr_text text;

	if (owner < 0 || !has_rights_in(owner)) {
		describe_owner(owner, is_user, where);
		return "CAP_SYS_ADMIN";
	}
	if (is_user || with_user)
		return NULL;
	text = mr_text_in(where, WHERE_SIZE);
	mr_text_add(&text, "our own user namespace (join the user namespace that owns it as well)");
	if (!mr_caps_has(CAP_SYS_ADMIN))
		return "CAP_SYS_ADMIN";
	return type == MAPROOT_NAMESPACE_MNT && !mr_caps_has(CAP_SYS_CHROOT) ? "CAP_SYS_CHROOT" : NULL;
}

static int explain_one(const struct maproot_join *join, enum maproot_namespace type, bool with_user,
		       struct maproot_error *err)
{
	const struct mr_target *target = &join->target[type];
	mr_auto_fd int opened = -1;
	char name[MR_TARGET_NAME_SIZE];
	char where[WHERE_SIZE];
	const char *lacking;

	if (target->fd < 0 && target->held)
		opened = mr_process_open_namespace(&join->process, type);
	if (target->fd < 0 && opened < 0)
		return 0;
	lacking = find_lacking(type, target->fd < 0 ? opened : target->fd, with_user, where);
	if (!lacking)
		return 0;
	mr_target_name(target, type, name);
	return mr_fail_pieces(err, EPERM, MAPROOT_STEP_JOIN_RIGHTS, name, ": ", lacking, " is lacking in ",
			      where, NULL);
}

int mr_join_explain(const struct maproot_join *join, unsigned int types, struct maproot_error *err)
{
	bool with_user = mr_has(types, MAPROOT_NAMESPACE_USER);
	char names[MR_NAMES_SIZE];
	char name[MR_TARGET_NAME_SIZE];
	int code = 0;

	for (unsigned int type = 0; code == 0 && type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (mr_has(types, type))
			code = explain_one(join, type, with_user, err);
	}
	if (code < 0)
		return code;
	mr_plan_name_namespaces(types, names);
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (types == MAPROOT_NAMESPACE_BIT(type))
			mr_target_name(&join->target[type], type, name);
	}
	return mr_fail(err, EPERM, MAPROOT_STEP_JOIN, (types & (types - 1)) != 0 ? names : name);
}
