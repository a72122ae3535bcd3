"""Owns other applications that stream, as running servers: what they do wrong is what many do.

Does not know reelgate.
SPDX-License-Identifier: MIT
"""
import contextlib
import http.server
import re
import threading

from probing import FILM


class ClampingScript(http.server.BaseHTTPRequestHandler):
    """An application that streams by its own script, as many do: a range after the end is clamped to the last byte,
    there are no versions and no HEAD, and an invalid Range is an error."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        wanted = self.headers["Range"]
        if not self.path.startswith("/api/stream/film"):
            self.answer(404, b'{"detail":"Video not found"}', {"Content-Type": "application/json"})
            return
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted or "bytes=0-")
        if not found or wanted == "bytes=9-5":
            self.answer(500, b"Internal Server Error", {"Content-Type": "text/plain"})
            return
        first, last = found.groups()
        start = int(first) if first else len(FILM) - int(last)
        end = int(last) if first and last else len(FILM) - 1
        start = max(0, min(start, len(FILM) - 1))
        end = max(start, min(end, len(FILM) - 1))
        fields = {"Content-Type": "video/mp4", "Accept-Ranges": "bytes"}
        if wanted:
            fields["Content-Range"] = f"bytes {start}-{end}/{len(FILM)}"
        self.answer(206 if wanted else 200, FILM[start:end + 1], fields)

    def answer(self, status, content, fields):
        self.send_response(status)
        for name, value in {**fields, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content)

    def log_message(self, *_):
        pass


class MisplacingScript(ClampingScript):
    """Its fields are right, and its bytes are those of the beginning."""

    def answer(self, status, content, fields):
        super().answer(status, FILM[:len(content)] if status == 206 else content, fields)


class Recording(ClampingScript):
    """No status page; what it was told of passwords."""
    told = []

    def do_GET(self):
        self.told.append(self.headers["Authorization"])
        self.answer(404, b"", {})


@contextlib.contextmanager
def script(kind=ClampingScript):
    """Runs a handler of http.server, such as a script, as a server; gives its port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
