"""Downloaders: however often the connection is cut, and in however many pieces they fetch it, the film is the same to the
byte. And Safari's way of asking, as others have reported it: what it drops, we stop sending.

SPDX-License-Identifier: MIT
"""
import concurrent.futures
import fcntl
import hashlib
import http.client
import os
import pathlib
import random
import re
import select
import socket
import struct
import termios

import cutter
import rows
import servers
import sites
import support
from sites import run
from support import equal

LENGTH = 40 << 20
MEBIBYTE = 1 << 20

# A film whose content does not matter: nobody reads it to its end, and it takes no room on the disk.
LARGE = 8 << 30

# What Safari drops, and when: after half a mebibyte, a little more than what it needs to go on.
DROPS = 300
READ = 512 << 10
RECEIVE_BUFFER = 64 << 10

# What may have been sent and not been read at each drop: the kernel doubles the receive buffer that we ask for;
# the send buffer of the web server's connection grows to the third of net.ipv4.tcp_wmem; and on the way from reelgate
# lie a socket (net.core.wmem_default, 208 KiB) and the web server's own buffers, which come to less than a mebibyte.
SEND_BUFFER = int(pathlib.Path("/proc/sys/net/ipv4/tcp_wmem").read_text().split()[2])
AHEAD = 2 * RECEIVE_BUFFER + SEND_BUFFER + MEBIBYTE


# More than a header section takes. Where that breaks off, curl and wget believe that they have all there is.
HEADER_SECTION = 1000


def random_cuts():
    """After how many bytes connections are cut: before the first, soon after the header section, and anywhere."""
    return [0, random.randint(HEADER_SECTION, 2 * HEADER_SECTION),
            *(random.randint(HEADER_SECTION, 7 << 20) for _ in range(4))]


class Download:
    """Something to fetch, where to, and what it has to be."""

    def __init__(self, folder, site, wanted):
        self.path = folder / "download"
        self.path.unlink(missing_ok=True)
        self.site = site
        self.wanted = wanted

    def check(self, at_least=1):
        equal(self.path.stat().st_size, LENGTH, "bytes on the disk")
        equal(hashlib.sha256(self.path.read_bytes()).hexdigest(), self.wanted, "SHA-256")
        responses = self.site.responses(at_least)
        assert {response.status for response in responses} <= {200, 206}, responses
        return responses

    def check_resumed(self, cuts, carried):
        """Nothing comes twice but what a reset (every other cut) may have taken from the client again."""
        self.check()
        most = LENGTH + sum(cuts[1::2]) + HEADER_SECTION * (len(cuts) + 1)
        equal(len(carried), len(cuts) + 1, "connections")
        assert sum(carried) <= most, f"cuts {cuts}: {sum(carried)} bytes for a film of {LENGTH}"


def check_curl(download):
    """curl ends at each cut; whoever runs it says `-C -` again."""
    cuts = random_cuts()
    with cutter.Cutter(download.site.server.port, cuts) as between:
        for turn in range(len(cuts) + 1):
            # 18: transfer ended short; 52: not a byte came; 56: reset.
            done = run("curl", "-sS", "-f", "-C", "-", "-o", download.path, download.site.address("random", between.port),
                       statuses=(0, 18, 52, 56))
            assert (done.returncode == 0) == (turn == len(cuts)), f"cuts {cuts}, run {turn}: status {done.returncode}"
    download.check_resumed(cuts, between.carried)


def check_wget(download):
    cuts = random_cuts()
    with cutter.Cutter(download.site.server.port, cuts) as between:
        run("wget", "--no-config", "-q", "-c", "--tries=20", "--waitretry=0", "-O", download.path,
            download.site.address("random", between.port))
    download.check_resumed(cuts, between.carried)


def aria2(download, port):
    run("aria2c", "--no-conf", "-x16", "-s16", "-k1M", "--file-allocation=none", "--max-tries=20", "--retry-wait=0",
        "--allow-overwrite=true", "--auto-file-renaming=false", "-d", download.path.parent, "-o", download.path.name,
        download.site.address("random", port))


def check_aria2(download, figures):
    aria2(download, download.site.server.port)
    figures.append(f"{len(download.check())} requests")


def check_aria2_cut(download):
    cuts = [random.randint(HEADER_SECTION, MEBIBYTE) for _ in range(24)]
    with cutter.Cutter(download.site.server.port, cuts) as between:
        aria2(download, between.port)
    download.check()


def fetch_range(connection, first):
    last = min(first + MEBIBYTE, LENGTH) - 1
    connection.request("GET", "/api/stream/random", headers={"Range": f"bytes={first}-{last}"})
    reply = connection.getresponse()
    content = reply.read()
    equal((reply.status, reply.getheader("Content-Range")), (206, f"bytes {first}-{last}/{LENGTH}"), "answer")
    equal(len(content), last - first + 1, "bytes")
    return content


