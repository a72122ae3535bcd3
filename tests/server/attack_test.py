"""Peers, files and processes that mean harm to `reelgate serve`, or look as if they did: what they cost is theirs alone.

Does not test the records of FastCGI (protocol_test.py), nor faults of the system (faults_test.py).
SPDX-License-Identifier: MIT
"""
import collections
import contextlib
import itertools
import os
import pathlib
import re
import select
import selectors
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import fastcgi
import support
from fastcgi import KEEP_CONN, begin, record, request
from support import Serving, equal
from viewers import CHANGING_PATH, FILM, FILM_PATH, LARGE, LARGE_PATH, ask, check_serves, make_volume

ABORT = record(fastcgi.ABORT_REQUEST, b"")
UNKNOWN_TYPE = record(77, b"", 0)
VALUES = record(fastcgi.GET_VALUES, fastcgi.short_name_value(b"FCGI_MPXS_CONNS", b""), 0)

# Bytes that a process may have more of when nothing should be left of what a peer said.
SLACK = 8 << 20


def resident(process):
    """Bytes of memory that a process has."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB$", text, re.MULTILINE)[1]) << 10


def check_memory(before, after):
    # A sanitizer keeps what was given back.
    assert support.is_sanitized() or after < before + SLACK, f"{(after - before) >> 10} KiB more"


def pour(connection, bytes_, max_bytes):
    """Sends `bytes_` again and again until the peer takes no more, or `max_bytes` have gone."""
    connection.socket.setblocking(False)
    sent = 0
    try:
        while sent < max_bytes:
            try:
                sent += connection.socket.send(bytes_[sent % len(bytes_):])
            except BlockingIOError:
                # A peer that takes nothing for this long reads no more.
                if not select.select([], [connection.socket], [], 0.3)[1]:
                    break
    except (BrokenPipeError, ConnectionResetError):
        pass
    finally:
        connection.socket.settimeout(support.DEADLINE)


# What a peer that takes nothing says without end: situation, before it, and again and again.
FLOODS = [
    ("unknown management records while it is answered", request(LARGE_PATH, flags=KEEP_CONN), 4096 * UNKNOWN_TYPE),
    ("GET_VALUES while it is answered", request(LARGE_PATH, flags=KEEP_CONN), 1024 * VALUES),
    ("unknown management records between requests", b"", 4096 * UNKNOWN_TYPE),
    ("unknown management records within a request", begin(), 4096 * UNKNOWN_TYPE),
    ("requests within a request", begin(), 2048 * begin(request_id=2)),
    ("requests of another role", b"", 2048 * begin(fastcgi.FILTER, KEEP_CONN)),
    ("requests that it aborts", b"", 1024 * (begin(flags=KEEP_CONN) + record(fastcgi.ABORT_REQUEST, b""))),
    ("requests while it is answered", request(LARGE_PATH, flags=KEEP_CONN), 64 * request(FILM_PATH, flags=KEEP_CONN)),
    ("content while it is answered", request(LARGE_PATH, flags=KEEP_CONN), 8 * record(fastcgi.STDIN, bytes(60_000))),
]


def check_floods(report, folder, volume):
    with Serving(folder, volume, "--threads", "2") as server:
        check_serves(server)
        for name, first, again in FLOODS:
            with report.row(f"a peer that takes nothing sends {name}: memory stays"), \
                    fastcgi.Connection(server.address) as connection:
                connection.socket.sendall(first)
                before = resident(server.process)
                pour(connection, again, 16 << 20)
                after = resident(server.process)
                check_memory(before, after)
                check_serves(server)
    with report.row("a peer that takes nothing sends records without end, --stall-timeout 1: dropped"), \
            Serving(folder, volume, "--stall-timeout", "1", "--log-level", "info") as server, \
            fastcgi.Connection(server.address) as connection:
        connection.send(LARGE_PATH, flags=KEEP_CONN)
        pour(connection, 4096 * UNKNOWN_TYPE, 16 << 20)
        server.wait_for_log(": stalled")
    with report.row("1,000 records while it is answered, which it reads in the end: the film, and a reply to each"), \
            Serving(folder, volume) as server, fastcgi.Connection(server.address) as connection:
        connection.send(FILM_PATH, flags=KEEP_CONN)
        first = connection.read_record()[2]
        connection.socket.sendall(1000 * UNKNOWN_TYPE)
        connection.socket.sendall(request(FILM_PATH, "HEAD", request_id=2))
        out, replies, ended = bytearray(first), 0, []
        while ended != [1, 2]:
            kind, request_id, content = connection.read_record()
            if kind == fastcgi.UNKNOWN_TYPE:
                replies += 1
            elif kind == fastcgi.END_REQUEST:
                ended.append(request_id)
            elif request_id == 1:
                out += content
        equal(support.parse_document_response(bytes(out)).content, FILM, "content")
        equal(replies, 1000, "replies")
    with report.row("1,000 records after an answer, before it is read: the answer, and a reply to each"), \
            Serving(folder, volume, "--log-level", "info") as server, fastcgi.Connection(server.address) as connection:
        connection.send(FILM_PATH, fields=[("HTTP_RANGE", "bytes=0-149999")], flags=KEEP_CONN)
        server.wait_for_log(": complete")
        connection.socket.sendall(1000 * UNKNOWN_TYPE)
        equal(connection.read_reply().content, FILM[:150_000], "content")
        equal({connection.read_record()[0] for _ in range(1000)}, {fastcgi.UNKNOWN_TYPE}, "types of the replies")
        connection.send(FILM_PATH, "HEAD")
        equal(connection.read_reply().status, 200, "status of the next")


def check_turns(report, folder, volume):
    with report.row("--threads 1: 500 requests that come at once: who asks next is answered in between"), \
            Serving(folder, volume, "--threads", "1", "--status-path", "/status") as server, \
            fastcgi.Connection(server.address) as many, fastcgi.Connection(server.address) as one:
        many.send(FILM_PATH, "HEAD", flags=KEEP_CONN)  # both are known to the server then
        many.read_reply()
        one.send("/status", flags=KEEP_CONN)
        one.read_reply()
        server.process.send_signal(signal.SIGSTOP)
        many.socket.sendall(500 * request(FILM_PATH, "HEAD", flags=KEEP_CONN))
        one.send("/status")
        server.process.send_signal(signal.SIGCONT)
        answered = int(re.search(rb"^requests: +(\d+)$", one.read_reply().content, re.MULTILINE)[1])
        assert answered < 100, f"{answered} requests answered before"
        for _ in range(500):
            equal(many.read_reply().status, 200, "status")


# What a peer goes on saying that makes no progress: situation, before it, and every 0.2 s.
CHATTER = [
    ("a byte of content while it is answered", request(LARGE_PATH, flags=KEEP_CONN), record(fastcgi.STDIN, b"x")),
    ("a management record while it is answered", request(LARGE_PATH, flags=KEEP_CONN), UNKNOWN_TYPE),
    ("a record of another request while it is answered", request(LARGE_PATH), record(fastcgi.STDIN, b"x", 9)),
    ("a byte of content before its end", request(LARGE_PATH)[:-8], record(fastcgi.STDIN, b"x")),
    ("a management record before its end", request(LARGE_PATH)[:-8], UNKNOWN_TYPE),
    ("a byte of params", begin(), record(fastcgi.PARAMS, b"\0")),
]


def chatter_until_closed(connection, word):
    end = time.monotonic() + support.DEADLINE
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while time.monotonic() < end:
            connection.socket.sendall(word)
            select.select([], [], [], 0.2)  # how often it speaks
    assert time.monotonic() < end, "never dropped"


def check_chatter(report, folder, volume):
    for name, first, word in CHATTER:
        with report.row(f"--stall-timeout 1: a viewer that takes nothing, and says {name}: dropped"), \
                Serving(folder, volume, "--stall-timeout", "1") as server, \
                fastcgi.Connection(server.address) as connection:
            connection.socket.sendall(first)
            chatter_until_closed(connection, word)
    with report.row("--stall-timeout 1: viewers that stop wherever their turn may be over: all are dropped"), \
            Serving(folder, volume, "--stall-timeout", "1", "--log-level", "info", "--threads", "2") as server, \
            contextlib.ExitStack() as stack:
        for i in range(40):
            viewer = stack.enter_context(fastcgi.Connection(server.address))
            viewer.send(LARGE_PATH)
            viewer.read_exactly((i + 1) * 100_000)
        server.wait_for_log(": stalled", 40)
    with report.row("--stall-timeout 1: a viewer that takes a little, and says something all the time: goes on"), \
            Serving(folder, volume, "--stall-timeout", "1") as server, \
            fastcgi.Connection(server.address) as connection:
        connection.send(FILM_PATH, flags=KEEP_CONN)
        end, raw = time.monotonic() + 4, bytearray()
        while time.monotonic() < end:
            connection.socket.sendall(record(fastcgi.STDIN, b"x"))
            raw += connection.read_exactly(64 << 10)
            select.select([], [], [], 0.2)  # how slow it is
        while len(raw) < len(FILM):
            raw += connection.read_exactly(len(FILM) - len(raw))


def kept(server, count, say):
    """`count` kept connections on which `say` was said and answered."""
    stack = contextlib.ExitStack()
    for _ in range(count):
        connection = stack.enter_context(fastcgi.Connection(server.address))
        say(connection)
    return stack


def say_long(connection):
    connection.send("/api/stream/" + 900_000 * "x", flags=KEEP_CONN)
    equal(connection.read_reply().status, 404, "status")


def say_long_range(connection):
    connection.send(FILM_PATH, "HEAD", [("HTTP_RANGE", "bytes=" + 900_000 * " ")], KEEP_CONN)
    equal(connection.read_reply().status, 200, "status")


def say_half_and_abort(connection):
    connection.socket.sendall(begin(flags=KEEP_CONN) +
                              15 * record(fastcgi.PARAMS, bytes(60_000)) + record(fastcgi.ABORT_REQUEST, b""))
    equal(connection.read_record()[0], fastcgi.END_REQUEST, "type")


def check_idle(report, folder, volume):
    for name, say in (("an address of 900 KB", say_long), ("a range of 900 KB", say_long_range),
                      ("a request of 900 KB that it aborted", say_half_and_abort)):
        with report.row(f"150 kept connections, each after {name}: nothing of it stays"), \
                Serving(folder, volume, "--log-level", "info", "--threads", "2") as server:
            # As many as make each thread's heap what it stays: it keeps some of the last request's memory.
            with kept(server, 40, say):
                before = resident(server.process)
            with kept(server, 150, say):
                after = resident(server.process)
                check_memory(before, after)


def overwrite(path):
    with open(path, "r+b") as file:
        file.write(len(FILM) * b"n")


def overwrite_and_date_back(path):
    before = path.stat()
    overwrite(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def truncate_and_extend(path):
    os.truncate(path, 0)
    os.truncate(path, len(FILM))


def truncate_and_fill(path):
    path.write_bytes(len(FILM) * b"n")


def extend(path):
    with open(path, "ab") as file:
        file.write(b"more")


def punch_hole(path):
    subprocess.run(["fallocate", "--punch-hole", "--offset", "4194304", "--length", "1048576", path], check=True)


# What is done to a film while it is sent: situation, what, whether the answer goes on.
CHANGES = [
    ("rewritten in place", overwrite, False),
    ("rewritten in place, with its date set back", overwrite_and_date_back, False),
    ("truncated and extended again", truncate_and_extend, False),
    ("truncated and filled again", truncate_and_fill, False),
    ("extended", extend, False),
    ("with a hole punched into it", punch_hole, False),
    ("deleted", pathlib.Path.unlink, True),
    ("given another mode", lambda path: path.chmod(0o600), True),
]


CUT_OFF = re.compile("send /api/stream/changing: the file (was changed meanwhile|is shorter than it was): cut off")


@contextlib.contextmanager
def changing_film(volume):
    path = volume.videos / "changing.mp4"
    path.write_bytes(FILM)
    support.set_time(path, 1_600_000_000)
    yield path
    path.unlink(missing_ok=True)


def check_changed(viewer, path, change, goes_on):
    """Changes a film while it is sent. It goes on to its end, or the connection is closed in the middle of it."""
    viewer.send(CHANGING_PATH)
    first = viewer.read_record()[2]
    change(path)
    if goes_on:
        equal(support.parse_document_response(first + viewer.read_response()).content, FILM, "content")
        return
    try:
        viewer.read_response()
    except (fastcgi.NoValidRecord, EOFError, ConnectionResetError):
        assert viewer.is_closed(), "still open"
    else:
        raise AssertionError("ended in order")


def check_changes(report, folder, volume):
    with Serving(folder, volume) as server:
        for name, change, goes_on in CHANGES:
            with report.row(f"a film that is {name} while it is sent: {'goes on' if goes_on else 'never looks whole'}"), \
                    changing_film(volume) as path, fastcgi.Connection(server.address) as viewer:
                check_changed(viewer, path, change, goes_on)
                if not goes_on:
                    support.wait_until(lambda: CUT_OFF.search(server.log()), "logged")
    for name, change, goes_on in CHANGES:
        with report.row(f"plain CGI: a film that is {name} while it is sent: {'goes on' if goes_on else 'fails'}"), \
                changing_film(volume) as path:
            environment = support.clean_environment(
                REQUEST_METHOD="GET", REQUEST_URI=CHANGING_PATH, REELGATE_DATA=str(volume.path))
            with subprocess.Popen([support.PROGRAM], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env=environment) as program:
                raw = program.stdout.read(100_000)
                change(path)
                raw += program.stdout.read()
                complaint = program.stderr.read().decode()
                content = support.parse_document_response(raw).content
                if goes_on:
                    equal((program.wait(support.DEADLINE), content), (0, FILM), "exit status, content")
                else:
                    equal(program.wait(support.DEADLINE), 1, "exit status")
                    assert len(content) < len(FILM), "all of it has come"
                    assert re.search("the file (was changed meanwhile|is shorter than it was)$", complaint.strip()), complaint


def check_growing(report, folder, volume):
    """A recording under a tag that stays: the catalogue's word counts."""
    query = "SELECT status, 'a-tag' AS etag FROM videos WHERE id = ?1"
    with Serving(folder, volume, "--query", query) as server:
        for name, change, goes_on in (("extended", extend, True), ("rewritten in place", overwrite, False),
                                      ("truncated and filled again", truncate_and_fill, False)):
            with report.row(f"a film with a tag of the catalogue that is {name} while it is sent"), \
                    changing_film(volume) as path, fastcgi.Connection(server.address) as viewer:
                check_changed(viewer, path, change, goes_on)


