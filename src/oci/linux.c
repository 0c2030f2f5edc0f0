/*
 * linux: namespaces and id maps, host name, clocks.
 */
#include "oci/place.h"

#include <errno.h>
#include <string.h>

static const char *const type_names[] = {
#define X(id, name, oci, letter, flag) [MAPROOT_NAMESPACE_##id] = (oci),
	MAPROOT_NAMESPACES(X)
#undef X
};

bool mr_oci_is_new(const struct maproot_oci *spec, enum maproot_namespace type)
{
	const struct maproot_namespace_entry *entry = maproot_namespace_get(spec->namespaces, spec->namespace_count, type);

	return entry && !entry->path;
}

bool mr_oci_is_joined(const struct maproot_oci *spec, enum maproot_namespace type)
{
	const struct maproot_namespace_entry *entry = maproot_namespace_get(spec->namespaces, spec->namespace_count, type);

	return entry && entry->path;
}

static int read_type(const struct mr_oci_place *element, enum maproot_namespace *ret_type, struct maproot_error *err)
{
	const struct mr_oci_place place = { element, "type", 0, element->value };
	const char *name = NULL;
	int code = mr_oci_need_string(element, "type", &name, err);

	if (code < 0)
		return code;
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (strcmp(type_names[type], name) == 0) {
			*ret_type = (enum maproot_namespace)type;
			return 0;
		}
	}
	return mr_oci_fail(&place, err, EINVAL, "unknown namespace type '", name, "'", NULL);
}

static int read_namespace(struct maproot_oci *spec, const struct mr_oci_place *element, struct maproot_error *err)
{
	const struct mr_oci_place place = { element, "path", 0, element->value };
	struct maproot_namespace_entry entry = { 0 };
	int code = read_type(element, &entry.type, err);

	if (code == 0)
		code = mr_oci_string(element, "path", &entry.path, err);
	if (code < 0)
		return code;
	if (entry.path && entry.path[0] == '\0')
		entry.path = NULL; /* as writers do that leave nothing out */
	if (entry.path && entry.path[0] != '/')
		return mr_oci_fail(&place, err, EINVAL, "'", entry.path, "' is not an absolute path", NULL);
	if (maproot_namespace_get(spec->namespaces, spec->namespace_count, entry.type))
		return mr_oci_fail(element, err, EINVAL, "this type is given twice", NULL);
	spec->namespaces[spec->namespace_count++] = entry;
	return 0;
}

static int read_namespaces(struct maproot_oci *spec, const struct mr_oci_place *linux_place, struct maproot_error *err)
{
	struct mr_oci_place array;
	struct mr_oci_place element;
	int code = mr_oci_get(linux_place, "namespaces", MR_OCI_ARRAY, &array, err);

	for (size_t at = 0; code == 0 && at < mr_oci_count(&array); at++) {
		code = mr_oci_element(&array, at, MR_OCI_OBJECT, &element, err);
		if (code == 0)
			code = read_namespace(spec, &element, err);
	}
	return code;
}

static int read_range(const struct mr_oci_place *element, struct maproot_idmap *map, struct maproot_error *err)
{
	const struct mr_oci_range ids = { 0, UINT32_MAX - 1 };
	const struct mr_oci_range sizes = { 1, UINT32_MAX };
	struct maproot_error problem = MAPROOT_ERROR_INIT;
	int64_t inner = 0;
	int64_t outer = 0;
	int64_t size = 0;
	int code = mr_oci_need_integer(element, "containerID", ids, &inner, err);

	if (code == 0)
		code = mr_oci_need_integer(element, "hostID", ids, &outer, err);
	if (code == 0)
		code = mr_oci_need_integer(element, "size", sizes, &size, err);
	if (code < 0)
		return code;
	code = maproot_idmap_add(
		map, (struct maproot_idmap_range){ (uint32_t)inner, (uint32_t)outer, (uint32_t)size }, &problem);
	return code < 0 ? mr_oci_fail(element, err, -code, problem.object, NULL) : 0;
}

static int read_map(struct maproot_oci *spec, const struct mr_oci_place *linux_place, const char *name,
		    struct maproot_idmap *map, struct maproot_error *err)
{
	struct mr_oci_place array;
	struct mr_oci_place element;
	int code = mr_oci_get(linux_place, name, MR_OCI_ARRAY, &array, err);

	for (size_t at = 0; code == 0 && at < mr_oci_count(&array); at++) {
		code = mr_oci_element(&array, at, MR_OCI_OBJECT, &element, err);
		if (code == 0)
			code = read_range(&element, map, err);
	}
	if (code == 0 && map->count > 0 && !mr_oci_is_new(spec, MAPROOT_NAMESPACE_USER))
		return mr_oci_fail(&array, err, EINVAL, "needs a new user namespace in linux.namespaces", NULL);
	return code;
}

