/*
 * Ownership in the type: a variable marked mr_auto_fd is closed when it goes out of scope, unless
 * mr_take_fd() handed it over. Closers keep errno.
 */
#ifndef MR_BASE_CLEANUP_H
#define MR_BASE_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define mr_auto_fd   __attribute__((cleanup(mr_close_fd)))
#define mr_auto_free __attribute__((cleanup(mr_free_pointer)))

static inline void mr_close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd); /* nothing was written through it that close could still lose */
	*fd = -1;
	errno = saved;
}

static inline int mr_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void mr_free_pointer(void *pointer)
{
	int saved = errno;

	free(*(void **)pointer);
	errno = saved;
}

#endif
