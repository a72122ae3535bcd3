"""Every line under "Implementation Verification" and "Commands to Verify" of the ticket that reelgate grew from,
through each web server, and what players and downloaders ask first. Bytes are compared with the file's.

Does not test the grammar of ranges: the rules' own tests do.
SPDX-License-Identifier: MIT
"""
import json
import subprocess

import servers
import support
from support import equal

SIZE = 2_500_000
BIG = 5 << 30
BIG_MARKERS = {0: b"first", (4 << 30) - 2: b"over4G", BIG - 4: b"last"}
FILM = support.position_coded(SIZE)


def content_range(first, last, size=SIZE):
    return f"bytes {first}-{last}/{size}"


# situation, curl's options, status, Content-Range, the slice of the file that comes
RANGES = [
    ("no range", [], 200, None, (0, SIZE)),
    ("Safari's first question", ["-r", "0-1"], 206, content_range(0, 1), (0, 2)),
    ("Chrome's first question", ["-r", "0-"], 206, content_range(0, SIZE - 1), (0, SIZE)),
    ("in the middle", ["-r", "500-999"], 206, content_range(500, 999), (500, 1000)),
    ("suffix", ["-r", "-500"], 206, content_range(SIZE - 500, SIZE - 1), (SIZE - 500, SIZE)),
    ("open-ended", ["-r", "1000-"], 206, content_range(1000, SIZE - 1), (1000, SIZE)),
    ("end behind the end", ["-r", f"{SIZE - 10}-{SIZE + 10}"], 206, content_range(SIZE - 10, SIZE - 1),
     (SIZE - 10, SIZE)),
    ("larger than any buffer", ["-r", "70000-2400000"], 206, content_range(70000, 2400000), (70000, 2400001)),
    ("invalid: ignored", ["-H", "Range: bytes=9-5"], 200, None, (0, SIZE)),
    ("other unit: ignored", ["-H", "Range: items=0-5"], 200, None, (0, SIZE)),
]

# situation, target, fields, status, detail
ERRORS = [
    ("missing video", "/api/stream/nonexistent", [], 404, "Video not found"),
    ("missing video, with a range", "/api/stream/nonexistent", [("Range", "bytes=0-9")], 404, "Video not found"),
    ("incomplete download", "/api/stream/pending", [], 404, "Video download not complete"),
    ("row without its file", "/api/stream/fileless", [], 404, "Video file not found: fileless"),
    ("dots", "/api/stream/..", [], 404, None),
    ("UTF-8", "/api/stream/fi%C3%A4m", [], 404, "Video not found"),
    ("an id of 300 characters", "/api/stream/" + 300 * "a", [], 404, "Video not found"),
    # Some web servers refuse these themselves, which is as well.
    ("encoded slash", "/api/stream/..%2Fcatalog", [], 404, None),
    ("encoded NUL", "/api/stream/film%00", [], {400, 404}, None),
    ("unsatisfiable", "/api/stream/film", [("Range", f"bytes={SIZE}-")], 416, "Range not satisfiable"),
]

# The ticket's commands, with its address and id replaced.
COMMANDS = [
    ("curl -I http://localhost:8000/api/stream/VIDEO_ID", ["HTTP/1.1 200", f"Content-Length: {SIZE}"]),
    ('curl -I -H "Range: bytes=0-1048575" http://localhost:8000/api/stream/VIDEO_ID',
     ["HTTP/1.1 206", "Content-Length: 1048576", f"Content-Range: bytes 0-1048575/{SIZE}"]),
    ("curl -I http://localhost:8000/api/stream/VIDEO_ID | grep -i accept-ranges", ["Accept-Ranges: bytes"]),
]


def check_video_fields(reply):
    equal(reply.field("Accept-Ranges"), "bytes", "Accept-Ranges")
    equal(reply.field("Content-Type"), "video/mp4", "Content-Type")
    equal(reply.field("Cache-Control"), "private, no-cache", "Cache-Control")
    tag = reply.field("ETag")
    assert tag and tag[0] == tag[-1] == '"', f"ETag {tag}: not a strong, quoted one"
    assert reply.field("Last-Modified"), "no Last-Modified"


def curl(server, *options):
    url = f"http://127.0.0.1:{server.port}/api/stream/film"
    command = ["curl", "-sS", "-i", *options, url]
    done = subprocess.run(command, capture_output=True, timeout=support.DEADLINE, check=True)
    return support.parse_http(done.stdout)


