/*
 * The story of a control group, and of a scope in its place: see cgroup.h. Where something is found, made or said
 * is told by the files of cgroup_parts.h.
 */
#include "system/cgroup.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "model/cgroup_limit.h"
#include "system/cgroup_parts.h"
#include "system/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { PID_SIZE = 24 };

static int choose_scope(const struct maproot_cgroup *wish, const struct mr_cgroup_name *name, struct mr_cgroup *group,
			struct maproot_error *err)
{
	memcpy(group->scope, name->unit, sizeof(group->scope));
	memcpy(group->slice, name->slice, sizeof(group->slice));
	return mr_cgroup_scope_check(wish, err);
}

int mr_cgroup_choose(const struct maproot_cgroup *wish, const char *id, struct mr_cgroup *ret_group,
		     struct maproot_error *err)
{
	struct mr_cgroup group = MR_CGROUP_NONE;
	struct mr_cgroup_name name;
	int code = mr_cgroup_name_parse(wish->name, id, &name, err);

	if (code == 0)
		code = mr_cgroup_limits_check(wish, err);
	if (code == 0)
		code = mr_cgroup_scope_is_meant(wish, &name, err);
	if (code >= 0)
		code = code ? choose_scope(wish, &name, &group, err) : mr_cgroup_place(wish, &name, &group, err);
	if (code < 0) {
		mr_cgroup_done(&group);
		return code;
	}
	*ret_group = group;
	return 0;
}

int mr_cgroup_make(const struct maproot_cgroup *wish, struct mr_cgroup *group, struct maproot_error *err)
{
	return group->scope[0] != '\0' ? 0 : mr_cgroup_make_directories(wish, group, err);
}

int mr_cgroup_enter(const struct maproot_cgroup *wish, struct mr_cgroup *group, pid_t pid, struct maproot_error *err)
{
	char number[PID_SIZE];
	struct mr_text text = mr_text_in(number, sizeof(number));

	if (group->scope[0] != '\0')
		return mr_cgroup_scope_enter(wish, group, pid, err);
	mr_text_add_number(&text, pid);
	for (size_t at = 0; at < group->count; at++) {
		mr_auto_fd int fd = mr_open(group->path[at], O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
		int code = fd < 0 ? fd : mr_write_file_at(fd, "cgroup.procs", number, text.length);

		if (code < 0)
			return mr_cgroup_explain(group, -code, err);
	}
	return 0;
}

int mr_cgroup_stop_scope(const char *scope, struct maproot_error *err)
{
	return mr_scope_stop(scope, err);
}

void mr_cgroup_done(struct mr_cgroup *group)
{
	mr_close_fd(&group->directory);
	for (size_t at = 0; at < MR_CGROUP_HIERARCHIES; at++)
		mr_close_fd(&group->base[at]);
}
