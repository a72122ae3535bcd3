"""reelgate-probe: green through each shipped file; and for each thing that is broken in front of reelgate it names the
setting to blame, and the line that it prints, put where it says, makes it green.

SPDX-License-Identifier: MIT
"""
import contextlib
import http.server
import re
import socket
import subprocess
import threading

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


def check_green(result, wanted_skips=None):
    status, output = result
    assert status == 0 and "FAIL" not in output, f"exit status {status}: {output}"
    assert " 0 failed" in output, output
    if wanted_skips is not None:
        equal(re.findall(r"^skip ([^:]*)", output, re.MULTILINE), wanted_skips, "skipped")


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
    """The shipped files, changed on their way to a server."""
    original = servers.shipped
    servers.shipped = lambda *arguments, **places: change(original(*arguments, **places))
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
        place = re.search(r'(?:fastcgi_pass |")unix:([^;|]+)|"socket" *=> "([^"]+)"', text)
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


class ApacheWithFilters(servers.ApacheProxy):
    modules = [*servers.ApacheProxy.modules, "filter", "deflate"]


class ApacheWithHosts(servers.ApacheProxy):
    modules = [*servers.ApacheProxy.modules, "authz_host"]


class ApacheWithHeaders(servers.ApacheProxy):
    modules = [*servers.ApacheProxy.modules, "headers"]


class FcgidWithFilters(servers.ApacheFcgid):
    modules = [*servers.ApacheFcgid.modules, "setenvif", "filter", "deflate"]


class NginxWithCache(servers.Nginx):
    def start(self):
        self.extra = f"    fastcgi_cache_path {self.folder}/cache keys_zone=films:1m;\n"
        return super().start()


DEFLATE = ('server.modules += ( "mod_deflate" )\ndeflate.allowed-encodings = ( "gzip" )\n'
           'deflate.mimetypes = ( "video/" )')
DENY = 'server.modules += ( "mod_access" )\nurl.access-deny = ( "film" )'
CACHE = "fastcgi_cache films;\nfastcgi_cache_valid any 1m;"
STORE = CACHE + '\nfastcgi_cache_key "$uri";\nfastcgi_ignore_headers Cache-Control;'
NO_CACHE = ["fastcgi_cache off;", "proxy_cache off;"]
# From outside a cache that keeps nothing looks like a line that hands on no fields, unless it says that it is one.
ALL_FIELDS = [*NO_CACHE, "fastcgi_pass_request_headers on;", "proxy_pass_request_headers on;"]
TELLING_CACHE = CACHE + "\nadd_header X-Cache-Status $upstream_cache_status;"
REQUEST_URI = "fastcgi_param REQUEST_URI $request_uri;"
TRUST = 'SetEnvIf Request_URI "^/api/stream/" ap_trust_cgilike_cl'
RANGES = 'server.range-requests = "disable"'
STREAM = "server.stream-response-body = 2"
CHECK_LOCAL = '"check-local" => "disable",'
REFUSED = '<Location "/api/">\nRequire all denied\n</Location>'

