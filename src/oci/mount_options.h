/*
 * The options of a mount, as mount(8) has them, into what mount(2) takes.
 */
#ifndef MR_OCI_MOUNT_OPTIONS_H
#define MR_OCI_MOUNT_OPTIONS_H

#include "oci/place.h"

/*
 * Adds to flags, propagation and data of `mount`, and MS_BIND where it is one. `options`: the array, or not there. What can't
 * be done is refused.
 */
int mr_oci_mount_options(struct maproot_oci *spec, const struct mr_oci_place *options, struct maproot_mount *mount,
			 struct maproot_error *err);

/* The data without one option, "gid=5" say, in new memory; NULL where there is none. */
const char *mr_oci_data_without(struct maproot_oci *spec, const char *data, const char *option,
				struct maproot_error *err);

#endif
