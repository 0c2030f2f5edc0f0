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
#include "base/text.h"
#include "system/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

enum { DESCRIPTOR_PATH_SIZE = 40 };

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

/* Inside, with the old root as working directory: the path of something that was opened outside. */
static void descriptor_path(int fd, char *path)
{
	struct mr_text text = mr_text_in(path, DESCRIPTOR_PATH_SIZE);

	mr_text_add(&text, "proc/self/fd/");
	mr_text_add_number(&text, fd);
}

/* mkdir -p for everything above the last component, and for that too if it is to be a directory. */
static int make_parents(const char *target, bool itself)
{
	char path[PATH_MAX];
	struct mr_text text = mr_text_in(path, sizeof(path));

	mr_text_add(&text, target);
	if (mr_text_is_cut(&text))
		return -ENAMETOOLONG;
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return !itself || mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -errno;
}

/* A mount point inside: what is there stays as it is, what is missing is made. */
static int make_target(const char *target, bool directory, struct maproot_error *err)
{
	struct stat info;
	int code;

	if (stat(target, &info) == 0)
		return 0;
	code = make_parents(target, directory);
	if (code == 0 && !directory) {
		mr_auto_fd int fd = mr_open(target, O_WRONLY | O_CREAT | O_NOCTTY, 0644);

		code = fd < 0 ? fd : 0;
	}
	return code < 0 ? mr_fail_pieces(err, -code, MAPROOT_STEP_MOUNT, "'", target,
					 "' (making the mount point)", NULL) :
			  0;
}

/* Binds something of the old root, "dev/null" say, to an absolute path of the new. */
static int bind_inside(const char *source, const char *target, bool directory, struct maproot_error *err)
{
	int code = make_target(target, directory, err);

	return code < 0 ? code : mr_mount_bind(source, target, false, err);
}

static int mount_inside(const char *type, const char *target, unsigned long flags, const char *options,
			struct maproot_error *err)
{
	int code = make_target(target, true, err);

	return code < 0 ? code : mr_mount_new(type, target, flags, options, err);
}

static int furnish_proc(unsigned int created, struct maproot_error *err)
{
	if (created & MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_PID))
		return mount_inside("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, err);
	return bind_inside("proc", "/proc", true, err);
}

static int furnish_sys(unsigned int created, struct maproot_error *err)
{
	/* sysfs shows the devices of the network namespace that mounts it, and only its owner may. */
	if ((created & MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_NET)) &&
	    mount_inside("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, NULL) == 0)
		return 0;
	return bind_inside("sys", "/sys", true, err);
}

static int furnish_terminals(struct maproot_error *err)
{
	/* Group 5 owns terminals by tradition; where it is not mapped the option is refused. */
	struct maproot_error refusal = MAPROOT_ERROR_INIT;
	int code = mount_inside("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
				"newinstance,ptmxmode=0666,mode=0620,gid=5", &refusal);

	if (code == -EINVAL)
		code = mount_inside("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
				    "newinstance,ptmxmode=0666,mode=0620", err);
	else if (code < 0)
		code = mr_error_pass(err, &refusal);
	if (code < 0)
		return code;
	if (symlink("pts/ptmx", "/dev/ptmx") < 0)
		return mr_fail(err, errno, MAPROOT_STEP_MOUNT, "'/dev/ptmx'");
	return 0;
}

static int furnish_dev(struct maproot_error *err)
{
	static const char *const devices[] = { "dev/null", "dev/zero", "dev/full",
					       "dev/random", "dev/urandom", "dev/tty" };
	static const char *const links[][2] = { { "/proc/self/fd", "/dev/fd" },
						{ "/proc/self/fd/0", "/dev/stdin" },
						{ "/proc/self/fd/1", "/dev/stdout" },
						{ "/proc/self/fd/2", "/dev/stderr" } };
	int code = mount_inside("tmpfs", "/dev", MS_NOSUID, "mode=755", err);

	for (size_t at = 0; code == 0 && at < sizeof(devices) / sizeof(devices[0]); at++) {
		char target[16] = "/";

		code = bind_inside(devices[at], strcat(target, devices[at]), false, err);
	}
	for (size_t at = 0; code == 0 && at < sizeof(links) / sizeof(links[0]); at++) {
		if (symlink(links[at][0], links[at][1]) < 0)
			code = mr_fail_pieces(err, errno, MAPROOT_STEP_MOUNT, "'", links[at][1], "'", NULL);
	}
	if (code == 0)
		code = furnish_terminals(err);
	if (code == 0)
		code = mount_inside("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777", err);
	return code;
}

/* Where a link of the root file system points to nothing yet, as those to systemd's resolver do. */
static int make_link_target(const char *link)
{
	char target[PATH_MAX];
	char absolute[PATH_MAX];
	struct mr_text text = mr_text_in(absolute, sizeof(absolute));
	ssize_t length = readlink(link, target, sizeof(target) - 1);

	if (length <= 0)
		return 0; /* no link: make_target() does the rest */
	target[length] = '\0';
	if (target[0] != '/')
		mr_text_add(&text, "/etc/");
	mr_text_add(&text, target);
	return mr_text_is_cut(&text) ? -ENAMETOOLONG : make_parents(absolute, false);
}

static int furnish_resolver(int resolver, struct maproot_error *err)
{
	static const char path[] = "/etc/resolv.conf";
	char source[DESCRIPTOR_PATH_SIZE];
	int code;

	if (resolver < 0 || access("/etc", F_OK) < 0)
		return 0; /* the host has none, or this is no system that would read it */
	code = make_link_target(path);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_MOUNT, "'/etc/resolv.conf'");
	descriptor_path(resolver, source);
	return bind_inside(source, path, false, err);
}

