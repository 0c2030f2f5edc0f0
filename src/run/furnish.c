/*
 * Furnishing new namespaces as the request says.
 */
#include "run/furnish.h"

#include "base/error.h"
#include "model/plan.h"
#include "system/caps.h"
#include "system/furniture.h"
#include "system/identity.h"
#include "system/mounts.h"

#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

int mr_take_hold(const struct maproot_request *request, unsigned int created, struct maproot_error *err)
{
	enum maproot_propagation propagation = request->propagation;

	if (!mr_has(created, MAPROOT_NAMESPACE_MNT))
		return 0;
	if (propagation == MAPROOT_PROPAGATION_UNCHANGED) {
		if (chroot("/") < 0)
			return mr_fail(err, errno, MAPROOT_STEP_ROOT, "/");
		return 0;
	}
	/* Shared comes last, when the mounts are made: pivot_root(2) refuses to move shared ones. */
	if (propagation == MAPROOT_PROPAGATION_SHARED)
		propagation = MAPROOT_PROPAGATION_SLAVE;
	return mr_mounts_propagate(propagation, err);
}

static int make_mounts(const struct maproot_request *request, unsigned int created,
		       struct maproot_error *err)
{
	int code = request->root ? mr_root_enter(request, created, err) : mr_mounts_make(request, err);

	if (code == 0 && request->propagation == MAPROOT_PROPAGATION_SHARED)
		code = mr_mounts_propagate(MAPROOT_PROPAGATION_SHARED, err);
	return code;
}

/* A working directory outside the root directory would be a way out of it. */
static int change_directory(const char *directory, struct maproot_error *err)
{
	char path[PATH_MAX];

	if (chdir(directory) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_CHDIR, directory);
	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_CHDIR, directory);
	return path[0] == '/' ? 0 : mr_fail(err, ENOENT, MAPROOT_STEP_CHDIR, directory);
}

int mr_furnish(const struct maproot_request *request, unsigned int created, struct maproot_error *err)
{
	int code = 0;

	if (request->hostname)
		code = mr_hostname_set(request->hostname, err);
	if (code == 0 && mr_has(created, MAPROOT_NAMESPACE_NET))
		code = mr_loopback_up(err);
	if (code == 0)
		code = make_mounts(request, created, err);
	if (code == 0 && request->directory)
		code = change_directory(request->directory, err);
	if (code == 0 && request->keep_fds > 0)
		code = mr_descriptors_close_on_exec_from(request->keep_fds, err);
	return code;
}

int mr_furnish_identity(const struct maproot_request *request, struct maproot_error *err)
{
	const struct maproot_identity *identity = &request->identity;
	int code = mr_identity_set(identity, err);

	/* Root gets its capabilities back from exec; anybody else has to carry them over. */
	if (code == 0 && geteuid() != 0 && !identity->preserve && !identity->set_user)
		code = mr_caps_keep_over_exec(err);
	return code;
}
