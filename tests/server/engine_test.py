"""The life of `reelgate serve`: viewers who stop, leave and come by the thousand, files that change under them,
descriptors that run out, signals. Spoken to straight at its socket, but for the web servers that are killed.

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
import signal
import socket
import struct
import termios
import threading
import time

import fastcgi
import servers
import support
from fastcgi import KEEP_CONN
from support import Serving, equal

FILM = support.position_coded(8 << 20)  # more than any socket's buffers hold
LARGE = 64 << 20
FILM_PATH, LARGE_PATH = "/api/stream/film", "/api/stream/large"

# Seconds for which something is watched that must not happen. Nothing is synchronised by it.
WINDOW = 2

# Seconds that the kernel counts processor time in. A sanitizer's own thread may come to one of them.
TICK = 1 / os.sysconf("SC_CLK_TCK")

# Seconds within which what happens "at once" has to be over; a busy machine is allowed for.
AT_ONCE = 5


class Viewers(contextlib.ExitStack):
    """Connections that are closed together."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def connect(self):
        return self.enter_context(fastcgi.Connection(self.server.address))

    def watch(self, *arguments, **more):
        """A viewer who has begun to watch, and stops after the first record."""
        connection = self.connect()
        connection.send(*arguments, **more)
        connection.first = connection.read_record()[2]
        return connection


def ask(server, *arguments, **more):
    with fastcgi.Connection(server.address) as connection:
        connection.send(*arguments, **more)
        return connection.read_reply()


def rest_of(viewer):
    """The whole answer of one who had stopped after the first record."""
    return support.parse_document_response(viewer.first + viewer.read_response())


def check_serves(server):
    equal(ask(server, FILM_PATH, fields=[("HTTP_RANGE", "bytes=5000000-5000999")]).content, FILM[5000000:5001000],
          "content for the next viewer")


def range_field(first, length):
    return [("HTTP_RANGE", f"bytes={first}-{first + length - 1}")]


def check_cut_off(viewer):
    """Reads to the end, which must not look like one in order."""
    try:
        viewer.read_response()
    except (fastcgi.NoValidRecord, EOFError, ConnectionResetError):  # between two records, or within one
        assert viewer.is_closed(), "still open"
        return
    raise AssertionError("a short answer ended in order")


def check_not_busy(server, window):
    """Watches for `window` seconds that the processor is not kept busy."""
    before = support.processor_seconds(server.process)
    time.sleep(window)  # an observation window
    spent = support.processor_seconds(server.process) - before
    assert spent < window / 2, f"{spent} s of processor time in {window} s"


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


def content_of(raw):
    """The content of an answer, out of all its bytes."""
    out = bytearray()
    while raw:
        _, kind, _, length, padding = fastcgi.HEADER.unpack(raw[:8])
        if kind == fastcgi.STDOUT:
            out += raw[8:8 + length]
        raw = raw[8 + length + padding:]
    return support.parse_document_response(bytes(out)).content


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


def replace(path):
    new = path.with_suffix(".new")
    new.write_bytes(b"another version")
    new.rename(path)


