/*
 * The way back: a thread's namespaces, its root and its working directory, held open.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "join/join.h"
#include "model/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

int mr_home_open(unsigned int types, struct maproot_visit *ret_home, struct maproot_error *err)
{
	struct maproot_visit home = { .types = types & ~MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_USER),
				      .root = -1,
				      .directory = -1 };
	int code = 0;

	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++)
		home.home[type] = -1;
	for (unsigned int type = 0; code == 0 && type < MAPROOT_NAMESPACE_COUNT; type++) {
		char path[MR_NSFS_PATH_SIZE];

		if (!mr_has(home.types, type))
			continue;
		code = home.home[type] = mr_nsfs_open_own(type);
		mr_nsfs_own_path(type, path);
		code = code < 0 ? mr_fail(err, -code, MAPROOT_STEP_OPEN_NAMESPACE, path) : 0;
	}
	/* Entering a mount namespace moves both. */
	if (code == 0 && mr_has(home.types, MAPROOT_NAMESPACE_MNT)) {
		home.root = mr_open("/", O_PATH | O_DIRECTORY, 0);
		home.directory = mr_open(".", O_PATH | O_DIRECTORY, 0);
		if (home.root < 0)
			code = mr_fail(err, -home.root, MAPROOT_STEP_OPEN, "/");
		else if (home.directory < 0)
			code = mr_fail(err, -home.directory, MAPROOT_STEP_OPEN, ".");
	}
	if (code < 0)
		mr_home_close(&home);
	else
		*ret_home = home;
	return code;
}

void mr_home_prune(struct maproot_visit *home, const struct maproot_join *join)
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (!mr_has(home->types & ~join->late, type) ||
		    !mr_nsfs_is(home->home[type], join->target[type].id))
			continue;
		mr_close_fd(&home->home[type]);
		home->types &= ~MAPROOT_NAMESPACE_BIT(type);
	}
}

static int return_to_directories(const struct maproot_visit *home)
{
	if (fchdir(home->root) < 0 || chroot(".") < 0 || fchdir(home->directory) < 0)
		return -errno;
	return 0;
}

int mr_home_return(const struct maproot_visit *home, unsigned int types, struct maproot_error *err)
{
	int ret = 0;

	/* As much as can be, also after one that can't. */
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		int code = 0;

		if (!mr_has(home->types & types, type))
			continue;
		if (setns(home->home[type], (int)maproot_namespace_flag(type)) < 0)
			code = -errno;
		if (code == 0 && type == MAPROOT_NAMESPACE_MNT)
			code = return_to_directories(home);
		if (code < 0)
			ret = mr_fail_pieces(err, -code, MAPROOT_STEP_RESTORE, "its ",
					     maproot_namespace_name(type), " namespace", NULL);
	}
	return ret;
}

void mr_home_close(struct maproot_visit *home)
{
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++)
		mr_close_fd(&home->home[type]);
	mr_close_fd(&home->root);
	mr_close_fd(&home->directory);
}
