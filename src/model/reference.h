/*
 * References to namespaces, and the order in which they are joined, as text. Pure: whether there is such a process or
 * file is a question for join/open.c.
 */
#ifndef MR_MODEL_REFERENCE_H
#define MR_MODEL_REFERENCE_H

#include <maproot/namespace.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum mr_reference_kind {
	MR_REFERENCE_PATH,
	MR_REFERENCE_PID,
	MR_REFERENCE_FD,
	MR_REFERENCE_NAME,
};

struct mr_reference {
	unsigned int types; /* 0: none were said */
	enum mr_reference_kind kind;
	const char *text;    /* from after "TYPE=", for messages; of a path: it; of a name: it, without "name:" */
	pid_t pid;           /* of a PID */
	uint64_t start_time; /* of a PID; 0: not said */
	int fd;              /* of an FD */
};

/* Reads [TYPE[,TYPE]...=]REF; the result points into `text`. 0 or -EINVAL (step REFERENCE, names the text). */
int mr_reference_parse(const char *text, struct mr_reference *ret_reference, struct maproot_error *err);

struct mr_order {
	size_t count;
	enum maproot_namespace type[MAPROOT_NAMESPACE_COUNT];
	unsigned int types; /* the set of them */
	unsigned int late;  /* those to be opened when their turn comes */
};

/* Reads [!]TYPE[,[!]TYPE]... 0 or -EINVAL (step REFERENCE). */
int mr_order_parse(const char *text, struct mr_order *ret_order, struct maproot_error *err);

#endif
