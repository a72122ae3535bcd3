"""Folders of HLS and DASH behind one row of the catalogue: each file that the lists name arrives through the web servers,
with its type, and the row opens and closes all of them.

Does not play them: tests/players does. What an id of several segments may be is for tests/unit/http_target_test.cc.
SPDX-License-Identifier: MIT
"""
import contextlib
import re
import sqlite3
import urllib.parse

import servers
import support
from support import equal

# As the manual has it: the row of the first segment is that of the whole folder.
GATE = "SELECT status FROM videos WHERE id = substr(?1, 1, instr(?1 || '/', '/') - 1)"
OPTIONS = ("--id-segments", "3", "--query", GATE)

# The same without segments in ids: files of one folder under flat names that begin with that of their row.
FLAT = ("SELECT status, id || '/' || ?1 AS file FROM videos WHERE id = substr(?1, 1, instr(?1 || '.', '.') - 1)")

TS = support.position_coded(188 * 300)
MASTER = """#EXTM3U
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="Deutsch",LANGUAGE="de",URI="text/de.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=1280x720,SUBTITLES="text"
720p/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2800000,RESOLUTION=1920x1080,SUBTITLES="text"
1080p/index.m3u8
"""
PACKETS = """#EXTM3U
#EXT-X-TARGETDURATION:4
#EXTINF:4,
seg-0.ts
#EXTINF:4,
seg-1.ts
#EXT-X-ENDLIST
"""
FRAGMENTS = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MAP:URI="init.mp4"
#EXTINF:4,
chunk-1.m4s
#EXT-X-ENDLIST
"""
CAPTIONS = """#EXTM3U
#EXT-X-TARGETDURATION:8
#EXTINF:8,
de.vtt
#EXT-X-ENDLIST
"""
MPD = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet><Representation id="1080p">
<BaseURL>1080p/</BaseURL><SegmentList><Initialization sourceURL="init.mp4"/><SegmentURL media="chunk-1.m4s"/>
</SegmentList></Representation></AdaptationSet></Period></MPD>
"""

# name below the folder -> (content, type)
FILES = {
    "index.m3u8": (MASTER.encode(), "application/vnd.apple.mpegurl"),
    "720p/index.m3u8": (PACKETS.encode(), "application/vnd.apple.mpegurl"),
    "720p/seg-0.ts": (TS, "video/mp2t"),
    "720p/seg-1.ts": (TS[::-1], "video/mp2t"),
    "1080p/index.m3u8": (FRAGMENTS.encode(), "application/vnd.apple.mpegurl"),
    "1080p/init.mp4": (support.position_coded(800), "video/mp4"),
    "1080p/chunk-1.m4s": (support.position_coded(50_000), "video/iso.segment"),
    "text/de.m3u8": (CAPTIONS.encode(), "application/vnd.apple.mpegurl"),
    "text/de.vtt": (b"WEBVTT\n\n00:00.000 --> 00:02.000\nHafen\n", "text/vtt"),
}
# What no list names, or no list of HLS.
OTHERS = {
    "manifest.mpd": (MPD.encode(), "application/dash+xml"),
    "poster.jpg": (b"\xff\xd8\xff\xe0 a picture", "image/jpeg"),
    "poster.png": (b"\x89PNG\r\n\x1a\n a picture", "image/png"),
}


def make(volume):
    for name, (content, _) in {**FILES, **OTHERS}.items():
        for folder in ("show", "other"):
            path = volume.videos / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    volume.row("show", "complete")


def set_status(volume, status):
    with contextlib.closing(sqlite3.connect(volume.database)) as connection, connection:
        connection.execute("UPDATE videos SET status = ? WHERE id = 'show'", (status,))


