"""Many viewers of `reelgate serve` who stop, read slowly, come by the thousand or stay on kept connections: others are
served, and each gets exactly its bytes.

Does not test the records of FastCGI: protocol_test.py does.
SPDX-License-Identifier: MIT
"""
import contextlib
import fcntl
import os
import pathlib
import re
import resource
import selectors
import socket
import struct
import termios
import threading
import time

import fastcgi
import support
from fastcgi import KEEP_CONN
from support import Serving, equal
from viewers import (FILM, FILM_PATH, LARGE, LARGE_PATH, WINDOW, Viewers, ask, check_cut_off, check_not_busy, check_serves,
                     content_of, make_volume, range_field, rest_of)

# Seconds that the kernel counts processor time in. A sanitizer's own thread may come to one of them.
TICK = 1 / os.sysconf("SC_CLK_TCK")


# What peers send who then say nothing more. There are more of each than threads.
SILENT = [
    ("silent connections", b""),
    ("half a header", fastcgi.begin()[:5]),
    ("half-sent requests", fastcgi.request(FILM_PATH)[:-12]),
    ("requests without the end of their body",
     fastcgi.request(FILM_PATH)[:-8] + fastcgi.record(fastcgi.STDIN, b"body")),
    ("half of a large record", fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, bytes(60_000))[:40_000]),
    ("viewers who read nothing", fastcgi.request(LARGE_PATH)),
]


def check_silent(report, server):
    for name, sent in SILENT:
        with report.row(f"{name}: others are served"), Viewers(server) as viewers:
            for _ in range(10):
                viewers.connect().socket.sendall(sent)
            check_serves(server)
            check_not_busy(server, WINDOW / 8)
    with report.row("viewers who read nothing and have ended what they say: others are served"), \
            Viewers(server) as viewers:
        for i in range(10):
            viewer = viewers.watch(LARGE_PATH, flags=KEEP_CONN if i % 2 else 0)
            viewer.socket.shutdown(socket.SHUT_WR)
        check_serves(server)
        check_not_busy(server, WINDOW / 8)
    with report.row("viewers who stop in the middle of a record: others are served"), Viewers(server) as viewers:
        stopped = [viewers.connect() for _ in range(10)]
        for viewer in stopped:
            viewer.send(FILM_PATH)
            viewer.first = viewer.read_exactly(1000)
        check_serves(server)
        for viewer in stopped:
            raw = bytearray(viewer.first)
            while chunk := viewer.socket.recv(1 << 20):
                raw += chunk
            equal(content_of(bytes(raw)), FILM, "content, when they go on")
    with report.row("bodies that never end: others are served"):
        check_endless_bodies(server)


