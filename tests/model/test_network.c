/*
 * Contract of src/model/network.h: every strategy, option and port of <maproot/network.h> is read as it says; whatever is
 * unknown, malformed, twice or contradicting is refused with the word in question, and the plan is left as it was.
 */
#include "model/network.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 10 };

/* Words that make a request: "@..." is a port, the others are strategies. */
static struct maproot_network wish_of(const char *const *words, const char **strategies, const char **ports)
{
	struct maproot_network wish = { .strategies = strategies, .ports = ports };

	for (; *words; words++) {
		if ((*words)[0] == '@')
			ports[wish.port_count++] = *words + 1;
		else
			strategies[wish.strategy_count++] = *words;
	}
	return wish;
}

static int make(const char *const *words, struct mr_network_plan *plan, struct maproot_error *err)
{
	const char *strategies[MR_PORTS_MAX];
	const char *ports[MR_PORTS_MAX];
	struct maproot_network wish = wish_of(words, strategies, ports);

	return mr_network_plan_make(&wish, plan, err);
}

static void make_good(const char *const *words, struct mr_network_plan *plan)
{
	struct maproot_error err = MAPROOT_ERROR_INIT;

	ck_assert_msg(make(words, plan, &err) == 0, "'%s': %s", words[0], err.object);
}

