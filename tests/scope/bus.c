/* See bus.h. */
#include "bus.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WORDS = 32,
	VARIABLES = 8,
	OTHERS = 4,
};

static bool root;
static char *directory;
static char *address;
static char *runtime_directory;
static struct support_process daemon_process;
static struct support_process manager;
static pid_t others[OTHERS];
static size_t other_count;

static const char config[] =
	"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
	"\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
	"<busconfig><type>session</type><listen>unix:path=%s/bus</listen><servicedir>%s</servicedir><auth>EXTERNAL</auth>\n"
	"<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>"
	"<allow own=\"*\"/><allow user=\"*\"/></policy></busconfig>\n";

const char *bus_path(const char *name)
{
	return support_text("%s/run/%s", directory, name);
}

static void make_directory(const char *path)
{
	const struct support_user *user = support_user();

	if (mkdir(path, 0755) < 0 || (geteuid() == 0 && !root && chown(path, user->uid, user->gid) < 0))
		support_die("cannot make %s", path);
}

void bus_place(bool as_root)
{
	root = as_root;
	directory = strdup(support_text("%s/scope-%d", support_directory(), (int)getpid()));
	make_directory(directory);
	make_directory(bus_path(""));
	make_directory(bus_path("systemd"));
	(void)support_install(SCOPE_PATH, support_text("scope-%d/maproot-scope", (int)getpid()));
	(void)support_install(MANAGER_PATH, support_text("scope-%d/fake_manager", (int)getpid()));
	if (root) {
		unit_private_mounts();
		if (mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0)
			support_die("cannot hide /run");
	}
	if (setenv("MAPROOT_LIBEXEC", directory, 1) < 0 || unsetenv("DBUS_SESSION_BUS_ADDRESS") < 0)
		support_die("setenv");
	bus_set_runtime_directory(bus_path(""));
	if (root && setenv("DBUS_SYSTEM_BUS_ADDRESS", support_text("unix:path=%s", bus_path("bus")), 1) < 0)
		support_die("setenv");
}

static void set(const char *name, const char *value, char **copy)
{
	free(*copy);
	*copy = value ? strdup(value) : NULL;
	if (value ? setenv(name, value, 1) < 0 : unsetenv(name) < 0)
		support_die("setenv");
}

void bus_set_address(const char *value)
{
	set("DBUS_SESSION_BUS_ADDRESS", value, &address);
}

void bus_set_runtime_directory(const char *value)
{
	set("XDG_RUNTIME_DIR", value, &runtime_directory);
}

static void start(const char *const *argv, struct support_process *ret_process)
{
	const char *variables[VARIABLES] = { "PATH=/usr/bin:/bin:/usr/sbin:/sbin" };
	size_t at = 1;

	if (runtime_directory)
		variables[at++] = support_text("XDG_RUNTIME_DIR=%s", runtime_directory);
	if (address)
		variables[at++] = support_text("DBUS_SESSION_BUS_ADDRESS=%s", address);
	if (root)
		variables[at++] = support_text("DBUS_SYSTEM_BUS_ADDRESS=unix:path=%s", bus_path("bus"));
	variables[at] = NULL;

	struct support_command command = { .argv = argv, .envp = variables, .as_root = root || geteuid() != 0 };

	support_start(&command, ret_process);
}

static const char *read_line(int fd)
{
	static char line[4096];
	size_t length = 0;

	while (length + 1 < sizeof(line) && read(fd, line + length, 1) == 1 && line[length] != '\n')
		length++;
	line[length] = '\0';
	return line;
}

/* Ends it, unless it has ended; what it said. */
static void stop(struct support_process *process, int number, struct support_result *ret_result)
{
	(void)kill(process->pid, number);
	support_finish(process, ret_result);
	process->pid = 0;
}

void bus_start(void)
{
	const char *file = unit_file(support_text("%s/bus.conf", directory), support_text(config, bus_path(""), directory));
	const char *const argv[] = { "dbus-daemon", "--nofork", "--nopidfile", "--print-address=1",
				     support_text("--config-file=%s", file), NULL };

	start(argv, &daemon_process);
	ck_assert_msg(strncmp(read_line(daemon_process.out), "unix:path=", 10) == 0, "no bus");
}

