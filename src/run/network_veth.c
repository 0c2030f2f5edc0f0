/*
 * veth: a pair of virtual devices, made and deleted by maproot-net, which speaks with the kernel about it. The kernel
 * deletes both when the inner namespace goes; the entry in the journal is for one that somebody keeps.
 *
 * The outer end is known again by a hardware address that is made of the run's id: a name alone could be somebody else's
 * by the time it is undone.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/stop_point.h"
#include "base/text.h"
#include "join/join.h"
#include "run/network_strategy.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static const char program[] = "maproot-net";

enum { NAME_TRIES = 16,
       NAME_DIGITS = 8,
       LOCALLY_ADMINISTERED = 0x02,
       OF_A_GROUP = 0x01 };

/* FNV-1a: only to be spread, not to be secret. */
static uint64_t hash(const char *id, size_t at, int salt)
{
	uint64_t value = 0xcbf29ce484222325U;

	for (; *id != '\0'; id++)
		value = (value ^ (unsigned char)*id) * 0x100000001b3U;
	value = (value ^ at) * 0x100000001b3U;
	return (value ^ (uint64_t)salt) * 0x100000001b3U;
}

static void choose_mac(const char *id, size_t at, unsigned char mac[MR_MAC_LENGTH])
{
	uint64_t value = hash(id, at, 0);

	for (size_t byte = 0; byte < MR_MAC_LENGTH; byte++)
		mac[byte] = (unsigned char)(value >> (8 * byte));
	mac[0] = (unsigned char)((mac[0] | LOCALLY_ADMINISTERED) & ~OF_A_GROUP);
}

/* 1: there is a device of this name in our network namespace; 0: there is none; or -errno. */
static int is_taken(const char *name)
{
	mr_auto_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_ifindex = 0 };
	struct mr_text text = mr_text_in(request.ifr_name, sizeof(request.ifr_name));

	mr_text_add(&text, name);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCGIFINDEX, &request) == 0)
		return 1;
	return errno == ENODEV ? 0 : -errno;
}

