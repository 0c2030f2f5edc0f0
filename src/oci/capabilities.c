/*
 * process.capabilities: five sets of names. Without them the process has none, as other runtimes do it.
 */
#include "oci/place.h"

#include <errno.h>
#include <string.h>

static int read_name(const struct mr_oci_place *element, uint64_t *set, struct maproot_error *err)
{
	const char *name = json_string_value(element->value);
	int number = strncmp(name, "CAP_", 4) == 0 ? maproot_capability_by_name(name) : -1;

	if (number >= 0) {
		*set |= UINT64_C(1) << number;
		return 0;
	}
	return mr_oci_fail(element, err, EINVAL, "unknown capability '", name, "'", NULL);
}

static int read_set(const struct mr_oci_place *capabilities, const char *name, uint64_t *ret_set,
		    struct maproot_error *err)
{
	struct mr_oci_place array;
	struct mr_oci_place element;
	int code = mr_oci_get(capabilities, name, MR_OCI_ARRAY, &array, err);

	for (size_t at = 0; code == 0 && at < mr_oci_count(&array); at++) {
		code = mr_oci_element(&array, at, MR_OCI_STRING, &element, err);
		if (code == 0)
			code = read_name(&element, ret_set, err);
	}
	return code;
}

/* The kernel has an ambient capability only where it is permitted and inheritable; `runc spec` writes others all the same. */
static int settle_ambient(struct maproot_oci *spec, struct maproot_error *err)
{
	struct maproot_capability_sets *sets = &spec->capabilities;
	uint64_t possible = sets->ambient & sets->permitted & sets->inheritable;

	if (possible == sets->ambient)
		return 0;
	sets->ambient = possible;
	return mr_oci_add(spec, &spec->notes,
			  "process.capabilities.ambient: left out what is not both permitted and inheritable", err);
}

int mr_oci_read_capabilities(struct maproot_oci *spec, struct maproot_error *err)
{
	struct maproot_capability_sets *sets = &spec->capabilities;
	struct mr_oci_place top = mr_oci_top(spec);
	struct mr_oci_place process;
	struct mr_oci_place place;
	int code = mr_oci_get(&top, "process", MR_OCI_OBJECT, &process, err);

	if (code == 0)
		code = mr_oci_get(&process, "capabilities", MR_OCI_OBJECT, &place, err);
	if (code == 0)
		code = read_set(&place, "bounding", &sets->bounding, err);
	if (code == 0)
		code = read_set(&place, "effective", &sets->effective, err);
	if (code == 0)
		code = read_set(&place, "permitted", &sets->permitted, err);
	if (code == 0)
		code = read_set(&place, "inheritable", &sets->inheritable, err);
	if (code == 0)
		code = read_set(&place, "ambient", &sets->ambient, err);
	if (code < 0)
		return code;
	if (sets->effective & ~sets->permitted)
		return mr_oci_fail(&place, err, EINVAL, "effective has what is not permitted", NULL);
	spec->attributes.capabilities = sets;
	return settle_ambient(spec, err);
}
