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
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	FILE_SIZE = 2 * MR_RECORD_SIZE, /* room for what later versions write */
	LOCK_TRIES = 30000,
	LOCK_NAP_NS = 100000,
};

static const char unfinished[] = ".new"; /* no name begins with a dot */

/*
 * $XDG_RUNTIME_DIR/maproot, or what stands for it. A program with privileges by its file does not let its caller
 * choose.
 */
int mr_registry_path(char path[PATH_MAX], struct maproot_error *err)
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
	int code = mr_registry_path(path, err);

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

static int fail_reading(const char *name, int code, struct maproot_error *err)
{
	return mr_fail_pieces(err, code, MAPROOT_STEP_FACTS, "the record '", name, "'", NULL);
}

/* One read: files here are only ever renamed to their place. */
static int read_record(int fd, char *text, size_t size, const char *name, struct maproot_name_record *record,
		       struct maproot_error *err)
{
	ssize_t length = mr_read(fd, text, size);

	if (length < 0)
		return fail_reading(name, (int)-length, err);
	return mr_record_parse(name, text, (size_t)length, record, err);
}

static int read_usual(int fd, const char *name, struct maproot_name_record *record, struct maproot_error *err)
{
	char text[MR_RECORD_USUAL_SIZE];

	return read_record(fd, text, sizeof(text), name, record, err);
}

/* Who reads before main() must not use the host's malloc(3). */
static int read_large(int fd, size_t size, const char *name, struct maproot_name_record *record,
		      struct maproot_error *err)
{
	void *text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int code;

	if (text == MAP_FAILED)
		return fail_reading(name, errno, err);
	code = read_record(fd, text, size, name, record, err);
	(void)munmap(text, size); /* it is a whole mapping: it can't fail */
	return code;
}

int mr_registry_read(int registry, const char *name, struct maproot_name_record *record, struct maproot_error *err)
{
	mr_auto_fd int fd =
		mr_raise_fd(openat(registry, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
	struct stat status;

	if (fd == -ENOENT)
		return fd;
	if (fd == -ELOOP || fd == -ENXIO)
		return not_a_record(name, err);
	if (fd < 0)
		return fail_reading(name, -fd, err);
	if (fstat(fd, &status) < 0)
		return fail_reading(name, errno, err);
	/* What others have written must not say which processes are ours to end. */
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || status.st_size > FILE_SIZE)
		return not_a_record(name, err);
	if (status.st_size <= MR_RECORD_USUAL_SIZE)
		return read_usual(fd, name, record, err);
	return read_large(fd, (size_t)status.st_size, name, record, err);
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

static int write_unfinished(int registry, const char *text, size_t length)
{
	int fd = create_unfinished(registry);
	int code;

	if (fd < 0)
		return fd;
	code = mr_write_once(fd, text, length);
	/* A disk of another machine may say only now that it is full. */
	if (close(fd) < 0 && code == 0)
		code = -errno;
	return code;
}

static int write_record(int registry, const struct maproot_name_record *record)
{
	char usual[MR_RECORD_USUAL_SIZE];
	mr_auto_free char *larger = NULL;
	size_t length = mr_record_format(record, usual, sizeof(usual));

	if (length < sizeof(usual))
		return write_unfinished(registry, usual, length);
	larger = malloc(length + 1);
	if (!larger)
		return -ENOMEM;
	(void)mr_record_format(record, larger, length + 1); /* as long as before */
	return write_unfinished(registry, larger, length);
}

int mr_registry_write(int registry, const struct maproot_name_record *record, struct maproot_error *err)
{
	int code = write_record(registry, record);

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

int mr_registry_clean(int registry, struct maproot_error *err)
{
	return mr_registry_remove(registry, unfinished, err);
}

bool mr_registry_has(int registry, const char *name)
{
	return faccessat(registry, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}
