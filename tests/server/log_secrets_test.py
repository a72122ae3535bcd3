"""What opens a film never reaches the log: neither a link, wherever a request has it, nor a cookie, at the level that
says most; nor does the status have it, nor what `get` and CGI say.

Does not test what the lines say otherwise: log_lines_test.py does.
SPDX-License-Identifier: MIT
"""
import base64
import contextlib
import os
import re
import subprocess
import urllib.parse

import access
import fastcgi
import signing
import support
from support import Serving, equal
from viewers import ask

PREFIX = "/api/stream/"
FILM_PATH = PREFIX + "film"
FILM = support.position_coded(1000)
LONG = 64 << 20  # more than any socket's buffers hold

# Where a session is asked for as well; its text is in the column allow where somebody got the query wrong.
QUERY = "SELECT v.status AS status, CASE v.id WHEN 'wrong' THEN :_cookie_session ELSE 200 END AS allow " \
        "FROM videos AS v WHERE v.id = :id"


class Secrets:
    """A link and a session of one row's own, so that what is found in the log tells whose it is."""
    count = 0

    def __init__(self, path=FILM_PATH, key=signing.KEY, **more):
        Secrets.count += 1
        self.expires = str(more.pop("expires", signing.in_an_hour() + Secrets.count))
        self.query = signing.link(path, self.expires, key, **more)
        self.token = dict(urllib.parse.parse_qsl(self.query))["token"]
        self.session = f"sEcReT-{Secrets.count}-" + os.urandom(9).hex()
        self.cookies = ("HTTP_COOKIE", f"a=b; session={self.session}; reelgate_link={self.query}")

    def check_absent(self, text, where):
        # Parts, too: a line may be cut, or have it encoded.
        signature = self.token.rpartition("HS256-")[2]
        for form in (text, urllib.parse.unquote(text), urllib.parse.unquote(urllib.parse.unquote(text))):
            for secret in (self.token, signature[:12], signature[-12:], self.expires, self.session, "sEcReT"):
                assert secret.lower() not in form.lower(), f"{where}: has {secret}: {support.shorten(text)}"


def front_of(secrets):
    return "/bcdn_" + secrets.query


def changed(secrets):
    """The query with a token that is not valid; the log must not have it either."""
    return secrets.query.replace("HS256-", "HS256-A")


def rewritten(target, script_name, path_info="", query="", **more):
    return target, [("SCRIPT_NAME", script_name), ("PATH_INFO", path_info), ("QUERY_STRING", query), *more.items()]


