/*
 * What only a process with a user namespace of its own can find out: how deep they can be nested, and whether it may
 * mount overlays and FUSE file systems. One child does it all, and all that it made ends with it. Makes system calls
 * only, as it is a copy of somebody's process.
 */
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "diagnose/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEVELS_AT_MOST = 40 }; /* the kernel ends it at 33 */

/* The others would be loaded by the kernel if they were tried. */
struct file_systems {
	bool fuse;
	bool overlay;
};

static int write_map(const char *path, uint32_t outer)
{
	char line[40];
	struct mr_text text = mr_text_in(line, sizeof(line));

	mr_text_add(&text, "0 ");
	mr_text_add_number(&text, outer);
	mr_text_add(&text, " 1");
	return mr_write_file(path, line, text.length);
}

/* Without maps it could not make another one. */
static int enter_new(int flags, uid_t user, gid_t group)
{
	int code;

	if (unshare(CLONE_NEWUSER | flags) < 0)
		return -errno;
	code = mr_write_file("/proc/self/setgroups", "deny", 4);
	if (code == 0 || code == -ENOENT) /* before Linux 3.19 there is no such file */
		code = write_map("/proc/self/uid_map", user);
	return code == 0 ? write_map("/proc/self/gid_map", group) : code;
}

/* Mounted over in this child's mount namespace: a directory that is there on every system. */
static const char *some_directory(void)
{
	static const char *const places[] = { "/tmp", "/dev", "/proc", "/usr", "/etc", "/" };
	size_t at = 0;

	while (at < sizeof(places) / sizeof(places[0]) - 1 && access(places[at], X_OK) < 0)
		at++;
	return places[at];
}

static int mount_fuse(const char *place)
{
	mr_auto_fd int fd = mr_open("/dev/fuse", O_RDWR, 0);
	char data[80];
	struct mr_text text = mr_text_in(data, sizeof(data));

	if (fd < 0)
		return -fd;
	mr_text_add(&text, "fd=");
	mr_text_add_number(&text, fd);
	mr_text_add(&text, ",rootmode=40000,user_id=0,group_id=0");
	return mount("maproot", place, "fuse", MS_NOSUID | MS_NODEV, data) < 0 ? errno : 0;
}

/*
 * With something to write to, on a tmpfs. User namespaces of Linux 5.11 and later want "userxattr", older kernels
 * don't know it.
 */
static int mount_overlay(const char *place)
{
	static const char options[] = "lowerdir=lower,upperdir=upper,workdir=work,userxattr";

	if (mount("maproot", place, "tmpfs", MS_NOSUID | MS_NODEV, NULL) < 0 || chdir(place) < 0 ||
	    mkdir("lower", 0700) < 0 || mkdir("upper", 0700) < 0 || mkdir("work", 0700) < 0)
		return -1; /* it is not the overlay that fails */
	if (mount("maproot", "lower", "overlay", 0, options) == 0)
		return 0;
	if (errno == EINVAL &&
	    mount("maproot", "lower", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work") == 0)
		return 0;
	return errno;
}

static void try_mounts(struct mr_doctor_inside *found, const struct file_systems *known)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return;
	if (known->fuse)
		found->fuse = mount_fuse(some_directory());
	if (known->overlay)
		found->overlay = mount_overlay(some_directory());
}

static void count_levels(struct mr_doctor_inside *found)
{
	int levels = 0;
	int code;

	do
		code = enter_new(0, 0, 0);
	while (code == 0 && ++levels < LEVELS_AT_MOST);
	found->levels = code == -ENOSPC || code == -EUSERS || levels == LEVELS_AT_MOST ? levels + 1 : -1;
}

/* Who is privileged, and can have no user namespace, mounts without one. */
static void examine(struct mr_doctor_inside *found, const struct file_systems *known, bool user_namespace)
{
	int code = user_namespace ? enter_new(CLONE_NEWNS, geteuid(), getegid()) : unshare(CLONE_NEWNS);

	if (code < 0)
		return;
	try_mounts(found, known);
	if (user_namespace)
		count_levels(found);
}

static bool find_file_systems(void *arg, const char *line)
{
	struct file_systems *known = arg;
	const char *name = strrchr(line, '\t');

	known->fuse = known->fuse || (name && strcmp(name, "\tfuse") == 0);
	known->overlay = known->overlay || (name && strcmp(name, "\toverlay") == 0);
	return true;
}

struct errand {
	struct mr_doctor_inside found;
	struct file_systems known;
	bool user_namespace;
};

static void examine_inside(void *memory)
{
	struct errand *errand = memory;

	examine(&errand->found, &errand->known, errand->user_namespace);
}

void mr_doctor_go_inside(struct mr_doctor *doctor)
{
	struct errand errand = { .found = doctor->inside, .user_namespace = doctor->maps };

	if (!doctor->maps && !doctor->privileged)
		return;
	(void)mr_evidence_lines(&doctor->machine, "/proc/filesystems", find_file_systems, &errand.known);
	(void)mr_doctor_run(examine_inside, &errand, sizeof(errand)); /* what it found before it was killed counts */
	doctor->inside = errand.found;
}
