/*
 * Controllers of version 2: a group has those that the one above it hands on (cgroup.subtree_control), and a group
 * with processes in it hands on none, but for the root of all. So with limits a group can be made below one that
 * has handed its controllers on already, or that has no processes. cgroups(7), "no internal processes".
 */
#include "system/cgroup_parts.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "model/cgroup_limit.h"
#include "model/cgroup_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { LIST_SIZE = 1024 };

static const char subtree_control[] = "cgroup.subtree_control";

/* "cpu memory pids\n" as " cpu memory pids ", so that a name is found between spaces. */
static int read_list(int level, const char *file, char list[LIST_SIZE])
{
	mr_auto_fd int fd = mr_raise_fd(openat(level, file, O_RDONLY | O_CLOEXEC));
	ssize_t length = fd < 0 ? fd : mr_read(fd, list + 1, LIST_SIZE - 3);

	if (length < 0)
		return (int)length;
	list[0] = ' ';
	if (length > 0 && list[length] == '\n')
		length--;
	list[length + 1] = ' ';
	list[length + 2] = '\0';
	return 0;
}

static bool has(const char *list, const char *controller)
{
	char wanted[MR_CGROUP_CONTROLLER_SIZE + 2];
	struct mr_text text = mr_text_in(wanted, sizeof(wanted));

	mr_text_add(&text, " ");
	mr_text_add(&text, controller);
	mr_text_add(&text, " ");
	return strstr(list, wanted) != NULL;
}

/* The first controller that a limit needs and that is not in the list; false where there is none. */
static bool find_missing(const struct maproot_cgroup *wish, const char *list, char missing[MR_CGROUP_CONTROLLER_SIZE])
{
	for (size_t at = 0; at < wish->limit_count; at++) {
		struct mr_cgroup_limit limit;

		if (mr_cgroup_limit_parse(wish->limits[at], &limit, NULL) < 0 || limit.controller[0] == '\0' ||
		    has(list, limit.controller))
			continue;
		memcpy(missing, limit.controller, sizeof(limit.controller));
		return true;
	}
	return false;
}

static int refuse_absent(const char *controller, const char *path, const struct mr_cgroup_sight *sight,
			 struct maproot_error *err)
{
	if (mr_cgroup_is_on_v1(sight->membership, controller))
		return mr_fail_pieces(err, EOPNOTSUPP, MAPROOT_STEP_CGROUP_LIMIT, "the controller '", controller,
				      "' is on a hierarchy of version 1 on this machine, and not to be had in '", path, "'", NULL);
	return mr_fail_pieces(err, ENOENT, MAPROOT_STEP_CGROUP_LIMIT, "the controller '", controller,
			      "' is not delegated to '", path,
			      "' (with systemd: Delegate=yes; else, as root: +", controller,
			      " into cgroup.subtree_control of each group above it)", NULL);
}

/* The root of all hands on whatever is in it; it has no type. */
static bool may_have_processes(int level)
{
	return faccessat(level, "cgroup.type", F_OK, 0) < 0 && errno == ENOENT;
}

static bool is_empty(int level)
{
	mr_auto_fd int fd = mr_raise_fd(openat(level, "cgroup.procs", O_RDONLY | O_CLOEXEC));
	char byte;

	return fd >= 0 && mr_read(fd, &byte, 1) == 0;
}

/* A group that exists, and from which the controllers have to come. */
static int check_level(const struct maproot_cgroup *wish, int level, const char *path, struct maproot_error *err)
{
	char list[LIST_SIZE];
	char missing[MR_CGROUP_CONTROLLER_SIZE];
	int code = read_list(level, subtree_control, list);

	if (code < 0)
		return mr_fail_pieces(err, -code, MAPROOT_STEP_CGROUP_LIMIT, "cannot read ", path, "/", subtree_control, NULL);
	if (!find_missing(wish, list, missing))
		return 0;
	if (!may_have_processes(level) && !is_empty(level))
		return mr_fail_pieces(err, EBUSY, MAPROOT_STEP_CGROUP_LIMIT, "'", path, "' can't hand on the controller '",
				      missing, "' while processes are in it: choose a group without, as --cgroup=/A/B", NULL);
	if (faccessat(level, subtree_control, W_OK, AT_EACCESS) < 0)
		return mr_fail_pieces(err, errno, MAPROOT_STEP_CGROUP_LIMIT, "to hand on the controller '", missing,
				      "', this user would have to be delegated '", path, "/", subtree_control, "'", NULL);
	return 0;
}

int mr_cgroup_controllers_check(const struct maproot_cgroup *wish, int base, const char *base_path, const char *way,
				const struct mr_cgroup_sight *sight, struct maproot_error *err)
{
	mr_auto_fd int fd = -1;
	char list[LIST_SIZE];
	char missing[MR_CGROUP_CONTROLLER_SIZE];
	char path[MAPROOT_CGROUP_SIZE];
	struct mr_text text = mr_text_in(path, sizeof(path));
	int code;

	if (!find_missing(wish, " ", missing))
		return 0; /* no limit needs one */
	code = read_list(base, "cgroup.controllers", list);
	if (code < 0)
		return mr_fail_pieces(err, -code, MAPROOT_STEP_CGROUP_LIMIT, "cannot read ", base_path,
				      "/cgroup.controllers", NULL);
	if (find_missing(wish, list, missing))
		return refuse_absent(missing, base_path, sight, err);
	mr_text_add(&text, base_path);
	code = check_level(wish, base, path, err);
	while (code == 0 && strchr(way, '/')) {
		size_t length = strcspn(way, "/");
		char part[NAME_MAX + 1];
		struct mr_text name = mr_text_in(part, sizeof(part));
		int next;
		bool unified;

		mr_text_add_bytes(&name, way, length);
		next = mr_cgroup_open(fd < 0 ? base : fd, part, &unified);
		if (next < 0)
			break; /* it will be made */
		mr_close_fd(&fd);
		fd = next;
		mr_text_add_item(&text, "/", part);
		code = check_level(wish, fd, path, err);
		way += length + 1;
	}
	return code;
}

int mr_cgroup_controllers_enable(const struct maproot_cgroup *wish, int level, struct maproot_error *err)
{
	char missing[MR_CGROUP_CONTROLLER_SIZE];
	char list[LIST_SIZE];
	int code;

	if (!find_missing(wish, " ", missing))
		return 0;
	code = read_list(level, subtree_control, list);
	while (code == 0 && find_missing(wish, list, missing)) {
		char word[MR_CGROUP_CONTROLLER_SIZE + 1];
		struct mr_text text = mr_text_in(word, sizeof(word));

		mr_text_add(&text, "+");
		mr_text_add(&text, missing);
		code = mr_write_file_at(level, subtree_control, word, text.length);
		if (code == 0)
			code = read_list(level, subtree_control, list);
		if (code == 0 && !has(list, missing))
			code = -EIO;
	}
	if (code < 0)
		return mr_fail_pieces(err, -code, MAPROOT_STEP_CGROUP_LIMIT, "cannot hand on the controller '", missing, "'", NULL);
	return 0;
}
