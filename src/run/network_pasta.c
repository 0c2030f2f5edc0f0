/*
 * pasta(1): the internet through sockets of a program that runs as this user, with the addresses of the host. Ready when it
 * writes its number to what it takes for a file and is a pipe with a name; killed when the thread ends that started it.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/stop_point.h"
#include "base/text.h"
#include "join/registry.h"
#include "run/network_strategy.h"
#include "system/nsfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char program[] = "pasta";
static const char resolver[] = "169.254.1.1"; /* link-local, so that nobody's network is hidden by it */

static int prepare(struct mr_networks *networks, size_t at, struct mr_journal *journal, struct maproot_error *err)
{
	static const char *const servers[] = { resolver };
	bool forwards = !networks->plan.network[at].ipv6_only && mr_network_resolver_is_local();
	int code = mr_network_find_program(networks, program, "passt", err);

	if (code == 0)
		code = mr_network_check_tun(err);
	if (code == 0)
		code = mr_network_choose_file(networks, ".pasta", PATH_MAX, journal, err);
	return code < 0 || !forwards ? code : mr_network_fill_resolv_conf(networks, servers, 1, err);
}

static void add_addresses(const struct mr_network *network, struct mr_arguments *arguments)
{
	char text[MR_ADDRESS_SIZE];

	for (size_t at = 0; at < network->address_count; at++) {
		const struct mr_address *address = &network->addresses[at];

		mr_address_format(address, false, text);
		mr_arguments_add(arguments, "--address", text);
		if (address->family == AF_INET && address->prefix < 32)
			mr_arguments_add_number(arguments, "--netmask", address->prefix);
	}
	for (size_t at = 0; at < network->gateway_count; at++) {
		mr_address_format(&network->gateways[at], false, text);
		mr_arguments_add(arguments, "--gateway", text);
	}
}

/* "-t 127.0.0.1/8080:80" */
static void add_port(const struct mr_port *port, struct mr_arguments *arguments)
{
	char address[MR_ADDRESS_SIZE];
	char text[MR_ADDRESS_SIZE + 16];
	struct mr_text out = mr_text_in(text, sizeof(text));

	mr_address_format(&port->host, false, address);
	mr_text_add(&out, address);
	mr_text_add(&out, "/");
	mr_text_add_number(&out, port->host_port);
	mr_text_add(&out, ":");
	mr_text_add_number(&out, port->inner_port);
	mr_arguments_add(arguments, port->udp ? "-u" : "-t", text);
}

/* Its default is to publish whatever is listened to. */
static void add_ports(const struct mr_network_plan *plan, struct mr_arguments *arguments)
{
	size_t udp = 0;

	for (size_t at = 0; at < plan->port_count; at++) {
		add_port(&plan->port[at], arguments);
		udp += plan->port[at].udp;
	}
	if (udp == plan->port_count)
		mr_arguments_add(arguments, "-t", "none");
	if (udp == 0)
		mr_arguments_add(arguments, "-u", "none");
	mr_arguments_add(arguments, "-T", "none");
	mr_arguments_add(arguments, "-U", "none");
}

static void add_options(const struct mr_networks *networks, const struct mr_network *network,
			struct mr_arguments *arguments)
{
	mr_arguments_add(arguments, "--config-net", "--foreground");
	mr_arguments_add(arguments, "--quiet", NULL);
	mr_arguments_add(arguments, "--pid", networks->file);
	if (network->name[0] != '\0')
		mr_arguments_add(arguments, "--ns-ifname", network->name);
	if (network->mtu != 0)
		mr_arguments_add_number(arguments, "--mtu", network->mtu);
	if (network->ipv4_only)
		mr_arguments_add(arguments, "--ipv4-only", NULL);
	if (network->ipv6_only)
		mr_arguments_add(arguments, "--ipv6-only", NULL);
	if (!network->host_loopback)
		mr_arguments_add(arguments, "--no-map-gw", NULL);
	if (networks->resolv_conf[0] != '\0')
		mr_arguments_add(arguments, "--dns-forward", resolver);
	/* Else it becomes nobody, who has no rights in a namespace of root's. */
	if (geteuid() == 0)
		mr_arguments_add(arguments, "--runas", "0:0");
	add_addresses(network, arguments);
	add_ports(&networks->plan, arguments);
}

