"""Each line of the shipped files that undoes something which a web server does to a backend's answer: with the line the
player gets what it needs; without it, in the same test, it does not, so that no line is there out of superstition.

SPDX-License-Identifier: MIT
"""
import os
import re
import signal
import socket

import servers
import support
from support import equal

FILM = support.position_coded(100_000)
# So small that the web server has all of it at once, and could cut ranges out of it.
SHORT = support.position_coded(3000)
LARGE = 64 << 20

# More range-specs than --max-ranges: reelgate ignores the field and says 200.
TOO_MANY = "bytes=" + ",".join(f"{20 * i}-{20 * i + 9}" for i in range(101))


def is_found(server):
    equal(support.http(server.port, "/api/stream/film").status, 200, "status")


def ignored_range_stays_ignored(server):
    reply = support.http(server.port, "/api/stream/short", fields=[("Range", TOO_MANY)])
    equal((reply.status, reply.content), (200, SHORT), "status, content")


def length_is_kept(server):
    for fields, length in (([], len(FILM)), ([("Range", "bytes=5-9")], 5)):
        reply = support.http(server.port, "/api/stream/film", fields=fields)
        equal(reply.field("Content-Length"), str(length), "Content-Length")


def fields_are_those_of_http(server):
    names = [name for name, _ in support.http(server.port, "/api/stream/film").fields]
    assert "Status" not in names, names


def path_that_leads_out_is_not_found(server):
    equal(support.http(server.port, "/api/stream/..%2Ffilm").status, 404, "status")


def open_large(server, video):
    """A viewer's connection, on which the answer has begun to arrive."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=support.DEADLINE)
    # A small window, as a distant viewer has it: the kernel shall not take megabytes in their place.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.sendall(support.http_request(f"/api/stream/{video}", "GET", [], "keep-alive"))
    head = connection.recv(1000)
    assert head.startswith(b"HTTP/1.1 200"), head
    return connection


def reelgate_is_held_back(server):
    """What reelgate had sent when a viewer left who took next to nothing: not the film. Meanwhile another viewer has
    got one as large, so there was time to take it."""
    with open_large(server, "large"):
        equal(len(support.http(server.port, "/api/stream/other").content), LARGE, "bytes of the other viewer's film")
    line = re.compile(r"response \d+: large: .*: (\d+) of \d+ bytes in [\d.]+ s: (\w+)")
    support.wait_until(lambda: line.search(server.reelgate_log()), "the end of the transfer in the log")
    sent, ending = line.search(server.reelgate_log()).groups()
    equal(ending, "aborted", "ending")
    assert int(sent) < LARGE / 4, f"{sent} bytes were taken for a viewer who read 1000"


def broken_transfer_looks_broken(server):
    """The file shrinks in mid-transfer: the viewer's connection ends, short of what Content-Length said."""
    path = server.volume.videos / "shrinking.mp4"
    os.truncate(path, LARGE)
    with open_large(server, "shrinking") as connection:
        os.truncate(path, 1000)
        support.check_cut_off(connection, 1000, LARGE)


def killed_responder_looks_broken(server):
    """reelgate is killed in mid-transfer: the same."""
    with open_large(server, "large") as connection:
        for process in support.processes_of(server.program):
            os.kill(process, signal.SIGKILL)
        support.check_cut_off(connection, 1000, LARGE)
    if isinstance(server, servers.LighttpdSpawn):
        # lighttpd starts another within a second. Told to end while that one is being started, it forgets it.
        support.wait_until(lambda: support.processes_of(server.program), "another reelgate")


# web server, the line, what holds with it; None: whatever the line, it has to hold
ROWS = [
    (servers.LighttpdSpawn, '"check-local" => "disable",', is_found),
    (servers.LighttpdSpawn, 'server.range-requests = "disable"', ignored_range_stays_ignored),
    (servers.LighttpdSpawn, "server.stream-response-body = 2", reelgate_is_held_back),
    (servers.LighttpdConnect, '"check-local" => "disable",', is_found),
    (servers.LighttpdConnect, 'server.range-requests = "disable"', ignored_range_stays_ignored),
    (servers.LighttpdConnect, "server.stream-response-body = 2", reelgate_is_held_back),
    (servers.ApacheFcgid, None, length_is_kept),
    (servers.ApacheFcgid, None, reelgate_is_held_back),
    (servers.ApacheProxy, 'SetEnvIf Request_URI "^/api/stream/" ap_trust_cgilike_cl', length_is_kept),
    (servers.ApacheProxy, None, reelgate_is_held_back),
    (servers.Nginx, "fastcgi_max_temp_file_size 0;", reelgate_is_held_back),
    (servers.Nginx, "fastcgi_keep_conn on;", killed_responder_looks_broken),
    (servers.Haproxy, None, length_is_kept),
    (servers.Haproxy, None, reelgate_is_held_back),
    (servers.Caddy, "header_down -Status", fields_are_those_of_http),
    (servers.Caddy, "respond 404", path_that_leads_out_is_not_found),
    (servers.Caddy, None, length_is_kept),
    (servers.Caddy, None, reelgate_is_held_back),
    *((kind, None, killed_responder_looks_broken) for kind in servers.ALL if kind is not servers.Nginx),
    *((kind, None, broken_transfer_looks_broken) for kind in servers.ALL),
]


def run(kind, holds, left_out):
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        volume.add("short", SHORT)
        for video in ("large", "other"):
            volume.sparse(video, LARGE, {})
        volume.sparse("shrinking", LARGE, {})
        servers.left_out = left_out
        with kind(folder, volume, log_level="info") as server:
            holds(server)


def main():
    report = support.Report()
    for kind, line, holds in ROWS:
        sentence = holds.__name__.replace("_", " ")
        with report.row(f"{kind.name}: {sentence}"):
            run(kind, holds, set())
        if line:
            with report.row(f"{kind.name}: without {line}, not: {sentence}"):
                try:
                    run(kind, holds, {line})
                except AssertionError:
                    continue
                raise AssertionError("it holds without the line as well: what is it there for?")
    report.finish()


main()
