/*
 * What the tests of the engine share: the test user in a group of his own with a directory for records, commands that are
 * started and waited for, and whether all of a run is gone: processes, groups, records, descriptors, the signal mask.
 */
#ifndef MAPROOT_TEST_ENGINES_H
#define MAPROOT_TEST_ENGINES_H

#include "../system/cgroups.h"

#include <maproot/engine.h>
#include <maproot/state.h>
#include <pthread.h>

/* The group that a test is in, below one that is delegated to the user. */
static char engines_group[512];
static size_t engines_open;
static sigset_t engines_mask;
static int engines_complaints;
static struct maproot_error engines_complaint;

static inline void engines_before(void)
{
	groups_before();
	groups_delegate(groups_below(GROUPS_V2, "user"));
}

static inline void engines_check(void)
{
	ck_assert_msg(groups_count(engines_group) == 0, "a group is left in %s", engines_group);
}

static inline Suite *engines_suite(const char *name, TCase **ret_case)
{
	Suite *suite = unit_suite(name, ret_case);

	tcase_add_unchecked_fixture(*ret_case, engines_before, groups_after);
	tcase_add_checked_fixture(*ret_case, NULL, engines_check);
	return suite;
}

static inline const char *engines_records(void)
{
	return support_text("%s/maproot", getenv("XDG_RUNTIME_DIR"));
}

/* Where a test goes first. `root`: stays root. */
static inline void engines_place(bool root)
{
	const char *runtime = support_text("%s/run-%d", support_user()->home, (int)getpid());

	(void)snprintf(engines_group, sizeof(engines_group), "%s",
		       groups_delegate(groups_below(GROUPS_V2, support_text("user/%d", (int)getpid()))));
	groups_enter(engines_group);
	if (!root)
		unit_become_user();
	ck_assert_int_eq(mkdir(runtime, 0700), 0);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", runtime, 1), 0);
	engines_open = place_descriptors();
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &engines_mask), 0);
}

/* Files below the directory of records, but for its lock. */
static inline size_t engines_record_count(void)
{
	DIR *directory = opendir(engines_records());
	const struct dirent *entry;
	size_t count = 0;

	while (directory && (entry = readdir(directory)))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			 strcmp(entry->d_name, ".lock") != 0;
	if (directory)
		closedir(directory);
	return count;
}

static inline void engines_check_gone(void)
{
	sigset_t mask;

	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
	for (int signal = 1; signal < 32; signal++)
		ck_assert_int_eq(sigismember(&mask, signal), sigismember(&engines_mask, signal));
	ck_assert_uint_eq(support_wait_alone(5000), 0);
	ck_assert_uint_eq(engines_record_count(), 0);
	ck_assert_uint_eq(groups_count(engines_group), 0);
	ck_assert_uint_eq(place_descriptors(), engines_open);
}

static inline void engines_complain(void *arg, const struct maproot_error *err)
{
	(void)arg;
	engines_complaints++;
	engines_complaint = *err;
}

/* With `sh -c SCRIPT`. */
static inline int engines_start(const struct maproot_request *request, const struct maproot_engine *engine,
				const char *script, struct maproot_running **ret_running, struct maproot_error *err)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };

	return maproot_start(request, engine, argv, NULL, ret_running, err);
}

/* It has to start. */
static inline struct maproot_running *engines_run(const struct maproot_request *request,
						  const struct maproot_engine *engine, const char *script)
{
	struct maproot_running *running = NULL;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int code = engines_start(request, engine, script, &running, &err);

	ck_assert_msg(code == 0, "step %s: %s (%s)", maproot_step_name(err.step), err.object, strerror(err.code));
	ck_assert_ptr_nonnull(running);
	return running;
}

static inline int engines_wait(struct maproot_running *running)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int status = -1;
	int code = maproot_wait(running, &status, &err);

	ck_assert_msg(code == 0, "step %s: %s (%s)", maproot_step_name(err.step), err.object, strerror(err.code));
	return status;
}

/* It has to fail so, and nothing may be left. */
static inline void engines_fail(const struct maproot_request *request, const struct maproot_engine *engine,
				const char *script, int code, enum maproot_step step, const char *object)
{
	struct maproot_running *running = NULL;
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int got = engines_start(request, engine, script, &running, &err);

	ck_assert_msg(got == -code, "%d (%s: %s), not %d", got, maproot_step_name(err.step), err.object, -code);
	unit_check_error(&err, code, step, NULL);
	if (object)
		ck_assert_str_eq(err.object, object);
	ck_assert_ptr_null(running);
	engines_check_gone();
}

/* A link below /proc. */
static inline const char *engines_link(const char *path)
{
	char link[1024] = "";

	if (readlink(path, link, sizeof(link) - 1) < 0)
		link[0] = '\0';
	return support_text("%s", link);
}

/* What a command wrote to a file in the user's home. */
static inline const char *engines_said(const char *name)
{
	char *text = support_read(support_text("%s/%s", getenv("XDG_RUNTIME_DIR"), name), NULL);
	const char *copy = support_text("%s", text ? text : "nothing");

	free(text);
	return copy;
}

#endif
