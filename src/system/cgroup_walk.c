/*
 * Walking down a hierarchy. Where we were in a directory is remembered as the position that the kernel gave, not as
 * an open directory; the way up is "..", as groups never move to another parent.
 */
#include "system/cgroup_walk.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* As getdents64(2) gives it. */
struct entry {
	uint64_t inode;
	int64_t position; /* of the next one */
	unsigned short length;
	unsigned char type;
	char name[];
};

enum { ENTRIES_SIZE = 4096 };

static bool is_group(const struct entry *entry)
{
	return entry->type == DT_DIR && strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0;
}

/* From where the descriptor stands: 1 with a name and where to go on, 0 at the end, or -errno. */
static int next_below(int directory, char name[MR_CGROUP_PART_SIZE], int64_t *ret_position)
{
	_Alignas(struct entry) char buffer[ENTRIES_SIZE];
	long length;

	while ((length = syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < length;) {
			const struct entry *entry = (const struct entry *)(const void *)(buffer + at);

			at += entry->length;
			if (!is_group(entry) || strlen(entry->name) >= MR_CGROUP_PART_SIZE)
				continue;
			memcpy(name, entry->name, strlen(entry->name) + 1);
			*ret_position = entry->position;
			return 1;
		}
	}
	return length < 0 ? -errno : 0;
}

static int go_to(int directory, int64_t position)
{
	return lseek(directory, (off_t)position, SEEK_SET) < 0 ? -errno : 0;
}

int mr_cgroup_first_below(int directory, char name[MR_CGROUP_PART_SIZE])
{
	int64_t position;
	int code = go_to(directory, 0);

	return code < 0 ? code : next_below(directory, name, &position);
}

int mr_cgroup_open_below(int directory, const char *name)
{
	mr_auto_fd int fd =
		mr_raise_fd(openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	struct statfs system;

	if (fd < 0)
		return fd;
	if (fstatfs(fd, &system) < 0)
		return -errno;
	if (system.f_type != CGROUP2_SUPER_MAGIC && system.f_type != CGROUP_SUPER_MAGIC)
		return -ENOTTY;
	return mr_take_fd(&fd);
}

/* Where to go on, a level each. */
struct trail {
	int64_t *position;
	size_t depth;
	size_t size;
};

static int remember(struct trail *trail, int64_t position)
{
	if (trail->depth == trail->size) {
		size_t size = trail->size * 2 + 16;
		int64_t *larger = realloc(trail->position, size * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		trail->position = larger;
		trail->size = size;
	}
	trail->position[trail->depth++] = position;
	return 0;
}

/* Back to the level above. */
static int climb(struct trail *trail, int *directory)
{
	int above = mr_raise_fd(openat(*directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (above < 0)
		return above;
	mr_close_fd(directory);
	*directory = above;
	return go_to(above, trail->position[--trail->depth]);
}

static int walk(struct trail *trail, int *directory, int (*visit)(void *arg, int directory), void *arg)
{
	int code = visit(arg, *directory);

	while (code == 0) {
		char name[MR_CGROUP_PART_SIZE];
		int64_t position = 0;
		int next;

		code = next_below(*directory, name, &position);
		if (code < 0 && code != -ENOENT)
			return code;
		if (code != 1) {
			if (trail->depth == 0)
				return 0;
			code = climb(trail, directory);
			continue;
		}
		/* The descriptor stands behind all that was read at once. */
		code = go_to(*directory, position);
		next = code < 0 ? -1 : mr_cgroup_open_below(*directory, name);
		if (next < 0)
			continue;
		code = remember(trail, position);
		mr_close_fd(directory);
		*directory = next;
		if (code == 0)
			code = visit(arg, next);
	}
	return code;
}

int mr_cgroup_walk(int top, int (*visit)(void *arg, int directory), void *arg)
{
	mr_auto_fd int directory = mr_raise_fd(openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct trail trail = { NULL, 0, 0 };
	int code;

	if (directory < 0)
		return directory;
	code = walk(&trail, &directory, visit, arg);
	free(trail.position);
	return code;
}
