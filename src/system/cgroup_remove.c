/*
 * Removing a group. The kernel removes one that has no processes and no groups below it; processes that have just
 * ended may still be on their way out, so that a busy one is tried again. Nothing is removed that isn't in a file
 * system of control groups.
 */
#include "system/cgroup_parts.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "system/cgroup_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/* Naps double from the first; all of them are about two seconds. */
enum { FIRST_NAP_US = 60,
       NAPS = 15 };

static void nap(int number)
{
	long us = (long)FIRST_NAP_US << number;
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	(void)nanosleep(&time, NULL); /* cut short by a signal it is no worse */
}

/*
 * Opens what is above a path, and finds its last part. Returns the descriptor or -errno: -ENOTTY where it is no
 * group, which a link in the middle of the way may make of it.
 */
static int open_above(const char *path, const char **ret_last)
{
	char above[MAPROOT_CGROUP_SIZE];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	bool unified;

	if (length == 0 || slash[1] == '\0')
		return -ENOTTY;
	if (length >= sizeof(above))
		return -ENAMETOOLONG;
	memcpy(above, path, length);
	above[length] = '\0';
	*ret_last = slash + 1;
	return mr_cgroup_open(AT_FDCWD, above, &unified);
}

/*
 * One way down and up again through what is below `top`, without `top`: what has nothing below it is removed. 0, or
 * -EBUSY for what has processes, or -errno.
 */
static int remove_below(int top)
{
	mr_auto_fd int directory = mr_raise_fd(openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	size_t depth = 0;

	while (directory >= 0) {
		char name[MR_CGROUP_PART_SIZE];
		int code = mr_cgroup_first_below(directory, name);
		int next;

		if (code < 0 || (code == 0 && depth == 0))
			return code;
		if (code == 1 && unlinkat(directory, name, AT_REMOVEDIR) == 0)
			continue;
		if (code == 1 && errno == ENOENT)
			continue;
		if (code == 1 && errno != EBUSY)
			return -errno;
		/* It may have some below it. From one that has none the way is up, where it is tried again. */
		next = mr_cgroup_open_below(directory, code == 1 ? name : "..");
		if (next >= 0 && code == 1 && mr_cgroup_first_below(next, name) == 0) {
			mr_close_fd(&next);
			return -EBUSY;
		}
		mr_close_fd(&directory);
		directory = next;
		depth = code == 1 ? depth + 1 : depth - 1;
	}
	return directory == -ENOENT ? -EBUSY : directory;
}

/* One attempt. 0 also where there is none. */
static int remove_once(int above, const char *name)
{
	mr_auto_fd int directory = -1;
	int code;

	if (unlinkat(above, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return -errno;
	directory = mr_cgroup_open_below(above, name);
	if (directory < 0)
		return directory == -ENOENT ? 0 : directory;
	code = remove_below(directory);
	if (code < 0)
		return code;
	return unlinkat(above, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

/* Groups that were made on the way are marked; one that is used by another run is busy, and stays. */
static void prune(const char *path, int above)
{
	mr_auto_fd int level = -1;
	char shorter[MAPROOT_CGROUP_SIZE];
	struct mr_text text = mr_text_in(shorter, sizeof(shorter));
	const char *last;
	int next = above;

	mr_text_add(&text, path);
	for (;;) {
		char *slash = strrchr(shorter, '/');
		mr_auto_fd int readable = mr_cgroup_open_below(next, ".");

		if (!slash || readable < 0 || fgetxattr(readable, MR_CGROUP_MARK, NULL, 0) < 0)
			return;
		*slash = '\0';
		mr_close_fd(&level);
		next = level = open_above(shorter, &last);
		if (level < 0 || unlinkat(level, last, AT_REMOVEDIR) < 0)
			return;
	}
}

void mr_cgroup_prune(const char *path)
{
	const char *last;
	mr_auto_fd int above = open_above(path, &last);

	if (above >= 0)
		prune(path, above);
}

int mr_cgroup_remove(const char *path, struct maproot_error *err)
{
	const char *last = NULL;
	mr_auto_fd int above = open_above(path, &last);
	int code = above < 0 ? above : remove_once(above, last);

	if (above == -ENOENT)
		return 0;
	for (int naps = 0; code == -EBUSY && naps < NAPS; naps++) {
		nap(naps);
		code = remove_once(above, last);
	}
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_CGROUP_REMOVE, path);
	prune(path, above);
	return 0;
}
