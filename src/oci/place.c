/*
 * Values out of the tree, with their types checked, and messages that name the place.
 */
#include "oci/place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Built from the end, as the way to a place is known from there. */
const char *mr_oci_path(const struct mr_oci_place *place, char path[MR_OCI_PATH_SIZE])
{
	size_t at = MR_OCI_PATH_SIZE - 1;

	path[at] = '\0';
	for (; place && place->above; place = place->above) {
		char index[32];
		const char *name = place->name;
		size_t length;

		if (!name)
			(void)snprintf(index, sizeof(index), "[%zu]", place->index);
		length = strlen(name ? name : index);
		if (length + 5 > at) { /* with a dot, and the mark of what is missing */
			memcpy(path + at - 3, "...", 3);
			return path + at - 3;
		}
		at -= length;
		memcpy(path + at, name ? name : index, length);
		if (name && place->above->above)
			path[--at] = '.';
	}
	return path + at;
}

int mr_oci_fail(const struct mr_oci_place *place, struct maproot_error *err, int code, const char *piece, ...)
{
	char path[MR_OCI_PATH_SIZE];
	va_list pieces;
	size_t used;

	if (!err || err->code != 0)
		return -code;
	err->code = code;
	err->step = MAPROOT_STEP_SPEC;
	used = (size_t)snprintf(err->object, sizeof(err->object), "config.json: %s%s", mr_oci_path(place, path),
				place->above ? ": " : "");
	va_start(pieces, piece);
	for (const char *at = piece; at && used < sizeof(err->object) - 1; at = va_arg(pieces, const char *))
		used += (size_t)snprintf(err->object + used, sizeof(err->object) - used, "%s", at);
	va_end(pieces);
	return -code;
}

struct mr_oci_place mr_oci_top(const struct maproot_oci *spec)
{
	return (struct mr_oci_place){ NULL, NULL, 0, spec->tree };
}

static const char *kind_of(const json_t *value)
{
	static const char *const kinds[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "an integer",
		[JSON_REAL] = "a number with a fraction or exponent",
		[JSON_TRUE] = "a boolean",
		[JSON_FALSE] = "a boolean",
		[JSON_NULL] = "null",
	};

	return kinds[json_typeof(value)];
}

static bool is_maximum(const json_t *value)
{
	return json_is_real(value) && json_real_value(value) == MR_OCI_MAXIMUM_REAL;
}

static int check_kind(const struct mr_oci_place *place, enum mr_oci_kind kind, struct maproot_error *err)
{
	static const char *const wanted[] = {
		[MR_OCI_OBJECT] = "an object",
		[MR_OCI_ARRAY] = "an array",
		[MR_OCI_STRING] = "a string",
		[MR_OCI_INTEGER] = "an integer",
		[MR_OCI_BOOLEAN] = "a boolean",
	};

	if (strcmp(kind_of(place->value), wanted[kind]) == 0 || (kind == MR_OCI_INTEGER && is_maximum(place->value)))
		return 0;
	return mr_oci_fail(place, err, EINVAL, "must be ", wanted[kind], ", and is ", kind_of(place->value), NULL);
}

int mr_oci_get(const struct mr_oci_place *object, const char *name, enum mr_oci_kind kind, struct mr_oci_place *ret_place,
	       struct maproot_error *err)
{
	*ret_place = (struct mr_oci_place){ object, name, 0, json_object_get(object->value, name) };
	return ret_place->value ? check_kind(ret_place, kind, err) : 0;
}

int mr_oci_need(const struct mr_oci_place *object, const char *name, enum mr_oci_kind kind,
		struct mr_oci_place *ret_place, struct maproot_error *err)
{
	int code = mr_oci_get(object, name, kind, ret_place, err);

	if (code == 0 && !ret_place->value)
		return mr_oci_fail(ret_place, err, EINVAL, "is missing", NULL);
	return code;
}

size_t mr_oci_count(const struct mr_oci_place *array)
{
	return json_array_size(array->value);
}

