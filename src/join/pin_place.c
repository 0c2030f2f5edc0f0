/*
 * Where pins are: from a name or a path to an open directory. For net it is ip-netns(8)'s, made and shared as that
 * does it, so that the pins of both are seen wherever the others are. Each step of the way is held by a descriptor,
 * and none is a symbolic link.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "join/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

enum {
	RANDOM_SIZE = 16,
	LOCK_PATIENCE_MS = 1000,
};

static const char run_directory[] = "/run";

/* Below run_directory: one for net, another one for each other type. */
static const char *own_directory(enum maproot_namespace type)
{
	return type == MAPROOT_NAMESPACE_NET ? "netns" : "maproot";
}

static int refuse(struct maproot_error *err, const char *why)
{
	return mr_fail(err, EINVAL, MAPROOT_STEP_REQUEST, why);
}

static int check_name(const char *name, struct maproot_error *err)
{
	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "a pin can't be called '", name, "'",
				      NULL);
	if (strlen(name) > NAME_MAX)
		return mr_fail_pieces(err, ENAMETOOLONG, MAPROOT_STEP_REQUEST,
				      "the name of a pin is too long: ", name, NULL);
	return 0;
}

static int make_random_name(char name[2 * RANDOM_SIZE + 1], struct maproot_error *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[RANDOM_SIZE];
	ssize_t got;

	do
		got = getrandom(bytes, sizeof(bytes), 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(bytes))
		return mr_fail(err, got < 0 ? errno : EIO, MAPROOT_STEP_PREPARE, "a random name");
	for (size_t at = 0; at < RANDOM_SIZE; at++) {
		name[2 * at] = digits[bytes[at] >> 4];
		name[2 * at + 1] = digits[bytes[at] & 15];
	}
	name[2 * RANDOM_SIZE] = '\0';
	return 0;
}

/* Good also after a change of directory, where the current one has a name. */
static char *absolute_path(const char *where)
{
	char directory[PATH_MAX];
	size_t size;
	char *path;

	if (where[0] == '/' || !getcwd(directory, sizeof(directory)) || directory[0] != '/')
		return strdup(where);
	size = strlen(directory) + strlen(where) + 2;
	path = malloc(size);
	if (path) {
		struct mr_text text = mr_text_in(path, size);

		mr_text_add(&text, directory);
		mr_text_add(&text, directory[1] == '\0' ? "" : "/");
		mr_text_add(&text, where);
	}
	return path;
}

static char *path_of_name(enum maproot_namespace type, const char *name)
{
	size_t size = sizeof("/run/maproot/cgroup/") + strlen(name);
	char *path = malloc(size);

	if (path) {
		struct mr_text text = mr_text_in(path, size);

		mr_text_add(&text, run_directory);
		mr_text_add_item(&text, "/", own_directory(type));
		if (type != MAPROOT_NAMESPACE_NET)
			mr_text_add_item(&text, "/", maproot_namespace_name(type));
		mr_text_add_item(&text, "/", name);
	}
	return path;
}

int mr_pin_place_name(enum maproot_namespace type, const char *where, bool random,
		      struct mr_pin_place *ret_place, struct maproot_error *err)
{
	struct mr_pin_place place = MR_PIN_NOWHERE;
	char random_name[2 * RANDOM_SIZE + 1] = "";
	const char *slash;
	int code;

	if ((unsigned int)type >= MAPROOT_NAMESPACE_COUNT)
		return refuse(err, "there is no such type of namespace");
	if (!where && !random)
		return refuse(err, "a name or a path is needed to find a pin");
	code = where ? 0 : make_random_name(random_name, err);
	if (code < 0)
		return code;
	if (!where)
		where = random_name;
	slash = strrchr(where, '/');
	code = check_name(slash ? slash + 1 : where, err);
	if (code < 0)
		return code;
	place.path = slash ? absolute_path(where) : path_of_name(type, where);
	if (!place.path)
		return mr_fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "the path of a pin");
	place.name = strrchr(place.path, '/') + 1;
	*ret_place = place;
	return 0;
}

int mr_pin_open_at(int directory, const char *name, int flags, mode_t mode)
{
	int fd;

	do
		fd = openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, mode);
	while (fd < 0 && errno == EINTR);
	return mr_raise_fd(fd);
}

void mr_pin_fd_path(int fd, char path[MR_FD_PATH_SIZE])
{
	struct mr_text text = mr_text_in(path, MR_FD_PATH_SIZE);

	mr_text_add(&text, "/proc/thread-self/fd/");
	mr_text_add_number(&text, fd);
}

