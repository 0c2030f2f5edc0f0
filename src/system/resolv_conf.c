/*
 * A resolv.conf of our own. Its file is on a tmpfs that is mounted on the root directory, where no path leads that begins there
 * but "/..", and ".." when it comes to the root: so nothing is hidden meanwhile, no directory for it is needed, and /proc neither. Once the file is bound to
 * its place the tmpfs is taken off again, and lives as long as the file.
 */
#include "system/resolv_conf.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "system/mounts.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_open_tree
#define SYS_open_tree 428 /* Linux 5.2; the same numbers on every architecture */
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif

static const char target[] = "/etc/resolv.conf";
static const char name[] = "resolv.conf";

enum {
	FILE_MODE = 0644,
	DIRECTORY_MODE = 0755,
	OPEN_CLONE = 0x1, /* OPEN_TREE_CLONE and others of <linux/mount.h>, which does not live beside <sys/mount.h> */
	MOVE_FROM_DESCRIPTOR = 0x4,
	MOVE_TO_DESCRIPTOR = 0x40,
};

static int fail(int code, const char *what, struct maproot_error *err)
{
	return mr_fail_pieces(err, -code, MAPROOT_STEP_MOUNT, "'", target, "' ", what, NULL);
}

/* mkdir -p for everything above the last component. */
static int make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, DIRECTORY_MODE) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* Links to a resolver's directory below /run lead to nothing where no resolver runs. */
static int make_link_target(void)
{
	char link[PATH_MAX];
	char path[PATH_MAX];
	struct mr_text text = mr_text_in(path, sizeof(path));
	ssize_t length = readlink(target, link, sizeof(link) - 1);

	if (length <= 0)
		return 0; /* no link */
	link[length] = '\0';
	mr_text_add(&text, link[0] == '/' ? "" : "/etc/");
	mr_text_add(&text, link);
	return mr_text_is_cut(&text) ? -ENAMETOOLONG : make_parents(path);
}

static int make_place(void)
{
	mr_auto_fd int fd = -1;
	int code;

	if (access(target, F_OK) == 0)
		return 0;
	code = make_link_target();
	if (code < 0)
		return code;
	fd = mr_open(target, O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK, FILE_MODE);
	return fd < 0 ? fd : 0;
}

/* Returns the descriptor or -errno. */
static int open_place(void)
{
	int code = make_place();
	mr_auto_fd int fd = code < 0 ? code : mr_open(target, O_PATH, 0);
	struct stat info;

	if (fd < 0)
		return fd;
	if (fstat(fd, &info) < 0)
		return -errno;
	if (S_ISDIR(info.st_mode))
		return -EISDIR;
	return info.st_nlink == 0 ? -ESTALE : mr_take_fd(&fd); /* a mount of a deleted file: nothing can be mounted on it */
}

/* `memory`: the root directory of the tmpfs. */
static int write_file(int memory, const char *text)
{
	mr_auto_fd int fd = openat(memory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	int code = fd < 0 ? -errno : mr_write_once(fd, text, strlen(text));

	if (code == 0 && fchmod(fd, FILE_MODE) < 0) /* whatever the umask is */
		code = -errno;
	return code;
}

/* Before Linux 5.2. */
static int bind_by_path(int place)
{
	char path[40];
	struct mr_text out = mr_text_in(path, sizeof(path));

	mr_text_add(&out, "/proc/self/fd/");
	mr_text_add_number(&out, place);
	return mount(name, path, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

/* By descriptors: while the tmpfs is there a path that goes up to the root directory, as links do, would come out on it. */
static int bind_to(int place)
{
	mr_auto_fd int tree = (int)syscall(SYS_open_tree, AT_FDCWD, name, OPEN_CLONE | O_CLOEXEC);

	tree = mr_raise_fd(tree);
	if (tree < 0)
		return bind_by_path(place);
	return syscall(SYS_move_mount, tree, "", place, "", MOVE_FROM_DESCRIPTOR | MOVE_TO_DESCRIPTOR) < 0 ? -errno : 0;
}

static int fill_and_bind(int place, const char *text)
{
	mr_auto_fd int memory = mr_open("/..", O_PATH | O_DIRECTORY, 0);
	int code = memory < 0 ? memory : write_file(memory, text);

	if (code == 0 && fchdir(memory) < 0)
		code = -errno;
	if (code == 0)
		code = bind_to(place);
	/* Also after a failure: nobody is to find it on the root directory. */
	if (memory >= 0 && (fchdir(memory) < 0 || umount2(".", MNT_DETACH) < 0) && code == 0)
		code = -errno;
	return code;
}

int mr_resolv_conf_replace(const char *text, struct maproot_error *err)
{
	mr_auto_fd int directory = -1;
	mr_auto_fd int place = -1;
	int code;

	if (access("/etc", F_OK) < 0)
		return 0; /* this is no system that would read it */
	place = open_place();
	if (place < 0)
		return fail(place, "(making the mount point)", err);
	directory = mr_open(".", O_PATH | O_DIRECTORY, 0);
	if (directory < 0)
		return mr_fail(err, -directory, MAPROOT_STEP_OPEN, ".");
	code = mr_mount_new("tmpfs", "/", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=64k", err);
	if (code < 0)
		return code;
	code = fill_and_bind(place, text);
	if (fchdir(directory) < 0 && code == 0)
		code = -errno;
	return code < 0 ? fail(code, "with the name servers of the network", err) : 0;
}
