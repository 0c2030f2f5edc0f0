/*
 * What the tests of joining before main share: a container to join, made without maproot; and the probe (probe.c), run
 * in each way that the constructor comes into it, with its report taken apart.
 */
#ifndef PRELOAD_PLACE_H
#define PRELOAD_PLACE_H

#include "unit.h"

/* A process in namespaces of its own, all or some, made by the test user; ended with the test. */
struct place {
	pid_t keeper;
	pid_t pid;
	pid_t other; /* for probe_words(): of another place, or 0 */
};

/* `flags`: CLONE_NEW* besides user and mnt. */
void place_start(struct place *place, int flags);
void place_end(struct place *place);

/* "net:[4026531833]": the link NAME of /proc/PID/ns. One of a ring of buffers. */
const char *place_namespace(pid_t pid, const char *name);

/* How the constructor comes into the probe. */
enum way {
	WAY_PRELOADED, /* LD_PRELOAD */
	WAY_LINKED,    /* the object, in a dynamic program */
	WAY_STATIC,    /* the object, in a static program */
	WAY_COUNT,
};

/* After support_init(), before Check forks: the programs are copied to where the test user may execute them. */
void probe_install(void);
const char *probe_program(enum way way);

/*
 * Text with names in braces replaced: {pid}, {start} (when it started), {other} and {dir} (support_directory()). One of
 * a ring of buffers.
 */
const char *probe_words(const struct place *place, const char *text);

struct probe_run {
	enum way way;
	const char *program;            /* NULL: of the way */
	const char *const *environment; /* ended by NULL; words as of probe_words() */
	const char *argument;           /* NULL: "report" */
	void (*before)(void *arg);
	void (*after)(void *arg);
	void *arg;
	bool as_root;
};

/* Runs it; it has to end by itself. */
void probe_run(const struct probe_run *run, const struct place *place, struct support_result *ret_result);

/* What the report says of a key; "" where it is not in it. Two fail the test. One of a ring of buffers. */
const char *probe_value(const struct support_result *result, const char *key);

#endif