int mr_pin_lock(int fd, int patience_ms)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += 10) {
		if (errno != EINTR && (errno != EWOULDBLOCK || waited >= patience_ms))
			return -errno;
		(void)nanosleep(&pause, NULL); /* shortened by a signal it is as good */
	}
	return 0;
}

static int open_directory(int parent, const char *name)
{
	return mr_pin_open_at(parent, name, O_RDONLY | O_DIRECTORY, 0);
}

/* As above; made with mode 0755 if need be, whatever the umask. */
static int make_directory(int parent, const char *name)
{
	bool made = mkdirat(parent, name, 0755) == 0;
	mr_auto_fd int directory = -1;

	if (!made && errno != EEXIST)
		return -errno;
	directory = open_directory(parent, name);
	if (made && directory >= 0 && fchmod(directory, 0755) < 0)
		return -errno;
	return mr_take_fd(&directory);
}

static int propagate(int directory, unsigned long propagation)
{
	char path[MR_FD_PATH_SIZE];

	mr_pin_fd_path(directory, path);
	return mount(NULL, path, NULL, propagation, NULL) < 0 ? -errno : 0;
}

static int bind_onto_itself(int directory)
{
	char path[MR_FD_PATH_SIZE];

	mr_pin_fd_path(directory, path);
	return mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0 ? -errno : 0;
}

/*
 * Gives the directory a mount of its own, of this propagation; there may be one. `*directory` is opened anew then. Two
 * at once would each make one, on top of the other: hence the lock, which is also ip-netns(8)'s. Who keeps it from us
 * for long has no good reason, and anybody who may read the directory can.
 */
static int make_mount(int parent, const char *name, unsigned long propagation, int *directory)
{
	int code = propagate(*directory, propagation);

	if (code != -EINVAL)
		return code;

	mr_auto_fd int locked = mr_take_fd(directory);

	(void)mr_pin_lock(locked, LOCK_PATIENCE_MS);
	for (int attempt = 0; attempt < 2; attempt++) {
		mr_close_fd(directory);
		*directory = open_directory(parent, name);
		if (*directory < 0)
			return *directory;
		code = propagate(*directory, propagation);
		if (code != -EINVAL || attempt > 0)
			break;
		code = bind_onto_itself(*directory);
		if (code < 0)
			break;
	}
	return code;
}

/* A mount namespace can be bound on a private mount only: in a copy of it elsewhere it might come to hold itself. */
static int set_propagation(enum maproot_namespace type, int parent, const char *name, int *directory)
{
	switch (type) {
	case MAPROOT_NAMESPACE_NET:
		return make_mount(parent, name, MS_SHARED | MS_REC, directory);
	case MAPROOT_NAMESPACE_MNT:
		return make_mount(parent, name, MS_PRIVATE, directory);
	default:
		return 0;
	}
}

/* Returns the directory of names of a type, or -errno. */
static int open_own_directory(enum maproot_namespace type, bool make)
{
	mr_auto_fd int parent = mr_open(run_directory, O_RDONLY | O_DIRECTORY, 0);
	mr_auto_fd int directory = -1;
	const char *name = own_directory(type);
	int code;

	if (parent < 0)
		return parent;
	directory = make ? make_directory(parent, name) : open_directory(parent, name);
	if (directory >= 0 && type != MAPROOT_NAMESPACE_NET) {
		mr_close_fd(&parent);
		parent = mr_take_fd(&directory);
		name = maproot_namespace_name(type);
		directory = make ? make_directory(parent, name) : open_directory(parent, name);
	}
	code = directory < 0 || !make ? 0 : set_propagation(type, parent, name, &directory);
	return code < 0 ? code : mr_take_fd(&directory);
}

static int open_directory_of(const char *path)
{
	size_t length = (size_t)(strrchr(path, '/') - path);
	char *directory = length > 0 ? strndup(path, length) : strdup("/");
	int fd = directory ? open_directory(AT_FDCWD, directory) : -ENOMEM;

	free(directory);
	return fd;
}

int mr_pin_place_open(enum maproot_namespace type, const char *where, enum maproot_step step,
		      struct mr_pin_place *place, struct maproot_error *err)
{
	bool named = !where || !strchr(where, '/');

	place->directory = named ? open_own_directory(type, step == MAPROOT_STEP_PIN) : open_directory_of(where);
	if (place->directory < 0)
		return mr_fail_pieces(err, -place->directory, step, "'", place->path, "'", NULL);
	return 0;
}

void mr_pin_place_done(struct mr_pin_place *place)
{
	mr_close_fd(&place->directory);
	mr_close_fd(&place->file);
	free(place->path);
	place->path = NULL;
}