def check_endless_bodies(server):
    is_over = threading.Event()
    body = fastcgi.record(fastcgi.STDIN, bytes(65_535)) * 64

    def pour(connection):
        with contextlib.suppress(OSError):
            connection.socket.sendall(fastcgi.request(FILM_PATH)[:-8])
            while not is_over.is_set():
                connection.socket.sendall(body)

    with Viewers(server) as viewers:
        threads = [threading.Thread(target=pour, args=[viewers.connect()]) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(10):
                check_serves(server)
        finally:
            is_over.set()
            for thread in threads:
                thread.join()


def check_processor_time(report, server):
    with report.row("200 parked viewers cost no processor time"), Viewers(server) as viewers:
        for i in range(200):
            viewers.watch(LARGE_PATH, flags=KEEP_CONN if i % 2 else 0)
        for _ in range(20):
            viewers.connect()
        support.wait_until(lambda: is_asleep(server.process), "all threads wait")
        before = support.processor_seconds(server.process)
        time.sleep(WINDOW)  # an observation window
        spent = support.processor_seconds(server.process) - before
        assert spent < 1.5 * TICK, f"{spent} s of processor time for nothing"


def check_room(report, server):
    """The socket of a viewer who takes a film fast holds more of it than that of one who watches."""
    with report.row("a fast viewer gets a roomier socket, when he stops as well"), Viewers(server) as viewers:
        watching, fast = viewers.watch(LARGE_PATH), viewers.watch(LARGE_PATH)
        fast.read_exactly(LARGE // 2)
        support.wait_until(lambda: is_asleep(server.process), "all threads wait")
        held = {viewer: struct.unpack("i", fcntl.ioctl(viewer.socket, termios.FIONREAD, bytes(4)))[0]
                for viewer in (watching, fast)}
        assert held[fast] > 1.5 * held[watching], f"{held[fast]} bytes, and {held[watching]}"


def is_asleep(process):
    """Whether no thread of a process runs, at two looks."""
    states = [path.read_text().rpartition(")")[2].split()[0]
              for _ in range(2) for path in pathlib.Path(f"/proc/{process.pid}/task").glob("*/stat")]
    return set(states) == {"S"}


def check_kept(report, server):
    with report.row("more kept connections than threads, all used in turn"), Viewers(server) as viewers:
        kept = [viewers.connect() for _ in range(50)]
        for turn in range(4):
            for i, connection in enumerate(kept):
                first = 100_000 * turn + 1000 * i
                connection.send(FILM_PATH, fields=range_field(first, 777), flags=KEEP_CONN)
                equal(connection.read_reply().content, FILM[first:first + 777], f"connection {i}, turn {turn}")
    with report.row("more requests at a time than threads, answered in any order"), Viewers(server) as viewers:
        kept = [viewers.connect() for _ in range(50)]
        for turn in range(4):
            for i, connection in enumerate(kept):
                connection.send(FILM_PATH, fields=range_field(1000 * i, 300_000), flags=KEEP_CONN)
            for i, connection in reversed(list(enumerate(kept))):
                reply = connection.read_reply()
                equal(reply.content, FILM[1000 * i:1000 * i + 300_000], f"connection {i}, turn {turn}")


# situation, method, target, fields, status, length of the content that comes, Content-Length
ANSWERS = [
    ("HEAD", "HEAD", FILM_PATH, [], 200, 0, str(len(FILM))),
    ("HEAD with a range", "HEAD", FILM_PATH, range_field(0, 10), 206, 0, "10"),
    ("HEAD of nothing", "HEAD", "/api/stream/nothing", [], 404, 0, "28"),
    ("nothing", "GET", "/api/stream/nothing", [], 404, 28, "28"),
    ("another method", "DELETE", FILM_PATH, [], 405, None, None),
    ("OPTIONS", "OPTIONS", FILM_PATH, [], 204, 0, None),
    ("unsatisfiable", "GET", FILM_PATH, [("HTTP_RANGE", f"bytes={len(FILM)}-")], 416, None, None),
    ("not modified", "GET", FILM_PATH, [("HTTP_IF_NONE_MATCH", "*")], 304, 0, None),
    ("one byte", "GET", FILM_PATH, range_field(123_456, 1), 206, 1, "1"),
    ("the last byte", "GET", FILM_PATH, [("HTTP_RANGE", "bytes=-1")], 206, 1, "1"),
    *[(f"{length} bytes, about a record", "GET", FILM_PATH, range_field(9, length), 206, length, str(length))
      for length in (65_527, 65_528, 65_529, 131_056, 131_057)],
    ("whole", "GET", FILM_PATH, [], 200, len(FILM), str(len(FILM))),
    ("empty file", "GET", "/api/stream/empty", [], 200, 0, "0"),
]


def check_answers(report, server):
    with fastcgi.Connection(server.address) as connection:
        for name, method, target, fields, status, length, content_length in ANSWERS:
            with report.row(f"answers, one after another on a kept connection: {name}"):
                connection.send(target, method, fields, KEEP_CONN)
                reply = connection.read_reply()
                equal(reply.status, status, "status")
                equal(len(reply.content), len(reply.content) if length is None else length, "length")
                equal(reply.field("Content-Length"), content_length or reply.field("Content-Length"), "Content-Length")
                if status == 206 and method == "GET":
                    first = int(re.match(r"bytes (\d+)-", reply.field("Content-Range"))[1])
                    equal(reply.content, FILM[first:first + length], "content")
    with report.row("multipart: the file's bytes, part by part"):
        check_multipart(server)


def check_multipart(server):
    ranges = [(0, 9), (7_000_000, 8_100_000), (100_000, 300_000), (500, 500)]
    spec = ",".join(f"{first}-{last}" for first, last in ranges)
    reply = ask(server, FILM_PATH, fields=[("HTTP_RANGE", f"bytes={spec}")])
    equal(reply.status, 206, "status")
    equal(reply.field("Content-Length"), str(len(reply.content)), "Content-Length")
    boundary = re.fullmatch(r"multipart/byteranges; *boundary=(\S+)", reply.field("Content-Type"))[1].strip('"')
    parts = reply.content.split(f"--{boundary}".encode())
    equal(len(parts), len(ranges) + 2, "delimiters")
    equal(parts[-1].strip(), b"--", "the end")
    for (first, last), part in zip(ranges, parts[1:-1]):
        fields, _, content = part.partition(b"\r\n\r\n")
        assert f"bytes {first}-{last}/{len(FILM)}".encode() in fields, fields
        equal(content, FILM[first:last + 1] + b"\r\n", f"part {first}-{last}")


class SlowViewer:
    """Reads its answer a little at a time, and keeps nothing but how far it is."""
    step = 32 << 10

    def __init__(self, connection, first, length):
        self.socket = connection.socket
        self.wanted = FILM[first:first + length]
        self.raw = bytearray()

    def read(self):
        """Whether there is more to come."""
        chunk = self.socket.recv(self.step)
        self.raw += chunk
        return bool(chunk)


def check_thousand(report, folder, volume):
    count, length = 1000, 300_000
    with report.row("1,000 slow viewers on 4 threads: each gets exactly its bytes"), \
            Serving(folder, volume, "--threads", "4") as server, Viewers(server) as viewers, \
            selectors.DefaultSelector() as selector:
        for i in range(count):
            connection, first = viewers.connect(), 7919 * i
            connection.send(FILM_PATH, fields=range_field(first, length))
            selector.register(connection.socket, selectors.EVENT_READ, SlowViewer(connection, first, length))
        while selector.get_map():
            events = selector.select(support.DEADLINE)
            assert events, f"{len(selector.get_map())} viewers get nothing more"
            for key, _ in events:
                if not key.data.read():
                    selector.unregister(key.fileobj)
                    equal(content_of(bytes(key.data.raw)), key.data.wanted, "content")
        check_serves(server)


def check_internet(report, folder, volume):
    """A TCP socket takes part of a record; a Unix socket takes all of it, or nothing."""
    with report.row("over TCP: viewers who stop, and go on in another order, get their bytes"), \
            Serving(folder, volume, "--threads", "2", address=("127.0.0.1", support.free_port())) as server, \
            Viewers(server) as viewers:
        watching = [viewers.watch(FILM_PATH, fields=range_field(i, 6_000_000)) for i in range(20)]
        for i, viewer in reversed(list(enumerate(watching))):
            equal(rest_of(viewer).content, FILM[i:i + 6_000_000], f"content for viewer {i}")


@contextlib.contextmanager
def full_house(folder, volume):
    """A server with as many viewers as it may have, and with its refusals of a third."""
    with Serving(folder, volume, "--max-viewers", "2", "--threads", "2") as server, Viewers(server) as viewers:
        watching = viewers.watch(LARGE_PATH), viewers.watch(LARGE_PATH)
        for _ in range(3):
            reply = ask(server, FILM_PATH)
            equal(reply.status, 503, "status")
            assert int(reply.field("Retry-After")) > 0
        yield server, *watching


def check_max_viewers(report, folder, volume):
    with report.row("--max-viewers 2: the third is refused at once"), full_house(folder, volume):
        pass
    with report.row("--max-viewers 2: who was there before a refusal goes on"), full_house(folder, volume) as (_, first, _):
        equal(len(rest_of(first).content), LARGE, "length")
    with report.row("--max-viewers 2: the next is served when one has left"), \
            full_house(folder, volume) as (server, _, second):
        second.socket.close()
        support.wait_until(lambda: ask(server, FILM_PATH, "HEAD").status == 200, "room")
    with report.row("--max-viewers 2: kept connections that wait are no viewers"), \
            Serving(folder, volume, "--max-viewers", "2", "--threads", "2") as server, Viewers(server) as viewers:
        for connection in [viewers.connect() for _ in range(5)]:
            connection.send(FILM_PATH, flags=KEEP_CONN)
            equal(connection.read_reply().status, 200, "status")


def check_stalls(report, folder, volume):
    options = "--stall-timeout", "2", "--log-level", "info"
    with report.row("--stall-timeout 2: who takes no byte is dropped, who takes some now and then is not"), \
            Serving(folder, volume, *options) as server, Viewers(server) as viewers:
        stalled, slow = viewers.watch(LARGE_PATH), viewers.watch(LARGE_PATH)
        end = time.monotonic() + 3 * WINDOW
        while time.monotonic() < end:
            slow.read_exactly(16 << 10)
            time.sleep(WINDOW / 8)  # how slow it is
        server.wait_for_log(": stalled")
        equal(server.log().count(": stalled"), 1, "how many were dropped")
        check_cut_off(stalled)
    with report.row("--stall-timeout 2: a half-sent request is dropped"), \
            Serving(folder, volume, *options) as server, Viewers(server) as viewers:
        connection = viewers.connect()
        connection.socket.sendall(fastcgi.begin())
        assert connection.is_closed()
    with report.row("--stall-timeout 2: a kept connection that waits is not"), \
            Serving(folder, volume, *options) as server, Viewers(server) as viewers:
        connection = viewers.connect()
        for _ in range(2):
            connection.send(FILM_PATH, "HEAD", flags=KEEP_CONN)
            equal(connection.read_reply().status, 200, "status")
            time.sleep(1.25 * WINDOW)  # longer than the timeout


def check_inherited(report, folder, volume):
    with report.row("fd 0, --threads 1: several viewers at once"), socket.socket(socket.AF_UNIX) as inherited:
        place = str(folder / "inherited.sock")
        inherited.bind(place)
        inherited.listen()
        with Serving(folder, volume, "--threads", "1", address=place, stdin=inherited) as server, \
                Viewers(server) as viewers:
            viewers.connect()
            watching = [viewers.watch(FILM_PATH, fields=range_field(i, 6_000_000)) for i in range(8)]
            check_serves(server)
            for i, viewer in reversed(list(enumerate(watching))):
                equal(rest_of(viewer).content, FILM[i:i + 6_000_000], f"content for viewer {i}")


def main():
    # A thousand viewers need a thousand descriptors on this side as well.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    report = support.Report()
    with support.Folder() as folder:
        volume = make_volume(folder)
        with report.group("one server for all of that"), Serving(folder, volume, "--threads", "2") as server:
            check_silent(report, server)
            check_kept(report, server)
            check_answers(report, server)
            check_room(report, server)
            check_processor_time(report, server)
        for check in (check_thousand, check_internet, check_max_viewers, check_stalls, check_inherited):
            check(report, folder, volume)
    report.finish()


main()
