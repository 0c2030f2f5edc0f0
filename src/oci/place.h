/*
 * A place in the configuration: a value, with the way to it for messages. Getters check the type and say where it is wrong.
 * A place without a value is not there; what is asked of it is not there either, so that optional sections need no `if`.
 */
#ifndef MR_OCI_PLACE_H
#define MR_OCI_PLACE_H

#include "oci/spec.h"

struct mr_oci_place {
	const struct mr_oci_place *above; /* NULL: the file itself */
	const char *name;                 /* NULL: an element of an array */
	size_t index;
	json_t *value; /* NULL: not there */
};

enum mr_oci_kind {
	MR_OCI_OBJECT,
	MR_OCI_ARRAY,
	MR_OCI_STRING,
	MR_OCI_INTEGER,
	MR_OCI_BOOLEAN,
};

struct mr_oci_range {
	int64_t lowest;
	int64_t highest;
};

struct mr_oci_integer {
	bool there;
	int64_t value;
};

/* What the largest number of 64 bits is written as before the text is parsed: as long, and a number that JSON libraries take. */
#define MR_OCI_MAXIMUM      "18446744073709551615"
#define MR_OCI_MAXIMUM_REAL 1.844674407370955e19
#define MR_OCI_MAXIMUM_TEXT "1.844674407370955e19"

enum { MR_OCI_PATH_SIZE = 160 };

/* "linux.namespaces[2].type", shortened at the front where it is too long. Returns the text. */
const char *mr_oci_path(const struct mr_oci_place *place, char path[MR_OCI_PATH_SIZE]);

/* Fails with "config.json: PATH: PIECES", pieces ended by NULL. */
int mr_oci_fail(const struct mr_oci_place *place, struct maproot_error *err, int code, const char *piece, ...)
	__attribute__((sentinel));

struct mr_oci_place mr_oci_top(const struct maproot_oci *spec);

/* A property; what is there has the kind. `need`: it has to be there. */
int mr_oci_get(const struct mr_oci_place *object, const char *name, enum mr_oci_kind kind, struct mr_oci_place *ret_place,
	       struct maproot_error *err);
int mr_oci_need(const struct mr_oci_place *object, const char *name, enum mr_oci_kind kind,
		struct mr_oci_place *ret_place, struct maproot_error *err);

/* How many elements, 0 of what is not there; and one of them. */
size_t mr_oci_count(const struct mr_oci_place *array);
int mr_oci_element(const struct mr_oci_place *array, size_t index, enum mr_oci_kind kind,
		   struct mr_oci_place *ret_place, struct maproot_error *err);

/* Values of optional properties: what is not there leaves `ret` as it is, but for `there` of an integer. */
int mr_oci_string(const struct mr_oci_place *object, const char *name, const char **ret_string,
		  struct maproot_error *err);
int mr_oci_boolean(const struct mr_oci_place *object, const char *name, bool *ret_boolean, struct maproot_error *err);
int mr_oci_integer(const struct mr_oci_place *object, const char *name, struct mr_oci_range range,
		   struct mr_oci_integer *ret_integer, struct maproot_error *err);

/* The same of a property that has to be there; or of an element, where `name` is NULL and `object` the element. */
int mr_oci_need_integer(const struct mr_oci_place *object, const char *name, struct mr_oci_range range,
			int64_t *ret_value, struct maproot_error *err);
int mr_oci_need_string(const struct mr_oci_place *object, const char *name, const char **ret_string,
		       struct maproot_error *err);
int mr_oci_number(const struct mr_oci_place *place, struct mr_oci_range range, int64_t *ret_value,
		  struct maproot_error *err);

/* An array of strings as a NULL-terminated one; NULL where it is not there. */
int mr_oci_strings(struct maproot_oci *spec, const struct mr_oci_place *object, const char *name, char ***ret_strings,
		   struct maproot_error *err);

#endif
