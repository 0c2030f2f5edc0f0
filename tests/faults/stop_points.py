#!/usr/bin/python3
"""Kill -9 at every step of a run.

Contract: whoever of maproot, its child, a hook and a network helper is killed at whichever step, the rest ends within two
seconds, and after that, or after `maproot --gc`, there is no process, mount, control group, network device or file of
the run left. Where maproot lives on it says what happened.

usage: stop_points.py MAPROOT [LIBEXEC]     MAPROOT: built with MAPROOT_STOP_POINTS; LIBEXEC: where maproot-net is

As root; everything is made in a mount and a network namespace of its own and below a control group of its own.
"""
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PR_SET_CHILD_SUBREAPER = 36
IN_CHILD = ["child-entering", "child-held", "child-furnished", "child-executing"]
HELD = ["reached", "in-cgroup", "mapped", "network-attached", "recorded", "set-up"]
BEFORE = ["claimed", "cgroup-made"]
AFTER = ["started", "waited", "helpers-ended", "undone"]
VETH = ["veth", "veth-made"]
VICTIMS = [("maproot", 0), ("child", 0), ("child", 1), ("child", 2), ("helper", 0)]  # an init has three beside each other
WAIT = 'touch "$MARK"; while [ ! -e "$MARK.go" ]; do sleep 0.01; done'  # of a hook or helper
LIMIT = 2.0  # seconds until everything has ended


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def processes():
    """pid -> (parent, state) of all that live."""
    table = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = read(f"/proc/{name}/stat")
            fields = stat[stat.rfind(")") + 2:].split()
            if fields and fields[0] not in "ZX":
                table[int(name)] = (int(fields[1]), fields[0])
    return table


def descendants(of):
    table = processes()
    found = [of]
    for pid in found:
        found += [child for child, (parent, _) in table.items() if parent == pid]
    return {pid: table[pid][1] for pid in found[1:]}


def wait_until(what, seconds):
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.002)


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


class Place:
    """Where the runs are, and what must be as before after each of them."""

    def __init__(self, maproot, libexec):
        self.maproot = maproot
        self.libexec = libexec
        self.directory = tempfile.mkdtemp(prefix="maproot-stop-")
        self.group = self.make_group()
        self.before = self.look()

    @staticmethod
    def make_group():
        for line in read("/proc/self/mountinfo").splitlines():
            if " - cgroup2 " in line:
                group = f"{line.split()[4]}/maproot-stop-{os.getpid()}"
                os.mkdir(group)
                with open(f"{group}/cgroup.procs", "w", encoding="ascii") as file:
                    file.write("0")
                return group
        return None

    def look(self):
        groups = [name for name in os.listdir(self.group)
                  if os.path.isdir(f"{self.group}/{name}")] if self.group else []
        records = f"{self.directory}/maproot"
        files = [name for name in os.listdir(records) if name != ".lock"] if os.path.isdir(records) else []
        return {"groups": groups, "files": files, "links": sorted(os.listdir("/sys/class/net")),
                "mounts": read("/proc/self/mountinfo"), "processes": sorted(descendants(os.getpid()))}

    def done(self):
        shutil.rmtree(self.directory)
        if self.group:
            parent = os.path.dirname(self.group)
            with open(f"{parent}/cgroup.procs", "w", encoding="ascii") as file:
                file.write("0")
            os.rmdir(self.group)

    def environment(self, more):
        return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "XDG_RUNTIME_DIR": self.directory,
                "MAPROOT_LIBEXEC": self.libexec or "", "MARK": f"{self.directory}/mark", **more}


def length_of(case):
    """Of the command: it has to be there while the hook that is told of it runs."""
    return "1000" if case["point"] == "started-hook" else "0.1"


def start(place, flavour, case, more):
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    with open(f"{place.directory}/said", "w", encoding="utf-8") as said:
        run = subprocess.Popen([place.maproot, f"--status-fd={writing}", *flavour["options"], "sleep",
                                length_of(case)],
                               env=place.environment(more), stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                               pass_fds=[writing])
    os.close(writing)
    return run, reading


