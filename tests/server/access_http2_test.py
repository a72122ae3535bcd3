"""Who may watch, over HTTP/2: browsers send each cookie in a field of its own there, and the web server puts them
together again (RFC 9113 §8.2.3).

Does not repeat what holds for HTTP/1.1: tests/server/access_ways_test.py does that.
SPDX-License-Identifier: MIT
"""
import access
import http2
import servers
import signing
import support
from support import equal

FILM = support.position_coded(100_000)
FILM_PATH = "/api/stream/film"
KINDS = [servers.Nginx, servers.ApacheProxy, servers.LighttpdConnect, servers.Haproxy, servers.Caddy]
SESSION = ("cookie", "session=adas")

# What is asked with which fields, and the status.
ROWS = [
    ("the session is one of several cookies", FILM_PATH, [("cookie", "theme=dark"), SESSION, ("cookie", "a=b")], 200),
    ("all cookies are in one field", FILM_PATH, [("cookie", "theme=dark; session=adas; a=b")], 200),
    ("no cookie is the session", FILM_PATH, [("cookie", "theme=dark"), ("cookie", "a=b")], 401),
    ("one cookie holds the words of another", FILM_PATH, [("cookie", "theme=dark, session=adas")], 401),
    ("the session is there twice", FILM_PATH, [SESSION, SESSION], 401),
    ("a session and another one", FILM_PATH, [SESSION, ("cookie", "session=bobs")], 401),
    ("the session of a viewer who may not watch", FILM_PATH, [("cookie", "a=b"), ("cookie", "session=bobs")], 403),
    ("a link in the query, beside cookies", f"{FILM_PATH}?{signing.link(FILM_PATH)}", [("cookie", "a=b"), SESSION], 200),
    ("a link in front of the path, beside cookies", signing.front("/api/stream/") + FILM_PATH, [SESSION], 200),
    ("another film's link, with a session", f"{FILM_PATH}?{signing.link('/api/stream/other')}", [SESSION], 403),
]


def check(server, target, fields, status):
    with http2.Connection(server.port) as connection:
        for method in ("GET", "HEAD"):
            stream = connection.ask(target, method, fields)
            connection.finish(stream)
            equal((stream.ending, stream.status), (http2.COMPLETE, status), f"{method}: ending, status")
            equal(bytes(stream.content) == FILM, (method, status) == ("GET", 200), f"{method}: is the film")


def main():
    report = support.Report()
    for kind in KINDS:
        with support.Folder() as folder:
            volume = support.Volume(folder / "data")
            volume.add("film", FILM)
            access.add_tables(volume)
            for viewer in ("ada", "bob"):
                access.log_in(volume, f"{viewer}s", viewer)
            access.grant(volume, "ada", "film")
            keys = servers.key_file(folder)
            server = kind(folder, volume, tls=True)
            server.environment |= {"REELGATE_QUERY": access.SESSION_QUERY, "REELGATE_LINK_KEY": str(keys),
                                   "REELGATE_LINK": "accepted", "REELGATE_WWW_AUTHENTICATE": access.CHALLENGE}
            with report.group(f"{kind.name}: ends in order"), server:
                for situation, target, fields, status in ROWS:
                    with report.row(f"{kind.name}: {situation}"):
                        check(server, target, fields, status)
    report.finish()


main()