static const struct {
	const char *words[MOST];
	const char *complaint; /* the error's object, or its start where it ends in "..." */
} refused[] = {
	{ { "vteh" }, "the network 'vteh' is none of none, loopback, host, ns:REF, veth, slirp4netns, pasta" },
	{ { "" }, "the network '' is none of ..." },
	{ { "vet" }, "the network 'vet' is none of ..." },
	{ { "none:mtu=1500" }, "the network 'none:mtu=1500' has options where there are none" },
	{ { "loopback:" }, "the network 'loopback:' has options where there are none" },
	{ { "host:x" }, "the network 'host:x' has options where there are none" },
	{ { "ns" }, "the network 'ns' names no namespace: ns:REF" },
	{ { "ns:" }, "'': nothing is named" },
	{ { "ns:net=7" }, "the network 'ns:net=7' names types of namespaces: it is for the network alone" },
	{ { "veth:" }, "the network 'veth:': veth has no option ''" },
	{ { "veth:mtu=1400,," }, "the network 'veth:mtu=1400,,': veth has no option ''" },
	{ { "veth:colour=red" }, "the network 'veth:colour=red': veth has no option 'colour=red'" },
	{ { "veth:ipv6" }, "the network 'veth:ipv6': veth has no option 'ipv6'" },
	{ { "pasta:cidr=10.0.2.0/24" }, "the network 'pasta:cidr=10.0.2.0/24': pasta has no option 'cidr=10.0.2.0/24'" },
	{ { "slirp4netns:mac=02:00:00:00:00:01" }, "the network 'slirp4netns:mac=02:00:00:00:00:01': slirp4netns has no ..." },
	{ { "veth:mtu" }, "the network 'veth:mtu': 'mtu' needs a value" },
	{ { "pasta:ipv4-only=yes" }, "the network 'pasta:ipv4-only=yes': 'ipv4-only=yes' takes no value" },
	{ { "veth:mtu=1400,mtu=1500" }, "the network 'veth:mtu=1400,mtu=1500': 'mtu=1500' is said twice" },
	{ { "slirp4netns:ipv6,ipv6" }, "the network 'slirp4netns:ipv6,ipv6': 'ipv6' is said twice" },
	{ { "veth:mtu=67" }, "the network 'veth:mtu=67': 'mtu=67' is no number from 68 to 65535" },
	{ { "veth:mtu=65536" }, "the network 'veth:mtu=65536': 'mtu=65536' is no number from 68 to 65535" },
	{ { "veth:mtu=1400x" }, "the network 'veth:mtu=1400x': 'mtu=1400x' is no number ..." },
	{ { "veth:mtu=-1" }, "the network 'veth:mtu=-1': 'mtu=-1' is no number ..." },
	{ { "slirp4netns:mtu=65522" }, "the network 'slirp4netns:mtu=65522': 'mtu=65522' is no number from 68 to 65521" },
	{ { "veth:name=" }, "the network 'veth:name=': 'name=' is no name for a network device" },
	{ { "veth:name=0123456789abcdef" }, "the network 'veth:name=0123456789abcdef': 'name=0123456789abcdef' is no ..." },
	{ { "veth:host-name=a/b" }, "the network 'veth:host-name=a/b': 'host-name=a/b' is no name ..." },
	{ { "veth:host-name=v%d" }, "the network 'veth:host-name=v%d': 'host-name=v%d' is no name ..." },
	{ { "veth:bridge=.." }, "the network 'veth:bridge=..': 'bridge=..' is no name ..." },
	{ { "veth:bridge=a b" }, "the network 'veth:bridge=a b': 'bridge=a b' is no name ..." },
	{ { "veth:mac=02:00:00:00:00" }, "the network 'veth:mac=02:00:00:00:00': 'mac=02:00:00:00:00' is no address of a single ..." },
	{ { "veth:mac=03:00:00:00:00:01" }, "the network 'veth:mac=03:00:00:00:00:01': 'mac=03:00:00:00:00:01' is no ..." },
	{ { "veth:mac=00:00:00:00:00:00" }, "the network 'veth:mac=00:00:00:00:00:00': 'mac=00:00:00:00:00:00' is no ..." },
	{ { "veth:mac=02-00-00-00-00-01" }, "the network 'veth:mac=02-00-00-00-00-01': 'mac=02-00-00-00-00-01' is no ..." },
	{ { "veth:mac=02:00:00:00:00:0g" }, "the network 'veth:mac=02:00:00:00:00:0g': 'mac=02:00:00:00:00:0g' is no ..." },
	{ { "veth:address=10.0.0.2" },
	  "the network 'veth:address=10.0.0.2': 'address=10.0.0.2' is no address with the length of its prefix "
	  "(10.0.0.2/24, fd00::2/64)" },
	{ { "veth:address=10.0.0.2/33" }, "the network 'veth:address=10.0.0.2/33': 'address=10.0.0.2/33' is no address ..." },
	{ { "veth:address=fd00::2/129" }, "the network 'veth:address=fd00::2/129': 'address=fd00::2/129' is no address ..." },
	{ { "veth:address=10.0.0.256/8" }, "the network 'veth:address=10.0.0.256/8': 'address=10.0.0.256/8' is no ..." },
	{ { "veth:address=10.0.0.2/" }, "the network 'veth:address=10.0.0.2/': 'address=10.0.0.2/' is no address ..." },
	{ { "veth:address=10.0.0.2/8,address=10.0.0.2/24" },
	  "the network 'veth:address=10.0.0.2/8,address=10.0.0.2/24': 'address=10.0.0.2/24' is there twice" },
	{ { "veth:host-address=fd00::g/64" }, "the network 'veth:host-address=fd00::g/64': 'host-address=fd00::g/64' is no ..." },
	{ { "veth:gateway=10.0.0.1/24" }, "the network 'veth:gateway=10.0.0.1/24': 'gateway=10.0.0.1/24' is no address" },
	{ { "veth:gateway=10.0.0.1" }, "the network 'veth:gateway=10.0.0.1' has a gateway without an address of the same family" },
	{ { "veth:address=10.0.0.2/24,gateway=fd00::1" },
	  "the network 'veth:address=10.0.0.2/24,gateway=fd00::1' has a gateway without an address of the same family" },
	{ { "veth:address=10.0.0.2/24,gateway=10.0.0.1,gateway=10.0.0.3" },
	  "the network 'veth:address=10.0.0.2/24,gateway=10.0.0.1,gateway=10.0.0.3': 'gateway=10.0.0.3' is the second gateway "
	  "of its family" },
	{ { "veth:bridge=br0,host-address=10.0.0.1/24" },
	  "the network 'veth:bridge=br0,host-address=10.0.0.1/24' has addresses for a port of a bridge: they belong to the "
	  "bridge" },
	{ { "veth:peer=" }, "the network 'veth:peer=': 'peer=' is no reference to a network namespace" },
	{ { "veth:peer=net=7" }, "the network 'veth:peer=net=7': 'peer=net=7' is no reference ..." },
	{ { "veth:peer=fd:x" }, "the network 'veth:peer=fd:x': 'peer=fd:x' is no reference ..." },
	{ { "slirp4netns:cidr=fd00::/64" }, "the network 'slirp4netns:cidr=fd00::/64': 'cidr=fd00::/64' is no IPv4 network ..." },
	{ { "slirp4netns:cidr=10.0.0.0/26" }, "the network 'slirp4netns:cidr=10.0.0.0/26': 'cidr=10.0.0.0/26' is no IPv4 ..." },
	{ { "slirp4netns:cidr=10.0.0.0" }, "the network 'slirp4netns:cidr=10.0.0.0': 'cidr=10.0.0.0' is no IPv4 network ..." },
	{ { "pasta:ipv4-only,ipv6-only" }, "the network 'pasta:ipv4-only,ipv6-only' is ipv4-only and ipv6-only" },
	{ { "pasta:address=fd00::2,ipv4-only" },
	  "the network 'pasta:address=fd00::2,ipv4-only' has addresses of the family that it leaves out" },
	{ { "pasta:gateway=10.0.0.1,ipv6-only" },
	  "the network 'pasta:gateway=10.0.0.1,ipv6-only' has addresses of the family that it leaves out" },
	{ { "pasta:address=10.0.0.2,address=10.0.0.3" },
	  "the network 'pasta:address=10.0.0.2,address=10.0.0.3': 'address=10.0.0.3' is the second of its family, pasta has one" },
	{ { "none", "loopback" }, "the network 'loopback' does not go together with 'none'" },
	{ { "veth", "none" }, "the network 'none' does not go together with 'veth'" },
	{ { "host", "pasta" }, "the network 'pasta' does not go together with 'host'" },
	{ { "loopback", "host" }, "the network 'host' does not go together with 'loopback'" },
	{ { "ns:/x", "veth" }, "the network 'veth' does not go together with 'ns:/x'" },
	{ { "none", "none" }, "the network 'none' does not go together with 'none'" },
	{ { "loopback", "loopback" }, "the network 'loopback' is said twice, beside 'loopback'" },
	{ { "slirp4netns", "pasta" }, "the network 'pasta' is a second way to the internet, beside 'slirp4netns'" },
	{ { "pasta", "veth", "pasta" }, "the network 'pasta' is a second way to the internet, beside 'pasta'" },
	{ { "veth:name=a", "veth:name=a" }, "the network 'veth:name=a' has the same name inside as 'veth:name=a'" },
	{ { "veth:name=tap9", "slirp4netns:name=tap9" }, "the network 'slirp4netns:name=tap9' has the same name inside as ..." },
	{ { "veth:host-name=a", "veth:host-name=a" }, "the network 'veth:host-name=a' has the same host-name as ..." },
	{ { "veth:address=10.0.0.2/8,gateway=10.0.0.1", "slirp4netns" },
	  "the network 'slirp4netns' has another default route than 'veth:address=10.0.0.2/8,gateway=10.0.0.1'" },
	{ { "veth:address=fd00::2/64,gateway=fd00::1", "pasta" }, "the network 'pasta' has another default route than ..." },
	{ { "@8080:80" }, "the port '8080:80' can't be published: only slirp4netns and pasta do" },
	{ { "veth", "@8080:80" }, "the port '8080:80' can't be published: only slirp4netns and pasta do" },
	{ { "pasta", "@8080" }, "the port '8080' is not of the form [ADDRESS:]HOST:INNER[/tcp|/udp]" },
	{ { "pasta", "@" }, "the port '' is not of the form ..." },
	{ { "pasta", "@:80" }, "the port ':80' is not of the form ..." },
	{ { "pasta", "@80:" }, "the port '80:' is not of the form ..." },
	{ { "pasta", "@1:2:3:4:5" }, "the port '1:2:3:4:5' is not of the form ..." },
	{ { "pasta", "@::1:80:80" }, "the port '::1:80:80' is not of the form ..." },
	{ { "pasta", "@[::1:80:80" }, "the port '[::1:80:80' is not of the form ..." },
	{ { "pasta", "@80:80/sctp" }, "the port '80:80/sctp' names a protocol other than tcp and udp" },
	{ { "pasta", "@80:80/" }, "the port '80:80/' names a protocol other than tcp and udp" },
	{ { "pasta", "@x:80:80" }, "the port 'x:80:80' has no address before its first port (IPv6 in brackets)" },
	{ { "slirp4netns", "@127.0.0.1:80:x:80" },
	  "the port '127.0.0.1:80:x:80' has no address before its second port (IPv6 in brackets)" },
	{ { "pasta", "@0:80" }, "the port '0:80' has a number that is not from 1 to 65535" },
	{ { "pasta", "@80:65536" }, "the port '80:65536' has a number that is not from 1 to 65535" },
	{ { "pasta", "@80x:80" }, "the port '80x:80' has a number that is not from 1 to 65535" },
	{ { "pasta", "@127.0.0.1:80:10.0.2.100:80" },
	  "the port '127.0.0.1:80:10.0.2.100:80' names an address inside, which pasta can't choose" },
	{ { "slirp4netns", "@[::1]:80:80" }, "the port '[::1]:80:80' is of IPv6, which slirp4netns does not publish" },
	{ { "slirp4netns", "@53:53/udp" },
	  "the port '53:53/udp' is UDP on the host's loopback, which slirp4netns answers only with host-loopback; name another "
	  "address" },
	{ { "slirp4netns:host-loopback", "@53:53/udp", "@0.0.0.0:54:53/udp" },
	  "the port '0.0.0.0:54:53/udp' leads to the same UDP port as another, and slirp4netns mixes up their answers" },
	{ { "pasta", "@80:80", "@127.0.0.1:80:81" }, "the port '127.0.0.1:80:81' is published twice" },
};

