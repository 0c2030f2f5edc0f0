#!/usr/bin/env python3
"""check.py PROGRAMS MAPROOT

Contract: the benchmark runs to its end, tells every bar of the table with its two medians, writes JSON that is
complete and finite and an SVG that is XML and names every contender; counts no wrapper as lost; a wrapper that fails
is named and ends it with status 1, and nothing of it is left running. Holds no bar: a busy machine meets none.
$MAPROOT, where set, is the program under test.
"""
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ("limit", "unshare -rm", "unshare -rm --fork", "bwrap", "unshare -r --map-auto", "rootlesskit",
         "buildah unshare", "limit --in-place")
PARTS = ("machine", "sizes", "start_ns", "signal_ns", "waiting", "crowd", "library_ns", "join_ns",
         "inside_ns", "pins_ns", "engine_ns", "bundle_ns", "syscalls", "bars")


def bench(programs, maproot, place, out):
    command = [os.path.join(HERE, "run"), "--quick", "--programs", programs, "--maproot", maproot, "--out", out]
    return subprocess.run([sys.executable] + command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=250, env=dict(os.environ, TMPDIR=place))


def numbers(value):
    """Every number in a JSON value."""
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers(inner)


def expect(condition, words):
    if not condition:
        sys.exit("check: " + words)


def check_results(out, printed):
    with open(os.path.join(out, "bench.json")) as file:
        results = json.load(file)
    expect(set(results) == set(PARTS), "parts of bench.json: %s" % sorted(results))
    expect(all(math.isfinite(number) for number in numbers(results)), "a number of bench.json is not finite")
    expect(all(entry["p10"] > 0 and entry["p10"] <= entry["median"] <= entry["p90"]
               for entry in results["start_ns"].values()), "start times out of order")
    expect(results["start_ns"]["bare"]["median"] < results["start_ns"]["buildah unshare"]["median"],
           "nothing at all takes longer than buildah")
    expect(results["syscalls"]["bare"] < results["syscalls"]["limit"] < results["syscalls"]["bwrap"],
           "system calls are not counted: %s" % results["syscalls"])
    expect(17 + 2 <= len(results["bars"]) <= 17 + 4, "%d bars" % len(results["bars"]))
    for bar in results["bars"]:
        expect(bar["met"] == (bar["value"] <= bar["bar"]), "bar judged wrong: %s" % bar)
        row = [line for line in printed.splitlines() if line.startswith(bar["what"] + "  ")]
        expect(row, "no row for the bar '%s' in:\n%s" % (bar["what"], printed))
        expect((" met " in row[0]) == bar["met"], "row says otherwise than the JSON: " + row[0])
    for size, counted in results["crowd"].items():
        expect(counted["lost"] == 0 and counted["left"] == 0, "crowd of %s: %s" % (size, counted))
    for peer in PEERS + ("ip netns",):
        expect(any(bar["what"].endswith("/ " + peer) for bar in results["bars"]), "no bar against " + peer)


def check_chart(out):
    root = tree.parse(os.path.join(out, "bench.svg")).getroot()
    words = "\n".join(element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text"))
    for peer in PEERS + ("tini", "maproot", "bare"):
        expect(peer in words.splitlines(), "the chart does not show " + peer)


def processes_of(place):
    """Processes whose program lies below a directory."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            target = os.readlink("/proc/%s/exe" % entry) if entry.isdigit() else ""
        except OSError:
            continue
        if target.startswith(place + "/"):
            found.append(target)
    return found


def main():
    programs, maproot = sys.argv[1], os.environ.get("MAPROOT") or sys.argv[2]
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as broken:
        os.chmod(place, 0o755)
        good, bad = os.path.join(place, "good"), os.path.join(place, "bad")
        done = bench(programs, maproot, place, good)
        expect(done.returncode == 0, "status %d: %s" % (done.returncode, done.stderr))
        check_results(good, done.stdout)
        check_chart(good)
        for name in ("maproot", "maproot-oci"):
            shutil.copy("/bin/false", os.path.join(broken, name))
        done = bench(programs, os.path.join(broken, "maproot"), place, bad)
        expect(done.returncode == 1 and "'maproot" in done.stderr,
               "a failing wrapper: status %d: %s" % (done.returncode, done.stderr))
        expect(os.listdir(bad) == [], "a failed run left results")
        expect(not processes_of(place), "left running: %s" % processes_of(place))
        expect(sorted(os.listdir(place)) == ["bad", "good"], "left behind: %s" % os.listdir(place))
    print("the benchmark works")


if __name__ == "__main__":
    main()
