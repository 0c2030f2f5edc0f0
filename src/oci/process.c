/*
 * process: the command, its ids, and what it is given.
 */
#include "oci/place.h"

#include <errno.h>
#include <string.h>

/* The highest id; the one after it means "no id". */
#define HIGHEST_ID (UINT32_MAX - 1)

static int read_limit_type(const struct mr_oci_place *element, int *ret_resource, struct maproot_error *err)
{
	const struct mr_oci_place place = { element, "type", 0, element->value };
	const char *name = NULL;
	int code = mr_oci_need_string(element, "type", &name, err);
	int resource;

	if (code < 0)
		return code;
	resource = strncmp(name, "RLIMIT_", 7) == 0 ? maproot_rlimit_by_name(name) : -1;
	if (resource >= 0) {
		*ret_resource = resource;
		return 0;
	}
	return mr_oci_fail(&place, err, EINVAL, "unknown limit '", name, "'", NULL);
}

/* Up to 2^64-1, which is no limit. */
static int read_limit_value(const struct mr_oci_place *element, const char *name, uint64_t *ret_value,
			    struct maproot_error *err)
{
	const struct mr_oci_range range = { 0, INT64_MAX };
	struct mr_oci_place place;
	int64_t value = 0;
	int code = mr_oci_need(element, name, MR_OCI_INTEGER, &place, err);

	if (code == 0 && json_is_real(place.value)) {
		*ret_value = UINT64_MAX;
		return 0;
	}
	if (code == 0)
		code = mr_oci_number(&place, range, &value, err);
	if (code == 0)
		*ret_value = (uint64_t)value;
	return code;
}

static int read_limit(const struct mr_oci_place *element, struct maproot_rlimit *ret_limit, struct maproot_error *err)
{
	int code = read_limit_type(element, &ret_limit->resource, err);

	if (code == 0)
		code = read_limit_value(element, "soft", &ret_limit->soft, err);
	if (code == 0)
		code = read_limit_value(element, "hard", &ret_limit->hard, err);
	if (code == 0 && ret_limit->soft > ret_limit->hard)
		code = mr_oci_fail(element, err, EINVAL, "the soft limit is above the hard one", NULL);
	return code;
}

static int read_limits(struct maproot_oci *spec, const struct mr_oci_place *process, struct maproot_error *err)
{
	struct mr_oci_place array;
	struct mr_oci_place element;
	struct maproot_rlimit *list;
	int code = mr_oci_get(process, "rlimits", MR_OCI_ARRAY, &array, err);

	if (code < 0)
		return code;
	list = mr_oci_take(spec, mr_oci_count(&array), sizeof(*list), err);
	if (!list)
		return -ENOMEM;
	for (size_t at = 0; at < mr_oci_count(&array); at++) {
		code = mr_oci_element(&array, at, MR_OCI_OBJECT, &element, err);
		if (code == 0)
			code = read_limit(&element, &list[at], err);
		if (code < 0)
			return code;
		for (size_t before = 0; before < at; before++) {
			if (list[before].resource == list[at].resource)
				return mr_oci_fail(&element, err, EINVAL, "this limit is given twice", NULL);
		}
	}
	spec->attributes.rlimits = list;
	spec->attributes.rlimit_count = mr_oci_count(&array);
	return 0;
}

static int read_groups(struct maproot_oci *spec, const struct mr_oci_place *user, struct maproot_error *err)
{
	const struct mr_oci_range range = { 0, HIGHEST_ID };
	struct mr_oci_place array;
	struct mr_oci_place element;
	gid_t *groups;
	int code = mr_oci_get(user, "additionalGids", MR_OCI_ARRAY, &array, err);

	if (code < 0 || mr_oci_count(&array) == 0)
		return code;
	groups = mr_oci_take(spec, mr_oci_count(&array), sizeof(*groups), err);
	if (!groups)
		return -ENOMEM;
	for (size_t at = 0; at < mr_oci_count(&array); at++) {
		int64_t group = 0;
		uint32_t outer;

		code = mr_oci_element(&array, at, MR_OCI_INTEGER, &element, err);
		if (code == 0)
			code = mr_oci_number(&element, range, &group, err);
		if (code < 0)
			return code;
		groups[at] = (gid_t)group;
		if (spec->groups.count > 0 && !maproot_idmap_to_outer(&spec->groups, groups[at], &outer))
			return mr_oci_fail(&element, err, EINVAL, "is not mapped by linux.gidMappings", NULL);
	}
	spec->attributes.groups = groups;
	spec->attributes.group_count = mr_oci_count(&array);
	return 0;
}

