/*
 * --state: what is known of a run.
 */
#ifndef MR_OCI_STATE_H
#define MR_OCI_STATE_H

/* Prints the state of OCI as JSON. Returns the exit status. */
int state_print(const char *id);

#endif