# What a request has, as target and further variables, by the secrets; and a part of the line that must be there.
WAYS = [
    ("a good link", lambda s: f"{FILM_PATH}?{s.query}", ": film: GET"),
    ("a link that is not valid", lambda s: f"{FILM_PATH}?{changed(s)}", ": film: GET -: 403"),
    ("a link twice", lambda s: f"{FILM_PATH}?{s.query}&{s.query}", ": film: GET -: 403"),
    ("a link with more than it may have", lambda s: f"{FILM_PATH}?{s.query}&x=1", ": film: GET -: 403"),
    ("a link of another film", lambda s: f"{PREFIX}none?{s.query}", ": none: GET -: 403"),
    ("a link in front of the path", lambda s: front_of(s) + FILM_PATH, ": film: GET"),
    ("a link in front of the path, and one behind it", lambda s: f"{front_of(s)}{FILM_PATH}?{s.query}", ": film: GET"),
    ("a link in front of no path", front_of, ": -: GET"),
    ("a link in front of another path", lambda s: front_of(s) + "/x?" + s.query, ": /x: GET"),
    ("two links in front of the path", lambda s: 2 * front_of(s) + FILM_PATH, ": /bcdn_token: GET"),
    ("a link in the middle of the path", lambda s: "/x" + front_of(s) + FILM_PATH, ": /x/bcdn_token: GET"),
    ("a link behind a path that names no video", lambda s: f"/other/film?{s.query}", ": /other/film: GET"),
    ("a link behind too many parts", lambda s: f"{FILM_PATH}/a/b/c?{s.query}", ": /api/stream/film/a/b/c: GET"),
    ("an encoded question mark", lambda s: f"{FILM_PATH}%3F{s.query}", ": /api/stream/film: GET"),
    ("an encoded link", lambda s: FILM_PATH + urllib.parse.quote("?" + s.query), ": /api/stream/film: GET"),
    ("a link that is encoded twice", lambda s: FILM_PATH + urllib.parse.quote(urllib.parse.quote("?" + s.query)),
     ": /api/stream/film: GET"),
    ("an ampersand for the question mark", lambda s: f"{FILM_PATH}&{s.query}", ": /api/stream/film: GET"),
    ("a semicolon for the question mark", lambda s: f"{FILM_PATH};{s.query}", ": /api/stream/film: GET"),
    ("a percent sign without its digits", lambda s: f"{FILM_PATH}%zz&{s.query}", ": /api/stream/film%zz: GET"),
    ("absolute form", lambda s: f"http://films.example{FILM_PATH}?{s.query}", ": film: GET"),
    ("absolute form, a link in front", lambda s: f"http://films.example{front_of(s)}{FILM_PATH}", ": film: GET"),
    ("absolute form without a path", lambda s: f"http://films.example?{s.query}", ": /: GET"),
    ("absolute form with a link for a user", lambda s: f"http://{s.query}@films.example/x", ": /x: GET"),
    ("no form of a target", lambda s: s.query, ": -: GET"),
    ("no target", lambda s: rewritten("", FILM_PATH, query=s.query), ": film: GET"),
    ("a rewritten target", lambda s: rewritten(f"/watch/film?{s.query}", FILM_PATH, query=s.query), ": film: GET"),
    ("a target that was rewritten from a path with the link",
     lambda s: rewritten(f"/watch/{s.query}/film", "/api/stream", "/film", s.query), ": film: GET"),
    ("rewritten targets that name no video",
     lambda s: rewritten(f"/a/{s.query}", "/b", f"/{s.query}", s.query,
                         SCRIPT_FILENAME=f"proxy:fcgi://h:1/c{front_of(s)}/d?{s.query}"), ": /a/token, "),
    ("a rewritten target with a link in front",
     lambda s: rewritten(f"/x?{s.query}", front_of(s) + "/none", query=s.query), ": /x, /bcdn_token: GET"),
    ("a link where a page was", lambda s: (FILM_PATH, [("HTTP_REFERER", f"https://films.example/?{s.query}")]),
     ": film: GET -: 403"),
    ("a link for an address", lambda s: (FILM_PATH, [("REMOTE_ADDR", s.query)]), ": film: GET -: 403"),
    ("a link for a user", lambda s: (FILM_PATH, [("REMOTE_USER", s.query), ("AUTH_TYPE", s.query)]),
     ": film: GET -: 403"),
    ("a cookie with a good link", lambda s: (FILM_PATH, [s.cookies]), ": film: GET"),
    ("a cookie with a link that is not valid",
     lambda s: (FILM_PATH, [("HTTP_COOKIE", f"reelgate_link={changed(s)}; session={s.session}")]),
     ": film: GET -: 403"),
    ("a cookie twice", lambda s: (FILM_PATH, [("HTTP_COOKIE", f"reelgate_link={s.query}; reelgate_link={s.query}")]),
     ": film: GET -: 403"),
    ("a cookie behind a path that names no video", lambda s: ("/x", [s.cookies]), ": /x: GET"),
    ("a cookie that the column allow has",
     lambda s: (PREFIX + "wrong", [("HTTP_COOKIE", f"session={s.session}; reelgate_link="
                                    + signing.link(PREFIX, s.expires, token_path=PREFIX))]), "allow of wrong: a text"),
    ("a question about a link", lambda s: ("/may", [("HTTP_X_ORIGINAL_URI", f"{FILM_PATH}?{s.query}"), s.cookies]),
     ": film: GET"),
    ("a question about a link in the query", lambda s: f"/may?uri={urllib.parse.quote(FILM_PATH + '?' + s.query, '')}",
     ": film: GET"),
    ("a question about links that differ",
     lambda s: (f"/may?{FILM_PATH}?{s.query}", [("HTTP_X_ORIGINAL_URI", f"{FILM_PATH}?{changed(s)}")]),
     ": /may: GET -: 403"),
    ("a question about no video", lambda s: ("/may", [("HTTP_X_ORIGINAL_URI", f"/x/{s.query}?{s.query}")]), ": /may"),
]


