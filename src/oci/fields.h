/*
 * The one table of what the specification knows, and what becomes of it here.
 */
#ifndef MR_OCI_FIELDS_H
#define MR_OCI_FIELDS_H

#include "oci/spec.h"

struct mr_oci_field {
	const char *name; /* the path without indices */
	const char *why;  /* NULL: it is done; else why not */
	bool open;        /* an object whose properties nobody knows beforehand */
	/* Whether this value asks for nothing, or for what is done all the same. NULL: none but empty ones and false. */
	bool (*fine)(const struct maproot_oci *spec, const json_t *value);
};

/* NULL: the specification doesn't know it. */
const struct mr_oci_field *mr_oci_field(const char *name);

#endif
