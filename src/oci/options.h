/*
 * The command line of maproot-oci: the one table of options, and what parsing it yields.
 */
#ifndef MR_OCI_OPTIONS_H
#define MR_OCI_OPTIONS_H

#include <maproot/oci.h>

/* id, letter or 0, long name, argument as getopt_long(3) has it, its name in --help or NULL, help text. */
#define OPTIONS(X)                                                                                                                 \
	X(BUNDLE, 'b', "bundle", required_argument, "DIR", "the directory of config.json (the working directory)")                 \
	X(ID, 0, "id", required_argument, "ID", "of the run, for --state (made up)")                                               \
	X(IGNORE, 0, "ignore", required_argument, "FIELD", "as if FIELD (linux.seccomp) were not in config.json; may be repeated") \
	X(CGROUP_MANAGER, 0, "cgroup-manager", required_argument, "auto|fs|systemd", "who makes the control group (auto)")         \
	X(NO_CGROUP, 0, "no-cgroup", no_argument, NULL, "make none: leave linux.cgroupsPath and the limits of resources out")      \
	X(STATE, 0, "state", required_argument, "ID", "print the state of a run as JSON, and exit")                                \
	X(DRY_RUN, 0, "dry-run", no_argument, NULL, "print what would be done, and do nothing")                                    \
	X(VERBOSE, 'v', "verbose", no_argument, NULL, "say on stderr what was ignored and adapted, before the command starts")     \
	X(VERSION, 'V', "version", no_argument, NULL, "print the version")                                                         \
	X(HELP, 'h', "help", no_argument, NULL, "print this help")

/* clang-format off */
enum option_id {
#define X(id, letter, name, argument, argument_name, help) OPTION_##id,
	OPTIONS(X)
#undef X
	OPTION_COUNT,
};
/* clang-format on */

struct options {
	struct maproot_oci_wish wish;
	const char *bundle;
	const char **ignored; /* for free(3) */
	size_t ignored_count;
	const char *state;
	bool dry_run;
	bool verbose;
	bool version;
	bool help;
};

/* Returns 0, or -1 after a message. `options` as without any. */
int options_parse(int argc, char **argv, struct options *options);

#endif
