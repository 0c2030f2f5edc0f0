/*
 * Taking a pin away: the mount, then the file below it. Anything may have happened to both since they were made, and
 * may happen now: before each step it is looked at what is there, and what is somebody else's stays. A mount is taken
 * off also while somebody has it open, who keeps the namespace until he closes it.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "join/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
	LAYERS_MAX = 16,    /* of mounts on top of each other */
	PATIENCE_MS = 1000, /* with somebody who looks whether the file was left behind */
};

/* What is to be removed. */
struct removal {
	const struct mr_pin_place *place;
	int fd; /* the namespace; -1: none */
	struct mr_nsfs_id id;
	struct mr_nsfs_id file; /* what it was bound over, if place->file is that */
	bool unmounted;         /* the mount is off by now */
};

enum presence {
	NOTHING,
	NAMESPACE,
	FILE_OF_PIN,    /* what the namespace was bound over; if it is bound somewhere still, it can't be removed */
	FILE_OF_OTHERS, /* or a directory ... */
	MOUNT_OF_OTHERS,
};

/* Which mount a descriptor is on: its number or -errno. */
static int mount_of(int fd)
{
	static const char field[] = "\nmnt_id:\t";
	char path[MR_FD_PATH_SIZE + sizeof("info")];
	struct mr_text text = mr_text_in(path, sizeof(path));
	char content[512];
	const char *found;
	const char *end;
	uint64_t number;
	int code;

	mr_text_add(&text, "/proc/thread-self/fdinfo/");
	mr_text_add_number(&text, fd);
	code = mr_read_file(path, content, sizeof(content));
	if (code < 0)
		return code;
	found = strstr(content, field);
	if (!found || mr_text_read_number(found + strlen(field), &end, INT32_MAX, &number) < 0)
		return -EIO;
	return (int)number;
}

/* 1: nothing is mounted where this was opened, below the directory; 0: something is; or -errno. */
static int is_on_mount_of_directory(const struct mr_pin_place *place, int fd)
{
	int directory = mount_of(place->directory);
	int found = directory < 0 ? directory : mount_of(fd);

	return found < 0 ? found : found == directory;
}

static bool is(const struct stat *found, struct mr_nsfs_id id)
{
	return found->st_ino == id.inode && found->st_dev == id.device;
}

/* Of what is no namespace. What others bound over is known by being empty. */
static int judge_file(const struct removal *removal, int fd, const struct stat *found, enum presence *ret_presence)
{
	bool known = removal->place->file >= 0;
	int uncovered;

	*ret_presence = FILE_OF_PIN;
	if (known && is(found, removal->file))
		return 0;
	uncovered = is_on_mount_of_directory(removal->place, fd);
	if (uncovered < 0)
		return uncovered;
	if (!uncovered)
		*ret_presence = MOUNT_OF_OTHERS;
	else if (known || !S_ISREG(found->st_mode) || found->st_size > 0)
		*ret_presence = FILE_OF_OTHERS;
	return 0;
}

/* What is at the name; opened, if it is anything, but not for reading. 0 or -errno. */
static int look(const struct removal *removal, enum presence *ret_presence, int *ret_fd)
{
	const struct mr_pin_place *place = removal->place;
	mr_auto_fd int fd = mr_pin_open_at(place->directory, place->name, O_PATH, 0);
	struct stat found;
	int code = 0;

	*ret_presence = NOTHING;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fstat(fd, &found) < 0)
		return -errno;
	*ret_presence = NAMESPACE;
	if (removal->fd < 0 || !is(&found, removal->id))
		code = judge_file(removal, fd, &found, ret_presence);
	*ret_fd = mr_take_fd(&fd);
	return code;
}

/* Whether the file over which we bound is nowhere any more: then neither is the mount. */
static bool is_file_gone(const struct mr_pin_place *place)
{
	struct stat held;

	return place->file >= 0 && fstat(place->file, &held) == 0 && held.st_nlink == 0;
}

static int unmount(int fd)
{
	char path[MR_FD_PATH_SIZE];

	mr_pin_fd_path(fd, path);
	return umount2(path, MNT_DETACH) < 0 ? -errno : 0;
}

/* Locks a file that we have not made. -EALREADY: somebody else is about to remove it, or to bind over it. */
static int lock_found(int found, int *ret_file)
{
	char path[MR_FD_PATH_SIZE];
	mr_auto_fd int file = -1;

	mr_pin_fd_path(found, path);
	file = mr_open(path, O_RDONLY | O_NONBLOCK, 0);
	if (file < 0)
		return file;
	if (mr_pin_lock(file, 0) == -EWOULDBLOCK)
		return -EALREADY;
	*ret_file = mr_take_fd(&file);
	return 0;
}

