/*
 * Stands in for systemd: takes the name org.freedesktop.systemd1 on the bus of the environment, or listens as its
 * private socket does, says on standard output what it was called with, a line a call, and answers as it is told.
 *
 *   fake_manager [--listen SOCKET] HOW
 *
 * HOW: "RESULT" (the job ends with it: done, failed, ...), "early:RESULT" (before the answer), "other:RESULT" (after
 * the end of another job), "forged:RESULT" (after somebody else said "done"), "refuse:ERROR", "never" (the job never
 * ends), "silent" (no answer), "jobless" (an answer without a job), "die" (instead of the answer), "leave" (after the
 * answer), "foreign" (the scope is somebody else's), "gone:ERROR" (so is answered who asks for a scope's end that was
 * there), "move:DIRECTORY" (really makes a group below this one and moves the processes; stopping removes it;
 * "done").
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define MANAGER "org.freedesktop.systemd1.Manager"
#define OBJECT  "/org/freedesktop/systemd1"
#define UNIT    "/org/freedesktop/systemd1/unit/one"
#define JOB     "/org/freedesktop/systemd1/job/17"

static const char *how;

static const char *after(const char *word)
{
	size_t length = strlen(word);

	return strncmp(how, word, length) == 0 ? how + length : NULL;
}

static void must(int code, const char *what)
{
	if (code >= 0)
		return;
	if (code == -ECONNRESET || code == -ENOTCONN || code == -EPIPE) /* who asked has gone */
		_exit(0);
	(void)fprintf(stderr, "fake_manager: %s: %s\n", what, strerror(-code));
	_exit(99);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0, path);
	(void)close(fd);
}

static void move(const char *unit, uint32_t pid)
{
	const char *directory = after("move:");
	char path[512];
	char number[16];

	if (!directory)
		return;
	(void)snprintf(path, sizeof(path), "%s/%s", directory, unit);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		must(-errno, path);
	(void)snprintf(path, sizeof(path), "%s/%s/cgroup.procs", directory, unit);
	(void)snprintf(number, sizeof(number), "%u", pid);
	write_file(path, number);
}

/* Prints " NAME=VALUE"; of processes all numbers. */
static void take_property(sd_bus_message *call, const char *unit)
{
	const char *name = NULL;
	const char *type = NULL;
	const char *string = NULL;
	uint64_t number = 0;
	uint32_t pid = 0;
	int truth = 0;
	char kind = 0;

	must(sd_bus_message_read(call, "s", &name), "name");
	must(sd_bus_message_peek_type(call, &kind, &type), "variant");
	must(sd_bus_message_enter_container(call, 'v', type), "variant");
	printf(" %s(%s)=", name, type);
	if (strcmp(type, "s") == 0 && sd_bus_message_read(call, "s", &string) >= 0)
		printf("%s", string);
	else if (strcmp(type, "b") == 0 && sd_bus_message_read(call, "b", &truth) >= 0)
		printf("%s", truth ? "true" : "false");
	else if (strcmp(type, "t") == 0 && sd_bus_message_read(call, "t", &number) >= 0)
		printf("%llu", (unsigned long long)number);
	else if (strcmp(type, "au") == 0 && sd_bus_message_enter_container(call, 'a', "u") >= 0) {
		while (sd_bus_message_read(call, "u", &pid) > 0) {
			printf("%u,", pid);
			move(unit, pid);
		}
		must(sd_bus_message_exit_container(call), "numbers");
	} else {
		printf("?");
	}
	must(sd_bus_message_exit_container(call), "variant");
}

static void take_start(sd_bus_message *call)
{
	const char *unit = NULL;
	const char *mode = NULL;

	must(sd_bus_message_read(call, "ss", &unit, &mode), "unit");
	printf("StartTransientUnit %s %s", unit, mode);
	must(sd_bus_message_enter_container(call, 'a', "(sv)"), "properties");
	while (sd_bus_message_enter_container(call, 'r', "sv") > 0) {
		take_property(call, unit);
		must(sd_bus_message_exit_container(call), "property");
	}
	must(sd_bus_message_exit_container(call), "properties");
	must(sd_bus_message_enter_container(call, 'a', "(sa(sv))"), "other units");
	printf("%s\n", sd_bus_message_at_end(call, 0) > 0 ? "" : " and other units");
}

static void take_stop(sd_bus_message *call)
{
	const char *unit = NULL;
	const char *mode = NULL;
	char path[512];

	must(sd_bus_message_read(call, "ss", &unit, &mode), "unit");
	printf("StopUnit %s %s\n", unit, mode);
	if (!after("move:"))
		return;
	(void)snprintf(path, sizeof(path), "%s/%s", after("move:"), unit);
	while (rmdir(path) < 0 && errno == EBUSY)
		(void)usleep(1000); /* what is in it was killed before */
}

static void take_kill(sd_bus_message *call)
{
	const char *unit = NULL;
	const char *whom = NULL;
	int number = 0;
	char path[512];

	must(sd_bus_message_read(call, "ssi", &unit, &whom, &number), "unit");
	printf("KillUnit %s %s %d\n", unit, whom, number);
	(void)snprintf(path, sizeof(path), "%s/%s/cgroup.kill", after("move:") ? after("move:") : "", unit);
	if (after("move:") && access(path, W_OK) == 0)
		write_file(path, "1");
}

