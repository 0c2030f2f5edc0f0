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
#include <sys/wait.h>
#include <unistd.h>

enum {
	ARGUMENT_COUNT = 3 + 3 * MAPROOT_IDMAP_LINES,
	NUMBER_SIZE = 11,
};

/* One helper: its arguments, and the pipe that takes what it complains of. */
struct helper {
	const char *name;
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
	int ends[2];
	int code = mr_program_find(helper->name, helper->path, sizeof(helper->path));

	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_HELPER, helper->name);
	fill_arguments(helper, pid, map);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_PREPARE, "a pipe for the id map helper");

	mr_auto_fd int reader = mr_raise_fd(ends[0]);
	mr_auto_fd int writer = mr_raise_fd(ends[1]);

	if (reader < 0 || writer < 0)
		return mr_fail(err, EMFILE, MAPROOT_STEP_PREPARE, "a pipe for the id map helper");
	code = mr_program_start(helper->path, helper->argv, -1, writer, &helper->pid);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_HELPER, helper->path);
	helper->complaints = mr_take_fd(&reader);
	return 0;
}

static int report_failure(struct helper *helper, int status, struct maproot_error *err)
{
	char said[160];
	char number[12];
	ssize_t length = mr_read(helper->complaints, said, sizeof(said) - 1);
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

/* Waits in any case, so that no helper is left; a helper that never started counts as done. */
static int finish(struct helper *helper, struct maproot_error *err)
{
	int status = 0;
	int code;

	if (helper->pid <= 0)
		return 0;
	code = mr_program_wait(helper->pid, &status);
	if (code < 0)
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
	helpers[0] = (struct helper){ .name = "newuidmap", .complaints = -1 };
	helpers[1] = (struct helper){ .name = "newgidmap", .complaints = -1 };
	code = start(&helpers[0], pid, &plan->users, err);
	if (code == 0)
		code = start(&helpers[1], pid, &plan->groups, err);
	for (int at = 0; at < 2; at++) {
		other = finish(&helpers[at], err);
		if (code == 0)
			code = other;
	}
	return code;
}
