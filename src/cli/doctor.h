/*
 * --doctor: what works here, for people and for machines.
 */
#ifndef MR_CLI_DOCTOR_H
#define MR_CLI_DOCTOR_H

#include <stdbool.h>

/* Prints the report. Returns the exit status: 0 where the plain call of maproot works, 1 where it doesn't. */
int doctor(bool json);

#endif
