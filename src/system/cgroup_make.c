/*
 * Making a group: the groups on the way, which are marked as ours, then the group, then its limits.
 */
#include "system/cgroup_parts.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "model/cgroup_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* How often a group on the way may be removed under our hands by who made it. */
enum { TRIES = 100 };

/* Opens a group on the way, made and marked where it isn't there. Returns the descriptor or -errno. */
static int open_passage(int level, const char *name)
{
	bool made = mkdirat(level, name, 0755) == 0;
	mr_auto_fd int fd = -1;
	int code = made || errno == EEXIST ? 0 : -errno;

	if (code == 0)
		fd = mr_raise_fd(openat(level, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (code == 0 && fd < 0)
		code = fd;
	/* A kernel that has no such attributes (before 5.7) leaves it to the user to remove it. */
	if (code == 0 && made && fsetxattr(fd, MR_CGROUP_MARK, "", 0, 0) < 0 && errno != EOPNOTSUPP)
		code = -errno;
	if (code == 0)
		return mr_take_fd(&fd);
	if (made)
		(void)unlinkat(level, name, AT_REMOVEDIR);
	return code;
}

/* "controller.file: what is wrong" of a limit that the kernel did not take. */
static int refuse_limit(const struct mr_cgroup_limit *limit, int code, struct maproot_error *err)
{
	const char *why = "the kernel does not take this value";

	if (code == EACCES || code == ENOENT)
		why = "the group has no such file";
	else if (code == ENOSPC || code == EBUSY)
		why = "the kernel has not so much left";
	return mr_fail_pieces(err, code, MAPROOT_STEP_CGROUP_LIMIT, "'", limit->file, "=", limit->value, "': ", why, NULL);
}

static int write_limits(const struct maproot_cgroup *wish, int directory, struct maproot_error *err)
{
	for (size_t at = 0; at < wish->limit_count; at++) {
		struct mr_cgroup_limit limit;
		int code = mr_cgroup_limit_parse(wish->limits[at], &limit, err);

		if (code < 0)
			return code;
		code = mr_write_file_at(directory, limit.file, limit.value, strlen(limit.value));
		if (code < 0)
			return refuse_limit(&limit, -code, err);
	}
	return 0;
}

/* The group itself in what is open. -ENOENT, -ENODEV, not said in err: what is open is gone. */
static int make_leaf(const struct maproot_cgroup *wish, struct mr_cgroup *group, size_t at, int level, const char *name,
		     struct maproot_error *err)
{
	mr_auto_fd int fd = -1;
	int code = 0;

	if (mkdirat(level, name, 0755) < 0) {
		if (errno == ENOENT || errno == ENODEV)
			return -errno;
		return mr_fail(err, errno, MAPROOT_STEP_CGROUP_MAKE, group->path[at]);
	}
	fd = mr_raise_fd(openat(level, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		code = mr_fail(err, -fd, MAPROOT_STEP_CGROUP_MAKE, group->path[at]);
	/* Of version 1, where there are two, the only limit is that of the hierarchy that has the file. */
	if (code == 0 && (group->unified || faccessat(fd, "pids.max", F_OK, 0) == 0))
		code = write_limits(wish, fd, err);
	if (code < 0) {
		(void)unlinkat(level, name, AT_REMOVEDIR);
		return code;
	}
	if (group->unified)
		group->directory = mr_take_fd(&fd);
	return 0;
}

/* Goes the way down from the base. -ENOENT and -ENODEV, not said in err: on it something went. */
static int make_one(const struct maproot_cgroup *wish, struct mr_cgroup *group, size_t at, struct maproot_error *err)
{
	const char *way = group->path[at] + group->base_length[at] + 1;
	mr_auto_fd int fd = -1;

	for (;;) {
		size_t length = strcspn(way, "/");
		char name[NAME_MAX + 1];
		struct mr_text part = mr_text_in(name, sizeof(name));
		int level = fd < 0 ? group->base[at] : fd;
		int code = group->unified ? mr_cgroup_controllers_enable(wish, level, err) : 0;
		int next;

		if (code < 0)
			return code;
		mr_text_add_bytes(&part, way, length);
		if (way[length] == '\0')
			return make_leaf(wish, group, at, level, name, err);
		next = open_passage(level, name);
		if (next == -ENOENT || next == -ENODEV)
			return next;
		if (next < 0)
			return mr_fail(err, -next, MAPROOT_STEP_CGROUP_MAKE, group->path[at]);
		mr_close_fd(&fd);
		fd = next;
		way += length + 1;
	}
}

/* What one run finds on the way, another one may be taking away: then it is not to be found, and made anew. */
static int make_path(const struct maproot_cgroup *wish, struct mr_cgroup *group, size_t at, struct maproot_error *err)
{
	for (int tries = 0;; tries++) {
		struct maproot_error inner = MAPROOT_ERROR_INIT;
		int code = make_one(wish, group, at, &inner);

		if (code == 0)
			return 0;
		if (inner.code == 0 && tries < TRIES)
			continue;
		if (inner.code == 0)
			(void)mr_fail(&inner, -code, MAPROOT_STEP_CGROUP_MAKE, group->path[at]);
		return mr_error_pass(err, &inner);
	}
}

int mr_cgroup_make_directories(const struct maproot_cgroup *wish, struct mr_cgroup *group, struct maproot_error *err)
{
	int code = 0;

	for (size_t at = 0; at < group->count && code == 0; at++) {
		code = make_path(wish, group, at, err);
		for (size_t made = 0; code < 0 && made < at; made++)
			(void)mr_cgroup_remove(group->path[made], NULL);
		if (code < 0)
			mr_cgroup_prune(group->path[at]);
	}
	if (code < 0)
		mr_close_fd(&group->directory);
	return code;
}
