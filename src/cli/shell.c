/*
 * The command where none was given: the shell of the user who calls.
 */
#include "cli/options.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* In a new user namespace the user has another number, which the user database knows as somebody else's. */
static uid_t calling_user(unsigned int created)
{
	uid_t user = geteuid();
	unsigned int inner;
	unsigned int outer;
	unsigned int count;
	FILE *map;

	if (!(created & MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_USER)))
		return user;
	map = fopen("/proc/self/uid_map", "re");
	while (map && fscanf(map, "%u %u %u", &inner, &outer, &count) == 3) {
		if (user >= inner && user - inner < count) {
			user = outer + (user - inner);
			break;
		}
	}
	if (map)
		(void)fclose(map); /* nothing was written */
	return user;
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
