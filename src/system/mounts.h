/*
 * Mounts in a mount namespace of our own. mount(2), mount_namespaces(7). In the child.
 */
#ifndef MR_SYSTEM_MOUNTS_H
#define MR_SYSTEM_MOUNTS_H

#include "system/place.h"

#include <maproot/run.h>
#include <sys/mount.h>

/* Changes the propagation of everything below "/". */
int mr_mounts_propagate(enum maproot_propagation propagation, struct maproot_error *err);

/* Carries out request->mounts in this process's root directory, and hides paths of it as the attributes want it. */
int mr_mounts_make(const struct maproot_request *request, unsigned int created, struct maproot_error *err);

/*
 * Makes request->root the root directory, with /proc, /sys, /dev, /dev/pts, /dev/shm and /etc/resolv.conf in it,
 * unless it is to be bare, and request->mounts on top; paths of it are hidden as the attributes want it. Every target
 * is looked up inside the new root, whatever symbolic links it holds.
 * `created` tells which of the namespaces that /proc and /sys show are new, and so may be mounted afresh.
 */
int mr_root_enter(const struct maproot_request *request, unsigned int created,
		  struct maproot_error *err);

/* The pieces. Sources are looked up from the working directory. */
int mr_mount_bind(const char *source, const char *target, bool read_only, struct maproot_error *err);
int mr_mount_new(const char *type, const char *target, unsigned long flags, const char *options,
		 struct maproot_error *err);

/* Where to mount. */
struct mr_mount_point {
	const char *name; /* for errors */
	const char *path; /* for mount(2) */
	/* Through which what was mounted there is reached; NULL: by `path`, as it does not lead below it. */
	const struct mr_place *place;
};

/* Binds the source with all that is below it, read-only. 0 or -errno. */
int mr_mount_bind_read_only(const char *source, const struct mr_mount_point *point);

/*
 * One mount of a request. `source`: of a bind, as this process reaches it. `host`: before "proc" and "sys" of the caller, "" where
 * the working directory is its root directory, else "/".
 */
int mr_mount_requested(const struct maproot_mount *mount, const char *source, const struct mr_mount_point *point,
		       const char *host, unsigned int created, struct maproot_error *err);

/*
 * The path to what was mounted at a point that has a place; `fd` is open as long as it is good. `bound`: what has to be there, else
 * -ESTALE; NULL: anything.
 */
enum { MR_DESCRIPTOR_PATH_SIZE = 40 };
int mr_mount_reach(const struct mr_mount_point *point, const char *bound, int *fd, char path[MR_DESCRIPTOR_PATH_SIZE]);

/* The flags of a mount, as opposed to those of the file system on it. */
enum {
	MR_NO_SYMFOLLOW = 256, /* MS_NOSYMFOLLOW, Linux 5.10 */
	MR_MOUNT_FLAGS = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME |
			 MR_NO_SYMFOLLOW,
};

/* Remounts one mount, with these flags (MS_*) besides those that it has. 0 or -errno. */
int mr_mount_add_flags(const char *path, unsigned long flags);

/* The path of an open file, for mount(2): "proc/self/fd/5" after `host`, as above. */
void mr_mount_path(const char *host, int fd, char path[MR_DESCRIPTOR_PATH_SIZE]);

/*
 * attributes->masked, read_only and read_only_root: in this process's root directory, while the working directory is that of the
 * caller.
 */
int mr_paths_hide(const struct maproot_attributes *attributes, struct maproot_error *err);

#endif