START_TEST(what_is_wrong_is_named)
{
	const char *want = refused[_i].complaint;
	size_t length = strlen(want);
	bool start = length > 3 && strcmp(want + length - 3, "...") == 0;
	struct mr_network_plan plan;
	struct mr_network_plan before;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	memset(&plan, 0x5a, sizeof(plan));
	memset(&before, 0x5a, sizeof(before));
	ck_assert_int_eq(make(refused[_i].words, &plan, &err), -EINVAL);
	ck_assert_int_eq(err.code, EINVAL);
	ck_assert_int_eq(err.step, strncmp(want, "''", 2) == 0 ? MAPROOT_STEP_REFERENCE : MAPROOT_STEP_REQUEST);
	if (start)
		ck_assert_msg(strncmp(err.object, want, length - 3) == 0, "'%s' is not '%s'", err.object, want);
	else
		ck_assert_str_eq(err.object, want);
	ck_assert_mem_eq(&plan, &before, sizeof(plan));
	ck_assert_int_eq(make(refused[_i].words, &plan, NULL), -EINVAL);
}
END_TEST

static const struct {
	const char *words[MOST];
	bool creates;
	bool loopback;
	bool outside;
	const char *reference;
	const char *names[4]; /* inside */
} plans[] = {
	{ { NULL }, false, false, false, NULL, { NULL } },
	{ { "none" }, true, false, false, NULL, { "" } },
	{ { "loopback" }, true, true, false, NULL, { "" } },
	{ { "host" }, false, false, false, NULL, { "" } },
	{ { "ns:/run/netns/a" }, false, false, false, "/run/netns/a", { "" } },
	{ { "ns:pid:12:34" }, false, false, false, "pid:12:34", { "" } },
	{ { "ns:/a,b" }, false, false, false, "/a,b", { "" } },
	{ { "veth" }, true, true, true, NULL, { "eth0" } },
	{ { "loopback", "veth", "veth" }, true, true, true, NULL, { "", "eth0", "eth1" } },
	{ { "veth", "veth:name=eth0", "veth" }, true, true, true, NULL, { "eth1", "eth0", "eth2" } },
	{ { "slirp4netns", "veth:name=tap0" }, true, true, true, NULL, { "tap1", "tap0" } },
	{ { "slirp4netns:name=internet", "veth" }, true, true, true, NULL, { "internet", "eth0" } },
	{ { "pasta:name=internet" }, true, true, true, NULL, { "internet" } },
	{ { "pasta" }, true, true, true, NULL, { "" } },
	/* Routes of one family each. */
	{ { "pasta:ipv4-only", "veth:address=fd00::2/64,gateway=fd00::1" }, true, true, true, NULL, { "", "eth0" } },
	{ { "slirp4netns", "veth:gateway=fe80::1" }, true, true, true, NULL, { "tap0", "eth0" } },
	{ { "veth:host-name=a,peer=1", "veth:host-name=a,peer=2" }, true, true, true, NULL, { "eth0", "eth1" } },
};

