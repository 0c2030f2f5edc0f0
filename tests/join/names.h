/*
 * What the tests of names share: a directory of their own for them, and processes that have one.
 */
#ifndef MAPROOT_TEST_NAMES_H
#define MAPROOT_TEST_NAMES_H

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <maproot/name.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char names_directory[512]; /* not there until the first name is taken */

/* As who the test is then. Check's own handler of SIGTERM would give it to the wrong process. */
static inline void names_place(void)
{
	char parent[256] = "/tmp/test-names-XXXXXX";

	(void)signal(SIGTERM, SIG_DFL);
	if (!mkdtemp(parent) || setenv("XDG_RUNTIME_DIR", parent, 1) < 0)
		support_die("a directory for names");
	(void)snprintf(names_directory, sizeof(names_directory), "%s/maproot", parent);
}

static inline const char *names_path(const char *name)
{
	return support_text("%s/%s", names_directory, name);
}

/* How many entries there are, whatever they are called. */
static inline size_t names_count(void)
{
	DIR *stream = opendir(names_directory);
	const struct dirent *entry;
	size_t count = 0;

	while (stream && (entry = readdir(stream)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	if (stream)
		(void)closedir(stream);
	return count;
}

/* At the end of a test: what is left is named. */
static inline void names_remove(const char *const *left)
{
	for (; left && *left; left++) {
		if (unlink(names_path(*left)) < 0 && rmdir(names_path(*left)) < 0)
			support_die("cannot remove %s", names_path(*left));
	}
	if (rmdir(names_directory) < 0 || rmdir(getenv("XDG_RUNTIME_DIR")) < 0)
		support_die("cannot remove %s: what else is in it?", names_directory);
}

/* A child that runs `body`, which says with names_ready() that it got where it is wanted. */
static int names_ready_end = -1;

static inline void names_ready(void)
{
	if (write(names_ready_end, "", 1) != 1)
		_exit(99);
}

static inline pid_t names_start(void (*body)(void *arg), void *arg)
{
	int ends[2];
	char byte;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		support_die("pipe2");
	pid = fork();
	if (pid < 0)
		support_die("fork");
	if (pid == 0) {
		names_ready_end = ends[1];
		(void)close(ends[0]);
		body(arg);
		_exit(0);
	}
	(void)close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		support_die("the child came to nothing");
	(void)close(ends[0]);
	return pid;
}

static inline void names_wait(void *arg)
{
	(void)arg;
	names_ready();
	for (;;)
		(void)pause();
}

/* Takes a name, for itself to be joined. */
static inline void names_hold(void *name)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	if (maproot_name_claim(name, "holder", &err) < 0 || maproot_name_complete(name, getpid(), &err) < 0)
		support_die("%s: %s", maproot_step_name(err.step), err.object);
	names_wait(NULL);
}

/* Takes a name and comes no further. */
static inline void names_begin(void *name)
{
	if (maproot_name_claim(name, NULL, NULL) < 0)
		support_die("cannot take the name");
	names_wait(NULL);
}

/* A text in place of what the file of a name has; returns what it had, freed by the caller. */
static inline char *names_edit(const char *name, const char *from, const char *to)
{
	char *text = support_read(names_path(name), NULL);
	char *at = text ? strstr(text, from) : NULL;

	if (!at)
		support_die("no '%s' in the record", from);
	(void)unit_file(names_path(name), support_text("%.*s%s%s", (int)(at - text), text, to, at + strlen(from)));
	return text;
}

static inline void names_check_nobodys(const char *name)
{
	struct maproot_name_record record;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_int_eq(maproot_name_find(name, &record, &err), -ENOENT);
	unit_check_error(&err, ENOENT, MAPROOT_STEP_NAME, support_text("the name '%s' is nobody's", name));
}

#endif