static int read_id(const struct mr_oci_place *user, const char *name, const struct maproot_idmap *map,
		   uint32_t *ret_id, struct maproot_error *err)
{
	const struct mr_oci_range range = { 0, HIGHEST_ID };
	const struct mr_oci_place place = { user, name, 0, user->value };
	int64_t id = 0;
	uint32_t outer;
	int code = mr_oci_need_integer(user, name, range, &id, err);

	if (code < 0)
		return code;
	*ret_id = (uint32_t)id;
	if (map->count > 0 && !maproot_idmap_to_outer(map, *ret_id, &outer))
		return mr_oci_fail(&place, err, EINVAL, "is not mapped by linux.",
				   strcmp(name, "uid") == 0 ? "uidMappings" : "gidMappings", NULL);
	return 0;
}

static int read_user(struct maproot_oci *spec, const struct mr_oci_place *process, struct maproot_error *err)
{
	const struct mr_oci_range range = { 0, 0777 };
	struct mr_oci_integer umask;
	struct mr_oci_place user;
	int code = mr_oci_get(process, "user", MR_OCI_OBJECT, &user, err);

	if (code < 0 || !user.value)
		return code;
	code = read_id(&user, "uid", &spec->users, &spec->process.uid, err);
	if (code == 0)
		code = read_id(&user, "gid", &spec->groups, &spec->process.gid, err);
	if (code == 0)
		code = mr_oci_integer(&user, "umask", range, &umask, err);
	if (code == 0 && umask.there) {
		spec->attributes.set_umask = true;
		spec->attributes.umask = (mode_t)umask.value;
	}
	return code < 0 ? code : read_groups(spec, &user, err);
}

static int check_command(const struct maproot_oci *spec, const struct mr_oci_place *process, struct maproot_error *err)
{
	const struct mr_oci_place args = { process, "args", 0, process->value };
	const struct mr_oci_place env = { process, "env", 0, process->value };

	if (spec->process.args && (!spec->process.args[0] || spec->process.args[0][0] == '\0'))
		return mr_oci_fail(&args, err, EINVAL, "names no command", NULL);
	for (size_t at = 0; spec->process.env && spec->process.env[at]; at++) {
		const struct mr_oci_place element = { &env, NULL, at, process->value };
		const char *equals = strchr(spec->process.env[at], '=');

		if (!equals || equals == spec->process.env[at])
			return mr_oci_fail(&element, err, EINVAL, "is not NAME=VALUE", NULL);
	}
	return 0;
}

static int read_adjustments(struct maproot_oci *spec, const struct mr_oci_place *process, struct maproot_error *err)
{
	const struct mr_oci_range range = { -1000, 1000 };
	struct mr_oci_integer score;
	int code = mr_oci_integer(process, "oomScoreAdj", range, &score, err);

	if (code == 0 && score.there) {
		spec->attributes.set_oom_score_adj = true;
		spec->attributes.oom_score_adj = (int)score.value;
	}
	if (code == 0)
		code = mr_oci_boolean(process, "noNewPrivileges", &spec->attributes.no_new_privileges, err);
	return code < 0 ? code : mr_oci_boolean(process, "terminal", &spec->process.terminal, err);
}

int mr_oci_read_process(struct maproot_oci *spec, struct maproot_error *err)
{
	struct mr_oci_place top = mr_oci_top(spec);
	struct mr_oci_place process;
	struct mr_oci_place cwd;
	int code = mr_oci_need(&top, "process", MR_OCI_OBJECT, &process, err);

	if (code == 0)
		code = mr_oci_need_string(&process, "cwd", &spec->process.cwd, err);
	if (code < 0)
		return code;
	cwd = (struct mr_oci_place){ &process, "cwd", 0, process.value };
	if (spec->process.cwd[0] != '/')
		return mr_oci_fail(&cwd, err, EINVAL, "'", spec->process.cwd, "' is not an absolute path", NULL);
	code = mr_oci_strings(spec, &process, "args", &spec->process.args, err);
	if (code == 0)
		code = mr_oci_strings(spec, &process, "env", &spec->process.env, err);
	if (code == 0)
		code = check_command(spec, &process, err);
	if (code == 0)
		code = read_user(spec, &process, err);
	if (code == 0)
		code = read_limits(spec, &process, err);
	return code < 0 ? code : read_adjustments(spec, &process, err);
}
