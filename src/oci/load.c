/*
 * From a file to a configuration: read, parsed, ignored fields taken out, then section by section. JSON is taken strictly:
 * no property twice, nothing behind the end, no NUL in a string.
 */
#include "oci/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A thousand times what people write. */
enum { FILE_SIZE_MAX = 8 * 1024 * 1024 };

static int fail(struct maproot_error *err, int code, enum maproot_step step, const char *object)
{
	if (err && err->code == 0) {
		err->code = code;
		err->step = step;
		(void)snprintf(err->object, sizeof(err->object), "%s", object);
	}
	return -code;
}

static int fail_json(const json_error_t *problem, struct maproot_error *err)
{
	char text[320];

	(void)snprintf(text, sizeof(text), "config.json: line %d, column %d: %s", problem->line, problem->column,
		       problem->text);
	return fail(err, EINVAL, MAPROOT_STEP_SPEC, text);
}

/* The text with room for a terminator, freed by the caller. */
static int read_open(int fd, char **ret_text, size_t *ret_length, struct maproot_error *err)
{
	struct stat info;
	size_t length = 0;
	char *text;

	if (fstat(fd, &info) < 0)
		return fail(err, errno, MAPROOT_STEP_OPEN, "config.json");
	if (!S_ISREG(info.st_mode))
		return fail(err, EINVAL, MAPROOT_STEP_SPEC, "config.json is no regular file");
	if (info.st_size > FILE_SIZE_MAX)
		return fail(err, EFBIG, MAPROOT_STEP_SPEC, "config.json is larger than 8 MiB");
	text = malloc(FILE_SIZE_MAX + 1);
	if (!text)
		return fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "the configuration");
	while (length < FILE_SIZE_MAX) {
		ssize_t got = read(fd, text + length, FILE_SIZE_MAX - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int code = errno;

			free(text);
			return fail(err, code, MAPROOT_STEP_OPEN, "config.json");
		}
		if (got == 0)
			break;
		length += (size_t)got;
	}
	*ret_text = text;
	*ret_length = length;
	return 0;
}

static int read_config(const char *bundle, char **ret_text, size_t *ret_length, struct maproot_error *err)
{
	char path[PATH_MAX];
	int code;
	int fd;

	if (snprintf(path, sizeof(path), "%s/config.json", bundle) >= (int)sizeof(path))
		return fail(err, ENAMETOOLONG, MAPROOT_STEP_OPEN, bundle);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail(err, errno, MAPROOT_STEP_OPEN, path);
	code = read_open(fd, ret_text, ret_length, err);
	(void)close(fd);
	return code;
}

/*
 * "No limit" is written as 2^64-1 in many a file, which is more than the parser's integers take: it becomes a number as
 * long that the getters know. Any other that large stays, and is refused by the parser.
 */
static void mark_maximum(char *text, size_t length)
{
	static const char maximum[] = MR_OCI_MAXIMUM;
	enum { SIZE = sizeof(maximum) - 1 };
	bool inside = false;

	_Static_assert(sizeof(MR_OCI_MAXIMUM) == sizeof(MR_OCI_MAXIMUM_TEXT), "replaced in place");
	for (size_t at = 0; at < length; at++) {
		if (inside && text[at] == '\\')
			at++;
		else if (text[at] == '"')
			inside = !inside;
		else if (!inside && text[at] == '1' && at > 0 && !strchr("0123456789.-+eE", text[at - 1]) &&
			 length - at > SIZE && memcmp(text + at, maximum, SIZE) == 0 &&
			 !strchr("0123456789.eE", text[at + SIZE]))
			memcpy(text + at, MR_OCI_MAXIMUM_TEXT, SIZE);
	}
}

/* "MAJOR.MINOR.PATCH", then nothing or what semantic versions may have behind it. */
static bool is_version(const char *text)
{
	for (int part = 0; part < 3; part++) {
		size_t digits = strspn(text, "0123456789");

		if (digits == 0 || digits > 4 || (part < 2 && text[digits] != '.'))
			return false;
		text += digits + (part < 2);
	}
	return *text == '\0' || *text == '-' || *text == '+';
}

static int read_version(struct maproot_oci *spec, struct maproot_error *err)
{
	struct mr_oci_place top = mr_oci_top(spec);
	const struct mr_oci_place place = { &top, "ociVersion", 0, spec->tree };
	const char *version = "";
	int code;

	if (!json_is_object(spec->tree))
		return mr_oci_fail(&top, err, EINVAL, "must be an object", NULL);
	code = mr_oci_need_string(&top, "ociVersion", &version, err);
	if (code < 0)
		return code;
	if (!is_version(version))
		return mr_oci_fail(&place, err, EINVAL, "'", version, "' is no version", NULL);
	/* Those before 1.0 are what 1.0 became, and are still written. */
	if (strncmp(version, "0.", 2) != 0 && strncmp(version, "1.", 2) != 0)
		return mr_oci_fail(&place, err, ENOTSUP, "version ", version, " is not known, only 1 is", NULL);
	return 0;
}

