/*
 * What a new root directory is given so that ordinary programs, package managers among them, work: /proc, /sys, a small /dev, the
 * caller's resolv.conf. Done inside of it, with the caller's root directory as the working directory, see root.c.
 */
#include "system/root_contents.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

int mr_root_add_proc(unsigned int created, struct maproot_error *err)
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
	return code;
}

static const char *const devices[] = { "dev/null", "dev/zero", "dev/full", "dev/random", "dev/urandom", "dev/tty" };

/* What they are by convention, and what leads to them. */
static const char *const links[][2] = { { "/proc/self/fd", "/dev/fd" },
					{ "/proc/self/fd/0", "/dev/stdin" },
					{ "/proc/self/fd/1", "/dev/stdout" },
					{ "/proc/self/fd/2", "/dev/stderr" },
					{ "pts/ptmx", "/dev/ptmx" } };

enum { DEVICE_COUNT = sizeof(devices) / sizeof(devices[0]),
       LINK_COUNT = sizeof(links) / sizeof(links[0]) };

static int furnish_dev(struct maproot_error *err)
{
	int code = mount_inside("tmpfs", "/dev", MS_NOSUID, "mode=755", err);

	for (size_t at = 0; code == 0 && at < DEVICE_COUNT; at++) {
		char target[16] = "/";

		code = bind_inside(devices[at], strcat(target, devices[at]), false, err);
	}
	for (size_t at = 0; code == 0 && at < LINK_COUNT; at++) {
		if (symlink(links[at][0], links[at][1]) < 0)
			code = mr_fail_pieces(err, errno, MAPROOT_STEP_MOUNT, "'", links[at][1], "'", NULL);
	}
	if (code == 0)
		code = furnish_terminals(err);
	if (code == 0)
		code = mount_inside("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777", err);
	return code;
}

/* The node itself, not what it says on the tin: an image may have a file there. */
static bool is_device(int fd, const char *source)
{
	struct stat found;
	struct stat want;

	return fstat(fd, &found) == 0 && stat(source, &want) == 0 && S_ISCHR(found.st_mode) &&
	       found.st_rdev == want.st_rdev;
}

static int add_device(const char *source, const char *target)
{
	mr_auto_place struct mr_place place = MR_NO_PLACE;
	char path[MR_DESCRIPTOR_PATH_SIZE];
	int code = mr_place_open(target, MR_MISSING_IS_FILE, &place);

	if (code < 0 || is_device(place.fd, source))
		return code;
	mr_mount_path("", place.fd, path);
	return mount(source, path, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

static int add_link(const char *target, const char *name, const struct mr_place *directory)
{
	return symlinkat(target, directory->fd, name) == 0 || errno == EEXIST ? 0 : -errno;
}

int mr_root_add_devices(struct maproot_error *err)
{
	mr_auto_place struct mr_place directory = MR_NO_PLACE;
	int code = mr_place_open("/dev", MR_MISSING_IS_DIRECTORY, &directory);

	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_MOUNT, "'/dev'");
	for (size_t at = 0; code == 0 && at < DEVICE_COUNT; at++) {
		char target[16] = "/";

		code = add_device(devices[at], strcat(target, devices[at]));
		if (code < 0)
			return mr_fail_pieces(err, -code, MAPROOT_STEP_MOUNT, "'", target, "'", NULL);
	}
	for (size_t at = 0; code == 0 && at < LINK_COUNT; at++) {
		code = add_link(links[at][0], links[at][1] + strlen("/dev/"), &directory);
		if (code < 0)
			return mr_fail_pieces(err, -code, MAPROOT_STEP_MOUNT, "'", links[at][1], "'", NULL);
	}
	return 0;
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
	char source[MR_DESCRIPTOR_PATH_SIZE];
	int code;

	if (resolver < 0 || access("/etc", F_OK) < 0)
		return 0; /* the host has none, or this is no system that would read it */
	code = make_link_target(path);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_MOUNT, "'/etc/resolv.conf'");
	mr_mount_path("", resolver, source);
	return bind_inside(source, path, false, err);
}

int mr_root_add_contents(int resolver, unsigned int created, struct maproot_error *err)
{
	int code = furnish_sys(created, err);

	if (code == 0)
		code = furnish_dev(err);
	return code < 0 ? code : furnish_resolver(resolver, err);
}
