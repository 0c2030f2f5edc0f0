#!/bin/sh
# hosts_inside.sh DIRECTORY: the user's part of hosts.sh, with the programs in DIRECTORY.
set -u
bin=$1
preload=$bin/libmaproot-preload.so
failures=0
container=

end_container() {
	[ -z "$container" ] || kill "$container" 2>/dev/null
	wait 2>/dev/null
	container=
}
trap end_container EXIT

fail() {
	printf '%s\n' "$*"
	failures=$((failures + 1))
}

where() {
	echo "$(readlink "$1/ns/user") $(readlink "$1/ns/mnt") $(readlink "$1/ns/net")"
}

# joined NAME THREADS VARIABLES COMMAND...: every line of it names the container's namespaces, for that many threads.
joined() {
	host=$1
	name="$1 in a container of $maker ($3)"
	threads=$2
	asked=$3
	shift 3
	# shellcheck disable=SC2086 # a list of variables
	if ! env $asked "$@" >out 2>err </dev/null; then
		fail "$name: $(cat err)"
		return
	fi
	if [ -s err ]; then
		fail "$name says: $(cat err)"
	fi
	inside=$(grep -cxF "own $want" out)
	others=$(grep -E '^(own|task) ' out | grep -cvxF -e "own $want" -e "task $want")
	tasks=$(grep -c '^task ' out)
	if [ "$inside" -lt "$threads" ] || [ "$tasks" -lt "$threads" ] || [ "$others" -ne 0 ]; then
		fail "$name: $inside threads and $tasks tasks, $others elsewhere than $want:
$(sort out | uniq -c)"
	fi
	if grep '^left .*maproot_' out; then
		fail "$name has variables left"
	fi
	case $host in
	go-linked | go-static)
		grep -qx 'joined 0x4c' out || fail "$name: $(grep -E '^(joined|failed)' out)"
		;;
	esac
}

try_all() {
	want=$(where "/proc/$pid")
	if [ "$(where /proc/self | cut -d' ' -f3)" = "${want##* }" ]; then
		fail "the container of $maker is none"
		return
	fi
	by_pid="maproot_user=$pid maproot_mnt=$pid maproot_net=$pid"
	by_path="maproot_net=/proc/$pid/ns/net maproot_order=user,!net,!mnt maproot_user=/proc/$pid/ns/user
		maproot_mnt=/proc/$pid/ns/mnt"
	for variables in "$by_pid" "$by_path"; do
		joined go-preloaded 8 "$variables LD_PRELOAD=$preload" "$bin/go-preloaded"
		joined go-linked 8 "$variables" "$bin/go-linked"
		joined go-static 8 "$variables" "$bin/go-static"
		joined python3 8 "$variables LD_PRELOAD=$preload" python3 "$bin/host.py"
	done
	if command -v node >/dev/null; then
		joined node 4 "$by_pid LD_PRELOAD=$preload" node "$bin/host.js"
	fi
	if [ -e "$bin/Host.class" ]; then
		joined java 8 "$by_pid LD_PRELOAD=$preload" java -XX:-UsePerfData -cp "$bin" Host
	fi
}

# Waits until a file has been written; a container is there then.
await() {
	tries=0
	while [ ! -s "$1" ] && [ "$tries" -lt 200 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
}

# A host that nobody joined says that it is elsewhere: what is looked for here can be seen.
maker=nobody
want="user:[1] mnt:[1] net:[1]"
before=$failures
joined python3 8 "LD_PRELOAD=$preload" python3 "$bin/host.py" >/dev/null
if [ "$failures" -eq "$before" ]; then
	fail "a host that was not joined is not told from one that was"
else
	failures=$before
fi

maker=unshare
unshare -rmn sh -c 'echo there >there; exec sleep 600' &
container=$!
await there
pid=$container
try_all
end_container

# shellcheck disable=SC2094 # bwrap says who is inside, and nobody else writes
maker=bwrap
bwrap --unshare-user --unshare-net --dev-bind / / --die-with-parent --info-fd 3 sleep 600 3>info &
container=$!
await info
pid=$(sed -n 's/.*"child-pid": \([0-9]*\).*/\1/p' info)
try_all
end_container

[ "$failures" -eq 0 ]
