/*
 * The pair is made by one request, each end at once in its namespace; then each end is given what it shall have, from
 * inside its namespace. A user's rights in one namespace may be lost when the other is entered, so the one whose owner
 * stands above is done first. A failure deletes the pair, by the end that can still be reached.
 */
#include "libexec/net_veth.h"

#include "libexec/net_place.h"
#include "libexec/rtnetlink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { READY_TRIES = 5000,
       READY_NAP_NS = 1000000 };

/* An end, and the connection to where it is. */
struct side {
	const struct mr_veth_end *end;
	const char *where; /* for messages */
	struct mr_rtnetlink kernel;
	int index; /* of the device; 0: not known to be there */
};

static int complain(const struct side *side, int code, const char *what, const char *thing)
{
	const char *why = side->kernel.why;

	(void)fprintf(stderr, "%s '%s' %s: %s%s%s%s\n", what, thing, side->where, strerror(-code),
		      why[0] != '\0' ? " (" : "", why, why[0] != '\0' ? ")" : "");
	return 1;
}

static int complain_of_place(const struct side *side, int code, const char *lacking)
{
	(void)fprintf(stderr, "cannot enter the network namespace %s: %s%s%s\n", side->where, strerror(-code),
		      lacking ? "; lacking is " : "", lacking ? lacking : "");
	return 1;
}

static int enter(struct side *side)
{
	const char *lacking;
	int code = mr_place_enter(side->end->net, &lacking);

	if (code < 0)
		return complain_of_place(side, code, code == -EPERM ? lacking : NULL);
	code = mr_rtnetlink_open(&side->kernel);
	return code < 0 ? complain(side, code, "cannot ask the kernel about devices like", side->end->name) : 0;
}

/* One name of two is taken: the kernel does not say which. */
static int complain_of_pair(struct side *here, const struct side *there, int code)
{
	struct mr_rtnetlink_device device;
	const struct side *taken = there;

	if (code == -EPERM) {
		(void)fprintf(stderr,
			      "cannot make the pair of devices '%s' and '%s': lacking is CAP_NET_ADMIN in the network "
			      "namespace %s, or in the other one\n",
			      here->end->name, there->end->name, here->where);
		return 1;
	}
	if (code != -EEXIST)
		return complain(here, code, "cannot make the pair of devices with", here->end->name);
	if (mr_rtnetlink_find(&here->kernel, here->end->name, &device) == 0)
		taken = here;
	(void)fprintf(stderr, "there is a network device '%s' %s already\n", taken->end->name, taken->where);
	return 1;
}

static int make_pair(struct side *here, const struct side *there, int net)
{
	const struct mr_rtnetlink_end ends[] = {
		{ here->end->name, here->end->has_mac ? here->end->mac : NULL, here->end->mtu },
		{ there->end->name, there->end->has_mac ? there->end->mac : NULL, there->end->mtu },
	};
	int code = mr_rtnetlink_make_pair(&here->kernel, &ends[0], &ends[1], net);

	return code < 0 ? complain_of_pair(here, there, code) : 0;
}

static int find(struct side *side)
{
	struct mr_rtnetlink_device device;
	int code = mr_rtnetlink_find(&side->kernel, side->end->name, &device);

	if (code < 0)
		return complain(side, code, "cannot find the new device", side->end->name);
	side->index = device.index;
	return 0;
}

static int plug_in(struct side *side)
{
	struct mr_rtnetlink_device bridge;
	int code;

	if (!side->end->bridge)
		return 0;
	code = mr_rtnetlink_find(&side->kernel, side->end->bridge, &bridge);
	if (code == -ENODEV) {
		(void)fprintf(stderr, "there is no bridge '%s' %s\n", side->end->bridge, side->where);
		return 1;
	}
	if (code == 0)
		code = mr_rtnetlink_set_master(&side->kernel, side->index, bridge.index);
	if (code == -EOPNOTSUPP) {
		(void)fprintf(stderr, "the device '%s' %s is no bridge\n", side->end->bridge, side->where);
		return 1;
	}
	return code < 0 ? complain(side, code, "cannot make a port of the bridge", side->end->bridge) : 0;
}

