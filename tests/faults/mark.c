/*
 * Linked into a build of the wrapper for the sweeps: tells a tracer which calls are the wrapper's
 * own doing, where the C library and the dynamic loader have many calls before main(), and the user
 * database has as many modules as the machine likes.
 */
#include "inject.h"

#include <pwd.h>
#include <sys/prctl.h>

/* The linker gives these two names to what the wrapper calls getpwuid_r (--wrap). */
int __real_getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t size,
		      struct passwd **result);
int __wrap_getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t size,
		      struct passwd **result);

__attribute__((constructor)) static void mark(void)
{
	(void)prctl(INJECT_MARK, 1, 0, 0, 0);
}

int __wrap_getpwuid_r(uid_t user, struct passwd *entry, char *buffer, size_t size,
		      struct passwd **result)
{
	int code;

	(void)prctl(INJECT_MARK, 0, 0, 0, 0);
	code = __real_getpwuid_r(user, entry, buffer, size, result);
	(void)prctl(INJECT_MARK, 1, 0, 0, 0);
	return code;
}
