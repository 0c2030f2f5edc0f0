#!/usr/bin/python3
"""Many runs, eight at a time, each with a control group, loopback, a record and hooks.

Contract: every status is the command's, and at the end nothing is left: no process, control group, record or file.

usage: many_runs.py MAPROOT     $MAPROOT_TEST_SIZE: quick, ci, full

As root, below a control group of its own, and as a user in a group that is delegated to him.
"""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile

USER = 54321
COUNT = {"quick": 40, "full": 500}.get(os.environ.get("MAPROOT_TEST_SIZE", "ci"), 200)
AT_ONCE = 8
DELEGATED = ["", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads"]


def find_hierarchy():
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            if " - cgroup2 " in line:
                return line.split()[4]
    return None


def make_group(user):
    """This process goes into it, as somebody who starts runs is in a group of his own."""
    hierarchy = find_hierarchy()
    if not hierarchy:
        return None
    group = f"{hierarchy}/maproot-many-{os.getpid()}"
    os.mkdir(group)
    for file in DELEGATED:
        os.chown(group + file, user, user)
    enter(group)
    return group


def enter(group):
    with open(f"{group}/cgroup.procs", "w", encoding="ascii") as file:
        file.write("0")


def run(number, maproot, directory, user, with_group):
    reading, writing = os.pipe()
    end = number % 3
    script = [f"exit {number % 100}", "kill -9 $$", f"setsid sleep 1000 & exit {number % 100}"][end if with_group else end % 2]
    options = [f"--name=many-{number}", "--net=loopback", f"--status-fd={writing}", "--setup=test -d /proc/{pid}"]
    if with_group:
        options.append("--cgroup=auto")
    with subprocess.Popen([maproot, *options, "sh", "-c", script], user=user, group=user, extra_groups=[],
                          env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": directory, "SHELL": "/bin/sh"},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=[writing],
                          text=True) as process:
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        said = process.communicate()[0]
    want = {"signal": 9} if end == 1 else {"exit": number % 100}
    status = -9 if end == 1 else number % 100
    if process.returncode != status or said or len(lines) != 2 or lines[0]["id"] != f"many-{number}" or lines[1] != want:
        return f"run {number} ended with {process.returncode}, not {status}, said {said!r}, status {lines}"
    return None


def sweep(maproot, user):
    """Returns what is wrong."""
    directory = tempfile.mkdtemp(prefix="maproot-many-")
    os.chmod(directory, 0o700)
    os.chown(directory, user, user)
    group = make_group(user)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(lambda number: run(number, maproot, directory, user, bool(group)), range(COUNT))
        wrong = [result for result in results if result]
    left = [name for name in os.listdir(f"{directory}/maproot") if name != ".lock"]
    if left:
        wrong.append(f"files are left: {left}")
    if group:
        wrong += [f"the group {name} is left" for name in os.listdir(group) if os.path.isdir(f"{group}/{name}")]
        with open(f"{group}/cgroup.procs", encoding="ascii") as file:
            left = [pid for pid in file.read().split() if int(pid) != os.getpid()]
        if left:
            wrong.append(f"processes are left: {left}")
        enter(os.path.dirname(group))
        os.rmdir(group)
    shutil.rmtree(directory)
    return wrong


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if os.geteuid() != 0:
        print("skipped: only root can delegate a control group")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        maproot = shutil.copy(sys.argv[1], f"{place}/maproot")
        for user in (0, USER):
            wrong = sweep(maproot, user)
            print(f"{COUNT} runs of user {user}, {AT_ONCE} at a time: {len(wrong)} bad")
            print("\n".join(wrong[:20]))
            if wrong:
                sys.exit(1)


main()
