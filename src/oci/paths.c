/*
 * linux.maskedPaths, readonlyPaths and sysctl.
 */
#include "oci/place.h"

#include <errno.h>
#include <string.h>

static int check_paths(const struct mr_oci_place *above, const char *name, char *const *paths,
		       struct maproot_error *err)
{
	const struct mr_oci_place array = { above, name, 0, above->value };

	for (size_t at = 0; paths && paths[at]; at++) {
		const struct mr_oci_place element = { &array, NULL, at, above->value };

		if (paths[at][0] != '/')
			return mr_oci_fail(&element, err, EINVAL, "'", paths[at], "' is not an absolute path", NULL);
	}
	return 0;
}

static size_t count(char *const *strings)
{
	size_t number = 0;

	while (strings && strings[number])
		number++;
	return number;
}

static int read_paths(struct maproot_oci *spec, const struct mr_oci_place *place, struct maproot_error *err)
{
	struct maproot_attributes *attributes = &spec->attributes;
	char **masked = NULL;
	char **read_only = NULL;
	int code = mr_oci_strings(spec, place, "maskedPaths", &masked, err);

	if (code == 0)
		code = check_paths(place, "maskedPaths", masked, err);
	if (code == 0)
		code = mr_oci_strings(spec, place, "readonlyPaths", &read_only, err);
	if (code == 0)
		code = check_paths(place, "readonlyPaths", read_only, err);
	attributes->masked = (const char *const *)masked;
	attributes->masked_count = count(masked);
	attributes->read_only = (const char *const *)read_only;
	attributes->read_only_count = count(read_only);
	return code;
}

/* Whose parameter it is; anything else is the whole machine's. */
static bool is_of(const char *key, enum maproot_namespace *ret_type)
{
	static const char *const of_ipc[] = { "msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni",
					      "shm_rmid_forced" };
	const char *name = key + 7;

	*ret_type = MAPROOT_NAMESPACE_NET;
	if (strncmp(key, "net.", 4) == 0 || strncmp(key, "net/", 4) == 0)
		return true;
	*ret_type = MAPROOT_NAMESPACE_IPC;
	if (strncmp(key, "fs.mqueue.", 10) == 0 || strncmp(key, "fs/mqueue/", 10) == 0)
		return true;
	if (strncmp(key, "kernel.", 7) != 0 && strncmp(key, "kernel/", 7) != 0)
		return false;
	for (size_t at = 0; at < sizeof(of_ipc) / sizeof(of_ipc[0]); at++) {
		if (strcmp(of_ipc[at], name) == 0)
			return true;
	}
	*ret_type = MAPROOT_NAMESPACE_UTS;
	return strcmp(name, "hostname") == 0 || strcmp(name, "domainname") == 0;
}

static int check_parameter(const struct maproot_oci *spec, const struct mr_oci_place *place, struct maproot_error *err)
{
	enum maproot_namespace type;

	if (!is_of(place->name, &type))
		return mr_oci_fail(place, err, EINVAL, "is no parameter of a namespace", NULL);
	if (!mr_oci_is_new(spec, type))
		return mr_oci_fail(place, err, EINVAL, "needs a new ", maproot_namespace_name(type),
				   " namespace in linux.namespaces", NULL);
	if (!json_is_string(place->value))
		return mr_oci_fail(place, err, EINVAL, "must be a string", NULL);
	return 0;
}

static int read_parameters(struct maproot_oci *spec, const struct mr_oci_place *above, struct maproot_error *err)
{
	struct mr_oci_list list = { 0 };
	struct mr_oci_place object;
	int code = mr_oci_get(above, "sysctl", MR_OCI_OBJECT, &object, err);
	const char *key;
	json_t *value;

	if (code < 0 || !object.value)
		return code;
	json_object_foreach(object.value, key, value)
	{
		const struct mr_oci_place place = { &object, key, 0, value };

		code = check_parameter(spec, &place, err);
		if (code == 0)
			code = mr_oci_add(spec, &list, mr_oci_text(spec, err, key, "=", json_string_value(value), NULL),
					  err);
		if (code < 0)
			return code;
	}
	spec->attributes.sysctls = list.item;
	spec->attributes.sysctl_count = list.count;
	return 0;
}

int mr_oci_read_paths(struct maproot_oci *spec, struct maproot_error *err)
{
	struct mr_oci_place top = mr_oci_top(spec);
	struct mr_oci_place place;
	int code = mr_oci_get(&top, "linux", MR_OCI_OBJECT, &place, err);

	if (code == 0)
		code = read_paths(spec, &place, err);
	return code < 0 ? code : read_parameters(spec, &place, err);
}
