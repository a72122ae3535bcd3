"""Owns the work that is measured: who does what, in rounds, each in turn.

Does not judge: goals.py does. SPDX-License-Identifier: MIT
"""
import contextlib
import dataclasses
import resource
import subprocess
import time

from bench import accounting
from bench import peers as p

ROUNDS = 11
RANGE = 65536

# Seconds that a round of random ranges takes, through a front server and at the socket. Short, so that a disturbance
# spoils few of many and the medians do not see it.
ROUND, STRAIGHT_ROUND = 0.4, 0.25

# Seconds for which idle processes are watched, and how often.
IDLE, IDLE_ROUNDS = 10, 3

# Descriptors that are kept for the next request, for some seconds: of the one film, and of its folder by each thread.
KEPT_DESCRIPTORS = 1 + p.THREADS

# Fresh requests a round while others are parked: so many that a few unlucky ones are not the p99.
FRESH = 3000

# Who is there only to show what a large catalogue costs.
CATALOGUES = {p.TEN_ROWS: p.TEN, p.MILLION_ROWS: p.MILLION}

# Who is asked at the socket.
STRAIGHT_PEERS = [p.REELGATE, p.BEFORE, p.FLOOR, p.WHOLE_FLOOR, p.LOOP, *CATALOGUES]

WHOLE, RANGES, CATALOGUE, STRAIGHT_WHOLE = "whole", "ranges", "catalogue", "straight whole"
STRAIGHT, PARKED, IDLING = "straight", "parked", "idle"
NEW, KEPT = ", a connection each", ", one connection"


@dataclasses.dataclass
class Outcome:
    requests: int
    bytes: int
    seconds: float
    p50: float  # microseconds
    p99: float


def load(what, to, **settings):
    """The command of the load program."""
    return [str(p.BUILT / "load"), what, f"to={to}", f"file_length={p.FILE_LENGTH}",
            *(f"{name}={value}" for name, value in settings.items())]


