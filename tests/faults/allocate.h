/*
 * What a test and the programs linked with allocate.c share, in a file that $FAULTS_ALLOCATE names.
 */
#ifndef ALLOCATE_H
#define ALLOCATE_H

#include <stdatomic.h>

struct allocate {
	atomic_long count; /* allocations made so far by all processes */
	long fail;         /* the one that fails, from 1; 0: none */
	int forever;       /* and all after it */
	atomic_long failed;
	atomic_long in_children; /* made by a process that has not executed a program yet */
};

#endif
