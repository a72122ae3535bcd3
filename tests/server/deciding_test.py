"""An application that decides who may watch, through each shipped file for that: it is asked before each answer, the
viewer gets what it says or the film as reelgate alone would send it, and no other way leads to a film. Lines that are
there for that are left out once.

SPDX-License-Identifier: MIT
"""
import contextlib

import application
import browser
import fastcgi
import servers
import support
from support import equal

FILM = support.position_coded(300_000)
FAR = ("Range", "bytes=250000-250009")


class AuthRequest(servers.Nginx):
    name, path, runs = "nginx, which asks", "/api/stream/", application.over_http
    options = ()

    def start(self):
        return self.start_nginx(self.start_reelgate(*self.options), servers.shipped(
            "nginx/auth_request.conf", application=f"127.0.0.1:{self.application.port}"))


class Accel(servers.Nginx):
    name, path, runs = "nginx, from hand to hand", "/watch/", application.over_http

    def start(self):
        return self.start_nginx(self.start_reelgate(), servers.shipped(
            "nginx/accel.conf", application=f"127.0.0.1:{self.application.port}"))


class ApacheAuthorizer(servers.ApacheProxy):
    name, path, runs = "Apache, which asks", "/api/stream/", application.authorizer
    modules = [*servers.ApacheProxy.modules, "authnz_fcgi", "authn_core", "authz_user"]

    def start(self):
        return self.start_apache(servers.shipped("apache/authorizer.conf", socket=self.start_reelgate(),
                                                 authorizer=f"127.0.0.1:{self.application.port}"))


class ApacheLocalRedirect(servers.ApacheProxy):
    name, path, runs = "Apache, from hand to hand", "/watch/", contextlib.nullcontext
    modules = [*servers.ApacheProxy.modules, "alias", "cgid"]

    def start(self):
        self.extra = f"ScriptSock {self.folder}/cgi.sock\n"
        return self.start_apache(servers.shipped("apache/local_redirect.conf", socket=self.start_reelgate(),
                                                 cgi_program=application.make_cgi(self.folder / "watch")))


class LighttpdAuthorizer(servers.Lighttpd):
    name, path, runs = "lighttpd, which asks", "/api/stream/", application.authorizer

    def start(self):
        return self.start_lighttpd(servers.shipped("lighttpd/authorizer.conf", socket=self.start_reelgate(),
                                                   authorizer_port=self.application.port))


class CaddyForwardAuth(servers.Caddy):
    name, path, runs = "Caddy, which asks", "/api/stream/", application.over_http

    def start(self):
        return self.start_caddy(self.start_reelgate(), name="caddy/forward_auth.Caddyfile",
                                application=f"127.0.0.1:{self.application.port}")


class CaddyAccel(servers.Caddy):
    name, path, runs = "Caddy, from hand to hand", "/watch/", application.over_http

    def start(self):
        return self.start_caddy(self.start_reelgate(), name="caddy/accel.Caddyfile",
                                application=f"127.0.0.1:{self.application.port}")


KINDS = [AuthRequest, Accel, ApacheAuthorizer, ApacheLocalRedirect, LighttpdAuthorizer, CaddyForwardAuth, CaddyAccel]
ASKING = [AuthRequest, ApacheAuthorizer, LighttpdAuthorizer, CaddyForwardAuth]
# These tell the application the id, and not only the client's path.
TELLING = (AuthRequest, CaddyForwardAuth)


def ask(server, video, fields, method="GET", viewer=application.ADMITTED):
    return support.http(server.port, server.path + video, method, [*fields, *viewer])


def ask_reelgate(server, video, fields, method):
    """The reply of reelgate itself."""
    variables = [("HTTP_" + name.upper().replace("-", "_"), value) for name, value in fields]
    with fastcgi.Connection(str(server.folder / "running.sock")) as connection:
        connection.send("/api/stream/" + video, method, variables)
        return connection.read_reply()


def is_like_reelgates(server, video, fields, method="GET"):
    wanted = ask_reelgate(server, video, fields, method)
    reply = ask(server, video, fields, method)
    what = f"{method} {video} {fields}"
    equal((reply.status, reply.content), (wanted.status, wanted.content), f"{what}: status, content")
    for name, value in wanted.fields:
        equal(reply.field(name), value, f"{what}: {name}")
    equal(reply.field("Status"), None, "Status, which is CGI's")


def whole_film(server):
    is_like_reelgates(server, "film", [])


def range_far_into_the_film(server):
    equal(ask(server, "film", [FAR]).content, FILM[250_000:250_010], "content")
    is_like_reelgates(server, "film", [FAR])


