/*
 * Everything that maproot says but for its lists (list.h): nothing else writes to stderr or stdout.
 */
#ifndef MR_CLI_REPORT_H
#define MR_CLI_REPORT_H

#include <maproot/explain.h>

/* "maproot: " and the pieces, up to NULL, and a newline, on stderr in one write. */
void report(const char *piece, ...) __attribute__((sentinel));

/* The same, and where to find help. Returns -1. */
int report_usage(const char *piece, ...) __attribute__((sentinel));

/* An error of the library. Returns the exit status that belongs to it. */
int report_error(const struct maproot_error *err);

/*
 * The same for one that came when `request` was carried out, and why it did, found by looking, and what can be done about it.
 * `ret_explanation` (may be NULL) gets that.
 */
int report_failure(const struct maproot_error *err, const struct maproot_request *request,
		   struct maproot_explanation *ret_explanation);

/* --help and --version, on stdout. Return the exit status. */
int report_help(void);
int report_version(void);

/* One line on stdout; for maproot_describe(). `failed` is an int that becomes 1 when it can't be written. */
void report_line(void *failed, const char *text);

/* The last line of a plan: the command. Returns the exit status of the whole. */
int report_command(char *const command[], int failed);

/* On stderr: which namespaces were made, joined or not joined for being in them, and what comes next. */
void report_place(const struct maproot_outcome *outcome, const char *command);

/* After what cli/list.c has printed. Returns the exit status. */
int report_written(void);

#endif