/* All of them together. */
static const char *plan_words(const char *const *words)
{
	const char *text = "";

	for (; *words; words++)
		text = support_text("%s %s", text, *words);
	return text;
}

START_TEST(plans_say_what_is_to_be_done)
{
	struct mr_network_plan plan;
	size_t count = 0;

	make_good(plans[_i].words, &plan);
	ck_assert_int_eq(plan.creates, plans[_i].creates);
	ck_assert_int_eq(plan.loopback, plans[_i].loopback);
	ck_assert_int_eq(plan.outside, plans[_i].outside);
	ck_assert_int_eq(plan.internet, strstr(plan_words(plans[_i].words), "slirp4netns") != NULL ||
						strstr(plan_words(plans[_i].words), "pasta") != NULL);
	ck_assert_pstr_eq(plan.reference, plans[_i].reference);
	for (; plans[_i].names[count]; count++)
		ck_assert_str_eq(plan.network[count].name, plans[_i].names[count]);
	ck_assert_uint_eq(plan.count, count);
}
END_TEST

START_TEST(no_wish_is_no_network)
{
	struct mr_network_plan plan;

	ck_assert_int_eq(mr_network_plan_make(NULL, &plan, NULL), 0);
	ck_assert_uint_eq(plan.count + plan.port_count, 0);
	ck_assert(!plan.creates && !plan.loopback && !plan.outside && !plan.reference);
}
END_TEST