/* "mr1a2b3c4d-0" */
static void make_name(const char *id, size_t at, int salt, char name[MR_DEVICE_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	struct mr_text text = mr_text_in(name, MR_DEVICE_SIZE);
	uint64_t value = hash(id, at, salt);

	mr_text_add(&text, "mr");
	for (int digit = 0; digit < NAME_DIGITS; digit++)
		mr_text_add_bytes(&text, &digits[(value >> (4 * digit)) & 15], 1);
	mr_text_add(&text, "-");
	mr_text_add_number(&text, (int64_t)at);
}

static int choose_name(struct mr_networks *networks, size_t at, struct maproot_error *err)
{
	struct mr_network *network = &networks->plan.network[at];
	bool made_up = network->host_name[0] == '\0';
	bool ours = networks->peer[at] < 0; /* else it is looked for where it is made */
	int taken = 0;

	for (int salt = 0; salt < NAME_TRIES; salt++) {
		if (made_up)
			make_name(networks->id, at, salt, network->host_name);
		taken = ours ? is_taken(network->host_name) : 0;
		if (taken <= 0 || !made_up)
			break;
	}
	if (taken < 0)
		return mr_fail(err, -taken, MAPROOT_STEP_PREPARE, "a look at the network devices");
	return taken ? mr_fail_pieces(err, EEXIST, MAPROOT_STEP_NETWORK, "there is a network device '",
				      network->host_name, "' outside already", NULL) :
		       0;
}

/* Returns the descriptor or -errno. */
static int open_peer(const char *peer, struct maproot_error *err)
{
	char reference[MR_PEER_SIZE + 8];
	struct mr_text text = mr_text_in(reference, sizeof(reference));
	const char *const references[] = { reference };
	const struct mr_join_wish wish = { .references = references, .count = 1, .lasting = true };
	struct maproot_join join;
	int code;
	int fd;

	mr_text_add(&text, "net=");
	mr_text_add(&text, peer);
	code = mr_join_open(&wish, &join, err);
	if (code < 0)
		return code;
	fd = mr_take_fd(&join.target[MAPROOT_NAMESPACE_NET].fd);
	mr_join_done(&join);
	return fd;
}

static int find_net(char *path, size_t size, struct maproot_error *err)
{
	int code = mr_helper_find_own(program, path, size, NULL);

	return code < 0 ? mr_fail_pieces(err, -code, MAPROOT_STEP_NETWORK, "there is no program '", program,
					 "', which veth needs; it comes with a maproot that was built with libmnl", NULL) :
			  0;
}

static int prepare(struct mr_networks *networks, size_t at, struct mr_journal *journal, struct maproot_error *err)
{
	const struct mr_network *network = &networks->plan.network[at];
	char what[MAPROOT_MADE_SIZE];
	struct mr_text text = mr_text_in(what, sizeof(what));
	char mac[MR_MAC_SIZE];
	char path[PATH_MAX];
	int code = find_net(path, sizeof(path), err);

	if (code == 0 && network->peer[0] != '\0') {
		networks->peer[at] = open_peer(network->peer, err);
		code = networks->peer[at] < 0 ? networks->peer[at] : 0;
	}
	if (code == 0)
		code = choose_name(networks, at, err);
	if (code < 0)
		return code;
	choose_mac(networks->id, at, networks->host_mac[at]);
	mr_mac_format(networks->host_mac[at], mac);
	mr_text_add(&text, network->host_name);
	mr_text_add_item(&text, " ", mac);
	if (network->peer[0] != '\0')
		mr_text_add_item(&text, " ", network->peer);
	return mr_journal_note(journal, "link", what, err);
}

static void add_addresses(struct mr_arguments *arguments, const char *option, const struct mr_address *addresses,
			  size_t count, bool with_prefix)
{
	char text[MR_ADDRESS_SIZE];

	for (size_t at = 0; at < count; at++) {
		mr_address_format(&addresses[at], with_prefix, text);
		mr_arguments_add(arguments, option, text);
	}
}

static void add_mac(struct mr_arguments *arguments, const char *option, const unsigned char *mac)
{
	char text[MR_MAC_SIZE];

	mr_mac_format(mac, text);
	mr_arguments_add(arguments, option, text);
}

/* Runs maproot-net with these arguments and, besides, the namespace of the outer end. */
static int run_net(struct mr_arguments *arguments, int peer, mr_signal_set heeds, struct maproot_error *err)
{
	char path[PATH_MAX];
	struct mr_helper helper = { .path = path,
				    .argv = arguments->argv,
				    .keep = &peer,
				    .keep_count = peer >= 0 ? 1 : 0,
				    .dies_with_us = true,
				    .heeds = heeds };
	struct mr_helper_run run = MR_HELPER_NONE;
	int code = find_net(path, sizeof(path), err);

	if (peer >= 0)
		mr_arguments_add_number(arguments, "--peer-fd", peer);
	if (code == 0 && arguments->cut)
		code = mr_fail(err, E2BIG, MAPROOT_STEP_PROGRAM, path);
	if (code == 0)
		code = mr_helper_start(&helper, &run, err);
	return code < 0 ? code : mr_helper_finish(&run, MR_NETWORK_TIMEOUT_MS, err);
}

static int attach(struct mr_networks *networks, size_t at, pid_t pid, struct mr_journal *journal,
		  struct maproot_error *err)
{
	const struct mr_network *network = &networks->plan.network[at];
	struct mr_arguments arguments = { .count = 0 };
	int code;

	(void)journal; /* it knows since mr_networks_prepare() */
	mr_arguments_add(&arguments, program, "veth");
	mr_arguments_add_number(&arguments, "--pid", pid);
	mr_arguments_add(&arguments, "--name", network->name);
	if (network->has_mac)
		add_mac(&arguments, "--mac", network->mac);
	if (network->mtu != 0)
		mr_arguments_add_number(&arguments, "--mtu", network->mtu);
	add_addresses(&arguments, "--address", network->addresses, network->address_count, true);
	add_addresses(&arguments, "--gateway", network->gateways, network->gateway_count, false);
	mr_arguments_add(&arguments, "--host-name", network->host_name);
	add_mac(&arguments, "--host-mac", networks->host_mac[at]);
	add_addresses(&arguments, "--host-address", network->host_addresses, network->host_address_count, true);
	if (network->bridge[0] != '\0')
		mr_arguments_add(&arguments, "--bridge", network->bridge);
	mr_stop_point("veth");
	code = run_net(&arguments, networks->peer[at], networks->heeds, err);
	mr_stop_point("veth-made");
	return code;
}

const struct mr_network_strategy mr_network_veth = { prepare, attach };

/* The three parts of an entry. */
struct link {
	char name[MR_DEVICE_SIZE];
	char mac[MR_MAC_SIZE];
	const char *peer; /* or NULL */
};

static int read_link(const char *what, struct link *ret_link)
{
	size_t name = strcspn(what, " ");
	const char *mac = what + name + (what[name] == ' ');
	size_t length = strcspn(mac, " ");

	if (name == 0 || name >= sizeof(ret_link->name) || length != sizeof(ret_link->mac) - 1)
		return -EINVAL;
	*ret_link = (struct link){ .peer = mac[length] == ' ' ? mac + length + 1 : NULL };
	memcpy(ret_link->name, what, name);
	memcpy(ret_link->mac, mac, length);
	return 0;
}

/* A namespace that can't be found any more has no devices. 0 or -errno; `ret_peer` -1: there is nothing to do. */
static int find_peer(const char *peer, int *ret_peer, struct maproot_error *err)
{
	struct maproot_error why = MAPROOT_ERROR_INIT;
	int fd = open_peer(peer, &why);

	*ret_peer = fd < 0 ? -1 : fd;
	return fd == -EACCES || fd == -EPERM || fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM ?
		       mr_error_pass(err, &why) :
		       0;
}

int mr_network_undo_link(const char *what, struct maproot_error *err)
{
	struct mr_arguments arguments = { .count = 0 };
	mr_auto_fd int peer = -1;
	struct link link;
	int code = read_link(what, &link);

	if (code < 0)
		return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_UNDO, "'link:", what, "', which is no device", NULL);
	if (link.peer) {
		code = find_peer(link.peer, &peer, err);
		if (code < 0 || peer < 0)
			return code;
	} else if (is_taken(link.name) == 0) {
		return 0; /* as it mostly is, with the namespace that the other end was in */
	}
	mr_arguments_add(&arguments, program, "unlink");
	mr_arguments_add(&arguments, "--host-name", link.name);
	mr_arguments_add(&arguments, "--host-mac", link.mac);
	return run_net(&arguments, peer, false, err);
}
