/*
 * Starting the two id map helpers, and telling how they ended.
 */
#include "system/idmap_helpers.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "system/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ARGUMENT_COUNT = 3 + 3 * MAPROOT_IDMAP_LINES,
	NUMBER_SIZE = 11,
};

/* One helper: its arguments, and the file that takes what it complains of. */
struct helper {
	const char *name;
	const char *file; /* of /proc/PID, that it writes */
	char path[PATH_MAX];
	char *argv[ARGUMENT_COUNT];
	char numbers[1 + 3 * MAPROOT_IDMAP_LINES][NUMBER_SIZE];
	pid_t pid;
	int complaints;
};

static char *number_argument(char *buffer, uint32_t number)
{
	struct mr_text text = mr_text_in(buffer, NUMBER_SIZE);

	mr_text_add_number(&text, number);
	return buffer;
}

/* newuidmap PID INNER OUTER COUNT [INNER OUTER COUNT]... */
static void fill_arguments(struct helper *helper, pid_t pid, const struct maproot_idmap *map)
{
	size_t argument = 0;
	size_t number = 0;

	helper->argv[argument++] = (char *)helper->name;
	helper->argv[argument++] = number_argument(helper->numbers[number++], (uint32_t)pid);
	for (size_t at = 0; at < map->count; at++) {
		const uint32_t fields[] = { map->range[at].inner, map->range[at].outer,
					    map->range[at].count };

		for (size_t field = 0; field < 3; field++)
			helper->argv[argument++] =
				number_argument(helper->numbers[number++], fields[field]);
	}
	helper->argv[argument] = NULL;
}

static int start(struct helper *helper, pid_t pid, const struct maproot_idmap *map,
		 struct maproot_error *err)
{
	int code = mr_program_find(helper->name, helper->path, sizeof(helper->path));

	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_HELPER, helper->name);
	fill_arguments(helper, pid, map);
	/* A file in memory and no pipe: it never fills up, and nobody has to be gone before it can be read. */
	helper->complaints = mr_raise_fd(memfd_create(helper->name, MFD_CLOEXEC));
	if (helper->complaints < 0)
		return mr_fail(err, -helper->complaints, MAPROOT_STEP_PREPARE,
			       "a file for what the id map helper says");
	code = mr_program_start(helper->path, helper->argv, -1, helper->complaints, &helper->pid);
	return code < 0 ? mr_fail(err, -code, MAPROOT_STEP_HELPER, helper->path) : 0;
}

static int report_failure(struct helper *helper, int status, struct maproot_error *err)
{
	char said[160];
	char number[12];
	ssize_t length = pread(helper->complaints, said, sizeof(said) - 1, 0);
	struct mr_text text = mr_text_in(number, sizeof(number));

	said[length > 0 ? length : 0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	if (WIFSIGNALED(status)) {
		mr_text_add_number(&text, WTERMSIG(status));
		return mr_fail_pieces(err, ECHILD, MAPROOT_STEP_HELPER_KILLED, helper->name, ", signal ",
				      number, NULL);
	}
	if (said[0] != '\0')
		return mr_fail_pieces(err, EPERM, MAPROOT_STEP_HELPER_FAILED, said, NULL);
	mr_text_add_number(&text, WEXITSTATUS(status));
	return mr_fail_pieces(err, EPERM, MAPROOT_STEP_HELPER_FAILED, helper->name, ", exit status ",
			      number, NULL);
}

/* A host that ignores SIGCHLD is told no status. A map is written whole or not at all, so it tells as much. */
static bool map_is_written(const struct helper *helper, pid_t pid)
{
	char path[48];
	char byte;
	struct mr_text text = mr_text_in(path, sizeof(path));

	mr_text_add(&text, "/proc/");
	mr_text_add_number(&text, pid);
	mr_text_add(&text, helper->file);

	mr_auto_fd int fd = mr_open(path, O_RDONLY, 0);

	return fd >= 0 && mr_read(fd, &byte, 1) == 1;
}

/* Waits in any case, so that no helper is left; a helper that never started counts as done. */
static int finish(struct helper *helper, pid_t pid, struct maproot_error *err)
{
	int status = 0;
	int code = helper->pid > 0 ? mr_program_wait(helper->pid, &status) : 0;

	if (code == -ECHILD && map_is_written(helper, pid))
		code = 0;
	else if (code < 0)
		code = mr_fail(err, -code, MAPROOT_STEP_HELPER, helper->name);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		code = report_failure(helper, status, err);
	mr_close_fd(&helper->complaints);
	return code;
}

int mr_idmap_run_helpers(const struct mr_plan *plan, pid_t pid, struct maproot_error *err)
{
	/* 2 x 16 KiB: too much for a thread's stack of unknown size. */
	mr_auto_free struct helper *helpers = calloc(2, sizeof(*helpers));
	int code;
	int other;

	if (!helpers)
		return mr_fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "the arguments of the id map helpers");
	helpers[0] = (struct helper){ .name = "newuidmap", .file = "/uid_map", .complaints = -1 };
	helpers[1] = (struct helper){ .name = "newgidmap", .file = "/gid_map", .complaints = -1 };
	code = start(&helpers[0], pid, &plan->users, err);
	if (code == 0)
		code = start(&helpers[1], pid, &plan->groups, err);
	for (int at = 0; at < 2; at++) {
		other = finish(&helpers[at], pid, err);
		if (code == 0)
			code = other;
	}
	return code;
}
