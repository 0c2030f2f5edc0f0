/*
 * Options for namespaces that exist or stay: references, pins, names.
 */
#include "cli/argument.h"
#include "cli/handlers.h"
#include "cli/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 64 };

static int fail_memory(void)
{
	const struct maproot_error err = { ENOMEM, MAPROOT_STEP_PREPARE, "the options" };

	(void)report_error(&err);
	return -1;
}

int add_word(const char ***list, size_t *count, const char *word)
{
	if (!*list)
		*list = calloc(WORDS_MAX, sizeof(**list));
	if (!*list)
		return fail_memory();
	if (*count == WORDS_MAX)
		return report_usage("more than 64 of one kind: '", word, "'", NULL);
	(*list)[(*count)++] = word;
	return 0;
}

int set_join(struct options *options, const char *argument)
{
	return add_word((const char ***)&options->request.joins, &options->request.join_count, argument);
}

/* A number is the reference of a process; what else --join takes may be anything. */
int set_target(struct options *options, const char *argument)
{
	if (argument[0] == '\0' || argument[strspn(argument, "0123456789")] != '\0')
		return argument_refuse("target", argument, "a process id");
	return set_join(options, argument);
}

int set_setuid(struct options *options, const char *argument)
{
	options->request.identity.set_user = true;
	return argument_user(argument, &options->request.identity.inner_user) < 0 ?
		       argument_refuse("setuid", argument, "a user") :
		       0;
}

int set_setgid(struct options *options, const char *argument)
{
	options->request.identity.set_group = true;
	return argument_group(argument, &options->request.identity.inner_group) < 0 ?
		       argument_refuse("setgid", argument, "a group") :
		       0;
}

int set_name(struct options *options, const char *argument)
{
	options->request.name = argument;
	return 0;
}

int set_list(struct options *options, const char *argument)
{
	options->list = true;
	options->list_target = argument;
	return 0;
}

int add_pin(struct options *options, const char *argument)
{
	return add_word(&options->pins, &options->pin_count, argument);
}

int add_unpin(struct options *options, const char *argument)
{
	return add_word(&options->unpins, &options->unpin_count, argument);
}
