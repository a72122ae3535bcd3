"""Films that are replaced, deleted or cut short while `reelgate serve` sends them, and descriptors: how many there are, and
that they run out.

Does not test other ways to change a film: attack_test.py does.
SPDX-License-Identifier: MIT
"""
import contextlib
import os
import pathlib
import resource
import time

import support
from fastcgi import KEEP_CONN
from support import Serving, equal
from viewers import (CHANGING_PATH, FILM, FILM_PATH, LARGE_PATH, WINDOW, Viewers, ask, check_cut_off, check_not_busy,
                     check_serves, make_volume, range_field, rest_of)


def replace(path):
    new = path.with_suffix(".new")
    new.write_bytes(b"another version")
    new.rename(path)


def watch_large(server, volume, **options):
    """300 viewers come and leave. Gives what the server had open for them."""
    with Viewers(server) as viewers:
        for _ in range(300):
            viewers.watch(LARGE_PATH, **options)
        return open_for_viewers(server, volume)


def open_for_viewers(server, volume):
    """The server's sockets, and its descriptors of films. Catalogue and folders open and close by themselves."""
    films = volume.videos.iterdir()
    return support.sockets(server.process), sum(support.descriptors(server.process, film) for film in films)


def check_files(report, server, volume):
    path = volume.videos / "changing.mp4"
    for name, change in (("replaced by rename", replace), ("deleted", pathlib.Path.unlink)):
        with report.row(f"a file that is {name} in mid-transfer: the old version comes whole"):
            path.write_bytes(FILM)
            with Viewers(server) as viewers:
                viewer = viewers.watch(CHANGING_PATH)
                change(path)
                equal(rest_of(viewer).content, FILM, "content")
    with report.row("a file that is replaced in mid-transfer: who comes then gets the new one, the old one goes on"), \
            Viewers(server) as viewers:
        path.write_bytes(FILM)
        viewer = viewers.watch(CHANGING_PATH)
        replace(path)
        equal(ask(server, CHANGING_PATH).content, b"another version", "content of the new")
        equal(rest_of(viewer).content, FILM, "content of the old")
    for left in (0, 1000, 4 << 20):
        with report.row(f"a file that is truncated to {left} bytes in mid-transfer: never an END_REQUEST"), \
                Viewers(server) as viewers:
            path.write_bytes(FILM)
            viewer = viewers.watch(CHANGING_PATH)
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
        with report.row(f"300 viewers {name}: connections are what they were within a second, and then the film is closed"):
            support.wait_until(lambda: open_for_viewers(server, volume) == (1, 0), "only the listening socket is left")
            equal(watch_large(server, volume, **options), (301, 1), "sockets and films while they watch")
            begin = time.monotonic()
            support.wait_until(lambda: open_for_viewers(server, volume)[0] == 1, "no socket of them is left")
            assert time.monotonic() - begin < 1, "later than a second"
            # It is kept for the next who asks, a little longer.
            support.wait_until(lambda: open_for_viewers(server, volume)[1] == 0, "the film is closed")


def limit_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))


@contextlib.contextmanager
def crowded(folder, volume):
    """A server that cannot accept any more: with a transfer, and the crowd that wants to be let in."""
    with Serving(folder, volume, "--threads", "2", preexec_fn=limit_descriptors) as server, Viewers(server) as viewers:
        running = viewers.watch(FILM_PATH)
        crowd = [viewers.connect() for _ in range(60)]
        server.wait_for_log("accept connection: Too many open files")
        yield server, running, crowd


def check_descriptors(report, folder, volume):
    with report.row("descriptors run out: accepting pauses, without spinning"), crowded(folder, volume) as (server, _, _):
        check_not_busy(server, WINDOW)
    with report.row("descriptors run out: transfers go on"), crowded(folder, volume) as (_, running, _):
        equal(rest_of(running).content, FILM, "content")
    with report.row("descriptors run out: whoever has come is answered, in the end, and so are others"), \
            crowded(folder, volume) as (server, running, crowd):
        equal(rest_of(running).content, FILM, "content")
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


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = make_volume(folder)
        with report.group("one server for all of that"), Serving(folder, volume, "--threads", "2") as server:
            check_files(report, server, volume)
        check_descriptors(report, folder, volume)
    report.finish()


main()
