"""Runs with something around them: the engine against the plain wrapper, an OCI bundle against the runtimes."""
import json
import os
import shutil
import subprocess


def unified_hierarchy():
    """Where control groups of version 2 are mounted."""
    with open("/proc/self/mountinfo") as mounts:
        for line in mounts:
            fields = line.split()
            if fields[fields.index("-") + 1] == "cgroup2":
                return fields[4]
    return None


def engine_times(place, sizes, read_samples, spread):
    """
    Nanoseconds from start to end of a command: plain, through the engine with nothing around it but a line of status, and
    with a control group, loopback and a record. Without root nobody delegates a group: then the last is left out.
    """
    maproot, payload = place.own("maproot"), place.own("payload")
    contenders = ["--contender", "maproot", maproot, payload,
                  "--contender", "maproot --net", maproot, "--net", payload,
                  "--contender", "engine", maproot, "--status-fd=1", payload]
    delegate = []
    hierarchy = unified_hierarchy() if os.geteuid() == 0 else None
    if hierarchy:
        delegate = ["--delegate", hierarchy]
        contenders += ["--contender", "engine, cgroup and loopback", maproot, "--status-fd=1", "--cgroup=auto",
                       "--net=loopback", payload]
    text = place.run_here(place.own("as_user"), *delegate, place.own("start"), str(sizes.rounds), "1", *contenders,
                          shown="engine")
    return {name: spread(values) for name, values in read_samples(text).items()}


USER = 987654321  # stands for the user's id in config.json: each command of a benchmark has a user of its own


def make_bundle(place, runtime, directory):
    """What `runc spec --rootless` says, with a command that does nothing and no terminal."""
    root = os.path.join(directory, "rootfs")
    for name in ("proc", "dev", "sys", "tmp"):
        os.makedirs(os.path.join(root, name))
    shutil.copy(place.peers["busybox"], root)
    subprocess.run([runtime, "spec", "--rootless"], cwd=directory, check=True)
    path = os.path.join(directory, "config.json")
    with open(path) as file:
        config = json.load(file)
    config["process"].update(args=["/busybox", "true"], terminal=False)
    config["root"]["path"] = root
    for kind in ("uidMappings", "gidMappings"):
        for mapping in config["linux"][kind]:
            mapping["hostID"] = USER
    with open(path, "w") as file:
        json.dump(config, file)
    for top, directories, files in os.walk(directory):
        for name in [top] + [os.path.join(top, each) for each in directories + files]:
            os.chmod(name, os.stat(name).st_mode | (0o055 if os.path.isdir(name) else 0o044))
    os.chmod(os.path.join(root, "busybox"), 0o755)


# "$1": where the configuration is; "$2"...: start and its contenders, in a bundle of the user's own.
IN_BUNDLE = """
set -eu
mkdir bundle
sed "s/%d/$(id -u)/g" "$1/config.json" >bundle/config.json
cd bundle
shift
exec "$@"
""" % USER


def bundle_times(place, sizes, read_samples, spread, failed):
    """Nanoseconds from start to end of a bundle's command; crun is there where it can run one here."""
    peers = place.peers
    directory = os.path.join(place.directory, "bundle")
    os.makedirs(directory)
    make_bundle(place, peers["runc"], directory)
    contenders = {
        "maproot-oci": [place.own("maproot-oci"), "--bundle", "."],
        "runc run": [peers["runc"], "--root", "runc", "run", "bench"],
        "crun run": [peers["crun"], "--root", "crun", "run", "bench"],
    }
    try:
        place.run("/bin/sh", "-c", IN_BUNDLE, "sh", directory, *contenders["crun run"], shown="crun")
    except failed:
        del contenders["crun run"]
    arguments = []
    for name, argv in contenders.items():
        arguments += ["--contender", name] + argv
    text = place.run("/bin/sh", "-c", IN_BUNDLE, "sh", directory, place.own("start"), str(sizes.slow_rounds), "1",
                     *arguments, shown="bundle")
    return {name: spread(values) for name, values in read_samples(text).items()}
