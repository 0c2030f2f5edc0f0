/*
 * Groups for tests: each test program has one of its own in every hierarchy that the machine has mounted, in which
 * its tests make theirs, and which is emptied and removed after the last test, whatever became of them. Nothing
 * else of the machine's is touched. Who includes this calls groups_suite() for his suite.
 */
#ifndef MAPROOT_TEST_CGROUPS_H
#define MAPROOT_TEST_CGROUPS_H

#include "system/cgroup.h"

#include "place.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GROUPS_V2,
       GROUPS_FREEZER,
       GROUPS_PIDS,
       GROUPS_HIERARCHIES };

static char groups_point[GROUPS_HIERARCHIES][256]; /* where it is mounted */
static char groups_base[GROUPS_HIERARCHIES][300];  /* our group in it */

/* A text that is there until the process ends; support_text() has a ring of them. */
static inline const char *groups_keep(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		support_die("strdup");
	return copy;
}

static inline const char *groups_below(int hierarchy, const char *name)
{
	return groups_keep(support_text("%s/%s", groups_base[hierarchy], name));
}

/* The mount point of a line of the mounts with this; as root of this namespace sees it. */
static inline void groups_find_point(const char *type, const char *option, char point[256])
{
	char *table = support_mounts();
	char *rest = table;
	char *line;

	point[0] = '\0';
	while ((line = strsep(&rest, "\n")) && point[0] == '\0') {
		char *dash = strstr(line, " - ");
		char *options = dash ? strrchr(line, ' ') : NULL;
		char root[64];

		if (!dash || strncmp(dash + 3, type, strlen(type)) != 0 || dash[3 + strlen(type)] != ' ')
			continue;
		if (option && !strstr(options, option))
			continue;
		if (sscanf(line, "%*s %*s %*s %63s %255s", root, point) != 2 || strcmp(root, "/") != 0)
			point[0] = '\0';
	}
	free(table);
}

static inline void groups_write(const char *directory, const char *file, const char *text)
{
	int fd = open(support_text("%s/%s", directory, file), O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		support_die("cannot write %s to %s/%s", text, directory, file);
}

/* The text of a file without its last end of line. */
static inline const char *groups_read(const char *directory, const char *file)
{
	char *text = support_read(support_text("%s/%s", directory, file), NULL);
	const char *copy;

	if (!text)
		return NULL;
	copy = support_text("%.*s", (int)strcspn(text, "\n"), text);
	free(text);
	return copy;
}

static inline bool groups_is(const char *path)
{
	return access(path, F_OK) == 0;
}

static inline const char *groups_make(const char *path)
{
	if (mkdir(path, 0755) < 0)
		support_die("cannot make %s", path);
	return groups_keep(path);
}

/* A group that is the test user's, as systemd delegates it. */
static inline const char *groups_delegate(const char *path)
{
	static const char *const files[] = { "", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads", "tasks" };

	if (!groups_is(path))
		groups_make(path);
	for (size_t at = 0; at < UNIT_COUNT(files); at++) {
		const char *file = support_text("%s/%s", path, files[at]);

		if (chown(file, support_user()->uid, support_user()->gid) < 0 && errno != ENOENT)
			support_die("cannot chown %s", file);
	}
	return path;
}

/* This process goes there. */
static inline void groups_enter(const char *path)
{
	groups_write(path, "cgroup.procs", "0");
}

/* How many groups are below one. */
static inline size_t groups_count(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	size_t count = 0;

	while (directory && (entry = readdir(directory)))
		count += entry->d_type == DT_DIR && entry->d_name[0] != '.';
	if (directory)
		closedir(directory);
	return count;
}

/* Ends and removes what a failed test left; not with what is tested. */
static inline void groups_clear(const char *which)
{
	char path[512];
	DIR *directory = opendir(which);
	const struct dirent *entry;
	char *pids;

	(void)snprintf(path, sizeof(path), "%s", which); /* the buffers of texts are few */
	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			groups_clear(support_text("%s/%s", path, entry->d_name));
	}
	closedir(directory);
	for (int tries = 0; tries < 1000 && rmdir(path) < 0 && errno == EBUSY; tries++) {
		if (groups_is(support_text("%s/freezer.state", path)))
			groups_write(path, "freezer.state", "THAWED");
		if (groups_is(support_text("%s/cgroup.freeze", path)))
			groups_write(path, "cgroup.freeze", "0");
		pids = support_read(support_text("%s/cgroup.procs", path), NULL);
		for (char *at = pids; at && *at != '\0';) {
			long pid = strtol(at, &at, 10);

			at += strcspn(at, "\n") + 1;
			if (pid > 0)
				(void)kill((pid_t)pid, SIGKILL);
		}
		free(pids);
		support_sleep_us(2000);
	}
}

static inline void groups_before(void)
{
	groups_find_point("cgroup2", NULL, groups_point[GROUPS_V2]);
	groups_find_point("cgroup", "freezer", groups_point[GROUPS_FREEZER]);
	groups_find_point("cgroup", "pids", groups_point[GROUPS_PIDS]);
	for (int at = 0; at < GROUPS_HIERARCHIES; at++) {
		if (groups_point[at][0] == '\0')
			continue;
		if (strlen(groups_point[at]) + 32 > sizeof(groups_base[at]))
			support_die("a mount point too long");
		strcpy(groups_base[at], support_text("%s/maproot-test-%d", groups_point[at], (int)getpid()));
		groups_make(groups_base[at]);
	}
}

static inline void groups_after(void)
{
	for (int at = 0; at < GROUPS_HIERARCHIES; at++) {
		if (groups_base[at][0] == '\0')
			continue;
		groups_clear(groups_base[at]);
		ck_assert_msg(!groups_is(groups_base[at]), "%s is left", groups_base[at]);
	}
}

/* After a test that has not failed nothing is below ours. */
static inline void groups_check(void)
{
	for (int at = 0; at < GROUPS_HIERARCHIES; at++)
		ck_assert_msg(groups_count(groups_base[at]) == 0, "a group is left in %s", groups_base[at]);
}

static inline Suite *groups_suite(const char *name, TCase **ret_case)
{
	Suite *suite = unit_suite(name, ret_case);

	tcase_add_unchecked_fixture(*ret_case, groups_before, groups_after);
	tcase_add_checked_fixture(*ret_case, NULL, groups_check);
	return suite;
}

/* A process that waits until it is killed. It ends with who made it. */
static inline pid_t groups_process(const char *path)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		groups_enter(path);
		if (write(ready[1], &byte, 1) != 1)
			_exit(99);
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq((int)read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

/* The group of a process as /proc says, in the hierarchy of version 2 or of a controller. */
static inline const char *groups_of(pid_t pid, const char *prefix)
{
	char *text = support_read(support_text("/proc/%d/cgroup", (int)pid), NULL);
	char *line = text ? strstr(text, prefix) : NULL;
	const char *path = line ? support_text("%.*s", (int)strcspn(line + strlen(prefix), "\n"), line + strlen(prefix)) : "";

	free(text);
	return path;
}

static inline int groups_show(const struct maproot_error *err)
{
	char said[512];

	(void)maproot_error_format(err, said, sizeof(said));
	fprintf(stderr, "%s\n", said);
	return 1;
}

/* In a child a failed assertion would be a test of its own: it is said, and the child ends. */
#define CHECK(condition)                                                                \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1);                                                       \
		}                                                                       \
	} while (0)

#define DONE(call)                                \
	do {                                      \
		if ((call) < 0)                   \
			_exit(groups_show(&err)); \
	} while (0)

#endif