int mr_oci_element(const struct mr_oci_place *array, size_t index, enum mr_oci_kind kind,
		   struct mr_oci_place *ret_place, struct maproot_error *err)
{
	*ret_place = (struct mr_oci_place){ array, NULL, index, json_array_get(array->value, index) };
	return check_kind(ret_place, kind, err);
}

int mr_oci_string(const struct mr_oci_place *object, const char *name, const char **ret_string,
		  struct maproot_error *err)
{
	struct mr_oci_place place;
	int code = mr_oci_get(object, name, MR_OCI_STRING, &place, err);

	if (code == 0 && place.value)
		*ret_string = json_string_value(place.value);
	return code;
}

int mr_oci_need_string(const struct mr_oci_place *object, const char *name, const char **ret_string,
		       struct maproot_error *err)
{
	struct mr_oci_place place;
	int code = mr_oci_need(object, name, MR_OCI_STRING, &place, err);

	if (code == 0 && json_string_length(place.value) == 0)
		code = mr_oci_fail(&place, err, EINVAL, "is empty", NULL);
	if (code == 0)
		*ret_string = json_string_value(place.value);
	return code;
}

int mr_oci_boolean(const struct mr_oci_place *object, const char *name, bool *ret_boolean, struct maproot_error *err)
{
	struct mr_oci_place place;
	int code = mr_oci_get(object, name, MR_OCI_BOOLEAN, &place, err);

	if (code == 0 && place.value)
		*ret_boolean = json_is_true(place.value);
	return code;
}

int mr_oci_number(const struct mr_oci_place *place, struct mr_oci_range range, int64_t *ret_value,
		  struct maproot_error *err)
{
	int64_t value = json_integer_value(place->value);
	char number[24] = MR_OCI_MAXIMUM;
	char lowest[24];
	char highest[24];

	if (!is_maximum(place->value) && value >= range.lowest && value <= range.highest) {
		*ret_value = value;
		return 0;
	}
	if (!is_maximum(place->value))
		(void)snprintf(number, sizeof(number), "%" PRId64, value);
	(void)snprintf(lowest, sizeof(lowest), "%" PRId64, range.lowest);
	(void)snprintf(highest, sizeof(highest), "%" PRId64, range.highest);
	return mr_oci_fail(place, err, ERANGE, number, " is not in ", lowest, " to ", highest, NULL);
}

int mr_oci_integer(const struct mr_oci_place *object, const char *name, struct mr_oci_range range,
		   struct mr_oci_integer *ret_integer, struct maproot_error *err)
{
	struct mr_oci_place place;
	int code = mr_oci_get(object, name, MR_OCI_INTEGER, &place, err);

	ret_integer->there = code == 0 && place.value;
	return ret_integer->there ? mr_oci_number(&place, range, &ret_integer->value, err) : code;
}

int mr_oci_need_integer(const struct mr_oci_place *object, const char *name, struct mr_oci_range range,
			int64_t *ret_value, struct maproot_error *err)
{
	struct mr_oci_place place;
	int code = mr_oci_need(object, name, MR_OCI_INTEGER, &place, err);

	return code < 0 ? code : mr_oci_number(&place, range, ret_value, err);
}

int mr_oci_strings(struct maproot_oci *spec, const struct mr_oci_place *object, const char *name, char ***ret_strings,
		   struct maproot_error *err)
{
	struct mr_oci_place array;
	struct mr_oci_place element;
	int code = mr_oci_get(object, name, MR_OCI_ARRAY, &array, err);
	char **strings;

	if (code < 0 || !array.value)
		return code;
	strings = mr_oci_take(spec, mr_oci_count(&array) + 1, sizeof(*strings), err);
	if (!strings)
		return -ENOMEM;
	for (size_t at = 0; at < mr_oci_count(&array); at++) {
		code = mr_oci_element(&array, at, MR_OCI_STRING, &element, err);
		if (code < 0)
			return code;
		strings[at] = (char *)json_string_value(element.value);
	}
	*ret_strings = strings;
	return 0;
}
