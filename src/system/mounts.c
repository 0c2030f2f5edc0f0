/*
 * Single mounts: bind, tmpfs, proc, and propagation. Where the root directory is, is root.c's concern.
 */
#include "system/mounts.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
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

/* Flags that a less privileged mount namespace may not take off: a remount has to repeat them. */
static unsigned long locked_flags(const char *target)
{
	static const struct {
		unsigned long seen;
		unsigned long flag;
	} flags[] = {
		{ ST_NOSUID, MS_NOSUID },
		{ ST_NODEV, MS_NODEV },
		{ ST_NOEXEC, MS_NOEXEC },
		{ ST_NOATIME, MS_NOATIME },
		{ ST_NODIRATIME, MS_NODIRATIME },
		{ ST_RELATIME, MS_RELATIME },
	};
	struct statvfs info;
	unsigned long locked = 0;

	if (statvfs(target, &info) < 0)
		return 0; /* the remount will say what is wrong */
	for (size_t at = 0; at < sizeof(flags) / sizeof(flags[0]); at++) {
		if (info.f_flag & flags[at].seen)
			locked |= flags[at].flag;
	}
	return locked;
}

static int bind_read_only(const char *source, const char *target, struct maproot_error *err)
{
	const struct mount_attributes read_only = { .set = ATTRIBUTE_RDONLY };

	if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0)
		return mr_fail_pieces(err, errno, MAPROOT_STEP_BIND, source, "' on '", target, NULL);
	if (syscall(SYS_mount_setattr, AT_FDCWD, target, AT_RECURSIVE, &read_only, sizeof(read_only)) == 0)
		return 0;
	if (errno != ENOSYS)
		return mr_fail_pieces(err, errno, MAPROOT_STEP_MOUNT, "'", target, "' read-only", NULL);

	/* Before 5.12 one mount is made read-only at a time: so bind that one alone, nothing writable below it. */
	if (umount2(target, MNT_DETACH) < 0 || mount(source, target, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | locked_flags(target), NULL) < 0)
		return mr_fail_pieces(err, errno, MAPROOT_STEP_BIND, source, "' read-only on '", target,
				      NULL);
	return 0;
}

int mr_mount_bind(const char *source, const char *target, bool read_only, struct maproot_error *err)
{
	if (read_only)
		return bind_read_only(source, target, err);
	if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0)
		return mr_fail_pieces(err, errno, MAPROOT_STEP_BIND, source, "' on '", target, NULL);
	return 0;
}

int mr_mount_new(const char *type, const char *target, unsigned long flags, const char *options,
		 struct maproot_error *err)
{
	if (mount(type, target, type, flags, options) < 0)
		return mr_fail_pieces(err, errno, MAPROOT_STEP_MOUNT, "a new ", type, " on '", target, "'",
				      NULL);
	return 0;
}

int mr_mounts_make(const struct maproot_request *request, struct maproot_error *err)
{
	for (size_t at = 0; at < request->mount_count; at++) {
		const struct maproot_mount *mount = &request->mounts[at];
		int code = 0;

		switch (mount->kind) {
		case MAPROOT_MOUNT_BIND:
			code = mr_mount_bind(mount->source, mount->target, mount->read_only, err);
			break;
		case MAPROOT_MOUNT_TMPFS:
			code = mr_mount_new("tmpfs", mount->target, MS_NOSUID | MS_NODEV, "mode=755", err);
			break;
		case MAPROOT_MOUNT_PROC:
			code = mr_mount_new("proc", mount->target, MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL,
					    err);
			break;
		}
		if (code < 0)
			return code;
	}
	return 0;
}
