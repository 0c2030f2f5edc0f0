/*
 * From argv to a request: words become options of the table, and each option's handler does the rest.
 */
#include "cli/options.h"

#include "cli/argument.h"
#include "cli/handlers.h"
#include "cli/report.h"

#include <getopt.h>
#include <signal.h>
#include <string.h>

enum { OPTION_BASE = 256, /* above all letters */
       SETUP_TIMEOUT_MS = 30000 };

static const struct option long_options[] = {
#define HAS_NONE     no_argument
#define HAS_REQUIRED required_argument
#define HAS_OPTIONAL optional_argument
#define X(id, letter, name, argument, argument_name, help) \
	{ name, HAS_##argument, NULL, OPTION_BASE + OPTION_##id },
#define H(heading)
	OPTIONS(X, H)
#undef X
		{ NULL, 0, NULL, 0 },
};

static const struct {
	char letter;
	enum option_argument argument;
} letters[OPTION_COUNT] = {
#define X(id, letter, name, argument, argument_name, help) { letter, ARGUMENT_##argument },
	OPTIONS(X, H)
#undef X
#undef H
};

enum { SHORT_OPTIONS_SIZE = 2 + 3 * OPTION_COUNT + 1 };

/* "+": the first word that is no option is the command. ":": missing arguments are told from unknown options. */
static void fill_short_options(char *shorts)
{
	*shorts++ = '+';
	*shorts++ = ':';
	for (size_t id = 0; id < OPTION_COUNT; id++) {
		if (letters[id].letter == 0)
			continue;
		*shorts++ = letters[id].letter;
		/* What may be left out is for the long name only: letters are written together. */
		if (letters[id].argument == ARGUMENT_REQUIRED)
			*shorts++ = ':';
	}
	*shorts = '\0';
}

/* What getopt_long(3) returned: a letter, or an id above all letters. */
static enum option_id find_option(int got)
{
	size_t id = 0;

	if (got >= OPTION_BASE)
		return (enum option_id)(got - OPTION_BASE);
	while (letters[id].letter != got)
		id++;
	return (enum option_id)id;
}

/* optind, optopt and argv tell which word it was, if not always in the same way. */
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

/* What is around the command needs a process that stays until it has ended. */
static int refuse_engine(const struct options *options)
{
	if (options->request.in_place && options->outside)
		return report_usage("--in-place leaves nobody to take down what is around the command", NULL);
	if (options->cgroup.manager != MAPROOT_CGROUP_AUTO && !options->request.cgroup)
		return report_usage("--cgroup-manager needs --cgroup=NAME or --limit", NULL);
	if (options->engine.setup.timeout_ms != SETUP_TIMEOUT_MS && !options->engine.setup.command)
		return report_usage("--setup-timeout needs --setup", NULL);
	return 0;
}

/* What goes with nothing that it was given with. */
static int refuse_combinations(const struct options *options, char *const rest[])
{
	bool only = options->list || options->stop || options->unpin_count > 0 || options->gc || options->doctor;

	if (options->json && !options->list && !options->doctor)
		return report_usage("--json needs --list or --doctor", NULL);
	if (options->detach && !options->request.name)
		return report_usage("--detach needs --name: nobody would find it again", NULL);
	if (options->pin_count > 0 && options->request.join_count > 0)
		return report_usage("--pin is for new namespaces and our own, not with --join or --target", NULL);
	if (options->list + (options->stop != NULL) + (options->unpin_count > 0) + options->gc + options->doctor > 1)
		return report_usage("--list, --stop, --unpin, --gc and --doctor exclude each other", NULL);
	if (only && rest[0])
		return report_usage("there is no command to run with --list, --stop, --unpin, --gc or --doctor: '", rest[0],
				    "'", NULL);
	return refuse_engine(options);
}

static int settle(struct options *options, char **rest)
{
	struct maproot_identity *identity = &options->request.identity;

	if (options->list_target && argument_integer(options->list_target, 1, INT32_MAX, &options->list_pid) < 0)
		return argument_refuse("list", options->list_target, "a process id");
	if (options->map_root) {
		identity->own_user = identity->users != NULL;
		identity->own_group = identity->groups != NULL;
	}
	options->command = rest;
	options->request.named = rest;
	return refuse_combinations(options, rest);
}

/* An argument that may be missing stands in its option's word; but a number after --list can mean one thing only. */
static bool is_number(const char *word)
{
	return word && word[0] != '\0' && word[strspn(word, "0123456789")] == '\0';
}

int options_parse(int argc, char **argv, struct options *options)
{
	char shorts[SHORT_OPTIONS_SIZE];
	int got;

	*options = (struct options){ .request = { .death_signal = SIGKILL },
				     .engine = { .setup = { .timeout_ms = SETUP_TIMEOUT_MS } },
				     .status_fd = -1 };
	fill_short_options(shorts);
	opterr = 0;
	while ((got = getopt_long(argc, argv, shorts, long_options, NULL)) != -1) {
		if (got == '?' || got == ':')
			return refuse_option(got, argv);
		if (find_option(got) == OPTION_LIST && !optarg && is_number(argv[optind]))
			optarg = argv[optind++];
		if (option_handlers[find_option(got)](options, optarg) < 0)
			return -1;
	}
	return settle(options, argv + optind);
}
