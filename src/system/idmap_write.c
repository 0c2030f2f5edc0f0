/*
 * Writing /proc/PID/uid_map, gid_map and setgroups.
 */
#include "system/idmap_write.h"

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "system/idmap_helpers.h"
#include "system/process.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	MAP_SIZE = 4096,   /* the kernel takes less than a page: 340 lines of short numbers fit, the widest do not */
	OWN_MAP_SIZE = 64, /* one line */
};

static int write_file(const char *path, const char *text, size_t length, enum maproot_step step,
		      struct maproot_error *err)
{
	int code = mr_write_file(path, text, length);

	return code < 0 ? mr_fail(err, -code, step, path) : 0;
}

/* `path` is below /proc, which is open or to be seen. */
static int write_own(int proc, const char *path, const char *text, size_t length, enum maproot_step step,
		     struct maproot_error *err)
{
	static const char prefix[] = "/proc/";
	int code = proc < 0 ? mr_write_file(path, text, length) :
			      mr_write_file_at(proc, path + strlen(prefix), text, length);

	return code < 0 ? mr_fail(err, -code, step, path) : 0;
}

int mr_idmap_deny_setgroups(int proc, struct maproot_error *err)
{
	return write_own(proc, "/proc/self/setgroups", "deny", 4, MAPROOT_STEP_SETGROUPS_FILE, err);
}

static int write_own_map(int proc, const char *path, const struct maproot_idmap *map, enum maproot_step step,
			 struct maproot_error *err)
{
	char text[OWN_MAP_SIZE];
	size_t length = maproot_idmap_format(map, text, sizeof(text));

	return write_own(proc, path, text, length, step, err);
}

static int write_map(const char *path, const struct maproot_idmap *map, enum maproot_step step,
		     struct maproot_error *err)
{
	char text[MAP_SIZE];
	size_t length = maproot_idmap_format(map, text, sizeof(text));

	if (length >= sizeof(text))
		return mr_fail(err, E2BIG, step, path);
	return write_file(path, text, length, step, err);
}

int mr_idmap_write_own(const struct mr_plan *plan, int proc, struct maproot_error *err)
{
	int code = write_own_map(proc, "/proc/self/uid_map", &plan->users, MAPROOT_STEP_WRITE_UID_MAP, err);

	if (code == 0)
		code = write_own_map(proc, "/proc/self/gid_map", &plan->groups, MAPROOT_STEP_WRITE_GID_MAP, err);
	return code;
}

/* A /proc that belongs to another pid namespace would lead to somebody else's process. */
static int check_proc(struct maproot_error *err)
{
	int code = mr_process_check_proc();

	if (code == -ESRCH)
		return mr_fail(err, ESRCH, MAPROOT_STEP_FACTS, "/proc, which belongs to another pid namespace");
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_FACTS, "/proc/self") : 0;
}

static int write_direct(const struct mr_plan *plan, pid_t pid, struct maproot_error *err)
{
	static const char *const names[] = { "uid_map", "gid_map" };
	const struct maproot_idmap *const maps[] = { &plan->users, &plan->groups };
	static const enum maproot_step map_steps[] = { MAPROOT_STEP_WRITE_UID_MAP,
						       MAPROOT_STEP_WRITE_GID_MAP };

	for (int kind = 0; kind < 2; kind++) {
		char path[48];
		struct mr_text text = mr_text_in(path, sizeof(path));
		int code;

		mr_text_add(&text, "/proc/");
		mr_text_add_number(&text, pid);
		mr_text_add(&text, "/");
		mr_text_add(&text, names[kind]);
		code = write_map(path, maps[kind], map_steps[kind], err);
		if (code < 0)
			return code;
	}
	return 0;
}

int mr_idmap_write_for(const struct mr_plan *plan, pid_t pid, struct maproot_error *err)
{
	int code = check_proc(err);

	if (code < 0)
		return code;
	return plan->mapper == MR_MAPPER_HELPERS ? mr_idmap_run_helpers(plan, pid, err) :
						   write_direct(plan, pid, err);
}
