/*
 * Kernel parameters of new namespaces, below /proc/sys. Which namespace a parameter is of is told by who asks, not by which /proc
 * is asked: so this is done in the caller's, before there is a root directory that somebody else made.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "model/attributes.h"
#include "system/attributes.h"
#include "system/furniture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* 0 or -errno. What is mounted over a file of /proc would take any value. */
static int check_proc(int fd)
{
	struct statfs info;

	if (fstatfs(fd, &info) < 0)
		return -errno;
	return (unsigned long)info.f_type == PROC_SUPER_MAGIC ? 0 : -EXDEV;
}

static int set(int directory, const struct mr_sysctl *sysctl)
{
	mr_auto_fd int fd = -1;
	int code;

	/* Their files belong to the machine's root; these calls to the namespace's. */
	if (strcmp(sysctl->path, "kernel/hostname") == 0)
		return sethostname(sysctl->value, strlen(sysctl->value)) < 0 ? -errno : 0;
	if (strcmp(sysctl->path, "kernel/domainname") == 0)
		return setdomainname(sysctl->value, strlen(sysctl->value)) < 0 ? -errno : 0;
	fd = mr_raise_fd(openat(directory, sysctl->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		return fd;
	code = check_proc(fd);
	return code < 0 ? code : mr_write_once(fd, sysctl->value, strlen(sysctl->value));
}

int mr_sysctls_set(const struct maproot_attributes *attributes, struct maproot_error *err)
{
	mr_auto_fd int directory = -1;
	int code;

	if (attributes->sysctl_count == 0)
		return 0;
	directory = mr_open("/proc/sys", O_PATH | O_DIRECTORY, 0);
	code = directory < 0 ? directory : check_proc(directory);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_OPEN, "/proc/sys");
	for (size_t at = 0; at < attributes->sysctl_count; at++) {
		struct mr_sysctl sysctl;

		code = mr_sysctl_read(attributes->sysctls[at], &sysctl);
		if (code == 0)
			code = set(directory, &sysctl);
		if (code < 0)
			return mr_fail(err, -code, MAPROOT_STEP_SYSCTL, attributes->sysctls[at]);
	}
	return 0;
}
