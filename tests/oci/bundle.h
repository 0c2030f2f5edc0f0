/*
 * What the tests of configurations share: a small valid one, to which a row adds what it is about, read or put into a bundle.
 * JSON is written with ' for ", so that it can be read in C.
 */
#ifndef MAPROOT_TEST_BUNDLE_H
#define MAPROOT_TEST_BUNDLE_H

#include "unit.h"

#include <jansson.h>
#include <maproot/oci.h>

/* JSON from text with ' for ". */
json_t *bundle_json(const char *text);

/*
 * The small configuration, or with `spec` one of specs/ ("runc.json"), with `patch` merged into it; a property that is null
 * there is taken out. Freed by the caller with free().
 */
char *bundle_text(const char *spec, const char *patch);

/* That text read, with the bundle "/bundle". The test fails where it can't be. */
struct maproot_oci *bundle_parse(const char *patch);

/* Its request. `ret_spec` is to be freed. */
struct maproot_oci_run bundle_request(const char *patch, struct maproot_oci **ret_spec);

/* Is refused when it is read, in these words. */
void bundle_refused(const char *patch, const char *message);

/*
 * A bundle of the test user with that configuration: a root file system of busybox, where MAPPED stands for the
 * user's id in the mappings (hostID). Returns its path.
 */
const char *bundle_make(const char *spec, const char *patch);

/* Runs maproot-oci with --bundle and these arguments (NULL-terminated, after it), as the user or as root. */
void bundle_run(const char *bundle, bool as_root, const char *const *arguments, struct support_result *ret_result);

/* The program as it was installed for this run. */
const char *bundle_program(void);

#endif