static int read_propagation(struct maproot_oci *spec, const struct mr_oci_place *linux_place,
			    struct maproot_error *err)
{
	static const struct {
		const char *name;
		enum maproot_propagation propagation;
	} kinds[] = {
		{ "slave", MAPROOT_PROPAGATION_SLAVE },
		{ "rslave", MAPROOT_PROPAGATION_SLAVE },
		{ "private", MAPROOT_PROPAGATION_PRIVATE },
		{ "rprivate", MAPROOT_PROPAGATION_PRIVATE },
		{ "shared", MAPROOT_PROPAGATION_SHARED },
		{ "rshared", MAPROOT_PROPAGATION_SHARED },
		{ "unbindable", MAPROOT_PROPAGATION_SLAVE }, /* honour.c says that it can't be done */
		{ "runbindable", MAPROOT_PROPAGATION_SLAVE },
	};
	const struct mr_oci_place place = { linux_place, "rootfsPropagation", 0, linux_place->value };
	const char *name = "";
	int code = mr_oci_string(linux_place, "rootfsPropagation", &name, err);

	if (code < 0 || name[0] == '\0')
		return code;
	for (size_t at = 0; at < sizeof(kinds) / sizeof(kinds[0]); at++) {
		if (strcmp(kinds[at].name, name) == 0) {
			spec->propagation = kinds[at].propagation;
			spec->propagation_given = true;
			return 0;
		}
	}
	return mr_oci_fail(&place, err, EINVAL, "unknown propagation '", name, "'", NULL);
}

int mr_oci_read_linux(struct maproot_oci *spec, struct maproot_error *err)
{
	struct mr_oci_place top = mr_oci_top(spec);
	struct mr_oci_place place;
	int code = mr_oci_get(&top, "linux", MR_OCI_OBJECT, &place, err);

	if (code == 0)
		code = read_namespaces(spec, &place, err);
	if (code == 0)
		code = read_map(spec, &place, "uidMappings", &spec->users, err);
	if (code == 0)
		code = read_map(spec, &place, "gidMappings", &spec->groups, err);
	if (code == 0 && (spec->users.count > 0) != (spec->groups.count > 0))
		code = mr_oci_fail(&place, err, EINVAL, "uidMappings and gidMappings go together", NULL);
	if (code == 0)
		code = read_propagation(spec, &place, err);
	if (code == 0)
		code = mr_oci_string(&top, "hostname", &spec->hostname, err);
	if (code == 0)
		code = mr_oci_string(&top, "domainname", &spec->domainname, err);
	/* As writers do that leave nothing out. */
	if (spec->hostname && spec->hostname[0] == '\0')
		spec->hostname = NULL;
	if (spec->domainname && spec->domainname[0] == '\0')
		spec->domainname = NULL;
	return code;
}

static int read_clock(struct maproot_oci *spec, const struct mr_oci_place *offsets, const char *name,
		      int64_t *ret_seconds, struct maproot_error *err)
{
	/* The kernel's own limit on these clocks: 2^63 ns. */
	const struct mr_oci_range seconds = { -9223372036, 9223372036 };
	const struct mr_oci_range nanoseconds = { 0, 999999999 };
	struct mr_oci_place clock;
	struct mr_oci_integer value = { 0 };
	int code = mr_oci_get(offsets, name, MR_OCI_OBJECT, &clock, err);

	if (code == 0)
		code = mr_oci_integer(&clock, "nanosecs", nanoseconds, &value, err);
	if (code == 0)
		code = mr_oci_integer(&clock, "secs", seconds, &value, err);
	if (code < 0 || !value.there)
		return code;
	if (!mr_oci_is_new(spec, MAPROOT_NAMESPACE_TIME))
		return mr_oci_fail(&clock, err, EINVAL, "needs a new time namespace in linux.namespaces", NULL);
	*ret_seconds = value.value;
	return 0;
}

int mr_oci_read_time(struct maproot_oci *spec, struct maproot_error *err)
{
	struct mr_oci_place top = mr_oci_top(spec);
	struct mr_oci_place place;
	struct mr_oci_place offsets;
	int code = mr_oci_get(&top, "linux", MR_OCI_OBJECT, &place, err);

	if (code == 0)
		code = mr_oci_get(&place, "timeOffsets", MR_OCI_OBJECT, &offsets, err);
	if (code == 0)
		code = read_clock(spec, &offsets, "monotonic", &spec->monotonic, err);
	return code < 0 ? code : read_clock(spec, &offsets, "boottime", &spec->boottime, err);
}
