/*
 * maproot-net: makes and deletes pairs of virtual network devices for maproot, which itself needs no library for that.
 *
 *   maproot-net veth --pid PID --name NAME [--mac MAC] [--mtu N] [--address IP/LEN]... [--gateway IP]...
 *                    --host-name NAME --host-mac MAC [--host-address IP/LEN]... [--bridge NAME] [--peer-fd FD]
 *   maproot-net unlink --host-name NAME --host-mac MAC [--peer-fd FD]
 *
 * The outer end is in the caller's network namespace, or in the one that is open as --peer-fd. Whole or not at all: status 0,
 * or 1 with a line on standard error.
 */
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "libexec/net_veth.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum option_id { PID = 1,
		 NAME,
		 MAC,
		 MTU,
		 ADDRESS,
		 GATEWAY,
		 HOST_NAME,
		 HOST_MAC,
		 HOST_ADDRESS,
		 BRIDGE,
		 PEER_FD };

static const struct option options[] = {
	{ "pid", required_argument, NULL, PID },
	{ "name", required_argument, NULL, NAME },
	{ "mac", required_argument, NULL, MAC },
	{ "mtu", required_argument, NULL, MTU },
	{ "address", required_argument, NULL, ADDRESS },
	{ "gateway", required_argument, NULL, GATEWAY },
	{ "host-name", required_argument, NULL, HOST_NAME },
	{ "host-mac", required_argument, NULL, HOST_MAC },
	{ "host-address", required_argument, NULL, HOST_ADDRESS },
	{ "bridge", required_argument, NULL, BRIDGE },
	{ "peer-fd", required_argument, NULL, PEER_FD },
	{ NULL, 0, NULL, 0 },
};

struct ends {
	struct mr_veth_end outer;
	struct mr_veth_end inner;
};

static bool read_number(const char *text, unsigned int *ret_number)
{
	const char *end;
	uint64_t number;

	if (mr_text_read_number(text, &end, INT32_MAX, &number) < 0 || *end != '\0')
		return false;
	*ret_number = (unsigned int)number;
	return true;
}

static bool read_namespace(const char *text, int *ret_fd)
{
	unsigned int number;

	if (!read_number(text, &number) || fcntl((int)number, F_SETFD, FD_CLOEXEC) < 0)
		return false;
	*ret_fd = (int)number;
	return true;
}

static bool open_namespace_of(const char *pid, int *ret_fd)
{
	char path[48];
	struct mr_text text = mr_text_in(path, sizeof(path));
	unsigned int number;

	if (!read_number(pid, &number))
		return false;
	mr_text_add(&text, "/proc/");
	mr_text_add_number(&text, number);
	mr_text_add(&text, "/ns/net");
	*ret_fd = mr_open(path, O_RDONLY, 0);
	return true; /* where it is not open, that is said later */
}

static bool read_mac(const char *text, struct mr_veth_end *end)
{
	end->has_mac = mr_mac_parse(text, end->mac) == 0;
	return end->has_mac;
}

static bool read_mtu(const char *text, struct ends *ends)
{
	if (!read_number(text, &ends->inner.mtu))
		return false;
	ends->outer.mtu = ends->inner.mtu; /* what one end sends, the other takes */
	return true;
}

static bool add_address(const char *text, enum mr_prefix prefix, struct mr_address *list, size_t most, size_t *count)
{
	return *count < most && mr_address_parse(text, prefix, &list[(*count)++]) == 0;
}

static bool take_option(int id, const char *value, struct ends *ends)
{
	switch ((enum option_id)id) {
	case PID:
		return open_namespace_of(value, &ends->inner.net);
	case NAME:
		ends->inner.name = value;
		return true;
	case MAC:
		return read_mac(value, &ends->inner);
	case MTU:
		return read_mtu(value, ends);
	case ADDRESS:
		return add_address(value, MR_PREFIX_ALWAYS, ends->inner.addresses, MR_ADDRESSES_MAX,
				   &ends->inner.address_count);
	case GATEWAY:
		return add_address(value, MR_PREFIX_NEVER, ends->inner.gateways, 2, &ends->inner.gateway_count);
	case HOST_NAME:
		ends->outer.name = value;
		return true;
	case HOST_MAC:
		return read_mac(value, &ends->outer);
	case HOST_ADDRESS:
		return add_address(value, MR_PREFIX_ALWAYS, ends->outer.addresses, MR_ADDRESSES_MAX,
				   &ends->outer.address_count);
	case BRIDGE:
		ends->outer.bridge = value;
		return true;
	case PEER_FD:
		return read_namespace(value, &ends->outer.net);
	}
	return false;
}

static bool read_options(int argc, char **argv, struct ends *ends)
{
	int id;

	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (id == '?')
			return false;
		if (!take_option(id, optarg, ends)) {
			(void)fprintf(stderr, "malformed option value '%s'\n", optarg);
			return false;
		}
	}
	return true;
}

static int refuse_usage(void)
{
	(void)fprintf(stderr, "usage: maproot-net veth|unlink OPTIONS: started by maproot\n");
	return 1;
}

int main(int argc, char **argv)
{
	struct ends ends = { .outer = { .net = -1 }, .inner = { .net = -1 } };
	bool make = argc > 1 && strcmp(argv[1], "veth") == 0;

	if (argc < 2 || (!make && strcmp(argv[1], "unlink") != 0))
		return refuse_usage();
	if (!read_options(argc - 1, argv + 1, &ends))
		return 1;
	if (!ends.outer.name || !ends.outer.has_mac || (make && (!ends.inner.name || ends.inner.net == -1)))
		return refuse_usage();
	if (!make)
		return mr_veth_delete(&ends.outer);
	if (ends.inner.net < 0) {
		(void)fprintf(stderr, "cannot open the network namespace inside: %s\n", strerror(-ends.inner.net));
		return 1;
	}
	return mr_veth_make(&ends.outer, &ends.inner);
}