def check_ways(report, server):
    for name, way, line in WAYS:
        for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
            with report.row(f"{method} with {name}"):
                secrets = Secrets()
                made = way(secrets)
                target, fields = (made, []) if isinstance(made, str) else made
                if "REMOTE_ADDR" not in dict(fields):
                    fields = [("REMOTE_ADDR", "192.0.2.7"), *fields]
                before = len(server.log())
                ask(server, target, method, fields=fields)
                # With --log-level debug an answer has a line at its end; OPTIONS and others are refused nothing.
                support.wait_until(lambda: ": info: response " in server.log()[before:], "the answer's line")
                lines = server.log()[before:]
                secrets.check_absent(lines, "log")
                if method == "GET":
                    assert line in lines, f"not {line!r} in {lines!r}"


# An answer that cannot be completed has a line with the target; each has a film of its own, since equal lines are
# counted.
BROKEN = [
    ("with a link", lambda s: (f"{PREFIX}long0?{s.query}", [])),
    ("with a link in front", lambda s: (front_of(s) + PREFIX + "long1", [])),
    ("with a link in a path that was rewritten",
     lambda s: rewritten(f"/watch/{s.query}/x", PREFIX + "long2", query=s.query)),
]


def check_broken_answers(report, volume, server):
    for i, (name, way) in enumerate(BROKEN):
        film = volume.videos / f"long{i}.mp4"
        for ending, what in ((": aborted", "a viewer who leaves"), (": broken", "an answer that breaks off")):
            with report.row(f"{what}, {name}"):
                secrets = Secrets(PREFIX, token_path=PREFIX)
                target, fields = way(secrets)
                before = len(server.log())
                with fastcgi.Connection(server.address) as connection:
                    connection.send(target, fields=fields)
                    connection.read_record()
                    if ending == ": broken":
                        os.truncate(film, 1000)
                        with contextlib.suppress(fastcgi.NoValidRecord, EOFError, ConnectionResetError):
                            connection.read_response()
                support.wait_until(lambda: ending in server.log()[before:], "its end")
                lines = server.log()[before:]
                assert ending == ": aborted" or ": warning: send /" in lines, lines
                secrets.check_absent(lines, "log")


def broken_requests(secrets):
    whole = fastcgi.params(f"{FILM_PATH}?{secrets.query}", fields=[secrets.cookies])
    yield "params that are cut off", fastcgi.begin() + fastcgi.stream(fastcgi.PARAMS, whole[:-5]) \
        + fastcgi.stream(fastcgi.STDIN, b"")
    yield "no record behind the params", \
        fastcgi.begin() + fastcgi.record(fastcgi.PARAMS, whole) + secrets.token.encode()
    yield "no FastCGI", f"GET {FILM_PATH}?{secrets.query} HTTP/1.1\r\nCookie: {secrets.session}\r\n\r\n".encode()


def check_broken_requests(report, server):
    for i, (name, _) in enumerate(broken_requests(Secrets())):
        with report.row(f"a request that is not valid: {name}"):
            secrets = Secrets()
            before = len(server.log())
            with fastcgi.Connection(server.address) as connection:
                connection.socket.sendall(list(broken_requests(secrets))[i][1])
                assert connection.is_closed()
            # Repeated warnings are counted: what each of these makes is another line, or the first of its kind.
            secrets.check_absent(server.log()[before:], "log")
    with report.row("requests that are not valid have had their lines"):
        for text in ("read request: connection: not valid FastCGI", "read request: connection: params are cut off"):
            server.wait_for_log(text)


