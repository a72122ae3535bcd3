"""Films that the web server sends itself: which answers these are, that no name, field or replaced file leads to other
bytes than the right ones, and what each line of the shipped files is there for. That the answers are the ones that
reelgate gives without is for tests/ways.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import re
import signal
import socket
import sqlite3

import servers
import support
from support import equal

FILM = support.position_coded(100_000)
OTHER = FILM[::-1]
SHORT = support.position_coded(3000)
LARGE = 64 << 20

# Names below the folder of videos, of which each must be sent as what it is.
NAMES = ["plain.mp4", "in/a/folder.mp4", "with space.mp4", "a+b.mp4", "a#b.mp4", "a?b.mp4", "a&b=c;d.mp4", "it's \"quoted\".mp4", "back\\slash.mp4", "Überfilm – 映画.mp4", "@named.mp4",
         "link.mp4", "linked/folder.mp4", "-dash", ".hidden", "a:b.mp4", "(a)[b]{c}.mp4", "two  spaces .mp4"]
# Names that not every web server takes as they are: reelgate sends these itself.
HARD_NAMES = ["100%.mp4", "%41.mp4", "%2e%2e.mp4", "blank at the end.mp4 ", "./plain.mp4", "in/../plain.mp4", "in//a/folder.mp4", "new\nline.mp4", b"latin-\xfc.mp4",
              # what lighttpd does not take for UTF-8: overlong forms, a surrogate, and what is beyond U+10FFFF
              b"overlong-\xe0\x9f\xbf.mp4", b"overlong-\xf0\x8f\xbf\xbf.mp4", b"surrogate-\xed\xa0\x80.mp4",
              b"beyond-\xf4\x90\x80\x80.mp4"]
# What leads out of the folder.
OUTSIDE = ["../secret.mp4", "in/../../secret.mp4", "leaves.mp4", "leaving/secret.mp4", "%2e%2e/secret.mp4", "/etc/passwd"]

QUERY = "SELECT status, file FROM films WHERE id = ?1"


def films(volume, names):
    """Puts a row into the catalogue for each name: film-0, film-1, ..."""
    with contextlib.closing(sqlite3.connect(volume.database)) as connection, connection:
        connection.execute("CREATE TABLE films (id TEXT PRIMARY KEY, status TEXT, file TEXT)")
        for i, name in enumerate(names):
            connection.execute("INSERT INTO films VALUES (?, 'complete', CAST(? AS TEXT))",
                               (f"film-{i}", os.fsencode(name)))


def make_files(volume):
    (volume.path / "secret.mp4").write_bytes(b"secret")
    for folder in ("in", "in/a"):
        (volume.videos / folder).mkdir()
    for name in [*NAMES, *HARD_NAMES]:
        path = os.path.join(os.fsencode(volume.videos), os.fsencode(name))
        if not os.path.lexists(path) and b"link" not in path:
            with open(path, "wb") as file:
                file.write(os.fsencode(name).rjust(5000, b"."))
    (volume.videos / "link.mp4").symlink_to("in/a/folder.mp4")
    (volume.videos / "linked").symlink_to("in/a")
    (volume.videos / "leaves.mp4").symlink_to("../secret.mp4")
    (volume.videos / "leaving").symlink_to("..")


class Asking:
    """A running web server, of which each answer is told apart: who sent the content?"""

    def __init__(self, server):
        self.server = server
        self.count = 0

    def __call__(self, video, fields=(), method="GET", version="1.1"):
        """The reply, and the bytes of its content that came from reelgate."""
        request = support.http_request(f"/api/stream/{video}", method, fields)
        request = request.replace(b"HTTP/1.1", b"HTTP/" + version.encode())
        reply = support.parse_http(support.http_raw(self.server.port, request))
        self.count += 1
        support.wait_until(lambda: len(self.logged()) >= self.count, f"{self.count} answers in the log")
        return reply, self.logged()[-1]

    def logged(self):
        return [int(n) for n in re.findall(r"response \d+: .*: (\d+) of \d+ bytes in", self.server.reelgate_log())]


def offloaded(kind, ask, volume):
    """What players ask is sent by the web server, and what it might get wrong by reelgate."""
    etag = ask("film", method="HEAD")[0].field("ETag")
    date = ask("film", method="HEAD")[0].field("Last-Modified")
    on_nginx = kind is servers.NginxOffload
    for fields, status, is_offloaded in [
            ([], 200, True),
            ([("Range", "bytes=0-")], 206, True),
            ([("Range", "bytes=5000-5999")], 206, True),
            ([("Range", "bytes=-5")], 206, True),
            ([("Range", "bytes=99000-999999999999999999")], 206, True),
            ([("Range", "bytes=0-1000000000000000000")], 206, False),
            ([("Range", "bytes=5-9,90-99")], 206, False),
            ([("Range", "bytes=5-9,0-4")], 206, False),
            ([("Range", "BYTES=5-9")], 206, False),
            ([("Range", "items=5-9")], 200, False),
            ([("Range", "bytes=0-9"), ("If-Range", etag)], 206, on_nginx),
            ([("Range", "bytes=0-9"), ("If-Range", date)], 206, on_nginx),
            ([("Range", "bytes=0-9"), ("If-Range", '"other"')], 200, False),
            ([("Range", "bytes=0-9"), ("If-Match", etag)], 206, False),
            ([("If-None-Match", '"other"')], 200, False),
            ([("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")], 200, False),
            ([("If-Unmodified-Since", date)], 200, False)]:
        reply, sent = ask("film", fields)
        equal((reply.status, sent == 0), (status, is_offloaded), f"status, sent by the web server, with {fields}")


def found(_kind, ask, _volume):
    equal(support.http(ask.server.port, "/api/stream/film").status, 200, "status")


def names(_kind, ask, volume):
    for i, name in enumerate(NAMES):
        whole, sent = ask(f"film-{i}")
        wanted = (volume.videos / name).read_bytes()
        equal((whole.status, whole.content, sent), (200, wanted, 0), name)
        part, sent = ask(f"film-{i}", [("Range", "bytes=-4")])
        equal((part.status, part.content, sent), (206, wanted[-4:], 0), name)


def hard_names(_kind, ask, volume):
    for i, name in enumerate(HARD_NAMES, len(NAMES)):
        with open(os.path.join(os.fsencode(volume.videos), os.fsencode(name)), "rb") as file:
            wanted = file.read()
        equal(ask(f"film-{i}")[0].content, wanted, name)


def outside(_kind, ask, _volume):
    for i, name in enumerate(OUTSIDE, len(NAMES) + len(HARD_NAMES)):
        reply, _ = ask(f"film-{i}")
        equal((reply.status, reply.content.startswith(b'{"detail":"Video file not found')), (404, True), name)


def fields_of_clients(_kind, ask, volume):
    """A client that sends such fields gets nothing by it, nor does it see ours."""
    secret = str(volume.path / "secret.mp4")
    for name in ("X-Sendfile", "X-Accel-Redirect", "X-LIGHTTPD-send-file", "X-Sendfile2"):
        for video, status in (("film", 200), ("no-such-film", 404)):
            reply, _ = ask(video, [(name, secret)])
            equal((reply.status, b"secret" in reply.content), (status, False), name)
            equal([n for n, _ in reply.fields if n.lower().startswith("x-")], [], "fields")


def other_folder(_kind, ask, _volume):
    """What is not in the folder that the web server was told is not sent, whatever reelgate says."""
    reply, _ = ask("film")
    assert reply.status in (403, 404), f"status {reply.status}"


def ignored_range(_kind, ask, _volume):
    """A film so short that the web server has all of it at once, and more ranges than reelgate takes."""
    reply, _ = ask("short", [("Range", "bytes=" + ",".join(f"{20 * i}-{20 * i + 9}" for i in range(101)))])
    equal((reply.status, reply.content), (200, SHORT), "status, content")


def streamed_whole(_kind, ask, _volume):
    """What reelgate sends itself has its length, and leaves no film on the web server's disk."""
    reply, sent = ask("film", [("If-None-Match", '"other"')])
    equal((reply.field("Content-Length"), reply.content, sent), (str(len(FILM)), FILM, len(FILM)), "length, content, sent")


