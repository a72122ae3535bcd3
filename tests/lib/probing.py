"""Owns trying reelgate-probe: it is run against a web server whose file is changed, what it prints is read, and the lines
that it prints are put where it says that they belong.

Does not know what is broken.
SPDX-License-Identifier: MIT
"""
import contextlib
import re
import subprocess

import servers
import support
from support import equal

PROBE = str(support.ROOT / "scripts/reelgate-probe")
FILM = support.position_coded(100_000)
# So small that the web server has all of it at once, and could change it.
SHORT = support.position_coded(3000)
# So large that a web server which collects it first is late. Sparse: it takes no room.
LARGE = 128 << 20
STATUS = "/reelgate-status"
LATE = "the film begins before all of it is there"
HELD = "the transfer is held back when the viewer is slow"
BREAKS = "an answer that breaks off looks broken"
OTHER_PAGE = "a page of another origin may read"
GUESSES = "a browser does not guess how long the film stays good"

# Lines that it prints, and that files have.
NO_CACHE = ["fastcgi_cache off;", "proxy_cache off;"]
# From outside a cache that keeps nothing looks like a line that hands on no fields, unless it says that it is one.
ALL_FIELDS = [*NO_CACHE, "fastcgi_pass_request_headers on;", "proxy_pass_request_headers on;"]
REQUEST_URI = "fastcgi_param REQUEST_URI $request_uri;"
TRUST = 'SetEnvIf Request_URI "^/api/stream/" ap_trust_cgilike_cl'
STREAM = "server.stream-response-body = 2"

REMEDY = re.compile(r"^ +remedy: (.*)$", re.MULTILINE)
BLAME = re.compile(r"^ +blame:  (.*)$", re.MULTILINE)

# Where the probe's words say that a line belongs: what it is put behind, in that web server's file.
PLACES = {
    "lighttpd, in the block of /api/stream/": '$HTTP["url"] =~ "^/api/stream/" {\n',
    "lighttpd, fastcgi.server": 'fastcgi.server = ( "/api/stream/" => ((\n',
    "nginx, location /api/stream/": "location /api/stream/ {\n",
    'Apache, <Location "/api/stream/">': '<Location "/api/stream/">\n',
}

# Where they say that it takes the place of a site's own line: what that one looks like.
REPLACED = {
    "nginx, location /api/stream/, in the place of the line that sets REQUEST_URI": r"fastcgi_param REQUEST_URI [^;]*;",
}


def probe(server, video="film", options=(), curl=()):
    """Runs it against a server, or an address; its exit status, and what it prints."""
    url = server if isinstance(server, str) else f"http://127.0.0.1:{server.port}/api/stream/{video}"
    done = subprocess.run([PROBE, *options, url, *(["--", *curl] if curl else [])], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=4 * support.DEADLINE,
                          env=support.clean_environment(), check=False)
    return done.returncode, done.stdout


def probe_with_status(server, video="large", path=STATUS):
    return probe(server, video, options=["--status", f"http://127.0.0.1:{server.port}{path}"])


def check_green(result, wanted_skips=None):
    status, output = result
    assert status == 0 and "FAIL" not in output, f"exit status {status}: {output}"
    assert " 0 failed" in output and "\nwarn " not in output, output
    if wanted_skips is not None:
        equal(re.findall(r"^skip ([^:]*)", output, re.MULTILINE), wanted_skips, "skipped")


def check_skipped(result, reason, skips=(HELD, BREAKS, OTHER_PAGE)):
    check_green(result, list(skips))
    line = re.search(rf"^skip {HELD}: (.*)$", result[1], re.MULTILINE).group(1)
    assert reason in line, f"{reason!r} is not in {line!r}"


def remedies(output):
    """Pairs of a place and a line, as the probe prints them."""
    pairs, place = [], None
    for line in output.splitlines():
        if found := BLAME.match(line):
            place = found.group(1)
        elif found := REMEDY.match(line):
            pairs.append((place, found.group(1)))
    return pairs


def applied(text, pairs):
    """A web server's file with the probe's lines where it says that they belong; at the end where it names no place."""
    own = {name: line for blame, line in pairs for name in REPLACED if blame.startswith(name)}
    for name, line in own.items():
        text, count = re.subn(REPLACED[name], lambda _, line=line: line, text)
        assert count == 1, f"{count} places for {line!r}"
    pairs = [(blame, line) for blame, line in pairs if not blame.startswith(tuple(REPLACED))]
    places = [(next((PLACES[name] for name in PLACES if blame.startswith(name)), None), line) for blame, line in pairs]
    for opening, line in dict.fromkeys(places):
        if opening is None:
            text += line + "\n"
        else:
            assert opening in text, f"no place for {line!r}: {opening!r}"
            text = text.replace(opening, f"{opening}{line}\n", 1)
    return text


@contextlib.contextmanager
def changed(change):
    """The shipped files, changed on their way to a server; but for the names of sockets, which belong to no site."""
    original = servers.shipped

    def shipped(name, **places):
        text = original(name, **places)
        return text if name == servers.UPSTREAM else change(text)
    servers.shipped = shipped
    try:
        yield
    finally:
        servers.shipped = original


def make_volume(folder):
    volume = support.Volume(folder / "data")
    volume.add("film", FILM)
    volume.add("short", SHORT)
    volume.sparse("large", LARGE, {LARGE // 2: b"middle"})
    return volume


@contextlib.contextmanager
def running(kind, change=lambda text: text, status_path=None):
    with support.Folder() as folder, changed(change):
        server = kind(folder, make_volume(folder))
        if status_path:
            server.environment["REELGATE_STATUS_PATH"] = status_path
        with server:
            yield server


def readme_block(name):
    """The lines of the README that let the status page through, of a web server."""
    text = (support.ROOT / "README.md").read_text()
    block = re.search(rf"^{name}, [^\n]*:\n\n((?:    .*\n)+)", text.partition("## What it is doing")[2], re.MULTILINE)
    return re.sub("^    ", "", block.group(1), flags=re.MULTILINE)


def with_status(kind, change=lambda text: text):
    """The shipped file with the README's lines for the status page, the socket being that of the file."""
    def changed_text(text):
        text = change(text)
        block = readme_block(kind.name.partition(" ")[0].strip(","))
        if kind is servers.Haproxy:
            return text.replace("backend reelgate\n", f"{block}\nbackend reelgate\n", 1)
        if kind is servers.Nginx:
            return text + block
        place = re.search(r'"unix:([^|]+)|"socket" *=> "([^"]+)"', text)
        place = place.group(1) or place.group(2) + ("-0" if "bin-path" in text else "")
        assert servers.PATHS["socket"] in block, block
        return text + block.replace(servers.PATHS["socket"], place)
    return changed_text


def without(line):
    def change(text):
        kept = [kept for kept in text.splitlines(keepends=True) if kept.strip() != line]
        assert len(kept) < len(text.splitlines()), f"no line {line!r}"
        return "".join(kept)
    return change


def beside_params(line):
    """A site's own line in reelgate's block of nginx, behind the parameters that any site has."""
    return lambda text: text.replace("include fastcgi_params;\n", f"include fastcgi_params;\n{line}\n", 1)


def before(line):
    """A site's own line, outside of reelgate's block."""
    return lambda text: line + "\n" + text


class ApacheWithHosts(servers.ApacheProxy):
    modules = [*servers.ApacheProxy.modules, "authz_host"]


def adapted(line, server):
    """A command with a test's socket and data volume in the place of the usual ones."""
    return line.replace(servers.PATHS["socket"], str(server.folder / "running.sock")).replace(
        servers.PATHS["data"], str(server.volume.path))
