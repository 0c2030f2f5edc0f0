/*
 * From argv to what is wished of a bundle.
 */
#include "oci/options.h"

#include "oci/report.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_BASE = 256 }; /* above all letters */

static const struct option long_options[] = {
#define X(id, letter, name, argument, argument_name, help) { name, argument, NULL, OPTION_BASE + OPTION_##id },
	OPTIONS(X)
#undef X
		{ NULL, 0, NULL, 0 },
};

static const char letters[OPTION_COUNT] = {
#define X(id, letter, name, argument, argument_name, help) letter,
	OPTIONS(X)
#undef X
};

/* "+": the first word that is no option is the command. ":": missing arguments are told from unknown options. */
static const char short_options[] = "+:b:vVh";

static enum option_id find_option(int got)
{
	size_t id = 0;

	if (got >= OPTION_BASE)
		return (enum option_id)(got - OPTION_BASE);
	while (letters[id] != got)
		id++;
	return (enum option_id)id;
}

static int refuse_option(int got, char **argv)
{
	const char *word = argv[optind - 1];
	const char letter[] = { '-', (char)optopt, '\0' };
	bool by_letter = optopt > 0 && optopt < OPTION_BASE;

	if (got == ':')
		return report_usage("option '", by_letter ? letter : word, "' needs an argument", NULL);
	if (optopt >= OPTION_BASE)
		return report_usage("option '", word, "' takes no argument", NULL);
	return report_usage("unknown or ambiguous option '", by_letter ? letter : word, "'", NULL);
}

static int take_ignored(struct options *options, const char *field)
{
	const char **larger = realloc(options->ignored, (options->ignored_count + 1) * sizeof(*larger));

	if (!larger)
		return report_usage("out of memory", NULL);
	larger[options->ignored_count++] = field;
	options->ignored = larger;
	return 0;
}

static int take_manager(struct options *options, const char *name)
{
	static const char *const managers[] = {
		[MAPROOT_CGROUP_AUTO] = "auto",
		[MAPROOT_CGROUP_FS] = "fs",
		[MAPROOT_CGROUP_SYSTEMD] = "systemd",
	};

	for (size_t at = 0; at < sizeof(managers) / sizeof(managers[0]); at++) {
		if (strcmp(managers[at], name) == 0) {
			options->wish.manager = (enum maproot_cgroup_manager)at;
			return 0;
		}
	}
	return report_usage("option '--cgroup-manager': '", name, "' is not auto, fs or systemd", NULL);
}

static int take(struct options *options, enum option_id id, const char *argument)
{
	switch (id) {
	case OPTION_BUNDLE:
		options->bundle = argument;
		return 0;
	case OPTION_ID:
		options->wish.id = argument;
		return 0;
	case OPTION_IGNORE:
		return take_ignored(options, argument);
	case OPTION_CGROUP_MANAGER:
		return take_manager(options, argument);
	case OPTION_NO_CGROUP:
		options->wish.no_cgroup = true;
		return 0;
	case OPTION_STATE:
		options->state = argument;
		return 0;
	case OPTION_DRY_RUN:
		options->dry_run = true;
		return 0;
	case OPTION_VERBOSE:
		options->verbose = true;
		return 0;
	case OPTION_VERSION:
		options->version = true;
		return 0;
	default:
		options->help = true;
		return 0;
	}
}

int options_parse(int argc, char **argv, struct options *options)
{
	int got;

	opterr = 0;
	while ((got = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		if (got == '?' || got == ':')
			return refuse_option(got, argv);
		if (take(options, find_option(got), optarg) < 0)
			return -1;
	}
	options->wish.command = argv + optind;
	if (options->state && argv[optind])
		return report_usage("there is no command to run with --state: '", argv[optind], "'", NULL);
	return 0;
}
