/*
 * The core's side of maproot-scope: is there a systemd to ask, and how the program is run. Its limits in time are its
 * own; the one here is for a program that hangs.
 */
#include "system/scope.h"

#include "base/error.h"
#include "base/text.h"
#include "system/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_USER_NAMESPACE 0xEFFFFFFDU /* the kernel's include/linux/proc_ns.h: PROC_USER_INIT_INO */

enum {
	LIMIT_MS = 12000, /* src/libexec/scope.c has 10000 */
	FIXED_ARGUMENTS = 6,
};

static const char program[] = "maproot-scope";

static bool is_our_socket(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISSOCK(info.st_mode) && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

static bool is_user_manager_there(void)
{
	const char *directory = secure_getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX];
	struct mr_text text = mr_text_in(path, sizeof(path));

	if (!directory)
		return false;
	mr_text_add(&text, directory);
	mr_text_add(&text, "/systemd/private");
	return !mr_text_is_cut(&text) && is_our_socket(path);
}

static bool is_nested(void)
{
	struct stat own;

	return stat("/proc/self/ns/user", &own) == 0 && own.st_ino != FIRST_USER_NAMESPACE;
}

/* The order of places in src/libexec/scope_open.c. */
bool mr_scope_is_there(void)
{
	char path[PATH_MAX];
	bool root = geteuid() == 0;
	bool there = (!root || is_nested()) && is_user_manager_there();

	if (root && !there)
		there = is_our_socket("/run/systemd/private");
	return there && mr_helper_find_own(program, path, sizeof(path), NULL) == 0;
}

static int run(char *const *arguments, mr_signal_set heeds, struct maproot_error *err)
{
	char path[PATH_MAX];
	struct mr_helper helper = { .path = path, .argv = arguments, .dies_with_us = true, .heeds = heeds };
	struct mr_helper_run started = MR_HELPER_NONE;
	int code = mr_helper_find_own(program, path, sizeof(path), err);

	if (code == 0)
		code = mr_helper_start(&helper, &started, err);
	return code < 0 ? code : mr_helper_finish(&started, LIMIT_MS, err);
}

int mr_scope_start(const char *unit, const char *slice, pid_t pid, const char *const *properties, size_t count,
		   struct maproot_error *err)
{
	char number[16];
	struct mr_text text = mr_text_in(number, sizeof(number));
	char *arguments[FIXED_ARGUMENTS + MR_SCOPE_PROPERTIES] = { NULL };
	size_t at = 0;

	if (count > MR_SCOPE_PROPERTIES)
		return mr_fail(err, E2BIG, MAPROOT_STEP_CGROUP_LIMIT, "too many limits for a scope");
	mr_text_add_number(&text, pid);
	arguments[at++] = (char *)program;
	arguments[at++] = (char *)"start";
	arguments[at++] = (char *)unit;
	arguments[at++] = (char *)(slice ? slice : "-");
	arguments[at++] = number;
	for (size_t property = 0; property < count; property++)
		arguments[at++] = (char *)properties[property];
	return run(arguments, MR_HELPER_ENDING, err);
}

int mr_scope_stop(const char *unit, struct maproot_error *err)
{
	char *const arguments[] = { (char *)program, (char *)"stop", (char *)unit, NULL };

	return run(arguments, 0, err);
}
