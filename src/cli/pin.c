/*
 * TYPE=WHERE, as --pin and --unpin have it; what either means is the library's.
 */
#include "cli/pin.h"

#include "cli/report.h"

#include <maproot/pin.h>
#include <string.h>

enum { TYPE_SIZE = 16 };

int pin_parse(const char *text, enum maproot_namespace *ret_type, const char **ret_where)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	char name[TYPE_SIZE] = "";

	if (length >= sizeof(name))
		length = 0; /* longer than any type, and so is nothing: neither is one */
	(void)strncat(name, text, length);
	if (maproot_namespace_by_name(name, ret_type, NULL) < 0)
		return report_usage("'", text, "' is not TYPE=NAME or TYPE=PATH with the type of a namespace",
				    NULL);
	if (equals && equals[1] == '\0')
		return report_usage("'", text, "' has neither name nor path after the '='", NULL);
	*ret_where = equals ? equals + 1 : NULL;
	return 0;
}

static int unpin(const char *spec)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;
	enum maproot_namespace type = MAPROOT_NAMESPACE_COUNT;
	const char *where = NULL;

	if (pin_parse(spec, &type, &where) < 0)
		return MAPROOT_EXIT_FAILURE;
	return maproot_unpin(type, where, &err) < 0 ? report_failure(&err, NULL, NULL) : 0;
}

int pin_unpin(const char *const *specs, size_t count)
{
	int first = 0;

	for (size_t at = 0; at < count; at++) {
		int status = unpin(specs[at]);

		if (first == 0)
			first = status;
	}
	return first;
}
