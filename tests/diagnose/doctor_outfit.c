/*
 * Machines with more, or less, than this one: devices, programs, control groups.
 */
#include "doctor_report.h"
#include "situation.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* A device like that one, with other permissions. */
static void share_device(const char *path, mode_t mode)
{
	const char *copy = support_text("%s/device-%d", support_directory(), (int)getpid());
	struct stat info;

	unit_private_mounts();
	if (stat(path, &info) < 0 || mknod(copy, S_IFCHR | mode, info.st_rdev) < 0 || chmod(copy, mode) < 0 ||
	    mount(copy, path, NULL, MS_BIND, NULL) < 0)
		support_die("cannot open %s for all", path);
	unit_become_user();
}

void with_open_tun(void)
{
	share_device("/dev/net/tun", 0666);
}

void with_open_fuse(void)
{
	share_device("/dev/fuse", 0666);
}

void without_tun(void)
{
	unit_private_mounts();
	if (mount("tmpfs", "/dev/net", "tmpfs", 0, NULL) < 0)
		support_die("cannot cover /dev/net");
	unit_become_user();
}

void without_programs(void)
{
	unit_private_mounts();
	unit_only_programs_of(support_directory());
	unit_become_user();
}

/* As systemd delegates one. */
void in_own_group(void)
{
	static const char *const files[] = { "", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads" };
	const char *group = make_group("/sys/fs/cgroup/unified");
	FILE *procs = fopen(support_text("%s/cgroup.procs", group), "we");

	for (size_t at = 0; at < UNIT_COUNT(files); at++) {
		if (chown(support_text("%s%s", group, files[at]), support_user()->uid, support_user()->gid) < 0)
			support_die("cannot give %s away", group);
	}
	if (!procs || fprintf(procs, "%d", (int)getpid()) < 0 || fclose(procs) != 0)
		support_die("cannot enter %s", group);
	unit_become_user();
}

void with_closed_fuse(void)
{
	share_device("/dev/fuse", 0600);
}
