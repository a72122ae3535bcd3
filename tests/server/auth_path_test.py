"""A web server that sends files itself, and asks reelgate before each answer who may watch: through each shipped file
for that the viewer gets the whole film or any part of it, or what reelgate says; and nothing that a client writes leads
to another film.

SPDX-License-Identifier: MIT
"""
import contextlib
import re

import access
import servers
import signing
import support
from support import equal

FILM = support.position_coded(300_000)
FAR = ("Range", "bytes=250000-250009")
FILM_PATH = "/api/stream/film"
AUTH = ("--auth-path", "/reelgate-auth")
MANUAL = (support.ROOT / "man/reelgate-access.7").read_text()
ORIGIN = "origin.example.org"

ADA, BOB, GONE = [("Cookie", "a=b; session=ada's")], [("Cookie", "session=bob's")], [("Cookie", "session=late")]


class Nginx(servers.Nginx):
    name = "nginx, which asks first"

    def start(self):
        return self.start_nginx(self.start_reelgate(*AUTH, *self.options),
                                servers.shipped("nginx/auth_path.conf", data=self.volume.path))


class Caddy(servers.Caddy):
    name = "Caddy, which asks first"

    def start(self):
        return self.start_caddy(self.start_reelgate(*AUTH, *self.options), name="caddy/auth_path.Caddyfile",
                                data=self.volume.path)


class NginxOverHttp(Nginx):
    """It asks lighttpd, which has reelgate behind it."""
    name = "nginx, which asks another server first"

    def start(self):
        folder = self.folder / "origin"
        folder.mkdir()
        self.origin = servers.LighttpdConnect(folder, self.volume)
        options = [*self.options, "--auth-path", "/api/stream/-auth"]
        for name, value in zip(options[::2], options[1::2]):
            self.origin.environment[f"REELGATE_{name[2:].upper().replace('-', '_')}"] = str(value)
        self.origin.__enter__()
        text = servers.shipped("nginx/auth_path.conf", data=self.volume.path)
        lines = re.search(r'^\.\\" edge: nginx\n\.Bd -literal\n(.*?)^\.Ed$', MANUAL, re.MULTILINE | re.DOTALL).group(1)
        lines = lines.replace(ORIGIN, f"127.0.0.1:{self.origin.port}")
        block = re.compile(r"(?<=location = /reelgate-auth \{\n).*?(?=^\}$)", re.MULTILINE | re.DOTALL)
        changed = block.sub(lambda _: lines, text)
        assert changed != text and ORIGIN not in changed, changed
        return self.start_nginx(self.folder / "none.sock", changed)

    def __exit__(self, *failure):
        super().__exit__(*failure)
        if hasattr(self, "origin"):
            self.origin.__exit__(*failure)


KINDS = [Nginx, NginxOverHttp, Caddy]


def ask(server, target=FILM_PATH, fields=(), method="GET", viewer=ADA):
    return support.http(server.port, target, method, [*fields, *viewer])


def is_refused(server, status, *arguments, **more):
    reply = ask(server, *arguments, **more)
    got = reply.status, FILM[1000:1010] in reply.content
    equal(got, (status, False), f"status, has the film: {arguments} {more}")
    equal(reply.field("Cache-Control"), "no-store", f"Cache-Control: {arguments} {more}")
    return reply


def film_is_sent(server):
    reply = ask(server)
    equal((reply.status, reply.content), (200, FILM), "status, content")
    equal(reply.field("Cache-Control"), "private, no-cache", "Cache-Control")
    equal(ask(server, fields=[FAR]).content, FILM[250_000:250_010], "part")
    equal((ask(server, method="HEAD").status, ask(server, "/api/stream/film?t=1").status), (200, 200), "HEAD, query")


def film_that_was_kept_is_asked_about(server):
    tag = ask(server).field("ETag")
    equal(ask(server, fields=[("If-None-Match", tag)]).status, 304, "status")
    is_refused(server, 403, fields=[("If-None-Match", tag)], viewer=BOB)


def stranger_is_refused(server):
    for fields in ([], [FAR], [("If-None-Match", "*")], [("If-Match", '"x"')], [("If-Range", '"x"'), FAR]):
        reply = is_refused(server, 401, fields=fields, viewer=[])
        equal(reply.field("WWW-Authenticate"), access.CHALLENGE, "WWW-Authenticate")
        is_refused(server, 401, fields=fields, viewer=GONE)
        is_refused(server, 403, fields=fields, viewer=BOB)


