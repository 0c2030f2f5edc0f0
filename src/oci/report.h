/*
 * Words for people; the only place that prints.
 */
#ifndef MR_OCI_REPORT_H
#define MR_OCI_REPORT_H

#include <maproot/explain.h>
#include <maproot/oci.h>

/* One line to stderr, of pieces ended by NULL, without what a terminal would obey. */
void report(const char *piece, ...) __attribute__((sentinel));

/* The same, with a hint at --help. Returns -1. */
int report_usage(const char *piece, ...) __attribute__((sentinel));

/* Returns the exit status. */
int report_error(const struct maproot_error *err);

/* The same of a request that was carried out, and why it failed, found by looking. */
int report_failure(const struct maproot_error *err, const struct maproot_request *request);

/* For maproot_engine.complain. */
void report_complaint(void *arg, const struct maproot_error *err);

/* A line to stdout, for maproot_describe(); `failed` is an int. */
void report_line(void *failed, const char *text);

/* Whether all of stdout was written: the exit status. */
int report_written(int failed);

int report_version(void);
int report_help(void);

#endif
