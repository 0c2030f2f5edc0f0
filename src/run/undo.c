/*
 * The table of what can be undone, and how. Whoever does it need not be who made it.
 */
#include "run/undo.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "join/registry.h"
#include "run/network.h"
#include "system/cgroup.h"
#include "system/ending.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { KILL_WAIT_MS = 10000 }; /* what the kernel may take to tear a process down */

static int refuse(int code, const char *kind, const char *what, const char *why, struct maproot_error *err)
{
	return mr_fail_pieces(err, code, MAPROOT_STEP_UNDO, "'", kind, ":", what, "'", why, NULL);
}

static int undo_cgroup(const char *path, struct maproot_error *err)
{
	int code;

	if (path[0] != '/')
		return refuse(EINVAL, "cgroup", path, ", which is no path", err);
	code = mr_cgroup_kill(path, err);
	return code < 0 ? code : mr_cgroup_remove(path, err);
}

static int undo_process(const char *what, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	struct mr_process process;
	uint64_t pid = 0;
	uint64_t start = 0;
	const char *at;
	int code;

	if (mr_text_read_number(what, &at, INT32_MAX, &pid) < 0 || *at != ':' ||
	    mr_text_read_number(at + 1, &at, UINT64_MAX, &start) < 0 || *at != '\0' || pid == 0 || start == 0)
		return refuse(EINVAL, "process", what, ", which is no process", err);
	code = mr_process_hold((pid_t)pid, start, &process, &why);
	if (code == -ESRCH && why.step == MAPROOT_STEP_NO_PROCESS)
		return 0;
	if (code < 0)
		return mr_error_pass(err, &why);
	code = mr_ending_signal(&process, SIGKILL);
	if (code == 0)
		code = mr_ending_await(&process, KILL_WAIT_MS);
	mr_process_release(&process);
	return code == 0 || code == -ESRCH ? 0 : refuse(-code, "process", what, "", err);
}

/* Records are known by having no dot in front, and go by another way. */
static int remove_below(const char *kind, const char *path, int flags, struct maproot_error *err)
{
	char top[PATH_MAX];
	mr_auto_registry int registry = -1;
	int code = mr_registry_path(top, err);
	size_t length = code < 0 ? 0 : strlen(top);
	const char *rest;

	if (code < 0)
		return code;
	rest = strncmp(path, top, length) == 0 && path[length] == '/' ? path + length + 1 : "";
	if (rest[0] != '.' || strstr(rest, ".."))
		return refuse(EPERM, kind, path, ", which is no file of maproot's", err);
	registry = mr_registry_open(false, err);
	if (registry == -ENOENT)
		return 0;
	if (registry < 0)
		return registry;
	if (unlinkat(registry, rest, flags) < 0 && errno != ENOENT)
		return refuse(errno, kind, path, "", err);
	return 0;
}

static int undo_file(const char *path, struct maproot_error *err)
{
	return remove_below("file", path, 0, err);
}

static int undo_directory(const char *path, struct maproot_error *err)
{
	return remove_below("directory", path, AT_REMOVEDIR, err);
}

static const struct {
	const char *kind;
	int (*undo)(const char *what, struct maproot_error *err);
} kinds[] = {
	{ "cgroup", undo_cgroup },
	{ "scope", mr_cgroup_stop_scope },
	{ "link", mr_network_undo_link },
	{ "process", undo_process },
	{ "file", undo_file },
	{ "directory", undo_directory },
};

int mr_undo(const char *entry, struct maproot_error *err)
{
	for (size_t at = 0; at < sizeof(kinds) / sizeof(kinds[0]); at++) {
		size_t length = strlen(kinds[at].kind);

		if (strncmp(entry, kinds[at].kind, length) == 0 && entry[length] == ':' && entry[length + 1] != '\0')
			return kinds[at].undo(entry + length + 1, err);
	}
	return mr_fail_pieces(err, ENOTSUP, MAPROOT_STEP_UNDO, "'", entry, "', which this maproot does not know", NULL);
}

/* Those that failed move together, in their order. */
static void keep_failed(struct maproot_name_record *record, const bool failed[MAPROOT_MADE_MAX])
{
	size_t kept = 0;

	for (size_t at = 0; at < record->made_count; at++) {
		if (!failed[at])
			continue;
		if (kept != at)
			memcpy(record->made[kept], record->made[at], MAPROOT_MADE_SIZE);
		kept++;
	}
	record->made_count = kept;
}

int mr_undo_all(struct maproot_name_record *record, void (*complain)(void *arg, const struct maproot_error *err),
		void *arg, struct maproot_error *err)
{
	bool failed[MAPROOT_MADE_MAX] = { false };
	int code = 0;

	for (size_t at = record->made_count; at-- > 0;) {
		struct maproot_error why = MAPROOT_ERROR_INIT;
		int undone = mr_undo(record->made[at], &why);

		failed[at] = undone < 0;
		if (undone == 0)
			continue;
		if (complain)
			complain(arg, &why);
		if (code == 0)
			code = mr_error_pass(err, &why);
	}
	keep_failed(record, failed);
	return code;
}
