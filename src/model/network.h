/*
 * Strategies of <maproot/network.h> and ports, from text. Pure.
 */
#ifndef MR_MODEL_NETWORK_H
#define MR_MODEL_NETWORK_H

#include <maproot/network.h>
#include <maproot/error.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum { MR_NETWORKS_MAX = 8,
       MR_ADDRESSES_MAX = 8,
       MR_PORTS_MAX = 64 };

enum mr_network_kind {
	MR_NETWORK_NONE,
	MR_NETWORK_LOOPBACK,
	MR_NETWORK_HOST,
	MR_NETWORK_NAMESPACE,
	MR_NETWORK_VETH,
	MR_NETWORK_SLIRP4NETNS,
	MR_NETWORK_PASTA,
};

struct mr_address {
	int family;            /* AF_INET, AF_INET6; 0: none */
	struct in6_addr bytes; /* the first four of AF_INET */
	unsigned int prefix;
};

/* One strategy; texts point into what was parsed or are copied, see network.c. */
struct mr_network {
	enum mr_network_kind kind;
	const char *reference; /* of ns:REF, or of a veth's peer; NULL: none */
	char name[16];         /* inside; "": to be made up */
	char host_name[16];
	char bridge[16];
	struct mr_address addresses[MR_ADDRESSES_MAX];
	size_t address_count;
	struct mr_address host_addresses[MR_ADDRESSES_MAX];
	size_t host_address_count;
	struct mr_address gateways[2];
	size_t gateway_count;
	unsigned int mtu; /* 0: as it is */
	bool has_mac;
	unsigned char mac[6];
	bool ipv4_only, ipv6_only, ipv6, host_loopback;
};

struct mr_port {
	bool udp;
	struct mr_address host; /* family 0: 127.0.0.1 */
	struct mr_address inner;
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
	const char *reference; /* of ns:REF, or NULL */
};

/*
 * Reads all of them and checks that they go together. -EINVAL (step REQUEST, names strategy and key): unknown, malformed,
 * twice, contradicting. `wish` NULL: nothing.
 */
int mr_network_plan_make(const struct maproot_network *wish, struct mr_network_plan *ret_plan,
			 struct maproot_error *err);

#endif
