/*
 * --pin: the namespaces that are to be new are made and bound to their files first, and then joined by the command like any others.
 */
#include "cli/pin.h"
#include "cli/report.h"
#include "cli/stay.h"

#include <maproot/pin.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PINS_MAX = MAPROOT_NAMESPACE_COUNT };

static struct maproot_pin *pins[PINS_MAX];
static size_t pin_count;
static pid_t maker;

void stay_undo_pins(void)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	/* A copy of the process that made them is somewhere else. */
	while (pin_count > 0 && getpid() == maker) {
		if (maproot_pin_close(&pins[--pin_count], &err) < 0)
			(void)report_error(&err);
	}
}

/* "net=/run/netns/a" */
static int join_it(struct options *options, enum maproot_namespace type, const char *path)
{
	struct maproot_request *request = &options->request;
	const char **joins = realloc((void *)request->joins, (request->join_count + 1) * sizeof(*joins));
	size_t size = strlen(maproot_namespace_name(type)) + strlen(path) + 2;
	char *reference = malloc(size);

	if (joins)
		request->joins = joins;
	if (!joins || !reference) {
		const struct maproot_error err = { ENOMEM, MAPROOT_STEP_PREPARE, "the options" };

		free(reference);
		return report_error(&err);
	}
	(void)strcat(strcat(strcpy(reference, maproot_namespace_name(type)), "="), path);
	joins[request->join_count++] = reference;
	request->namespaces &= ~MAPROOT_NAMESPACE_BIT(type);
	return 0;
}

/* A name that we have chosen: the answer, unless a command has standard output for itself. */
static int say_where(const struct options *options, const char *path)
{
	int failed = 0;

	if (options->command[0]) {
		report("pinned to '", path, "'", NULL);
		return 0;
	}
	report_line(&failed, path);
	return failed || report_written();
}

static int pin_one(struct options *options, const char *text)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	enum maproot_namespace type;
	const char *where;
	bool fresh;
	int code;

	if (pin_parse(text, &type, &where) < 0)
		return MAPROOT_EXIT_FAILURE;
	if (pin_count == PINS_MAX) {
		(void)report_usage("more pins than types", NULL);
		return MAPROOT_EXIT_FAILURE;
	}
	fresh = options->request.namespaces & MAPROOT_NAMESPACE_BIT(type);
	code = fresh ? maproot_pin_new(type, where, &pins[pin_count], &err) :
		       maproot_pin_current(type, where, &pins[pin_count], &err);
	if (code < 0)
		return report_failure(&err, NULL, NULL);
	pin_count++;
	if (!where && say_where(options, maproot_pin_path(pins[pin_count - 1])) != 0)
		return MAPROOT_EXIT_FAILURE;
	return fresh ? join_it(options, type, maproot_pin_path(pins[pin_count - 1])) : 0;
}

int stay_pin(struct options *options)
{
	int status = 0;

	maker = getpid();
	for (size_t at = 0; status == 0 && at < options->pin_count; at++)
		status = pin_one(options, options->pins[at]);
	if (status != 0)
		stay_undo_pins();
	return status;
}
