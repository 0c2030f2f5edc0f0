/*
 * Starting through the engine instead of executing this program again: the child becomes the command at once.
 */
#include "cli/around.h"

#include "cli/degrade.h"
#include "cli/report.h"
#include "cli/status.h"
#include "cli/stay.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void complain(void *status_fd, const struct maproot_error *err)
{
	(void)report_error(err);
	status_error(*(const int *)status_fd, "complaint", err, NULL);
}

static int fail(const struct options *options, const struct maproot_error *err)
{
	struct maproot_explanation explanation;
	int status;

	stay_come_to_nothing();
	stay_undo_pins();
	status = report_failure(err, &options->request, &explanation);
	status_error(options->status_fd, "error", err, &explanation);
	return stay_fail(status);
}

/* The command runs, or has come and gone. */
static int wait_for_it(struct options *options, struct maproot_running *running)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int status = 0;

	status_started(options->status_fd, maproot_running_id(running), maproot_running_child(running)->pid);
	if (maproot_wait(running, &status, &err) < 0)
		return fail(options, &err);
	status_ended(options->status_fd, status);
	maproot_end_as(status);
}

/* In the background 0 to 2 are nobody's; who asked for one of them still wants to know. */
static void keep_status(struct options *options)
{
	if (options->status_fd >= 0 && options->status_fd <= STDERR_FILENO)
		options->status_fd = fcntl(options->status_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

int around_run(struct options *options)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_running *running = NULL;
	struct maproot_engine *engine = &options->engine;

	if (options->detach && !options->command[0]) {
		report("a holder has nothing around it: give a command, 'sleep infinity' say", NULL);
		return stay_fail(MAPROOT_EXIT_FAILURE);
	}
	options_use_shell(options, 0);
	engine->id = options->request.name;
	options->request.name = NULL;
	engine->named = options->request.named[0] ? options->request.named : NULL;
	engine->stand_in = true;
	engine->keep_fds = &options->status_fd;
	engine->keep_fd_count = 1;
	engine->complain = complain;
	engine->complain_arg = &options->status_fd;
	if (options->detach) {
		keep_status(options);
		stay_leave_terminal();
	}
	while (maproot_start(&options->request, engine, options->command, NULL, &running, &err) < 0) {
		if (!degrade(options, &err))
			return fail(options, &err);
	}
	if (options->verbose)
		report("run '", maproot_running_id(running), "' executes '", options->command[0], "'", NULL);
	stay_try();
	stay_done();
	return wait_for_it(options, running);
}

static void say_gone(void *failed, const char *id)
{
	report_line(failed, id);
}

int around_gc(void)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int failed = 0;

	if (maproot_gc(say_gone, &failed, &err) < 0)
		return report_failure(&err, NULL, NULL);
	return failed || report_written();
}

static void describe_hook(const char *which, const char *command, int *failed)
{
	char *line;

	if (!command)
		return;
	if (asprintf(&line, "%s hook: %s", which, command) < 0) {
		*failed = 1;
		return;
	}
	report_line(failed, line);
	free(line);
}

void around_describe(const struct options *options, int *failed)
{
	char line[64];

	describe_hook("setup", options->engine.setup.command, failed);
	describe_hook("started", options->engine.started.command, failed);
	if (options->status_fd < 0)
		return;
	(void)snprintf(line, sizeof(line), "status: to descriptor %d", options->status_fd);
	report_line(failed, line);
}