def head(server):
    is_like_reelgates(server, "film", [], "HEAD")
    is_like_reelgates(server, "film", [FAR], "HEAD")


def range_that_is_not_there(server):
    is_like_reelgates(server, "film", [("Range", "bytes=300000-")])


def several_ranges(server):
    reply = ask(server, "film", [("Range", "bytes=0-9,250000-250009")])
    equal(reply.status, 206, "status")
    assert reply.field("Content-Type").startswith("multipart/byteranges"), reply.fields


def preconditions(server):
    tag = ask(server, "film", [], "HEAD").field("ETag")
    date = ask(server, "film", [], "HEAD").field("Last-Modified")
    for fields in ([("If-None-Match", tag)], [("If-Modified-Since", date)], [FAR, ("If-Range", tag)],
                   [FAR, ("If-Range", '"other"')], [("If-Match", tag)], [("If-Match", '"other"')],
                   [("If-Unmodified-Since", date)], [("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")]):
        is_like_reelgates(server, "film", fields)


def film_that_is_not_there(server):
    equal(ask(server, "none", [FAR]).content, b'{"detail":"Video not found"}', "content")


def download(server):
    reply = ask(server, "film?download=1", [FAR])
    equal((reply.status, reply.field("Content-Disposition")),
          (206, "attachment; filename=\"film.mp4\"; filename*=UTF-8''film.mp4"), "status, Content-Disposition")


def stranger_gets_what_the_application_says(server):
    for method in ("GET", "HEAD"):
        reply = ask(server, "film", [FAR], method, application.STRANGER)
        equal((reply.status, reply.field("WWW-Authenticate")), (401, application.REALM), "status, WWW-Authenticate")
        reply = ask(server, "film", [FAR], method, application.REFUSED)
        equal((reply.status, FILM[250_000:250_010] in reply.content), (403, False), "status, has the film")


# Where else somebody would look for the film.
OTHER_PATHS = ["/api/stream/film", "/api/stream/film?a=/watch/film", "/api/stream/%66ilm", "/%61pi/stream/film",
               "//api/stream/film", "/api//stream/film", "/api/stream//film", "/x/../api/stream/film",
               "/api/stream/x/../film", "/api/stream/./film", "/api/stream%2Ffilm", "/watch/../api/stream/film",
               "/watch/%2e%2e/api/stream/film", "/api/stream/film/../../../watch/none",
               "/watch/../api/stream/film%00", "/api/stream/film%0a"]


def no_other_way_leads_to_the_film(server):
    """Not for a stranger; nor, without the application, for somebody whom it would admit."""
    viewers = [application.STRANGER, application.REFUSED] + ([] if type(server) in ASKING else [application.ADMITTED])
    for path in OTHER_PATHS:
        for viewer in viewers:
            reply = support.http(server.port, path, "GET", [FAR, *viewer])
            assert reply.status >= 400 and FILM[250_000:250_010] not in reply.content, f"{path}: {reply.status}"


def every_answer_is_asked_for(server):
    before = len(server.application.requests)
    for fields in ([], [FAR], [("If-None-Match", '"x"')]):
        ask(server, "film", fields)
    asked = server.application.requests[before:]
    equal(len(asked), 3, "requests to the application")
    for method, target, fields in asked:
        equal(method, "GET", "method")
        named = (fields["x-video"], fields["cookie"]) if isinstance(server, TELLING) else \
            (target.rpartition("/")[2], fields.get("cookie") or fields.get("HTTP_COOKIE"))
        equal(named, ("film", "a=b; may=watch"), "id, cookie")


def preflight_needs_no_cookies(server):
    before = len(server.application.requests)
    reply = ask(server, "film", [("Origin", "https://a.example"), ("Access-Control-Request-Method", "GET")], "OPTIONS",
                application.STRANGER)
    equal((reply.status, reply.content), (204, b""), "status, content")
    equal(len(server.application.requests) - before, 0, "requests to the application")


def question_is_nobodys_path(server):
    equal(support.http(server.port, "/reelgate-may-watch").status, 404, "status")


def id_is_what_reelgate_sends(server):
    """The application is told the id that the path comes to, and there is no other film behind it."""
    for path, video in (("/api/stream/%66ilm", "film"), ("/x/../api/stream/film", "film"),
                        ("/api/stream/none/../film", "film"), ("/api//stream/film", "film")):
        before = len(server.application.requests)
        reply = support.http(server.port, path, "GET", application.ADMITTED)
        asked = [fields["x-video"] for _, _, fields in server.application.requests[before:]]
        assert asked in ([], [video]), f"{path}: asked about {asked}"
        assert reply.status == 404 or (asked and reply.content == FILM), f"{path}: {reply.status}"


