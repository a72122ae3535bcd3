"""TLS and HTTP/2, as real sites have them, through each web server with the file that we ship.

Does not repeat the rules of HTTP: tests/http-cases.txt goes without TLS. SPDX-License-Identifier: MIT
"""
import contextlib
import os
import re
import signal
import ssl

import browser
import clock
import http2
import servers
import support
from support import equal

FILM = support.position_coded(8 << 20)
LARGE = 64 << 20
FILM_PATH, LARGE_PATH = "/api/stream/film", "/api/stream/large"
CUT = 3 << 20  # where the film ends that is cut short

KINDS = [servers.Nginx, servers.ApacheProxy, servers.LighttpdConnect, servers.Haproxy, servers.Caddy]

# These end a stream of which reelgate's half broke off; the client finds it malformed, being too short. The others
# reset the stream.
ENDING = (servers.LighttpdConnect, servers.Haproxy, servers.Caddy)

# mod_http2 of Apache 2.4.71 may lose such a stream, often if the viewer had taken all that was sent: it stays open, and
# nothing comes any more.
LOSING = (servers.ApacheProxy,)

STREAMS, RANGE = 16, 100_000

# The browser's places of the clip, in parts that lie far from each other: each is a request.
PARTS, GAP, PLACES = 6, 64 << 20, [45, 12.5]


def range_field(first, length):
    return [("Range", f"bytes={first}-{first + length - 1}")]


def ask(server, target=FILM_PATH, method="GET", fields=()):
    with http2.Connection(server.port) as connection:
        stream = connection.ask(target, method, fields)
        connection.finish(stream)
        equal(stream.ending, http2.COMPLETE, "ending")
        return stream


def ranges(server):
    for name, value, status, content in (
            ("one", "bytes=1000-1999", 206, FILM[1000:2000]), ("suffix", "bytes=-500", 206, FILM[-500:]),
            ("to the end", f"bytes={len(FILM) - 10}-", 206, FILM[-10:]),
            ("none that is there", f"bytes={len(FILM)}-", 416, None)):
        stream = ask(server, fields=[("Range", value)])
        equal(stream.status, status, f"{name}: status")
        if content is not None:
            equal(bytes(stream.content), content, f"{name}: content")
            equal(stream.fields["content-length"], str(len(content)), f"{name}: Content-Length")


def several_ranges_in_one_answer(server):
    stream = ask(server, fields=[("Range", "bytes=0-9,5000-5009")])
    equal(stream.status, 206, "status")
    assert stream.fields["content-type"].startswith("multipart/byteranges"), stream.fields
    for part in (FILM[:10], FILM[5000:5010]):
        assert part in stream.content, f"{part} is not in {bytes(stream.content)}"


def preconditions(server):
    tag = ask(server, method="HEAD").fields["etag"]
    equal(ask(server, fields=[("If-None-Match", tag)]).status, 304, "If-None-Match: status")
    for sent, status, length in ((tag, 206, 10), ('"another"', 200, len(FILM))):
        stream = ask(server, fields=[*range_field(0, 10), ("If-Range", sent)])
        equal((stream.status, len(stream.content)), (status, length), f"If-Range: {sent}: status, length")


def head(server):
    stream = ask(server, method="HEAD")
    equal((stream.status, stream.fields["content-length"], bytes(stream.content)), (200, str(len(FILM)), b""),
          "status, Content-Length, content")


def whole_film(server):
    stream = ask(server)
    equal((stream.status, bytes(stream.content)), (200, FILM), "status, content")


def sixteen_ranges_at_once(server):
    with http2.Connection(server.port) as connection:
        streams = [connection.ask(FILM_PATH, fields=range_field(number * RANGE * 5, RANGE))
                   for number in range(STREAMS)]
        connection.finish(*streams)
        for number, stream in enumerate(streams):
            equal((stream.ending, stream.status), (http2.COMPLETE, 206), f"stream {number}: ending, status")
            equal(bytes(stream.content), FILM[number * RANGE * 5:][:RANGE], f"stream {number}: content")


def sent_of(server, video, ending):
    """How many bytes reelgate has sent of the one answer about a video that ended so, once it has."""
    line = re.compile(rf"response \d+: {video}: .*: (\d+) of \d+ bytes in [\d.]+ s: {ending}")
    support.wait_until(lambda: line.search(server.reelgate_log()), f"{video}: {ending}")
    return int(line.search(server.reelgate_log()).group(1))


def aborted_stream_beside_others(server):
    with http2.Connection(server.port) as connection:
        others = [connection.ask(FILM_PATH, fields=range_field(number * RANGE, RANGE)) for number in range(4)]
        aborted = connection.ask("/api/stream/aborted", is_held=True)
        connection.read_until(lambda: aborted.content)
        connection.abort(aborted)
        others += [connection.ask(FILM_PATH, fields=range_field(number * RANGE, RANGE)) for number in range(4, 8)]
        connection.finish(*others)
        for number, stream in enumerate(others):
            equal((stream.ending, bytes(stream.content)), (http2.COMPLETE, FILM[number * RANGE:][:RANGE]),
                  f"stream {number}: ending, content")
        assert sent_of(server, "aborted", "aborted") < LARGE / 4, "the film was taken for nobody"