/* -EAGAIN: it is not there any more, or something is on it. Between here and unlink(2) nothing helps. */
static int remove_file(const struct mr_pin_place *place, int found)
{
	mr_auto_fd int locked = -1;
	int code = place->file < 0 ? lock_found(found, &locked) : 0;

	if (code < 0)
		return code;
	if (!mr_pin_is_in_place(place, found))
		return -EAGAIN;
	return unlinkat(place->directory, place->name, 0) == 0 || errno == ENOENT ? 0 : -errno;
}

/* A file that can't be removed gets its namespace back, if that can be. */
static void put_back(const struct removal *removal)
{
	enum presence presence;
	mr_auto_fd int file = -1;

	if (look(removal, &presence, &file) == 0 && presence == FILE_OF_PIN)
		(void)mr_pin_bind(removal->fd, file); /* the error to tell is the one before */
}

/* One mount or the file. 0: that was all; -EAGAIN: there may be more; or -errno. */
static int remove_layer(struct removal *removal)
{
	enum presence presence;
	mr_auto_fd int found = -1;
	int code = look(removal, &presence, &found);

	if (code < 0)
		return code;
	switch (presence) {
	case NAMESPACE:
		code = unmount(found);
		if (code == 0)
			removal->unmounted = true;
		return code < 0 ? code : -EAGAIN;
	case FILE_OF_PIN:
		code = remove_file(removal->place, found);
		/* Whoever has it now has another pin. */
		return code == -EALREADY && removal->unmounted ? 0 : code;
	case MOUNT_OF_OTHERS:
		return removal->unmounted || is_file_gone(removal->place) ? 0 : -EBUSY;
	default:
		return 0;
	}
}

static int remove_all(struct removal *removal)
{
	int refused = 0;
	int code = -EAGAIN;

	for (int layer = 0; layer < LAYERS_MAX && code == -EAGAIN; layer++) {
		code = remove_layer(removal);
		/* Once that may be somebody else's umount(2) or mount(2), a moment before. */
		if ((code == -EINVAL || code == -EBUSY) && refused++ == 0)
			code = -EAGAIN;
	}
	if (code < 0 && removal->unmounted)
		put_back(removal);
	return code == -EAGAIN || code == -EALREADY ? -EBUSY : code;
}

int mr_pin_remove(const struct mr_pin_place *place, int fd, struct maproot_error *err)
{
	struct removal removal = { .place = place, .fd = fd };
	int code = mr_nsfs_id_of(place->file, &removal.file);

	if (code == 0 && fd >= 0)
		code = mr_nsfs_id_of(fd, &removal.id);
	if (code == 0) {
		(void)mr_pin_lock(place->file, PATIENCE_MS);
		code = remove_all(&removal);
		(void)flock(place->file, LOCK_UN); /* where there is none it was not locked either */
	}
	return code < 0 ? mr_pin_fail(MAPROOT_STEP_UNPIN, place, code, err) : 0;
}

/* Opens what is at the name, if it is a namespace of the type: -EAGAIN where it is a file left behind, else -errno. */
static int open_namespace(const struct mr_pin_place *place, enum maproot_namespace type, struct mr_nsfs_id *ret_id,
			  struct maproot_error *err)
{
	mr_auto_fd int found = mr_pin_open_at(place->directory, place->name, O_PATH, 0);
	mr_auto_fd int fd = -1;
	char path[MR_FD_PATH_SIZE];
	struct statfs system;
	struct stat status;
	int code;

	if (found < 0)
		return mr_pin_fail(MAPROOT_STEP_UNPIN, place, found, err);
	if (fstat(found, &status) < 0 || fstatfs(found, &system) < 0)
		return mr_pin_fail(MAPROOT_STEP_UNPIN, place, -errno, err);
	if (mr_pin_is_marked(&status) && is_on_mount_of_directory(place, found) == 1)
		return -EAGAIN;
	if (S_ISLNK(status.st_mode))
		return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_NOT_NAMESPACE, "'", place->path,
				      "' is a symbolic link, not a namespace", NULL);
	mr_pin_fd_path(found, path);
	if (system.f_type == NSFS_MAGIC)
		fd = mr_open(path, O_RDONLY | O_NONBLOCK, 0);
	if (system.f_type == NSFS_MAGIC && fd < 0)
		return mr_pin_fail(MAPROOT_STEP_UNPIN, place, fd, err);
	code = mr_pin_judge(fd < 0 ? found : fd, place->path, type, ret_id, err);
	return code < 0 ? code : mr_take_fd(&fd);
}

int mr_pin_remove_any(const struct mr_pin_place *place, enum maproot_namespace type, struct maproot_error *err)
{
	struct removal removal = { .place = place };
	mr_auto_fd int fd = open_namespace(place, type, &removal.id, err);
	int code;

	if (fd < 0 && fd != -EAGAIN)
		return fd;
	removal.fd = fd;
	code = remove_all(&removal);
	return code < 0 ? mr_pin_fail(MAPROOT_STEP_UNPIN, place, code, err) : 0;
}
