"""Says where eight threads of Python are, each for itself, and then where every thread of the process is."""
import os
import threading

TYPES = ("user", "mnt", "net")
barrier = threading.Barrier(9)
lines = []


def where(directory):
    return " ".join(os.readlink(f"{directory}/ns/{name}") for name in TYPES)


def say():
    lines.append(f"own {where('/proc/thread-self')}")
    barrier.wait()
    barrier.wait()


threads = [threading.Thread(target=say) for _ in range(8)]
for thread in threads:
    thread.start()
barrier.wait()
for task in os.listdir("/proc/self/task"):
    lines.append(f"task {where('/proc/self/task/' + task)}")
barrier.wait()
for thread in threads:
    thread.join()
print("\n".join(lines))
print("left", sorted(name for name in os.environ if name.startswith("maproot_")))
