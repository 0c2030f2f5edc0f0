/*
 * The namespace table and its look-ups. Which types the running kernel has is a question for system/facts.c.
 */
#include "base/error.h"

#include <errno.h>
#include <maproot/namespace.h>
#include <string.h>

static const struct {
	const char *name;
	const char *oci_name;
	unsigned int flag;
} table[] = {
#define X(id, name, oci, letter, flag) [MAPROOT_NAMESPACE_##id] = { name, oci, flag },
	MAPROOT_NAMESPACES(X)
#undef X
};

const char *maproot_namespace_name(enum maproot_namespace type)
{
	return (unsigned int)type < MAPROOT_NAMESPACE_COUNT ? table[type].name : NULL;
}

unsigned int maproot_namespace_flag(enum maproot_namespace type)
{
	return (unsigned int)type < MAPROOT_NAMESPACE_COUNT ? table[type].flag : 0;
}

int maproot_namespace_by_name(const char *name, enum maproot_namespace *ret_type,
			      struct maproot_error *err)
{
	mr_error_reset(err);
	for (unsigned int type = 0; type < MAPROOT_NAMESPACE_COUNT; type++) {
		if (strcmp(name, table[type].name) == 0 || strcmp(name, table[type].oci_name) == 0) {
			*ret_type = (enum maproot_namespace)type;
			return 0;
		}
	}
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "unknown namespace type '", name, "'",
			      NULL);
}

const struct maproot_namespace_entry *
maproot_namespace_get(const struct maproot_namespace_entry *entries, size_t count, enum maproot_namespace type)
{
	for (size_t at = 0; at < count; at++) {
		if (entries[at].type == type)
			return &entries[at];
	}
	return NULL;
}

size_t maproot_namespace_filter(const struct maproot_namespace_entry *entries, size_t count,
				const enum maproot_namespace *types, size_t type_count,
				struct maproot_namespace_entry *ret_entries)
{
	size_t found = 0;

	for (size_t at = 0; at < type_count; at++) {
		const struct maproot_namespace_entry *entry = maproot_namespace_get(entries, count, types[at]);

		if (entry)
			ret_entries[found++] = *entry;
	}
	return found;
}
