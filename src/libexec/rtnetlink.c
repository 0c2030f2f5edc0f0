/*
 * Requests to rtnetlink(7), through libmnl.
 */
#include "libexec/rtnetlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <linux/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* A message and the room for it; also for the largest answer, a device with all its statistics. */
union message {
	struct nlmsghdr header;
	char bytes[32 * 1024];
};

struct answer {
	struct mr_rtnetlink *connection;
	struct mr_rtnetlink_device *device; /* to be filled, or NULL */
	int code;
};

int mr_rtnetlink_open(struct mr_rtnetlink *ret_connection)
{
	struct mr_rtnetlink connection = { .socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC) };
	int yes = 1;

	if (!connection.socket)
		return -errno;
	if (mnl_socket_bind(connection.socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int code = -errno;

		(void)mnl_socket_close(connection.socket);
		return code;
	}
	/* Words for errors: kernels before 4.12 have none. */
	(void)mnl_socket_setsockopt(connection.socket, NETLINK_EXT_ACK, &yes, sizeof(yes));
	*ret_connection = connection;
	return 0;
}

void mr_rtnetlink_close(struct mr_rtnetlink *connection)
{
	if (connection->socket)
		(void)mnl_socket_close(connection->socket); /* nothing is lost by it */
	connection->socket = NULL;
}

static int take_word(const struct nlattr *attribute, void *argument)
{
	struct mr_rtnetlink *connection = argument;

	if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
		strncpy(connection->why, mnl_attr_get_str(attribute), sizeof(connection->why) - 1);
	return MNL_CB_OK;
}

/* An acknowledgement, or an error with words behind it. */
static int take_verdict(const struct nlmsghdr *header, void *argument)
{
	struct answer *answer = argument;
	const struct nlmsgerr *verdict = mnl_nlmsg_get_payload(header);
	size_t offset = sizeof(*verdict);

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*verdict)) {
		answer->code = -EBADMSG;
		return MNL_CB_STOP;
	}
	answer->code = verdict->error;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		offset += verdict->msg.nlmsg_len - sizeof(verdict->msg);
	if (verdict->error != 0 && header->nlmsg_flags & NLM_F_ACK_TLVS)
		(void)mnl_attr_parse(header, (unsigned int)offset, take_word, answer->connection);
	return MNL_CB_STOP;
}

static int take_attribute(const struct nlattr *attribute, void *argument)
{
	struct mr_rtnetlink_device *device = argument;

	if (mnl_attr_get_type(attribute) == IFLA_ADDRESS && mnl_attr_get_payload_len(attribute) == sizeof(device->mac))
		memcpy(device->mac, mnl_attr_get_payload(attribute), sizeof(device->mac));
	if (mnl_attr_get_type(attribute) == IFLA_OPERSTATE && mnl_attr_get_payload_len(attribute) == 1)
		device->ready = mnl_attr_get_u8(attribute) == IF_OPER_UP;
	return MNL_CB_OK;
}

static int take_device(const struct nlmsghdr *header, void *argument)
{
	struct answer *answer = argument;
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(header);
	struct mr_rtnetlink_device device = { .index = info->ifi_index };

	if (header->nlmsg_type == RTM_NEWLINK && answer->device &&
	    mnl_attr_parse(header, sizeof(*info), take_attribute, &device) >= 0)
		*answer->device = device;
	return MNL_CB_OK; /* the acknowledgement follows */
}

/* Sends one request, and waits for its answer. */
static int ask(struct mr_rtnetlink *connection, union message *message, struct mr_rtnetlink_device *device)
{
	mnl_cb_t verdicts[] = { [NLMSG_ERROR] = take_verdict };
	struct answer answer = { .connection = connection, .device = device };
	unsigned int port = mnl_socket_get_portid(connection->socket);
	int going = MNL_CB_OK;

	connection->why[0] = '\0';
	message->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	message->header.nlmsg_seq = ++connection->sequence;
	if (mnl_socket_sendto(connection->socket, message, message->header.nlmsg_len) < 0)
		return -errno;
	while (going > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(connection->socket, message, sizeof(*message));

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got < 0)
			continue;
		going = mnl_cb_run2(message, (size_t)got, connection->sequence, port, take_device, &answer, verdicts,
				    sizeof(verdicts) / sizeof(verdicts[0]));
		if (going < 0)
			return -errno;
	}
	return answer.code;
}

static void *start(union message *message, int type, int flags, size_t payload)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(message);

	header->nlmsg_type = (uint16_t)type;
	header->nlmsg_flags = (uint16_t)flags;
	return mnl_nlmsg_put_extra_header(header, payload);
}

