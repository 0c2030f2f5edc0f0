/*
 * What the tests of pins share: a /run of their own, looking at what is there, and other people's hands on it.
 */
#ifndef MAPROOT_TEST_PINS_H
#define MAPROOT_TEST_PINS_H

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <maproot/pin.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Who asks. Not root is always the second one, who has the same rights here, over everything but other users. */
enum place {
	AS_ROOT,
	IN_USER_NAMESPACE,
	PLACES,
};

static char *mounts_at_begin; /* what is below the /run of the machine is hidden, and still in the table */

static inline size_t count_in(const char *table, const char *text)
{
	size_t count = 0;

	for (const char *at = table; at && (at = strstr(at, text)); at++)
		count++;
	return count;
}

/* How often mountinfo has a text, of what was mounted since the test began: " /run/netns " is a mount point. */
static inline size_t mounts_with(const char *text)
{
	char *table = support_mounts();
	size_t count = count_in(table, text) - count_in(mounts_at_begin, text);

	free(table);
	return count;
}

static inline void mount_run(void)
{
	ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
}

/* A private mount namespace with an empty /run, and a directory /run/own on a private mount. */
static inline void begin(enum place place)
{
	if (geteuid() == 0 && place == AS_ROOT)
		unit_private_mounts();
	else
		unit_enter_namespace(CLONE_NEWNET); /* ip-netns(8) has to be able to go back to where it was */
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	mounts_at_begin = support_mounts();
	mount_run();
	ck_assert_int_eq(mkdir("/run/own", 0755), 0);
}

static inline ino_t inode_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_ino : 0;
}

static inline ino_t inode_of_fd(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

static inline bool exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

/* How many entries a directory has; of /proc/self/fd: how many descriptors are open. */
static inline size_t entries(const char *path)
{
	DIR *directory = opendir(path);
	size_t count = 0;

	if (!directory)
		return 0;
	while (readdir(directory))
		count++;
	(void)closedir(directory);
	return count - 2;
}

static inline size_t open_descriptors(void)
{
	return entries("/proc/self/fd") - 1; /* its own */
}

/* Neither a file nor a mount of it. */
static inline void check_gone(const char *path)
{
	ck_assert_msg(!exists(path), "%s is still there", path);
	ck_assert_uint_eq(mounts_with(support_text(" %s ", path)), 0);
}

static inline const char *own_name(enum maproot_namespace type)
{
	return support_text("/proc/thread-self/ns/%s%s", maproot_namespace_name(type),
			    type == MAPROOT_NAMESPACE_TIME ? "_for_children" : "");
}

/* The namespace is at this path, and is the pin's. */
static inline void check_pinned(const struct maproot_pin *pin, const char *path)
{
	ck_assert_str_eq(maproot_pin_path(pin), path);
	ck_assert_uint_eq(inode_of(path), inode_of_fd(maproot_pin_fd(pin)));
	ck_assert_uint_eq(mounts_with(support_text(" %s ", path)), 1);
}

static inline struct maproot_pin *make_pin(enum maproot_namespace type, const char *where)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_pin *pin = NULL;
	char text[512];

	if (maproot_pin_new(type, where, &pin, &err) < 0) {
		(void)maproot_error_format(&err, text, sizeof(text));
		ck_abort_msg("%s: %s", where ? where : "a pin", text);
	}
	return pin;
}

static inline void close_pin(struct maproot_pin **pin)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	char text[512] = "";

	if (maproot_pin_close(pin, &err) < 0)
		(void)maproot_error_format(&err, text, sizeof(text));
	ck_assert_str_eq(text, "");
	ck_assert_ptr_null(*pin);
}

static inline int tell_namespace(void *arg, const struct maproot_join *caller)
{
	(void)caller;
	return (int)inode_of(own_name(*(enum maproot_namespace *)arg));
}

/* What runs in the pin is where the pin says. */
static inline void check_inside(const struct maproot_pin *pin, enum maproot_namespace type)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int result = 0;

	ck_assert_int_eq(maproot_pin_run_in(pin, tell_namespace, &type, &result, &err), 0);
	ck_assert_uint_eq((unsigned int)result, inode_of_fd(maproot_pin_fd(pin)));
	ck_assert_uint_eq(maproot_join_types(maproot_pin_join(pin)), MAPROOT_NAMESPACE_BIT(type));
	ck_assert_int_eq(maproot_join_fd(maproot_pin_join(pin), type), maproot_pin_fd(pin));
}

/* Runs a program here; its output, once it has ended well. */
static inline const char *output_of(const char *const *argv)
{
	const struct support_command command = { .argv = argv, .as_root = true };
	struct support_result result;
	const char *out;

	support_run(&command, &result);
	ck_assert_msg(result.status == 0, "%s %s: status %x: %s", argv[0], argv[1], result.status, result.err);
	out = support_text("%s", result.out);
	support_release(&result);
	return out;
}

#define ip_netns(...) output_of((const char *const[]){ "ip", "netns", __VA_ARGS__, NULL })

#endif
