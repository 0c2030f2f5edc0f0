/*
 * Stopping where a test wants it. The process stops itself, and goes on where somebody continues it.
 */
#include "base/stop_point.h"

#ifdef MAPROOT_STOP_POINTS

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void mr_stop_point(const char *name)
{
	const char *wanted = getenv("MAPROOT_STOP_AT");

	if (wanted && strcmp(wanted, name) == 0)
		(void)syscall(SYS_kill, syscall(SYS_getpid), SIGSTOP);
}

#endif
