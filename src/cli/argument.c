/*
 * The arguments of options: text becomes a value, or a message that names option and text.
 */
#include "cli/argument.h"

#include "cli/report.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

int argument_refuse(const char *option, const char *argument, const char *want)
{
	return report_usage("option '--", option, "': '", argument, "' is not ", want, NULL);
}

int argument_integer(const char *text, long long lowest, long long highest, long long *ret_number)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (text[0] == '\0' || strchr(" \t\n+", text[0]) || *end != '\0' || errno != 0 || number < lowest ||
	    number > highest)
		return -1;
	*ret_number = number;
	return 0;
}

int argument_user(const char *text, uint32_t *ret_id)
{
	long long number;
	const struct passwd *entry;

	if (argument_integer(text, 0, UINT32_MAX - 1, &number) == 0) {
		*ret_id = (uint32_t)number;
		return 0;
	}
	entry = getpwnam(text);
	if (!entry)
		return -1;
	*ret_id = entry->pw_uid;
	return 0;
}

int argument_group(const char *text, uint32_t *ret_id)
{
	long long number;
	const struct group *entry;

	if (argument_integer(text, 0, UINT32_MAX - 1, &number) == 0) {
		*ret_id = (uint32_t)number;
		return 0;
	}
	entry = getgrnam(text);
	if (!entry)
		return -1;
	*ret_id = entry->gr_gid;
	return 0;
}

int argument_seconds(const char *option, const char *text, int64_t *ret_seconds)
{
	long long number;

	/* The kernel's own limit on these clocks: 2^63 ns. */
	if (argument_integer(text, -9223372036LL, 9223372036LL, &number) < 0)
		return argument_refuse(option, text, "a number of seconds");
	*ret_seconds = number;
	return 0;
}

/* One of a few words. Returns its place in the list, or -1 after a message. */
int argument_word(const char *option, const char *argument, const char *const *words, const char *want)
{
	for (int at = 0; words[at]; at++) {
		if (strcmp(argument, words[at]) == 0)
			return at;
	}
	return argument_refuse(option, argument, want);
}