static void check_address(const struct mr_address *address, bool with_prefix, const char *want)
{
	char text[MR_ADDRESS_SIZE];

	mr_address_format(address, with_prefix, text);
	ck_assert_str_eq(text, want);
}

START_TEST(options_of_veth_are_read)
{
	static const char *const words[] = { "veth:name=in,host-name=out,address=10.0.0.2/24,address=FD00::0:2/64,mtu=1280,"
					     "mac=0A:bc:00:00:00:Ff,gateway=10.0.0.1,gateway=fd00::1,peer=/run/a=b,bridge=br0",
					     NULL };
	static const unsigned char mac[] = { 0x0a, 0xbc, 0, 0, 0, 0xff };
	struct mr_network_plan plan;
	const struct mr_network *network = &plan.network[0];
	char text[MR_MAC_SIZE];

	make_good(words, &plan);
	ck_assert_int_eq(network->kind, MR_NETWORK_VETH);
	ck_assert_str_eq(network->name, "in");
	ck_assert_str_eq(network->host_name, "out");
	ck_assert_str_eq(network->bridge, "br0");
	ck_assert_str_eq(network->peer, "/run/a=b");
	ck_assert_uint_eq(network->mtu, 1280);
	ck_assert(network->has_mac);
	ck_assert_mem_eq(network->mac, mac, sizeof(mac));
	mr_mac_format(network->mac, text);
	ck_assert_str_eq(text, "0a:bc:00:00:00:ff");
	ck_assert_uint_eq(network->address_count, 2);
	check_address(&network->addresses[0], true, "10.0.0.2/24");
	check_address(&network->addresses[1], true, "fd00::2/64");
	ck_assert_uint_eq(network->gateway_count, 2);
	check_address(&network->gateways[0], false, "10.0.0.1");
	check_address(&network->gateways[1], false, "fd00::1");
}
END_TEST

