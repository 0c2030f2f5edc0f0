/*
 * The calls, see org.freedesktop.systemd1(5). A scope is known as ours by its description, so that nobody else's is
 * ever stopped whose name happens to be written in a record of ours.
 */
#include "libexec/scope_unit.h"

#include "libexec/scope_open.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static const char description[] = "Command run by maproot";

/* The name stands for the properties: a process, limits, and that who asks may make groups of its own inside. */
static int append_properties(sd_bus_message *call, const struct scope *scope)
{
	int code = sd_bus_message_open_container(call, 'a', "(sv)");

	if (code >= 0)
		code = sd_bus_message_append(call, "(sv)(sv)(sv)(sv)", "Description", "s", description,
					     "CollectMode", "s", "inactive-or-failed", "Delegate", "b", 1, "PIDs",
					     "au", 1, scope->pid);
	if (code >= 0 && scope->slice)
		code = sd_bus_message_append(call, "(sv)", "Slice", "s", scope->slice);
	for (size_t at = 0; code >= 0 && at < scope->property_count; at++)
		code = sd_bus_message_append(call, "(sv)", scope->properties[at].name, "t",
					     scope->properties[at].value);
	return code < 0 ? code : sd_bus_message_close_container(call);
}

/* Asks for it and forgets: of a scope whose job never ends, nothing shall come later. */
static void send_stop(struct scope_bus *bus, const char *unit)
{
	sd_bus_message *call = NULL;
	char why[sizeof(bus->why)];

	memcpy(why, bus->why, sizeof(why)); /* the first reason counts */
	if (scope_bus_new_call(bus, "StopUnit", &call) == 0 && sd_bus_message_append(call, "ss", unit, "replace") >= 0)
		(void)scope_bus_send(bus, call);
	memcpy(bus->why, why, sizeof(why));
	sd_bus_message_unref(call);
}

/* What was appended to the call went well where `code` is not negative: then it is made. */
static int make_call(struct scope_bus *bus, sd_bus_message *call, int code, sd_bus_error *error,
		     sd_bus_message **ret_reply)
{
	if (code < 0)
		return scope_bus_fail(bus, code, "%s", scope_open_words(code));
	return scope_bus_call(bus, call, error, ret_reply);
}

int scope_start(struct scope_bus *bus, const struct scope *scope)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *call = NULL;
	sd_bus_message *reply = NULL;
	int code = scope_bus_check_numbers(bus);

	if (code == 0)
		code = scope_bus_hear_jobs(bus);
	if (code == 0)
		code = scope_bus_new_call(bus, "StartTransientUnit", &call);
	if (code == 0) {
		/* "fail": what has this name already stays as it is. */
		int filled = sd_bus_message_append(call, "ss", scope->unit, "fail");

		if (filled >= 0)
			filled = append_properties(call, scope);
		if (filled >= 0)
			filled = sd_bus_message_append(call, "a(sa(sv))", 0);
		code = make_call(bus, call, filled, &error, &reply);
	}
	if (code == 0) {
		code = scope_bus_await_job(bus, reply);
		if (code == -ETIMEDOUT)
			send_stop(bus, scope->unit);
	}
	sd_bus_message_unref(reply);
	sd_bus_message_unref(call);
	sd_bus_error_free(&error);
	return code;
}

/* Reads a string property of an object. 0 with the reply, which holds the string. */
static int get_property(struct scope_bus *bus, const char *object, const char *interface, const char *name,
			sd_bus_error *error, sd_bus_message **ret_reply)
{
	sd_bus_message *call = NULL;
	int code = sd_bus_message_new_method_call(bus->bus, &call, SCOPE_SYSTEMD, object,
						  "org.freedesktop.DBus.Properties", "Get");

	if (code >= 0)
		code = sd_bus_message_set_auto_start(call, 0);
	if (code >= 0)
		code = sd_bus_message_append(call, "ss", interface, name);
	code = make_call(bus, call, code, error, ret_reply);
	sd_bus_message_unref(call);
	return code;
}

/* 0: it is; -ENOENT: there is none. */
static int check_ours(struct scope_bus *bus, const char *unit, sd_bus_error *error)
{
	sd_bus_message *call = NULL;
	sd_bus_message *found = NULL;
	sd_bus_message *reply = NULL;
	const char *object = NULL;
	const char *said = NULL;
	int code = scope_bus_new_call(bus, "GetUnit", &call);

	if (code == 0)
		code = make_call(bus, call, sd_bus_message_append(call, "s", unit), error, &found);
	if (code == 0 && sd_bus_message_read(found, "o", &object) < 0)
		code = scope_bus_fail(bus, -EBADMSG, "the manager's answer names no unit");
	if (code == 0)
		code = get_property(bus, object, SCOPE_SYSTEMD ".Unit", "Description", error, &reply);
	if (code == 0 && (sd_bus_message_read(reply, "v", "s", &said) < 0 || strcmp(said, description) != 0))
		code = scope_bus_fail(bus, -EPERM, "it is not one of maproot's");
	sd_bus_message_unref(reply);
	sd_bus_message_unref(found);
	sd_bus_message_unref(call);
	return code;
}

/* Stopping alone is patient: SIGTERM, and a minute and a half for those who ignore it. An error is told by what follows. */
static int send_kill(struct scope_bus *bus, const char *unit)
{
	sd_bus_message *call = NULL;
	int code = scope_bus_new_call(bus, "KillUnit", &call);

	if (code == 0)
		code = sd_bus_message_append(call, "ssi", unit, "all", SIGKILL);
	code = code < 0 ? scope_bus_fail(bus, code, "%s", scope_open_words(code)) : scope_bus_send(bus, call);
	sd_bus_message_unref(call);
	return code;
}

int scope_stop(struct scope_bus *bus, const char *unit)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *call = NULL;
	sd_bus_message *reply = NULL;
	int code = scope_bus_hear_jobs(bus);

	if (code == 0)
		code = check_ours(bus, unit, &error);
	if (code == 0)
		code = send_kill(bus, unit);
	if (code == 0)
		code = scope_bus_new_call(bus, "StopUnit", &call);
	if (code == 0)
		code = make_call(bus, call, sd_bus_message_append(call, "ss", unit, "replace"), &error, &reply);
	if (code == 0)
		code = scope_bus_await_job(bus, reply);
	/* With what was in it killed, it may go before it is asked to. Its object, too, is unknown then. */
	else if (sd_bus_error_has_name(&error, SCOPE_SYSTEMD ".NoSuchUnit") ||
		 sd_bus_error_has_name(&error, SD_BUS_ERROR_UNKNOWN_OBJECT))
		code = 0;
	sd_bus_message_unref(reply);
	sd_bus_message_unref(call);
	sd_bus_error_free(&error);
	return code;
}

/* Something that nobody but systemd has. */
int scope_check(struct scope_bus *bus)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int code = get_property(bus, SCOPE_OBJECT, SCOPE_MANAGER, "Version", &error, &reply);

	sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	return code;
}
