/*
 * maproot-oci: a command with what the config.json of an OCI bundle says.
 */
#include "oci/options.h"
#include "oci/report.h"
#include "oci/state.h"

#include <stdio.h>
#include <stdlib.h>

/* What can't be done is said in full before anything starts. Returns the exit status. */
static int refuse(const struct maproot_oci *spec)
{
	size_t count = 0;
	const struct maproot_oci_finding *findings = maproot_oci_findings(spec, &count);

	if (count == 0)
		return 0;
	for (size_t at = 0; at < count; at++)
		report("config.json: ", findings[at].path, ": not supported: ", findings[at].why, " (--ignore=",
		       findings[at].field, ")", NULL);
	report("nothing was started", NULL);
	return MAPROOT_EXIT_FAILURE;
}

static void say_notes(const struct maproot_oci *spec)
{
	size_t count = 0;
	const char *const *notes = maproot_oci_notes(spec, &count);

	for (size_t at = 0; at < count; at++)
		report("config.json: ", notes[at], NULL);
}

/* The plan, in the words of `maproot --dry-run`; what is ignored or adapted; the command. */
static int dry_run(const struct maproot_oci *spec, const struct maproot_oci_run *run)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	size_t count = 0;
	const char *const *notes = maproot_oci_notes(spec, &count);
	int failed = 0;

	if (maproot_describe(&run->request, report_line, &failed, &err) < 0)
		return report_error(&err);
	for (size_t at = 0; at < count; at++)
		failed |= printf("note: %s\n", notes[at]) < 0;
	failed |= fputs("command:", stdout) < 0;
	for (char *const *word = run->argv; *word; word++)
		failed |= printf(" %s", *word) < 0;
	failed |= putchar('\n') == EOF;
	return report_written(failed);
}

static int start(struct maproot_oci_run *run)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_running *running;
	int wait_status = 0;

	run->engine.stand_in = true;
	run->engine.complain = report_complaint;
	if (maproot_start(&run->request, &run->engine, run->argv, run->envp, &running, &err) < 0 ||
	    maproot_wait(running, &wait_status, &err) < 0)
		return report_failure(&err, &run->request);
	maproot_end_as(wait_status);
}

static int run_bundle(const struct options *options)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	struct maproot_oci *spec;
	struct maproot_oci_run run;
	int status;

	if (maproot_oci_load(options->bundle, options->ignored, options->ignored_count, &spec, &err) < 0)
		return report_error(&err);
	if (maproot_oci_request(spec, &options->wish, &run, &err) < 0) {
		maproot_oci_free(spec);
		return report_error(&err);
	}
	if (options->verbose)
		say_notes(spec);
	status = refuse(spec);
	if (status == 0)
		status = options->dry_run ? dry_run(spec, &run) : start(&run);
	maproot_oci_free(spec);
	return status;
}

static int obey(const struct options *options)
{
	if (options->help)
		return report_help();
	if (options->version)
		return report_version();
	if (options->state)
		return state_print(options->state);
	return run_bundle(options);
}

int main(int argc, char **argv)
{
	struct options options = { .bundle = "." };
	int status = options_parse(argc, argv, &options) < 0 ? MAPROOT_EXIT_FAILURE : obey(&options);

	free(options.ignored);
	return status;
}