START_TEST(options_of_the_internet_are_read)
{
	static const char *const slirp[] = { "slirp4netns:mtu=1500,cidr=10.9.8.7/20,ipv6,host-loopback", NULL };
	static const char *const pasta[] = { "pasta:mtu=9000,address=10.0.0.2/8,address=fd00::2,gateway=10.0.0.1,host-loopback",
					     NULL };
	struct mr_network_plan plan;
	struct mr_address address;

	make_good(slirp, &plan);
	ck_assert_int_eq(plan.network[0].kind, MR_NETWORK_SLIRP4NETNS);
	ck_assert_uint_eq(plan.network[0].mtu, 1500);
	ck_assert(plan.network[0].ipv6 && plan.network[0].host_loopback);
	address = mr_address_in_network(&plan.network[0].cidr, 3);
	check_address(&address, true, "10.9.0.3/20");
	make_good(pasta, &plan);
	ck_assert_int_eq(plan.network[0].kind, MR_NETWORK_PASTA);
	ck_assert_uint_eq(plan.network[0].mtu, 9000);
	check_address(&plan.network[0].addresses[0], true, "10.0.0.2/8");
	check_address(&plan.network[0].addresses[1], true, "fd00::2/128");
	check_address(&plan.network[0].gateways[0], false, "10.0.0.1");
	ck_assert(plan.network[0].host_loopback && !plan.network[0].ipv4_only && !plan.network[0].ipv6_only);
}
END_TEST

static const struct {
	const char *words[MOST];
	bool udp;
	const char *host;
	unsigned int host_port;
	const char *inner; /* NULL: not said */
	unsigned int inner_port;
} ports[] = {
	{ { "pasta", "@8080:80" }, false, "127.0.0.1", 8080, NULL, 80 },
	{ { "slirp4netns", "@1:65535/tcp" }, false, "127.0.0.1", 1, NULL, 65535 },
	{ { "pasta", "@53:5353/udp" }, true, "127.0.0.1", 53, NULL, 5353 },
	{ { "pasta", "@0.0.0.0:8080:80" }, false, "0.0.0.0", 8080, NULL, 80 },
	{ { "pasta", "@[fd00::1]:8080:80/udp" }, true, "fd00::1", 8080, NULL, 80 },
	{ { "slirp4netns", "@10.0.0.1:8080:10.0.2.100:80" }, false, "10.0.0.1", 8080, "10.0.2.100", 80 },
	{ { "slirp4netns:host-loopback", "@53:53/udp" }, true, "127.0.0.1", 53, NULL, 53 },
	/* The last one counts; the first is not the same. */
	{ { "slirp4netns", "@0.0.0.0:53:53/udp", "@53:53/tcp" }, false, "127.0.0.1", 53, NULL, 53 },
	{ { "slirp4netns", "@0.0.0.0:53:53/udp", "@0.0.0.0:54:54/udp" }, true, "0.0.0.0", 54, NULL, 54 },
	{ { "pasta", "@80:80/udp", "@80:80" }, false, "127.0.0.1", 80, NULL, 80 },
	{ { "pasta", "@80:80", "@127.0.0.2:80:80" }, false, "127.0.0.2", 80, NULL, 80 },
};

