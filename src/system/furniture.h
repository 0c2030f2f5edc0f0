/*
 * What a new namespace is given before the command starts in it: host name, loopback, clocks, and fewer
 * descriptors. In the child.
 */
#ifndef MR_SYSTEM_FURNITURE_H
#define MR_SYSTEM_FURNITURE_H

#include <maproot/error.h>
#include <stddef.h>
#include <stdint.h>

int mr_hostname_set(const char *name, struct maproot_error *err);
int mr_domainname_set(const char *name, struct maproot_error *err);

/* Brings "lo" up in the calling process's network namespace. */
int mr_loopback_up(struct maproot_error *err);

/*
 * The clocks of the time namespace that the caller's next child is the first to enter. Seconds. `file`: what mr_clocks_open() gave while
 * this process could still open it; -1: it can now.
 */
int mr_clocks_set(int64_t monotonic, int64_t boottime, int file, struct maproot_error *err);
int mr_clocks_open(struct maproot_error *err);

/* Closes every descriptor from `first` up: at once, or when the process executes another program. */
int mr_descriptors_close_from(int first, struct maproot_error *err);
int mr_descriptors_close_on_exec_from(int first, struct maproot_error *err);

/* Closes all but these; negative ones are none. */
int mr_descriptors_close_but(const int *keep, size_t count, struct maproot_error *err);

#endif
