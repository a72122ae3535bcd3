"""Where `reelgate serve` listens, and whom it lets in: sockets of its own and inherited ones, FCGI_WEB_SERVER_ADDRS.

Does not test what it does with a connection: protocol_test.py and the engine_*_test.py do.
SPDX-License-Identifier: MIT
"""
import os
import signal
import socket
import stat

import fastcgi
import support
from support import Serving, equal

FILM = support.position_coded(100_000)


def check_serves(server):
    with fastcgi.Connection(server.address) as connection:
        connection.send("/api/stream/film")
        equal(connection.read_reply().content, FILM, "content")
        assert connection.is_closed(), "kept open though not asked to"


def check_unix(report, folder, volume):
    place = str(folder / "s.sock")
    with report.row("Unix socket: answers, has its mode, and goes at the end"):
        with Serving(folder, volume, "--socket-mode", "0600", address=place) as server:
            equal(stat.S_IMODE(os.stat(place).st_mode), 0o600, "mode")
            check_serves(server)
        assert not os.path.exists(place), "the socket is still there"
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        with report.row(f"{number.name}: ends in order"), Serving(folder, volume, address=place) as server:
            server.process.send_signal(number)
            equal(server.process.wait(support.DEADLINE), 0, "exit status")
    with report.row("Unix socket: one that a killed process left is replaced"):
        with Serving(folder, volume, address=place) as killed:
            killed.process.kill()
            killed.process.wait()
            assert os.path.exists(place)
            with Serving(folder, volume, address=place) as server:
                check_serves(server)
    with report.row("Unix socket: a second reelgate does not take it over"), \
            Serving(folder, volume, address=place) as server:
        done = support.reelgate("--data", volume.path, "--listen", f"unix:{place}")
        equal(done.returncode, 1, "exit status")
        assert b"another process" in done.stderr, done.stderr
        check_serves(server)


def check_internet(report, folder, volume):
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with report.row(f"TCP: {host}"), Serving(folder, volume, address=(host, support.free_port(family))) as server:
            check_serves(server)


def check_inherited(report, folder, volume):
    with report.row("fd 0: an inherited listening socket"), socket.socket(socket.AF_UNIX) as inherited:
        place = str(folder / "inherited.sock")
        inherited.bind(place)
        inherited.listen()
        with Serving(folder, volume, address=place, stdin=inherited) as server:
            check_serves(server)
        assert os.path.exists(place), "removed a socket that is not its own"


# FCGI_WEB_SERVER_ADDRS, and the address where reelgate listens; None is a Unix socket
REFUSED = [
    ("over TCP, not in the list", "192.0.2.1,2001:db8::1", "127.0.0.1"),
    ("over a Unix socket", "127.0.0.1", None),
]


def check_peers(report, folder, volume):
    with report.row("FCGI_WEB_SERVER_ADDRS: who is in the list is served"), \
            Serving(folder, volume, address=("127.0.0.1", support.free_port()),
                    environment={"FCGI_WEB_SERVER_ADDRS": "192.0.2.1,127.0.0.1"}) as server:
        check_serves(server)
    for name, addresses, host in REFUSED:
        address = (host, support.free_port()) if host else None
        with report.row(f"FCGI_WEB_SERVER_ADDRS: a peer {name}: closed, and said"), \
                Serving(folder, volume, address=address, environment={"FCGI_WEB_SERVER_ADDRS": addresses}) as server:
            with fastcgi.Connection(server.address) as connection:
                assert connection.is_closed()
            server.wait_for_log("not from an address in FCGI_WEB_SERVER_ADDRS: closed")
    with report.row("FCGI_WEB_SERVER_ADDRS: a name is no address: does not start"):
        done = support.reelgate("--data", volume.path, "--listen", f"unix:{folder}/names.sock",
                                environment={"FCGI_WEB_SERVER_ADDRS": "localhost"})
        equal(done.returncode, 2, "exit status")
        assert b'FCGI_WEB_SERVER_ADDRS: "localhost": not an IP address' in done.stderr, done.stderr


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        for check in (check_unix, check_internet, check_inherited, check_peers):
            check(report, folder, volume)
    report.finish()


main()
