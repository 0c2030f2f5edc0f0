/*
 * Single mounts: bind, tmpfs, proc, and propagation. Where the root directory is, is root.c's concern.
 */
#include "system/mounts.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442 /* Linux 5.12; the same number on every architecture */
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* struct mount_attr of <linux/mount.h>, which does not live beside <sys/mount.h> everywhere */
struct mount_attributes {
	uint64_t set;
	uint64_t clear;
	uint64_t propagation;
	uint64_t userns_fd;
};

enum { ATTRIBUTE_RDONLY = 0x1 };

enum {
	SEEN_NO_SYMFOLLOW = 0x2000,
	TIME_FLAGS = MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME,
};

int mr_mounts_propagate(enum maproot_propagation propagation, struct maproot_error *err)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} kinds[] = {
		[MAPROOT_PROPAGATION_SLAVE] = { "slave", MS_SLAVE },
		[MAPROOT_PROPAGATION_PRIVATE] = { "private", MS_PRIVATE },
		[MAPROOT_PROPAGATION_SHARED] = { "shared", MS_SHARED },
	};

	if (mount(NULL, "/", NULL, MS_REC | kinds[propagation].flag, NULL) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_PROPAGATION, kinds[propagation].name);
	return 0;
}

void mr_mount_path(const char *host, int fd, char path[MR_DESCRIPTOR_PATH_SIZE])
{
	struct mr_text text = mr_text_in(path, MR_DESCRIPTOR_PATH_SIZE);

	mr_text_add(&text, host);
	mr_text_add(&text, "proc/self/fd/");
	mr_text_add_number(&text, fd);
}

/* What a remount has to repeat: it would take off all others, and a less privileged mount namespace may not do that. */
static unsigned long present_flags(const char *target)
{
	static const struct {
		unsigned long seen;
		unsigned long flag;
	} flags[] = {
		{ ST_RDONLY, MS_RDONLY },
		{ ST_NOSUID, MS_NOSUID },
		{ ST_NODEV, MS_NODEV },
		{ ST_NOEXEC, MS_NOEXEC },
		{ ST_NOATIME, MS_NOATIME },
		{ ST_NODIRATIME, MS_NODIRATIME },
		{ ST_RELATIME, MS_RELATIME },
		{ SEEN_NO_SYMFOLLOW, MR_NO_SYMFOLLOW },
	};
	struct statvfs info;
	unsigned long present = 0;

	if (statvfs(target, &info) < 0)
		return 0; /* the remount will say what is wrong */
	for (size_t at = 0; at < sizeof(flags) / sizeof(flags[0]); at++) {
		if (info.f_flag & flags[at].seen)
			present |= flags[at].flag;
	}
	/* Updating times at every access has no flag to be seen: without one the kernel would turn to relatime. */
	return present & (MS_NOATIME | MS_RELATIME) ? present : present | MS_STRICTATIME;
}

int mr_mount_add_flags(const char *path, unsigned long flags)
{
	unsigned long present = present_flags(path);

	if (flags & TIME_FLAGS)
		present &= ~(unsigned long)TIME_FLAGS;
	return mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | present | (flags & MR_MOUNT_FLAGS), NULL) < 0 ? -errno : 0;
}

int mr_mount_reach(const struct mr_mount_point *point, const char *bound, int *fd, char path[MR_DESCRIPTOR_PATH_SIZE])
{
	struct stat want;
	struct stat found;

	mr_close_fd(fd);
	*fd = mr_place_again(point->place);
	if (*fd < 0)
		return *fd;
	if (bound && (stat(bound, &want) < 0 || fstat(*fd, &found) < 0))
		return -errno;
	/* Somebody moves directories about while we mount on them. */
	if (bound && (want.st_dev != found.st_dev || want.st_ino != found.st_ino))
		return -ESTALE;
	mr_mount_path(point->path[0] == '/' ? "/" : "", *fd, path);
	return 0;
}

/* Before Linux 5.12 one mount is made read-only at a time: so bind that one alone, nothing writable below it. */
static int bind_alone_read_only(const char *source, const struct mr_mount_point *point, const char *bound)
{
	char path[MR_DESCRIPTOR_PATH_SIZE];
	mr_auto_fd int fd = -1;
	int code = 0;

	if (umount2(bound, MNT_DETACH) < 0 || mount(source, point->path, NULL, MS_BIND, NULL) < 0)
		return -errno;
	if (point->place) {
		code = mr_mount_reach(point, source, &fd, path);
		bound = path;
	}
	return code < 0 ? code : mr_mount_add_flags(bound, MS_RDONLY);
}

int mr_mount_bind_read_only(const char *source, const struct mr_mount_point *point)
{
	const struct mount_attributes read_only = { .set = ATTRIBUTE_RDONLY };
	char path[MR_DESCRIPTOR_PATH_SIZE];
	const char *bound = point->path;
	mr_auto_fd int fd = -1;
	int code = 0;

	if (mount(source, point->path, NULL, MS_BIND | MS_REC, NULL) < 0)
		return -errno;
	if (point->place) {
		code = mr_mount_reach(point, source, &fd, path);
		bound = path;
	}
	if (code < 0)
		return code;
	if (syscall(SYS_mount_setattr, AT_FDCWD, bound, AT_RECURSIVE, &read_only, sizeof(read_only)) == 0)
		return 0;
	return errno == ENOSYS ? bind_alone_read_only(source, point, bound) : -errno;
}

int mr_mount_bind(const char *source, const char *target, bool read_only, struct maproot_error *err)
{
	const struct mr_mount_point point = { target, target, NULL };
	int code;

	if (read_only)
		code = mr_mount_bind_read_only(source, &point);
	else
		code = mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0 ? -errno : 0;
	return code < 0 ? mr_fail_pieces(err, -code, MAPROOT_STEP_BIND, source, "' on '", target, NULL) : 0;
}

int mr_mount_new(const char *type, const char *target, unsigned long flags, const char *options,
		 struct maproot_error *err)
{
	if (mount(type, target, type, flags, options) < 0)
		return mr_fail_pieces(err, errno, MAPROOT_STEP_MOUNT, "a new ", type, " on '", target, "'",
				      NULL);
	return 0;
}