def is_ours(place, pid):
    try:
        return os.path.samefile(f"/proc/{pid}/exe", place.maproot)
    except OSError:
        return False


def role_of(place, run, pid):
    if pid == run.pid:
        return "maproot"
    words = read(f"/proc/{pid}/cmdline")
    return "child" if is_ours(place, pid) or words in ("sleep\0001000\0", "sleep\0000.1\0") else "helper"


def find_stopped():
    return [pid for pid, state in descendants(os.getpid()).items() if state == "T"]


def check_status(case, status, said):
    """What maproot, which was not killed itself, says of the end."""
    victim, point = case["victim"], case["point"]
    lines = [json.loads(line) for line in said.splitlines()]
    last = lines[-1] if lines else {}
    if point in ("child-furnished", "child-executing") and (case["number"] > 0 or point == "child-executing"):
        # Where there are several, the command goes on until the end of the other reaches it.
        if (status, last.get("error", {}).get("step")) == (125, "killed") or (status, last) == (-9, {"signal": 9}):
            return None
    if victim == "child" and point in ("child-executing", "started", "started-hook"):
        if status != -signal.SIGKILL or last != {"signal": 9}:
            return f"maproot ended with {status}, status {last}"
        return None
    if status != 125:
        return f"maproot ended with {status}, not 125; status {last}"
    steps = {"child": ("killed", "network", "hook", "program-failed", "cgroup-enter", "inspect", "init", "command", "gate",
                       "write-uid-map", "write-gid-map", "no-process", "helper-failed", "setgroups-file"),
             "helper": ("hook", "network", "program-failed")}[victim]
    if last.get("error", {}).get("step") not in steps:
        return f"the last status is {last}"
    return None


def run_case(place, flavour, case):
    """None, "not reached", "nobody" (no such victim at this point), or what is wrong."""
    mark = f"{place.directory}/mark"
    more = dict(flavour.get("environment", {}))
    if "-hook" not in case["point"] and "-net" not in case["point"]:
        more["MAPROOT_STOP_AT"] = case["point"]
    else:
        more["WAIT_IN"] = case["point"]
    for file in (mark, f"{mark}.go"):
        if os.path.exists(file):
            os.unlink(file)
    run, reading = start(place, flavour, case, more)
    complaint = None
    try:
        stopped = wait_until(lambda: find_stopped() or os.path.exists(mark) or run.poll() is not None, 20)
        if run.poll() is not None:
            return "not reached"
        victims = [pid for pid in [run.pid, *descendants(run.pid)] if role_of(place, run, pid) == case["victim"]]
        if case["number"] >= len(victims):
            return "nobody"
        os.kill(victims[case["number"]], signal.SIGKILL)
        wait_until(lambda: victims[case["number"]] not in processes(), LIMIT)
        if case["victim"] == "child":
            with open(f"{mark}.go", "w", encoding="ascii"):
                pass
        for pid in stopped if isinstance(stopped, list) else []:
            kill(pid, signal.SIGCONT)
        begin = time.monotonic()
        if not wait_until(lambda: run.poll() is not None, LIMIT):
            complaint = "maproot does not end"
        elif case["victim"] != "maproot":
            with os.fdopen(os.dup(reading), encoding="utf-8") as file:
                complaint = check_status(case, run.returncode, file.read())
        wait_until(lambda: reap() or not descendants(os.getpid()), max(0.0, LIMIT - (time.monotonic() - begin)))
        return complaint or check_left(place, case)
    finally:
        os.close(reading)
        while descendants(os.getpid()):
            for pid in descendants(os.getpid()):
                kill(pid, signal.SIGKILL)
            time.sleep(0.01)
            reap()
        run.wait()
        reap()


def collect(place):
    return subprocess.run([place.maproot, "--gc"], env=place.environment({}), capture_output=True, text=True, timeout=20,
                          check=False)


