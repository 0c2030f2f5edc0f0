/*
 * What attributes of a command can't be, alone or with the rest of the request.
 */
#include "model/attributes.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

static int refuse(struct maproot_error *err, const char *why)
{
	return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST, why);
}

static int check_rlimits(const struct maproot_attributes *attributes, struct maproot_error *err)
{
	uint64_t seen = 0;

	for (size_t at = 0; at < attributes->rlimit_count; at++) {
		const struct maproot_rlimit *limit = &attributes->rlimits[at];
		const char *name = mr_rlimit_name(limit->resource);

		if (!name[0])
			return refuse(err, "there is no resource limit of that number");
		if (seen & UINT64_C(1) << limit->resource)
			return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, name, " is there twice", NULL);
		if (limit->soft > limit->hard)
			return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "the soft limit of ", name,
					      " is above the hard one", NULL);
		seen |= UINT64_C(1) << limit->resource;
	}
	return 0;
}

static int check_capabilities(const struct maproot_capability_sets *sets, struct maproot_error *err)
{
	if (!sets)
		return 0;
	if (sets->effective & ~sets->permitted)
		return refuse(err, "effective capabilities have to be permitted too");
	if (sets->ambient & ~(sets->permitted & sets->inheritable))
		return refuse(err, "ambient capabilities have to be permitted and inheritable too");
	return 0;
}

static int check_sysctls(const struct maproot_attributes *attributes, unsigned int created, struct maproot_error *err)
{
	for (size_t at = 0; at < attributes->sysctl_count; at++) {
		const char *text = attributes->sysctls[at];
		struct mr_sysctl sysctl;

		if (mr_sysctl_read(text, &sysctl) < 0)
			return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "'", text,
					      "' is no kernel parameter with a value: want NAME=VALUE", NULL);
		if (sysctl.namespace < 0)
			return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "kernel parameter '", sysctl.path,
					      "' belongs to no namespace: it would change for the whole machine", NULL);
		if (!(created & MAPROOT_NAMESPACE_BIT(sysctl.namespace)))
			return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "kernel parameter '", sysctl.path,
					      "' needs a new ",
					      maproot_namespace_name((enum maproot_namespace)sysctl.namespace),
					      " namespace", NULL);
	}
	return 0;
}

static int check_paths(const char *const *paths, size_t count, struct maproot_error *err)
{
	for (size_t at = 0; at < count; at++) {
		if (paths[at][0] != '/')
			return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "path '", paths[at],
					      "' to be hidden is not absolute", NULL);
		if (paths[at][strspn(paths[at], "/")] == '\0')
			return refuse(err, "the root directory can't be masked; a read-only root has a switch of its own");
	}
	return 0;
}

static int check_rest(const struct maproot_attributes *attributes, const char *root, struct maproot_error *err)
{
	if (attributes->set_oom_score_adj && (attributes->oom_score_adj < -1000 || attributes->oom_score_adj > 1000))
		return refuse(err, "an OOM score adjustment is a number from -1000 to 1000");
	if (attributes->set_umask && (attributes->umask & ~(mode_t)0777))
		return refuse(err, "a umask has the nine permission bits only");
	if (attributes->bare_root && !root)
		return refuse(err, "a bare root needs a root directory");
	if (attributes->default_devices && !attributes->bare_root)
		return refuse(err, "default devices are for a bare root: any other has them");
	return 0;
}

int mr_attributes_check(const struct maproot_request *request, unsigned int created, struct maproot_error *err)
{
	const struct maproot_attributes *attributes = request->attributes;
	int code;

	if (!attributes)
		return 0;
	code = check_rlimits(attributes, err);
	if (code == 0)
		code = check_capabilities(attributes->capabilities, err);
	if (code == 0)
		code = check_sysctls(attributes, created, err);
	if (code == 0)
		code = check_paths(attributes->masked, attributes->masked_count, err);
	if (code == 0)
		code = check_paths(attributes->read_only, attributes->read_only_count, err);
	return code < 0 ? code : check_rest(attributes, request->root, err);
}

bool mr_attributes_want_mounts(const struct maproot_attributes *attributes)
{
	return attributes && (attributes->masked_count > 0 || attributes->read_only_count > 0 || attributes->read_only_root);
}
