/*
 * A pair of virtual network devices, made with everything that it is to have, or not at all.
 */
#ifndef MR_LIBEXEC_NET_VETH_H
#define MR_LIBEXEC_NET_VETH_H

#include "model/network.h"

/* One end. A namespace of -1 is the caller's. */
struct mr_veth_end {
	int net;
	const char *name;
	bool has_mac;
	unsigned char mac[MR_MAC_LENGTH];
	unsigned int mtu;
	const char *bridge; /* or NULL */
	struct mr_address addresses[MR_ADDRESSES_MAX];
	size_t address_count;
	struct mr_address gateways[2];
	size_t gateway_count;
};

/* Makes the pair. 0, or 1 after it has said on standard error what is wrong, and nothing is left. */
int mr_veth_make(struct mr_veth_end *outer, struct mr_veth_end *inner);

/* Deletes the pair by its outer end, if that has this name and this mac. 0 also where there is none; 1 as above. */
int mr_veth_delete(const struct mr_veth_end *outer);

#endif