def check_files(report, server, volume):
    for name, change in (("replaced by rename", replace), ("deleted", pathlib.Path.unlink)):
        path = volume.videos / "changing.mp4"
        with report.row(f"a file that is {name} in mid-transfer: the old version comes whole"):
            path.write_bytes(FILM)
            with Viewers(server) as viewers:
                viewer = viewers.watch("/api/stream/changing")
                change(path)
                equal(rest_of(viewer).content, FILM, "content")
    with report.row("... and the new version for who comes then, while the old one still goes on"), \
            Viewers(server) as viewers:
        path.write_bytes(FILM)
        viewer = viewers.watch("/api/stream/changing")
        replace(path)
        equal(ask(server, "/api/stream/changing").content, b"another version", "content of the new")
        equal(rest_of(viewer).content, FILM, "content of the old")
    for left in (0, 1000, 4 << 20):
        with report.row(f"a file that is truncated to {left} bytes in mid-transfer: never an END_REQUEST"), \
                Viewers(server) as viewers:
            path.write_bytes(FILM)
            viewer = viewers.watch("/api/stream/changing")
            os.truncate(path, left)
            check_cut_off(viewer)
            check_serves(server)
    with report.row("ten viewers of one file have one descriptor of it"), Viewers(server) as viewers:
        film = volume.videos / "film.mp4"
        parked = [viewers.watch(FILM_PATH, fields=range_field(1000 * i, 4 << 20)) for i in range(10)]
        equal(support.descriptors(server.process, film), 1, "descriptors of the file")
        for i, viewer in enumerate(parked):
            equal(rest_of(viewer).content, FILM[1000 * i:1000 * i + (4 << 20)], "content, each from its own position")
        support.wait_until(lambda: support.descriptors(server.process, film) == 0, "the file closed")
    for name, options in (("leave", {}), ("leave kept connections", {"flags": KEEP_CONN})):
        with report.row(f"300 viewers {name}: descriptors are what they were, within a second"):
            check_serves(server)
            support.wait_until(lambda: support.sockets(server.process) == 1, "only the listening socket is left")
            before = support.descriptors(server.process)
            with Viewers(server) as viewers:
                for _ in range(300):
                    viewers.watch(LARGE_PATH, **options)
                equal(support.descriptors(server.process), before + 301, "descriptors while they watch")
            begin = time.monotonic()
            support.wait_until(lambda: support.descriptors(server.process) <= before, "as many as before")
            assert time.monotonic() - begin < 1, "later than a second"


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


def check_max_viewers(report, folder, volume):
    with Serving(folder, volume, "--max-viewers", "2", "--threads", "2") as server:
        with report.row("--max-viewers 2: the third is refused at once"), Viewers(server) as viewers:
            first, second = viewers.watch(LARGE_PATH), viewers.watch(LARGE_PATH)
            for _ in range(3):
                reply = ask(server, FILM_PATH)
                equal(reply.status, 503, "status")
                assert int(reply.field("Retry-After")) > 0
            with report.row("... and who was there before goes on"):
                equal(len(rest_of(first).content), LARGE, "length")
            with report.row("... and the next is served when one has left"):
                second.socket.close()
                support.wait_until(lambda: ask(server, FILM_PATH, "HEAD").status == 200, "room")
        with report.row("--max-viewers 2: kept connections that wait are no viewers"), Viewers(server) as viewers:
            for connection in [viewers.connect() for _ in range(5)]:
                connection.send(FILM_PATH, flags=KEEP_CONN)
                equal(connection.read_reply().status, 200, "status")


def check_stalls(report, folder, volume):
    with Serving(folder, volume, "--stall-timeout", "2", "--log-level", "info") as server:
        with report.row("--stall-timeout 2: who takes no byte is dropped, who takes some now and then is not"), \
                Viewers(server) as viewers:
            stalled, slow = viewers.watch(LARGE_PATH), viewers.watch(LARGE_PATH)
            end = time.monotonic() + 3 * WINDOW
            while time.monotonic() < end:
                slow.read_exactly(16 << 10)
                time.sleep(WINDOW / 8)  # how slow it is
            server.wait_for_log(": stalled")
            equal(server.log().count(": stalled"), 1, "how many were dropped")
            check_cut_off(stalled)
        with report.row("--stall-timeout 2: a half-sent request is dropped"), Viewers(server) as viewers:
            connection = viewers.connect()
            connection.socket.sendall(fastcgi.begin())
            assert connection.is_closed()
        with report.row("--stall-timeout 2: a kept connection that waits is not"), Viewers(server) as viewers:
            connection = viewers.connect()
            for _ in range(2):
                connection.send(FILM_PATH, "HEAD", flags=KEEP_CONN)
                equal(connection.read_reply().status, 200, "status")
                time.sleep(1.25 * WINDOW)  # longer than the timeout


def limit_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))


