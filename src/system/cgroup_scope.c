/*
 * A scope of systemd in the place of a group of our own making: whether that is meant, what of the limits it is
 * told, and where the group is then.
 */
#include "system/cgroup_parts.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "model/cgroup_limit.h"
#include "system/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

int mr_cgroup_scope_is_meant(const struct maproot_cgroup *wish, const struct mr_cgroup_name *name,
			     struct maproot_error *err)
{
	bool asked = wish->manager == MAPROOT_CGROUP_SYSTEMD || name->kind == MR_CGROUP_SCOPE;

	if (wish->manager == MAPROOT_CGROUP_FS && name->kind == MR_CGROUP_SCOPE)
		return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_CGROUP_FIND, "'", wish->name,
				      "' is a scope of systemd, and the manager is to be 'fs'", NULL);
	if (asked && name->unit[0] == '\0')
		return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_CGROUP_FIND, "'", wish->name ? wish->name : name->path,
				      "' is no name for a scope of systemd", NULL);
	if (wish->manager == MAPROOT_CGROUP_FS || name->unit[0] == '\0')
		return 0;
	if (mr_scope_is_there())
		return 1;
	if (asked)
		return mr_fail(err, ENOENT, MAPROOT_STEP_CGROUP_FIND,
			       "no systemd that would make a scope for this user, or maproot-scope is not installed");
	return 0;
}

/* The properties of all limits, and pointers to them. */
struct properties {
	char (*text)[MR_CGROUP_PROPERTY_SIZE];
	const char **list;
	size_t count;
};

static void release(struct properties *properties)
{
	free(properties->text);
	free(properties->list);
}

static int read_properties(const struct maproot_cgroup *wish, struct properties *properties, struct maproot_error *err)
{
	size_t most = wish->limit_count * MR_CGROUP_PROPERTIES;

	properties->text = calloc(most + 1, sizeof(*properties->text));
	properties->list = calloc(most + 1, sizeof(*properties->list));
	if (!properties->text || !properties->list)
		return mr_fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "the limits");
	for (size_t at = 0; at < wish->limit_count; at++) {
		struct mr_cgroup_limit limit;
		size_t count = 0;
		int code = mr_cgroup_limit_parse(wish->limits[at], &limit, err);

		if (code == 0)
			code = mr_cgroup_limit_properties(&limit, properties->text + properties->count, &count, err);
		if (code < 0)
			return code;
		for (; count > 0; count--, properties->count++)
			properties->list[properties->count] = properties->text[properties->count];
	}
	return 0;
}

int mr_cgroup_scope_check(const struct maproot_cgroup *wish, struct maproot_error *err)
{
	struct properties properties = { NULL, NULL, 0 };
	int code = read_properties(wish, &properties, err);

	release(&properties);
	return code;
}

/* systemd puts '_' before a name that could be taken for a file of the kernel's. */
static bool is_of_scope(const char *path, const char *scope)
{
	const char *last = strrchr(path, '/');

	return last && (strcmp(last + 1, scope) == 0 || (last[1] == '_' && strcmp(last + 2, scope) == 0));
}

int mr_cgroup_scope_enter(const struct maproot_cgroup *wish, struct mr_cgroup *group, pid_t pid,
			  struct maproot_error *err)
{
	struct properties properties = { NULL, NULL, 0 };
	int code = read_properties(wish, &properties, err);

	if (code == 0)
		code = mr_scope_start(group->scope, group->slice[0] != '\0' ? group->slice : NULL, pid, properties.list,
				      properties.count, err);
	release(&properties);
	if (code < 0)
		return code;
	/* Where there is no version 2 it is nowhere to be killed or removed but by systemd. */
	group->unified = true;
	code = mr_cgroup_find_process(pid, group->path[0]);
	/* The group that it is in will be killed: it must not be the one that it came from, our own. */
	if (code == 0 && !is_of_scope(group->path[0], group->scope)) {
		group->path[0][0] = '\0';
		return mr_fail(err, ESRCH, MAPROOT_STEP_CGROUP_ENTER, group->scope);
	}
	group->count = code == 0;
	return code < 0 && code != -ENOENT ? mr_fail(err, -code, MAPROOT_STEP_CGROUP_ENTER, group->scope) : 0;
}