def ask(to, **settings):
    done = subprocess.run(load("ask", to, **settings), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{to}: {done.stderr.strip()}")
    return Outcome(*(kind(word) for kind, word in zip((int, int, float, float, float), done.stdout.split())))


def ask_peer(peer, **settings):
    """Asks, and puts the processor time that it took, for each GB, beside what came out."""
    pids = {"responder": peer.responder, "front": peer.front}
    before = {name: accounting.processor_time(pid) for name, pid in pids.items() if pid}
    outcome = ask(peer.port, protocol="http", **settings)
    gigabytes = outcome.bytes / 1e9
    return outcome, {name: (accounting.processor_time(pids[name]) - time_before) / gigabytes
                     for name, time_before in before.items()}


def drop_the_mute(site):
    """One request to each: it warms up, and whoever does not give the right answer is not measured."""
    for peer in list(site.all):
        try:
            ask_peer(peer, range_length=RANGE, videos=p.TEN, requests=20, connections=4)
        except RuntimeError as failure:
            site.all.remove(peer)
            site.absent.append(f"{peer.name}: {failure}")


def in_turn(items, i):
    """In each round somebody else begins: who comes first finds another machine than who comes last."""
    first = i % max(1, len(items))
    return items[first:] + items[:first]


def whole_files(site, i, samples):
    for peer in in_turn(site.all, i):
        if peer.name not in CATALOGUES:
            outcome, times = ask_peer(peer, requests=1)
            samples.add(WHOLE, peer.name, rate=outcome.bytes / 1e6 / outcome.seconds, **times)


def ranges(site, i, samples):
    for peer in in_turn(site.all, i):
        outcome, times = ask_peer(peer, range_length=RANGE, videos=CATALOGUES.get(peer.name, p.TEN), connections=16,
                                  requests=10**6, seconds=ROUND)
        work = CATALOGUE if peer.name in CATALOGUES else RANGES
        samples.add(work, peer.name, rate=outcome.requests / outcome.seconds, p99=outcome.p99, **times)


def straight(site, i, samples):
    """At the socket, one request after another. libfcgi's loop is not asked for kept connections: each would hold one
    of its threads."""
    for name in in_turn([name for name in STRAIGHT_PEERS if name in site.responders], i):
        pid = site.responders[name]
        for keep, manner in ((0, NEW), (1, KEPT)):
            if keep and name == p.LOOP:
                continue
            before = accounting.processor_time(pid)
            outcome = ask(site.socket(p.SOCKETS[name]), protocol="fastcgi", keep=keep, range_length=RANGE,
                          videos=CATALOGUES.get(name, p.TEN), requests=10**6, seconds=STRAIGHT_ROUND)
            taken = accounting.processor_time(pid) - before
            samples.add(STRAIGHT, name + manner, rate=outcome.requests / outcome.seconds, p50=outcome.p50,
                        p99=outcome.p99, processor=taken * 1e6 / outcome.requests)


def straight_whole(site, i, samples):
    """Whole films at the socket; to compare with the program before."""
    for name in in_turn([p.REELGATE, p.BEFORE], i):
        pid = site.responders[name]
        before = accounting.processor_time(pid)
        outcome = ask(site.socket(p.SOCKETS[name]), protocol="fastcgi", requests=1, videos=p.TEN)
        samples.add(STRAIGHT_WHOLE, name, processor=(accounting.processor_time(pid) - before) * 1e9 / outcome.bytes)


def crowds():
    """How many viewers are parked: the load program needs a descriptor for each, and so does reelgate."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 100
    return [0, 1000, min(10_000, most)]


@contextlib.contextmanager
def parked(socket, count):
    """Viewers who stopped in the middle of a film. Gives a function that lets them go."""
    process = subprocess.Popen(load("park", socket, connections=count), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if process.stdout.readline() != b"parked\n":
            raise RuntimeError(f"{count} viewers could not be parked")
        yield process.stdin.close
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()


def wait_for_descriptors(pid, count):
    """Waits up to ten seconds until a process has as few descriptors as before; returns the seconds that it took."""
    begin = time.monotonic()
    while accounting.descriptors(pid) > count and time.monotonic() < begin + 10:
        # The kernel announces no close of another process's descriptor. The pause is the resolution of the figure.
        time.sleep(0.001)
    return time.monotonic() - begin


def crowd(site, pid, count, samples):
    """Fresh requests while `count` viewers are parked; and how it is when they leave at once."""
    socket = site.socket("parked")
    before = accounting.descriptors(pid)
    with parked(socket, count) as let_go:
        fresh = ask(socket, protocol="fastcgi", keep=0, range_length=RANGE, videos=p.TEN, requests=FRESH)
        samples.add(PARKED, count, p50=fresh.p50, p99=fresh.p99, memory=accounting.resident_bytes(pid) / (1 << 20))
        let_go()
        samples.add(PARKED, count, leaving=wait_for_descriptors(pid, before + KEPT_DESCRIPTORS))


def idle(site, pid, samples):
    """Processor time of one whose viewers are all parked, and of one who has none, in the same seconds. Both have
    worked before: what they may have begun then, and not ended, shows."""
    most = crowds()[-1]
    # Not the one to which nginx keeps connections: it closes them some time, and that is work.
    pids = {0: site.responders[p.TEN_ROWS], most: pid}
    with parked(site.socket("parked"), most):
        # The watch over storage looks on for ten seconds after the last request.
        time.sleep(2 * IDLE)
        for _ in range(IDLE_ROUNDS):
            before = {count: accounting.processor_time(pid) for count, pid in pids.items()}
            # The pause is the measurement: processor time of those who have nothing to do.
            time.sleep(IDLE)
            for count, pid in pids.items():
                samples.add(IDLING, count, processor=(accounting.processor_time(pid) - before[count]) * 1e3)


def repeat(rounds, work, site, samples):
    for i in range(rounds):
        site.volume.warm()
        work(site, i, samples)


def crowded(site, samples):
    """Rounds of crowds who park, and leave at once."""
    if "parked" not in site.processes:
        site.start_reelgate("parked")
        # The first crowd makes memory that the later ones have, and nobody-parked would be measured without.
        with parked(site.socket("parked"), crowds()[-1]):
            pass
    pid = site.processes["parked"].pid

    def crowd_round(_, __, samples):
        for count in crowds():
            crowd(site, pid, count, samples)
    repeat(ROUNDS, crowd_round, site, samples)


def idle_beside_parked(site, samples):
    idle(site, site.processes["parked"].pid, samples)