def held_back(kind, ask, volume):
    """A viewer who stays away holds reelgate back where it sends itself, as in the other shipped files."""
    with socket.create_connection(("127.0.0.1", ask.server.port), timeout=support.DEADLINE) as viewer:
        viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        viewer.sendall(support.http_request("/api/stream/large", "GET", [("If-None-Match", '"other"')]))
        assert viewer.recv(1000).startswith(b"HTTP/1.1 200")
        reply = support.http(ask.server.port, "/api/stream/other", fields=[("If-None-Match", '"other"')])
        equal(len(reply.content), LARGE, "bytes of the other viewer's film")
    support.wait_until(lambda: len(ask.logged()) == 2, "both transfers in the log")
    assert min(ask.logged()) < LARGE / 4, f"{ask.logged()} bytes were taken, of which one viewer read 1000"


def cut_off(kind, ask, volume):
    """reelgate is killed while it sends: the viewer's connection ends, and soon."""
    with socket.create_connection(("127.0.0.1", ask.server.port), timeout=support.DEADLINE) as viewer:
        viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        viewer.sendall(support.http_request("/api/stream/large", "GET", [("If-None-Match", '"other"')], "keep-alive"))
        received = len(viewer.recv(1000))
        for process in support.processes_of(ask.server.program):
            os.kill(process, signal.SIGKILL)
        support.check_cut_off(viewer, received, LARGE)


