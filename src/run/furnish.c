/*
 * Furnishing new namespaces as the request says.
 */
#include "run/furnish.h"

#include "base/error.h"
#include "model/plan.h"
#include "system/attributes.h"
#include "system/caps.h"
#include "system/furniture.h"
#include "system/identity.h"
#include "system/mounts.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
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
	int code = request->root ? mr_root_enter(request, created, err) : mr_mounts_make(request, created, err);

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

/* A network that is none is not even up. */
static bool wants_loopback(const struct maproot_network *network)
{
	for (size_t at = 0; network && at < network->strategy_count; at++) {
		if (strcmp(network->strategies[at], "none") == 0)
			return false;
	}
	return true;
}

int mr_furnish_early(const struct maproot_attributes *attributes, struct maproot_error *err)
{
	if (attributes && attributes->set_oom_score_adj)
		return mr_oom_score_set(attributes->oom_score_adj, err);
	return 0;
}

/*
 * Kernel parameters before the root directory: through the caller's /proc, which is real, and writable where that of inside is
 * mounted read-only or not at all. Paths are hidden with the mounts, as the last of them: they hide what the mounts brought.
 */
int mr_furnish(const struct maproot_request *request, unsigned int created, struct maproot_error *err)
{
	int code = 0;

	if (request->hostname)
		code = mr_hostname_set(request->hostname, err);
	if (code == 0 && request->domainname)
		code = mr_domainname_set(request->domainname, err);
	if (code == 0 && mr_has(created, MAPROOT_NAMESPACE_NET) && wants_loopback(request->network))
		code = mr_loopback_up(err);
	if (code == 0 && request->attributes)
		code = mr_sysctls_set(request->attributes, err);
	if (code == 0)
		code = make_mounts(request, created, err);
	if (code == 0 && request->directory)
		code = change_directory(request->directory, err);
	if (code == 0 && request->keep_fds > 0)
		code = mr_descriptors_close_on_exec_from(request->keep_fds, err);
	return code;
}

/* For a user who is to have none. A change from root takes them by itself. */
static int drop_capabilities(struct maproot_error *err)
{
	static const struct maproot_capability_sets none = { 0 };

	return mr_caps_set(&none, err);
}

static int set_identity(const struct maproot_identity *identity, struct maproot_error *err)
{
	bool stays_capable = identity->set_user && identity->inner_user != 0 && geteuid() != 0;
	int code = mr_identity_set(identity, err);

	if (code == 0 && stays_capable)
		return drop_capabilities(err);
	/* Root gets its capabilities back from exec; anybody else has to carry them over. */
	if (code == 0 && geteuid() != 0 && !identity->preserve && !identity->set_user)
		code = mr_caps_keep_over_exec(err);
	return code;
}

static int set_identity_with(const struct maproot_identity *identity, const struct maproot_capability_sets *sets,
			     struct maproot_error *err)
{
	bool root = identity->set_user ? identity->inner_user == 0 : geteuid() == 0;
	int code = mr_caps_prepare(sets, root, err);

	if (code == 0)
		code = mr_identity_set(identity, err);
	return code < 0 ? code : mr_caps_set(sets, err);
}

/*
 * Limits first, while there are rights to raise them; a low one must not be in the way of anything before. Groups before the ids,
 * which take the right to set them; capabilities when ids change no more. Giving up new privileges is last: it can't be undone,
 * and nothing here gains any.
 */
int mr_furnish_identity(const struct maproot_request *request, struct maproot_error *err)
{
	const struct maproot_attributes *attributes = request->attributes;
	int code;

	if (!attributes)
		return set_identity(&request->identity, err);
	if (attributes->set_umask)
		(void)umask(attributes->umask);
	code = mr_rlimits_set(attributes, err);
	if (code == 0 && attributes->groups)
		code = mr_identity_set_groups(attributes->groups, attributes->group_count, err);
	if (code == 0 && attributes->capabilities)
		code = set_identity_with(&request->identity, attributes->capabilities, err);
	else if (code == 0)
		code = set_identity(&request->identity, err);
	return code == 0 && attributes->no_new_privileges ? mr_no_new_privileges_set(err) : code;
}
