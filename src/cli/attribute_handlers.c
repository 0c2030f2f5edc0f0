/*
 * Options for what the command is given before it is executed: limits, capabilities, hidden paths.
 */
#include "cli/argument.h"
#include "cli/handlers.h"
#include "cli/report.h"

#include <stdbool.h>
#include <string.h>

static struct maproot_attributes *attributes_of(struct options *options)
{
	options->request.attributes = &options->attributes;
	return &options->attributes;
}

enum { LIMITS_MAX = 32,
       NAME_SIZE = 32 };

static struct maproot_rlimit rlimits[LIMITS_MAX];

/* A number, or "unlimited"; up to `stop`. */
static int read_limit(const char *text, const char *stop, uint64_t *ret_limit)
{
	char word[32];
	long long number;
	size_t length = (size_t)(stop - text);

	if (length >= sizeof(word))
		return -1;
	memcpy(word, text, length);
	word[length] = '\0';
	if (strcmp(word, "unlimited") == 0 || strcmp(word, "infinity") == 0) {
		*ret_limit = UINT64_MAX;
		return 0;
	}
	if (argument_integer(word, 0, INT64_MAX, &number) < 0)
		return -1;
	*ret_limit = (uint64_t)number;
	return 0;
}

/* What a part of a list names: a number, or -1. */
static int look_up(const char *name, size_t length, int (*by_name)(const char *name))
{
	char copy[NAME_SIZE];

	if (length == 0 || length >= sizeof(copy))
		return -1;
	memcpy(copy, name, length);
	copy[length] = '\0';
	return by_name(copy);
}

static struct maproot_rlimit *place_for(struct maproot_attributes *attributes, int resource)
{
	for (size_t at = 0; at < attributes->rlimit_count; at++) {
		if (rlimits[at].resource == resource)
			return &rlimits[at]; /* the last one counts */
	}
	return &rlimits[attributes->rlimit_count++];
}

int add_rlimit(struct options *options, const char *argument)
{
	struct maproot_attributes *attributes = attributes_of(options);
	const char *equals = strchr(argument, '=');
	const char *end = argument + strlen(argument);
	const char *colon = equals ? strchr(equals, ':') : NULL;
	struct maproot_rlimit limit = { .resource = 0 };

	limit.resource = equals ? look_up(argument, (size_t)(equals - argument), maproot_rlimit_by_name) : -1;
	if (limit.resource < 0 || read_limit(equals + 1, colon ? colon : end, &limit.soft) < 0)
		return argument_refuse("rlimit", argument, "NAME=SOFT[:HARD], with the name of a resource limit");
	limit.hard = limit.soft;
	if (colon && read_limit(colon + 1, end, &limit.hard) < 0)
		return argument_refuse("rlimit", argument, "NAME=SOFT[:HARD], with numbers or unlimited");
	attributes->rlimits = rlimits;
	*place_for(attributes, limit.resource) = limit;
	return 0;
}

/* "chown,setuid"; false where something in it is none. */
static bool read_capabilities(const char *list, uint64_t *ret_set)
{
	for (*ret_set = 0;; list++) {
		size_t length = strcspn(list, ",");
		int number = look_up(list, length, maproot_capability_by_name);

		if (number < 0)
			return false;
		*ret_set |= UINT64_C(1) << number;
		list += length;
		if (*list == '\0')
			return true;
	}
}

/* All that this library knows by name. */
static uint64_t all_capabilities(void)
{
	return (UINT64_C(2) << maproot_capability_by_name("checkpoint_restore")) - 1;
}

int set_capabilities(struct options *options, const char *argument)
{
	static struct maproot_capability_sets sets;
	uint64_t wanted = 0;

	if (strcmp(argument, "all") == 0)
		wanted = all_capabilities();
	else if (strcmp(argument, "none") != 0 && !read_capabilities(argument, &wanted))
		return argument_refuse("capabilities", argument, "a list of capabilities, none or all");
	sets = (struct maproot_capability_sets){ wanted, wanted, wanted, wanted, wanted };
	attributes_of(options)->capabilities = &sets;
	return 0;
}

int set_no_new_privileges(struct options *options, const char *argument)
{
	(void)argument;
	attributes_of(options)->no_new_privileges = true;
	return 0;
}

int set_oom_score(struct options *options, const char *argument)
{
	struct maproot_attributes *attributes = attributes_of(options);
	long long score;

	if (argument_integer(argument, -1000, 1000, &score) < 0)
		return argument_refuse("oom-score-adj", argument, "a number from -1000 to 1000");
	attributes->set_oom_score_adj = true;
	attributes->oom_score_adj = (int)score;
	return 0;
}

int add_sysctl(struct options *options, const char *argument)
{
	struct maproot_attributes *attributes = attributes_of(options);
	const char *equals = strchr(argument, '=');

	if (!equals || equals == argument)
		return argument_refuse("sysctl", argument, "NAME=VALUE");
	return add_word((const char ***)&attributes->sysctls, &attributes->sysctl_count, argument);
}

int add_mask(struct options *options, const char *argument)
{
	struct maproot_attributes *attributes = attributes_of(options);

	if (argument[0] != '/')
		return argument_refuse("mask", argument, "an absolute path");
	return add_word((const char ***)&attributes->masked, &attributes->masked_count, argument);
}

int add_read_only(struct options *options, const char *argument)
{
	struct maproot_attributes *attributes = attributes_of(options);

	if (argument[0] != '/')
		return argument_refuse("read-only", argument, "an absolute path");
	if (argument[1] == '\0') {
		attributes->read_only_root = true;
		return 0;
	}
	return add_word((const char ***)&attributes->read_only, &attributes->read_only_count, argument);
}
