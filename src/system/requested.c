/*
 * The mounts that a request lists: binds and file systems with their flags and propagation. Where their targets are, is root.c's
 * concern.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "system/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BIT(id) MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_##id)

/* Flags and propagation of what was just bound (`bound`) or mounted (NULL). */
static int finish(const struct maproot_mount *wish, unsigned long flags, const char *bound,
		  const struct mr_mount_point *point, struct maproot_error *err)
{
	char buffer[MR_DESCRIPTOR_PATH_SIZE];
	const char *path = point->path;
	mr_auto_fd int fd = -1;
	int code = 0;

	flags &= MR_MOUNT_FLAGS;
	if (flags == 0 && wish->propagation == 0)
		return 0;
	if (point->place) {
		code = mr_mount_reach(point, bound, &fd, buffer);
		path = buffer;
	}
	if (code == 0 && flags != 0)
		code = mr_mount_add_flags(path, flags);
	if (code < 0)
		return mr_fail_pieces(err, -code, MAPROOT_STEP_MOUNT, "'", point->name, "' (its flags)", NULL);
	if (wish->propagation != 0 && mount(NULL, path, NULL, wish->propagation, NULL) < 0)
		return mr_fail_pieces(err, errno, MAPROOT_STEP_MOUNT, "'", point->name, "' (its propagation)", NULL);
	return 0;
}

static int bind(const struct maproot_mount *wish, const char *source, const struct mr_mount_point *point,
		struct maproot_error *err)
{
	unsigned long recursive = wish->flags == 0 ? MS_REC : wish->flags & MS_REC;
	unsigned long flags = wish->flags;
	int code;

	if (wish->read_only && recursive)
		code = mr_mount_bind_read_only(source, point);
	else
		code = mount(source, point->path, NULL, MS_BIND | recursive, NULL) < 0 ? -errno : 0;
	if (code < 0)
		return mr_fail_pieces(err, -code, MAPROOT_STEP_BIND, wish->source, "' on '", point->name, NULL);
	if (wish->read_only && !recursive)
		flags |= MS_RDONLY;
	return finish(wish, flags, source, point, err);
}

/* Root of a user namespace mounts these where what they show is its own, else they show what the caller's show. */
static const char *stand_in_for(const char *type, unsigned int created)
{
	if (strcmp(type, "proc") == 0 && !(created & BIT(PID)))
		return "proc";
	if (strcmp(type, "sysfs") == 0 && !(created & BIT(NET)))
		return "sys";
	return NULL;
}

/* `path`: below the caller's root directory. Read-only it is with all that is below it: nobody asked for that to be there. */
static int bind_stand_in(const struct maproot_mount *wish, const char *path, const struct mr_mount_point *point,
			 const char *host, struct maproot_error *err)
{
	char source[32];
	struct mr_text text = mr_text_in(source, sizeof(source));
	int code;

	mr_text_add(&text, host);
	mr_text_add(&text, path);
	if (wish->flags & MS_RDONLY)
		code = mr_mount_bind_read_only(source, point);
	else
		code = mount(source, point->path, NULL, MS_BIND | MS_REC, NULL) < 0 ? -errno : 0;
	if (code < 0)
		return mr_fail_pieces(err, -code, MAPROOT_STEP_MOUNT, "the caller's ", wish->type, " on '", point->name, "'",
				      NULL);
	return finish(wish, wish->flags, source, point, err);
}

/*
 * "cgroup" alone is what the OCI runtime-spec calls whatever version the machine has. Version 1, which is many mounts, is the
 * caller's.
 */
static int mount_cgroup(const struct maproot_mount *wish, const struct mr_mount_point *point, const char *host,
			struct maproot_error *err)
{
	static const char path[] = "sys/fs/cgroup";
	char source[32];
	struct mr_text text = mr_text_in(source, sizeof(source));
	struct statfs info;