# web server, what is broken, how, video, exit status, the lines that the probe has to print
BROKEN = [
    (servers.LighttpdSpawn, "it collects", without(STREAM), "large", 1, [STREAM]),
    (servers.LighttpdConnect, "it collects", without(STREAM), "large", 1, [STREAM]),
    (servers.LighttpdSpawn, "it cuts ranges", without(RANGES), "short", 1, [RANGES]),
    (servers.LighttpdConnect, "it cuts ranges", without(RANGES), "short", 1, [RANGES]),
    (servers.LighttpdSpawn, "it looks for a file", without(CHECK_LOCAL), "film", 2, [CHECK_LOCAL]),
    (servers.LighttpdConnect, "it looks for a file", without(CHECK_LOCAL), "film", 2, [CHECK_LOCAL]),
    (servers.LighttpdConnect, "it compresses", before(DEFLATE), "short", 1, ["deflate.mimetypes = ( )"]),
    (servers.LighttpdConnect, "pages for errors", before('server.error-intercept = "enable"'), "film", 1,
     ['server.error-intercept = "disable"']),
    (servers.LighttpdConnect, "no keep-alive", before("server.max-keep-alive-requests = 0"), "film", 1,
     ["server.max-keep-alive-requests = 100"]),
    (servers.LighttpdConnect, "it refuses", before(DENY), "film", 2, ["url.access-deny = ( )"]),
    (servers.ApacheProxy, "it drops the length", without(TRUST), "film", 1, [TRUST]),
    (ApacheWithFilters, "it compresses", before("SetOutputFilter DEFLATE"), "film", 1,
     ['SetEnvIf Request_URI "^/api/stream/" no-gzip no-brotli']),
    (FcgidWithFilters, "it compresses", before("SetOutputFilter DEFLATE"), "film", 1,
     ['SetEnvIf Request_URI "^/api/stream/" no-gzip no-brotli']),
    (servers.ApacheProxy, "pages for errors", before("ProxyErrorOverride On"), "film", 1, ["ProxyErrorOverride Off"]),
    (servers.ApacheProxy, "no keep-alive", before("KeepAlive Off"), "film", 1, ["KeepAlive On"]),
    (servers.ApacheFcgid, "it refuses", lambda text: REFUSED + "\n" + text.replace("Require all granted", ""), "film", 2,
     ["Require all granted"]),
    (servers.Nginx, "it compresses", before("gzip on;\ngzip_types video/mp4;"), "film", 1, ["gzip off;"]),
    (NginxWithCache, "it would cache", before(CACHE), "film", 1, ALL_FIELDS),
    (NginxWithCache, "it would cache, and says so", before(TELLING_CACHE), "film", 1, NO_CACHE),
    (servers.Nginx, "it hands on no fields", before("fastcgi_pass_request_headers off;"), "film", 1, ALL_FIELDS),
    (servers.Nginx, "REQUEST_URI without the query", beside_params("fastcgi_param REQUEST_URI $uri;"), "film", 1,
     [REQUEST_URI]),
    (NginxWithCache, "it caches", before(STORE), "film", 1, [*NO_CACHE, "fastcgi_force_ranges off;"]),
    (servers.Nginx, "it cuts ranges", before("fastcgi_force_ranges on;"), "film", 1,
     ["fastcgi_force_ranges off;", *NO_CACHE]),
    (servers.Nginx, "pages for errors", before("fastcgi_intercept_errors on;\nerror_page 404 412 416 /error;"), "film", 1,
     ["fastcgi_intercept_errors off;", "proxy_intercept_errors off;"]),
    (servers.Nginx, "no keep-alive", before("keepalive_timeout 0;"), "film", 1, ["keepalive_timeout 75s;"]),
    (servers.Nginx, "it refuses", before("deny all;"), "film", 2, ["allow all;"]),
]


def check_broken(kind, change, video, wanted_status, wanted_lines):
    with running(kind, change) as server:
        status, output = probe(server, video)
        equal(status, wanted_status, f"exit status, of {output}")
        equal(list(dict.fromkeys(line for _, line in remedies(output))), wanted_lines, "remedies")
    with running(kind, lambda text: applied(change(text), remedies(output))) as server:
        check_green(probe(server, video))


# web server, what it takes out of the request, how: the remedy is to take that line out
DROPPED = [
    (servers.Nginx, "Range", beside_params('fastcgi_param HTTP_RANGE "";')),
    (servers.Nginx, "If-None-Match", beside_params('fastcgi_param HTTP_IF_NONE_MATCH "";')),
    (ApacheWithHeaders, "Range", before("RequestHeader unset Range")),
    (servers.LighttpdConnect, "Range",
     before('server.modules += ( "mod_setenv" )\nsetenv.set-request-header = ( "Range" => "" )')),
]


def check_dropped(kind, change):
    """The web server's own line is blamed, and no cache, which would keep If-Match from reelgate, too."""
    with running(kind, change) as server:
        status, output = probe(server)
        equal((status, [line for _, line in remedies(output)]), (1, ["remove that line"]), f"of {output}")
        (blame, _), = remedies(output)
        assert "out of the request" in blame and "cache" not in blame, blame


# web server, what is broken, how, the lines that the probe has to print
NOT_HELD = [
    (servers.Nginx, "a temporary file", without("fastcgi_max_temp_file_size 0;"),
     ["fastcgi_max_temp_file_size 0;", "proxy_max_temp_file_size 0;"]),
    (servers.LighttpdConnect, "temporary files",
     lambda text: text.replace(STREAM, "server.stream-response-body = 1"), [STREAM]),
    (servers.LighttpdSpawn, "temporary files",
     lambda text: text.replace(STREAM, "server.stream-response-body = 1"), [STREAM]),
    (ApacheWithHosts, "memory", before("FlushMaxThreshold 1000000000"), ["FlushMaxThreshold 65535"]),
]


