/*
 * The files that stand for namespaces.
 */
#include "system/nsfs.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static const char *what_it_is(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO or pipe";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a file";
	}
}

static int refuse(int fd, const char *name, const struct statfs *system, struct maproot_error *err)
{
	struct stat status;
	bool empty;

	if (fstat(fd, &status) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_OPEN_NAMESPACE, name);
	/*
	 * What a bind mount of a namespace covers, seen where the mount is not. Nobody binds to what the kernel makes
	 * up.
	 */
	empty = S_ISREG(status.st_mode) && status.st_size == 0 && system->f_type != PROC_SUPER_MAGIC &&
		system->f_type != ANON_INODE_FS_MAGIC;
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'", name, "' is ",
			      what_it_is(status.st_mode), ", not a namespace",
			      empty ? " (nothing is mounted there in this mount namespace)" : "", NULL);
}

int mr_nsfs_open(const char *path, struct maproot_error *err)
{
	/* A FIFO or a terminal under the path would make a plain open wait, or be ours. */
	int fd = mr_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	mr_auto_fd int place = -1;
	struct statfs system;

	if (fd >= 0)
		return fd;
	/* A socket, or a device that is not there, can't be opened; but it can be said what it is. */
	if (fd == -ENXIO)
		place = mr_open(path, O_PATH, 0);
	if (place >= 0 && fstatfs(place, &system) == 0)
		return refuse(place, path, &system, err);
	return mr_fail(err, -fd, MAPROOT_STEP_OPEN_NAMESPACE, path);
}

int mr_nsfs_judge(int fd, const char *name, enum maproot_namespace *ret_type, struct mr_nsfs_id *ret_id,
		  struct maproot_error *err)
{
	struct statfs system;
	struct stat status;
	int flag;

	if (fstatfs(fd, &system) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_OPEN_NAMESPACE, name);
	if (system.f_type != NSFS_MAGIC)
		return refuse(fd, name, &system, err);
	flag = ioctl(fd, NS_GET_NSTYPE);
	if (flag < 0 || fstat(fd, &status) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_OPEN_NAMESPACE, name);
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (maproot_namespace_flag(type) != (unsigned int)flag)
			continue;
		*ret_type = (enum maproot_namespace)type;
		*ret_id = (struct mr_nsfs_id){ status.st_dev, status.st_ino };
		return 0;
	}
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'", name,
			      "' is a namespace of an unknown type", NULL);
}

int mr_nsfs_id_of(int fd, struct mr_nsfs_id *ret_id)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	*ret_id = (struct mr_nsfs_id){ status.st_dev, status.st_ino };
	return 0;
}

bool mr_nsfs_is(int fd, struct mr_nsfs_id id)
{
	struct mr_nsfs_id found = { 0, 0 };

	return mr_nsfs_id_of(fd, &found) == 0 && mr_nsfs_same(found, id);
}

int mr_nsfs_owner(int fd)
{
	return mr_raise_fd(ioctl(fd, NS_GET_USERNS));
}

int mr_nsfs_parent(int user_fd)
{
	return mr_raise_fd(ioctl(user_fd, NS_GET_PARENT));
}

int mr_nsfs_owner_user(int user_fd, uid_t *ret_user)
{
	return ioctl(user_fd, NS_GET_OWNER_UID, ret_user) < 0 ? -errno : 0;
}

void mr_nsfs_own_path(enum maproot_namespace type, char path[MR_NSFS_PATH_SIZE])
{
	struct mr_text text = mr_text_in(path, MR_NSFS_PATH_SIZE);

	mr_text_add(&text, "/proc/thread-self/ns/");
	mr_text_add(&text, maproot_namespace_name(type));
	if (type == MAPROOT_NAMESPACE_PID || type == MAPROOT_NAMESPACE_TIME)
		mr_text_add(&text, "_for_children");
}

int mr_nsfs_own_id(enum maproot_namespace type, struct mr_nsfs_id *ret_id)
{
	char path[MR_NSFS_PATH_SIZE];
	struct stat status;

	mr_nsfs_own_path(type, path);
	if (stat(path, &status) < 0)
		return -errno;
	*ret_id = (struct mr_nsfs_id){ status.st_dev, status.st_ino };
	return 0;
}

int mr_nsfs_open_own(enum maproot_namespace type)
{
	char path[MR_NSFS_PATH_SIZE];

	mr_nsfs_own_path(type, path);
	return mr_open(path, O_RDONLY, 0);
}