def folder_itself(_kind, ask, _volume):
    """nginx's internal location is no address for anybody else."""
    equal(support.http(ask.server.port, "/reelgate-internal/film.mp4").status, 404, "status")


def older_players(_kind, ask, _volume):
    reply, sent = ask("film", [("Range", "bytes=5000-5999")], version="1.0")
    equal((reply.status, reply.content, sent), (206, FILM[5000:6000], 0), "status, content, sent by reelgate")


def continued(kind, ask, _volume):
    """A download that one of them began and the other continues, in both orders."""
    first, sent = ask("film", [("Range", "bytes=0-49999")])
    equal(sent, 0, "bytes sent by reelgate")
    etag = first.field("ETag")
    second, sent = ask("film", [("Range", "bytes=50000-99999,"), ("If-Range", etag)])
    equal((second.status, sent, first.content + second.content), (206, 50000, FILM), "streamed after offloaded")
    equal((second.field("ETag"), second.field("Last-Modified")), (etag, first.field("Last-Modified")), "validators")
    third, sent = ask("film", [("Range", "bytes=50000-99999"), ("If-Range", second.field("ETag"))])
    equal((third.status, third.content), (206, second.content), "offloaded after streamed")
    equal(sent, 0 if kind is servers.NginxOffload else 50000, "bytes sent by reelgate")
    fourth, sent = ask("film", [("Range", "bytes=60000-")])
    equal((fourth.field("ETag"), sent, fourth.content), (etag, 0, FILM[60000:]), "a range alone")


def replaced(_kind, ask, volume):
    """Bytes and validators are of one version, at once."""
    path, new = volume.videos / "film.mp4", volume.videos / "new.mp4"
    old = ask("film")[0]
    equal(old.content, FILM, "content")
    new.write_bytes(OTHER)
    os.replace(new, path)
    for fields in ([], [("Range", "bytes=0-9999")]):
        reply, sent = ask("film", fields)
        assert reply.field("ETag") != old.field("ETag"), reply.field("ETag")
        equal((reply.content, sent), (OTHER[:len(reply.content)], 0), "content")
    reply, _ = ask("film", [("Range", "bytes=50000-"), ("If-Range", old.field("ETag"))])
    equal((reply.status, reply.content), (200, OTHER), "continued")


def other_fields(_kind, ask, _volume):
    """CORS and downloads."""
    reply, sent = ask("film?download=1", [("Origin", "https://films.example"), ("Range", "bytes=0-9")])
    equal((reply.status, sent), (206, 0), "status, sent by reelgate")
    equal([reply.field(name) for name in ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Vary",
                                          "Access-Control-Expose-Headers", "Content-Disposition", "Content-Type",
                                          "Cache-Control", "Accept-Ranges")],
          ["https://films.example", "true", "Origin", "Content-Length, Content-Range, Accept-Ranges, ETag",
           "attachment; filename=\"film.mp4\"; filename*=UTF-8''film.mp4", "video/mp4", "private, no-cache", "bytes"], "fields")