def probe_with_status(server, video="large", path=STATUS):
    return probe(server, video, options=["--status", f"http://127.0.0.1:{server.port}{path}"])


def check_not_held(kind, change, wanted_lines):
    with running(kind, with_status(kind, change), STATUS) as server:
        status, output = probe_with_status(server)
        equal(status, 1, f"exit status, of {output}")
        equal(re.findall("^FAIL ([^:]*)", output, re.MULTILINE), [HELD], "what fails")
        equal([line for _, line in remedies(output)], wanted_lines, "remedies")

    def remedied(text):
        text = change(text).replace("server.stream-response-body = 1\n", "")
        return applied(text, remedies(output))
    with running(kind, with_status(kind, remedied), STATUS) as server:
        check_green(probe_with_status(server), [OTHER_PAGE])


def connections_that_are_not_kept():
    """A warning: every answer is right. It is what reelgate counts that tells."""
    change = without("fastcgi_keep_conn on;")
    with running(servers.Nginx, with_status(servers.Nginx, change), STATUS) as server:
        status, output = probe_with_status(server)
        equal((status, re.findall("^(?:warn|FAIL) ([^:]*)", output, re.MULTILINE)), (0, [BREAKS]), f"of {output}")
        equal([line for _, line in remedies(output)], ["fastcgi_keep_conn on;"], "remedies")
        assert output.endswith(" 0 failed, 1 skipped, 1 warned\n"), output
    with running(servers.Nginx, with_status(servers.Nginx, lambda text: applied(change(text), remedies(output))),
                 STATUS) as server:
        result = probe_with_status(server)
        check_green(result, [OTHER_PAGE])
        assert f"ok   {BREAKS}\n" in result[1], result[1]


def path_that_is_changed_on_the_way():
    """reelgate has the film, and is asked for something else. Its status page tells that it looked nothing up."""
    change = beside_params("fastcgi_param REQUEST_URI /index.php;")
    with running(servers.Nginx, with_status(servers.Nginx, change), STATUS) as server:
        status, output = probe(server)
        equal((status, [line for _, line in remedies(output)]),
              (2, ["reelgate add FILE --id film", "prefix = /api/stream/", REQUEST_URI]), f"of {output}")
        status, output = probe_with_status(server, "film")
        equal((status, [line for _, line in remedies(output)]), (2, ["prefix = /api/stream/", REQUEST_URI]),
              f"of {output}")
    of_nginx = [(blame, line) for blame, line in remedies(output) if blame.startswith("nginx")]
    with running(servers.Nginx, lambda text: applied(change(text), of_nginx)) as server:
        check_green(probe(server))


def check_restricted(kind):
    """The README's lines let nobody in but this machine itself: 127.0.0.2 is another address."""
    with running(kind, with_status(kind), STATUS) as server:
        for source, wanted in (("127.0.0.1", {"200"}), ("127.0.0.2", {"403", "404", "503"})):
            done = subprocess.run(["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}",
                                   "--interface", source, f"http://127.0.0.1:{server.port}{STATUS}"],
                                  capture_output=True, text=True, timeout=support.DEADLINE, check=False)
            assert done.stdout in wanted, f"{source}: {done.stdout}"


def check_skipped(result, reason, skips=(HELD, BREAKS, OTHER_PAGE)):
    check_green(result, list(skips))
    line = re.search(rf"^skip {HELD}: (.*)$", result[1], re.MULTILINE).group(1)
    assert reason in line, f"{reason!r} is not in {line!r}"


