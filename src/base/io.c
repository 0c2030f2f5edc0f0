/*
 * Small files and descriptors. Knows nothing of what is in them.
 */
#include "base/io.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int mr_raise_fd(int fd)
{
	if (fd < 0)
		return -errno;
	if (fd > STDERR_FILENO)
		return fd;

	int raised = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int code = raised < 0 ? -errno : raised;

	mr_close_fd(&fd);
	return code;
}

int mr_open(const char *path, int flags, mode_t mode)
{
	int fd;

	/* musl's open() takes a second call to set O_CLOEXEC, for kernels that this one can't be; openat() does not. */
	do
		fd = openat(AT_FDCWD, path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return mr_raise_fd(fd);
}

int mr_write_once(int fd, const char *bytes, size_t count)
{
	ssize_t written;

	do
		written = write(fd, bytes, count);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	return (size_t)written == count ? 0 : -EIO;
}

int mr_write_file_at(int directory, const char *path, const char *bytes, size_t count)
{
	mr_auto_fd int fd = -1;

	do
		fd = openat(directory, path, O_WRONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	fd = mr_raise_fd(fd);
	return fd < 0 ? fd : mr_write_once(fd, bytes, count);
}

int mr_write_file(const char *path, const char *bytes, size_t count)
{
	return mr_write_file_at(AT_FDCWD, path, bytes, count);
}

ssize_t mr_read(int fd, void *buffer, size_t size)
{
	ssize_t got;

	do
		got = read(fd, buffer, size);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

int mr_read_file(const char *path, char *buffer, size_t size)
{
	mr_auto_fd int fd = mr_open(path, O_RDONLY, 0);
	size_t length = 0;

	if (fd < 0)
		return fd;
	while (length < size) {
		ssize_t got = mr_read(fd, buffer + length, size - length);

		if (got < 0)
			return (int)got;
		if (got == 0) {
			buffer[length] = '\0';
			return 0;
		}
		length += (size_t)got;
	}
	return -E2BIG;
}
