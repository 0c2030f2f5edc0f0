/*
 * The note that a process leaves for itself across the re-execution: one environment entry, the last.
 */
#ifndef MR_RUN_MARKER_H
#define MR_RUN_MARKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { MR_MARKER_SIZE = 96 };

struct mr_marker {
	pid_t pid;            /* of the process that it is for, as that process sees itself */
	unsigned int created; /* namespaces made */
	uint64_t mask;        /* of signals, to be restored: across the re-execution all are blocked */
	char name[16];        /* comm, which executing /proc/self/exe changes */
};

/* Writes the whole entry, "MAPROOT_REEXEC=...". In the child. */
void mr_marker_write(const struct mr_marker *marker, char *entry);

/* Reads an entry. False: it is none, or malformed. */
bool mr_marker_read(const char *entry, struct mr_marker *ret_marker);

/*
 * Takes the marker off the end of `environ`, if there is one and it is for this process. An entry of the same
 * name that is not is the user's own, and stays.
 */
bool mr_marker_take(struct mr_marker *ret_marker);

/* Whether there is one to be taken. */
bool mr_marker_is_there(void);

#endif
