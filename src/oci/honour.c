/*
 * What a configuration asks for and is not done, found by walking it beside the table of fields; and fields taken out of it.
 */
#include "oci/fields.h"
#include "oci/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The deepest field of the table has four names; "linux.resources.memory.checkBeforeUpdate" is the longest. */
enum { FIELD_SIZE = 96,
       LEVELS = 12 };

static bool is_empty(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return json_object_size(value) == 0;
	case JSON_ARRAY:
		return json_array_size(value) == 0;
	case JSON_STRING:
		return json_string_length(value) == 0;
	default:
		return json_is_false(value) || json_is_null(value);
	}
}

static int add_finding(struct maproot_oci *spec, const char *path, const struct mr_oci_field *field,
		       struct maproot_error *err)
{
	struct mr_oci_findings *findings = &spec->findings;

	if (findings->count == findings->room) {
		size_t room = findings->room ? 2 * findings->room : 16;
		struct maproot_oci_finding *larger = mr_oci_take(spec, room, sizeof(*larger), err);

		if (!larger)
			return -ENOMEM;
		if (findings->count > 0)
			memcpy(larger, findings->item, findings->count * sizeof(*larger));
		findings->item = larger;
		findings->room = room;
	}
	path = mr_oci_text(spec, err, path, NULL);
	if (!path)
		return -ENOMEM;
	findings->item[findings->count++] = (struct maproot_oci_finding){ path, field->name, field->why };
	return 0;
}

/* What becomes of a value that was met. */
enum verdict {
	PASS,
	ENTER, /* what is in it is met too */
	TAKE_OUT,
};

typedef int visitor(struct maproot_oci *spec, const struct mr_oci_place *place, const char *name, void *arg,
		    struct maproot_error *err);

struct level {
	struct mr_oci_place place;
	char name[FIELD_SIZE];
	void *next_property;
	size_t next_element;
};

static void enter(struct level *level, const struct mr_oci_place *place, const char *name)
{
	level->place = *place;
	level->next_property = json_object_iter(place->value);
	level->next_element = 0;
	(void)snprintf(level->name, sizeof(level->name), "%s", name);
}

/* The next property of an object, or object of an array. False where there is none. */
static bool advance(struct level *level, struct mr_oci_place *ret_place, char name[FIELD_SIZE])
{
	json_t *whole = level->place.value;
	void *property = level->next_property;

	*ret_place = (struct mr_oci_place){ &level->place, NULL, 0, NULL };
	if (property) {
		const char *key = json_object_iter_key(property);

		level->next_property = json_object_iter_next(whole, property);
		ret_place->name = key;
		ret_place->value = json_object_iter_value(property);
		/* What is too long is no field, cut off or not; a dot in a name is no level. */
		(void)snprintf(name, FIELD_SIZE, "%s%s%s", level->name, level->name[0] != '\0' ? "." : "",
			       strchr(key, '.') ? "?" : key);
		return true;
	}
	while (level->next_element < json_array_size(whole)) {
		ret_place->index = level->next_element++;
		ret_place->value = json_array_get(whole, ret_place->index);
		if (json_is_object(ret_place->value))
			return true;
	}
	return false;
}

/* Meets what the table may know: no deeper than that is. */
static int walk(struct maproot_oci *spec, visitor *visit, void *arg, struct maproot_error *err)
{
	const struct mr_oci_place top = mr_oci_top(spec);
	struct level levels[LEVELS];
	size_t depth = 1;

	enter(&levels[0], &top, "");
	while (depth > 0) {
		struct level *level = &levels[depth - 1];
		struct mr_oci_place place;
		char name[FIELD_SIZE];
		int verdict = ENTER;

		if (!advance(level, &place, name)) {
			depth--;
			continue;
		}
		if (place.name)
			verdict = visit(spec, &place, name, arg, err);
		if (verdict < 0)
			return verdict;
		if (verdict == TAKE_OUT)
			(void)json_object_del(level->place.value, place.name);
		else if (verdict == ENTER && depth < LEVELS)
			enter(&levels[depth++], &place, place.name ? name : level->name);
	}
	return 0;
}

static int judge(struct maproot_oci *spec, const struct mr_oci_place *place, const char *name, void *arg,
		 struct maproot_error *err)
{
	const struct mr_oci_field *field = mr_oci_field(name);
	char path[MR_OCI_PATH_SIZE];
	int code = 0;

	(void)arg;
	if (!field)
		return mr_oci_add(spec, &spec->notes,
				  mr_oci_text(spec, err, mr_oci_path(place, path), ": unknown property, ignored", NULL), err);
	if (field->why && !is_empty(place->value) && (!field->fine || !field->fine(spec, place->value)))
		code = add_finding(spec, mr_oci_path(place, path), field, err);
	/* What is in a field of which nothing is done is not looked at. */
	return code < 0 || field->open || (field->why && !field->fine) ? code : ENTER;
}

/* Nobody else reads these. */
static int check_rest(const struct mr_oci_place *top, struct maproot_error *err)
{
	struct mr_oci_place hooks;
	struct mr_oci_place annotations = { 0 };
	int code = mr_oci_get(top, "hooks", MR_OCI_OBJECT, &hooks, err);
	const char *key;
	json_t *value;

	if (code == 0)
		code = mr_oci_get(top, "annotations", MR_OCI_OBJECT, &annotations, err);
	if (code < 0)
		return code;
	json_object_foreach(annotations.value, key, value)
	{
		const struct mr_oci_place place = { &annotations, key, 0, value };

		if (key[0] == '\0')
			return mr_oci_fail(&place, err, EINVAL, "has no name", NULL);
		if (!json_is_string(value))
			return mr_oci_fail(&place, err, EINVAL, "must be a string", NULL);
	}
	return 0;
}

int mr_oci_find(struct maproot_oci *spec, struct maproot_error *err)
{
	const struct mr_oci_place top = mr_oci_top(spec);
	int code = check_rest(&top, err);

	return code < 0 ? code : walk(spec, judge, NULL, err);
}

struct removal {
	const char *field;
	size_t count;
};

static int remove_field(struct maproot_oci *spec, const struct mr_oci_place *place, const char *name, void *arg,
			struct maproot_error *err)
{
	struct removal *removal = arg;
	size_t length = strlen(name);

	(void)spec;
	(void)place;
	(void)err;
	if (strcmp(name, removal->field) == 0) {
		removal->count++;
		return TAKE_OUT;
	}
	return strncmp(removal->field, name, length) == 0 && removal->field[length] == '.' ? ENTER : PASS;
}

int mr_oci_ignore(struct maproot_oci *spec, const char *field, struct maproot_error *err)
{
	struct removal removal = { field, 0 };
	int code;

	if (!mr_oci_field(field)) {
		if (err && err->code == 0) {
			err->code = EINVAL;
			err->step = MAPROOT_STEP_REQUEST;
			(void)snprintf(err->object, sizeof(err->object), "no field '%s' to ignore in the specification", field);
		}
		return -EINVAL;
	}
	code = walk(spec, remove_field, &removal, err);
	if (code < 0 || removal.count == 0)
		return code;
	return mr_oci_add(spec, &spec->notes, mr_oci_text(spec, err, field, ": ignored, as asked", NULL), err);
}