def status_that_says_nothing(report):
    with running(servers.Nginx) as server:
        with report.row("held back: the status page is not let through"):
            check_skipped(probe_with_status(server), f"{STATUS}?json: 404, without figures of reelgate's; set ")
        with report.row("held back: nobody answers there"):
            address = f"http://127.0.0.1:{support.free_port()}{STATUS}"
            check_skipped(probe(server, "large", options=["--status", address]), f"{address}?json: nobody answers")
        with report.row("held back: a password for the video does not go to another host"), script(Recording) as port:
            address = f"http://localhost:{port}{STATUS}"
            result = probe(server, "large", ["--status", address], ["--user", "viewer:secret"])
            check_skipped(result, f"{address}?json: 404")
            equal(set(Recording.told), {None}, "passwords")
    with running(servers.Nginx, with_status(servers.Nginx), STATUS) as server:
        with report.row("held back: a film that is all on its way"):
            result = probe_with_status(server, "film")
            equal(result[0], 0, result[1])
            assert f"skip {HELD}: {len(FILM)} bytes may all be on their way; ask for a video" in result[1], result[1]
        with report.row("held back: others are watching"), \
                socket.create_connection(("127.0.0.1", server.port), support.DEADLINE) as other:
            other.sendall(support.http_request("/api/stream/large", "GET", []))
            equal(other.recv(12), b"HTTP/1.1 200", "status")
            check_skipped(probe_with_status(server), "others are watching")
    denied = "location = /reelgate-status { deny all; }\n"
    with report.row("held back: who is not let in"), running(servers.Nginx, before(denied)) as server:
        check_skipped(probe_with_status(server), f"{STATUS}?json: 403; ask from where")
    path = "/api/stream" + STATUS

    def counting(text):
        return text + f"FcgidInitialEnv REELGATE_STATUS_PATH {path}\n"
    with report.row("held back: the status page of another process than the one that sends"), \
            running(servers.ApacheFcgid, counting) as server:
        check_skipped(probe_with_status(server, path=path), "that status page does not count this film",
                      [HELD, OTHER_PAGE])


class ClampingScript(http.server.BaseHTTPRequestHandler):
    """An application that streams by a script of its own, as many are found: a range behind the end is drawn in, there
    are no versions and no HEAD, and an invalid Range is an error."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        wanted = self.headers["Range"]
        if not self.path.startswith("/api/stream/film"):
            self.answer(404, b'{"detail":"Video not found"}', {"Content-Type": "application/json"})
            return
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted or "bytes=0-")
        if not found or wanted == "bytes=9-5":
            self.answer(500, b"Internal Server Error", {"Content-Type": "text/plain"})
            return
        first, last = found.groups()
        start = int(first) if first else len(FILM) - int(last)
        end = int(last) if first and last else len(FILM) - 1
        start = max(0, min(start, len(FILM) - 1))
        end = max(start, min(end, len(FILM) - 1))
        fields = {"Content-Type": "video/mp4", "Accept-Ranges": "bytes"}
        if wanted:
            fields["Content-Range"] = f"bytes {start}-{end}/{len(FILM)}"
        self.answer(206 if wanted else 200, FILM[start:end + 1], fields)

    def answer(self, status, content, fields):
        self.send_response(status)
        for name, value in {**fields, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content)

    def log_message(self, *_):
        pass


class MisplacingScript(ClampingScript):
    """Its fields are right, and its bytes are those of the beginning."""

    def answer(self, status, content, fields):
        super().answer(status, FILM[:len(content)] if status == 206 else content, fields)


class Recording(ClampingScript):
    """No status page; what it was told of passwords."""
    told = []

    def do_GET(self):
        self.told.append(self.headers["Authorization"])
        self.answer(404, b"", {})


@contextlib.contextmanager
def script(kind=ClampingScript):
    """The script as a running server; its port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def adapted(line, server):
    """A command with a test's socket and data volume in the place of the usual ones."""
    return line.replace(servers.PATHS["socket"], str(server.folder / "running.sock")).replace(
        servers.PATHS["data"], str(server.volume.path))


def script_behind_nginx():
    """All of the site goes to the script; the probe's line hands the videos to reelgate."""
    with script() as port:
        site = f"location / {{ proxy_pass http://127.0.0.1:{port}; }}\n"
        with running(servers.Nginx, lambda text: site) as server:
            status, output = probe(server)
            equal(status, 1, f"exit status, of {output}")
            assert "FAIL a start behind the end is refused: seen: 206, " in output, output
            (blame, line), = remedies(output)
            assert blame.startswith("nginx, server block: hands /api/stream/ to something that is not reelgate"), blame

        def remedied(text):
            place = re.search(r"fastcgi_pass unix:([^;]+);", text).group(1)
            return site + line.replace(servers.PATHS["socket"], place) + "\n"
        with running(servers.Nginx, remedied) as server:
            check_green(probe(server))


def other_video(port):
    return support.http_raw(port, support.http_request("/api/stream/other", "GET", []))


