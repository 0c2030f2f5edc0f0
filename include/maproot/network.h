/*
 * The network of a command. A strategy is a word, with options where it has any; several may be given, one after the
 * other, as far as they go together:
 *
 *   none                  a new network namespace, not even its loopback is up
 *   loopback              a new network namespace with loopback
 *   host                  the caller's, the default
 *   ns:REF                an existing one, see <maproot/join.h>
 *   veth[:KEY=VALUE,...]  a new one, with one end of a pair of virtual devices. Needs CAP_NET_ADMIN where the other end is
 *                           name=NAME        inside (eth0, eth1 ...)
 *                           host-name=NAME   outside (made up)
 *                           address=IP/LEN   inside; may be repeated, both families
 *                           host-address=IP/LEN
 *                           gateway=IP       default route inside; may be repeated, a family once
 *                           mtu=N  mac=MAC   inside
 *                           bridge=NAME      the outer end becomes a port of it
 *                           peer=REF         the outer end is in that network namespace instead of the caller's
 *   slirp4netns[:KEY=VALUE,...]  a new one, with the internet by slirp4netns(1): mtu=N, cidr=IP/LEN, ipv6, host-loopback
 *   pasta[:KEY=VALUE,...]        likewise by pasta(1): mtu=N, address=IP, gateway=IP, ipv4-only, ipv6-only, host-loopback
 *
 * Ports are published through slirp4netns or pasta: "[ADDRESS:]HOST:INNER[/tcp|/udp]", or with the inner address as
 * "ADDRESS:HOST:INNER_ADDRESS:INNER". Without ADDRESS on 127.0.0.1.
 */
#ifndef MAPROOT_NETWORK_H
#define MAPROOT_NETWORK_H

#include <stddef.h>

struct maproot_network {
	const char *const *strategies; /* as above; carried out in order */
	size_t strategy_count;
	const char *const *ports;
	size_t port_count;
};

#endif