def check_python(download, workers):
    """Ranges one after the other, over one connection a worker."""
    def work(number):
        connection = http.client.HTTPConnection("127.0.0.1", download.site.server.port, timeout=support.DEADLINE)
        with open(download.path, "r+b") as file:
            for first in range(number * MEBIBYTE, LENGTH, workers * MEBIBYTE):
                file.seek(first)
                file.write(fetch_range(connection, first))
        connection.close()

    download.path.touch()
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    equal(len(download.check(LENGTH // MEBIBYTE)), LENGTH // MEBIBYTE, "requests")


def unread(connection):
    return struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, bytes(4)))[0]


def pause(connection):
    """Reads nothing until nothing more comes: all buffers on the way are full then, or will soon be."""
    before = -1
    while (now := unread(connection)) != before:
        before = now
        select.select([], [], [], 0.02)


def ask(site, range_set):
    """A request, and how far its answer has been read when the header section is over."""
    connection = socket.socket()
    # Set by hand: otherwise the kernel finds a size by itself, another one each time.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    connection.settimeout(support.DEADLINE)
    connection.connect(("127.0.0.1", site.server.port))
    connection.sendall(support.http_request("/api/stream/large", "GET", [("Range", range_set)], "keep-alive"))
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(4096)
        assert chunk, "closed within the header section"
        received += chunk
    return connection, received


def drop_one(site, first, is_paused):
    """An open-ended range, dropped in the middle; how much of it has been read."""
    connection, received = ask(site, f"bytes={first}-")
    with connection:
        head, _, content = received.partition(b"\r\n\r\n")
        assert b" 206 " in head and f"bytes {first}-{LARGE - 1}/{LARGE}".encode() in head, head
        count = len(content)
        while count < READ:
            chunk = connection.recv(READ - count)
            assert chunk, f"closed after {count} bytes"
            count += len(chunk)
        if is_paused:
            pause(connection)
    return count


def check_first_two(site):
    connection, received = ask(site, "bytes=0-1")
    with connection:
        head, _, content = received.partition(b"\r\n\r\n")
        while len(content) < 2:
            content += connection.recv(2 - len(content))
        equal(re.findall(rb"(?im)^content-length: (\d+)\r?$", head + b"\r\n"), [b"2"], "Content-Length")
        assert b" 206 " in head and f"bytes 0-1/{LARGE}".encode() in head, head
        pause(connection)
        equal((len(content), unread(connection)), (2, 0), "bytes")


def check_drops(site, figures, does_offload, is_paused):
    """Drops a few hundred ranges, and looks each time how many reelgate still has open."""
    check_first_two(site)
    site.responses()
    read = most = 0
    drops = DROPS // (3 if is_paused else 1)
    for _ in range(drops):
        read += drop_one(site, random.randrange(LARGE // 2), is_paused)
        most = max(most, site.open_films())
    sent = [response.sent for response in site.responses(drops)]
    equal(len(sent), drops, "responses")
    # Each is closed before the next few are asked for: they do not pile up.
    assert most <= 4, f"{most} films open at a time"
    if not does_offload:
        figures.append(f"{drops} drops: sent {sum(sent) / read:.1f} times what was read; "
                       f"at most {(max(sent) - READ) / MEBIBYTE:.1f} MiB ahead, allowed {AHEAD / MEBIBYTE:.1f}")
        assert max(sent) <= READ + AHEAD, figures[-1]


def check_safari(report, site, does_offload):
    does = f"bytes=0-1, then open-ended ranges, each dropped after {READ >> 10} KiB"
    holds = "two bytes; every film closed at once" if does_offload else "two bytes; sent <= read + buffers; closed at once"
    for how, is_paused in (("", False), (" and a pause", True)):
        with report.player("Safari, as reported", does + how, holds, site.name) as figures:
            check_drops(site, figures, does_offload, is_paused)


def check_all(report, site, folder, wanted, does_offload):
    """Each downloader through one web server."""
    def download():
        site.responses(0)
        return Download(folder, site, wanted)

    with report.player("curl", "-C - after each of 6 cuts", "hash", site.name):
        check_curl(download())
    with report.player("wget", "-c through 6 cuts", "hash", site.name):
        check_wget(download())
    with report.player("aria2", "-x16 -s16", "hash", site.name) as figures:
        check_aria2(download(), figures)
    with report.player("aria2", "-x16 -s16 through 24 cuts", "hash", site.name):
        check_aria2_cut(download())
    with report.player("Python's http.client", "ranges of 1 MiB, one after the other", "each its 206; hash", site.name):
        check_python(download(), 1)
    with report.player("Python's http.client", "ranges of 1 MiB, 8 at a time", "each its 206; hash", site.name):
        check_python(download(), 8)
    check_safari(report, site, does_offload)


def main():
    report = rows.Rows()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        content = os.urandom(LENGTH)
        volume.add("random", content)
        volume.sparse("large", LARGE, {})
        wanted = hashlib.sha256(content).hexdigest()
        for number, kind in enumerate([*servers.ALL, *servers.OFFLOADING]):
            own = folder / f"server-{number}"
            own.mkdir()
            with kind(own, volume, log_level="info") as server:
                check_all(report, sites.Site(server), folder, wanted, kind in servers.OFFLOADING)
    report.finish()


main()
