/*
 * Which records there are: all files in the directory of names that are called as names are. What is in them is not
 * looked at.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "join/registry.h"
#include "model/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static int add_name(struct mr_registry_names *names, const char *name)
{
	if (names->count == names->size) {
		size_t size = names->size ? 2 * names->size : 16;
		void *larger = realloc(names->name, size * sizeof(names->name[0]));

		if (!larger)
			return -ENOMEM;
		names->name = larger;
		names->size = size;
	}
	memcpy(names->name[names->count++], name, strlen(name) + 1);
	return 0;
}

static int compare(const void *one, const void *other)
{
	return strcmp(one, other);
}

static int read_directory(int registry, struct mr_registry_names *names)
{
	int copy = mr_raise_fd(openat(registry, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int code = 0;

	if (!stream) {
		code = copy < 0 ? copy : -errno;
		mr_close_fd(&copy);
		return code;
	}
	while (code == 0 && (errno = 0, entry = readdir(stream)) != NULL) {
		if (mr_record_check_name(entry->d_name, NULL) == 0)
			code = add_name(names, entry->d_name);
	}
	if (code == 0)
		code = -errno;
	(void)closedir(stream); /* it was only read */
	return code;
}

int mr_registry_names(int registry, struct mr_registry_names *ret_names, struct maproot_error *err)
{
	struct mr_registry_names names = { NULL, 0, 0 };
	int code = read_directory(registry, &names);

	if (code < 0) {
		mr_registry_names_done(&names);
		return mr_fail(err, -code, MAPROOT_STEP_FACTS, "the directory of names");
	}
	if (names.count > 0)
		qsort(names.name, names.count, sizeof(names.name[0]), compare);
	*ret_names = names;
	return 0;
}

void mr_registry_names_done(struct mr_registry_names *names)
{
	free(names->name);
	*names = (struct mr_registry_names){ NULL, 0, 0 };
}