def named_in(text):
    """The addresses in a list of HLS, relative to it."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return lines + re.findall(r'URI="([^"]+)"', text)


def fetch_all(server, start):
    """Follows the lists as a player does. Returns the replies by name below the folder."""
    replies, wanted = {}, [start]
    while wanted:
        target = wanted.pop()
        name = target.partition("/show/")[2]
        if name in replies:
            continue
        reply = replies[name] = support.http(server.port, target)
        equal(reply.status, 200, f"status of {name}")
        if name.endswith(".m3u8"):
            wanted += [urllib.parse.urljoin(target, other) for other in named_in(reply.content.decode())]
    return replies


def check_folder(report, server):
    with report.row(f"{server.name}: the lists lead to every file, and each has its type"):
        replies = fetch_all(server, "/api/stream/show/index.m3u8")
        equal({name: (reply.content, reply.field("Content-Type")) for name, reply in replies.items()}, FILES, "files")
    with report.row(f"{server.name}: manifests and pictures have their types"):
        for name, (content, media_type) in OTHERS.items():
            reply = support.http(server.port, f"/api/stream/show/{name}")
            equal((reply.status, reply.field("Content-Type"), reply.content), (200, media_type, content), name)
    with report.row(f"{server.name}: an encoded slash is one"):
        equal(support.http(server.port, "/api/stream/show%2F720p%2fseg-0.ts").content, TS, "content")
    with report.row(f"{server.name}: a range of a segment"):
        reply = support.http(server.port, "/api/stream/show/720p/seg-0.ts", fields=[("Range", "bytes=1000-1999")])
        equal((reply.status, reply.content), (206, TS[1000:2000]), "part")
        equal(reply.field("Content-Range"), f"bytes 1000-1999/{len(TS)}", "Content-Range")
    with report.row(f"{server.name}: the row closes and opens the whole folder"):
        try:
            set_status(server.volume, "withdrawn")
            for name in FILES:
                equal(support.http(server.port, f"/api/stream/show/{name}", "HEAD").status, 404, name)
        finally:
            set_status(server.volume, "complete")
        equal(support.http(server.port, "/api/stream/show/index.m3u8", "HEAD").status, 200, "status")
    with report.row(f"{server.name}: a folder without a row, the folder itself, and too many segments are not found"):
        for target in ("other/index.m3u8", "show", "show/720p/more/seg-0.ts"):
            equal(support.http(server.port, f"/api/stream/{target}", "HEAD").status, 404, target)
    with report.row(f"{server.name}: a download has the name of the file"):
        reply = support.http(server.port, "/api/stream/show/720p/seg-0.ts?download=1", "HEAD")
        equal(reply.field("Content-Disposition"), "attachment; filename=\"seg-0.ts\"; filename*=UTF-8''seg-0.ts", "name")


def with_options(kind):
    """A web server of this kind, whose reelgate has OPTIONS."""
    class WithOptions(kind):
        options = OPTIONS

        def start_reelgate(self, *options):
            own = () if kind in servers.OFFLOADING else OPTIONS  # those have them already
            return super().start_reelgate(*options, *own)
    return WithOptions


def check_audit(report, volume):
    def check():
        done = support.reelgate("check", "--data", volume.path, *OPTIONS)
        return done.returncode, done.stdout.decode()

    with report.row("check: the files of a folder without a row are named, and no file of one with a row"):
        status, text = check()
        equal(status, 1, "exit status")
        for name in (*FILES, *OTHERS):
            equal((f"other/{name}" in text, f"show/{name}" in text), (True, False), name)
    with report.row("check: nothing is found when each folder has its row"):
        volume.row("other", "complete")
        equal(check()[0], 0, "exit status")


def check_flat(report, folder):
    with report.row("flat names: one row for the files whose names begin with its id"):
        volume = support.Volume(folder / "flat")
        volume.row("show", "complete")
        (volume.videos / "show").mkdir()
        for name in ("show.m3u8", "show.seg000.ts", "show.de.vtt"):
            (volume.videos / "show" / name).write_bytes(name.encode())
            done = support.reelgate("get", "--data", volume.path, "--query", FLAT, "--body-only", name)
            equal(done.stdout, name.encode(), name)
        done = support.reelgate("get", "--data", volume.path, "--query", FLAT, "--body-only", "other.m3u8")
        equal(done.returncode, 1, "exit status of another name")


def main():
    report = support.Report()
    for kind in (servers.Nginx, servers.LighttpdConnect, servers.NginxOffload, servers.LighttpdOffload):
        with support.Folder() as folder:
            volume = support.Volume(folder / "data")
            make(volume)
            with report.group(f"{kind.name}: starts and stops"), with_options(kind)(folder, volume) as server:
                check_folder(report, server)
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        make(volume)
        check_audit(report, volume)
        check_flat(report, folder)
    report.finish()


main()