# Plays a film of another origin with cookies; calls back with its length in seconds, or with nothing if it may not.
PLAY = """
const [address, done] = arguments, video = document.createElement('video');
document.cookie = 'may=watch';
video.crossOrigin = 'use-credentials';
video.onloadedmetadata = () => done(Math.round(video.duration));
video.onerror = () => done(0);
video.src = address;
"""


def page_of_another_origin(server, tab):
    tab.open(f"http://127.0.0.1:{server.application.port}/page")
    return tab.run(PLAY, f"http://127.0.0.1:{server.port}/api/stream/clip")


def check_cookies_across_origins(report):
    for option, seconds in (("--cors-credentials", 60), ("--cors-credentials=off", 0)):
        outcome = "plays with its cookies" if seconds else "may not ask with cookies"
        def options(its, option=option):
            return "--cors-origin", f"http://127.0.0.1:{its.port}", option

        with report.row(f"{AuthRequest.name}: {option}: a page of another origin {outcome}"), \
                running(AuthRequest, options=options) as server, browser.Browser(server.folder) as tab:
            equal(page_of_another_origin(server, tab), seconds, "length of the film in seconds")


ROWS = [whole_film, range_far_into_the_film, head, range_that_is_not_there, several_ranges, preconditions,
        film_that_is_not_there, download, stranger_gets_what_the_application_says, no_other_way_leads_to_the_film]
MORE = {AuthRequest: [every_answer_is_asked_for, preflight_needs_no_cookies, id_is_what_reelgate_sends,
                      question_is_nobodys_path],
        Accel: [every_answer_is_asked_for],
        ApacheAuthorizer: [every_answer_is_asked_for, preflight_needs_no_cookies],
        LighttpdAuthorizer: [every_answer_is_asked_for, preflight_needs_no_cookies],
        CaddyForwardAuth: [every_answer_is_asked_for, preflight_needs_no_cookies, id_is_what_reelgate_sends],
        CaddyAccel: [every_answer_is_asked_for]}

CLEARED = [f'proxy_set_header {name} "";' for name in ("Range", "If-None-Match")]
TRUST = 'SetEnvIf Request_URI "^/{paths}/" ap_trust_cgilike_cl'
# web server, a line of its file, what holds with it only
LINES = [
    (AuthRequest, "auth_request /reelgate-may-watch;", stranger_gets_what_the_application_says),
    (AuthRequest, "internal;", question_is_nobodys_path),
    (AuthRequest, CLEARED[0], range_that_is_not_there),
    (AuthRequest, CLEARED[1], preconditions),
    (Accel, "internal;", no_other_way_leads_to_the_film),
    (Accel, CLEARED[0], range_far_into_the_film),
    (Accel, CLEARED[1], preconditions),
    (ApacheAuthorizer, "Require valid-user", stranger_gets_what_the_application_says),
    (AuthRequest, "return 204;", preflight_needs_no_cookies),
    (ApacheAuthorizer, "Require method OPTIONS", preflight_needs_no_cookies),
    (ApacheAuthorizer, TRUST.format(paths="api/stream"), whole_film),
    (ApacheLocalRedirect, "Require expr \"reqenv('REDIRECT_STATUS') != ''\"", no_other_way_leads_to_the_film),
    (ApacheLocalRedirect, TRUST.format(paths="(api/stream|watch)"), whole_film),
    (CaddyForwardAuth, "header_up -Range", range_that_is_not_there),
    (CaddyForwardAuth, "header_up -If-*", preconditions),
    (CaddyForwardAuth, "header_down -Status", whole_film),
    (CaddyAccel, "header_up -Range", range_far_into_the_film),
    (CaddyAccel, "header_up -If-*", preconditions),
    (LighttpdAuthorizer, '"mode" => "authorizer",', stranger_gets_what_the_application_says),
]


@contextlib.contextmanager
def running(kind, left_out=(), options=lambda _: ()):
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        volume.add("clip", support.CLIP.read_bytes())
        support.set_time(volume.videos / "film.mp4", 1714564800)
        server = kind(folder, volume)
        with kind.runs() as server.application:
            server.options = options(server.application)
            servers.left_out = set(left_out)
            with server:
                yield server


def main():
    report = support.Report()
    for kind in KINDS:
        with report.group(f"{kind.name}: starts and stops"), running(kind) as server:
            for holds in [*ROWS, *MORE.get(kind, [])]:
                with report.row(f"{kind.name}: {holds.__name__.replace('_', ' ')}"):
                    holds(server)
    servers.check_lines(report, LINES, running)
    check_cookies_across_origins(report)
    report.finish()


main()