def other_methods_get_no_film(server):
    for method in ("POST", "PUT", "DELETE", "PATCH", "PROPFIND"):
        for viewer in (ADA, BOB, []):
            reply = ask(server, fields=[("Content-Length", "0")], method=method, viewer=viewer)
            # Caddy sends a file whatever the method is.
            is_sent = viewer is ADA and reply.status == 200 and isinstance(server, Caddy)
            assert is_sent or (reply.status in (401, 403, 405) and FILM[:100] not in reply.content), \
                f"{method}: {reply.status}"
    for fields in ([("X-Forwarded-Method", "OPTIONS")], [("X-HTTP-Method-Override", "OPTIONS")]):
        is_refused(server, 403, fields=fields, viewer=BOB)
    assert FILM[:100] not in ask(server, method="OPTIONS", viewer=BOB).content, "OPTIONS sends the film"


def content_of_a_post_does_no_harm(server):
    request = support.http_request("/api/stream/film", "POST", [*ADA, ("Content-Length", "100000")]) + bytes(100_000)
    reply = support.parse_http(support.http_raw(server.port, request))
    equal((reply.status, FILM[:100] in reply.content), (405, False), "status, has the film")


def unknown_film_is_not_found(server):
    for target in ("/api/stream/none", "/api/stream/pending", "/api/stream/film.mkv", "/api/stream/no-file"):
        is_refused(server, 404, target)
    equal(ask(server, "/elsewhere").status, 404, "status of another path")


# What a client can write to be taken for one who asks for a film that it may watch.
FIELDS = ("X-Original-URI", "X-Original-URL", "X-Forwarded-Uri", "X_Forwarded_Uri", "X_Original_URI", "X-Forwarded-URI",
          "X-Rewrite-URL", "REQUEST_URI", "Request-Uri")


def nothing_that_a_client_writes_counts(server):
    """Ada may watch one of two. Some of it is a dispute, and some reelgate does not see."""
    for address in ("/api/stream/film", "http://localhost/api/stream/film", "/api/stream/film, /api/stream/other"):
        for field in FIELDS:
            for fields in ([(field, address)], [(field, address), (field, address)]):
                for _ in range(4):  # a web server may take any of two fields with names alike
                    is_refused(server, 403, "/api/stream/other", fields)
    for query in ("/api/stream/film", "uri=/api/stream/film", "uri=%2Fapi%2Fstream%2Ffilm", "x&uri=/api/stream/film"):
        is_refused(server, 403, "/api/stream/other?" + query)


PATHS = ["/api/stream/film/../other", "/api/stream/film/%2e%2e/other", "/api/stream//other", "/api//stream/other",
         "/api/stream/./other", "/x/../api/stream/other", "/api/stream/%6fther", "/api/stream/other%00",
         "/api/stream/film%2f..%2fother", "/api/stream/other#/../film", "/api/stream/other?/../film",
         "/api/stream/other%3f/../film", "/api/stream/film%3f/../other", "/bcdn_token=x/api/stream/other",
         "/bcdn_token=x/../api/stream/other", "/api/stream/other/", "/api/stream/film/../../stream/other",
         "/reelgate-auth", "/reelgate-auth?/api/stream/other", "/reelgate-auth/../api/stream/other",
         "http://localhost/api/stream/other", "http://x/api/stream/film/../other"]


def no_other_path_leads_to_the_film(server):
    for path in PATHS:
        for viewer in (ADA, []):
            reply = support.http(server.port, path, "GET", [FAR, *viewer])
            assert reply.status >= 400 and FILM[250_000:250_010] not in reply.content, f"{path}: {reply.status}"
        for path_of_mine in (path.replace("other", "film"),):
            reply = support.http(server.port, path_of_mine, "GET", ADA)
            assert reply.status >= 400 or reply.content == FILM, f"{path_of_mine}: {reply.status}"


def catalogue_that_fails_lets_nobody_in(server):
    """It fails in the middle: the table of sessions is gone for a while."""
    access.execute(server.volume, "ALTER TABLE sessions RENAME TO gone;")
    try:
        is_refused(server, 503)
    finally:
        access.execute(server.volume, "ALTER TABLE gone RENAME TO sessions;")
    support.wait_until(lambda: ask(server).status == 200, "the catalogue is asked again")


def withdrawn_at_once(server):
    """Each answer is asked for."""
    equal(ask(server, "/api/stream/lent").status, 200, "status")
    access.withdraw(server.volume, "ada", "lent")
    is_refused(server, 403, "/api/stream/lent")


ROWS = [film_is_sent, film_that_was_kept_is_asked_about, stranger_is_refused, other_methods_get_no_film,
        unknown_film_is_not_found, nothing_that_a_client_writes_counts,
        no_other_path_leads_to_the_film, catalogue_that_fails_lets_nobody_in, withdrawn_at_once]


