/*
 * Paths that the command shall not read, or not write to, and a root directory that is not written to. Each is covered by a mount;
 * links lead nowhere but inside, and whatever covers comes from the caller's side.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "system/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* What is not there needs not be hidden. */
static bool is_missing(int code)
{
	return code == -ENOENT || code == -ENOTDIR;
}

/* A file in its place would be one that the command can write to. */
static int open_null_device(struct maproot_error *err)
{
	mr_auto_fd int fd = mr_open("dev/null", O_PATH | O_NOFOLLOW, 0);
	struct stat info;

	if (fd < 0)
		return mr_fail(err, -fd, MAPROOT_STEP_OPEN, "/dev/null");
	if (fstat(fd, &info) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_OPEN, "/dev/null");
	if (!S_ISCHR(info.st_mode) || info.st_rdev != makedev(1, 3))
		return mr_fail(err, ENODEV, MAPROOT_STEP_OPEN, "/dev/null");
	return mr_take_fd(&fd);
}

/* 0 or -errno. */
static int mask(const char *path, int null_device)
{
	mr_auto_place struct mr_place place = MR_NO_PLACE;
	char source[MR_DESCRIPTOR_PATH_SIZE];
	char target[MR_DESCRIPTOR_PATH_SIZE];
	struct stat info;
	int code = mr_place_open(path, MR_MISSING_FAILS, &place);

	if (code < 0)
		return is_missing(code) ? 0 : code;
	if (fstat(place.fd, &info) < 0)
		return -errno;
	mr_mount_path("", null_device, source);
	mr_mount_path("", place.fd, target);
	if (S_ISDIR(info.st_mode))
		code = mount("tmpfs", target, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=555");
	else
		code = mount(source, target, NULL, MS_BIND, NULL);
	return code < 0 ? -errno : 0;
}

static int make_read_only(const char *path)
{
	mr_auto_place struct mr_place place = MR_NO_PLACE;
	char target[MR_DESCRIPTOR_PATH_SIZE];
	const struct mr_mount_point point = { path, target, &place };
	int code = mr_place_open(path, MR_MISSING_FAILS, &place);

	if (code < 0)
		return is_missing(code) ? 0 : code;
	mr_mount_path("", place.fd, target);
	return mr_mount_bind_read_only(target, &point);
}

static int mask_all(const struct maproot_attributes *attributes, struct maproot_error *err)
{
	mr_auto_fd int null_device = open_null_device(err);

	if (null_device < 0)
		return null_device;
	for (size_t at = 0; at < attributes->masked_count; at++) {
		int code = mask(attributes->masked[at], null_device);

		if (code < 0)
			return mr_fail(err, -code, MAPROOT_STEP_MASK, attributes->masked[at]);
	}
	return 0;
}

int mr_paths_hide(const struct maproot_attributes *attributes, struct maproot_error *err)
{
	int code = attributes->masked_count > 0 ? mask_all(attributes, err) : 0;

	/* Bound with all that is below, masks too. */
	for (size_t at = 0; code == 0 && at < attributes->read_only_count; at++) {
		code = make_read_only(attributes->read_only[at]);
		if (code < 0)
			return mr_fail(err, -code, MAPROOT_STEP_READ_ONLY, attributes->read_only[at]);
	}
	/* Last, and that mount alone: what is mounted below has flags of its own. */
	if (code == 0 && attributes->read_only_root) {
		code = mr_mount_add_flags("/", MS_RDONLY);
		if (code < 0)
			return mr_fail(err, -code, MAPROOT_STEP_READ_ONLY, "/");
	}
	return code;
}
