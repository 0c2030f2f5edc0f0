/*
 * A place below this process's root directory, held open: whatever links lead to it, and whoever changes them meanwhile, it
 * lies inside. In the child.
 */
#ifndef MR_SYSTEM_PLACE_H
#define MR_SYSTEM_PLACE_H

#include <limits.h>

struct mr_place {
	int fd;     /* O_PATH; under what is mounted there later */
	int parent; /* the directory that it is in; -1: it is the root directory */
	char name[NAME_MAX + 1];
};

#define MR_NO_PLACE                    \
	(struct mr_place)              \
	{                              \
		.fd = -1, .parent = -1 \
	}

#define mr_auto_place __attribute__((cleanup(mr_place_close)))

/* What becomes of a path that leads to nothing. */
enum mr_missing {
	MR_MISSING_FAILS,        /* -ENOENT */
	MR_MISSING_IS_DIRECTORY, /* it is made, with all above it */
	MR_MISSING_IS_FILE,
};

/* 0 or -errno: -ELOOP after 40 links. Links of /proc that lead to open things are taken by their text, like all others. */
int mr_place_open(const char *path, enum mr_missing missing, struct mr_place *ret_place);

/* Opens what is there now, mounted since: O_PATH, or -errno. Of the root directory -EBUSY: that is for remounts. */
int mr_place_again(const struct mr_place *place);

void mr_place_close(struct mr_place *place);

#endif
