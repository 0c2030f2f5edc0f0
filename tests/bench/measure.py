"""Runs the timing programs and collects what they print. Knows the contenders, not the bars."""
import collections
import os
import platform
import random
import re
import shutil
import signal
import statistics
import subprocess
import time

import joins
import runs

Sizes = collections.namedtuple("Sizes", "rounds slow_rounds signals crowd memory_runs spawns megabytes inside pins pin_rounds")
FULL = Sizes(rounds=300, slow_rounds=60, signals=2000, crowd=1000, memory_runs=5, spawns=300, megabytes=4096,
             inside=10000, pins=200, pin_rounds=5)
QUICK = Sizes(rounds=5, slow_rounds=2, signals=20, crowd=20, memory_runs=1, spawns=3, megabytes=64, inside=160,
              pins=5, pin_rounds=1)

THREADS = 16
LIMIT_SECONDS = 600
NEEDED = ("unshare", "bwrap", "rootlesskit", "buildah", "tini", "strace", "nsenter", "ip", "runc", "crun", "busybox")


class Failed(Exception):
    """Something could not be measured; the text says what."""


class Place:
    """The directory of the programs, and the paths of the peers."""

    def __init__(self, directory):
        self.directory = directory
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        self.peers = {name: shutil.which(name, path=path) for name in NEEDED}
        missing = sorted(name for name, found in self.peers.items() if found is None)
        if missing:
            raise Failed("not installed: " + ", ".join(missing))

    def own(self, name):
        return os.path.join(self.directory, name)

    def as_user(self, *command):
        return [self.own("as_user"), *command]

    def run(self, *command, shown=None):
        return self.run_here(*self.as_user(*command), shown=shown or os.path.basename(command[0]))

    def run_here(self, *command, shown):
        """As whoever started the benchmark."""
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            out, err = process.communicate(timeout=LIMIT_SECONDS)
        except BaseException as reason:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if isinstance(reason, subprocess.TimeoutExpired):
                raise Failed("%s: no end after %d s" % (shown, LIMIT_SECONDS)) from None
            raise
        if process.returncode != 0:
            raise Failed("%s: %s" % (shown, err.strip()))
        return out


def wrappers(place):
    """Name -> the command line in front of the command, for all that wrap one."""
    peers = place.peers
    return {
        "bare": [],
        "limit": [place.own("limit")],
        "limit --in-place": [place.own("limit"), "--in-place"],
        "maproot": [place.own("maproot")],
        "maproot --in-place": [place.own("maproot"), "--in-place"],
        "maproot --map-auto": [place.own("maproot"), "--map-auto"],
        "unshare -rm": [peers["unshare"], "-rm"],
        "unshare -rm --fork": [peers["unshare"], "-rm", "--fork"],
        "bwrap": [peers["bwrap"], "--dev-bind", "/", "/", "--unshare-user", "--uid", "0", "--gid", "0"],
        "unshare -r --map-auto": [peers["unshare"], "-r", "--map-auto"],
        "rootlesskit": [peers["rootlesskit"]],
        "buildah unshare": [peers["buildah"], "unshare"],
    }


SLOW = ("rootlesskit", "buildah unshare")
WAITING = ("maproot", "limit", "unshare -rm --fork", "bwrap", "rootlesskit", "buildah unshare")


def spread(samples):
    """What is kept of samples: the median, the middle 80 %, how many."""
    ordered = sorted(samples)
    last = len(ordered) - 1
    return {"median": statistics.median(ordered), "p10": ordered[round(last * 0.1)],
            "p90": ordered[round(last * 0.9)], "samples": len(ordered)}


def read_samples(text):
    samples = collections.defaultdict(list)
    for line in text.splitlines():
        name, value = line.split("\t")
        samples[name].append(int(value))
    return samples


