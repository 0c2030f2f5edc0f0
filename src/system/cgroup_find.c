/*
 * Finding control groups: the texts of the kernel are read, model/cgroup_mounts.h reads in them, and what they lead
 * to is opened and asked whether it is what it is said to be.
 */
#include "system/cgroup_find.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "model/cgroup_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { FIRST_SIZE = 16 * 1024,
       LARGEST_SIZE = 64 * 1024 * 1024 };

static char *grown(char *buffer, size_t size)
{
	char *larger = realloc(buffer, size);

	if (!larger)
		free(buffer);
	return larger;
}

/* The whole of a file whose length nobody knows before. */
static int read_whole(const char *path, char **ret_text)
{
	mr_auto_fd int fd = mr_open(path, O_RDONLY, 0);
	size_t size = FIRST_SIZE;
	size_t length = 0;
	char *text = fd >= 0 ? malloc(size) : NULL;

	while (text) {
		ssize_t got = mr_read(fd, text + length, size - length - 1);

		if (got < 0 || size > LARGEST_SIZE) {
			free(text);
			return got < 0 ? (int)got : -E2BIG;
		}
		if (got == 0) {
			text[length] = '\0';
			*ret_text = text;
			return 0;
		}
		length += (size_t)got;
		if (size - length < FIRST_SIZE / 2)
			text = grown(text, size *= 2);
	}
	return fd < 0 ? fd : -ENOMEM;
}

void mr_cgroup_sight_done(struct mr_cgroup_sight *sight)
{
	free(sight->mountinfo);
	free(sight->membership);
	sight->mountinfo = sight->membership = NULL;
}

int mr_cgroup_look(struct mr_cgroup_sight *ret_sight, struct maproot_error *err)
{
	/* Of the thread: groups of version 1, and mount namespaces, may be its own. */
	static const char membership_path[] = "/proc/thread-self/cgroup";
	static const char mountinfo_path[] = "/proc/thread-self/mountinfo";
	struct mr_cgroup_sight sight = { NULL, NULL };
	int code = read_whole(membership_path, &sight.membership);

	if (code == -ENOENT && access("/proc/thread-self", F_OK) == 0)
		return mr_fail(err, ENOENT, MAPROOT_STEP_CGROUP_FIND, "this kernel has no control groups");
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_FACTS, membership_path);
	code = read_whole(mountinfo_path, &sight.mountinfo);
	if (code < 0) {
		mr_cgroup_sight_done(&sight);
		return mr_fail(err, -code, MAPROOT_STEP_FACTS, mountinfo_path);
	}
	*ret_sight = sight;
	return 0;
}

int mr_cgroup_open(int directory, const char *path, bool *ret_unified)
{
	mr_auto_fd int fd = mr_raise_fd(openat(directory, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	struct statfs system;

	if (fd < 0)
		return fd;
	if (fstatfs(fd, &system) < 0)
		return -errno;
	if (system.f_type != CGROUP2_SUPER_MAGIC && system.f_type != CGROUP_SUPER_MAGIC)
		return -ENOTTY;
	*ret_unified = system.f_type == CGROUP2_SUPER_MAGIC;
	return mr_take_fd(&fd);
}

/* What is mounted over it, or over a directory above it, hides it: mountinfo does not say so. */
static bool is_there(const char *directory, bool unified)
{
	bool is_unified = false;
	mr_auto_fd int fd = mr_cgroup_open(AT_FDCWD, directory, &is_unified);

	return fd >= 0 && is_unified == unified;
}

int mr_cgroup_find(const struct mr_cgroup_sight *sight, const char *controller, struct mr_cgroup_place *ret_place)
{
	char group[MAPROOT_CGROUP_SIZE];
	bool member = mr_cgroup_membership(sight->membership, controller, group) == 0;
	const char *at = sight->mountinfo;
	struct mr_cgroup_mount mount;
	bool found = false;

	while (mr_cgroup_mounts_next(&at, controller, &mount)) {
		struct mr_cgroup_place place = { .own = "" };
		bool seen = member && mr_cgroup_mounts_locate(&mount, group, place.own) == 0 &&
			    is_there(place.own, !controller);

		memcpy(place.point, mount.point, sizeof(place.point));
		if (seen) {
			*ret_place = place;
			return 0;
		}
		place.own[0] = '\0';
		if (!found && is_there(mount.point, !controller)) {
			found = true;
			*ret_place = place;
		}
	}
	return found ? 0 : -ENOENT;
}

int mr_cgroup_find_process(pid_t pid, char directory[MAPROOT_CGROUP_SIZE])
{
	mr_auto_cgroup_sight struct mr_cgroup_sight sight = { NULL, NULL };
	char path[48];
	struct mr_text text = mr_text_in(path, sizeof(path));
	struct mr_cgroup_place place = { .own = "" };
	int code = read_whole("/proc/thread-self/mountinfo", &sight.mountinfo);

	mr_text_add(&text, "/proc/");
	mr_text_add_number(&text, pid);
	mr_text_add(&text, "/cgroup");
	if (code == 0)
		code = read_whole(path, &sight.membership);
	if (code == 0)
		code = mr_cgroup_find(&sight, NULL, &place);
	if (code < 0)
		return code;
	if (place.own[0] == '\0')
		return -ENOENT;
	memcpy(directory, place.own, sizeof(place.own));
	return 0;
}