def check_ranges(report, server):
    for situation, options, status, wanted_range, (first, end) in RANGES:
        with report.row(f"{server.name}: {situation}"):
            reply = curl(server, *options)
            equal((reply.status, reply.field("Content-Range")), (status, wanted_range), "status, Content-Range")
            equal(reply.field("Content-Length"), str(end - first), "Content-Length")
            equal(reply.content, FILM[first:end], "content")
            check_video_fields(reply)
        with report.row(f"{server.name}: {situation}, with HEAD"):
            reply = curl(server, "-I", *options)
            equal((reply.status, reply.field("Content-Range")), (status, wanted_range), "status, Content-Range")
            equal(reply.field("Content-Length"), str(end - first), "Content-Length")
            equal(reply.content, b"", "content")
            check_video_fields(reply)


def check_errors(report, server):
    for situation, target, fields, status, detail in ERRORS:
        for method in ("GET", "HEAD"):
            with report.row(f"{server.name}: {situation}, {method}"):
                reply = support.http(server.port, target, method, fields)
                allowed = status if isinstance(status, set) else {status}
                assert reply.status in allowed, f"status {reply.status}"
                if detail is None:
                    continue
                wanted = json.dumps({"detail": detail}, separators=(",", ":")).encode()
                equal(reply.content, wanted if method == "GET" else b"", "content")
                equal(reply.field("Content-Type"), "application/json", "Content-Type")
                equal(reply.field("Content-Length"), str(len(wanted)), "Content-Length")
                equal(reply.field("Cache-Control"), "no-store", "Cache-Control")
                equal(reply.field("Content-Range"), f"bytes */{SIZE}" if status == 416 else None, "Content-Range")
    for method in ("POST", "PUT", "DELETE"):
        with report.row(f"{server.name}: method {method}"):
            reply = support.http(server.port, "/api/stream/film", method, [("Content-Length", "0")])
            equal((reply.status, reply.field("Allow")), (405, "GET, HEAD, OPTIONS"), "status, Allow")


def check_large(report, server):
    for position, marker in BIG_MARKERS.items():
        last = position + len(marker) - 1
        with report.row(f"{server.name}: 5 GiB, at {position}"):
            reply = support.http(server.port, "/api/stream/big", fields=[("Range", f"bytes={position}-{last}")])
            equal((reply.status, reply.field("Content-Range")), (206, content_range(position, last, BIG)), "range")
            equal(reply.content, marker, "content")
    with report.row(f"{server.name}: 5 GiB, whole, with HEAD"):
        equal(support.http(server.port, "/api/stream/big", "HEAD").field("Content-Length"), str(BIG), "Content-Length")


def check_download(report, server):
    with report.row(f"{server.name}: ?download=1 comes with a name to save it by"):
        reply = support.http(server.port, "/api/stream/film?download=1", "HEAD")
        equal(reply.field("Content-Disposition"), "attachment; filename=\"film.mp4\"; filename*=UTF-8''film.mp4", "field")
    with report.row(f"{server.name}: film.mp4 is the film"):
        equal(support.http(server.port, "/api/stream/film.mp4", "HEAD").field("Content-Length"), str(SIZE), "length")


def check_commands(report, server):
    for command, wanted in COMMANDS:
        with report.row(f"{server.name}: {command}"):
            place = f"http://127.0.0.1:{server.port}/"
            line = command.replace("http://localhost:8000/", place).replace("VIDEO_ID", "film")
            done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=support.DEADLINE,
                                  check=True)
            for text in wanted:
                assert text in done.stdout, f"no {text!r} in {done.stdout!r}"


def main():
    report = support.Report()
    # HAProxy writes the names of fields in lower case, as HTTP allows and the ticket's own commands do not expect.
    for kind in (kind for kind in servers.ALL if kind is not servers.Haproxy):
        with support.Folder() as folder:
            volume = support.Volume(folder / "data")
            volume.add("film", FILM)
            volume.row("pending", "pending")
            volume.row("fileless", "complete")
            volume.sparse("big", BIG, BIG_MARKERS)
            with report.group(f"{kind.name}: starts and stops"), kind(folder, volume) as server:
                check_ranges(report, server)
                check_errors(report, server)
                check_large(report, server)
                check_download(report, server)
                check_commands(report, server)
    report.finish()


main()
