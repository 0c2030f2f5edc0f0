/*
 * The caller's systemd, as it is reached: by its private socket, else by the bus. Everything has one limit in time,
 * from the opening on. Where something fails, `why` says it in words.
 */
#ifndef MAPROOT_LIBEXEC_SCOPE_BUS_H
#define MAPROOT_LIBEXEC_SCOPE_BUS_H

#include <stdint.h>
#include <systemd/sd-bus.h>

#define SCOPE_SYSTEMD "org.freedesktop.systemd1"
#define SCOPE_OBJECT  "/org/freedesktop/systemd1"
#define SCOPE_MANAGER "org.freedesktop.systemd1.Manager"

struct scope_bus {
	sd_bus *bus;
	uint64_t deadline; /* CLOCK_MONOTONIC, microseconds */
	char job[128];     /* the one that is waited for; "": not known yet */
	char result[32];   /* of it; "": it has not ended */
	char manager[64];  /* who answered, and so has to say how the job ended; "": a peer without a name */
	int gone;          /* who answered has left the bus */
	char why[1024];
};

/* 0 or -errno. */
int scope_bus_open(struct scope_bus *bus, unsigned int limit_ms);

/* Where the manager counts processes in another pid namespace, our numbers name somebody else: -EXDEV. */
int scope_bus_check_numbers(struct scope_bus *bus);

/* From now on ends of jobs are heard. Before the call that starts one. */
int scope_bus_hear_jobs(struct scope_bus *bus);

/* A call of the manager, without arguments yet. */
int scope_bus_new_call(struct scope_bus *bus, const char *method, sd_bus_message **ret_call);

/* Makes it without waiting for an answer. */
int scope_bus_send(struct scope_bus *bus, sd_bus_message *call);

/* Makes it. 0 with the reply, or -errno with the error that came, which may be one of the connection's. */
int scope_bus_call(struct scope_bus *bus, sd_bus_message *call, sd_bus_error *error, sd_bus_message **ret_reply);

/* The reply names a job: waits for its end. 0: it is done. */
int scope_bus_await_job(struct scope_bus *bus, sd_bus_message *reply);

/* Says why in words, and returns `code`. */
int scope_bus_fail(struct scope_bus *bus, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

void scope_bus_done(struct scope_bus *bus);

#endif
