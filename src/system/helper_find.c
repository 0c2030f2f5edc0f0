/*
 * Where our own helper programs are: beside the running program in a build tree, else where they are installed.
 */
#include "base/error.h"
#include "base/text.h"
#include "system/helper.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MAPROOT_LIBEXECDIR
#define MAPROOT_LIBEXECDIR "/usr/libexec/maproot"
#endif

static bool is_in(const char *directory, const char *below, const char *name, char *path, size_t size)
{
	struct mr_text text = mr_text_in(path, size);
	struct stat info;

	mr_text_add(&text, directory);
	mr_text_add(&text, below);
	mr_text_add(&text, "/");
	mr_text_add(&text, name);
	return !mr_text_is_cut(&text) && stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

static bool is_near_us(const char *name, char *path, size_t size)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length <= 0)
		return false;
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return is_in(self, "", name, path, size) || is_in(self, "/../libexec/maproot", name, path, size);
}

int mr_helper_find_own(const char *name, char *path, size_t size, struct maproot_error *err)
{
	const char *chosen = secure_getenv("MAPROOT_LIBEXEC");

	if ((chosen && is_in(chosen, "", name, path, size)) || is_near_us(name, path, size) ||
	    is_in(MAPROOT_LIBEXECDIR, "", name, path, size))
		return 0;
	return mr_fail_pieces(err, ENOENT, MAPROOT_STEP_PROGRAM, name, NULL);
}
