/*
 * The re-execution marker. Being bound to one process it can't be met by another, not even where it leaked;
 * being taken off before anything else it does not leak.
 */
#include "run/marker.h"

#include "base/text.h"

#include <maproot/namespace.h>
#include <string.h>
#include <unistd.h>

static const char prefix[] = "MAPROOT_REEXEC=";

void mr_marker_write(const struct mr_marker *marker, char *entry)
{
	struct mr_text text = mr_text_in(entry, MR_MARKER_SIZE);

	mr_text_add(&text, prefix);
	mr_text_add_number(&text, marker->pid);
	mr_text_add(&text, ":");
	mr_text_add_number(&text, marker->created);
	mr_text_add(&text, ":");
	mr_text_add_number(&text, (int64_t)(marker->mask >> 32)); /* as two halves: numbers in text are signed */
	mr_text_add(&text, ":");
	mr_text_add_number(&text, (int64_t)(marker->mask & UINT32_MAX));
	mr_text_add(&text, ":");
	mr_text_add(&text, marker->name);
}

/* "NUMBER:" */
static bool read_field(const char **at, uint64_t limit, uint64_t *ret_number)
{
	return mr_text_read_number(*at, at, limit, ret_number) == 0 && *(*at)++ == ':';
}

bool mr_marker_read(const char *entry, struct mr_marker *ret_marker)
{
	const char *at;
	uint64_t pid;
	uint64_t created;
	uint64_t high;
	uint64_t low;

	if (strncmp(entry, prefix, strlen(prefix)) != 0)
		return false;
	at = entry + strlen(prefix);
	if (!read_field(&at, INT32_MAX, &pid) || !read_field(&at, MAPROOT_NAMESPACE_ALL, &created) ||
	    !read_field(&at, UINT32_MAX, &high) || !read_field(&at, UINT32_MAX, &low))
		return false;
	if (strlen(at) >= sizeof(ret_marker->name))
		return false;
	ret_marker->pid = (pid_t)pid;
	ret_marker->created = (unsigned int)created;
	ret_marker->mask = high << 32 | low;
	strcpy(ret_marker->name, at);
	return true;
}

/* Its place at the end of the environment; NULL where there is none for this process. */
static char **find_marker(struct mr_marker *ret_marker)
{
	extern char **environ;
	size_t count = 0;

	if (!environ)
		return NULL;
	while (environ[count])
		count++;
	if (count == 0 || !mr_marker_read(environ[count - 1], ret_marker) || ret_marker->pid != getpid())
		return NULL;
	return &environ[count - 1];
}

bool mr_marker_is_there(void)
{
	struct mr_marker marker;

	return find_marker(&marker) != NULL;
}

bool mr_marker_take(struct mr_marker *ret_marker)
{
	struct mr_marker marker;
	char **place = find_marker(&marker);

	if (!place)
		return false;
	*place = NULL;
	*ret_marker = marker;
	return true;
}