def check_left(place, case):
    """Without --gc only where maproot was killed, or nobody who knows of it."""
    now = place.look()
    if now == place.before:
        return None
    if case["victim"] != "maproot":
        return f"left: {differences(place.before, now)}"
    collected = collect(place)
    now = place.look()
    if collected.returncode != 0 or now != place.before:
        return f"left after --gc: {differences(place.before, now)} {collected.stderr}"
    return None


def differences(before, now):
    return {key: (now[key] if key != "mounts" else "...") for key in now if now[key] != before[key]}


def make_helper(place):
    """Stands before maproot-net, and waits where it is told to."""
    directory = f"{place.directory}/libexec"
    os.mkdir(directory)
    with open(f"{directory}/maproot-net", "w", encoding="ascii") as file:
        file.write(f'#!/bin/sh\n[ "$WAIT_IN $1" != "before-net veth" ] || {{ {WAIT}; }}\n'
                   f'{place.libexec}/maproot-net "$@" || exit\n'
                   f'[ "$WAIT_IN $1" != "after-net veth" ] || {{ {WAIT}; }}\n')
    os.chmod(f"{directory}/maproot-net", 0o755)
    return directory


def hook(which):
    return f'--{which}=[ "$WAIT_IN" != {which}-hook ] || {{ {WAIT}; }}'


def flavours(place):
    around = ["--name=stopped", "--setup-timeout=0", hook("setup"), hook("started")]
    if place.group:
        around.append("--cgroup=auto")
    both = ["setup-hook", "started-hook"]
    yield {"name": "loopback", "options": around + ["--net=loopback"],
           "points": BEFORE[:2 if place.group else 1] + HELD + IN_CHILD + AFTER + both}
    yield {"name": "pid", "options": around + ["--net=loopback", "--pid"],
           "points": BEFORE[:1] + HELD + IN_CHILD + AFTER + both}
    yield {"name": "no gate", "options": ["--name=stopped", "--net=loopback"],
           "points": ["claimed", "child-entering", "child-furnished", "child-executing", "started", "waited"]}
    if place.libexec:
        veth = "--net=veth:address=10.99.0.2/24,host-address=10.99.0.1/24,gateway=10.99.0.1"
        yield {"name": "veth", "options": around + [veth],
               "environment": {"MAPROOT_LIBEXEC": make_helper(place)},
               "points": BEFORE[:1] + HELD + VETH + IN_CHILD + AFTER + both + ["before-net", "after-net"]}
    if shutil.which("slirp4netns") and os.access("/dev/net/tun", os.R_OK | os.W_OK):
        yield {"name": "slirp4netns", "options": around + ["--net=slirp4netns"],
               "points": BEFORE[:1] + HELD + ["network-started", "network-ready"] + IN_CHILD + AFTER}


# Only where somebody is there to be killed: at most points there is no helper, and before the clone and after the end no child.
def expected(victim, point):
    if victim == "helper":
        return point.endswith(("-hook", "-net")) or point == "network-started"
    if victim == "child":
        return point not in BEFORE + ["waited", "helpers-ended", "undone"]
    return True


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if os.geteuid() != 0:
        print("skipped: only root can make the places of these runs")
        sys.exit(77)
    if not os.environ.get("STOP_POINTS_INSIDE"):
        os.environ["STOP_POINTS_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", "--propagation", "private", sys.executable, *sys.argv])
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    place = Place(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
    bad = count = 0
    try:
        for flavour in flavours(place):
            for point in flavour["points"]:
                for victim, number in VICTIMS:
                    if not expected(victim, point):
                        continue
                    wrong = run_case(place, flavour, {"point": point, "victim": victim, "number": number})
                    if wrong:
                        collect(place)
                    if wrong == "nobody" and number > 0:
                        continue
                    count += 1
                    if wrong:
                        bad += 1
                        print(f"BAD {flavour['name']}, {point}, {victim} {number} killed: {wrong}\n"
                              f"    {read(place.directory + '/said').strip()}", flush=True)
    finally:
        place.done()
    print(f"{count} kills, {bad} bad")
    sys.exit(bad > 0)


main()
