/*
 * Files, without surprises: EINTR is retried, nothing lands on descriptors 0-2, what is written is written
 * whole. Async-signal-safe.
 */
#ifndef MR_BASE_IO_H
#define MR_BASE_IO_H

#include <stddef.h>
#include <sys/types.h>

/*
 * open(2) with O_CLOEXEC; a descriptor below 3 is moved up, so that a caller's closed stdin, stdout or stderr
 * stays closed. Returns the descriptor or -errno.
 */
int mr_open(const char *path, int flags, mode_t mode);

/* Moves a descriptor that landed on 0-2 up. Takes `fd`; passes -1 through with errno. Returns it or -errno. */
int mr_raise_fd(int fd);

/* One write(2): for kernel files that take a value whole or not at all. Returns 0 or -errno; short: -EIO. */
int mr_write_once(int fd, const char *bytes, size_t count);

/* The same for what is below an open directory. */
int mr_write_file_at(int directory, const char *path, const char *bytes, size_t count);

/* Opens, writes once, closes. */
int mr_write_file(const char *path, const char *bytes, size_t count);

/* read(2). Returns the count, 0 at the end, or -errno. */
ssize_t mr_read(int fd, void *buffer, size_t size);

/* Reads the start of a small file as a string. Returns 0; -E2BIG where it does not fit; or -errno. */
int mr_read_file(const char *path, char *buffer, size_t size);

#endif
