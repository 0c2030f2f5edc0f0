/*
 * The network of a command. A strategy is a word, with options where it has any; several may be given, one after the
 * other, as far as they go together:
 *
 *   none                  a new network namespace, not even its loopback is up
 *   loopback              a new network namespace with loopback
 *   host                  the caller's, the default
 *   ns:REF                an existing one, see <maproot/join.h>
 *   veth[:KEY=VALUE,...]  a new one, with one end of a pair of virtual devices. Needs CAP_NET_ADMIN where the other end is,
 *                         and there CAP_SYS_ADMIN too; a user has both where his own user namespace owns one of the
 *                         two network namespaces, and that or one below it the other
 *                           name=NAME             inside (eth0, eth1 ...)
 *                           host-name=NAME        outside (made up)
 *                           address=IP/LEN        inside; may be repeated, both families
 *                           host-address=IP/LEN   outside, likewise; not with a bridge
 *                           gateway=IP            default route inside; once a family, which needs an address
 *                           mtu=N                 of both ends
 *                           mac=MAC               inside
 *                           bridge=NAME           the outer end becomes a port of it
 *                           peer=REF              the outer end is in that network namespace instead of the caller's;
 *                                                 a path with a comma can't be said
 *   slirp4netns[:KEY=VALUE,...]  a new one, with the internet by slirp4netns(1): name=NAME (tap0), mtu=N (65520),
 *                           cidr=IP/LEN (10.0.2.0/24), ipv6, host-loopback
 *   pasta[:KEY=VALUE,...]   likewise by pasta(1): name=NAME, address=IP[/LEN], gateway=IP (all as the host has them),
 *                           mtu=N (65520), ipv4-only, ipv6-only, host-loopback
 *
 * With host-loopback the host's loopback is reached at the address of the gateway; without, nowhere. Both programs end with
 * the command. Inside, /etc/resolv.conf names a server that leads to the host's first one, where the host's own file would
 * be wrong. none, host and ns:REF go with nothing else; of slirp4netns and pasta there is one.
 *
 * Ports are published through slirp4netns or pasta: "[ADDRESS:]HOST:INNER[/tcp|/udp]", or, with slirp4netns, with the
 * inner address as "ADDRESS:HOST:INNER_ADDRESS:INNER". IPv6 addresses stand in brackets, and are for pasta alone. Without
 * ADDRESS on 127.0.0.1; there slirp4netns has UDP only with host-loopback.
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
