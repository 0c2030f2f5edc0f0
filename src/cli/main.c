/*
 * maproot: a command as root of its own user namespace. Runs twice: as the user who calls, and, executed again by
 * the library, as root inside; what follows maproot_become() happens there.
 */
#include "cli/around.h"
#include "cli/degrade.h"
#include "cli/doctor.h"
#include "cli/list.h"
#include "cli/options.h"
#include "cli/pin.h"
#include "cli/report.h"
#include "cli/sealed.h"
#include "cli/stay.h"

#include <maproot/name.h>
#include <stddef.h>

enum { STOP_PATIENCE_MS = 5000 };

static int dry_run(struct options *options)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int failed = 0;

	if (maproot_describe(&options->request, report_line, &failed, &err) < 0)
		return report_failure(&err, &options->request, NULL);
	around_describe(options, &failed);
	options_use_shell(options, 0);
	return report_command(options->command, failed);
}

static int stop(const char *name)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	return maproot_name_stop(name, STOP_PATIENCE_MS, &err) < 0 ? report_failure(&err, NULL, NULL) : 0;
}

/* In the process that became what was asked for. Returns only when there is no command any more to run. */
static int go_on(struct options *options, const struct maproot_outcome *outcome)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	bool hold = options->detach && !options->command[0];

	options_use_shell(options, outcome->created);
	if (options->verbose)
		report_place(outcome, hold ? "nothing" : options->command[0]);
	if (options->detach && !(hold && outcome->joined))
		stay_leave_terminal();
	if (hold)
		return stay_hold(&options->request, outcome);
	stay_try();
	(void)maproot_exec(&options->request, outcome->created, options->command, NULL, &err);
	stay_come_to_nothing();
	return stay_fail(report_failure(&err, &options->request, NULL));
}

/* Before anything else, and in the first run only. Returns true when that was all, with the exit status. */
static bool prepare(struct options *options, int *ret_status)
{
	*ret_status = 0;
	if (options->detach)
		*ret_status = stay_detach();
	if (*ret_status == 0 && options->pin_count > 0 && !maproot_is_reexecuted()) {
		*ret_status = stay_pin(options);
		return *ret_status != 0 || !options->command[0];
	}
	return *ret_status != 0;
}

static int run(struct options *options, char **argv)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_outcome outcome;
	int status = sealed_run(options, argv);

	if (status != 0 || prepare(options, &status))
		return status;
	if (options->outside)
		return around_run(options);
	while (maproot_become(&options->request, argv, &outcome, &err) < 0) {
		if (degrade(options, &err))
			continue;
		stay_undo_pins();
		return stay_fail(report_failure(&err, &options->request, NULL));
	}
	if (outcome.ended)
		maproot_end_as(outcome.wait_status);
	return go_on(options, &outcome);
}

int main(int argc, char **argv)
{
	struct options options;

	if (options_parse(argc, argv, &options) < 0)
		return MAPROOT_EXIT_FAILURE;
	if (options.help)
		return report_help();
	if (options.version)
		return report_version();
	if (options.list)
		return list_all((pid_t)options.list_pid, !options.list_target, options.json);
	if (options.stop)
		return stop(options.stop);
	if (options.unpin_count > 0)
		return pin_unpin(options.unpins, options.unpin_count);
	if (options.doctor)
		return doctor(options.json);
	if (options.gc)
		return around_gc();
	if (options.dry_run)
		return dry_run(&options);
	return run(&options, argv);
}
