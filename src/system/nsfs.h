/*
 * Namespaces as files: opened, and judged on the open descriptor. ioctl_ns(2), namespaces(7). In the child.
 */
#ifndef MR_SYSTEM_NSFS_H
#define MR_SYSTEM_NSFS_H

#include <maproot/namespace.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What one namespace is, for the kernel's life the same. */
struct mr_nsfs_id {
	dev_t device;
	ino_t inode;
};

static inline bool mr_nsfs_same(struct mr_nsfs_id one, struct mr_nsfs_id other)
{
	return one.inode == other.inode && one.device == other.device;
}

/*
 * Opens what is at a path, whatever it is, without waiting for anything; close-on-exec and above 2. Returns the
 * descriptor, or -errno with step OPEN_NAMESPACE; NOT_NAMESPACE for what can't be opened as it is a socket, or a device
 * without one.
 */
int mr_nsfs_open(const char *path, struct maproot_error *err);

/*
 * Makes sure that a descriptor is a namespace (NOT_NAMESPACE), and says of which type and which one. `name` is what
 * messages call it. 0 or -errno.
 */
int mr_nsfs_judge(int fd, const char *name, enum maproot_namespace *ret_type, struct mr_nsfs_id *ret_id,
		  struct maproot_error *err);

/* Which one an open namespace is. 0 or -errno. */
int mr_nsfs_id_of(int fd, struct mr_nsfs_id *ret_id);

/* Whether it is that one. */
bool mr_nsfs_is(int fd, struct mr_nsfs_id id);

/*
 * The user namespace that owns a namespace (that of a user namespace is its parent), opened; or the parent of a user
 * namespace. Returns the descriptor or -errno: -EPERM when that is neither the caller's own user namespace nor below
 * it.
 */
int mr_nsfs_owner(int fd);
int mr_nsfs_parent(int user_fd);

/* Who made a user namespace, as seen from the caller's. 0 or -errno. */
int mr_nsfs_owner_user(int user_fd, uid_t *ret_user);

/*
 * Where a thread's namespaces are found: "/proc/thread-self/ns/NAME" of the type, with "_for_children" for pid and
 * time, as these are what joining changes.
 */
enum { MR_NSFS_PATH_SIZE = 64 };
void mr_nsfs_own_path(enum maproot_namespace type, char path[MR_NSFS_PATH_SIZE]);

/* Which namespace the calling thread is in; of pid and time, its next children. 0 or -errno. */
int mr_nsfs_own_id(enum maproot_namespace type, struct mr_nsfs_id *ret_id);

/* The same, opened. Returns the descriptor or -errno. */
int mr_nsfs_open_own(enum maproot_namespace type);

#endif