def slow_stream_beside_fast_ones(server):
    """The slow one takes its window, and then nothing until the others have theirs; then it gets its bytes, in their
    order."""
    with http2.Connection(server.port) as connection:
        slow = connection.ask("/api/stream/slow", is_held=True)
        connection.read_until(lambda: slow.content)
        fast = [connection.ask(FILM_PATH) for _ in range(2)]
        connection.finish(*fast)
        for stream in fast:
            equal((stream.ending, bytes(stream.content)), (http2.COMPLETE, FILM), "fast one: ending, content")
        taken = len(slow.content)
        assert taken < len(FILM) / 4, f"{taken} bytes came for a stream that took nothing"
        connection.let_go(slow)
        connection.read_until(lambda: len(slow.content) > 4 * taken)
        equal(slow.ending, "", "ending of the slow one")
        equal(bytes(slow.content), support.position_coded(len(slow.content)), "content of the slow one")
        connection.abort(slow)
    assert sent_of(server, "slow", "aborted") < LARGE / 4, "the web server was not held back"


def check_broken(server, connection, stream):
    """A held stream goes on, and does not end as if it were complete."""
    connection.let_go(stream)
    try:
        connection.finish(stream)
    except TimeoutError:
        assert isinstance(server, LOSING), f"the stream hangs after {len(stream.content)} bytes"
        return
    is_broken = stream.ending.startswith("reset") or stream.ending == http2.CLOSED
    assert is_broken or (stream.ending == http2.SHORT and isinstance(server, ENDING)), \
        f"{stream.ending}, after {len(stream.content)} bytes"


def film_that_is_cut_short(server):
    path = server.volume.videos / "shrinking.mp4"
    os.truncate(path, LARGE)
    with http2.Connection(server.port) as connection:
        stream = connection.ask("/api/stream/shrinking", is_held=True)
        connection.read_until(lambda: stream.content)
        os.truncate(path, CUT)
        check_broken(server, connection, stream)


def kill(server):
    for process in support.processes_of(server.program):
        os.kill(process, signal.SIGKILL)


def reelgate_is_killed(server):
    with http2.Connection(server.port) as connection:
        stream = connection.ask(LARGE_PATH, is_held=True)
        connection.read_until(lambda: stream.content)
        kill(server)
        check_broken(server, connection, stream)


@contextlib.contextmanager
def one_answer(server, target, fields=()):
    """A connection that speaks HTTP/1.1, of which the header section of an answer has been read; that, and what came
    with it of the content."""
    with http2.tls_socket(server.port, "http/1.1") as connection:
        connection.sendall(support.http_request(target, "GET", list(fields), "keep-alive"))
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(1 << 16)
        head_section, _, content = received.partition(b"\r\n\r\n")
        yield connection, head_section.decode(), content


def a_range_over_http_1(server):
    with one_answer(server, FILM_PATH, range_field(1000, RANGE)) as (connection, head_section, content):
        assert head_section.startswith("HTTP/1.1 206 "), head_section
        while len(content) < RANGE:
            content += connection.recv(1 << 16)
        equal(content, FILM[1000:1000 + RANGE], "content")


def the_whole_film_over_http_1(server):
    with one_answer(server, FILM_PATH) as (connection, head_section, content):
        assert head_section.startswith("HTTP/1.1 200 "), head_section
        content = bytearray(content)
        while len(content) < len(FILM) and (more := connection.recv(1 << 16)):
            content += more
        equal(bytes(content), FILM, "content")


def reelgate_is_killed_over_http_1(server):
    with one_answer(server, LARGE_PATH) as (connection, head_section, content):
        assert head_section.startswith("HTTP/1.1 200 "), head_section
        kill(server)
        with contextlib.suppress(ssl.SSLEOFError):
            support.check_cut_off(connection, len(content), LARGE)


# What holds through each web server, in this order: what kills reelgate has a server of its own.
ROWS = [ranges, several_ranges_in_one_answer, preconditions, head, whole_film, sixteen_ranges_at_once,
        aborted_stream_beside_others, slow_stream_beside_fast_ones, film_that_is_cut_short, a_range_over_http_1,
        the_whole_film_over_http_1]
LAST_ROWS = [reelgate_is_killed, reelgate_is_killed_over_http_1]


def make_volume(folder):
    volume = support.Volume(folder / "data")
    volume.add("film", FILM)
    for video in ("large", "aborted", "shrinking"):
        volume.sparse(video, LARGE, {})
    # Position-coded for as far as its row reads; the rest takes no room on the disk.
    volume.sparse("slow", LARGE, {0: FILM})
    volume.sparse("clip", *clock.spread(PARTS, GAP))
    return volume


def check_browser(tab, server):
    tab.open(f"https://127.0.0.1:{server.port}/api/stream/clip")
    clock.check_metadata(tab)
    for place in PLACES:
        clock.check_seek(tab, place)
    equal(tab.run("arguments[0](performance.getEntriesByType('navigation')[0].nextHopProtocol)"), "h2", "protocol")


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = make_volume(folder)
        with browser.Browser(folder, "--ignore-certificate-errors") as tab:
            for kind in KINDS:
                place = folder / kind.__name__
                place.mkdir()
                with report.group(f"{kind.name}: ends in order"), kind(place, volume, "info", tls=True) as server:
                    for holds in ROWS:
                        with report.row(f"{kind.name}: {holds.__name__.replace('_', ' ')}"):
                            holds(server)
                    with report.row(f"{kind.name}: a browser seeks, and shows those pictures"):
                        check_browser(tab, server)
        for kind in KINDS:
            for number, holds in enumerate(LAST_ROWS):
                place = folder / f"{kind.__name__}-{number}"
                place.mkdir()
                with report.row(f"{kind.name}: {holds.__name__.replace('_', ' ')}"), \
                        kind(place, volume, "info", tls=True) as server:
                    holds(server)
    report.finish()


main()
