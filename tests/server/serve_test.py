"""`reelgate serve` by itself, spoken to straight at its socket: sockets, kept connections, the end in order, and a
transfer that cannot be completed.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import signal
import socket
import stat
import subprocess

import fastcgi
import support
from support import equal

FILM = support.position_coded(100_000)
LARGE = 64 << 20  # more than any socket's buffers hold


@contextlib.contextmanager
def serving(folder, volume, address, *options, **more):
    """A running reelgate; yields the process once it can be connected to."""
    with open(folder / "serve.log", "ab") as log:
        process = subprocess.Popen([support.PROGRAM, "serve", "--data", str(volume.path), *options],
                                   stderr=log, env=support.clean_environment(), **{"stdin": subprocess.DEVNULL, **more})
    try:
        support.wait_until(lambda: support.can_connect(address), "serve", process)
        yield process
    finally:
        support.stop(process)


def ask(address, *arguments, **more):
    with fastcgi.Connection(address) as connection:
        connection.send(*arguments, **more)
        reply = support.parse_document_response(connection.read_response())
        assert connection.is_closed(), "kept open though not asked to"
        return reply


def check_sockets(report, folder, volume):
    place = str(folder / "s.sock")
    listen = ["--listen", f"unix:{place}"]
    with report.row("Unix socket: answers, has its mode, and goes at the end"):
        with serving(folder, volume, place, *listen, "--socket-mode", "0600") as process:
            equal(stat.S_IMODE(os.stat(place).st_mode), 0o600, "mode")
            equal(ask(place, "/api/stream/film").content, FILM, "content")
            equal(support.stop(process), 0, "exit status on SIGTERM")
        assert not os.path.exists(place), "the socket is still there"
    for number in (signal.SIGINT, signal.SIGUSR1):
        with report.row(f"{number.name}: ends in order"), serving(folder, volume, place, *listen) as process:
            process.send_signal(number)
            equal(process.wait(support.DEADLINE), 0, "exit status")
    with report.row("Unix socket: one that a killed process left is replaced"):
        with serving(folder, volume, place, *listen) as process:
            process.kill()
            process.wait()
            assert os.path.exists(place)
            with serving(folder, volume, place, *listen):
                equal(ask(place, "/api/stream/film", "HEAD").status, 200, "status")
    with report.row("Unix socket: a second reelgate does not take it over"), serving(folder, volume, place, *listen):
        done = support.reelgate("--data", volume.path, *listen)
        equal(done.returncode, 1, "exit status")
        assert b"another process" in done.stderr, done.stderr
        equal(ask(place, "/api/stream/film", "HEAD").status, 200, "status")
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "[::1]")):
        with report.row(f"TCP: {host}"):
            port = support.free_port()
            address = (host.strip("[]"), port) if family == socket.AF_INET else None
            check_tcp(folder, volume, host, port, address)
    with report.row("fd 0: an inherited listening socket"), socket.socket(socket.AF_UNIX) as inherited:
        place = str(folder / "inherited.sock")
        inherited.bind(place)
        inherited.listen()
        with serving(folder, volume, place, stdin=inherited):
            equal(ask(place, "/api/stream/film").content, FILM, "content")
        assert os.path.exists(place), "removed a socket that is not its own"


def check_tcp(folder, volume, host, port, address):
    if address is None:
        address = ("::1", port)
    with open(folder / "serve.log", "ab") as log:
        process = subprocess.Popen([support.PROGRAM, "--data", str(volume.path), "--listen", f"{host}:{port}"],
                                   stdin=subprocess.DEVNULL, stderr=log, env=support.clean_environment())
    try:
        def answers():
            with contextlib.suppress(OSError), socket.create_connection(address, 1):
                return True
            return False
        support.wait_until(answers, "serve", process)
        with socket.create_connection(address, support.DEADLINE) as raw:
            raw.sendall(fastcgi.request("/api/stream/film", "HEAD"))
            assert b"Status: 200" in raw.recv(65536)
    finally:
        support.stop(process)


def check_connections(report, folder, volume):
    place = str(folder / "c.sock")
    with serving(folder, volume, place, "--listen", f"unix:{place}", "--threads", "2"):
        with report.row("a kept connection: one request after another"), fastcgi.Connection(place) as connection:
            for first in (0, 500, 99_990):
                connection.send("/api/stream/film", fields=[("HTTP_RANGE", f"bytes={first}-{first + 9}")],
                                flags=fastcgi.KEEP_CONN)
                reply = support.parse_document_response(connection.read_response())
                equal((reply.status, reply.content), (206, FILM[first:first + 10]), "status, content")
        with report.row("two Range params are one field"):
            ranges = [("HTTP_RANGE", "bytes=0-1"), ("HTTP_RANGE", "bytes=4-5")]
            equal(ask(place, "/api/stream/film", fields=ranges).status, 200, "status")
        with report.row("a peer that speaks no FastCGI: closed"), fastcgi.Connection(place) as connection:
            connection.socket.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.is_closed()
        with report.row("a viewer who leaves in the middle: the next one is served"):
            for _ in range(10):
                with fastcgi.Connection(place) as connection:
                    connection.send("/api/stream/large")
                    connection.read_record()
            equal(ask(place, "/api/stream/film").content, FILM, "content")
        with report.row("a file that shrinks in mid-transfer: never an END_REQUEST"):
            with fastcgi.Connection(place) as connection:
                connection.send("/api/stream/shrinking")
                connection.read_record()
                os.truncate(volume.videos / "shrinking.mp4", 1000)
                try:
                    connection.read_response()
                    raise AssertionError("a short reply ended in order")
                except (fastcgi.NoValidRecord, EOFError):  # between two records, or within one
                    assert connection.is_closed()
    with report.row("log: the transfer that broke is told"):
        text = (folder / "serve.log").read_text()
        assert "warning: send /api/stream/shrinking" in text, text


def check_stop(report, folder, volume):
    place = str(folder / "t.sock")
    listen = ["--listen", f"unix:{place}"]
    with report.row("SIGTERM: a transfer that goes on is finished"), serving(folder, volume, place, *listen) as process:
        with fastcgi.Connection(place) as connection:
            connection.send("/api/stream/large")
            connection.read_record()
            process.terminate()
            connection.read_response()
        equal(process.wait(support.DEADLINE), 0, "exit status")
    with report.row("SIGTERM: one that does not end is cut off after the grace period"):
        with serving(folder, volume, place, *listen, "--grace", "0") as process, fastcgi.Connection(place) as connection:
            connection.send("/api/stream/large")
            connection.read_record()
            process.terminate()
            equal(process.wait(support.DEADLINE), 0, "exit status")
            assert not os.path.exists(place), "the socket is still there"


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        volume.sparse("large", LARGE, {})
        volume.sparse("shrinking", LARGE, {})
        check_sockets(report, folder, volume)
        check_connections(report, folder, volume)
        check_stop(report, folder, volume)
    report.finish()


main()
