/*
 * The options of one strategy: a table says which belong to which, and how each is read.
 */
#include "base/error.h"
#include "base/text.h"
#include "model/network.h"
#include "model/reference.h"

#include <errno.h>
#include <string.h>

enum { ITEM_SIZE = MR_PEER_SIZE + 32,
       MTU_LEAST = 68,
       MTU_MOST = 65535,
       MTU_MOST_SLIRP4NETNS = 65521,
       CIDR_LONGEST = 25 /* of slirp4netns, which needs address 100 */ };

/* Each returns NULL, or what is wrong with the value. */
typedef const char *read_value(struct mr_network *network, const char *value);

static const char *read_device(const char *value, char *ret_name)
{
	size_t length = strlen(value);

	/* As the kernel has it, and '%', which would make a pattern of it. */
	if (length == 0 || length >= MR_DEVICE_SIZE || strcmp(value, ".") == 0 || strcmp(value, "..") == 0 ||
	    value[strcspn(value, "/:% \t\n\v\f\r")] != '\0')
		return "is no name for a network device";
	memcpy(ret_name, value, length + 1);
	return NULL;
}

static const char *read_name(struct mr_network *network, const char *value)
{
	return read_device(value, network->name);
}

static const char *read_host_name(struct mr_network *network, const char *value)
{
	return read_device(value, network->host_name);
}

static const char *read_bridge(struct mr_network *network, const char *value)
{
	return read_device(value, network->bridge);
}

static const char *read_peer(struct mr_network *network, const char *value)
{
	struct mr_reference reference;

	if (strlen(value) >= sizeof(network->peer))
		return "is too long";
	if (mr_reference_parse(value, &reference, NULL) < 0 || reference.types != 0)
		return "is no reference to a network namespace";
	strcpy(network->peer, value);
	return NULL;
}

static const char *add_address(const char *value, enum mr_prefix prefix, struct mr_address *list, size_t most,
			       size_t *count)
{
	struct mr_address address;

	if (mr_address_parse(value, prefix, &address) < 0)
		return prefix == MR_PREFIX_ALWAYS ? "is no address with the length of its prefix (10.0.0.2/24, fd00::2/64)" :
						    "is no address";
	for (size_t at = 0; at < *count; at++) {
		if (mr_address_equal(&list[at], &address))
			return "is there twice";
	}
	if (*count == most)
		return "is one too many";
	list[(*count)++] = address;
	return NULL;
}

static bool has_family(const struct mr_address *list, size_t count, int family)
{
	for (size_t at = 0; at < count; at++) {
		if (list[at].family == family)
			return true;
	}
	return false;
}

static const char *read_address(struct mr_network *network, const char *value)
{
	struct mr_address address;
	bool pasta = network->kind == MR_NETWORK_PASTA;

	if (pasta && mr_address_parse(value, MR_PREFIX_MAYBE, &address) == 0 &&
	    has_family(network->addresses, network->address_count, address.family))
		return "is the second of its family, pasta has one";
	return add_address(value, pasta ? MR_PREFIX_MAYBE : MR_PREFIX_ALWAYS, network->addresses, MR_ADDRESSES_MAX,
			   &network->address_count);
}

static const char *read_host_address(struct mr_network *network, const char *value)
{
	return add_address(value, MR_PREFIX_ALWAYS, network->host_addresses, MR_ADDRESSES_MAX,
			   &network->host_address_count);
}

static const char *read_gateway(struct mr_network *network, const char *value)
{
	struct mr_address address;

	if (mr_address_parse(value, MR_PREFIX_NEVER, &address) == 0 &&
	    has_family(network->gateways, network->gateway_count, address.family))
		return "is the second gateway of its family";
	return add_address(value, MR_PREFIX_NEVER, network->gateways, 2, &network->gateway_count);
}

static const char *read_mtu(struct mr_network *network, const char *value)
{
	const char *end;
	uint64_t number;
	uint64_t most = network->kind == MR_NETWORK_SLIRP4NETNS ? MTU_MOST_SLIRP4NETNS : MTU_MOST;

	if (mr_text_read_number(value, &end, most, &number) < 0 || *end != '\0' || number < MTU_LEAST)
		return most == MTU_MOST ? "is no number from 68 to 65535" : "is no number from 68 to 65521";
	network->mtu = (unsigned int)number;
	return NULL;
}

