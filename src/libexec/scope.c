/*
 * maproot-scope: a transient scope of the caller's systemd, for those who have no D-Bus of their own.
 *
 *   maproot-scope [--timeout MS] start UNIT SLICE|- PID [PROPERTY=VALUE]...    a new scope around a process
 *   maproot-scope [--timeout MS] stop UNIT                                     ends what is in it; 0 if there is none
 *   maproot-scope [--timeout MS] check                                         does a manager answer?
 *
 * Says nothing but why something went wrong: status 1; status 2 for a call that makes no sense.
 */
#include "libexec/scope_unit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FAILED = 1,
	MISUSED = 2,
	LIMIT_MS = 10000, /* src/system/scope.c waits a little longer */
	CHECK_LIMIT_MS = 1000,
};

struct request {
	struct scope scope;
	unsigned int limit_ms; /* 0: as usual */
};

static int misused(const char *why, const char *what)
{
	(void)fprintf(stderr, "%s: '%s'\n", why, what);
	return MISUSED;
}

static int failed(const char *what, const char *unit, const struct scope_bus *bus)
{
	(void)fprintf(stderr, "%s%s: %s\n", what, unit, bus->why);
	return FAILED;
}

/* unit_name_is_valid() of systemd, for plain names. */
static int is_unit(const char *name, const char *suffix)
{
	size_t length = strlen(name);
	size_t tail = strlen(suffix);

	return length > tail && length < 256 && strcmp(name + length - tail, suffix) == 0 &&
	       strspn(name, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz:-_.\\") == length;
}

static int read_number(const char *text, unsigned long highest, unsigned long *ret_number)
{
	char *end = NULL;

	if (*text < '1' || *text > '9')
		return -EINVAL;
	errno = 0;
	*ret_number = strtoul(text, &end, 10);
	return errno != 0 || *end != '\0' || *ret_number > highest ? -EINVAL : 0;
}

static int run_start(int argc, char **argv, struct request *request)
{
	struct scope_bus bus;
	unsigned long number = 0;

	if (argc < 3)
		return misused("not enough arguments of", "start");
	if (!is_unit(argv[0], ".scope"))
		return misused("not the name of a scope", argv[0]);
	request->scope.unit = argv[0];
	request->scope.slice = strcmp(argv[1], "-") == 0 ? NULL : argv[1];
	if (request->scope.slice && !is_unit(request->scope.slice, ".slice"))
		return misused("not the name of a slice", request->scope.slice);
	if (read_number(argv[2], INT_MAX, &number) < 0)
		return misused("not the number of a process", argv[2]);
	request->scope.pid = (uint32_t)number;
	if (argc - 3 > SCOPE_PROPERTIES)
		return misused("too many properties, from", argv[3 + SCOPE_PROPERTIES]);
	for (int at = 3; at < argc; at++) {
		int code = scope_property_read(argv[at], &request->scope.properties[request->scope.property_count++]);

		if (code < 0)
			return misused(code == -ENOENT ? "not a property of a scope" : "not a value of this property",
				       argv[at]);
	}

	int code = scope_bus_open(&bus, request->limit_ms ? request->limit_ms : LIMIT_MS);

	if (code == 0)
		code = scope_start(&bus, &request->scope);
	scope_bus_done(&bus);
	return code == 0 ? 0 : failed("cannot start scope ", request->scope.unit, &bus);
}

static int run_stop(int argc, char **argv, struct request *request)
{
	struct scope_bus bus;
	int code;

	if (argc < 1 || !is_unit(argv[0], ".scope"))
		return misused("not the name of a scope", argc > 0 ? argv[0] : "");
	if (argc > 1)
		return misused("too many arguments, from", argv[1]);
	request->scope.unit = argv[0];
	code = scope_bus_open(&bus, request->limit_ms ? request->limit_ms : LIMIT_MS);
	if (code == 0)
		code = scope_stop(&bus, request->scope.unit);
	scope_bus_done(&bus);
	return code == 0 ? 0 : failed("cannot stop scope ", request->scope.unit, &bus);
}

static int run_check(int argc, char **argv, struct request *request)
{
	struct scope_bus bus;
	int code;

	if (argc != 0)
		return misused("too many arguments, from", argv[0]);
	code = scope_bus_open(&bus, request->limit_ms ? request->limit_ms : CHECK_LIMIT_MS);
	if (code == 0)
		code = scope_check(&bus);
	scope_bus_done(&bus);
	return code == 0 ? 0 : failed("no manager", "", &bus);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv, struct request *request);
} commands[] = {
	{ "start", run_start },
	{ "stop", run_stop },
	{ "check", run_check },
};

int main(int argc, char *argv[])
{
	struct request request = { .limit_ms = 0 };
	int at = 1;

	if (at + 1 < argc && strcmp(argv[at], "--timeout") == 0) {
		unsigned long number = 0;

		if (read_number(argv[at + 1], 3600000, &number) < 0)
			return misused("not a time in milliseconds", argv[at + 1]);
		request.limit_ms = (unsigned int)number;
		at += 2;
	}
	for (size_t command = 0; at < argc && command < sizeof(commands) / sizeof(commands[0]); command++)
		if (strcmp(argv[at], commands[command].name) == 0)
			return commands[command].run(argc - at - 1, argv + at + 1, &request);
	return misused("not a command of this program (start, stop, check)", at < argc ? argv[at] : "");
}