def check_descriptors(report, folder, volume):
    with report.row("descriptors run out: accepting pauses and goes on, transfers go on"), \
            Serving(folder, volume, "--threads", "2", preexec_fn=limit_descriptors) as server, \
            Viewers(server) as viewers:
        running = viewers.watch(FILM_PATH)
        crowd = [viewers.connect() for _ in range(60)]
        server.wait_for_log("accept connection: Too many open files")
        with report.row("... without spinning"):
            check_not_busy(server, WINDOW)
        with report.row("... with transfers that go on meanwhile"):
            equal(rest_of(running).content, FILM, "content")
        with report.row("... and whoever has come is answered, in the end"):
            for connection in crowd:
                connection.send(FILM_PATH, "HEAD")
            for i, connection in enumerate(crowd):
                out = connection.read_record()[2]
                assert out.startswith((b"Status: 200", b"Status: 503")), f"viewer {i}: {support.shorten(out)}"
                connection.socket.close()
        check_serves(server)
    with report.row("no descriptor is left for the file: 503 with Retry-After"), \
            Serving(folder, volume, "--threads", "2", preexec_fn=limit_descriptors) as server, \
            Viewers(server) as viewers:
        asking = viewers.connect()
        for _ in range(60):
            viewers.connect()
        server.wait_for_log("accept connection: Too many open files")
        asking.send(FILM_PATH)
        reply = asking.read_reply()
        equal((reply.status, reply.field("Retry-After") is not None), (503, True), "status, Retry-After")


