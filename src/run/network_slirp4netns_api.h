/*
 * The socket of slirp4netns(1), through which ports are published: one JSON object there and one back, a connection each.
 */
#ifndef MR_RUN_NETWORK_SLIRP4NETNS_API_H
#define MR_RUN_NETWORK_SLIRP4NETNS_API_H

#include "model/network.h"

/* `guest`: where to, unless the port says it. 0 or -errno, step NETWORK with what the program says is wrong. */
int mr_slirp4netns_publish(const char *path, const struct mr_port *port, const struct mr_address *guest,
			   struct maproot_error *err);

#endif
