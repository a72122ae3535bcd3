"""reelgate-probe: green through each shipped file; and for each thing that is broken in front of reelgate it names the
setting to blame, and the line that it prints, put where it says, makes it green.

Does not test what it asks the status page for (probe_status_test.py), nor sites with more than reelgate behind them
(probe_site_test.py).
SPDX-License-Identifier: MIT
"""
import re
import subprocess

import servers
import support
from probing import (ALL_FIELDS, BREAKS, GUESSES, HELD, NO_CACHE, OTHER_PAGE, PROBE, REQUEST_URI, STREAM, TRUST, adapted,
                     applied, before, beside_params, check_green, probe, remedies, running, without)
from support import equal


class ApacheWithFilters(servers.ApacheProxy):
    modules = [*servers.ApacheProxy.modules, "filter", "deflate"]


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
TELLING_CACHE = CACHE + "\nadd_header X-Cache-Status $upstream_cache_status;"
RANGES = 'server.range-requests = "disable"'
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


# Cache-Control and other fields of a film that has Last-Modified, whether the probe warns that browsers guess
LIFETIMES = [
    ("private", "", True),
    ("", "", True),
    ("public, must-revalidate", "", True),
    ("public, s-maxage=60", "", True),
    ('private, no-cache="Set-Cookie"', "", True),
    ("private", "Expires: Thu, 01 Jan 2026 00:00:00 GMT", False),
    ("private, no-cache", "", False),
    ("NO-CACHE,private", "", False),
    ("no-store", "", False),
    ("max-age=0", "", False),
    ('public,max-age="60"', "", False),
]


class NginxWithLifetimes(servers.Nginx):
    """A site whose Cache-Control depends on the query: there it is the number of a row."""

    def start(self):
        columns = [("cache_control", [value for value, _, _ in LIFETIMES]),
                   ("expires_at", [more.removeprefix("Expires: ") for _, more, _ in LIFETIMES])]
        self.extra = "".join(f"    map $arg_row ${name} {{ " + " ".join(
            f"{number} '{value}';" for number, value in enumerate(values)) + " }\n" for name, values in columns)
        return super().start()


def warnings(output):
    return re.findall("^warn ([^:]*)", output, re.MULTILINE)


def lifetimes(report):
    site = before("fastcgi_hide_header Cache-Control;\nadd_header Cache-Control $cache_control;\n"
                  "add_header Expires $expires_at;")
    with running(NginxWithLifetimes, site) as server:
        for number, (value, more, is_guessed) in enumerate(LIFETIMES):
            named = f"Cache-Control: {value}" if value else "no Cache-Control"
            what = ", ".join(text for text in (named, more) if text)
            with report.row(f"{what}: {'a warning' if is_guessed else 'no warning'}"):
                status, output = probe(server, f"film?row={number}")
                # That errors have the site's field, too, is another finding.
                assert status in (0, 1), output
                equal(warnings(output), [GUESSES] if is_guessed else [], f"warnings of {output}")


def lifetime_that_is_missing():
    """All answers are right: a warning. The line is one of reelgate's own."""
    class NginxWithoutLifetime(servers.Nginx):
        def start(self):
            self.environment["REELGATE_CACHE_CONTROL"] = "private"
            return super().start()
    with running(NginxWithoutLifetime) as server:
        status, output = probe(server)
        equal((status, warnings(output)), (0, [GUESSES]), f"of {output}")
        place, line = remedies(output)[0]
        assert place.startswith("reelgate: --cache-control has no lifetime"), place
        support.stop(server.processes[0])
        del server.environment["REELGATE_CACHE_CONTROL"]
        server.environment["REELGATE_CONFIG"] = str(server.write("reelgate.options", line + "\n"))
        server.start_reelgate()
        check_green(probe(server))


def other_video(port):
    return support.http_raw(port, support.http_request("/api/stream/other", "GET", []))


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
    """lighttpd with small buffers streams through temporary files; without them a film ends after 64 KiB."""
    small = without("server.chunkqueue-chunk-sz = 65536")
    with running(LighttpdWithoutTemporaryFiles, small) as server:
        status, output = probe(server, "large")
        equal(status, 1, f"exit status, of {output}")
        (_, line), = remedies(output)
        assert line.startswith("server.upload-dirs = "), line

    class Remedied(LighttpdWithoutTemporaryFiles):
        pass
    Remedied.line = line
    with running(Remedied, small) as server:
        check_green(probe(server, "large"))


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
    for kind, what, change, video, status, lines in BROKEN:
        with report.row(f"{kind.name}: {what}: {lines[0]}"):
            check_broken(kind, change, video, status, lines)
    for kind, field, change in DROPPED:
        with report.row(f"{kind.name}: it takes {field} out of the request"):
            check_dropped(kind, change)
    for holds in (film_that_takes_too_long_to_collect, films_that_break_off, lifetime_that_is_missing, readme_example):
        with report.row(holds.__name__.replace("_", " ")):
            holds()
    for kind in (servers.LighttpdConnect, servers.ApacheProxy, servers.Nginx):
        with report.row(f"{kind.name}: reelgate is not running"):
            stopped_reelgate(kind)
    for several in (absent_videos, lifetimes, usage):
        several(report)
    report.finish()


main()
