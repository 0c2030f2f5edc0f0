/*
 * Looking up a path one component at a time, never by ".." and never through a link: each link is replaced by its text, and the
 * walk begins anew at the root directory. So what was opened is below it, however the tree changes under the walk. openat2(2)
 * can say that too, but not on every kernel, and it makes nothing that is missing.
 */
#include "system/place.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINKS_MAX = 40, /* as many as the kernel follows */
	MADE_MAX = PATH_MAX,
};

void mr_place_close(struct mr_place *place)
{
	mr_close_fd(&place->fd);
	mr_close_fd(&place->parent);
}

/* What is looked up is `path`, changed as links are met; `at` is the component that comes next. */
struct walk {
	char path[PATH_MAX];
	char *at;
	enum mr_missing missing;
	int links;
	int made; /* somebody may take away what was made, but not for ever */
	struct mr_place place;
};

static int open_below(int directory, const char *name)
{
	return mr_raise_fd(openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

static int begin(struct walk *walk)
{
	mr_place_close(&walk->place);
	walk->at = walk->path;
	walk->place.fd = mr_open("/", O_PATH | O_DIRECTORY, 0);
	return walk->place.fd < 0 ? walk->place.fd : 0;
}

/* Replaces what lies from `from` up to `end` by `text`, and begins anew. */
static int replace(struct walk *walk, const char *from, const char *text, const char *end)
{
	char path[PATH_MAX];
	struct mr_text all = mr_text_in(path, sizeof(path));

	mr_text_add_bytes(&all, walk->path, (size_t)(from - walk->path));
	mr_text_add(&all, text);
	mr_text_add(&all, end);
	if (mr_text_is_cut(&all))
		return -ENAMETOOLONG;
	memcpy(walk->path, path, all.length + 1);
	return begin(walk);
}

static int follow(struct walk *walk, int link, const char *end)
{
	char text[PATH_MAX];
	ssize_t length = readlinkat(link, "", text, sizeof(text) - 1);

	if (length < 0)
		return -errno;
	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	text[length] = '\0';
	return replace(walk, text[0] == '/' ? walk->path : walk->at, text, end);
}

/* All before it are directories and no links, or the walk would not have come here. */
static int step_back(struct walk *walk, const char *end)
{
	const char *from = walk->at;

	while (from > walk->path && from[-1] == '/')
		from--;
	while (from > walk->path && from[-1] != '/')
		from--;
	return replace(walk, from, "", end);
}

static int make(struct walk *walk, const char *end)
{
	bool last = end[strspn(end, "/")] == '\0';
	int fd;

	if (walk->missing == MR_MISSING_FAILS)
		return -ENOENT;
	if (++walk->made > MADE_MAX)
		return -ELOOP;
	if (!last || walk->missing == MR_MISSING_IS_DIRECTORY)
		return mkdirat(walk->place.fd, walk->place.name, 0755) == 0 || errno == EEXIST ? 0 : -errno;
	fd = openat(walk->place.fd, walk->place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 || errno == EEXIST ? 0 : -errno;
}

/* One component that is a name. 1: it was passed; 0: the walk goes on from where `at` is now; or -errno. */
static int step(struct walk *walk, const char *end)
{
	mr_auto_fd int next = open_below(walk->place.fd, walk->place.name);
	struct stat info;
	int code;

	if (next == -ENOENT) {
		code = make(walk, end);
		return code < 0 ? code : 0;
	}
	if (next < 0)
		return next;
	if (fstat(next, &info) < 0)
		return -errno;
	if (S_ISLNK(info.st_mode))
		return follow(walk, next, end);
	mr_close_fd(&walk->place.parent);
	walk->place.parent = mr_take_fd(&walk->place.fd);
	walk->place.fd = mr_take_fd(&next);
	return 1;
}

static int pass(struct walk *walk)
{
	char *end = walk->at + strcspn(walk->at, "/");
	size_t length = (size_t)(end - walk->at);
	int code;

	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	if (length == 1 && walk->at[0] == '.') {
		walk->at = end;
		return 0;
	}
	if (length == 2 && memcmp(walk->at, "..", 2) == 0)
		return step_back(walk, end);
	memcpy(walk->place.name, walk->at, length);
	walk->place.name[length] = '\0';
	code = step(walk, end);
	if (code == 1)
		walk->at = end;
	return code < 0 ? code : 0;
}

int mr_place_open(const char *path, enum mr_missing missing, struct mr_place *ret_place)
{
	struct walk walk = { .missing = missing, .place = MR_NO_PLACE };
	struct mr_text text = mr_text_in(walk.path, sizeof(walk.path));
	int code;

	mr_text_add(&text, path);
	code = mr_text_is_cut(&text) ? -ENAMETOOLONG : begin(&walk);
	while (code == 0) {
		walk.at += strspn(walk.at, "/");
		if (*walk.at == '\0')
			break;
		code = pass(&walk);
	}
	if (code < 0)
		mr_place_close(&walk.place);
	else
		*ret_place = walk.place;
	return code;
}

int mr_place_again(const struct mr_place *place)
{
	return place->parent < 0 ? -EBUSY : open_below(place->parent, place->name);
}