def listening(family, address):
    listener = socket.socket(family)
    listener.bind(address)
    listener.listen(64)
    return listener


def check_lost_socket(report, folder, volume):
    places = [("Unix socket is shut down", socket.AF_UNIX, str(folder / "lost.sock"), socket.SHUT_RDWR),
              ("Unix socket is shut down for reading", socket.AF_UNIX, str(folder / "half-lost.sock"), socket.SHUT_RD),
              ("TCP socket is shut down", socket.AF_INET, ("127.0.0.1", 0), socket.SHUT_RD)]
    for name, family, address, how in places:
        with report.row(f"the {name} by the process that handed it over: answers end, status 1"), \
                listening(family, address) as inherited, \
                Lost(folder, volume, address=inherited.getsockname(), stdin=inherited) as server, \
                fastcgi.Connection(server.address) as viewer:
            viewer.send(FILM_PATH)
            first = viewer.read_record()[2]
            inherited.shutdown(how)
            server.wait_for_log("the listening socket was shut down")
            equal(support.parse_document_response(first + viewer.read_response()).content, FILM, "content")
            viewer.socket.close()
            equal(server.process.wait(support.DEADLINE), 1, "exit status")
            equal(server.log().count("listening socket"), 1, f"lines about it in {server.log()}")


class Lost(Serving):
    """A server that is expected to end by itself, with status 1."""

    def __exit__(self, *_):
        equal(support.stop(self.process), 1, "exit status")
        support.check_sanitizers(self.log())


