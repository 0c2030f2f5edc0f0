/*
 * A directory becomes the root directory, furnished so that ordinary programs, package managers among them, work.
 *
 * While it is furnished this process sits in a chroot of it, with the old root directory as its working
 * directory: absolute paths, and whatever symbolic links they meet, stay inside the new root, and relative
 * ones lead to the old. So no link in a root file system made by somebody else leads a mount astray.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "system/mounts.h"
#include "system/root_contents.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Three places to look paths up from. */
struct places {
	int old_root;
	int new_root;
	int directory; /* the caller's working directory, for relative sources */
};

static int fail_root(struct maproot_error *err, const struct maproot_request *request)
{
	return mr_fail(err, errno, MAPROOT_STEP_ROOT, request->root);
}

static bool go_inside(const struct places *places)
{
	return fchdir(places->new_root) == 0 && chroot(".") == 0 && fchdir(places->old_root) == 0;
}

static bool go_outside(const struct places *places)
{
	return fchdir(places->old_root) == 0 && chroot(".") == 0 && fchdir(places->directory) == 0;
}

/* Opens the source of a bind outside, and says whether it is a directory. */
static int open_source(const struct places *places, const char *source, bool *ret_directory)
{
	mr_auto_fd int fd = -1;
	struct stat info;

	if (!go_outside(places))
		return -errno;
	fd = mr_open(source, O_PATH, 0);
	if (!go_inside(places))
		return -errno;
	if (fd < 0)
		return fd;
	if (fstat(fd, &info) < 0)
		return -errno;
	*ret_directory = S_ISDIR(info.st_mode);
	return mr_take_fd(&fd);
}

/* One mount of the request: the source is looked up outside, the target inside. */
static int mount_requested(const struct places *places, const struct maproot_mount *mount, unsigned int created,
			   struct maproot_error *err)
{
	mr_auto_place struct mr_place place = MR_NO_PLACE;
	mr_auto_fd int fd = -1;
	char source[MR_DESCRIPTOR_PATH_SIZE];
	char target[MR_DESCRIPTOR_PATH_SIZE];
	const struct mr_mount_point point = { mount->target, target, &place };
	bool directory = true;
	int code;

	if (mount->kind == MAPROOT_MOUNT_BIND) {
		fd = open_source(places, mount->source, &directory);
		if (fd < 0)
			return mr_fail(err, -fd, MAPROOT_STEP_BIND, mount->source);
		mr_mount_path("", fd, source);
	}
	code = mr_place_open(mount->target, directory ? MR_MISSING_IS_DIRECTORY : MR_MISSING_IS_FILE, &place);
	if (code < 0)
		return mr_fail_pieces(err, -code, MAPROOT_STEP_MOUNT, "'", mount->target, "' (making the mount point)", NULL);
	mr_mount_path("", place.fd, target);
	return mr_mount_requested(mount, source, &point, "", created, err);
}

/* A mount that is, or lies in, a proc file system. */
static bool is_of_proc(const struct maproot_mount *mount)
{
	const char *target = mount->target;

	while (*target == '/' || strncmp(target, "./", 2) == 0)
		target++;
	return mount->kind == MAPROOT_MOUNT_PROC ||
	       (mount->kind == MAPROOT_MOUNT_FILESYSTEM && strcmp(mount->type, "proc") == 0) ||
	       (strncmp(target, "proc", 4) == 0 && (target[4] == '/' || target[4] == '\0'));
}

static int mount_all_requested(const struct maproot_request *request, const struct places *places,
			       bool of_proc, unsigned int created, struct maproot_error *err)
{
	int code = 0;

	for (size_t at = 0; code == 0 && at < request->mount_count; at++) {
		if (is_of_proc(&request->mounts[at]) == of_proc)
			code = mount_requested(places, &request->mounts[at], created, err);
	}
	return code;
}

static int furnish(const struct maproot_request *request, const struct places *places, int resolver,
		   unsigned int created, struct maproot_error *err)
{
	int code = mr_root_add_contents(resolver, created, err);

	if (code == 0)
		code = mount_all_requested(request, places, false, created, err);
	/* Last, because a link of the tree to /proc/self/cwd would lead out of it. */
	if (code == 0)
		code = mr_root_add_proc(created, err);
	return code < 0 ? code : mount_all_requested(request, places, true, created, err);
}

/* The order is the caller's: targets are looked up in a way that takes links of /proc by their text. */
static int furnish_bare(const struct maproot_request *request, const struct places *places, unsigned int created,
			struct maproot_error *err)
{
	int code = 0;

	for (size_t at = 0; code == 0 && at < request->mount_count; at++)
		code = mount_requested(places, &request->mounts[at], created, err);
	return code == 0 && request->attributes->default_devices ? mr_root_add_devices(err) : code;
}

static int pivot(const struct maproot_request *request, const struct places *places,
		 struct maproot_error *err)
{
	if (fchdir(places->old_root) < 0 || chroot(".") < 0 || fchdir(places->new_root) < 0)
		return fail_root(err, request);
	/* Both arguments the same: the old root ends up on top of the new one, and is taken off there. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return fail_root(err, request);
	/* Slave first: taking it off must not be seen by namespaces that share it. */
	if (fchdir(places->old_root) < 0 || mount(NULL, ".", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return fail_root(err, request);
	return 0;
}

/* The present root directory is what "/" still leads to when something is mounted on it; "/.." leads to that. */
static const char *root_path(const char *root)
{
	struct stat present;
	struct stat named;

	if (stat("/", &present) == 0 && stat(root, &named) == 0 && present.st_dev == named.st_dev &&
	    present.st_ino == named.st_ino)
		return "/..";
	return root;
}

int mr_root_enter(const struct maproot_request *request, unsigned int created,
		  struct maproot_error *err)
{
	const struct maproot_attributes *attributes = request->attributes;
	bool bare = attributes && attributes->bare_root;
	mr_auto_fd int old_root = mr_open("/", O_PATH | O_DIRECTORY, 0);
	mr_auto_fd int directory = mr_open(".", O_PATH | O_DIRECTORY, 0);
	mr_auto_fd int resolver = bare ? -ENOENT : mr_open("/etc/resolv.conf", O_PATH, 0);

	if (old_root < 0 || directory < 0)
		return mr_fail(err, old_root < 0 ? -old_root : -directory, MAPROOT_STEP_OPEN,
			       old_root < 0 ? "/" : ".");
	if (resolver < 0 && resolver != -ENOENT && resolver != -EACCES)
		return mr_fail(err, -resolver, MAPROOT_STEP_OPEN, "/etc/resolv.conf");
	/* pivot_root(2) wants a mount point. */
	if (mount(request->root, request->root, NULL, MS_BIND | MS_REC, NULL) < 0)
		return fail_root(err, request);

	mr_auto_fd int new_root = mr_open(root_path(request->root), O_PATH | O_DIRECTORY, 0);
	const struct places places = { old_root, new_root, directory };
	int code;

	if (new_root < 0)
		return mr_fail(err, -new_root, MAPROOT_STEP_ROOT, request->root);
	if (!go_inside(&places))
		return fail_root(err, request);
	code = bare ? furnish_bare(request, &places, created, err) : furnish(request, &places, resolver, created, err);
	/* Here, where what covers a path can be fetched from outside. */
	if (code == 0 && attributes)
		code = mr_paths_hide(attributes, err);
	return code < 0 ? code : pivot(request, &places, err);
}