static const char *read_mac(struct mr_network *network, const char *value)
{
	if (mr_mac_parse(value, network->mac) < 0)
		return "is no address of a single device (02:00:00:00:00:01)";
	network->has_mac = true;
	return NULL;
}

static const char *read_cidr(struct mr_network *network, const char *value)
{
	if (mr_address_parse(value, MR_PREFIX_ALWAYS, &network->cidr) < 0 || network->cidr.family != AF_INET ||
	    network->cidr.prefix == 0 || network->cidr.prefix > CIDR_LONGEST)
		return "is no IPv4 network (10.0.2.0/24) with a prefix from 1 to 25";
	return NULL;
}

static const char *read_ipv6(struct mr_network *network, const char *value)
{
	(void)value;
	network->ipv6 = true;
	return NULL;
}

static const char *read_ipv4_only(struct mr_network *network, const char *value)
{
	(void)value;
	network->ipv4_only = true;
	return NULL;
}

static const char *read_ipv6_only(struct mr_network *network, const char *value)
{
	(void)value;
	network->ipv6_only = true;
	return NULL;
}

static const char *read_host_loopback(struct mr_network *network, const char *value)
{
	(void)value;
	network->host_loopback = true;
	return NULL;
}

enum { VETH = 1 << MR_NETWORK_VETH,
       SLIRP = 1 << MR_NETWORK_SLIRP4NETNS,
       PASTA = 1 << MR_NETWORK_PASTA };

static const struct key {
	const char *name;
	unsigned int kinds; /* a bit a kind */
	bool repeated;
	bool alone; /* without a value */
	read_value *read;
} keys[] = {
	{ "name", VETH | SLIRP | PASTA, false, false, read_name },
	{ "host-name", VETH, false, false, read_host_name },
	{ "address", VETH | PASTA, true, false, read_address },
	{ "host-address", VETH, true, false, read_host_address },
	{ "gateway", VETH | PASTA, true, false, read_gateway },
	{ "mtu", VETH | SLIRP | PASTA, false, false, read_mtu },
	{ "mac", VETH, false, false, read_mac },
	{ "bridge", VETH, false, false, read_bridge },
	{ "peer", VETH, false, false, read_peer },
	{ "cidr", SLIRP, false, false, read_cidr },
	{ "ipv6", SLIRP, false, true, read_ipv6 },
	{ "ipv4-only", PASTA, false, true, read_ipv4_only },
	{ "ipv6-only", PASTA, false, true, read_ipv6_only },
	{ "host-loopback", SLIRP | PASTA, false, true, read_host_loopback },
};

enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

static int refuse(const char *whole, const char *item, const char *why, struct maproot_error *err)
{
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "the network '", whole, "': '", item, "' ", why, NULL);
}

/* KEY_COUNT: none. */
static size_t find_key(const char *item, size_t length, enum mr_network_kind kind)
{
	size_t at = 0;

	while (at < KEY_COUNT && (strlen(keys[at].name) != length || memcmp(keys[at].name, item, length) != 0 ||
				  !(keys[at].kinds & (1U << kind))))
		at++;
	return at;
}

static int read_item(const char *whole, const char *item, unsigned int *seen, struct mr_network *network,
		     struct maproot_error *err)
{
	size_t length = strcspn(item, "=");
	size_t at = find_key(item, length, network->kind);
	const char *why = NULL;

	if (at == KEY_COUNT)
		return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "the network '", whole, "': ",
				      mr_network_kind_name(network->kind), " has no option '", item, "'", NULL);
	if ((*seen & (1U << at)) && !keys[at].repeated)
		why = "is said twice";
	else if (keys[at].alone != (item[length] == '\0'))
		why = keys[at].alone ? "takes no value" : "needs a value";
	else
		why = keys[at].read(network, item[length] == '=' ? item + length + 1 : "");
	*seen |= 1U << at;
	return why ? refuse(whole, item, why, err) : 0;
}

int mr_network_keys_read(const char *whole, const char *text, struct mr_network *network, struct maproot_error *err)
{
	unsigned int seen = 0;

	for (;; text++) {
		char item[ITEM_SIZE];
		size_t length = strcspn(text, ",");
		int code;

		if (length >= sizeof(item))
			return refuse(whole, text, "is too long", err);
		memcpy(item, text, length);
		item[length] = '\0';
		code = read_item(whole, item, &seen, network, err);
		if (code < 0)
			return code;
		text += length;
		if (*text == '\0')
			return 0;
	}
}