static void write_path(pid_t pid, const char *name, char *path, size_t size)
{
	struct mr_text text = mr_text_in(path, size);

	mr_text_add(&text, "/proc/");
	mr_text_add_number(&text, pid);
	mr_text_add(&text, "/ns/");
	mr_text_add(&text, name);
}

static bool shares_user_namespace(pid_t pid)
{
	struct mr_nsfs_id own;
	struct mr_nsfs_id other;
	char path[64];
	mr_auto_fd int fd = -1;

	write_path(pid, "user", path, sizeof(path));
	fd = mr_open(path, O_RDONLY, 0);
	return fd >= 0 && mr_nsfs_id_of(fd, &other) == 0 && mr_nsfs_own_id(MAPROOT_NAMESPACE_USER, &own) == 0 &&
	       mr_nsfs_same(own, other);
}

/*
 * Where the namespace is. In our own user namespace the program can't look into a process with more rights than it has left
 * itself: so it gets the open namespace, in `ret_fd`.
 */
static int add_place(pid_t pid, struct mr_arguments *arguments, int *ret_fd)
{
	char path[64];

	if (!shares_user_namespace(pid)) {
		struct mr_text text = mr_text_in(path, sizeof(path));

		mr_text_add_number(&text, pid);
		mr_arguments_add(arguments, path, NULL);
		return 0;
	}
	write_path(pid, "net", path, sizeof(path));
	*ret_fd = mr_open(path, O_RDONLY, 0);
	if (*ret_fd < 0)
		return *ret_fd;

	struct mr_text text = mr_text_in(path, sizeof(path));

	mr_text_add(&text, "/proc/self/fd/");
	mr_text_add_number(&text, *ret_fd);
	mr_arguments_add(arguments, "--netns", path);
	return 0;
}

/* Opened for both directions, so that nobody waits for the other end to be opened. Returns it or -errno. */
static int make_pipe(const struct mr_networks *networks, struct maproot_error *err)
{
	mr_auto_registry int registry = mr_registry_open(true, err);
	int fd;

	if (registry < 0)
		return registry;
	(void)unlink(networks->file); /* of another run with this id, which was killed */
	fd = mkfifo(networks->file, S_IRUSR | S_IWUSR) < 0 ? -errno :
							     mr_open(networks->file, O_RDWR | O_NONBLOCK, 0);
	return fd < 0 ? mr_fail(err, -fd, MAPROOT_STEP_PREPARE, networks->file) : fd;
}

static int attach(struct mr_networks *networks, size_t at, pid_t pid, struct mr_journal *journal,
		  struct maproot_error *err)
{
	struct mr_arguments arguments = { .count = 0 };
	mr_auto_fd int namespace = -1;
	mr_auto_fd int ready = make_pipe(networks, err);
	int code;

	if (ready < 0)
		return ready;
	mr_arguments_add(&arguments, program, NULL);
	add_options(networks, &networks->plan.network[at], &arguments);
	code = add_place(pid, &arguments, &namespace);
	if (code < 0)
		return mr_fail_number(err, -code, MAPROOT_STEP_INSPECT, pid);

	struct mr_helper helper = { .keep = &namespace,
				    .keep_count = namespace >= 0 ? 1 : 0,
				    .dies_with_us = true };

	code = mr_network_start(networks, &arguments, &helper, journal, err);
	if (code == 0)
		code = mr_helper_await(&networks->helper, ready, MR_NETWORK_TIMEOUT_MS, err);
	mr_stop_point("network-ready");
	mr_network_remove_file(networks);
	return code;
}

const struct mr_network_strategy mr_network_pasta = { prepare, attach };
