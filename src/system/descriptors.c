/*
 * Closing what a command is not to inherit. close_range(2), Linux 5.9; before it, one after the other.
 */
#include "system/furniture.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436 /* the same number on every architecture */
#endif

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2) /* Linux 5.11 */
#endif

static void close_now(int fd)
{
	(void)close(fd); /* most are not open */
}

static void close_on_exec(int fd)
{
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* most are not open */
}

static int each(int first, unsigned int last, unsigned int flags, void (*act)(int fd), struct maproot_error *err)
{
	struct rlimit limit;

	if (syscall(SYS_close_range, first, last, flags) == 0)
		return 0;
	if (errno != ENOSYS && errno != EINVAL)
		return mr_fail_number(err, errno, MAPROOT_STEP_CLOSE_FDS, first);
	/* The hard limit: descriptors stay open when the soft one is lowered below them. */
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return mr_fail_number(err, errno, MAPROOT_STEP_CLOSE_FDS, first);
	for (rlim_t fd = (rlim_t)first; fd < limit.rlim_max && fd < INT_MAX && fd <= last; fd++)
		act((int)fd);
	return 0;
}

int mr_descriptors_close_from(int first, struct maproot_error *err)
{
	return each(first, UINT_MAX, 0, close_now, err);
}

int mr_descriptors_close_on_exec_from(int first, struct maproot_error *err)
{
	return each(first, UINT_MAX, CLOSE_RANGE_CLOEXEC, close_on_exec, err);
}

/* The lowest one to be kept from `first` up; -1: none. */
static int next_kept(const int *keep, size_t count, int first)
{
	int lowest = -1;

	for (size_t at = 0; at < count; at++) {
		if (keep[at] >= first && (lowest < 0 || keep[at] < lowest))
			lowest = keep[at];
	}
	return lowest;
}

int mr_descriptors_close_but(const int *keep, size_t count, struct maproot_error *err)
{
	int first = 0;
	int code = 0;

	for (int kept = next_kept(keep, count, 0); code == 0 && kept >= 0; kept = next_kept(keep, count, first)) {
		if (kept > first)
			code = each(first, (unsigned int)kept - 1, 0, close_now, err);
		first = kept + 1;
	}
	return code < 0 ? code : mr_descriptors_close_from(first, err);
}
