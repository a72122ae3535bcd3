"""The program as plain CGI (RFC 3875): the request in the environment, a document response on standard output.

SPDX-License-Identifier: MIT
"""
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
    report.finish()


main()
