/*
 * Strategies of <maproot/network.h> and ports, from text: network.c is about how they go together,
 * network_keys.c about the options of one, network_address.c about addresses, network_ports.c about ports. Pure.
 */
#ifndef MR_MODEL_NETWORK_H
#define MR_MODEL_NETWORK_H

#include <maproot/error.h>
#include <maproot/network.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	MR_NETWORKS_MAX = 8,
	MR_ADDRESSES_MAX = 8,
	MR_PORTS_MAX = 64,
	MR_DEVICE_SIZE = 16, /* IFNAMSIZ */
	MR_PEER_SIZE = 256,
	MR_ADDRESS_SIZE = INET6_ADDRSTRLEN + 4, /* with "/128" */
	MR_MAC_LENGTH = 6,
	MR_MAC_SIZE = 3 * MR_MAC_LENGTH,
};

enum mr_network_kind {
	MR_NETWORK_NONE,
	MR_NETWORK_LOOPBACK,
	MR_NETWORK_HOST,
	MR_NETWORK_NAMESPACE,
	MR_NETWORK_VETH,
	MR_NETWORK_SLIRP4NETNS,
	MR_NETWORK_PASTA,
	MR_NETWORK_KINDS,
};

struct mr_address {
	int family;            /* AF_INET, AF_INET6; 0: none */
	struct in6_addr bytes; /* the first four of AF_INET */
	unsigned int prefix;
};

/* One strategy. Nothing in it points into itself. */
struct mr_network {
	enum mr_network_kind kind;
	const char *reference;     /* of ns:REF, the caller's text; else NULL */
	char peer[MR_PEER_SIZE];   /* of a veth, a reference; "": the caller's namespace */
	char name[MR_DEVICE_SIZE]; /* inside; "" of pasta: as its device outside is called */
	char host_name[MR_DEVICE_SIZE];
	char bridge[MR_DEVICE_SIZE];
	struct mr_address addresses[MR_ADDRESSES_MAX];
	size_t address_count;
	struct mr_address host_addresses[MR_ADDRESSES_MAX];
	size_t host_address_count;
	struct mr_address gateways[2];
	size_t gateway_count;
	struct mr_address cidr; /* of slirp4netns; family 0: its default */
	unsigned int mtu;       /* 0: as it is */
	bool has_mac;
	unsigned char mac[MR_MAC_LENGTH];
	bool ipv4_only, ipv6_only, ipv6, host_loopback;
};

struct mr_port {
	bool udp;
	struct mr_address host;
	struct mr_address inner; /* family 0: not said */
	uint16_t host_port;
	uint16_t inner_port;
};

struct mr_network_plan {
	struct mr_network network[MR_NETWORKS_MAX];
	size_t count;
	struct mr_port port[MR_PORTS_MAX];
	size_t port_count;
	bool creates;          /* a new network namespace */
	bool loopback;         /* which gets its loopback up */
	bool outside;          /* something is to be done from outside: not for maproot_become() */
	bool internet;         /* resolv.conf inside is our own: needs a mount namespace that nobody else is in */
	const char *reference; /* of ns:REF, a reference without types; or NULL */
};

/*
 * Reads all of them and checks that they go together. -EINVAL (step REQUEST, names strategy and key): unknown,
 * malformed, twice, contradicting. `wish` NULL: nothing.
 */
int mr_network_plan_make(const struct maproot_network *wish, struct mr_network_plan *ret_plan,
			 struct maproot_error *err);

/* The word for a kind: "veth". */
const char *mr_network_kind_name(enum mr_network_kind kind);

/* "10.0.0.2/24"; without the prefix where it is not `with_prefix`. */
void mr_address_format(const struct mr_address *address, bool with_prefix, char text[MR_ADDRESS_SIZE]);
void mr_mac_format(const unsigned char mac[MR_MAC_LENGTH], char text[MR_MAC_SIZE]);

/* The address so many after the first of the network that an IPv4 address with its prefix is in. */
struct mr_address mr_address_in_network(const struct mr_address *address, uint32_t offset);

/* The rest is for the files named above. */

/* IP[/LEN]; a prefix of -EINVAL where it must be there and is not, or may not and is. 0 or -EINVAL. */
enum mr_prefix { MR_PREFIX_NEVER,
		 MR_PREFIX_MAYBE,
		 MR_PREFIX_ALWAYS };
int mr_address_parse(const char *text, enum mr_prefix prefix, struct mr_address *ret_address);
int mr_mac_parse(const char *text, unsigned char ret_mac[MR_MAC_LENGTH]);
bool mr_address_equal(const struct mr_address *one, const struct mr_address *other);
bool mr_address_is_link_local(const struct mr_address *address);

/* Reads "KEY=VALUE,..." of the strategy `whole` of that kind. */
int mr_network_keys_read(const char *whole, const char *keys, struct mr_network *network, struct maproot_error *err);

/* Reads ports, and checks them against the one strategy that can publish any. */
int mr_network_ports_read(const struct maproot_network *wish, struct mr_network_plan *plan, struct maproot_error *err);

#endif