def unknown_server_names_all_three():
    with script() as port:
        status, output = probe(f"http://127.0.0.1:{port}/api/stream/film")
        equal(status, 1, f"exit status, of {output}")
        equal([blame.split(":")[0].split(",")[0] for blame, _ in remedies(output)], ["nginx", "Apache", "lighttpd"],
              "servers")
        for fault in ("a start behind the end is refused", "the tag is strong", "HEAD, as VLC asks",
                      "an invalid range is ignored"):
            assert f"FAIL {fault}: " in output, f"no {fault!r} in {output}"


def other_bytes_are_noticed():
    with script(MisplacingScript) as port:
        _, output = probe(f"http://127.0.0.1:{port}/api/stream/film")
        assert "FAIL overlapping ranges in the middle agree: seen: other bytes at 51000; " in output, output


class NginxInFront(servers.Nginx):
    """nginx that hands on by HTTP, as in front of another web server, with a cache."""

    def start(self):
        self.extra = f"    proxy_cache_path {self.folder}/cache keys_zone=films:1m;\n"
        return super().start()


def cache_in_front_of_another_web_server():
    with running(servers.LighttpdConnect) as behind:
        site = (f"proxy_cache films;\nproxy_cache_valid any 1m;\n"
                f"location /api/stream/ {{\nproxy_pass http://127.0.0.1:{behind.port};\n}}\n")
        with running(NginxInFront, lambda text: site) as server:
            status, output = probe(server)
            equal((status, [line for _, line in remedies(output)]), (1, ALL_FIELDS), f"of {output}")
        with running(NginxInFront, lambda text: applied(site, remedies(output))) as server:
            check_green(probe(server))


# id, what the probe says of it
ABSENT = [
    ("nonexistent", "its catalogue has no row nonexistent, or its --prefix is not /api/stream/",
     "reelgate add FILE --id nonexistent"),
    ("pending", "the status of pending is not the one of --ready", "wait for the end of the download"),
    ("fileless", "fileless is in the catalogue, and its file is not in the folder of videos",
     "put it there, or set --videos"),
]


def absent_videos(report):
    with running(servers.LighttpdConnect) as server:
        server.volume.row("pending", "pending")
        server.volume.row("fileless", "complete")
        for video, why, line in ABSENT:
            with report.row(f"video {video}: {why}"):
                status, output = probe(server, video)
                equal(status, 2, f"exit status, of {output}")
                pairs = remedies(output)
                equal(pairs[0], (f"reelgate: {why}", line), "blame, remedy")
        with report.row("video nonexistent: the remedy adds it"):
            (_, line), *_ = remedies(probe(server, "nonexistent")[1])
            words = line.replace("FILE", str(support.CLIP)).split()
            equal(words[0], "reelgate", "program")
            server.volume.must(*words[1:])
            check_green(probe(server, "nonexistent"))


def stopped_reelgate(kind):
    with running(kind) as server:
        support.stop(server.processes[0])
        status, output = probe(server)
        equal(status, 2, f"exit status, of {output}")
        blame, line = remedies(output)[0]
        assert "reelgate is not running, or its socket" in blame or "reelgate is not running, its socket" in blame, blame
        words = adapted(line, server).split()
        user = {"user": servers.USER, "group": servers.USER, "extra_groups": []} if servers.IS_ROOT else {}
        process = server.spawn(server.program, *words[1:], **user)
        support.wait_until(lambda: support.can_connect(str(server.folder / "running.sock")), "reelgate", process)
        # lighttpd leaves a backend alone for a while after it could not be reached.
        support.wait_until(lambda: other_video(server.port).startswith(b"HTTP/1.1 404"), "the web server's way to it")
        check_green(probe(server))


def film_that_takes_too_long_to_collect():
    """So large that the probe gives up before the web server has it all; it is told to give up early."""
    def large(server):
        server.volume.sparse("huge", 16 << 30, {})
        return server
    with running(servers.LighttpdConnect, without(STREAM)) as server:
        status, output = probe(large(server), "huge", curl=["--max-time", "1"])
        equal((status, [line for _, line in remedies(output)]), (2, [STREAM]), f"of {output}")
    with running(servers.LighttpdConnect, lambda text: applied(without(STREAM)(text), remedies(output))) as server:
        check_green(probe(large(server), "huge"))


class LighttpdWithoutTemporaryFiles(servers.LighttpdConnect):
    """A site whose main file names a folder that is not there."""
    line = 'server.upload-dirs = ( "/nonexistent" )'

    def write(self, name, text):
        if name == "lighttpd.conf":
            text = re.sub(r"^server\.upload-dirs.*$", self.line, text, flags=re.MULTILINE)
        return super().write(name, text)