	mr_text_add(&text, host);
	mr_text_add(&text, path);
	if (statfs(source, &info) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_MOUNT, "the caller's /sys/fs/cgroup");
	if ((unsigned long)info.f_type != CGROUP2_SUPER_MAGIC)
		return bind_stand_in(wish, path, point, host, err);
	if (mount("cgroup", point->path, "cgroup2", wish->flags, NULL) == 0)
		return finish(wish, 0, NULL, point, err);
	if (errno == EPERM) /* of a cgroup namespace that isn't ours */
		return bind_stand_in(wish, path, point, host, err);
	return mr_fail_pieces(err, errno, MAPROOT_STEP_MOUNT, "a new cgroup2 on '", point->name, "'", NULL);
}

static int mount_new(const struct maproot_mount *wish, const struct mr_mount_point *point, const char *host,
		     unsigned int created, struct maproot_error *err)
{
	const char *stand_in = stand_in_for(wish->type, created);

	if (strcmp(wish->type, "cgroup") == 0 && !wish->data)
		return mount_cgroup(wish, point, host, err);
	if (mount(wish->source ? wish->source : wish->type, point->path, wish->type, wish->flags, wish->data) == 0)
		return finish(wish, 0, NULL, point, err);
	if (errno == EPERM && stand_in)
		return bind_stand_in(wish, stand_in, point, host, err);
	return mr_fail_pieces(err, errno, MAPROOT_STEP_MOUNT, "a new ", wish->type, " on '", point->name,
			      wish->data ? "' with " : "'", wish->data, NULL);
}

static int make(const struct maproot_mount *wish, const char *source, const struct mr_mount_point *point,
		const char *host, unsigned int created, struct maproot_error *err)
{
	struct maproot_mount usual = { .source = wish->source, .propagation = wish->propagation };

	switch (wish->kind) {
	case MAPROOT_MOUNT_BIND:
		return bind(wish, source, point, err);
	case MAPROOT_MOUNT_TMPFS:
		usual.type = "tmpfs";
		usual.flags = MS_NOSUID | MS_NODEV;
		usual.data = "mode=755";
		break;
	case MAPROOT_MOUNT_PROC:
		usual.type = "proc";
		usual.flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
		break;
	case MAPROOT_MOUNT_FILESYSTEM:
		return mount_new(wish, point, host, created, err);
	}
	if (mount(usual.type, point->path, usual.type, usual.flags, usual.data) < 0)
		return mr_fail_pieces(err, errno, MAPROOT_STEP_MOUNT, "a new ", usual.type, " on '", point->name, "'", NULL);
	return 0;
}

int mr_mount_requested(const struct maproot_mount *wish, const char *source, const struct mr_mount_point *point,
		       const char *host, unsigned int created, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	int code = make(wish, source, point, host, created, &why);

	if (code == 0)
		return 0;
	if (!wish->passed_over)
		return mr_error_pass(err, &why);
	wish->passed_over(&why);
	return 0;
}

/* Relative sources are the caller's, and so is the directory that is to be kept. */
static int hide_paths(const struct maproot_attributes *attributes, struct maproot_error *err)
{
	mr_auto_fd int directory = mr_open(".", O_PATH | O_DIRECTORY, 0);
	int code;

	if (directory < 0)
		return mr_fail(err, -directory, MAPROOT_STEP_OPEN, ".");
	if (chdir("/") < 0)
		return mr_fail(err, errno, MAPROOT_STEP_CHDIR, "/");
	code = mr_paths_hide(attributes, err);
	if (code == 0 && fchdir(directory) < 0)
		code = mr_fail(err, errno, MAPROOT_STEP_CHDIR, ".");
	return code;
}

int mr_mounts_make(const struct maproot_request *request, unsigned int created, struct maproot_error *err)
{
	const struct maproot_attributes *attributes = request->attributes;
	int code = 0;

	for (size_t at = 0; code == 0 && at < request->mount_count; at++) {
		const struct maproot_mount *wish = &request->mounts[at];
		const struct mr_mount_point point = { wish->target, wish->target, NULL };

		code = mr_mount_requested(wish, wish->source, &point, "/", created, err);
	}
	if (code == 0 && attributes &&
	    (attributes->masked_count > 0 || attributes->read_only_count > 0 || attributes->read_only_root))
		code = hide_paths(attributes, err);
	return code;
}