def check_end_over_internet(report, folder, volume):
    with Serving(folder, volume, "--log-level", "info", "--threads", "2",
                 address=("127.0.0.1", support.free_port())) as server:
        count = itertools.count(1)
        for name, flags, late in (("says a record", 0, record(fastcgi.STDIN, b"late")), ("says an abort", 0, ABORT),
                                  ("says what is no FastCGI", KEEP_CONN, 64 * b"\xff"),
                                  ("asks again", 0, request(FILM_PATH)), ("pauses for three seconds", 0, b"")):
            with report.row(f"over TCP, a viewer that {name} after its last request gets the end of the answer"), \
                    socket.socket() as narrow:
                narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                narrow.settimeout(support.DEADLINE)
                narrow.connect(server.address)
                narrow.sendall(request(FILM_PATH, fields=[("HTTP_RANGE", "bytes=0-499999")], flags=flags))
                server.wait_for_log(": complete", next(count))
                narrow.sendall(late)
                if not late:
                    select.select([], [], [], 3)  # which is longer than one is waited for that has taken everything
                viewer = fastcgi.Connection.__new__(fastcgi.Connection)
                viewer.socket = narrow
                equal(viewer.read_reply().content, FILM[:500_000], "content")
                assert viewer.is_closed(), "still open"
        with report.row("over TCP, a viewer that never ends its connection is not waited for"), \
                fastcgi.Connection(server.address) as viewer:
            viewer.send(FILM_PATH, "HEAD")
            viewer.read_reply()
            support.wait_until(lambda: support.sockets(server.process) == 1, "closed")


