/*
 * Calls of systemd and the ends of its jobs. No step waits longer than what is left of the time: sd-bus's own limits
 * are tens of seconds. How the manager is reached is in scope_open.c. See sd-bus(3), org.freedesktop.systemd1(5).
 */
#include "libexec/scope_bus.h"

#include "libexec/scope_open.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int scope_bus_fail(struct scope_bus *bus, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(bus->why, sizeof(bus->why), format, arguments); /* words, which may be cut */
	va_end(arguments);
	return code;
}

int scope_bus_open(struct scope_bus *bus, unsigned int limit_ms)
{
	*bus = (struct scope_bus){ .deadline = scope_open_now() + (uint64_t)limit_ms * 1000 };
	return scope_open_manager(&bus->bus, bus->deadline, bus->why, sizeof(bus->why));
}

int scope_bus_check_numbers(struct scope_bus *bus)
{
	struct ucred peer = { .pid = 0 };
	socklen_t size = sizeof(peer);
	int fd = sd_bus_get_fd(bus->bus);

	/* Who listens here, in our numbers: a process of an outer pid namespace has none. */
	if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid != 0)
		return 0;
	return scope_bus_fail(bus, -EXDEV,
			      "the manager is outside of this pid namespace, where processes have other numbers");
}

static int hear_job(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct scope_bus *bus = data;
	const char *job = NULL;
	const char *unit = NULL;
	const char *result = NULL;
	const char *sender = sd_bus_message_get_sender(message);
	uint32_t id = 0;

	(void)error; /* of methods */
	/* The bus lets anybody address a signal to us, whatever it is that we want to hear. */
	if (strcmp(sender ? sender : "", bus->manager) != 0)
		return 0;
	if (sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) < 0 || strcmp(job, bus->job) != 0)
		return 0;
	(void)snprintf(bus->result, sizeof(bus->result), "%s", *result ? result : "nothing");
	return 0;
}

static int hear_owner(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct scope_bus *bus = data;
	const char *name = NULL;
	const char *before = NULL;
	const char *now = NULL;

	(void)error; /* of methods */
	if (sd_bus_message_read(message, "sss", &name, &before, &now) >= 0 && *now == '\0')
		bus->gone = 1;
	return 0;
}

int scope_bus_hear_jobs(struct scope_bus *bus)
{
	static const char owner[] = "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
				    "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" SCOPE_SYSTEMD "'";
	int by_name = sd_bus_is_bus_client(bus->bus) > 0;
	int code;

	/* Not waited for: the bus does things in the order in which they are asked. A private peer has no name. */
	code = sd_bus_match_signal_async(bus->bus, NULL, by_name ? SCOPE_SYSTEMD : NULL, SCOPE_OBJECT, SCOPE_MANAGER,
					 "JobRemoved", hear_job, NULL, bus);
	if (code >= 0 && by_name)
		code = sd_bus_add_match_async(bus->bus, NULL, owner, hear_owner, NULL, bus);
	return code < 0 ? scope_bus_fail(bus, code, "%s", scope_open_words(code)) : 0;
}

int scope_bus_new_call(struct scope_bus *bus, const char *method, sd_bus_message **ret_call)
{
	int code = sd_bus_message_new_method_call(bus->bus, ret_call, SCOPE_SYSTEMD, SCOPE_OBJECT, SCOPE_MANAGER,
						  method);

	/* A bus without systemd must not try to start one. */
	if (code >= 0)
		code = sd_bus_message_set_auto_start(*ret_call, 0);
	return code < 0 ? scope_bus_fail(bus, code, "%s", scope_open_words(code)) : 0;
}

int scope_bus_send(struct scope_bus *bus, sd_bus_message *call)
{
	int code = sd_bus_send(bus->bus, call, NULL);

	return code < 0 ? scope_bus_fail(bus, code, "%s", scope_open_words(code)) : 0;
}

int scope_bus_call(struct scope_bus *bus, sd_bus_message *call, sd_bus_error *error, sd_bus_message **ret_reply)
{
	uint64_t left = scope_open_left(bus->deadline);
	int code = left == 0 ? -ETIMEDOUT : sd_bus_call(bus->bus, call, left, error, ret_reply);

	if (code >= 0)
		return 0;
	/* Also SD_BUS_ERROR_NO_REPLY, of sd-bus and of the bus, which here means an answerer that hangs or has died. */
	if (code == -ETIMEDOUT && left > 0 && scope_open_left(bus->deadline) > 0)
		return scope_bus_fail(bus, code, "the manager went away without an answer");
	if (code == -ETIMEDOUT)
		return scope_bus_fail(bus, code, "the manager did not answer in time");
	if (sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
	    sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
		return scope_bus_fail(bus, code, "there is no systemd on this bus");
	if (code == -ECONNRESET || code == -ENOTCONN || code == -EPIPE || !error->message || *error->message == '\0')
		return scope_bus_fail(bus, code, "%s", scope_open_words(code));
	return scope_bus_fail(bus, code, "%s", error->message);
}

/* One step: what has come is taken in, else waited for. */
static int step(struct scope_bus *bus)
{
	int code = sd_bus_process(bus->bus, NULL);

	if (code != 0)
		return code;
	return sd_bus_wait(bus->bus, scope_open_left(bus->deadline));
}

int scope_bus_await_job(struct scope_bus *bus, sd_bus_message *reply)
{
	const char *manager = sd_bus_message_get_sender(reply);
	const char *job = NULL;
	int code = sd_bus_message_read(reply, "o", &job);

	(void)snprintf(bus->manager, sizeof(bus->manager), "%s", manager ? manager : "");
	if (code < 0 || (size_t)snprintf(bus->job, sizeof(bus->job), "%s", job) >= sizeof(bus->job))
		return scope_bus_fail(bus, -EBADMSG, "the manager's answer names no job");
	/* Ends that came before the answer are still in the queue: sd_bus_call() takes out nothing but the answer. */
	while (bus->result[0] == '\0') {
		if (scope_open_left(bus->deadline) == 0)
			return scope_bus_fail(bus, -ETIMEDOUT, "its job did not end in time");
		code = step(bus);
		if (code < 0 && code != -EINTR)
			return scope_bus_fail(bus, code, "the connection was closed before the job ended");
		if (bus->gone && bus->result[0] == '\0')
			return scope_bus_fail(bus, -ECONNRESET, "the manager went away before the job ended");
	}
	if (strcmp(bus->result, "done") == 0)
		return 0;
	return scope_bus_fail(bus, -ECANCELED, "its job ended with '%s'", bus->result);
}

void scope_bus_done(struct scope_bus *bus)
{
	bus->bus = sd_bus_unref(bus->bus);
}