def titled(_kind, ask, _volume):
    """A title: the web server leaves the name of the download as it is, with each form and each byte."""
    reply, sent = ask("film?download=1")
    equal((reply.status, sent), (200, 0), "status, sent by reelgate")
    equal(reply.field("Content-Disposition"), "attachment; filename=\"100% _Hafen_ _ber.mp4\"; "
          "filename*=UTF-8''100%25%20%22Hafen%22%20%C3%BCber.mp4", "name")


TITLED = ("--query", "SELECT status,"
                     " '100% ' || char(34) || 'Hafen' || char(34) || ' über' AS title FROM videos WHERE id = ?1")
CATALOGUED = ("--query", QUERY)
CORS = ("--cors-origin", "https://films.example", "--cors-credentials=on")
ELSEWHERE = ("--videos", "{folder}/elsewhere")
ROWS = [(offloaded, ()), (names, CATALOGUED), (hard_names, CATALOGUED), (outside, CATALOGUED), (fields_of_clients, ()),
        (folder_itself, ()), (older_players, ()), (continued, ()), (replaced, ()),
        (other_fields, CORS), (titled, TITLED), (ignored_range, ()), (streamed_whole, ()), (held_back, ()), (cut_off, ())]

# web server, a line of its file, what holds with it only, options of reelgate
CORS_FIELDS = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers",
               "Vary")
LINES = [
    (servers.LighttpdOffload, 'server.feature-flags += ( "http10.range" => "enable" )', older_players, ()),
    (servers.LighttpdOffload, 'server.stat-cache-engine = "disable"', replaced, ()),
    (servers.LighttpdOffload, "server.stream-response-body = 2", held_back, ()),
    (servers.LighttpdOffload, 'server.range-requests = "disable"', ignored_range, ()),
    (servers.LighttpdOffload, '"check-local" => "disable",', found, ()),
    (servers.LighttpdOffload, '"x-sendfile" => "enable",', offloaded, ()),
    (servers.LighttpdOffload, '"x-sendfile-docroot" => ( "{data}/videos" ),', other_folder, ELSEWHERE),
    (servers.ApacheOffload, "XSendFile on", offloaded, ()),
    (servers.ApacheOffload, 'XSendFilePath "{data}/videos"', offloaded, ()),
    (servers.ApacheOffload, 'SetEnvIf Request_URI "^/api/stream/" ap_trust_cgilike_cl', streamed_whole, ()),
    (servers.NginxOffload, "internal;", folder_itself, ()),
    (servers.NginxOffload, "fastcgi_max_temp_file_size 0;", held_back, ()),
    (servers.NginxOffload, "fastcgi_keep_conn on;", cut_off, ()),
    *((servers.NginxOffload, f"add_header {name} $upstream_http_{name.lower().replace('-', '_')};", other_fields, CORS)
      for name in CORS_FIELDS),
]


def run(kind, holds, options, left_out=()):
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        volume.add("short", SHORT)
        for video in ("large", "other"):
            volume.sparse(video, LARGE, {})
        (folder / "elsewhere").mkdir()
        (folder / "elsewhere/film.mp4").write_bytes(OTHER)
        support.set_time(volume.videos / "film.mp4", 1714564800)
        make_files(volume)
        films(volume, [*NAMES, *HARD_NAMES, *OUTSIDE])
        server = kind(folder, volume, log_level="info")
        server.options = [option.format(folder=folder) for option in options]
        servers.left_out = {line.format(data=servers.PATHS["data"]) for line in left_out}
        with server:
            holds(kind, Asking(server), volume)


def main():
    report = support.Report()
    for kind in servers.OFFLOADING:
        for holds, options in ROWS:
            with report.row(f"{kind.name}: {holds.__name__.replace('_', ' ')}"):
                run(kind, holds, options)
    for kind, line, holds, options in LINES:
        sentence = holds.__name__.replace("_", " ")
        if (holds, options) not in ROWS:
            with report.row(f"{kind.name}: {sentence}"):
                run(kind, holds, options)
        with report.row(f"{kind.name}: without {line}, not: {sentence}"):
            try:
                run(kind, holds, options, {line})
            except AssertionError:
                continue
            raise AssertionError("it holds without the line as well: what is it there for?")
    report.finish()


main()
