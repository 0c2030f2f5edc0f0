"""What the medians are held against, and the table that says so. Measures nothing."""
import json

US = 1e3
MS = 1e6


def judge(results):
    """The bars in the order of the table: value, bar, met, and the two medians behind a ratio."""
    start = {name: entry["median"] for name, entry in results["start_ns"].items()}
    signals = {name: entry["one_way"]["median"] for name, entry in results["signal_ns"]["one cpu"].items()}
    library = {size: entry["started"]["median"]
               for size, entry in results["library_ns"]["maproot_spawn"].items()}
    crowd = results["crowd"]["maproot"]
    rows = []

    def ratio(name, ours, theirs, bar, scale, unit):
        rows.append({"what": name, "value": ours / theirs, "bar": bar, "unit": "x", "met": ours / theirs <= bar,
                     "behind": "%.3g against %.3g %s" % (ours / scale, theirs / scale, unit)})

    def most(name, value, bar, unit, behind):
        rows.append({"what": name, "value": value, "bar": bar, "unit": unit, "met": value <= bar,
                     "behind": behind})

    for against, bar in (("limit", 1.15), ("unshare -rm", 0.60), ("unshare -rm --fork", 0.45), ("bwrap", 0.30)):
        ratio("maproot / " + against, start["maproot"], start[against], bar, MS, "ms")
    for against, bar in (("unshare -r --map-auto", 0.60), ("rootlesskit", 0.15), ("buildah unshare", 0.10)):
        ratio("maproot --map-auto / " + against, start["maproot --map-auto"], start[against], bar, MS, "ms")
    ratio("maproot --in-place / limit --in-place", start["maproot --in-place"], start["limit --in-place"],
          1.15, MS, "ms")
    ratio("maproot_spawn, host of %d MB / 1 MB" % results["library_ns"]["megabytes"], library["large"],
          library["1 MB"], 1.20, US, "us")
    join = {name: entry["median"] for name, entry in results["join_ns"].items()}
    ratio("maproot -t / nsenter -a", join["maproot -t"], join["nsenter"], 0.50, MS, "ms")
    inside = {name: entry["median"] for name, entry in results["inside_ns"].items() if name != "storm"}
    ratio("maproot_run_in / bare thread and setns", inside["run_in"], inside["bare thread"], 1.30, US, "us")
    ratio("maproot_enter and leave / bare visit", inside["visit"], inside["bare visit"], 1.50, US, "us")
    storm = results["inside_ns"]["storm"]
    most("%d calls inside: lost, moved or left" % storm["calls"],
         storm["lost"] + storm["moved"] + storm["descriptors"] + storm["threads"], 0, "",
         "from 16 threads into 16 namespaces")
    waiting = results["waiting"]["maproot"]
    most("waiting wrapper, PSS", waiting["pss_kib"]["median"], 64, "KiB",
         "RSS %d KiB, %d process" % (waiting["rss_kib"]["median"], waiting["processes"]))
    most("%d waiting at once: lost or left" % crowd["count"], crowd["lost"] + crowd["left"], 0, "",
         "signalled and reaped in %.0f ms, %.1f KiB PSS each" % (
             crowd["ended"] / MS, crowd["pss_kib"] / crowd["count"]))
    ratio("signal through the wrapper / bare kill()", signals["maproot"], signals["bare"], 2.0, US, "us")
    pins = results["pins_ns"]
    ratio("%d net namespaces pinned and unpinned / ip netns" % pins["count"], pins["maproot"]["median"],
          pins["ip netns"]["median"], 0.60, MS, "ms")
    engine = {name: entry["median"] for name, entry in results["engine_ns"].items()}
    ratio("engine with nothing around / maproot", engine["engine"], engine["maproot"], 1.05, MS, "ms")
    if "engine, cgroup and loopback" in engine:
        ratio("engine with cgroup, loopback, record / maproot", engine["engine, cgroup and loopback"], engine["maproot"],
              1.50, MS, "ms")
    bundle = {name: entry["median"] for name, entry in results["bundle_ns"].items()}
    for runtime in ("runc run", "crun run"):
        if runtime in bundle:
            ratio("maproot-oci / " + runtime, bundle["maproot-oci"], bundle[runtime], 0.25, MS, "ms")
    return rows


