"""Owns the application of a site, for tests of web servers that ask it: who may watch is in the viewer's cookie.

Over HTTP it judges at /may-watch, hands over at /watch/ID, and has a page at /page; as a FastCGI Authorizer it judges; as a CGI program it
hands over. Each request that came is kept in `requests`: its target, and its fields by their names in lower case.
SPDX-License-Identifier: MIT
"""
import http.server
import re
import socketserver
import struct
import threading

import fastcgi

# What a viewer says, and what comes of it.
ADMITTED, STRANGER, REFUSED = [("Cookie", "a=b; may=watch")], [], [("Cookie", "may=not")]

REALM = 'Bearer realm="films"'


def status_for(cookie):
    return 200 if "may=watch" in cookie else 403 if cookie else 401


class Running:
    """Serves in a thread of its own until it is left."""

    def __init__(self, handler):
        self.requests = []
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.application = self
        self.port = self.server.server_address[1]

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class HttpHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        fields = {name.lower(): value for name, value in self.headers.items()}
        self.server.application.requests.append((self.command, self.path, fields))
        # As frameworks do, it obeys the fields that come to it.
        status = status_for(fields.get("cookie", ""))
        if self.path == "/page":
            status = 200
        status = 416 if "range" in fields else 304 if "if-none-match" in fields else status
        film = re.fullmatch(r"/watch/([^?]*)(\?.*)?", self.path)
        if status == 200 and not film and self.path not in ("/may-watch", "/page"):
            status = 404
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", REALM)
        if status == 200 and film:
            self.send_header("X-Accel-Redirect", f"/api/stream/{film.group(1)}{film.group(2) or ''}")
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class AuthorizerHandler(socketserver.StreamRequestHandler):
    def handle(self):
        while (params := self.read_params()) is not None:
            variables = values_of(params)
            self.server.application.requests.append((variables["REQUEST_METHOD"], variables["REQUEST_URI"], variables))
            status = status_for(variables.get("HTTP_COOKIE", ""))
            reply = f"Status: {status}\r\n" + (f"WWW-Authenticate: {REALM}\r\n" if status == 401 else "") + "\r\n"
            self.wfile.write(fastcgi.stream(fastcgi.STDOUT, reply.encode(), self.request_id) +
                             fastcgi.record(fastcgi.END_REQUEST, bytes(8), self.request_id))
            if not self.is_kept:
                return

    def read_params(self):
        """The params of the next request; an Authorizer gets no stdin (FastCGI 1.0, section 6.3)."""
        params = b""
        while header := self.rfile.read(fastcgi.HEADER.size):
            _, kind, self.request_id, length, padding = fastcgi.HEADER.unpack(header)
            content = self.rfile.read(length + padding)[:length]
            if kind == fastcgi.BEGIN_REQUEST:
                role, flags = struct.unpack("!HB5x", content)
                if role != fastcgi.AUTHORIZER:
                    return None
                self.is_kept = flags & fastcgi.KEEP_CONN
            elif kind == fastcgi.PARAMS and content:
                params += content
            elif kind == fastcgi.PARAMS:
                return params
        return None


def values_of(content):
    """The pairs of a name-value list of any lengths."""
    def take_length():
        nonlocal content
        size = 4 if content[0] & 0x80 else 1
        length, content = int.from_bytes(content[:size], "big") & 0x7fffffff, content[size:]
        return length

    values = {}
    while content:
        name, value = take_length(), take_length()
        values[content[:name].decode()] = content[name:name + value].decode()
        content = content[name + value:]
    return values


def over_http():
    return Running(HttpHandler)


def authorizer():
    return Running(AuthorizerHandler)


def make_cgi(path):
    """Makes the CGI program, which answers below its own path; that path."""
    path.write_text(f"""#!/bin/sh
say() {{ printf '%s\\r\\n' "$@" ''; }}
film=${{PATH_INFO#/}}${{QUERY_STRING:+?$QUERY_STRING}}
case "$HTTP_COOKIE" in
*may=watch*) say 'Status: 200' "Location: /api/stream/$film" ;;
"") say 'Status: 401' 'Content-Length: 0' 'WWW-Authenticate: {REALM}' ;;
*) say 'Status: 403' 'Content-Length: 0' ;;
esac
""")
    path.chmod(0o755)
    return path
