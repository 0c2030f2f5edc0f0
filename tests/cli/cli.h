/*
 * Rows for the command line: arguments, and exactly what is printed and returned, but for the lines "cause:" and "try:"; words of an errno on which libcs differ
 * are left open by a "*" at the end of what is said. Texts may hold {uid}, {gid}, {user},
 * {sub0}, {sub1} (first ids of the subordinate ranges, 65536 each), {home}, {dir} (the user can't write there), {maproot},
 * {pid} (of the test, which is the program's parent) and {ns} (links of the test's own namespaces, all in one word).
 */
#ifndef MAPROOT_TEST_CLI_H
#define MAPROOT_TEST_CLI_H

#include "unit.h"

enum { CLI_WORDS = 16 };

struct cli_row {
	const char *const argv[CLI_WORDS]; /* after the program's name */
	const char *out;
	const char *err;
	int status;
};

/* Who runs it where, and what is different there. */
struct cli_place {
	void (*before)(void *arg); /* as support_command */
	void (*after)(void *arg);
	const char *const *envp;
	bool as_root;
	const char *program; /* NULL: the installed one */
};

/* A new string, never freed. */
const char *cli_expand(const char *text);

/* Runs it and compares; no process may be left. */
void cli_check(const struct cli_row *row, const struct cli_place *place);

/* The same without comparison. */
void cli_run(const char *const *argv, const struct cli_place *place,
	     struct support_result *ret_result);

/* Installs the program. Call it in the suite's builder. */
void cli_set_up(void);
const char *cli_maproot(void);

#endif
