/*
 * Where a group will be: below our own in version 2, or below the root of what is mounted; where a machine has only
 * version 1, in its freezer and pids hierarchies. Found, opened, and looked at for what would make it fail.
 */
#include "system/cgroup_parts.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "model/cgroup_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of version 1: what ends a group and what bounds it. */
static const char *const hierarchies[MR_CGROUP_HIERARCHIES] = { "freezer", "pids" };

/* Takes the next path of the group: the base, opened, and the way from there. */
static int add_path(const struct mr_cgroup_place *place, const struct mr_cgroup_name *name, struct mr_cgroup *group,
		    struct maproot_error *err)
{
	const char *base = name->kind == MR_CGROUP_BELOW_ROOT ? place->point : place->own;
	char path[MAPROOT_CGROUP_SIZE];
	struct mr_text text = mr_text_in(path, sizeof(path));
	bool unified = false;
	int fd;

	if (base[0] == '\0')
		return mr_fail_pieces(err, ENOENT, MAPROOT_STEP_CGROUP_FIND, "this process's own is not seen below '",
				      place->point, "', which is of another cgroup namespace", NULL);
	mr_text_add(&text, base);
	mr_text_add(&text, "/");
	mr_text_add(&text, name->path);
	if (mr_text_is_cut(&text))
		return mr_fail_pieces(err, ENAMETOOLONG, MAPROOT_STEP_CGROUP_FIND, "too long: ", base, "/", name->path, NULL);
	for (size_t at = 0; at < group->count; at++) {
		if (strcmp(group->path[at], path) == 0) /* two controllers of one hierarchy */
			return 0;
	}
	fd = mr_cgroup_open(AT_FDCWD, base, &unified);
	if (fd < 0)
		return mr_fail_pieces(err, -fd, MAPROOT_STEP_CGROUP_FIND, "cannot open '", base, "'", NULL);
	memcpy(group->path[group->count], path, text.length + 1);
	group->base[group->count] = fd;
	group->base_length[group->count] = strlen(base);
	group->count++;
	return 0;
}

/*
 * Of the way below the base, what is there already; the last of it is where something will be made. -EEXIST where
 * all is there.
 */
static int check_directory(const struct mr_cgroup *group, size_t at, struct maproot_error *err)
{
	char path[MAPROOT_CGROUP_SIZE];
	size_t length = strlen(group->path[at]);
	struct stat status;

	memcpy(path, group->path[at], length + 1);
	if (fstatat(group->base[at], path + group->base_length[at] + 1, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return mr_fail(err, EEXIST, MAPROOT_STEP_CGROUP_MAKE, path);
	while (length > group->base_length[at]) {
		mr_auto_fd int fd = -1;
		bool unified;
		const char *way = path + group->base_length[at] + 1;

		while (path[--length] != '/')
			;
		path[length] = '\0';
		if (length == group->base_length[at])
			return mr_cgroup_rights_to_make(group->base[at], path, err);
		fd = mr_cgroup_open(group->base[at], way, &unified);
		if (fd >= 0)
			return mr_cgroup_rights_to_make(fd, path, err);
		if (fd != -ENOENT)
			return mr_fail_pieces(err, -fd, MAPROOT_STEP_CGROUP_FIND, "cannot open '", path, "'", NULL);
	}
	return 0;
}

static int check_rights(const struct mr_cgroup *group, struct maproot_error *err)
{
	for (size_t at = 0; at < group->count; at++) {
		int code = check_directory(group, at, err);

		if (code < 0)
			return code;
	}
	return mr_cgroup_rights_to_move(group, err);
}

static int place_unified(const struct maproot_cgroup *wish, const struct mr_cgroup_name *name,
			 const struct mr_cgroup_sight *sight, const struct mr_cgroup_place *place,
			 struct mr_cgroup *group, struct maproot_error *err)
{
	char base[MAPROOT_CGROUP_SIZE];
	int code;

	group->unified = true;
	memcpy(group->own, place->own, sizeof(group->own));
	code = add_path(place, name, group, err);
	if (code == 0)
		code = check_rights(group, err);
	if (code < 0)
		return code;
	memcpy(base, group->path[0], group->base_length[0]);
	base[group->base_length[0]] = '\0';
	return mr_cgroup_controllers_check(wish, group->base[0], base, name->path, sight, err);
}

static int check_limits_of_v1(const struct maproot_cgroup *wish, bool has_pids, struct maproot_error *err)
{
	for (size_t at = 0; at < wish->limit_count; at++) {
		struct mr_cgroup_limit limit;
		int code = mr_cgroup_limit_parse(wish->limits[at], &limit, err);

		if (code < 0)
			return code;
		if (strcmp(limit.file, "pids.max") != 0)
			return mr_fail_pieces(err, EOPNOTSUPP, MAPROOT_STEP_CGROUP_LIMIT, "'", limit.file,
					      "': this machine has version 1 of the control groups, where only pids.max can be set",
					      NULL);
		if (!has_pids)
			return mr_fail(err, ENOENT, MAPROOT_STEP_CGROUP_LIMIT,
				       "'pids.max': the controller 'pids' is mounted nowhere");
	}
	return 0;
}

static int place_v1(const struct maproot_cgroup *wish, const struct mr_cgroup_name *name,
		    const struct mr_cgroup_sight *sight, struct mr_cgroup *group, struct maproot_error *err)
{
	bool found[MR_CGROUP_HIERARCHIES] = { false, false };
	int code = 0;

	for (size_t at = 0; at < MR_CGROUP_HIERARCHIES && code == 0; at++) {
		struct mr_cgroup_place place;

		found[at] = mr_cgroup_find(sight, hierarchies[at], &place) == 0;
		if (found[at])
			code = add_path(&place, name, group, err);
	}
	if (code == 0 && group->count == 0)
		code = mr_fail(err, ENOENT, MAPROOT_STEP_CGROUP_FIND,
			       "no hierarchy is mounted (mount -t cgroup2 none /sys/fs/cgroup)");
	if (code == 0)
		code = check_limits_of_v1(wish, found[1], err);
	return code < 0 ? code : check_rights(group, err);
}

int mr_cgroup_place(const struct maproot_cgroup *wish, const struct mr_cgroup_name *name, struct mr_cgroup *group,
		    struct maproot_error *err)
{
	mr_auto_cgroup_sight struct mr_cgroup_sight sight = { NULL, NULL };
	struct mr_cgroup_place place;
	int code = mr_cgroup_look(&sight, err);

	if (code < 0)
		return code;
	if (mr_cgroup_find(&sight, NULL, &place) == 0)
		return place_unified(wish, name, &sight, &place, group, err);
	return place_v1(wish, name, &sight, group, err);
}
