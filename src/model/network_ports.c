/*
 * Ports to be published: "[ADDRESS:]HOST:INNER[/tcp|/udp]" and "ADDRESS:HOST:INNER_ADDRESS:INNER". IPv6 addresses
 * stand in brackets.
 */
#include "base/error.h"
#include "base/text.h"
#include "model/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum { FIELDS = 4,
       FIELD_SIZE = INET6_ADDRSTRLEN,
       PORT_MOST = 65535 };

struct fields {
	size_t count;
	char text[FIELDS][FIELD_SIZE];
};

static int refuse(const char *text, const char *why, struct maproot_error *err)
{
	return mr_fail_pieces(err, EINVAL, MAPROOT_STEP_REQUEST, "the port '", text, "' ", why, NULL);
}

/* One field, without its brackets. Returns what follows it, or NULL. */
static const char *take_field(const char *text, char *ret_field)
{
	bool bracketed = text[0] == '[';
	size_t length = strcspn(text += bracketed, bracketed ? "]" : ":/");

	if (length == 0 || length >= FIELD_SIZE || (bracketed && text[length] != ']'))
		return NULL;
	memcpy(ret_field, text, length);
	ret_field[length] = '\0';
	return text + length + bracketed;
}

/* Returns what follows the fields: the protocol, or nothing; NULL: malformed. */
static const char *split(const char *text, struct fields *ret_fields)
{
	struct fields fields = { .count = 0 };

	for (;; text++) {
		if (fields.count == FIELDS)
			return NULL;
		text = take_field(text, fields.text[fields.count++]);
		if (!text)
			return NULL;
		if (*text != ':')
			break;
	}
	*ret_fields = fields;
	return text;
}

static bool read_port(const char *text, uint16_t *ret_port)
{
	const char *end;
	uint64_t number;

	if (mr_text_read_number(text, &end, PORT_MOST, &number) < 0 || *end != '\0' || number == 0)
		return false;
	*ret_port = (uint16_t)number;
	return true;
}

static int parse(const char *text, struct mr_port *ret_port, struct maproot_error *err)
{
	static const char form[] = "is not of the form [ADDRESS:]HOST:INNER[/tcp|/udp]";
	struct mr_port port = { .host = { .family = AF_INET, .prefix = 32 } };
	const uint32_t loopback = htonl(INADDR_LOOPBACK);
	struct fields fields = { .count = 0 };
	const char *protocol = split(text, &fields);

	if (!protocol || fields.count < 2)
		return refuse(text, form, err);
	if (protocol[0] != '\0' && strcmp(protocol, "/tcp") != 0 && strcmp(protocol, "/udp") != 0)
		return refuse(text, "names a protocol other than tcp and udp", err);
	port.udp = strcmp(protocol, "/udp") == 0;
	memcpy(&port.host.bytes, &loopback, sizeof(loopback));
	if (fields.count > 2 && mr_address_parse(fields.text[0], MR_PREFIX_NEVER, &port.host) < 0)
		return refuse(text, "has no address before its first port (IPv6 in brackets)", err);
	if (fields.count == FIELDS && mr_address_parse(fields.text[2], MR_PREFIX_NEVER, &port.inner) < 0)
		return refuse(text, "has no address before its second port (IPv6 in brackets)", err);
	if (!read_port(fields.text[fields.count > 2 ? 1 : 0], &port.host_port) ||
	    !read_port(fields.text[fields.count - 1], &port.inner_port))
		return refuse(text, "has a number that is not from 1 to 65535", err);
	*ret_port = port;
	return 0;
}

static bool is_loopback(const struct mr_address *address)
{
	enum { LOOPBACK = 127 };

	return address->family == AF_INET && address->bytes.s6_addr[0] == LOOPBACK;
}

/* What slirp4netns would take, and then lose answers of. */
static const char *find_fault_of_slirp4netns(const struct mr_network_plan *plan, const struct mr_network *network,
					     const struct mr_port *port)
{
	if (port->host.family == AF_INET6 || port->inner.family == AF_INET6)
		return "is of IPv6, which slirp4netns does not publish";
	if (port->udp && is_loopback(&port->host) && !network->host_loopback)
		return "is UDP on the host's loopback, which slirp4netns answers only with host-loopback; name another address";
	for (size_t at = 0; port->udp && at < plan->port_count; at++) {
		const struct mr_port *other = &plan->port[at];

		if (other->udp && other->inner_port == port->inner_port && mr_address_equal(&other->inner, &port->inner))
			return "leads to the same UDP port as another, and slirp4netns mixes up their answers";
	}
	return NULL;
}

static const char *find_fault(const struct mr_network_plan *plan, const struct mr_network *network,
			      const struct mr_port *port)
{
	if (network->kind == MR_NETWORK_PASTA && port->inner.family != 0)
		return "names an address inside, which pasta can't choose";
	for (size_t at = 0; at < plan->port_count; at++) {
		const struct mr_port *other = &plan->port[at];

		if (other->udp == port->udp && other->host_port == port->host_port &&
		    mr_address_equal(&other->host, &port->host))
			return "is published twice";
	}
	if (plan->port_count == MR_PORTS_MAX)
		return "is one too many";
	return network->kind == MR_NETWORK_SLIRP4NETNS ? find_fault_of_slirp4netns(plan, network, port) : NULL;
}

int mr_network_ports_read(const struct maproot_network *wish, struct mr_network_plan *plan, struct maproot_error *err)
{
	size_t at = 0;

	while (at < plan->count && plan->network[at].kind != MR_NETWORK_SLIRP4NETNS &&
	       plan->network[at].kind != MR_NETWORK_PASTA)
		at++;
	if (wish->port_count > 0 && at == plan->count)
		return refuse(wish->ports[0], "can't be published: only slirp4netns and pasta do", err);
	for (size_t number = 0; number < wish->port_count; number++) {
		struct mr_port port = { .udp = false };
		const char *why;
		int code = parse(wish->ports[number], &port, err);

		if (code < 0)
			return code;
		why = find_fault(plan, &plan->network[at], &port);
		if (why)
			return refuse(wish->ports[number], why, err);
		plan->port[plan->port_count++] = port;
	}
	return 0;
}
