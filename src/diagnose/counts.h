/*
 * How much is used of what has a limit, so far as can be seen from here.
 */
#ifndef MR_DIAGNOSE_COUNTS_H
#define MR_DIAGNOSE_COUNTS_H

#include "diagnose/evidence.h"

/* User namespaces that this user has made and a process is in, that /proc shows. Only of the machine. */
uint64_t mr_count_user_namespaces(void);

/* Processes and threads of this user, or of all; 0 where /proc does not tell. */
uint64_t mr_count_tasks_of_user(const struct mr_evidence *evidence);
uint64_t mr_count_tasks_of_machine(const struct mr_evidence *evidence);

/* Descriptors that this process has open. */
uint64_t mr_count_descriptors(void);

struct mr_pids_limit {
	uint64_t used;
	uint64_t limit;
	char path[512];
};

/* The nearest control group of ours, or above, that has no room for `needed` processes more. */
bool mr_find_pids_limit(const struct mr_evidence *evidence, uint64_t needed, struct mr_pids_limit *ret_limit);

#endif
