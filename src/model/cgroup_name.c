/*
 * Reading the names of control groups.
 */
#include "model/cgroup_name.h"

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const char prefix_of_ids[] = "maproot-";

static int refuse(struct maproot_error *err, int code, const char *name, const char *why)
{
	return mr_fail_pieces(err, code, MAPROOT_STEP_CGROUP_FIND, "'", name, "' names no group: ", why, NULL);
}

/* "A", "A/B": no empty parts, no way up, nothing that a record or a message can't hold on a line. */
static const char *why_no_path(const char *path)
{
	if (path[0] == '\0')
		return "it is empty";
	for (const char *at = path; *at != '\0'; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return "it has control characters";
	}
	for (const char *part = path;; part++) {
		size_t length = strcspn(part, "/");

		if (length == 0)
			return "a part of it is empty";
		if ((length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.'))
			return "'.' and '..' are none";
		if (length > 255)
			return "a part of it is longer than 255 bytes";
		part += length;
		if (*part == '\0')
			return NULL;
	}
}

/* What systemd.unit(5) allows in names. */
static bool is_unit_name(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.\\-@";

	return text[strspn(text, allowed)] == '\0';
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* "SLICE:PREFIX:NAME"; empty slice and prefix are good. */
static int read_scope(const char *whole, struct mr_cgroup_name *name, struct maproot_error *err)
{
	const char *first = strchr(whole, ':');
	const char *second = strchr(first + 1, ':');
	struct mr_text slice = mr_text_in(name->slice, sizeof(name->slice));
	struct mr_text unit = mr_text_in(name->unit, sizeof(name->unit));

	if (!second || strchr(second + 1, ':'))
		return refuse(err, EINVAL, whole, "with systemd it is SLICE:PREFIX:NAME");
	if (second[1] == '\0')
		return refuse(err, EINVAL, whole, "the part after the last ':' is empty");
	mr_text_add_bytes(&slice, whole, (size_t)(first - whole));
	mr_text_add_bytes(&unit, first + 1, (size_t)(second - first - 1));
	mr_text_add_item(&unit, "-", second + 1);
	mr_text_add(&unit, ".scope");
	if (mr_text_is_cut(&slice) || mr_text_is_cut(&unit))
		return refuse(err, ENAMETOOLONG, whole, "it is too long for a unit of systemd");
	if (!is_unit_name(name->slice) || !is_unit_name(name->unit))
		return refuse(err, EINVAL, whole, "units of systemd have letters, digits and _.\\-@");
	if (name->slice[0] != '\0' && !ends_with(name->slice, ".slice"))
		return refuse(err, EINVAL, whole, "a slice of systemd ends in '.slice'");
	if (ends_with(second + 1, ".slice"))
		return refuse(err, EINVAL, whole, "a slice is no scope");
	name->kind = MR_CGROUP_SCOPE;
	return 0;
}

static int read_path(const char *whole, struct mr_cgroup_name *name, struct maproot_error *err)
{
	const char *path = whole[0] == '/' ? whole + 1 : whole;
	const char *why = why_no_path(path);
	struct mr_text copy = mr_text_in(name->path, sizeof(name->path));
	struct mr_text unit = mr_text_in(name->unit, sizeof(name->unit));

	if (why)
		return refuse(err, EINVAL, whole, why);
	name->kind = path == whole ? MR_CGROUP_BELOW_OWN : MR_CGROUP_BELOW_ROOT;
	mr_text_add(&copy, path);
	if (mr_text_is_cut(&copy))
		return refuse(err, ENAMETOOLONG, whole, "it is too long");
	mr_text_add(&unit, path);
	mr_text_add(&unit, ".scope");
	if (strchr(whole, '/') || mr_text_is_cut(&unit) || !is_unit_name(name->unit))
		name->unit[0] = '\0';
	return 0;
}

static int read_id(const char *id, struct mr_cgroup_name *name, struct maproot_error *err)
{
	char whole[MAPROOT_NAME_SIZE + sizeof(prefix_of_ids)];
	struct mr_text text = mr_text_in(whole, sizeof(whole));

	mr_text_add(&text, prefix_of_ids);
	mr_text_add(&text, id);
	if (mr_text_is_cut(&text) || strchr(id, '/'))
		return refuse(err, EINVAL, id, "it is no id of a run");
	return read_path(whole, name, err);
}

int mr_cgroup_name_parse(const char *name, const char *id, struct mr_cgroup_name *ret_name, struct maproot_error *err)
{
	struct mr_cgroup_name parsed = { .kind = MR_CGROUP_BELOW_OWN };
	int code;

	if (!name)
		code = read_id(id, &parsed, err);
	else if (name[0] != '/' && strchr(name, ':'))
		code = read_scope(name, &parsed, err);
	else
		code = read_path(name, &parsed, err);
	if (code == 0)
		*ret_name = parsed;
	return code;
}
