/*
 * See leaving.h.
 */
#include "system/leaving.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CLOSE_ON_EXEC = 1 }; /* MFD_CLOEXEC */

static int lock(int fd, int how, short kind)
{
	struct flock whole = { .l_type = kind, .l_whence = SEEK_SET };
	int code;

	do
		code = fcntl(fd, how, &whole);
	while (code < 0 && errno == EINTR);
	return code < 0 ? -errno : 0;
}

int mr_leaving_open(void)
{
	return mr_raise_fd((int)syscall(SYS_memfd_create, "leaving", CLOSE_ON_EXEC));
}

int mr_leaving_begin(int fd)
{
	return lock(fd, F_SETLK, F_WRLCK);
}

int mr_leaving_await(int fd)
{
	int code = lock(fd, F_SETLKW, F_WRLCK);

	return code < 0 ? code : lock(fd, F_SETLK, F_UNLCK);
}