static int add_addresses(struct side *side)
{
	char text[MR_ADDRESS_SIZE];

	for (size_t at = 0; at < side->end->address_count; at++) {
		int code = mr_rtnetlink_add_address(&side->kernel, side->index, &side->end->addresses[at]);

		mr_address_format(&side->end->addresses[at], true, text);
		if (code == -EEXIST) {
			(void)fprintf(stderr, "the device '%s' %s has the address '%s' already\n", side->end->name,
				      side->where, text);
			return 1;
		}
		if (code < 0)
			return complain(side, code, "cannot add the address", text);
	}
	return 0;
}

static int add_gateways(struct side *side)
{
	char text[MR_ADDRESS_SIZE];

	for (size_t at = 0; at < side->end->gateway_count; at++) {
		int code = mr_rtnetlink_add_default_route(&side->kernel, side->index, &side->end->gateways[at]);

		mr_address_format(&side->end->gateways[at], false, text);
		if (code == -ENETUNREACH || code == -EHOSTUNREACH || code == -EINVAL) {
			(void)fprintf(stderr,
				      "the gateway '%s' %s can't be reached from the addresses of '%s'\n", text,
				      side->where, side->end->name);
			return 1;
		}
		if (code == -EEXIST) {
			(void)fprintf(stderr, "there is a default route %s already, beside the gateway '%s'\n",
				      side->where, text);
			return 1;
		}
		if (code < 0)
			return complain(side, code, "cannot add the gateway", text);
	}
	return 0;
}

static int furnish(struct side *side)
{
	int code = find(side);

	if (code == 0)
		code = plug_in(side);
	if (code == 0) {
		code = mr_rtnetlink_set_up(&side->kernel, side->index);
		if (code < 0)
			code = complain(side, code, "cannot bring up the device", side->end->name);
	}
	if (code == 0)
		code = add_addresses(side);
	return code == 0 ? add_gateways(side) : code;
}

/* The kernel sees only a moment later that the other end is up too. */
static int await_ready(struct side *side)
{
	const struct timespec nap = { 0, READY_NAP_NS };
	struct mr_rtnetlink_device device = { .ready = false };

	for (int tries = 0; tries < READY_TRIES; tries++) {
		int code = mr_rtnetlink_find(&side->kernel, side->end->name, &device);

		if (code < 0)
			return complain(side, code, "cannot find the new device", side->end->name);
		if (device.ready)
			return 0;
		(void)nanosleep(&nap, NULL); /* cut short by a signal, it tries sooner */
	}
	return complain(side, -ETIMEDOUT, "the two ends don't come up together, with", side->end->name);
}

static void delete_pair(struct side *first, struct side *second)
{
	if (first->index != 0 && mr_rtnetlink_delete(&first->kernel, first->index) == 0)
		return;
	/* Our rights there are gone. Here they are. */
	if (second->kernel.socket && second->index == 0)
		(void)find(second);
	if (second->index != 0)
		(void)mr_rtnetlink_delete(&second->kernel, second->index);
}

static int make(struct side *first, struct side *second)
{
	int code = enter(first);

	if (code == 0)
		code = make_pair(first, second, second->end->net);
	if (code != 0)
		return code;
	code = furnish(first);
	if (code == 0)
		code = enter(second);
	if (code == 0)
		code = furnish(second);
	if (code == 0)
		code = await_ready(second);
	if (code != 0)
		delete_pair(first, second);
	return code;
}

int mr_veth_make(struct mr_veth_end *outer, struct mr_veth_end *inner)
{
	struct side outside = { .end = outer, .where = "outside" };
	struct side inside = { .end = inner, .where = "inside" };
	bool inside_first = outer->net >= 0 && mr_place_is_below(outer->net, inner->net);
	int code = inside_first ? make(&inside, &outside) : make(&outside, &inside);

	mr_rtnetlink_close(&outside.kernel);
	mr_rtnetlink_close(&inside.kernel);
	return code;
}

int mr_veth_delete(const struct mr_veth_end *outer)
{
	struct side side = { .end = outer, .where = "outside" };
	struct mr_rtnetlink_device device;
	int code;

	if (enter(&side) != 0)
		return 1;
	code = mr_rtnetlink_find(&side.kernel, outer->name, &device);
	/* One of the same name that is not ours came after it. */
	if (code == 0 && memcmp(device.mac, outer->mac, sizeof(device.mac)) == 0)
		code = mr_rtnetlink_delete(&side.kernel, device.index);
	if (code == -ENODEV)
		code = 0;
	if (code < 0)
		code = complain(&side, code, "cannot delete the device", outer->name);
	mr_rtnetlink_close(&side.kernel);
	return code;
}
