/*
 * Finding, reading and removing the variables. All names but "order" and "on_error" are those of the namespace types.
 */
#include "preload/variables.h"

#include "base/error.h"

#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

static const char prefix[] = MAPROOT_ENV_PREFIX;

_Static_assert(sizeof(prefix) > 1, "without a prefix all of the environment would be ours");

/* Places in the set of names that were seen: the types', then these. */
enum {
	ORDER = MAPROOT_NAMESPACE_COUNT,
	ON_ERROR,
	UNKNOWN,
};

enum { NAME_SIZE = 64 };

static bool is_ours(const char *variable)
{
	return strncmp(variable, prefix, sizeof(prefix) - 1) == 0;
}

static bool is_name(const char *text, size_t length, const char *name)
{
	return strlen(name) == length && memcmp(text, name, length) == 0;
}

/* `text` is a variable without the prefix. */
static unsigned int find_name(const char *text)
{
	size_t length = strcspn(text, "=");

	if (text[length] == '\0')
		return UNKNOWN;
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (is_name(text, length, maproot_namespace_name(type)))
			return type;
	}
	if (is_name(text, length, "order"))
		return ORDER;
	return is_name(text, length, "on_error") ? ON_ERROR : UNKNOWN;
}

static int refuse(const char *variable, const char *before, const char *after, struct maproot_error *err)
{
	char name[NAME_SIZE];
	size_t length = strcspn(variable, "=");
	bool cut = length >= sizeof(name);

	if (cut)
		length = sizeof(name) - 1;
	memcpy(name, variable, length);
	name[length] = '\0';
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, before, "'", name, cut ? "..." : "", "'", after,
			      NULL);
}

static int read_on_error(const char *variable, const char *value, struct mr_variables *variables,
			 struct maproot_error *err)
{
	bool record = strcmp(value, "record") == 0;

	if (!record && strcmp(value, "exit") != 0)
		return refuse(variable, "the variable ", " has to be 'exit' or 'record'", err);
	variables->record = record;
	return 0;
}

static int read_one(const char *variable, unsigned int *seen, struct mr_variables *variables,
		    struct maproot_error *err)
{
	const char *text = variable + sizeof(prefix) - 1;
	unsigned int name = find_name(text);
	const char *value;

	if (name == UNKNOWN)
		return refuse(variable, "unknown variable ", "", err);
	if (*seen & 1u << name)
		return refuse(variable, "the variable ", " is there twice", err);
	*seen |= 1u << name;
	value = strchr(text, '=') + 1;
	if (value[0] == '\0')
		return 0;
	if (name == ON_ERROR)
		return read_on_error(variable, value, variables, err);
	if (name == ORDER)
		variables->order = value;
	else
		variables->references[variables->count++] = text;
	return 0;
}

bool mr_variables_exist(char *const *environment)
{
	for (; *environment; environment++) {
		if (is_ours(*environment))
			return true;
	}
	return false;
}

int mr_variables_read(char *const *environment, struct mr_variables *variables, struct maproot_error *err)
{
	unsigned int seen = 0;
	int ret = 0;

	/* To the end, also after an error: what happens then may be said last. */
	for (; *environment; environment++) {
		int code = is_ours(*environment) ? read_one(*environment, &seen, variables, err) : 0;

		if (ret == 0)
			ret = code;
	}
	return ret;
}

/*
 * At the start of a process the kernel's auxiliary vector lies behind the environment, and there are runtimes (Go's)
 * that find it by going on behind the last variable. An even number of words that are free now reads as entries to be
 * passed over. An odd number would be out of step: there they find the vector empty, and look elsewhere; with anything
 * in it they would believe it, and lack the rest.
 */
static void fill_gap(char **gap, size_t count)
{
	static const uintptr_t entry[2] = { AT_IGNORE, 0 };

	for (size_t at = 0; at < count; at++)
		memcpy(&gap[at], &entry[count % 2 == 0 ? at % 2 : 1], sizeof(entry[0]));
}

void mr_variables_remove(char **environment)
{
	char **to = environment;
	char **from = environment;

	for (; *from; from++) {
		if (!is_ours(*from))
			*to++ = *from;
	}
	if (to == from)
		return;
	*to = NULL;
	fill_gap(to + 1, (size_t)(from - to));
}