static void say_job_ended(sd_bus *bus, const char *job, const char *result)
{
	must(sd_bus_emit_signal(bus, OBJECT, MANAGER, "JobRemoved", "uoss", 17, job, "unit", result), "JobRemoved");
}

/* Somebody else on the bus, who addresses the caller. */
static void forge(const char *to)
{
	sd_bus_message *signal = NULL;
	sd_bus *bus = NULL;

	must(sd_bus_open_user(&bus), "another connection");
	must(sd_bus_message_new_signal(bus, &signal, OBJECT, MANAGER, "JobRemoved"), "signal");
	must(sd_bus_message_append(signal, "uoss", 17, JOB, "unit", "done"), "signal");
	must(sd_bus_message_set_destination(signal, to), "signal");
	must(sd_bus_send(bus, signal, NULL), "signal");
	sd_bus_message_unref(signal);
	sd_bus_flush_close_unref(bus);
}

static int refuse(sd_bus_message *call, const char *name)
{
	return sd_bus_reply_method_errorf(call, name, "The fake refuses.");
}

static int answer_with_job(sd_bus_message *call)
{
	sd_bus *bus = sd_bus_message_get_bus(call);
	const char *result = how;

	if (after("silent"))
		return 1;
	if (after("die"))
		_exit(0);
	if (after("refuse:"))
		return refuse(call, after("refuse:"));
	if (after("gone:"))
		return refuse(call, after("gone:"));
	if (after("jobless"))
		return sd_bus_reply_method_return(call, "");
	if (after("early:")) {
		say_job_ended(bus, JOB, after("early:"));
		return sd_bus_reply_method_return(call, "o", JOB);
	}
	must(sd_bus_reply_method_return(call, "o", JOB), "answer");
	if (after("leave")) {
		(void)sd_bus_flush(bus);
		_exit(0);
	}
	if (after("never"))
		return 1;
	if (after("forged:")) {
		(void)sd_bus_flush(bus);
		forge(sd_bus_message_get_sender(call));
		result = after("forged:");
	} else if (after("other:")) {
		say_job_ended(bus, JOB "8", "done");
		result = after("other:");
	} else if (after("move:")) {
		result = "done";
	}
	say_job_ended(bus, JOB, result);
	return 1;
}

static int take_get(sd_bus_message *call)
{
	const char *interface = NULL;
	const char *property = NULL;
	const char *value = "252";

	must(sd_bus_message_read(call, "ss", &interface, &property), "property");
	printf("Get %s %s.%s\n", strrchr(sd_bus_message_get_path(call), '/'), strrchr(interface, '.') + 1, property);
	if (after("silent"))
		return 1;
	if (strcmp(property, "Description") == 0)
		value = after("foreign") ? "Session 1 of User root" : "Command run by maproot";
	return sd_bus_reply_method_return(call, "v", "s", value);
}

static int take(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const char *unit = NULL;

	(void)data;
	(void)error;
	if (sd_bus_message_is_method_call(call, MANAGER, "StartTransientUnit")) {
		take_start(call);
		return answer_with_job(call);
	}
	if (sd_bus_message_is_method_call(call, MANAGER, "StopUnit")) {
		take_stop(call);
		return answer_with_job(call);
	}
	if (sd_bus_message_is_method_call(call, MANAGER, "KillUnit")) {
		take_kill(call);
		return 1;
	}
	if (sd_bus_message_is_method_call(call, MANAGER, "GetUnit")) {
		must(sd_bus_message_read(call, "s", &unit), "unit");
		printf("GetUnit %s\n", unit);
		return after("refuse:") ? refuse(call, after("refuse:")) : sd_bus_reply_method_return(call, "o", UNIT);
	}
	if (sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "Get"))
		return take_get(call);
	printf("%s?\n", sd_bus_message_get_member(call));
	return 0;
}

/* Serves until the other side is gone. */
static void serve(sd_bus *bus)
{
	int code;

	must(sd_bus_add_fallback(bus, NULL, OBJECT, take, NULL), "object");
	for (;;) {
		code = sd_bus_process(bus, NULL);
		if (code == 0)
			code = sd_bus_wait(bus, UINT64_MAX);
		if (code < 0)
			return;
	}
}

static void serve_bus(void)
{
	sd_bus *bus = NULL;

	must(getenv("DBUS_SYSTEM_BUS_ADDRESS") ? sd_bus_open_system(&bus) : sd_bus_open_user(&bus), "bus");
	must(sd_bus_request_name(bus, "org.freedesktop.systemd1", 0), "name");
	printf("ready\n");
	serve(bus);
}

static void serve_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	must(bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 5) < 0 ? -errno : 0,
	     path);
	printf("ready\n");
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		sd_bus *bus = NULL;

		must(fd < 0 ? -errno : 0, "accept");
		must(sd_bus_new(&bus), "peer");
		must(sd_bus_set_fd(bus, fd, fd), "peer");
		must(sd_bus_set_server(bus, 1, (sd_id128_t){ .bytes = { 1 } }), "peer");
		must(sd_bus_start(bus), "peer");
		serve(bus);
		sd_bus_unref(bus);
	}
}

int main(int argc, char *argv[])
{
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	how = argv[argc - 1];
	if (argc == 4 && strcmp(argv[1], "--listen") == 0)
		serve_socket(argv[2]);
	else if (argc == 2)
		serve_bus();
	return 99;
}