def children_of(process):
    return [int(word) for word in
            pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def check_front_servers(report, folder, volume):
    for kind in (servers.LighttpdConnect, servers.Nginx):
        place = folder / kind.__name__
        place.mkdir()
        with report.row(f"{kind.name}: killed in mid-transfer: noticed, and the next is served"), \
                kind(place, volume, "info") as front:
            check_killed(front, volume.videos / "large.mp4")
            support.check_sanitizers(front.reelgate_log())


def check_killed(front, file):
    reelgate, web_server = front.processes[0], front.processes[-1]
    with socket.create_connection(("127.0.0.1", front.port), support.DEADLINE) as client:
        client.sendall(support.http_request(LARGE_PATH, "GET", []))
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 200")
        support.wait_until(lambda: support.descriptors(reelgate, file) == 1, "the transfer goes on")
        for process in [web_server.pid, *children_of(web_server)]:
            os.kill(process, signal.SIGKILL)
        begin = time.monotonic()
        support.wait_until(lambda: support.descriptors(reelgate, file) == 0, "noticed")
        assert time.monotonic() - begin < 1, "later than a second"
    support.wait_until(lambda: ": aborted" in front.log.read_text(errors="replace"), "logged")
    with fastcgi.Connection(str(front.folder / "running.sock")) as connection:
        connection.send(FILM_PATH)
        equal(connection.read_reply().content, FILM, "content")


# What is going on at SIGTERM that need not be waited for: what the peer has sent, and how much of the answer it reads.
IDLE = [
    ("a silent connection", b"", False),
    ("an idle kept connection", fastcgi.request(FILM_PATH, "HEAD", flags=KEEP_CONN), True),
]


def check_stop(report, folder, volume):
    for name, sent, is_answered in IDLE:
        with report.row(f"SIGTERM with {name}: ends at once"), \
                Serving(folder, volume, "--grace", "20") as server, Viewers(server) as viewers:
            for connection in [viewers.connect() for _ in range(5)]:
                connection.socket.sendall(sent)
                if is_answered:
                    connection.read_response()
            check_serves(server)
            begin = time.monotonic()
            equal(support.stop(server.process), 0, "exit status")
            assert time.monotonic() - begin < AT_ONCE, "waited for it"
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        with report.row(f"{number.name}: a transfer that ends in time comes whole"), \
                Serving(folder, volume) as server, Viewers(server) as viewers:
            closed, kept = viewers.watch(LARGE_PATH), viewers.watch(LARGE_PATH, flags=KEEP_CONN)
            server.process.send_signal(number)
            server.wait_for_log("stop: ")
            for viewer in (closed, kept):
                equal(len(rest_of(viewer).content), LARGE, "length")
                assert viewer.is_closed(), "kept open by a server that ends"
            equal(server.process.wait(support.DEADLINE), 0, "exit status")
    with report.row("SIGTERM: a request that is on its way is answered"), \
            Serving(folder, volume) as server, Viewers(server) as viewers:
        connection, whole = viewers.connect(), fastcgi.request(FILM_PATH)
        connection.send_apart([whole[:40]])
        server.process.terminate()
        server.wait_for_log("stop: ")
        connection.socket.sendall(whole[40:])
        equal(connection.read_reply().content, FILM, "content")
    with report.row("SIGTERM, --grace 1: a transfer that does not end is cut off then, and not before"), \
            Serving(folder, volume, "--grace", "1") as server, Viewers(server) as viewers:
        viewer = viewers.watch(LARGE_PATH)
        begin = time.monotonic()
        equal(support.stop(server.process), 0, "exit status")
        assert 1 <= time.monotonic() - begin < 1 + AT_ONCE, f"after {time.monotonic() - begin} s"
        check_cut_off(viewer)
        assert "grace" in server.log(), server.log()
    with report.row("a signal to stop as early as can be: ends in order"):
        for _ in range(20):
            check_early_signal(folder, volume, signal.SIGTERM)


def check_early_signal(folder, volume, number):
    """Sends a signal as soon as a connection is accepted, by the kernel if not by us."""
    with Serving(folder, volume, is_ready=lambda server: support.can_connect(server.address)) as server:
        server.process.send_signal(number)
        equal(server.process.wait(support.DEADLINE), 0, "exit status")


def check_release(report, folder, volume):
    for name, address in (("Unix", str(folder / "released.sock")), ("TCP", ("127.0.0.1", support.free_port()))):
        with report.row(f"SIGTERM: the {name} socket is free at once, while a transfer goes on"), \
                Serving(folder, volume, address=address) as old, Viewers(old) as viewers:
            viewer = viewers.watch(LARGE_PATH)
            old.process.terminate()
            support.wait_until(lambda: not support.can_connect(address), "released", old.process)
            with Serving(folder, volume, address=address) as new:
                check_serves(new)
                equal(len(rest_of(viewer).content), LARGE, "length of what goes on")
                equal(old.process.wait(support.DEADLINE), 0, "exit status of the old")
                check_serves(new)


def check_reload(report, folder, volume):
    config = folder / "reelgate.conf"
    config.write_text("cache-control = private\nlog-level = notice\n")
    other = support.Volume(folder / "other")
    other.add("another", b"another film")
    with Serving(folder, volume, "--config", config, "--threads", "2") as server, Viewers(server) as viewers:
        viewer = viewers.watch(LARGE_PATH)
        kept = viewers.connect()
        with report.row("SIGHUP under load: every request is answered"), load(server) as failures:
            for count in range(1, 21):
                config.write_text(f"cache-control = max-age={count}\nlog-level = notice\n")
                server.process.send_signal(signal.SIGHUP)
                server.wait_for_log("reload: settings are in force", count)
                equal(ask(server, FILM_PATH, "HEAD").field("Cache-Control"), f"max-age={count}", "Cache-Control")
            equal(failures, [], "failures")
        with report.row("SIGHUP: the log's level comes into force"):
            assert "response" not in server.log(), server.log()
            change(server, config, "cache-control = public\nlog-level = info\n", "settings are in force")
            equal(ask(server, FILM_PATH, "HEAD").field("Cache-Control"), "public", "Cache-Control")
            server.wait_for_log("info: response ")
        for name, text in (("a value that cannot be", "log-level = loud\n"), ("no such option", "colour = red\n"),
                           ("no such catalogue", f"database = {folder}/nowhere.db\ncache-control = no-store\n")):
            with report.row(f"SIGHUP, {name}: one line, and the old settings stay"):
                before = len(server.log())
                change(server, config, text, "the old settings stay")
                equal(ask(server, FILM_PATH, "HEAD").field("Cache-Control"), "public", "Cache-Control")
                equal(server.log()[before:].count("reload: "), 1, "lines")
        with report.row("SIGHUP: another catalogue, and nobody is dropped"):
            equal(ask(server, "/api/stream/another").status, 404, "status before")
            change(server, config, f"database = {other.database}\nvideos = {other.videos}\n", "settings are in force")
            for _ in range(10):  # whatever thread it is
                equal(ask(server, "/api/stream/another").content, b"another film", "content")
                equal(ask(server, FILM_PATH).status, 404, "status of what the other does not have")
            equal(len(rest_of(viewer).content), LARGE, "length of what began before")
            kept.send("/api/stream/another", flags=KEEP_CONN)
            equal(kept.read_reply().content, b"another film", "content on a connection from before")


def check_reloaded_limits(report, folder, volume):
    """What the engine goes by, and not the answers."""
    config = folder / "limits.conf"
    config.write_text("max-viewers = 0\nstall-timeout = 0\ngrace = 600\n")
    with Serving(folder, volume, "--config", config, "--log-level", "info") as server, Viewers(server) as viewers:
        parked = [viewers.watch(LARGE_PATH) for _ in range(3)]
        with report.row("SIGHUP under load, the limits: every request is answered"), load(server) as failures:
            for count in range(1, 21):
                change(server, config, f"max-viewers = {100 * count}\nstall-timeout = {600 * (count % 2)}\n",
                       "settings are in force")
            equal(failures, [], "failures")
        with report.row("SIGHUP: fewer viewers from now on, and as many again"):
            for limit, status in ((1, 503), (0, 200), (3, 503), (4, 200)):
                change(server, config, f"max-viewers = {limit}\nstall-timeout = 0\n", "settings are in force")
                equal(ask(server, FILM_PATH, "HEAD").status, status, f"status with --max-viewers {limit}")
        with report.row("SIGHUP: what wants a restart is said, once for each"):
            before = len(server.log())
            change(server, config, "stall-timeout = 0\nthreads = 3\nsocket-mode = 0600\nping-path = /ping\n",
                   "settings are in force")
            warnings = re.findall(r"warning: reload: ([a-z-]+): changed: takes effect when reelgate is restarted",
                                  server.log()[before:])
            equal(warnings, ["socket-mode", "threads", "ping-path"], "options that are named")
        with report.row("SIGHUP: a stall timeout for those who have stopped already"):
            change(server, config, "stall-timeout = 1\n", "settings are in force")
            server.wait_for_log(": stalled", 3)
            for viewer in parked:
                check_cut_off(viewer)
        with report.row("SIGHUP: no stall timeout any more, and nobody is dropped"):
            change(server, config, "stall-timeout = 8\n", "settings are in force")
            half = viewers.connect()
            half.socket.sendall(fastcgi.request(FILM_PATH)[:-12])
            check_serves(server)
            change(server, config, "stall-timeout = 0\n", "settings are in force")
            time.sleep(WINDOW)  # an observation window: the timer that runs goes off within it
            half.socket.sendall(fastcgi.request(FILM_PATH)[-12:])
            equal(half.read_reply().content, FILM, "content, when it goes on")
        with report.row("SIGHUP: another grace period is that of the end"):
            change(server, config, "stall-timeout = 0\ngrace = 0\n", "settings are in force")
            viewer = viewers.watch(LARGE_PATH)
            server.process.terminate()
            server.wait_for_log("not done within the grace period")
            equal(server.process.wait(AT_ONCE), 0, "exit status")
            check_cut_off(viewer)


def change(server, config, text, expected):
    count = server.log().count(expected)
    config.write_text(text)
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_log(expected, count + 1)


@contextlib.contextmanager
def load(server):
    """Requests one after another from two threads; yields the list of what went wrong."""
    is_over, failures = threading.Event(), []

    def run():
        while not is_over.is_set():
            try:
                reply = ask(server, FILM_PATH, fields=range_field(3000, 100_000))
                equal((reply.status, reply.content), (206, FILM[3000:103_000]), "status, content")
            except Exception as failure:  # whatever it is, the row fails with it
                failures.append(repr(failure))
                return

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


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
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        volume.add("changing", b"")
        volume.add("empty", b"")
        volume.sparse("large", LARGE, {})
        with report.row("one server for all of that"), Serving(folder, volume, "--threads", "2") as server:
            check_silent(report, server)
            check_files(report, server, volume)
            check_kept(report, server)
            check_answers(report, server)
            check_room(report, server)
            check_processor_time(report, server)
        for check in (check_thousand, check_internet, check_max_viewers, check_stalls, check_descriptors, check_stop, check_release,
                      check_reload, check_reloaded_limits, check_inherited, check_front_servers):
            with report.row(f"{check.__name__}: the server, to the end"):
                check(report, folder, volume)
    report.finish()


main()
