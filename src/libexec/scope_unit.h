/*
 * What is asked of systemd: a scope around a process, the end of one, and whether it is there at all. 0 or -errno, with
 * words in bus->why.
 */
#ifndef MAPROOT_LIBEXEC_SCOPE_UNIT_H
#define MAPROOT_LIBEXEC_SCOPE_UNIT_H

#include "libexec/scope_bus.h"
#include "libexec/scope_property.h"

#include <stddef.h>

enum { SCOPE_PROPERTIES = 32 };

struct scope {
	const char *unit;
	const char *slice; /* NULL: as the manager likes it */
	uint32_t pid;
	struct scope_property properties[SCOPE_PROPERTIES];
	size_t property_count;
};

int scope_start(struct scope_bus *bus, const struct scope *scope);

/* Kills what is in it, and waits until it is gone. 0 where there is none; -EPERM where it is not one of ours. */
int scope_stop(struct scope_bus *bus, const char *unit);

int scope_check(struct scope_bus *bus);

#endif
