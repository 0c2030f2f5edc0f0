/*
 * maproot: a command as root of its own user namespace. Runs twice: as the user who calls, and, executed again by
 * the library, as root inside; what follows maproot_become() happens there.
 */
#include "cli/options.h"
#include "cli/report.h"

#include <stddef.h>

static int dry_run(struct options *options)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	int failed = 0;

	if (maproot_describe(&options->request, report_line, &failed, &err) < 0)
		return report_error(&err);
	options_use_shell(options, 0);
	return report_command(options->command, failed);
}

int main(int argc, char **argv)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_outcome outcome;
	struct options options;

	if (options_parse(argc, argv, &options) < 0)
		return MAPROOT_EXIT_FAILURE;
	if (options.help)
		return report_help();
	if (options.version)
		return report_version();
	if (options.dry_run)
		return dry_run(&options);

	if (maproot_become(&options.request, argv, &outcome, &err) < 0)
		return report_error(&err);
	if (outcome.ended)
		maproot_end_as(outcome.wait_status);

	options_use_shell(&options, outcome.created);
	if (options.verbose)
		report_place(outcome.created, options.command[0]);
	(void)maproot_exec(&options.request, outcome.created, options.command, NULL, &err);
	return report_error(&err);
}