static struct ifinfomsg *start_link(union message *message, int type, int flags, int index)
{
	struct ifinfomsg *info = start(message, type, flags, sizeof(*info));

	info->ifi_family = AF_UNSPEC;
	info->ifi_index = index;
	return info;
}

int mr_rtnetlink_find(struct mr_rtnetlink *connection, const char *name, struct mr_rtnetlink_device *ret_device)
{
	union message message;
	struct mr_rtnetlink_device device = { .index = 0 };
	int code;

	(void)start_link(&message, RTM_GETLINK, 0, 0);
	mnl_attr_put_strz(&message.header, IFLA_IFNAME, name);
	code = ask(connection, &message, &device);
	if (code == 0 && device.index == 0)
		code = -ENODEV;
	if (code == 0)
		*ret_device = device;
	return code;
}

static void put_end(struct nlmsghdr *header, const struct mr_rtnetlink_end *end)
{
	mnl_attr_put_strz(header, IFLA_IFNAME, end->name);
	if (end->mac)
		mnl_attr_put(header, IFLA_ADDRESS, MR_MAC_LENGTH, end->mac);
	if (end->mtu != 0)
		mnl_attr_put_u32(header, IFLA_MTU, end->mtu);
}

int mr_rtnetlink_make_pair(struct mr_rtnetlink *connection, const struct mr_rtnetlink_end *here,
			   const struct mr_rtnetlink_end *there, int namespace)
{
	union message message;
	struct nlmsghdr *header = &message.header;
	struct nlattr *kind;
	struct nlattr *data;
	struct nlattr *peer;

	(void)start_link(&message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	put_end(header, here);
	kind = mnl_attr_nest_start(header, IFLA_LINKINFO);
	mnl_attr_put_str(header, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(header, VETH_INFO_PEER);
	memset(mnl_nlmsg_get_payload_tail(header), 0, sizeof(struct ifinfomsg));
	header->nlmsg_len += (uint32_t)sizeof(struct ifinfomsg);
	put_end(header, there);
	mnl_attr_put_u32(header, IFLA_NET_NS_FD, (uint32_t) namespace);
	mnl_attr_nest_end(header, peer);
	mnl_attr_nest_end(header, data);
	mnl_attr_nest_end(header, kind);
	return ask(connection, &message, NULL);
}

int mr_rtnetlink_delete(struct mr_rtnetlink *connection, int index)
{
	union message message;

	(void)start_link(&message, RTM_DELLINK, 0, index);
	return ask(connection, &message, NULL);
}

int mr_rtnetlink_set_up(struct mr_rtnetlink *connection, int index)
{
	union message message;
	struct ifinfomsg *info = start_link(&message, RTM_NEWLINK, 0, index);

	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	return ask(connection, &message, NULL);
}

int mr_rtnetlink_set_master(struct mr_rtnetlink *connection, int index, int master)
{
	union message message;

	(void)start_link(&message, RTM_NEWLINK, 0, index);
	mnl_attr_put_u32(&message.header, IFLA_MASTER, (uint32_t)master);
	return ask(connection, &message, NULL);
}

static size_t length_of(const struct mr_address *address)
{
	return address->family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

int mr_rtnetlink_add_address(struct mr_rtnetlink *connection, int index, const struct mr_address *address)
{
	union message message;
	struct ifaddrmsg *info = start(&message, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));

	info->ifa_family = (unsigned char)address->family;
	info->ifa_prefixlen = (unsigned char)address->prefix;
	info->ifa_index = (unsigned int)index;
	/* Nobody else is on this wire yet who could have it: it is good at once, not a second later. */
	info->ifa_flags = address->family == AF_INET6 ? IFA_F_NODAD : 0;
	mnl_attr_put(&message.header, IFA_LOCAL, length_of(address), &address->bytes);
	mnl_attr_put(&message.header, IFA_ADDRESS, length_of(address), &address->bytes);
	return ask(connection, &message, NULL);
}

int mr_rtnetlink_add_default_route(struct mr_rtnetlink *connection, int index, const struct mr_address *gateway)
{
	union message message;
	struct rtmsg *info = start(&message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*info));

	info->rtm_family = (unsigned char)gateway->family;
	info->rtm_table = RT_TABLE_MAIN;
	info->rtm_protocol = RTPROT_STATIC;
	info->rtm_scope = RT_SCOPE_UNIVERSE;
	info->rtm_type = RTN_UNICAST;
	mnl_attr_put(&message.header, RTA_GATEWAY, length_of(gateway), &gateway->bytes);
	mnl_attr_put_u32(&message.header, RTA_OIF, (uint32_t)index);
	return ask(connection, &message, NULL);
}
