/*
 * The strategies together: each by its word, what goes with what, which names are left to be made up.
 */
#include "model/network.h"

#include "base/error.h"
#include "base/text.h"
#include "model/reference.h"

#include <errno.h>
#include <string.h>

static const struct kind {
	const char *name;
	bool alone;   /* goes with no other strategy */
	bool keys;    /* may have options */
	bool creates; /* a new network namespace */
	bool outside; /* is made from outside */
} kinds[] = {
	[MR_NETWORK_NONE] = { "none", true, false, true, false },
	[MR_NETWORK_LOOPBACK] = { "loopback", false, false, true, false },
	[MR_NETWORK_HOST] = { "host", true, false, false, false },
	[MR_NETWORK_NAMESPACE] = { "ns", true, false, false, false },
	[MR_NETWORK_VETH] = { "veth", false, true, true, true },
	[MR_NETWORK_SLIRP4NETNS] = { "slirp4netns", false, true, true, true },
	[MR_NETWORK_PASTA] = { "pasta", false, true, true, true },
};

const char *mr_network_kind_name(enum mr_network_kind kind)
{
	return kinds[kind].name;
}

static int refuse(const char *text, const char *why, struct maproot_error *err)
{
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "the network '", text, "' ", why, NULL);
}

static bool is_internet(const struct mr_network *network)
{
	return network->kind == MR_NETWORK_SLIRP4NETNS || network->kind == MR_NETWORK_PASTA;
}

static bool has_family(const struct mr_address *list, size_t count, int family)
{
	for (size_t at = 0; at < count; at++) {
		if (list[at].family == family)
			return true;
	}
	return false;
}

static int read_reference(const char *text, const char *colon, struct mr_network *network, struct maproot_error *err)
{
	struct mr_reference reference;
	int code;

	if (!colon)
		return refuse(text, "names no namespace: ns:REF", err);
	code = mr_reference_parse(colon + 1, &reference, err);
	if (code < 0)
		return code;
	if (reference.types != 0)
		return refuse(text, "names types of namespaces: it is for the network alone", err);
	network->reference = colon + 1;
	return 0;
}

/* What can be wrong with one strategy whose options are read. NULL: nothing. */
static const char *find_fault(const struct mr_network *network)
{
	bool pasta = network->kind == MR_NETWORK_PASTA;

	if (network->ipv4_only && network->ipv6_only)
		return "is ipv4-only and ipv6-only";
	if ((network->ipv4_only && (has_family(network->addresses, network->address_count, AF_INET6) ||
				    has_family(network->gateways, network->gateway_count, AF_INET6))) ||
	    (network->ipv6_only && (has_family(network->addresses, network->address_count, AF_INET) ||
				    has_family(network->gateways, network->gateway_count, AF_INET))))
		return "has addresses of the family that it leaves out";
	if (network->bridge[0] != '\0' && network->host_address_count > 0)
		return "has addresses for a port of a bridge: they belong to the bridge";
	for (size_t at = 0; !pasta && at < network->gateway_count; at++) {
		const struct mr_address *gateway = &network->gateways[at];

		if (!mr_address_is_link_local(gateway) &&
		    !has_family(network->addresses, network->address_count, gateway->family))
			return "has a gateway without an address of the same family";
	}
	return NULL;
}

static int read_strategy(const char *text, struct mr_network *ret_network, struct maproot_error *err)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	enum mr_network_kind kind = MR_NETWORK_NONE;
	const char *fault;
	int code = 0;

	while (kind < MR_NETWORK_KINDS &&
	       (strlen(kinds[kind].name) != length || memcmp(kinds[kind].name, text, length) != 0))
		kind++;
	if (kind == MR_NETWORK_KINDS)
		return refuse(text, "is none of none, loopback, host, ns:REF, veth, slirp4netns, pasta", err);
	*ret_network = (struct mr_network){ .kind = kind };
	if (kind == MR_NETWORK_NAMESPACE)
		return read_reference(text, colon, ret_network, err);
	if (colon && !kinds[kind].keys)
		return refuse(text, "has options where there are none", err);
	if (colon)
		code = mr_network_keys_read(text, colon + 1, ret_network, err);
	fault = code == 0 ? find_fault(ret_network) : NULL;
	return fault ? refuse(text, fault, err) : code;
}

