"""Owns what the kernel says of a process and those that it started: processor time, memory, descriptors.

SPDX-License-Identifier: MIT
"""
import os
import pathlib
import resource
import time

PROC = pathlib.Path("/proc")


def family(pid):
    """The ids of a process and of all that descend from it."""
    parents = {}
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            # The name in parentheses may hold anything; the parent is the second word behind it.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def processor_time(pid):
    """Seconds of processor, user and system, that a process and its descendants have had, to the nanosecond: utime and
    stime in /proc count in hundredths of a second, and a gigabyte takes less than ten of them."""
    return sum(own_time(one) for one in family(pid))


def own_time(pid):
    """The same of a process alone."""
    # The clock of another process: clock_getcpuclockid(3) makes its id in this way.
    return time.clock_gettime(~pid << 3 | 2)


def resident_bytes(pid):
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid}: no VmRSS")


def own_bytes(pid):
    """Memory that a process has for itself, and its part of what it shares with others."""
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid}: no Pss")


def descriptors(pid):
    """How many descriptors a process has open."""
    # Newer kernels say it as the size of the folder; to count 10,000 entries takes milliseconds.
    folder = PROC / str(pid) / "fd"
    return os.stat(folder).st_size or len(os.listdir(folder))


def machine_time():
    """Seconds of processor that everybody on this machine has had, user and system."""
    user, nice, system = map(int, (PROC / "stat").read_text().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def our_time():
    """Seconds of processor that we and all whom we started have had."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return processor_time(os.getpid()) + ended.ru_utime + ended.ru_stime


class OthersClock:
    """Tells what part of the processors was taken by processes that are not ours, since it was made."""

    def __init__(self):
        self.begin, self.others = time.monotonic(), machine_time() - our_time()

    def share(self):
        others = machine_time() - our_time() - self.others
        return max(0, others) / (time.monotonic() - self.begin) / os.cpu_count()