/* One mount of the request: the source is looked up outside, the target inside. */
static int mount_requested(const struct places *places, const struct maproot_mount *mount,
			   struct maproot_error *err)
{
	char source[DESCRIPTOR_PATH_SIZE];
	struct stat info;

	if (mount->kind == MAPROOT_MOUNT_TMPFS)
		return mount_inside("tmpfs", mount->target, MS_NOSUID | MS_NODEV, "mode=755", err);
	if (mount->kind == MAPROOT_MOUNT_PROC)
		return mount_inside("proc", mount->target, MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, err);
	if (!go_outside(places))
		return mr_fail(err, errno, MAPROOT_STEP_ROOT, "/");

	mr_auto_fd int fd = mr_open(mount->source, O_PATH, 0);

	if (fd < 0)
		return mr_fail(err, -fd, MAPROOT_STEP_BIND, mount->source);
	if (fstat(fd, &info) < 0 || !go_inside(places))
		return mr_fail(err, errno, MAPROOT_STEP_BIND, mount->source);
	descriptor_path(fd, source);

	int code = make_target(mount->target, S_ISDIR(info.st_mode), err);

	if (code < 0)
		return code;
	code = mr_mount_bind(source, mount->target, mount->read_only, NULL);
	return code < 0 ? mr_fail_pieces(err, -code, MAPROOT_STEP_BIND, mount->source, "' on '",
					 mount->target, NULL) :
			  0;
}

/* A mount that is, or lies in, a proc file system. */
static bool is_of_proc(const struct maproot_mount *mount)
{
	const char *target = mount->target;

	while (*target == '/' || strncmp(target, "./", 2) == 0)
		target++;
	return mount->kind == MAPROOT_MOUNT_PROC ||
	       (strncmp(target, "proc", 4) == 0 && (target[4] == '/' || target[4] == '\0'));
}

static int mount_all_requested(const struct maproot_request *request, const struct places *places,
			       bool of_proc, struct maproot_error *err)
{
	int code = 0;

	for (size_t at = 0; code == 0 && at < request->mount_count; at++) {
		if (is_of_proc(&request->mounts[at]) == of_proc)
			code = mount_requested(places, &request->mounts[at], err);
	}
	return code;
}

static int furnish(const struct maproot_request *request, const struct places *places, int resolver,
		   unsigned int created, struct maproot_error *err)
{
	int code = furnish_sys(created, err);

	if (code == 0)
		code = furnish_dev(err);
	if (code == 0)
		code = furnish_resolver(resolver, err);
	if (code == 0)
		code = mount_all_requested(request, places, false, err);
	/* Last, because a link of the tree to /proc/self/cwd would lead out of it. */
	if (code == 0)
		code = furnish_proc(created, err);
	return code < 0 ? code : mount_all_requested(request, places, true, err);
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
	mr_auto_fd int old_root = mr_open("/", O_PATH | O_DIRECTORY, 0);
	mr_auto_fd int directory = mr_open(".", O_PATH | O_DIRECTORY, 0);
	mr_auto_fd int resolver = mr_open("/etc/resolv.conf", O_PATH, 0);

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
	code = furnish(request, &places, resolver, created, err);
	return code < 0 ? code : pivot(request, &places, err);
}
