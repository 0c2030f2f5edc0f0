/*
 * From an error's object to a path.
 */
#include "base/text.h"
#include "diagnose/paths.h"

#include <string.h>
#include <unistd.h>

/* What is done after the new root directory has been entered; paths are of that. */
static const enum maproot_step inside[] = {
	MAPROOT_STEP_CHDIR,
	MAPROOT_STEP_EXEC,
	MAPROOT_STEP_INTERPRETER,
	MAPROOT_STEP_MASK,
	MAPROOT_STEP_READ_ONLY,
	MAPROOT_STEP_SYSCTL,
	MAPROOT_STEP_NONE,
};

bool mr_path_may_differ(const struct mr_evidence *evidence)
{
	return evidence->request->mount_count > 0 && mr_step_is_of(evidence->err->step, inside);
}

/* "SOURCE' on 'TARGET", "'PATH' read-only", "PATH": where it ends. */
static size_t length_of(const char *object, bool quoted)
{
	const char *end = strstr(object, "' ");

	if (end)
		return (size_t)(end - object);
	if (quoted && (end = strrchr(object, '\'')))
		return (size_t)(end - object);
	return strlen(object);
}

/* Below the new root directory, unless that can't be seen: then we are in it. */
static void add_new_root(const struct mr_evidence *evidence, struct mr_text *text)
{
	const char *root = evidence->request->root;

	if (root && mr_step_is_of(evidence->err->step, inside) && access(root, F_OK) == 0)
		mr_text_add(text, root);
}

bool mr_error_path(const struct mr_evidence *evidence, char path[PATH_MAX])
{
	const char *object = evidence->err->object;
	struct mr_text text = mr_text_in(path, PATH_MAX);
	bool quoted = object[0] == '\'';

	/* Shortened in the middle, or no path. A command without a slash was searched for, and found: it is one. */
	if (strlen(object) >= sizeof(evidence->err->object) - 1 || !strchr(object, '/'))
		return false;
	object += quoted;
	if (object[0] == '/')
		mr_text_add(&text, evidence->root);
	if (object[0] == '/')
		add_new_root(evidence, &text);
	mr_text_add_bytes(&text, object, length_of(object, quoted));
	return !mr_text_is_cut(&text);
}

bool mr_path_first(char path[PATH_MAX], bool (*is_it)(const char *path, bool is_last))
{
	char *at = path;

	while (at) {
		char *slash = strchr(at + 1, '/');

		if (slash)
			*slash = '\0';
		if (is_it(path, !slash))
			return true;
		if (slash)
			*slash = '/';
		at = slash;
	}
	return false;
}
