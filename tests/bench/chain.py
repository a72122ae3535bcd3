"""Owns the chain: web servers with reelgate behind them, each with the file that we ship and nothing tuned by hand; the
same without the lines that make it fast; and the web server's own file.

Does not judge: goals.py does. SPDX-License-Identifier: MIT
"""
import contextlib
import dataclasses
import os
import socket
import subprocess
import time

import servers
import support
from bench import accounting
from bench import work as w

ROUNDS = 5
# Seconds that a round of ranges takes.
ROUND = 0.4

PARKED = 200  # viewers, for the memory that each costs the web server

CHAIN, CHAIN_RANGES, TLS, H2, PAUSED = "chain", "chain ranges", "TLS", "HTTP/2", "paused"
SHIPPED, PLAIN, OWN = "as shipped", "without its lines", "its own file"
LARGE_BUFFERS = "with tune.bufsize 65536"

# Another way to set each of them up, and how that differs from the shipped file: it lacks the lines that make it fast,
# or has one that was left out.
OTHERS = {
    "nginx": (PLAIN, [("    fastcgi_buffers 4 16k;\n", ""), ("    keepalive 16;\n", "")]),
    "lighttpd": (PLAIN, [("server.chunkqueue-chunk-sz = 65536\n", "")]),
    "Apache": (PLAIN, [(" iobuffersize=65536", "")]),
    "Apache, mod_fcgid": (PLAIN, [("FcgidOutputBufferSize 16384\n", "")]),
    "HAProxy": (LARGE_BUFFERS, [("    group www-data\n", "    group www-data\n    tune.bufsize 65536\n")]),
}

# The web server's own file: below the folder of the films, by the path that reelgate has.
NGINX_OWN = "location ~ ^/api/stream/(v[0-9]+)$ {{ default_type video/mp4; alias {videos}/$1.mp4; }}\n"
LIGHTTPD_OWN = """
server.modules += ( "mod_alias", "mod_rewrite" )
url.rewrite-once = ( "^/api/stream/(v[0-9]+)$" => "/videos/$1.mp4" )
alias.url = ( "/videos/" => "{videos}/" )
mimetype.assign = ( ".mp4" => "video/mp4" )
"""
APACHE_OWN = """
AliasMatch "^/api/stream/(v[0-9]+)$" "{videos}/$1.mp4"
<Directory "{videos}">
    Require all granted
</Directory>
"""


class Nginx(servers.Nginx):
    """nginx that listens with TLS, too: on `tls_port`."""

    def start_nginx(self, place, fragment):
        pem = servers.make_certificate(self.folder)
        self.tls_port = support.free_port()
        self.extra = f"""
    sendfile on;
    tcp_nopush on;
    server {{
        listen 127.0.0.1:{self.tls_port} ssl http2;
        ssl_certificate {pem};
        ssl_certificate_key {pem};
        include {self.folder}/reelgate.conf;
    }}
"""
        return super().start_nginx(place, fragment)


class NginxOwn(Nginx):
    def start(self):
        return self.start_nginx(self.folder / "nobody.sock", NGINX_OWN.format(videos=self.volume.videos))


class LighttpdOwn(servers.LighttpdConnect):
    def start(self):
        return self.start_lighttpd(LIGHTTPD_OWN.format(videos=self.volume.videos))


class ApacheOwn(servers.ApacheProxy):
    modules = ["mpm_event", "authz_core", "alias"]

    def start(self):
        return self.start_apache(APACHE_OWN.format(videos=self.volume.videos))


KINDS = {
    "nginx": (Nginx, NginxOwn),
    "lighttpd": (servers.LighttpdConnect, LighttpdOwn),
    "Apache": (servers.ApacheProxy, ApacheOwn),
    "Apache, mod_fcgid": (servers.ApacheFcgid, None),
    "HAProxy": (servers.Haproxy, None),
}


@dataclasses.dataclass
class Link:
    """A web server, and how it is set up."""
    kind: str
    how: str
    server: servers.Server

    @property
    def who(self):
        return self.kind, self.how

    @property
    def web_server(self):
        return self.server.processes[-1].pid

    def times(self):
        """Seconds of processor so far, of the web server and of reelgate."""
        reelgates = support.processes_of(self.server.program)
        family = set(accounting.family(self.web_server))
        responder = sum(accounting.own_time(pid) for pid in reelgates)
        return sum(accounting.own_time(pid) for pid in family - set(reelgates)), responder

    def ask(self, **settings):
        return w.ask(self.server.port, protocol="http", **settings)