class Askers(contextlib.ExitStack):
    """Kept connections that ask for the film again and again, by a thread of their own; and what they are answered."""

    def __init__(self, server, count):
        super().__init__()
        self.connections = [self.enter_context(fastcgi.Connection(server.address)) for _ in range(count)]
        self.statuses = collections.Counter()
        self.is_over = False
        self.thread = threading.Thread(target=self.run)
        for connection in self.connections:
            connection.send(FILM_PATH, "HEAD", flags=KEEP_CONN)
        self.thread.start()
        self.callback(self.end)

    def run(self):
        with selectors.DefaultSelector() as selector:
            for connection in self.connections:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            while not self.is_over:
                for key, _ in selector.select(0.1):
                    self.statuses[key.data.read_reply().status] += 1
                    key.data.send(FILM_PATH, "HEAD", flags=KEEP_CONN)

    def end(self):
        self.is_over = True
        self.thread.join()


@contextlib.contextmanager
def exclusive_writer(volume):
    """An application's writer that keeps a catalogue in rollback mode to itself."""
    with contextlib.closing(sqlite3.connect(volume.database, isolation_level=None)) as writer:
        writer.execute("PRAGMA locking_mode = EXCLUSIVE")
        writer.execute("BEGIN EXCLUSIVE")
        yield writer
        writer.execute("ROLLBACK")


