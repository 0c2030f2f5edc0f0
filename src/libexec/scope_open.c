/*
 * Four places, of which those are tried that can be the caller's: as a user the manager's private socket and the
 * user's bus; as root those of the system. The private socket comes first, as with systemctl(1): it leads to a
 * manager for certain, where a bus may have none, and a message less is needed. Root of a user namespace is a user to
 * the outside, but may as well be root of a container with a systemd of its own: for him the user's places come
 * first, then the system's.
 */
#include "libexec/scope_open.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FIRST_USER_NAMESPACE 0xEFFFFFFDU /* the kernel's include/linux/proc_ns.h: PROC_USER_INIT_INO */
#define SYSTEM_SOCKET        "/run/systemd/private"

uint64_t scope_open_now(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* there is such a clock */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t scope_open_left(uint64_t deadline)
{
	uint64_t now = scope_open_now();

	return now < deadline ? deadline - now : 0;
}

/* The address of a socket: what is not plain has to be escaped, see the D-Bus specification. */
static int open_socket(const char *path, sd_bus **ret_bus)
{
	static const char plain[] = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz/.";
	char address[512] = "unix:path=";
	size_t length = strlen(address);
	int code;

	for (; *path != '\0'; path++) {
		if (length + 4 > sizeof(address))
			return -ENAMETOOLONG;
		length += (size_t)snprintf(address + length, sizeof(address) - length,
					   strchr(plain, *path) ? "%c" : "%%%02x", (unsigned char)*path);
	}
	code = sd_bus_new(ret_bus);
	if (code >= 0)
		code = sd_bus_set_address(*ret_bus, address);
	return code >= 0 ? sd_bus_start(*ret_bus) : code;
}

static int open_user_socket(sd_bus **ret_bus)
{
	const char *directory = secure_getenv("XDG_RUNTIME_DIR");
	char path[256];

	if (!directory)
		return -ENOMEDIUM;
	if ((size_t)snprintf(path, sizeof(path), "%s/systemd/private", directory) >= sizeof(path))
		return -ENAMETOOLONG;
	return open_socket(path, ret_bus);
}

static int open_system_socket(sd_bus **ret_bus)
{
	return open_socket(SYSTEM_SOCKET, ret_bus);
}

static const struct place {
	const char *name;
	int of_system;
	int (*open)(sd_bus **ret_bus);
} places[] = {
	{ "the user's manager", 0, open_user_socket },
	{ "the user's bus", 0, sd_bus_open_user },
	{ "the system's manager", 1, open_system_socket },
	{ "the system's bus", 1, sd_bus_open_system },
};

static int is_for_caller(const struct place *place)
{
	struct stat own = { .st_ino = 0 };

	if (geteuid() != 0)
		return !place->of_system;
	if (stat("/proc/self/ns/user", &own) == 0 && own.st_ino != FIRST_USER_NAMESPACE)
		return 1;
	return place->of_system;
}

/* Until it has said who it is, and been accepted. */
static int settle(sd_bus *bus, uint64_t deadline)
{
	int code = 0;

	for (;;) {
		code = sd_bus_is_ready(bus);
		if (code != 0)
			return code < 0 ? code : 0;
		if (scope_open_left(deadline) == 0)
			return -ETIMEDOUT;
		code = sd_bus_process(bus, NULL);
		if (code == 0)
			code = sd_bus_wait(bus, scope_open_left(deadline));
		if (code < 0 && code != -EINTR)
			return code;
	}
}

const char *scope_open_words(int code)
{
	switch (code) {
	case -EPIPE: /* whichever is seen first: that nothing more can be said, or that nothing more comes */
	case -ECONNRESET:
	case -ENOTCONN:
		return "the connection was closed";
	case -ETIMEDOUT:
		return "no answer in time";
	case -ENOMEDIUM:
		return "XDG_RUNTIME_DIR is not set";
	default:
		return strerror(-code);
	}
}

static void add_reason(const struct place *place, int code, char *why, size_t size)
{
	size_t length = strlen(why);

	(void)snprintf(why + length, size - length, "%s%s: %s", length ? "; " : "", place->name,
		       scope_open_words(code));
}

int scope_open_manager(sd_bus **ret_bus, uint64_t deadline, char *why, size_t size)
{
	int first = 0;

	why[0] = '\0';
	for (size_t at = 0; at < sizeof(places) / sizeof(places[0]); at++) {
		sd_bus *bus = NULL;
		int code;

		if (!is_for_caller(&places[at]))
			continue;
		code = places[at].open(&bus);
		if (code >= 0)
			code = settle(bus, deadline);
		if (code >= 0) {
			*ret_bus = bus;
			return 0;
		}
		(void)sd_bus_unref(bus);
		add_reason(&places[at], code, why, size);
		first = first ? first : code;
	}
	return first;
}