def films_that_break_off():
    """lighttpd streams through temporary files; without them a film ends after 64 KiB."""
    with running(LighttpdWithoutTemporaryFiles) as server:
        status, output = probe(server, "large")
        equal(status, 1, f"exit status, of {output}")
        (_, line), = remedies(output)
        assert line.startswith("server.upload-dirs = "), line

    class Remedied(LighttpdWithoutTemporaryFiles):
        pass
    Remedied.line = line
    with running(Remedied) as server:
        check_green(probe(server, "large"))


ORIGIN = "https://films.example"


def page_of_another_origin():
    with running(servers.Nginx) as server:
        status, output = probe(server, options=["--origin", ORIGIN])
        equal((status, [line for _, line in remedies(output)]), (1, [f"cors-origin = {ORIGIN}"]), f"of {output}")
        (_, line), = remedies(output)
        support.stop(server.processes[0])
        server.environment["REELGATE_CONFIG"] = str(server.write("reelgate.options", line + "\n"))
        server.start_reelgate()
        check_green(probe(server, options=["--origin", ORIGIN]), [LATE, HELD, BREAKS])


class NginxWithOrigin(servers.Nginx):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.environment["REELGATE_CORS_ORIGIN"] = ORIGIN


def origin_allowed_twice():
    """By reelgate and by the site: browsers take neither."""
    site = before(f"add_header Access-Control-Allow-Origin {ORIGIN} always;")
    with running(NginxWithOrigin, site) as server:
        status, output = probe(server, options=["--origin", ORIGIN])
        equal((status, [line for _, line in remedies(output)]),
              (1, ["fastcgi_hide_header Access-Control-Allow-Origin;"]), f"of {output}")
    with running(NginxWithOrigin, lambda text: applied(site(text), remedies(output))) as server:
        check_green(probe(server, options=["--origin", ORIGIN]))


class NginxWithTls(servers.Nginx):
    """The file once more on a port of its own, with TLS, HTTP/2 and a password."""

    def start(self):
        self.tls_port = support.free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=localhost", "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem"],
                       check=True, capture_output=True, timeout=support.DEADLINE)
        self.write("passwords", "viewer:{PLAIN}secret\n")
        self.extra = f"""
    map "" $tls_port {{ default {self.tls_port}; }}
    server {{
        listen 127.0.0.1:{self.tls_port} ssl http2;
        ssl_certificate {self.folder}/cert.pem;
        ssl_certificate_key {self.folder}/key.pem;
        auth_basic films;
        auth_basic_user_file {self.folder}/passwords;
        include {self.folder}/reelgate.conf;
    }}
"""
        return super().start()


def tls_and_password(report):
    moved = "location = /moved/film { return 301 https://127.0.0.1:$tls_port/api/stream/film; }\n"
    with running(NginxWithTls, before(moved)) as server:
        url = f"https://127.0.0.1:{server.tls_port}/api/stream/film"
        with report.row("TLS: a certificate that is not trusted"):
            status, output = probe(url)
            equal((status, remedies(output)[0][1]), (2, f"reelgate-probe {url} -- --insecure"), f"of {output}")
        with report.row("TLS: a password is wanted"):
            status, output = probe(url, curl=["--insecure"])
            equal((status, remedies(output)[0][1]), (2, f"reelgate-probe {url} -- --user NAME:PASSWORD"), f"of {output}")
        with report.row("TLS and HTTP/2, with a password: all green"):
            check_green(probe(url, curl=["--insecure", "--user", "viewer:secret"]))
        with report.row("TLS: http leads to https, asked there"):
            result = probe(f"http://127.0.0.1:{server.port}/moved/film", curl=["-k", "-u", "viewer:secret"])
            check_green(result)
            assert f" leads to {url}: asked there\n" in result[1], result[1]


def redirections(report):
    def site(text):
        return ('location = /old/film { return 301 /api/stream/film; }\n'
                'location = /elsewhere/film { return 302 http://films.example/api/stream/film; }\n' + text)
    with running(servers.Nginx, site) as server:
        here = f"http://127.0.0.1:{server.port}"
        with report.row("redirection: to the same host, asked there"):
            result = probe(f"{here}/old/film")
            check_green(result)
            assert result[1].startswith(f"note {here}/old/film leads to {here}/api/stream/film"), result[1]
        with report.row("redirection: to another host, not asked"):
            status, output = probe(f"{here}/elsewhere/film")
            equal((status, remedies(output)[0][1]), (2, "reelgate-probe http://films.example/api/stream/film"), "told")