# A look-up that takes as long as one may.
SLOW = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000000)
          SELECT status FROM videos WHERE id = ?1 AND (?1 <> 'film' OR (SELECT max(i) FROM n) > 0)"""


def check_catalog(report, folder, volume):
    """Requests that wait for the catalogue never hold up transfers."""
    locked = support.Volume(folder / "locked")
    locked.add("film", FILM)
    locked.sparse("large", LARGE, {})
    with contextlib.closing(sqlite3.connect(locked.database)) as connection:
        equal(connection.execute("PRAGMA journal_mode = DELETE").fetchone(), ("delete",), "journal mode")
    for threads in ("1", "4"):
        with report.row(f"--threads {threads}, the catalogue is locked, and 100 viewers ask: a transfer goes on"), \
                Serving(folder, locked, "--threads", threads, "--ping-path", "/ping") as server, \
                fastcgi.Connection(server.address) as viewer:
            viewer.send(LARGE_PATH)
            first = viewer.read_record()[2]
            with exclusive_writer(locked), Askers(server, 100) as askers:
                rest = viewer.read_response()
                equal(ask(server, "/ping").status, 200, "status of the ping")
                support.wait_until(lambda: sum(askers.statuses.values()) >= 200, "answers")
                equal(set(askers.statuses), {503}, "statuses")
            equal(len(support.parse_document_response(first + rest).content), LARGE, "length")
            server.wait_for_log("locked by a writer")
            check_serves(server)
        with report.row(f"--threads {threads}, a writer that lets go in time: viewers are answered"), \
                Serving(folder, locked, "--threads", threads) as server, contextlib.ExitStack() as stack:
            check_serves(server)
            with exclusive_writer(locked):
                begin_ = time.monotonic()
                asking = [stack.enter_context(fastcgi.Connection(server.address)) for _ in range(10)]
                for connection in asking:
                    connection.send_apart([request(FILM_PATH, fields=[("HTTP_RANGE", "bytes=10-19")])])
                equal(select.select([connection.socket for connection in asking], [], [], 0.02)[0], [], "answers")
            held = time.monotonic() - begin_
            statuses = {connection.read_reply().status for connection in asking}
            # A machine that is busy may have let go too late.
            assert statuses == {206} or held > 1.5, f"{statuses} after {held} s"
    with report.row("look-ups that take seconds: other threads than they have serve the others"), \
            Serving(folder, volume, "--threads", "2", "--ping-path", "/ping", "--query", SLOW) as server, \
            contextlib.ExitStack() as stack:
        slow = [stack.enter_context(fastcgi.Connection(server.address)) for _ in range(4)]
        slow[0].send(FILM_PATH, "HEAD")
        support.wait_until(lambda: support.processor_seconds(server.process) > 0.1, "it is slow")
        for connection in slow[1:]:
            connection.send(FILM_PATH, "HEAD")
        for _ in range(5):
            equal(ask(server, "/ping").status, 200, "status of the ping")
        equal(select.select([connection.socket for connection in slow], [], [], 0)[0], [], "answered before")
        for connection in slow:
            equal(connection.read_reply().status, 503, "status")


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = make_volume(folder)
        for check in (check_floods, check_turns, check_chatter, check_idle, check_changes, check_growing,
                      check_lost_socket, check_end_over_internet, check_catalog):
            with report.group(f"{check.__name__}: the server, to the end"):
                check(report, folder, volume)
    report.finish()


main()
