"""Owns viewers of a running server, spoken to straight at its socket: they begin to watch, stop, go on and leave.

Does not judge HTTP beyond the bytes that they get.
SPDX-License-Identifier: MIT
"""
import contextlib
import threading
import time

import fastcgi
import support
from support import equal

FILM = support.position_coded(8 << 20)  # more than any socket's buffers hold
LARGE = 64 << 20
FILM_PATH, LARGE_PATH, CHANGING_PATH = "/api/stream/film", "/api/stream/large", "/api/stream/changing"

# Seconds for which something is watched that must not happen. Nothing is synchronised by it.
WINDOW = 2

# Seconds within which what happens "at once" has to be over; a busy machine is allowed for.
AT_ONCE = 5

# Requests at a time, of which each thread of a server gets some.
AT_A_TIME = 40


def make_volume(folder):
    """A volume with a film, a large one, an empty one, and one that a row may change."""
    volume = support.Volume(folder / "data")
    volume.add("film", FILM)
    volume.add("changing", b"")
    volume.add("empty", b"")
    volume.sparse("large", LARGE, {})
    return volume


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
    """One request on a connection of its own, and its reply."""
    with fastcgi.Connection(server.address) as connection:
        connection.send(*arguments, **more)
        return connection.read_reply()


def statuses(server, target=FILM_PATH):
    """The statuses of many requests at a time, each on a connection of its own: each thread of the server gets some."""
    with Viewers(server) as viewers:
        asking = [viewers.connect() for _ in range(AT_A_TIME)]
        for connection in asking:
            connection.send(target, "HEAD")
        return {connection.read_reply().status for connection in asking}


def rest_of(viewer):
    """The whole answer of one who had stopped after the first record."""
    return support.parse_document_response(viewer.first + viewer.read_response())


def content_of(raw):
    """The content of an answer, out of all its bytes."""
    out = bytearray()
    while raw:
        _, kind, _, length, padding = fastcgi.HEADER.unpack(raw[:8])
        if kind == fastcgi.STDOUT:
            out += raw[8:8 + length]
        raw = raw[8 + length + padding:]
    return support.parse_document_response(bytes(out)).content


def range_field(first, length):
    return [("HTTP_RANGE", f"bytes={first}-{first + length - 1}")]


def check_serves(server):
    equal(ask(server, FILM_PATH, fields=[("HTTP_RANGE", "bytes=5000000-5000999")]).content, FILM[5000000:5001000],
          "content for the next viewer")


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


@contextlib.contextmanager
def load(server, target=FILM_PATH):
    """Requests one after another from two threads; yields the list of what went wrong."""
    is_over, failures = threading.Event(), []

    def run():
        while not is_over.is_set():
            try:
                reply = ask(server, target, fields=range_field(3000, 100_000))
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