@contextlib.contextmanager
def changed(edits):
    """The shipped files, each edit made where it fits: pairs of a text, and what takes its place."""
    original, made = servers.shipped, set()

    def shipped(name, **places):
        text = original(name, **places)
        for old, new in edits:
            made.update({old} if old in text else ())
            text = text.replace(old, new)
        return text
    servers.shipped = shipped
    try:
        yield
    finally:
        servers.shipped = original
    for old, _ in edits:
        if old not in made:
            raise RuntimeError(f"no shipped file has {old!r}")


@contextlib.contextmanager
def links(folder, volume):
    """All web servers, running."""
    with contextlib.ExitStack() as stack:
        found = []
        for kind, (shipped, own) in KINDS.items():
            other, edits = OTHERS[kind]
            for how, server, edits in ((SHIPPED, shipped, []), (other, shipped, edits), (OWN, own, [])):
                if not server:
                    continue
                place = folder / f"{len(found)}"
                place.mkdir()
                with changed(edits):
                    found.append(Link(kind, how, stack.enter_context(server(place, volume))))
        yield found


def measured(link, outcome, before):
    """What a piece of work gave, and what it took, in processor seconds a GiB."""
    front, responder = (after - begin for after, begin in zip(link.times(), before))
    gibibytes = outcome.bytes / (1 << 30)
    return {"front": front / gibibytes, "responder": responder / gibibytes,
            "together": (front + responder) / gibibytes}


def whole(found, volume, i, samples):
    for link in w.in_turn(found, i):
        volume.warm()
        before = link.times()
        outcome = link.ask(requests=1)
        samples.add(CHAIN, link.who, rate=outcome.bytes / 1e6 / outcome.seconds, **measured(link, outcome, before))


def ranges(found, volume, i, samples):
    volume.warm()
    for link in w.in_turn(found, i):
        before = link.times()
        outcome = link.ask(range_length=w.RANGE, videos=w.p.TEN, connections=16, requests=10**6, seconds=ROUND)
        samples.add(CHAIN_RANGES, link.who, rate=outcome.requests / outcome.seconds, p99=outcome.p99,
                    **measured(link, outcome, before))


def over_tls(found, volume, i, samples):
    """Whole films over TLS, with curl, which takes as much for each of them."""
    for link in w.in_turn([link for link in found if link.kind == "nginx"], i):
        for work, version in ((TLS, "--http1.1"), (H2, "--http2")):
            volume.warm()
            before = link.times()
            done = subprocess.run(
                ["curl", "--silent", "--insecure", version, "--output", "/dev/null", "--max-time", "60",
                 "--write-out", "%{size_download} %{time_total}",
                 f"https://127.0.0.1:{link.server.tls_port}/api/stream/v0000000"],
                capture_output=True, text=True, check=True)
            size, seconds = (float(word) for word in done.stdout.split())
            assert size == w.p.FILE_LENGTH, f"{link.who}, {version}: {size} bytes"
            outcome = w.Outcome(1, int(size), seconds, 0, 0)
            samples.add(work, link.who, rate=size / 1e6 / seconds, **measured(link, outcome, before))


def memory_of(link):
    pids = set(accounting.family(link.web_server)) - set(support.processes_of(link.server.program))
    return sum(accounting.own_bytes(pid) for pid in pids)


def settled(link):
    """The web server's memory, once it changes no more."""
    size, latest = -1, time.monotonic() + support.DEADLINE
    while size != (size := memory_of(link)) and time.monotonic() < latest:
        # What memory a process has is announced by nothing. The pause is the resolution of the figure.
        time.sleep(0.3)
    return size


def paused(found, samples):
    """What a viewer costs the web server who has begun to take a film, and has stopped."""
    for link in found:
        if link.how == OWN or link.kind == "Apache, mod_fcgid":  # where a viewer has a process of reelgate
            continue
        before = settled(link)
        with contextlib.ExitStack() as stack:
            for _ in range(PARKED):
                viewer = stack.enter_context(socket.socket())
                viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
                viewer.settimeout(support.DEADLINE)
                viewer.connect(("127.0.0.1", link.server.port))
                viewer.sendall(support.http_request("/api/stream/v0000000", "GET", []))
                begun = viewer.recv(1000)
                assert begun.startswith(b"HTTP/1.1 200"), f"{link.who}: {begun}"
            samples.add(PAUSED, link.who, memory=(settled(link) - before) / PARKED / 1024)


def repeat(work, found, volume, samples):
    for i in range(ROUNDS):
        work(found, volume, i, samples)
