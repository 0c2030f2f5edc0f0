/*
 * A namespace bound over a file. The file is made for it, with a mode that marks it: a process that was killed
 * half-way leaves one that the next knows for what it is. Two who are at one file at the same time find out by its
 * lock.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "join/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

enum {
	MARK = S_ISVTX, /* ip-netns(8) has none; read and write are nobody's, as there */
	ATTEMPTS = 3,
};

int mr_pin_fail(enum maproot_step step, const struct mr_pin_place *place, int code, struct maproot_error *err)
{
	return mr_fail_pieces(err, -code, step, "'", place->path, "'", NULL);
}

bool mr_pin_is_marked(const struct stat *file)
{
	return S_ISREG(file->st_mode) && (file->st_mode & 07777) == MARK && file->st_size == 0 &&
	       file->st_uid == geteuid();
}

bool mr_pin_is_in_place(const struct mr_pin_place *place, int file)
{
	struct stat held;
	struct stat found;

	return fstat(file, &held) == 0 &&
	       fstatat(place->directory, place->name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	       held.st_ino == found.st_ino && held.st_dev == found.st_dev;
}

/*
 * What somebody left who was killed half-way, or whose mounts ended with their mount namespace. The descriptor or
 * -errno.
 */
static int open_left_behind(const struct mr_pin_place *place)
{
	mr_auto_fd int file = -1;
	struct stat found;

	if (fstatat(place->directory, place->name, &found, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	if (!mr_pin_is_marked(&found))
		return -EEXIST;
	file = mr_pin_open_at(place->directory, place->name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (file < 0)
		return file == -ENOENT ? -EAGAIN : file;
	if (fstat(file, &found) < 0 || !mr_pin_is_marked(&found))
		return -EEXIST;
	return mr_take_fd(&file);
}

/* Without locks in the file system, only who made a file knows it to be his. */
static int take_file(const struct mr_pin_place *place, int file, bool made)
{
	int code = mr_pin_lock(file, 0);

	if (code == -EWOULDBLOCK || (code < 0 && !made))
		return -EEXIST;
	return mr_pin_is_in_place(place, file) ? 0 : -EAGAIN;
}

int mr_pin_file_make(struct mr_pin_place *place, struct maproot_error *err)
{
	int code = -EAGAIN;

	/* Again where others removed or bound it in the meantime. */
	for (int attempt = 0; attempt < ATTEMPTS && code == -EAGAIN; attempt++) {
		mr_auto_fd int file =
			mr_pin_open_at(place->directory, place->name, O_RDONLY | O_CREAT | O_EXCL, MARK);
		bool made = file >= 0;

		if (file == -EEXIST)
			file = open_left_behind(place);
		code = file < 0 ? file : take_file(place, file, made);
		if (code == 0)
			place->file = mr_take_fd(&file);
	}
	if (code == -EAGAIN)
		code = -EEXIST;
	return code < 0 ? mr_pin_fail(MAPROOT_STEP_PIN, place, code, err) : 0;
}

int mr_pin_judge(int fd, const char *path, enum maproot_namespace type, struct mr_nsfs_id *ret_id,
		 struct maproot_error *err)
{
	enum maproot_namespace found;
	int code = mr_nsfs_judge(fd, path, &found, ret_id, err);

	if (code < 0 || found == type)
		return code;
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_WRONG_TYPE, "'", path, "' is a ",
			      maproot_namespace_name(found), " namespace, not ", maproot_namespace_name(type),
			      NULL);
}

int mr_pin_bind(int fd, int file)
{
	char source[MR_FD_PATH_SIZE];
	char target[MR_FD_PATH_SIZE];

	mr_pin_fd_path(fd, source);
	mr_pin_fd_path(file, target);
	return mount(source, target, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

static int fail_to_bind(const struct mr_pin_place *place, enum maproot_namespace type, int code,
			struct maproot_error *err)
{
	if (type != MAPROOT_NAMESPACE_MNT || code != -EINVAL)
		return mr_pin_fail(MAPROOT_STEP_PIN, place, code, err);
	return mr_fail_pieces(err, -code, MAPROOT_STEP_PIN, "'", place->path,
			      "', which for a mount namespace has to be on a private mount of this one", NULL);
}

/* A namespace somewhere else than where the name leads to would be lost. */
static int check_bound(const struct mr_pin_place *place, int fd)
{
	mr_auto_fd int bound =
		mr_pin_open_at(place->directory, place->name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct mr_nsfs_id id;
	int code = bound < 0 ? bound : mr_nsfs_id_of(fd, &id);

	if (code < 0)
		return code;
	return mr_nsfs_is(bound, id) ? 0 : -EBUSY;
}

int mr_pin_file_bind(const struct mr_pin_place *place, enum maproot_namespace type, int fd,
		     struct maproot_error *err)
{
	int code = mr_pin_bind(fd, place->file);

	if (code < 0)
		return fail_to_bind(place, type, code, err);
	code = check_bound(place, fd);
	if (code < 0)
		return mr_pin_fail(MAPROOT_STEP_PIN, place, code, err);
	(void)flock(place->file, LOCK_UN); /* where there is none it was not locked either */
	return 0;
}
