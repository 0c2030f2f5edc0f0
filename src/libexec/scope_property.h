/*
 * What a scope can be given besides its processes: a table of properties and their types on the bus.
 */
#ifndef MAPROOT_LIBEXEC_SCOPE_PROPERTY_H
#define MAPROOT_LIBEXEC_SCOPE_PROPERTY_H

#include <stdint.h>

struct scope_property {
	const char *name; /* a constant */
	uint64_t value;   /* UINT64_MAX: infinity */
};

/* Reads "MemoryMax=536870912", "TasksMax=infinity". 0; -ENOENT: no such property; -EINVAL: no such value. */
int scope_property_read(const char *text, struct scope_property *ret_property);

#endif
