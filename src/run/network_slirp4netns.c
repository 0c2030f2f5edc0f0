/*
 * slirp4netns(1): the internet through sockets of a program that runs as this user. Ready when it says so on a pipe; it
 * ends when its lifeline, another pipe, is closed, also by our death. Ports are published through its socket, whose file is gone
 * again before the command runs.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/stop_point.h"
#include "base/text.h"
#include "join/registry.h"
#include "run/network_slirp4netns_api.h"
#include "run/network_strategy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/un.h>

static const char program[] = "slirp4netns";

enum { MTU = 65520,
       GUEST_OFFSET = 100, /* where the program puts things in its network */
       DNS_OFFSET = 3 };

static struct mr_address network_of(const struct mr_network *network)
{
	struct mr_address address = { .family = 0 };

	if (network->cidr.family == 0)
		(void)mr_address_parse("10.0.2.0/24", MR_PREFIX_ALWAYS, &address); /* it is one */
	else
		address = network->cidr;
	return address;
}

static int prepare(struct mr_networks *networks, size_t at, struct mr_journal *journal, struct maproot_error *err)
{
	const struct mr_network *network = &networks->plan.network[at];
	const struct mr_address whole = network_of(network);
	const struct mr_address dns = mr_address_in_network(&whole, DNS_OFFSET);
	char server[MR_ADDRESS_SIZE];
	const char *const servers[] = { server, "fd00::3" };
	int code = mr_network_find_program(networks, program, program, err);

	if (code == 0)
		code = mr_network_check_tun(err);
	if (code == 0 && networks->plan.port_count > 0)
		code = mr_network_choose_file(networks, ".slirp", sizeof(((struct sockaddr_un *)0)->sun_path), journal,
					      err);
	if (code < 0)
		return code;
	mr_address_format(&dns, false, server);
	return mr_network_fill_resolv_conf(networks, servers, network->ipv6 ? 2 : 1, err);
}

static void add_options(const struct mr_networks *networks, const struct mr_network *network,
			struct mr_arguments *arguments)
{
	char text[MR_ADDRESS_SIZE];

	mr_arguments_add(arguments, "--configure", "--enable-sandbox");
	mr_arguments_add(arguments, "--enable-seccomp", NULL);
	mr_arguments_add_number(arguments, "--mtu", network->mtu != 0 ? network->mtu : MTU);
	if (!network->host_loopback)
		mr_arguments_add(arguments, "--disable-host-loopback", NULL);
	if (network->ipv6)
		mr_arguments_add(arguments, "--enable-ipv6", NULL);
	if (network->cidr.family != 0) {
		mr_address_format(&network->cidr, true, text);
		mr_arguments_add(arguments, "--cidr", text);
	}
	if (networks->file[0] != '\0')
		mr_arguments_add(arguments, "--api-socket", networks->file);
}

/* A pipe above the standard descriptors. */
static int open_pipe(int *ret_read, int *ret_write)
{
	int pipes[2] = { -1, -1 };

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;

	mr_auto_fd int first = mr_raise_fd(pipes[0]);
	mr_auto_fd int second = mr_raise_fd(pipes[1]);

	if (first < 0 || second < 0)
		return first < 0 ? first : second;
	*ret_read = mr_take_fd(&first);
	*ret_write = mr_take_fd(&second);
	return 0;
}

static int await_ready(struct mr_networks *networks, int ready, struct maproot_error *err)
{
	char byte;
	int code = mr_helper_await(&networks->helper, ready, MR_NETWORK_TIMEOUT_MS, err);

	if (code < 0)
		return code;
	return mr_read(ready, &byte, 1) == 1 ? 0 : mr_network_fail_ended(networks, err);
}

static int publish(struct mr_networks *networks, const struct mr_network *network, struct maproot_error *err)
{
	const struct mr_address whole = network_of(network);
	const struct mr_address guest = mr_address_in_network(&whole, GUEST_OFFSET);
	int code = 0;

	for (size_t at = 0; code == 0 && at < networks->plan.port_count; at++)
		code = mr_slirp4netns_publish(networks->file, &networks->plan.port[at], &guest, err);
	mr_network_remove_file(networks);
	return code;
}

/* The directory may be gone, or not yet there; what is left of another run with this id is in the way. */
static int make_room(const struct mr_networks *networks, struct maproot_error *err)
{
	mr_auto_registry int registry = networks->file[0] != '\0' ? mr_registry_open(true, err) : -1;

	if (networks->file[0] == '\0')
		return 0;
	if (registry < 0)
		return registry;
	(void)unlink(networks->file);
	return 0;
}

static int attach(struct mr_networks *networks, size_t at, pid_t pid, struct mr_journal *journal,
		  struct maproot_error *err)
{
	const struct mr_network *network = &networks->plan.network[at];
	struct mr_arguments arguments = { .count = 0 };
	mr_auto_fd int ready = -1;
	mr_auto_fd int ready_there = -1;
	mr_auto_fd int end_there = -1;
	int code = make_room(networks, err);

	if (code < 0)
		return code;
	code = open_pipe(&ready, &ready_there);
	if (code == 0)
		code = open_pipe(&end_there, &networks->lifeline);
	if (code < 0)
		return mr_fail(err, -code, MAPROOT_STEP_PREPARE, "the pipes to slirp4netns");
	mr_arguments_add(&arguments, program, NULL);
	add_options(networks, network, &arguments);
	mr_arguments_add_number(&arguments, "--ready-fd", ready_there);
	mr_arguments_add_number(&arguments, "--exit-fd", end_there);
	mr_arguments_add_number(&arguments, "--netns-type=pid", pid);
	mr_arguments_add(&arguments, network->name, NULL);

	const int keep[] = { ready_there, end_there };
	struct mr_helper helper = { .keep = keep, .keep_count = 2 };

	code = mr_network_start(networks, &arguments, &helper, journal, err);
	mr_close_fd(&ready_there);
	if (code == 0)
		code = await_ready(networks, ready, err);
	mr_stop_point("network-ready");
	return code < 0 ? code : publish(networks, network, err);
}

const struct mr_network_strategy mr_network_slirp4netns = { prepare, attach };
