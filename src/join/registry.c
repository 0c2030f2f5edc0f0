/*
 * The directory of names. In it are the records and, for a moment, the one that is being written: only who has the
 * lock writes, so one file is enough for that, and what a writer that was killed left is overwritten by the next
 * one.
 */
#include "join/registry.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "model/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	FILE_SIZE = 2 * MR_RECORD_SIZE, /* room for what later versions write */
	LOCK_TRIES = 5000,
	LOCK_NAP_NS = 1000000,
};

static const char unfinished[] = ".new"; /* no name begins with a dot */

/*
 * $XDG_RUNTIME_DIR/maproot, or what stands for it. A program with privileges by its file does not let its caller
 * choose.
 */
static int choose_path(char path[PATH_MAX], struct maproot_error *err)
{
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	struct mr_text text = mr_text_in(path, PATH_MAX);

	if (runtime && runtime[0] != '\0') {
		if (runtime[0] != '/')
			return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_NAME,
					      "XDG_RUNTIME_DIR is not an absolute path: '",
					      runtime, "'", NULL);
		mr_text_add(&text, runtime);
		mr_text_add(&text, "/maproot");
	} else if (geteuid() == 0) {
		mr_text_add(&text, "/run/maproot-names");
	} else {
		mr_text_add(&text, "/tmp/maproot-");
		mr_text_add_number(&text, geteuid());
	}
	return mr_text_is_cut(&text) ? mr_fail(err, ENAMETOOLONG, MAPROOT_STEP_FACTS, path) : 0;
}

static int verify(int directory, const char *path, struct maproot_error *err)
{
	char owner[24];
	struct mr_text text = mr_text_in(owner, sizeof(owner));
	struct stat status;

	if (fstat(directory, &status) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_FACTS, path);
	mr_text_add_number(&text, status.st_uid);
	if (status.st_uid != geteuid())
		return mr_fail_pieces(err, EPERM, MAPROOT_STEP_NAME, "names are not kept in '", path,
				      "', which belongs to user ", owner, NULL);
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		return mr_fail_pieces(err, EPERM, MAPROOT_STEP_NAME, "names are not kept in '", path,
				      "', where others may write", NULL);
	return 0;
}

int mr_registry_open(bool make, struct maproot_error *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
	enum maproot_step step = make ? MAPROOT_STEP_RECORD : MAPROOT_STEP_FACTS;
	mr_auto_fd int directory = -1;
	char path[PATH_MAX];
	int code = choose_path(path, err);

	if (code < 0)
		return code;
	directory = mr_open(path, flags, 0);
	if (directory == -ENOENT && make) {
		if (mkdir(path, S_IRWXU) < 0 && errno != EEXIST)
			return mr_fail(err, errno, step, path);
		directory = mr_open(path, flags, 0);
	}
	/* Root of a user namespace stands before the door of another root, and has no names there. */
	if (!make && (directory == -ENOENT || (directory == -EACCES && geteuid() == 0)))
		return -ENOENT;
	if (directory == -ELOOP || directory == -ENOTDIR)
		return mr_fail_pieces(err, ENOTDIR, MAPROOT_STEP_NAME, "names are not kept in '", path,
				      "', which is not a directory", NULL);
	if (directory < 0)
		return mr_fail(err, -directory, step, path);
	code = verify(directory, path, err);
	return code < 0 ? code : mr_take_fd(&directory);
}

/* Who has it needs it for microseconds, unless stopped there: that must stop nobody else for good. */
static int lock(int directory, struct maproot_error *err)
{
	const struct timespec nap = { 0, LOCK_NAP_NS };

	for (int tries = 0; flock(directory, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return mr_fail(err, errno, MAPROOT_STEP_RECORD, "of all names");
		if (tries >= LOCK_TRIES)
			return mr_fail(err, EBUSY, MAPROOT_STEP_NAME,
				       "the directory of names is locked by a process that does not go on");
		(void)nanosleep(&nap, NULL); /* cut short by a signal, it tries sooner */
	}
	return 0;
}

int mr_registry_open_locked(bool make, struct maproot_error *err)
{
	mr_auto_fd int directory = mr_registry_open(make, err);
	int code = directory < 0 ? directory : lock(directory, err);

	return code < 0 ? code : mr_take_fd(&directory);
}

void mr_registry_close(int *registry)
{
	int saved = errno;

	if (*registry >= 0)
		(void)flock(*registry, LOCK_UN); /* the close below does it as well, but for copies */
	errno = saved;
	mr_close_fd(registry);
}

static int not_a_record(const char *name, struct maproot_error *err)
{
	return mr_fail_pieces(err, EBADMSG, MAPROOT_STEP_NAME, "the record of '", name, "' is none", NULL);
}

int mr_registry_read(int registry, const char *name, struct maproot_name_record *ret_record,
		     struct maproot_error *err)
{
	char text[FILE_SIZE];
	mr_auto_fd int fd =
		mr_raise_fd(openat(registry, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
	ssize_t length;

	if (fd == -ENOENT)
		return fd;
	/* One call: files here are only ever renamed to their place. */
	length = fd < 0 ? fd : mr_read(fd, text, sizeof(text));
	if (length == -ELOOP || length == -EISDIR || length == -ENXIO || length == -EAGAIN || length == sizeof(text))
		return not_a_record(name, err);
	if (length < 0)
		return mr_fail_pieces(err, (int)-length, MAPROOT_STEP_FACTS, "the record '", name, "'", NULL);
	return mr_record_parse(name, text, (size_t)length, ret_record, err);
}

/* A new file, in place of what was left by a writer that was killed. */
static int create_unfinished(int registry)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = mr_raise_fd(openat(registry, unfinished, flags, S_IRUSR | S_IWUSR));

	if (fd != -EEXIST)
		return fd;
	if (unlinkat(registry, unfinished, 0) < 0)
		return -errno;
	return mr_raise_fd(openat(registry, unfinished, flags, S_IRUSR | S_IWUSR));
}

static int write_unfinished(int registry, const struct maproot_name_record *record)
{
	char text[MR_RECORD_SIZE];
	size_t length = mr_record_format(record, text, sizeof(text));
	int fd = create_unfinished(registry);
	int code;

	if (fd < 0)
		return fd;
	code = length < sizeof(text) ? mr_write_once(fd, text, length) : -E2BIG;
	/* A disk of another machine may say only now that it is full. */
	if (close(fd) < 0 && code == 0)
		code = -errno;
	return code;
}

int mr_registry_write(int registry, const struct maproot_name_record *record, struct maproot_error *err)
{
	int code = write_unfinished(registry, record);

	if (code == 0 && renameat(registry, unfinished, registry, record->name) < 0)
		code = -errno;
	if (code == 0)
		return 0;
	(void)unlinkat(registry, unfinished, 0); /* it may be there or not */
	return mr_fail(err, -code, MAPROOT_STEP_RECORD, record->name);
}

int mr_registry_remove(int registry, const char *name, struct maproot_error *err)
{
	if (unlinkat(registry, name, 0) < 0 && errno != ENOENT)
		return mr_fail(err, errno, MAPROOT_STEP_RECORD, name);
	return 0;
}