def check_catalogue(report, volume, server):
    with report.row("a catalogue that fails while it is asked about a cookie"):
        secrets = Secrets()
        before = len(server.log())
        access.execute(volume, "ALTER TABLE videos RENAME TO gone;")
        try:
            equal(ask(server, f"{FILM_PATH}?{secrets.query}", fields=[secrets.cookies]).status, 503, "status")
        finally:
            access.execute(volume, "ALTER TABLE gone RENAME TO videos;")
        support.wait_until(lambda: ": error: " in server.log()[before:], "its failure")
        secrets.check_absent(server.log()[before:], "log")


def check_status(report, server):
    for form in ("", "json", "openmetrics", "html"):
        with report.row(f"status as {form or 'text'}"):
            secrets = Secrets()
            ask(server, f"{FILM_PATH}?{secrets.query}", fields=[secrets.cookies])
            reply = ask(server, f"/status?{form}&{secrets.query}", fields=[secrets.cookies])
            equal(reply.status, 200, "status")
            secrets.check_absent(reply.content.decode(), "status page")


def check_commands(report, volume, keys):
    options = ("--data", str(volume.path), "--link-key", str(keys), "--link-cookie", "reelgate_link")
    for name, operand in (("with a link", lambda s: f"{FILM_PATH}?{changed(s)}"),
                          ("with a link in front", lambda s: f"{front_of(s)}/none"),
                          ("of another form", lambda s: f"http://h{PREFIX}film%3F{s.query}")):
        for more in (("--body-only",), ()):
            with report.row(f"get of an address {name} {' '.join(more)}"):
                secrets = Secrets()
                done = support.reelgate("get", operand(secrets), *more, *options, "--log-level", "debug",
                                        "--header", f"Cookie: session={secrets.session}")
                assert done.stderr, "nothing was said"
                secrets.check_absent(done.stderr.decode(), "standard error")
    with report.row("CGI"):
        secrets = Secrets()
        environment = support.clean_environment(
            REQUEST_METHOD="GET", REQUEST_URI=f"{FILM_PATH}?{changed(secrets)}", QUERY_STRING=changed(secrets),
            HTTP_COOKIE=secrets.cookies[1], REELGATE_DATA=str(volume.path), REELGATE_LINK_KEY=str(keys),
            REELGATE_LOG_LEVEL="debug", REMOTE_ADDR="192.0.2.7")
        done = subprocess.run([support.PROGRAM], stdin=subprocess.DEVNULL, capture_output=True, env=environment,
                              timeout=support.DEADLINE, check=False)
        assert b": notice: refused: 403: film: 192.0.2.7: link not valid\n" in done.stderr, done.stderr
        secrets.check_absent(done.stderr.decode(), "standard error")


def check_keys(report, server):
    with report.row("good links: the key's name, and not the key"):
        lines = server.log()
        assert re.search(r": debug: link \d+: film: signed with key 1\n", lines), "no line of a good link"
        assert base64.b64encode(signing.KEY).decode()[:16] not in lines, "the key"


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        volume.add("wrong", FILM)
        for i in range(len(BROKEN)):
            volume.sparse(f"long{i}", LONG, {})
        keys = signing.write_keys(folder / "keys", signing.KEY)
        with report.group("starts and stops"), \
                Serving(folder, volume, "--log-level", "debug", "--link-key", keys, "--link-cookie", "reelgate_link",
                        "--query", QUERY, "--auth-path", "/may", "--status-path", "/status") as server:
            check_ways(report, server)
            check_broken_answers(report, volume, server)
            check_broken_requests(report, server)
            check_status(report, server)
            check_catalogue(report, volume, server)
            check_keys(report, server)
        check_commands(report, volume, keys)
    report.finish()


main()