def start_times(place, sizes):
    """
    Nanoseconds from start to end of a command that does nothing. The two slowest peers take part in a
    fifth of the rounds, spread evenly: blocks with them alternate with blocks without.
    """
    command = place.own("payload")
    contenders = {name: front + [command] for name, front in wrappers(place).items()}
    fast = {name: argv for name, argv in contenders.items() if name not in SLOW}
    samples = collections.defaultdict(list)
    seed = 1
    blocks = max(1, min(10, sizes.slow_rounds))

    def block(chosen, rounds):
        arguments = []
        for name, argv in chosen.items():
            arguments += ["--contender", name] + argv
        text = place.run(place.own("start"), str(rounds), str(seed), *arguments, shown="start")
        for name, values in read_samples(text).items():
            samples[name] += values

    for _ in range(blocks):
        with_slow = max(1, sizes.slow_rounds // blocks)
        block(contenders, with_slow)
        seed += 1
        block(fast, max(1, sizes.rounds // blocks - with_slow))
        seed += 1
    return {name: spread(samples[name]) for name in contenders}


def signal_times(place, sizes):
    """One way and round trip in nanoseconds, everybody on one cpu, and everybody free to move."""
    contenders = []
    for name, front in (("bare", []), ("relay", [place.own("relay")]), ("maproot", [place.own("maproot")]),
                        ("tini", [place.peers["tini"], "-s", "--"])):
        contenders += ["--contender", name] + front
    cpu = str(max(os.sched_getaffinity(0)))
    found = {}
    for placement, where in (("one cpu", cpu), ("free", "free")):
        text = place.run(place.own("latency"), str(sizes.signals), where, place.own("waiter"), *contenders,
                         shown="latency")
        columns = collections.defaultdict(lambda: ([], []))
        for line in text.splitlines():
            name, pair = line.split("\t")
            one_way, round_trip = pair.split()
            columns[name][0].append(int(one_way))
            columns[name][1].append(int(round_trip))
        found[placement] = {name: {"one_way": spread(pair[0]), "round_trip": spread(pair[1])}
                            for name, pair in columns.items()}
    return found


def read_processes():
    """Process id -> parent id, of all processes."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as stat:
                    parents[int(entry)] = int(stat.read().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
    return parents


def read_memory(pid):
    with open("/proc/%d/smaps_rollup" % pid) as rollup:
        text = rollup.read()
    return {key: int(re.search(r"^%s:\s+(\d+) kB" % key, text, re.M).group(1)) for key in ("Pss", "Rss")}


def waiting_memory_once(place, name, front):
    process = subprocess.Popen(place.as_user(*front, place.own("waiter"), "0"), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        return look_at_waiting(process, name)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def look_at_waiting(process, name):
    """PSS and RSS in KiB of every process between us and the waiting command, which is then ended."""
    line = process.stdout.readline().strip()
    if not line.isdigit():
        raise Failed("%s: the command did not start: %s" % (name, process.communicate()[1].strip()))
    waiter = int(line)
    time.sleep(0.2)
    parents = read_processes()
    between, pid = [], parents[waiter]
    while os.path.basename(os.readlink("/proc/%d/exe" % pid)) != "as_user":
        between.append(pid)
        pid = parents[pid]
    usage = [read_memory(pid) for pid in between]
    os.kill(waiter, signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    if process.returncode != 0:
        raise Failed("%s: ended with status %d: %s" % (name, process.returncode, errors.strip()))
    return {"processes": len(between), "pss": sum(one["Pss"] for one in usage),
            "rss": sum(one["Rss"] for one in usage)}


def waiting_memory(place, sizes):
    fronts = {name: wrappers(place)[name] for name in WAITING}
    fronts["tini"] = [place.peers["tini"], "-s", "--"]
    found = {name: [] for name in fronts}
    for _ in range(sizes.memory_runs):
        for name, front in fronts.items():
            found[name].append(waiting_memory_once(place, name, front))
    return {name: {"processes": max(one["processes"] for one in many),
                   "pss_kib": spread([one["pss"] for one in many]),
                   "rss_kib": spread([one["rss"] for one in many])} for name, many in found.items()}


def crowd(place, sizes):
    found = {}
    for name in ("bare", "maproot"):
        text = place.run(place.own("crowd"), str(sizes.crowd), place.own("waiter"), *wrappers(place)[name],
                         shown="crowd")
        found[name] = {key: int(value) for key, value in (line.split() for line in text.splitlines())}
        found[name]["count"] = sizes.crowd
    return found


def available_megabytes():
    with open("/proc/meminfo") as meminfo:
        return int(re.search(r"^MemAvailable:\s+(\d+)", meminfo.read(), re.M).group(1)) // 1024


class Host:
    """A program that uses the library, waiting to be told to start a child."""

    def __init__(self, place, megabytes):
        self.process = subprocess.Popen(
            place.as_user(place.own("host"), str(THREADS), str(megabytes), place.own("payload")),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.answer()

    def answer(self):
        line = self.process.stdout.readline().split()
        if not line:
            raise Failed("host: " + self.process.communicate()[1].strip())
        return line

    def start(self, how):
        self.process.stdin.write(how + "\n")
        self.process.stdin.flush()
        return [int(word) for word in self.answer()]

    def end(self):
        self.process.communicate()


def library_starts(place, sizes):
    """maproot_spawn() (and, beside it, posix_spawn and fork) from a small and a large host, in turn."""
    megabytes = min(sizes.megabytes, available_megabytes() // 2)
    hosts = {"1 MB": Host(place, 1), "large": Host(place, megabytes)}
    samples = collections.defaultdict(list)
    for turn in range(-2, sizes.spawns):
        rows = [(how, size) for how in "mpf" for size in hosts if how != "f" or turn % 10 == 0]
        random.Random(turn).shuffle(rows)
        for how, size in rows:
            pair = hosts[size].start(how)
            if turn >= 0:
                samples[how, size].append(pair)
    for host in hosts.values():
        host.end()
    names = {"m": "maproot_spawn", "p": "posix_spawn", "f": "fork and exec"}
    found = {"threads": THREADS, "megabytes": megabytes}
    for (how, size), pairs in sorted(samples.items()):
        found.setdefault(names[how], {})[size] = {"started": spread([pair[0] for pair in pairs]),
                                                  "reaped": spread([pair[1] for pair in pairs])}
    return found


def pin_times(place, sizes):
    """Nanoseconds for network namespaces that stay, made one after the other and removed again, by programs and by the library."""
    maproot, ip = place.own("maproot"), place.peers["ip"]
    text = place.run_here(
        place.own("pins"), str(sizes.pin_rounds), str(sizes.pins),
        "--contender", "maproot", maproot + " --net --pin net=%", maproot + " --unpin net=%",
        "--contender", "ip netns", ip + " netns add %", ip + " netns del %",
        "--contender", "library", "", "", shown="pins")
    found = {name: spread(values) for name, values in read_samples(text).items()}
    found["count"] = sizes.pins
    return found


def syscall_counts(place):
    """How many system calls a plain run makes, the command's own included."""
    counts = {}
    for name in ("bare", "limit", "maproot", "limit --in-place", "maproot --in-place", "unshare -rm",
                 "unshare -rm --fork", "bwrap"):
        # The summary goes to stderr; its last line is the total.
        text = place.run("/bin/sh", "-c", 'exec "$@" 2>&1', "sh", place.peers["strace"], "-f", "-c",
                         *wrappers(place)[name], place.own("payload"), shown="strace of " + name)
        total = re.search(r"^100\.00\s+\S+\s+\S+\s+(\d+)\s.*total$", text, re.M)
        if total is None:
            raise Failed("strace of %s: no total in: %s" % (name, text))
        counts[name] = int(total.group(1))
    return counts


def everything(place_directory, sizes):
    place = Place(place_directory)
    begin = time.time()
    results = {
        "machine": {"kernel": platform.release(), "processor": platform.machine(), "cpus": os.cpu_count(),
                    "date": time.strftime("%Y-%m-%d", time.gmtime())},
        "sizes": sizes._asdict(),
        "start_ns": start_times(place, sizes),
        "signal_ns": signal_times(place, sizes),
        "waiting": waiting_memory(place, sizes),
        "crowd": crowd(place, sizes),
        "library_ns": library_starts(place, sizes),
        "join_ns": joins.join_times(place, sizes, read_samples, spread),
        "inside_ns": joins.inside_times(place, sizes, read_samples, spread),
        "pins_ns": pin_times(place, sizes),
        "engine_ns": runs.engine_times(place, sizes, read_samples, spread),
        "bundle_ns": runs.bundle_times(place, sizes, read_samples, spread, Failed),
        "syscalls": syscall_counts(place),
    }
    results["machine"]["seconds"] = round(time.time() - begin, 1)
    return results
