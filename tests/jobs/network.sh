#!/bin/sh
# In a network of its own: a veth pair, a bridge and a dummy are made, addressed, routed and spoken through.
set -eu
export LC_ALL=C

# Name, mtu, bridge, whether it was set up; not what the carrier makes of it in the meantime.
links() {
	ip -o link show | sed 's/ state .*//; s/ qdisc [^ ]*//; s/<[^>]*[<,]UP[,>][^ ]*/up/; s/<[^>]*>/down/'
}

links
ip link add left address 02:00:00:00:00:01 type veth peer name right address 02:00:00:00:00:02
ip link add switch address 02:00:00:00:00:03 type bridge
ip link set right master switch
ip address add 192.0.2.1/24 dev left
ip link set left up
ip link set right up
ip link set switch up
ip route add 198.51.100.0/24 via 192.0.2.7
links
ip -o -4 address show scope global | sed 's/  */ /g; s/\\.*//'
ip route | sed 's/ *$//'
ip route get 198.51.100.9 | head -n 1 | sed 's/ uid.*//; s/ *$//'
echo "same: dummy: $(ip link add dummy0 address 02:00:00:00:00:04 type dummy 2>&1 && ip -o link show dummy0 | sed 's/ qdisc.*//')"
ip link delete left
links

# A port below 1024, and a word through the loopback that is up already.
python3 - <<'END'
import socket
server = socket.create_server(("127.0.0.1", 80))
client = socket.create_connection(("127.0.0.1", 80))
client.sendall(b"through the loopback\n")
print(server.accept()[0].recv(100).decode(), end="")
END