def columns(header, rows):
    """Left-aligned first column, the others to the right."""
    widths = [max(len(row[i]) for row in [header] + rows) for i in range(len(header))]
    lines = []
    for row in [header] + rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * max(len(line) for line in lines))
    return "\n".join(lines)


def bar_table(results):
    rows = []
    for bar in results["bars"]:
        form = "%.2f %s" if bar["unit"] == "x" else "%d %s"
        rows.append([bar["what"], (form % (bar["value"], bar["unit"])).strip(),
                     ("<= " + form % (bar["bar"], bar["unit"])).strip(), "met" if bar["met"] else "NOT MET",
                     bar["behind"]])
    return columns(["bar", "measured", "bar", "", "medians"], rows)


def start_table(results):
    entries = sorted(results["start_ns"].items(), key=lambda item: item[1]["median"])
    rows = []
    for name, entry in entries:
        calls = results["syscalls"].get(name)
        rows.append([name] + ["%.3f" % (entry[key] / MS) for key in ("p10", "median", "p90")] +
                    [str(entry["samples"]), "" if calls is None else str(calls)])
    return columns(["start to end of a static true", "p10 ms", "median", "p90", "samples", "system calls"], rows)


def signal_table(results):
    rows = []
    for placement, names in results["signal_ns"].items():
        for name, entry in names.items():
            rows.append(["%s, %s" % (name, placement), "%.1f" % (entry["one_way"]["median"] / US),
                         "%.1f" % (entry["round_trip"]["median"] / US), str(entry["one_way"]["samples"])])
    return columns(["SIGUSR1, sender to sigwaitinfo", "one way us", "round trip", "samples"], rows)


def library_table(results):
    found = results["library_ns"]
    rows = []
    for name in ("maproot_spawn", "posix_spawn", "fork and exec"):
        for size, entry in found[name].items():
            rows.append(["%s, %s" % (name, size), "%.0f" % (entry["started"]["median"] / US),
                         "%.0f" % (entry["reaped"]["median"] / US), str(entry["started"]["samples"])])
    return columns(["host of %d threads, large = %d MB" % (found["threads"], found["megabytes"]),
                    "started us", "reaped us", "samples"], rows)


def memory_table(results):
    entries = sorted(results["waiting"].items(), key=lambda item: item[1]["pss_kib"]["median"])
    rows = [[name, "%d" % entry["pss_kib"]["median"], "%d" % entry["rss_kib"]["median"], str(entry["processes"])]
            for name, entry in entries]
    lines = columns(["one waiting wrapper", "PSS KiB", "RSS KiB", "processes"], rows)
    for name, entry in results["crowd"].items():
        lines += "\n%d waiting, %s: started in %.0f ms, signalled and reaped in %.0f ms, lost %d, left %d, " \
                 "PSS of the wrappers %d KiB, memory taken %d KiB" % (
                     entry["count"], name, entry["started"] / MS, entry["ended"] / MS, entry["lost"],
                     entry["left"], entry["pss_kib"], entry["used_kib"])
    return lines


def pin_table(results):
    found = results["pins_ns"]
    rows = [[name] + ["%.1f" % (found[name][key] / MS) for key in ("p10", "median", "p90")] +
            [str(found[name]["samples"])] for name in ("maproot", "ip netns", "library")]
    return columns(["%d net namespaces pinned and unpinned" % found["count"], "p10 ms", "median", "p90", "samples"], rows)


def run_table(results):
    found = dict(results["engine_ns"], **results["bundle_ns"])
    rows = [[name] + ["%.3f" % (entry[key] / MS) for key in ("p10", "median", "p90")] + [str(entry["samples"])]
            for name, entry in found.items()]
    return columns(["runs with something around them", "p10 ms", "median", "p90", "samples"], rows)


def table(results):
    machine = results["machine"]
    head = "kernel %s, %d cpus; medians; signals are barred with all processes on one cpu; %s s" % (
        machine["kernel"], machine["cpus"], machine["seconds"])
    parts = [head, bar_table(results), start_table(results), signal_table(results), library_table(results),
             pin_table(results), run_table(results), memory_table(results)]
    return "\n\n".join(parts) + "\n"


def write_json(path, results):
    with open(path, "w") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
