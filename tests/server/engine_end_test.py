"""The end of `reelgate serve`: signals, the grace period, the socket that is free at once; and the end of the web server
in front of it.

Does not test whom it lets in: serve_test.py does.
SPDX-License-Identifier: MIT
"""
import os
import pathlib
import signal
import socket
import time

import fastcgi
import servers
import support
from fastcgi import KEEP_CONN
from support import Serving, equal
from viewers import (AT_ONCE, FILM, FILM_PATH, LARGE, LARGE_PATH, Viewers, check_cut_off, check_serves, make_volume,
                     rest_of)


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
        support.wait_until(lambda: support.sockets(reelgate) == 1, "noticed: only the listening socket is left")
        assert time.monotonic() - begin < 1, "later than a second"
        # It is kept for the next who asks, a little longer.
        support.wait_until(lambda: support.descriptors(reelgate, file) == 0, "the film is closed")
    support.wait_until(lambda: ": aborted" in front.log.read_text(errors="replace"), "logged")
    with fastcgi.Connection(str(front.folder / "running.sock")) as connection:
        connection.send(FILM_PATH)
        equal(connection.read_reply().content, FILM, "content")


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = make_volume(folder)
        for check in (check_stop, check_release, check_front_servers):
            check(report, folder, volume)
    report.finish()


main()
