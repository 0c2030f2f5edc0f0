/*
 * Options for what is around the command: network, control group, hooks, status.
 */
#include "cli/argument.h"
#include "cli/handlers.h"
#include "cli/report.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Strategies that another program carries out, with or without options after a ':'. */
static bool needs_others(const char *strategy)
{
	static const char *const names[] = { "veth", "slirp4netns", "pasta" };
	size_t length = strcspn(strategy, ":");

	for (size_t at = 0; at < sizeof(names) / sizeof(names[0]); at++) {
		if (strlen(names[at]) == length && memcmp(names[at], strategy, length) == 0)
			return true;
	}
	return false;
}

/* "veth:mtu=1400,try" or "pasta:try": without the last word. NULL after a message. */
static const char *take_try(struct options *options, const char *argument)
{
	size_t length = strlen(argument);
	char *copy;

	if (length < 5 || strcmp(argument + length - 3, "try") != 0 || !strchr(":,", argument[length - 4]))
		return argument;
	copy = strndup(argument, length - 4);
	if (!copy)
		return NULL;
	options->net_try = true;
	return copy;
}

int set_net(struct options *options, const char *argument)
{
	if (!argument) {
		options->request.namespaces |= MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_NET);
		return 0;
	}
	argument = take_try(options, argument);
	if (!argument)
		return -1;
	options->request.network = &options->network;
	options->outside = options->outside || needs_others(argument);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): a copy stays for good, as all that options point to */
	return add_word((const char ***)&options->network.strategies, &options->network.strategy_count, argument);
}

int add_port(struct options *options, const char *argument)
{
	options->request.network = &options->network;
	options->outside = true;
	return add_word((const char ***)&options->network.ports, &options->network.port_count, argument);
}

int set_cgroup(struct options *options, const char *argument)
{
	if (!argument) {
		options->request.namespaces |= MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_CGROUP);
		return 0;
	}
	if (argument[0] == '\0')
		return argument_refuse("cgroup", argument, "a control group, auto or try");
	options->request.cgroup = &options->cgroup;
	options->outside = true;
	options->cgroup_try = strcmp(argument, "try") == 0;
	options->cgroup.name = options->cgroup_try || strcmp(argument, "auto") == 0 ? NULL : argument;
	return 0;
}

int set_cgroup_manager(struct options *options, const char *argument)
{
	static const char *const words[] = {
		[MAPROOT_CGROUP_AUTO] = "auto",
		[MAPROOT_CGROUP_FS] = "fs",
		[MAPROOT_CGROUP_SYSTEMD] = "systemd",
		NULL,
	};
	int word = argument_word("cgroup-manager", argument, words, "auto, fs or systemd");

	if (word >= 0)
		options->cgroup.manager = (enum maproot_cgroup_manager)word;
	return word < 0 ? -1 : 0;
}

/* What is limited is a group. */
int add_limit(struct options *options, const char *argument)
{
	options->request.cgroup = &options->cgroup;
	options->outside = true;
	return add_word((const char ***)&options->cgroup.limits, &options->cgroup.limit_count, argument);
}

int set_setup(struct options *options, const char *argument)
{
	options->outside = true;
	options->engine.setup.command = argument;
	return 0;
}

int set_setup_timeout(struct options *options, const char *argument)
{
	long long seconds;

	if (argument_integer(argument, 0, INT_MAX / 1000, &seconds) < 0)
		return argument_refuse("setup-timeout", argument, "a number of seconds");
	options->engine.setup.timeout_ms = (int)seconds * 1000;
	return 0;
}

int set_started(struct options *options, const char *argument)
{
	options->outside = true;
	options->engine.started.command = argument;
	return 0;
}

/* The command does not get it, unless it is one of the three that it is to have. */
int set_status_fd(struct options *options, const char *argument)
{
	long long fd;
	int flags;

	if (argument_integer(argument, 0, INT_MAX, &fd) < 0)
		return argument_refuse("status-fd", argument, "a descriptor");
	flags = fcntl((int)fd, F_GETFL);
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY ||
	    (fd > STDERR_FILENO && fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0))
		return argument_refuse("status-fd", argument, "open for writing");
	options->outside = true;
	options->status_fd = (int)fd;
	return 0;
}

int set_gc(struct options *options, const char *argument)
{
	(void)argument;
	options->gc = true;
	return 0;
}
