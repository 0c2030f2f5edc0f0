/*
 * What a mount of a request can't be.
 */
#include "model/attributes.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

enum {
	DATA_SIZE = 4096, /* the kernel takes less than a page, the smallest, and drops the rest without a word */
	KINDS = MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE,
	OTHER_DEEDS = MS_REMOUNT | MS_MOVE | KINDS, /* what mount(2) would take for something else than mounting */
};

static int refuse(struct maproot_error *err, const struct maproot_mount *mount, const char *why)
{
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "mount on '", mount->target, "' ", why, NULL);
}

static int check_filesystem(const struct maproot_mount *mount, struct maproot_error *err)
{
	if (!mount->type || !mount->type[0])
		return refuse(err, mount, "needs the type of a file system");
	if (mount->flags & MS_BIND)
		return refuse(err, mount, "can't be both a bind and a new file system");
	if (mount->read_only)
		return refuse(err, mount, "is of a file system: that is read-only by its flags");
	if (mount->data && strlen(mount->data) >= DATA_SIZE)
		return refuse(err, mount, "has more options than a page takes");
	return 0;
}

int mr_mount_check(const struct maproot_mount *mount, struct maproot_error *err)
{
	unsigned long kind = mount->propagation & KINDS;
	int code = 0;

	if (!mount->target || mount->target[0] != '/')
		return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "mount point '",
				      mount->target ? mount->target : "", "' is not an absolute path", NULL);
	if (mount->kind == MAPROOT_MOUNT_BIND && (!mount->source || !mount->source[0]))
		return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST, "a bind mount needs a source");
	if (mount->kind == MAPROOT_MOUNT_BIND && mount->data)
		return refuse(err, mount, "is a bind: it takes no options of a file system");
	if (mount->kind == MAPROOT_MOUNT_FILESYSTEM)
		code = check_filesystem(mount, err);
	if (code < 0)
		return code;
	if (mount->flags & OTHER_DEEDS)
		return refuse(err, mount, "has flags that aren't those of a mount");
	if (mount->propagation != 0 &&
	    ((mount->propagation & ~(unsigned long)(KINDS | MS_REC)) || kind == 0 || (kind & (kind - 1))))
		return refuse(err, mount, "needs one kind of propagation");
	return 0;
}