def question_is_nobodys_path(server):
    for query in ("", "?/api/stream/film", "?uri=/api/stream/film"):
        equal(support.http(server.port, "/reelgate-auth" + query, "GET", ADA).status, 404, "status")


MORE = {**dict.fromkeys((Nginx, NginxOverHttp), [question_is_nobodys_path, content_of_a_post_does_no_harm]),
        Caddy: [question_is_nobodys_path]}

# With links instead of sessions. The link that was signed is for the address, and for nothing that stands beside it.

OTHER = "/api/stream/other"


def link_opens_its_film(server):
    for target in (f"{FILM_PATH}?{signing.link(FILM_PATH)}", signing.front("/api/stream/") + FILM_PATH):
        equal(ask(server, target, viewer=[]).content, FILM, target)
    equal(ask(server, viewer=[("Cookie", f"reelgate_link={signing.link(FILM_PATH)}")]).content, FILM, "cookie")
    bound = signing.link(FILM_PATH, address="127.0.0.1")
    equal(ask(server, f"{FILM_PATH}?{bound}", viewer=[]).content, FILM, "bound to an address")


def link_opens_nothing_else(server):
    good, late = signing.link(FILM_PATH), signing.link(OTHER, 1600000000)
    for target in (OTHER, f"{OTHER}?{good}", f"{OTHER}?{late}", signing.front(FILM_PATH) + OTHER,
                   signing.front("/api/stream/", 1600000000) + OTHER,
                   f"{OTHER}?{signing.link(OTHER, address='192.0.2.1')}",
                   f"{OTHER}?uri={FILM_PATH}%3F{good}", f"{OTHER}?{FILM_PATH}?{good}",
                   f"{signing.front('/api/stream/', 1600000000)}{signing.front('/api/stream/')}{OTHER}"):
        reply = ask(server, target, viewer=[("Cookie", f"reelgate_link={good}")])
        assert reply.status in (403, 404) and FILM[:10] not in reply.content, f"{target}: {reply.status}"
    for field in FIELDS:
        for address in (f"{FILM_PATH}?{good}", signing.front("/api/stream/") + OTHER, f"{OTHER}?{signing.link(OTHER)}"):
            is_refused(server, 403, OTHER, [(field, address)], viewer=[])


# web server, a line of its file, what holds with it only
LINES = [
    (Nginx, "auth_request /reelgate-auth;", stranger_is_refused),
    (Nginx, "internal;", question_is_nobodys_path),
    (Nginx, "error_page 401 403 404 500 = @reelgate_says;", unknown_film_is_not_found),
    (Nginx, "add_header Cache-Control no-store always;", unknown_film_is_not_found),
    (Nginx, 'add_header Cache-Control "private, no-cache";', film_is_sent),
    (Caddy, "respond 404", unknown_film_is_not_found),
    (Caddy, "header Cache-Control no-store", unknown_film_is_not_found),
    (Caddy, 'header ?Cache-Control "private, no-cache"', film_is_sent),
]


@contextlib.contextmanager
def running(kind, left_out=(), options=access.SESSION_OPTIONS):
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        for video in ("film", "other", "lent"):
            volume.add(video, FILM)
        volume.row("pending", "pending")
        volume.row("no-file", "complete")
        (volume.videos / "pending.mp4").write_bytes(FILM)
        access.add_tables(volume)
        for token, user, seconds in (("ada's", "ada", 3600), ("bob's", "bob", 3600), ("late", "ada", -1)):
            access.log_in(volume, token, user, seconds)
        for video in ("film", "lent", "pending", "none", "no-file"):
            access.grant(volume, "ada", video)
        server = kind(folder, volume)
        keys = servers.key_file(folder)
        server.options = options or ("--link-key", keys, "--link-cookie", "reelgate_link")
        servers.left_out = set(left_out)
        with server:
            yield server


def main():
    report = support.Report()
    for kind in KINDS:
        with report.group(f"{kind.name}: starts and stops"), running(kind) as server:
            for holds in [*ROWS, *MORE[kind]]:
                with report.row(f"{kind.name}: {holds.__name__.replace('_', ' ')}"):
                    holds(server)
        with report.group(f"{kind.name}, links: starts and stops"), running(kind, options=()) as server:
            for holds in (link_opens_its_film, link_opens_nothing_else):
                with report.row(f"{kind.name}, links: {holds.__name__.replace('_', ' ')}"):
                    holds(server)
    servers.check_lines(report, LINES, running)
    report.finish()


main()