void bus_kill(void)
{
	struct support_result result;

	if (daemon_process.pid == 0)
		return;
	/* No time for farewells to one connection before another. */
	stop(&daemon_process, SIGKILL, &result);
	support_release(&result);
}

static void start_manager(const char *const *argv)
{
	start(argv, &manager);
	ck_assert_str_eq(bus_hear(), "ready");
}

void bus_start_manager(const char *how)
{
	const char *const argv[] = { support_text("%s/fake_manager", directory), how, NULL };

	start_manager(argv);
}

void bus_start_private_manager(const char *how)
{
	const char *const argv[] = { support_text("%s/fake_manager", directory), "--listen",
				     root ? "/run/systemd/private" : bus_path("systemd/private"), how, NULL };

	if (root)
		make_directory("/run/systemd");
	start_manager(argv);
}

const char *bus_hear(void)
{
	return read_line(manager.out);
}

const char *bus_end_manager(void)
{
	struct support_result result;

	if (manager.pid == 0)
		return "";
	stop(&manager, SIGTERM, &result);
	ck_assert_str_eq(result.err, "");
	free(result.err);
	return result.out;
}

void bus_end(void)
{
	(void)bus_end_manager();
	bus_kill();
	while (other_count > 0)
		unit_end(others[--other_count]);
}

static _Noreturn void talk_nonsense(int listener, const char *text, bool closes)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 || send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
			_exit(99);
		if (closes)
			(void)close(fd);
	}
}

void bus_start_nonsense(const char *name, const char *text, bool closes)
{
	struct sockaddr_un place = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *path = bus_path(name);
	int ready[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_uint_lt(strlen(path), sizeof(place.sun_path));
	strcpy(place.sun_path, path);
	if (bind(listener, (struct sockaddr *)&place, sizeof(place)) < 0 || listen(listener, 5) < 0 || chmod(path, 0666) < 0)
		support_die("cannot listen on %s", path);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && !root)
			support_become_user(); /* as who may end it */
		(void)close(ready[1]);
		talk_nonsense(listener, text, closes);
	}
	ck_assert_int_gt(pid, 0);
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], ready, 1), 0);
	(void)close(ready[0]);
	ck_assert_uint_lt(other_count, OTHERS);
	others[other_count++] = pid;
	(void)close(listener);
}

static void split(const char *text, const char **words, size_t *count)
{
	char *rest = strdup(text);

	for (char *word = strtok(rest, " "); word; word = strtok(NULL, " ")) {
		ck_assert_uint_lt(*count + 1, WORDS);
		words[(*count)++] = word;
	}
}

void bus_launch(const char *before, const char *arguments, struct support_process *ret_process)
{
	const char *words[WORDS] = { NULL };
	size_t count = 0;

	split(before, words, &count);
	words[count++] = support_text("%s/maproot-scope", directory);
	split(arguments, words, &count);
	words[count] = NULL;
	start(words, ret_process);
}

void bus_run(const char *before, const char *arguments, struct support_result *ret_result)
{
	struct support_process process;

	bus_launch(before, arguments, &process);
	support_finish(&process, ret_result);
}

void bus_check_result(struct support_result *result, int status, const char *err)
{
	ck_assert(!result->timed_out);
	ck_assert_str_eq(result->err, err);
	ck_assert_str_eq(result->out, "");
	ck_assert_msg(WIFEXITED(result->status) && WEXITSTATUS(result->status) == status, "status %x", result->status);
	support_release(result);
}

void bus_check(const char *arguments, int status, const char *err)
{
	struct support_result result;

	bus_run("", arguments, &result);
	bus_check_result(&result, status, err);
}

void bus_check_in_time(const char *arguments, int status, const char *err)
{
	struct support_result result;

	for (int limit_ms = 200;; limit_ms *= 4) {
		bus_run("", support_text("--timeout %d %s", limit_ms, arguments), &result);
		if (strcmp(result.err, err) == 0 || limit_ms > 10000)
			break;
		support_release(&result);
	}
	bus_check_result(&result, status, err);
}
