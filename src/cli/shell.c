/*
 * The command where none was given: the shell of the user who calls.
 */
#include "cli/options.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The outer user of a line "INNER OUTER COUNT" of a map, if `user` is in it. */
static bool look_up(const char *line, unsigned long user, unsigned long *ret_outer)
{
	char *at;
	unsigned long inner = strtoul(line, &at, 10);
	unsigned long outer = strtoul(at, &at, 10);
	unsigned long count = strtoul(at, &at, 10);

	if (user < inner || user - inner >= count)
		return false;
	*ret_outer = outer + (user - inner);
	return true;
}

/* In a new user namespace the user has another number, which the user database knows as somebody else's. */
static uid_t calling_user(unsigned int created)
{
	unsigned long user = geteuid();
	char line[64];
	FILE *map;

	if (!(created & MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_USER)))
		return (uid_t)user;
	map = fopen("/proc/self/uid_map", "re");
	while (map && fgets(line, sizeof(line), map)) {
		if (look_up(line, user, &user))
			break;
	}
	if (map)
		(void)fclose(map); /* nothing was written */
	return (uid_t)user;
}

void options_use_shell(struct options *options, unsigned int created)
{
	static char fallback[] = "/bin/sh";
	char *shell = getenv("SHELL");
	const struct passwd *entry = NULL;

	if (options->command[0])
		return;
	if (!shell || shell[0] == '\0') {
		entry = getpwuid(calling_user(created));
		shell = entry && entry->pw_shell && entry->pw_shell[0] != '\0' ? entry->pw_shell : fallback;
	}
	options->shell[0] = shell;
	options->shell[1] = NULL;
	options->command = options->shell;
}
