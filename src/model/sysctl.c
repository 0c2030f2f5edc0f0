/*
 * Kernel parameters by name, and which of them are a namespace's own. sysctl(8), namespaces(7).
 */
#include "model/attributes.h"

#include <errno.h>
#include <string.h>

/* The first parameters of which this is the beginning; those that end in '/' are directories. */
static const struct {
	const char *prefix;
	enum maproot_namespace namespace;
} owners[] = {
	{ "net/", MAPROOT_NAMESPACE_NET },
	{ "fs/mqueue/", MAPROOT_NAMESPACE_IPC },
	{ "kernel/shm", MAPROOT_NAMESPACE_IPC },
	{ "kernel/msg", MAPROOT_NAMESPACE_IPC },
	{ "kernel/sem", MAPROOT_NAMESPACE_IPC },
	{ "kernel/hostname", MAPROOT_NAMESPACE_UTS },
	{ "kernel/domainname", MAPROOT_NAMESPACE_UTS },
};

static int owner_of(const char *path)
{
	for (size_t at = 0; at < sizeof(owners) / sizeof(owners[0]); at++) {
		if (strncmp(path, owners[at].prefix, strlen(owners[at].prefix)) == 0)
			return owners[at].namespace;
	}
	return -1;
}

/* No component that leads up, stays, or is none. */
static bool is_below(const char *path)
{
	for (;;) {
		size_t length = strcspn(path, "/");

		if (length == 0 || (length <= 2 && strspn(path, ".") >= length))
			return false;
		if (path[length] == '\0')
			return true;
		path += length + 1;
	}
}

int mr_sysctl_read(const char *text, struct mr_sysctl *ret_sysctl)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : 0;
	char path[MR_SYSCTL_SIZE];
	bool dotted;

	if (length == 0 || length >= sizeof(path) || equals[1] == '\0')
		return -EINVAL;
	memcpy(path, text, length);
	path[length] = '\0';
	/* The separator is what comes first; then the other one is part of a name: net.ipv4.conf.eth0/1.mtu, of eth0.1. */
	dotted = path[strcspn(path, "./")] == '.';
	for (size_t at = 0; dotted && at < length; at++) {
		if (path[at] == '.')
			path[at] = '/';
		else if (path[at] == '/')
			path[at] = '.';
	}
	if (!is_below(path))
		return -EINVAL;
	memcpy(ret_sysctl->path, path, length + 1);
	ret_sysctl->value = equals + 1;
	ret_sysctl->namespace = owner_of(path);
	return 0;
}
