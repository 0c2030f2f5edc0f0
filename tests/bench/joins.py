"""Joining what exists: whole processes against nsenter, and calls of the library against the bare system calls."""

# Run by one user: the container is his, and dies with this shell. "$1": the seconds of patience in tenths.
CONTAINER = """
set -eu
unshare -UrpfT --net --uts --ipc --cgroup --mount-proc --kill-child "$1" 0 >/dev/null &
outer=$!
trap 'kill -KILL "$outer" 2>/dev/null || :' EXIT
tries=0
while inner=$(cat "/proc/$outer/task/$outer/children") && [ "$(readlink "/proc/${inner% }/exe")" != "$1" ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || { echo "the container does not start" >&2; exit 1; }
	sleep 0.05
done
inner=${inner% }
shift
"$1" "$2" "$3" --contender "maproot -t" "$4" -t "$inner" "$6" \\
	--contender nsenter "$5" -t "$inner" -a --preserve-credentials "$6"
"""


def join_times(place, sizes, read_samples, spread):
    """Nanoseconds from start to end of a command in all namespaces of a rootless container."""
    text = place.run("/bin/sh", "-c", CONTAINER, "sh", place.own("waiter"), place.own("start"), str(sizes.rounds), "1",
                     place.own("maproot"), place.peers["nsenter"], place.own("payload"), shown="join")
    return {name: spread(values) for name, values in read_samples(text).items()}


def inside_times(place, sizes, read_samples, spread):
    """Nanoseconds of a call inside and of a visit, and what a storm of calls has left or lost."""
    samples = read_samples(place.run(place.own("inside"), str(sizes.rounds * 10), str(sizes.inside), shown="inside"))
    counted = ("lost", "moved", "descriptors", "threads")
    found = {name: spread(values) for name, values in samples.items() if name not in counted}
    found["storm"] = {name: samples[name][0] for name in counted}
    found["storm"]["calls"] = sizes.inside
    return found
