"""Owns the work of storage that hangs or is slow: what fresh requests for other films get while viewers wait for it.

Does not judge what the viewers get, nor that anything comes back: tests/server/storage_test.py does.
SPDX-License-Identifier: MIT
"""
import selectors
import threading

import fastcgi
import hanging_fs
import support
from bench import accounting
from bench import peers as p
from bench import work as w

ROUNDS = 5
THREADS = (1, 2, 4, 8)

# Fresh requests that a p99 is made of.
FRESH = 3000

STORAGE = "storage"
HUNG, SLOW = "hung", "slow"
SLOW_RATE = 100_000  # bytes a second
VIEWERS = {HUNG: (8, 100, 1000), SLOW: (50,)}

# Viewers begin at this many places of the film; at each the socket is full before the storage has read ahead so far.
PLACES, APART = 50, 2 << 20

# Descriptors of threads that keep the folder of videos open for some seconds.
MAX_FOLDERS = 50

# Seconds in which no viewer was sent anything: all that was on its way has come.
QUIET = 0.1

# The last of the videos lies on the storage, the others do not.
FAR = f"/api/stream/v{p.TEN - 1:07}"
NEAR = p.TEN - 1
QUERY = (f"SELECT status, CASE id WHEN 'v{NEAR:07}' THEN 'nas/far.mp4' ELSE 'v0000000.mp4' END AS file FROM videos "
         "WHERE id = ?1")


class Watchers:
    """Viewers in the middle of a film. Once they read on, what they read is thrown away."""

    def __init__(self, address, count):
        self.connections = [fastcgi.Connection(address) for _ in range(count)]
        for number, connection in enumerate(self.connections):
            first = number % PLACES * APART
            connection.send(FAR, fields=[("HTTP_RANGE", f"bytes={first}-{first + APART - 1}")])
        for connection in self.connections:
            connection.read_exactly(1000)
        self.is_over = False
        self.is_quiet = threading.Event()
        self.thread = threading.Thread(target=self.read)

    def read(self):
        with selectors.DefaultSelector() as selector:
            for connection in self.connections:
                selector.register(connection.socket, selectors.EVENT_READ)
            while not self.is_over:
                ready = selector.select(QUIET)
                for key, _ in ready:
                    if not key.fileobj.recv(1 << 20):
                        selector.unregister(key.fileobj)
                if not ready:
                    self.is_quiet.set()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.thread.join()
        for connection in self.connections:
            connection.socket.close()


def fresh(address):
    return w.ask(address, protocol="fastcgi", keep=0, range_length=w.RANGE, videos=NEAR, requests=FRESH)


def measure(nas, address, pid, kind, count):
    """A p99 without anybody on the storage, one with viewers who wait for it, and the memory that is resident then."""
    before = accounting.descriptors(pid)
    alone = fresh(address)
    watchers = Watchers(address, count)
    nas.hang("read") if kind == HUNG else nas.slow_down(SLOW_RATE)
    try:
        with watchers:
            if kind == HUNG:
                watchers.is_quiet.wait(support.DEADLINE)
                support.wait_until(lambda: nas.count_held("read") > 0, "a read that hangs")
            beside = fresh(address)
            memory = accounting.resident_bytes(pid) / (1 << 20)
    finally:
        nas.go_on()
    w.wait_for_descriptors(pid, before + MAX_FOLDERS)
    return {"alone": alone.p99, "p99": beside.p99, "p50": beside.p50, "memory": memory}


def crowds():
    """What is measured: how the storage is, and how many viewers wait for it."""
    return [(kind, count) for kind, counts in VIEWERS.items() for count in counts]


def everything(site, samples):
    """All of it. Needs a place where it may mount."""
    site.volume.warm()
    with hanging_fs.HangingFileSystem(site.volume.path / "videos/nas", {"far.mp4": PLACES * APART}) as nas:
        for threads in THREADS:
            name = f"storage-{len(site.processes)}"
            pid = site.start_reelgate(name, "--threads", str(threads), "--query", QUERY)
            for _ in range(ROUNDS):
                for kind, count in crowds():
                    samples.add(STORAGE, (kind, count, threads),
                                **measure(nas, site.socket(name), pid, kind, count))