static bool has_default_route(const struct mr_network *network, int family)
{
	if (network->kind == MR_NETWORK_VETH)
		return has_family(network->gateways, network->gateway_count, family);
	if (network->kind == MR_NETWORK_SLIRP4NETNS)
		return family == AF_INET || network->ipv6;
	if (network->kind == MR_NETWORK_PASTA)
		return family == AF_INET ? !network->ipv6_only : !network->ipv4_only;
	return false;
}

static bool is_same_name(const char *one, const char *other)
{
	return one[0] != '\0' && strcmp(one, other) == 0;
}

/* Why one can't be beside another that was there before. NULL: it can. */
static const char *find_conflict(const struct mr_network *network, const struct mr_network *other)
{
	if (kinds[network->kind].alone || kinds[other->kind].alone)
		return "does not go together with";
	if (network->kind == MR_NETWORK_LOOPBACK && other->kind == MR_NETWORK_LOOPBACK)
		return "is said twice, beside";
	if (is_internet(network) && is_internet(other))
		return "is a second way to the internet, beside";
	if (is_same_name(network->name, other->name))
		return "has the same name inside as";
	if (is_same_name(network->host_name, other->host_name) && strcmp(network->peer, other->peer) == 0)
		return "has the same host-name as";
	if ((has_default_route(network, AF_INET) && has_default_route(other, AF_INET)) ||
	    (has_default_route(network, AF_INET6) && has_default_route(other, AF_INET6)))
		return "has another default route than";
	return NULL;
}

static int add(const struct maproot_network *wish, size_t at, struct mr_network_plan *plan, struct maproot_error *err)
{
	struct mr_network *network = &plan->network[at];
	int code = read_strategy(wish->strategies[at], network, err);

	for (size_t other = 0; code == 0 && other < at; other++) {
		const char *conflict = find_conflict(network, &plan->network[other]);

		if (conflict)
			code = mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "the network '", wish->strategies[at],
					      "' ", conflict, " '", wish->strategies[other], "'", NULL);
	}
	if (code < 0)
		return code;
	plan->count = at + 1;
	plan->creates |= kinds[network->kind].creates;
	plan->loopback |= kinds[network->kind].creates && network->kind != MR_NETWORK_NONE;
	plan->outside |= kinds[network->kind].outside;
	plan->internet |= is_internet(network);
	if (network->reference)
		plan->reference = network->reference;
	return 0;
}

static bool has_name(const struct mr_network_plan *plan, const char *name)
{
	for (size_t at = 0; at < plan->count; at++) {
		if (strcmp(plan->network[at].name, name) == 0)
			return true;
	}
	return false;
}

/* eth0, eth1 ... and tap0 as slirp4netns calls its own; the first that nobody has. */
static void make_name(struct mr_network_plan *plan, struct mr_network *network)
{
	for (int number = 0; network->name[0] == '\0'; number++) {
		char name[MR_DEVICE_SIZE];
		struct mr_text text = mr_text_in(name, sizeof(name));

		mr_text_add(&text, network->kind == MR_NETWORK_VETH ? "eth" : "tap");
		mr_text_add_number(&text, number);
		if (!has_name(plan, name))
			memcpy(network->name, name, sizeof(name));
	}
}

int mr_network_plan_make(const struct maproot_network *wish, struct mr_network_plan *ret_plan,
			 struct maproot_error *err)
{
	struct mr_network_plan plan = { .count = 0 };
	int code = 0;

	if (wish && wish->strategy_count > MR_NETWORKS_MAX)
		return refuse(wish->strategies[MR_NETWORKS_MAX], "is one too many", err);
	for (size_t at = 0; wish && code == 0 && at < wish->strategy_count; at++)
		code = add(wish, at, &plan, err);
	if (wish && code == 0)
		code = mr_network_ports_read(wish, &plan, err);
	if (code < 0)
		return code;
	for (size_t at = 0; at < plan.count; at++) {
		struct mr_network *network = &plan.network[at];

		if (network->kind == MR_NETWORK_VETH || network->kind == MR_NETWORK_SLIRP4NETNS)
			make_name(&plan, network);
	}
	*ret_plan = plan;
	return 0;
}
