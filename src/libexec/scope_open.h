/*
 * Where the caller's systemd listens, and a connection to it.
 */
#ifndef MAPROOT_LIBEXEC_SCOPE_OPEN_H
#define MAPROOT_LIBEXEC_SCOPE_OPEN_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

/* CLOCK_MONOTONIC in microseconds; and how much is left until then. */
uint64_t scope_open_now(void);
uint64_t scope_open_left(uint64_t deadline);

/* What an errno value (negative) means for a connection. */
const char *scope_open_words(int code);

/* The first place where somebody can be spoken with. 0, or -errno with a reason for each place in `why`. */
int scope_open_manager(sd_bus **ret_bus, uint64_t deadline, char *why, size_t size);

#endif