# arguments, what the message has in it
USAGE = [
    ([], "no address: needs http:// or https://"),
    (["ftp://localhost/film"], "ftp://localhost/film: needs http:// or https://"),
    (["http://localhost"], "http://localhost: needs http:// or https://, a host and a path"),
    (["http://localhost/a", "http://localhost/b"], "one address at a time"),
    (["--insecure", "http://localhost/a"], "--insecure: no such option; curl's come after --"),
    (["--status"], "--status: which one?"),
    (["--status", "unix:/run/s", "http://localhost/a"], "--status unix:/run/s: needs http:// or https://"),
    (["--origin"], "--origin: which one?"),
    (["--origin", "films.example", "http://localhost/a"], "--origin films.example: needs scheme://host[:port]"),
]


def usage(report):
    for arguments, message in USAGE:
        with report.row(f"usage: {' '.join(arguments)}"):
            done = subprocess.run([PROBE, *arguments], capture_output=True, text=True, timeout=support.DEADLINE,
                                  check=False)
            equal((done.returncode, done.stdout), (2, ""), "exit status, output")
            assert done.stderr.startswith("reelgate-probe: ") and message in done.stderr, done.stderr
            equal(done.stderr.count("\n"), 1, "lines")
    with report.row("nothing listens there"):
        status, output = probe(f"http://127.0.0.1:{support.free_port()}/api/stream/film")
        equal((status, remedies(output)),
              (2, [("the web server: nothing listens there", "start it, or put its port into the address")]), output)


def readme_example():
    """What the README shows is what it prints; a line of three dots stands for what is left out."""
    text = (support.ROOT / "README.md").read_text()
    wanted = re.search(r"^    \$ reelgate-probe (\S+)\n((?:    .*\n)+)", text, re.MULTILINE)
    shown = re.sub("^    ", "", wanted.group(2), flags=re.MULTILINE)
    pattern = r"(?:.*\n)*".join(re.escape(part) for part in shown.split("...\n"))
    with running(servers.ApacheProxy, without(TRUST)) as server:
        server.volume.must("add", support.CLIP)
        _, output = probe(server, wanted.group(1).rpartition("/")[2])
        assert re.fullmatch(pattern, output), f"{shown} is not {output}"


def main():
    report = support.Report()
    for kind in servers.ALL:
        with report.row(f"{kind.name}: all green with the shipped file"), running(kind) as server:
            check_green(probe(server, "large"), [HELD, *([BREAKS] if kind is servers.Nginx else []), OTHER_PAGE])
    for kind in (servers.LighttpdSpawn, servers.LighttpdConnect, ApacheWithHosts, servers.Nginx, servers.Haproxy):
        with report.row(f"{kind.name}: all green with the shipped file and the README's lines for the status page"), \
                running(kind, with_status(kind), STATUS) as server:
            check_green(probe_with_status(server), [OTHER_PAGE])
        with report.row(f"{kind.name}: the README's lines for the status page let this machine in alone"):
            check_restricted(kind)
    for kind, what, change, lines in NOT_HELD:
        with report.row(f"{kind.name}: it takes films into {what}: {lines[0]}"):
            check_not_held(kind, change, lines)
    for kind, what, change, video, status, lines in BROKEN:
        with report.row(f"{kind.name}: {what}: {lines[0]}"):
            check_broken(kind, change, video, status, lines)
    for kind, field, change in DROPPED:
        with report.row(f"{kind.name}: it takes {field} out of the request"):
            check_dropped(kind, change)
    for holds in (connections_that_are_not_kept, path_that_is_changed_on_the_way, script_behind_nginx,
                  unknown_server_names_all_three, other_bytes_are_noticed,
                  film_that_takes_too_long_to_collect, films_that_break_off,
                  cache_in_front_of_another_web_server, page_of_another_origin, origin_allowed_twice, readme_example):
        with report.row(holds.__name__.replace("_", " ")):
            holds()
    for kind in (servers.LighttpdConnect, servers.ApacheProxy, servers.Nginx):
        with report.row(f"{kind.name}: reelgate is not running"):
            stopped_reelgate(kind)
    for several in (status_that_says_nothing, absent_videos, tls_and_password, redirections, usage):
        several(report)
    report.finish()


main()