START_TEST(ports_are_read)
{
	struct mr_network_plan plan;
	const struct mr_port *port;

	make_good(ports[_i].words, &plan);
	ck_assert_uint_ge(plan.port_count, 1);
	port = &plan.port[plan.port_count - 1];
	ck_assert_int_eq(port->udp, ports[_i].udp);
	check_address(&port->host, false, ports[_i].host);
	ck_assert_uint_eq(port->host_port, ports[_i].host_port);
	ck_assert_uint_eq(port->inner_port, ports[_i].inner_port);
	if (ports[_i].inner)
		check_address(&port->inner, false, ports[_i].inner);
	else
		ck_assert_int_eq(port->inner.family, 0);
}
END_TEST

START_TEST(there_is_a_limit_and_it_is_said)
{
	const char *strategies[MR_NETWORKS_MAX + 1];
	const char *numbers[MR_PORTS_MAX + 1];
	struct maproot_network wish = { strategies, MR_NETWORKS_MAX, numbers, 0 };
	struct mr_network_plan plan;
	struct maproot_error err = MAPROOT_ERROR_INIT;

	for (size_t at = 0; at < UNIT_COUNT(strategies); at++)
		strategies[at] = "veth";
	ck_assert_int_eq(mr_network_plan_make(&wish, &plan, NULL), 0);
	ck_assert_str_eq(plan.network[MR_NETWORKS_MAX - 1].name, "eth7");
	wish.strategy_count++;
	ck_assert_int_eq(mr_network_plan_make(&wish, &plan, &err), -EINVAL);
	ck_assert_str_eq(err.object, "the network 'veth' is one too many");

	for (size_t at = 0; at < UNIT_COUNT(numbers); at++)
		numbers[at] = strdup(support_text("%zu:1", at + 1));
	wish = (struct maproot_network){ (const char *const[]){ "pasta" }, 1, numbers, MR_PORTS_MAX };
	ck_assert_int_eq(mr_network_plan_make(&wish, &plan, NULL), 0);
	ck_assert_uint_eq(plan.port_count, MR_PORTS_MAX);
	wish.port_count++;
	err = (struct maproot_error)MAPROOT_ERROR_INIT;
	ck_assert_int_eq(mr_network_plan_make(&wish, &plan, &err), -EINVAL);
	ck_assert_str_eq(err.object, "the port '65:1' is one too many");
	for (size_t at = 0; at < UNIT_COUNT(numbers); at++)
		free((char *)numbers[at]);
}
END_TEST

START_TEST(what_is_long_is_refused_and_not_cut)
{
	static const size_t lengths[] = { MR_PEER_SIZE - 1, MR_PEER_SIZE, MR_PEER_SIZE + 100, 5000 };
	size_t length = lengths[_i];
	char *text = malloc(length + 16);
	const char *const words[] = { text, NULL };
	struct mr_network_plan plan;

	ck_assert_ptr_nonnull(text);
	strcpy(text, "veth:peer=");
	memset(text + 10, '/', length);
	text[10 + length] = '\0';
	ck_assert_int_eq(make(words, &plan, NULL), length < MR_PEER_SIZE ? 0 : -EINVAL);
	free(text);
}
END_TEST

static Suite *build(void)
{
	TCase *tests;
	Suite *suite = unit_suite("model/network", &tests);

	tcase_add_loop_test(tests, what_is_wrong_is_named, 0, UNIT_COUNT(refused));
	tcase_add_loop_test(tests, plans_say_what_is_to_be_done, 0, UNIT_COUNT(plans));
	tcase_add_test(tests, no_wish_is_no_network);
	tcase_add_test(tests, options_of_veth_are_read);
	tcase_add_test(tests, options_of_the_internet_are_read);
	tcase_add_loop_test(tests, ports_are_read, 0, UNIT_COUNT(ports));
	tcase_add_test(tests, there_is_a_limit_and_it_is_said);
	tcase_add_loop_test(tests, what_is_long_is_refused_and_not_cut, 0, 4);
	return suite;
}

int main(void)
{
	return unit_main(build);
}
