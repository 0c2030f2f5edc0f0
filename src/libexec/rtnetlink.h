/*
 * One connection to the kernel's table of network devices, that of the network namespace in which it was opened: requests
 * sent, answers waited for. Knows no strategy. rtnetlink(7).
 */
#ifndef MR_LIBEXEC_RTNETLINK_H
#define MR_LIBEXEC_RTNETLINK_H

#include "model/network.h"

#include <libmnl/libmnl.h>
#include <stdint.h>

struct mr_rtnetlink {
	struct mnl_socket *socket;
	unsigned int sequence;
	char why[160]; /* what the kernel said besides the errno value of the last failure; "" */
};

/* What is known of a device. */
struct mr_rtnetlink_device {
	int index;
	bool ready; /* up at both ends: carries traffic */
	unsigned char mac[MR_MAC_LENGTH];
};

/* One end of a pair to be made. */
struct mr_rtnetlink_end {
	const char *name;
	const unsigned char *mac; /* NULL: made up by the kernel */
	unsigned int mtu;         /* 0: the kernel's */
};

/* All return 0 or -errno. */
int mr_rtnetlink_open(struct mr_rtnetlink *ret_connection);
void mr_rtnetlink_close(struct mr_rtnetlink *connection);

/* -ENODEV: there is none of this name. */
int mr_rtnetlink_find(struct mr_rtnetlink *connection, const char *name, struct mr_rtnetlink_device *ret_device);

/* A pair of virtual devices: `here`, and `there` in the network namespace that is open as `namespace`. Whole or not. */
int mr_rtnetlink_make_pair(struct mr_rtnetlink *connection, const struct mr_rtnetlink_end *here,
			   const struct mr_rtnetlink_end *there, int namespace);

int mr_rtnetlink_delete(struct mr_rtnetlink *connection, int index);
int mr_rtnetlink_set_up(struct mr_rtnetlink *connection, int index);
int mr_rtnetlink_set_master(struct mr_rtnetlink *connection, int index, int master);
int mr_rtnetlink_add_address(struct mr_rtnetlink *connection, int index, const struct mr_address *address);
int mr_rtnetlink_add_default_route(struct mr_rtnetlink *connection, int index, const struct mr_address *gateway);

#endif
