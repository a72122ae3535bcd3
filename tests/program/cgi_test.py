"""The program as plain CGI (RFC 3875): the request in the environment, a document response on standard output.

SPDX-License-Identifier: MIT
"""
import re
import subprocess

import support
from support import equal

FILM = support.position_coded(5000)

# situation, meta-variables, status, Content-Range, content
ROWS = [
    ("whole", {"REQUEST_URI": "/api/stream/film"}, 200, None, FILM),
    ("a range", {"REQUEST_URI": "/api/stream/film", "HTTP_RANGE": "bytes=0-99"}, 206, "bytes 0-99/5000", FILM[:100]),
    ("a range to the end", {"REQUEST_URI": "/api/stream/film", "HTTP_RANGE": "bytes=4990-"}, 206,
     "bytes 4990-4999/5000", FILM[4990:]),
    ("HEAD", {"REQUEST_METHOD": "HEAD", "REQUEST_URI": "/api/stream/film"}, 200, None, b""),
    ("HEAD with a range", {"REQUEST_METHOD": "HEAD", "REQUEST_URI": "/api/stream/film", "HTTP_RANGE": "bytes=0-0"}, 206,
     "bytes 0-0/5000", b""),
    ("a server without REQUEST_URI", {"SCRIPT_NAME": "/api/stream", "PATH_INFO": "/film"}, 200, None, FILM),
    ("a path that the web server has changed", {"REQUEST_URI": "/watch/film?x", "SCRIPT_NAME": "/api/stream/film"}, 200,
     None, FILM),
    ("HEAD of a path that the web server has changed",
     {"REQUEST_METHOD": "HEAD", "REQUEST_URI": "/watch/film", "SCRIPT_NAME": "/api/stream/film"}, 200, None, b""),
    ("a path that mod_rewrite has changed, with a range",
     {"REQUEST_URI": "/watch/film", "SCRIPT_NAME": "/watch/film", "HTTP_RANGE": "bytes=0-99",
      "SCRIPT_FILENAME": "proxy:fcgi://host/api/stream/film"}, 206, "bytes 0-99/5000", FILM[:100]),
    ("a path that is not changed to ours", {"REQUEST_URI": "/watch/film", "SCRIPT_NAME": "/films/film"}, 404, None,
     b'{"detail":"Video not found"}'),
    ("a path of ours that names no film, and another", {"REQUEST_URI": "/api/stream/x/../film",
                                                        "SCRIPT_NAME": "/api/stream/film"}, 404, None,
     b'{"detail":"Video not found"}'),
    ("past the end", {"REQUEST_URI": "/api/stream/film", "HTTP_RANGE": "bytes=5000-"}, 416, "bytes */5000",
     b'{"detail":"Range not satisfiable"}'),
    ("an empty Range", {"REQUEST_URI": "/api/stream/film", "HTTP_RANGE": ""}, 200, None, FILM),
    ("missing video", {"REQUEST_URI": "/api/stream/none"}, 404, None, b'{"detail":"Video not found"}'),
    ("no path at all", {}, 404, None, b'{"detail":"Video not found"}'),
    ("a method that is not allowed", {"REQUEST_METHOD": "POST", "REQUEST_URI": "/api/stream/film"}, 405, None,
     b'{"detail":"Method not allowed"}'),
    ("a catalogue that is not there", {"REQUEST_URI": "/api/stream/film", "REELGATE_DATABASE": "/nonexistent/c.db"},
     503, None, b'{"detail":"Catalogue not available"}'),
]

# situation, meta-variables, what the log has at level debug: patterns, a line each
LOGGED = [
    ("a range", {"REQUEST_URI": "/api/stream/film", "HTTP_RANGE": "bytes=0-99"},
     ["debug: request 1: film: GET bytes=0-99: 206 bytes 0-99/5000",
      "info: response 1: film: GET bytes=0-99: 206 bytes 0-99/5000: 100 of 100 bytes in [0-9.]+ s: complete"]),
    ("a film by its id and an extension", {"REQUEST_URI": "/api/stream/film.mp4"},
     ["debug: request 1: film: GET -: 200 -",
      "info: response 1: film: GET -: 200 -: 5000 of 5000 bytes in [0-9.]+ s: complete"]),
    ("a film without a file, by its id and an extension", {"REQUEST_URI": "/api/stream/gone.mp4"},
     ["info: open gone: /.*/gone.mp4: No such file or directory", "debug: request 1: gone: GET -: 404 -",
      "info: response 1: gone: GET -: 404 -: 39 of 39 bytes in [0-9.]+ s: complete"]),
    ("a path that names no film", {"REQUEST_URI": "/watch/film?secret", "SCRIPT_NAME": "/films", "PATH_INFO": "/film"},
     ["debug: request 1: /watch/film, /films/film: GET -: 404 -",
      "info: response 1: /watch/film, /films/film: GET -: 404 -: 28 of 28 bytes in [0-9.]+ s: complete"]),
]


def check_log(report, volume):
    for situation, variables, lines in LOGGED:
        with report.row(f"CGI: the log: {situation}"):
            done = support.reelgate(environment={"REQUEST_METHOD": "GET", "REELGATE_DATA": str(volume.path),
                                                 "REELGATE_LOG_LEVEL": "debug", **variables})
            text = done.stderr.decode()
            assert re.fullmatch("".join(f"reelgate: {line}\n" for line in lines), text), text
    with report.row("CGI: the log: standard output takes nothing"), open("/dev/full", "wb") as full:
        environment = support.clean_environment(REQUEST_METHOD="GET", REQUEST_URI="/api/stream/film",
                                                REELGATE_DATA=str(volume.path), REELGATE_LOG_LEVEL="info")
        done = subprocess.run([support.PROGRAM], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                              env=environment, timeout=support.DEADLINE, check=False)
        text = done.stderr.decode()
        assert text.startswith("reelgate: info: response 1: film: GET -: 200 -: 0 of 5000 bytes in "), text
        assert " s: aborted\n" in text, text


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        for situation, variables, status, content_range, content in ROWS:
            with report.row(f"CGI: {situation}"):
                environment = {"REQUEST_METHOD": "GET", "REELGATE_DATA": str(volume.path), **variables}
                done = support.reelgate(environment=environment)
                equal(done.returncode, 0, f"exit status ({done.stderr})")
                reply = support.parse_document_response(done.stdout)
                equal((reply.status, reply.field("Content-Range")), (status, content_range), "status, Content-Range")
                equal(reply.content, content, "content")
                if environment["REQUEST_METHOD"] != "HEAD":
                    equal(reply.field("Content-Length"), str(len(content)), "Content-Length")
        volume.add("gone", b"")
        (volume.videos / "gone.mp4").unlink()
        check_log(report, volume)
    report.finish()


main()