static int read_sections(struct maproot_oci *spec, struct maproot_error *err)
{
	static int (*const sections[])(struct maproot_oci *, struct maproot_error *) = {
		mr_oci_read_linux,
		mr_oci_read_time,
		mr_oci_read_paths,
		mr_oci_read_process,
		mr_oci_read_capabilities,
		mr_oci_read_mounts,
		mr_oci_read_resources,
		mr_oci_find,
	};
	int code = read_version(spec, err);

	for (size_t at = 0; code == 0 && at < sizeof(sections) / sizeof(sections[0]); at++)
		code = sections[at](spec, err);
	return code;
}

static int interpret(struct maproot_oci *spec, char *text, size_t length, const char *const *ignored,
		     size_t ignored_count, struct maproot_error *err)
{
	json_error_t problem;
	int code = 0;

	mark_maximum(text, length);
	spec->tree = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
	if (!spec->tree)
		return fail_json(&problem, err);
	for (size_t at = 0; code == 0 && at < ignored_count; at++)
		code = mr_oci_ignore(spec, ignored[at], err);
	return code < 0 ? code : read_sections(spec, err);
}

/* Takes `text`, and writes to it. */
static int load_text(char *text, size_t length, const char *bundle, const char *const *ignored, size_t ignored_count,
		     struct maproot_oci **ret_spec, struct maproot_error *err)
{
	struct maproot_oci *spec = calloc(1, sizeof(*spec));
	int code;

	if (!spec) {
		free(text);
		return fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "the configuration");
	}
	spec->bundle = mr_oci_text(spec, err, bundle, NULL);
	code = spec->bundle ? interpret(spec, text, length, ignored, ignored_count, err) : -ENOMEM;
	free(text);
	if (code < 0)
		maproot_oci_free(spec);
	else
		*ret_spec = spec;
	return code;
}

int maproot_oci_parse(const char *text, size_t length, const char *bundle, const char *const *ignored,
		      size_t ignored_count, struct maproot_oci **ret_spec, struct maproot_error *err)
{
	char *copy;

	if (err)
		*err = (struct maproot_error)MAPROOT_ERROR_INIT;
	if (bundle[0] != '/')
		return fail(err, EINVAL, MAPROOT_STEP_REQUEST, "the bundle's path is not absolute");
	if (length > FILE_SIZE_MAX)
		return fail(err, EFBIG, MAPROOT_STEP_SPEC, "config.json is larger than 8 MiB");
	copy = malloc(length + 1);
	if (!copy)
		return fail(err, ENOMEM, MAPROOT_STEP_PREPARE, "the configuration");
	if (length > 0)
		memcpy(copy, text, length);
	return load_text(copy, length, bundle, ignored, ignored_count, ret_spec, err);
}

int maproot_oci_load(const char *bundle, const char *const *ignored, size_t ignored_count,
		     struct maproot_oci **ret_spec, struct maproot_error *err)
{
	char absolute[PATH_MAX];
	size_t length = 0;
	char *text = NULL;
	int code;

	if (err)
		*err = (struct maproot_error)MAPROOT_ERROR_INIT;
	if (!realpath(bundle, absolute))
		return fail(err, errno, MAPROOT_STEP_OPEN, bundle);
	code = read_config(absolute, &text, &length, err);
	return code < 0 ? code : load_text(text, length, absolute, ignored, ignored_count, ret_spec, err);
}

void maproot_oci_free(struct maproot_oci *spec)
{
	if (!spec)
		return;
	json_decref(spec->tree);
	mr_oci_release(spec);
	free(spec);
}

const struct maproot_namespace_entry *maproot_oci_namespaces(const struct maproot_oci *spec, size_t *ret_count)
{
	*ret_count = spec->namespace_count;
	return spec->namespaces;
}

const struct maproot_idmap *maproot_oci_mappings(const struct maproot_oci *spec, enum maproot_id_kind kind)
{
	const struct maproot_idmap *map = kind == MAPROOT_USERS ? &spec->users : &spec->groups;

	return map->count > 0 ? map : NULL;
}

const struct maproot_oci_finding *maproot_oci_findings(const struct maproot_oci *spec, size_t *ret_count)
{
	*ret_count = spec->findings.count;
	return spec->findings.item;
}

const char *const *maproot_oci_notes(const struct maproot_oci *spec, size_t *ret_count)
{
	*ret_count = spec->notes.count;
	return spec->notes.item;
}
