"""Owns the ways in: each takes a method, a video and fields, and gives the reply in one form, so that one table can be
run through all of them.

SPDX-License-Identifier: MIT
"""
import contextlib
import socket
import subprocess

import fastcgi
import servers
import support

RULES = str(support.BUILT.parent / "rules")
PREFIX = "/api/stream/"

# The tests' files are dated Wed, 01 May 2024 12:00:00 GMT; the rules alone are told that it is 2026.
MTIME = 1714564800
NOW = 1767225600


def meta_variables(method, target, fields):
    """CGI's names; a field that stands there twice stays two variables."""
    named = [("HTTP_" + name.upper().replace("-", "_"), value) for name, value in fields]
    return [("REQUEST_METHOD", method), ("REQUEST_URI", target), *named]


def joined(variables):
    """One variable a name, as an environment must have it (RFC 3875, section 4.1.18)."""
    result = {}
    for name, value in variables:
        result[name] = f"{result[name]}, {value}" if name in result else value
    return result


class Way:
    """`ask` gives a Reply; with `header_only` it stops after the header section, and the content is empty."""
    name = ""

    def __init__(self, folder, volume):
        self.folder = folder
        self.volume = volume

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def can_answer(self, _video):
        return True


class Rules(Way):
    """No catalogue and no file: parsing, preconditions and planning alone."""
    name = "rules"

    def can_answer(self, video):
        return video.isdigit()

    def ask(self, method, video, fields, header_only=False):
        variables = meta_variables(method, PREFIX + video, fields)
        done = subprocess.run([RULES, video, str(MTIME), str(NOW)], capture_output=True, timeout=support.DEADLINE,
                              input=b"".join(f"{n}={v}".encode("latin-1") + b"\0" for n, v in variables), check=True)
        reply = support.parse_document_response(done.stdout)
        reply.content = b"" if header_only else self.content_of(reply.content, video)
        return reply

    def content_of(self, pieces, video):
        content = bytearray()
        with contextlib.ExitStack() as stack:
            file = None
            while pieces:
                line, _, pieces = pieces.partition(b"\n")
                kind, _, value = line.decode().partition(" ")
                if kind == "text":
                    content += pieces[:int(value)]
                    pieces = pieces[int(value):]
                else:
                    first, last = map(int, value.split("-"))
                    file = file or stack.enter_context(open(self.volume.videos / f"{video}.mp4", "rb"))
                    file.seek(first)
                    content += file.read(last - first + 1)
        return bytes(content)


class Process(Way):
    """A reelgate that ends with its answer."""

    def read(self, command, environment, header_only):
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment) as process:
            if header_only:
                raw = process.stdout.read(4096).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                process.kill()
            else:
                raw, errors = process.communicate(timeout=support.DEADLINE)
                assert process.returncode == 0, errors
        return support.parse_document_response(raw)


class Get(Process):
    name = "get"

    def ask(self, method, video, fields, header_only=False):
        headers = [word for name, value in fields for word in (b"--header", f"{name}: {value}".encode("latin-1"))]
        command = [support.PROGRAM, "get", "--data", str(self.volume.path), "--method", method, *headers, video]
        return self.read(command, support.clean_environment(), header_only)


class Cgi(Process):
    name = "cgi"

    def ask(self, method, video, fields, header_only=False):
        variables = joined(meta_variables(method, PREFIX + video, fields))
        environment = {k.encode(): v.encode("latin-1") for k, v in variables.items()}
        own = support.clean_environment(REELGATE_DATA=str(self.volume.path))
        return self.read([support.PROGRAM], {**{k.encode(): v.encode() for k, v in own.items()}, **environment},
                         header_only)


class Socket(Way):
    """FastCGI, straight at the socket of a running reelgate."""
    name = "socket"

    def __enter__(self):
        self.place = str(self.folder / "way.sock")
        self.process = subprocess.Popen([support.PROGRAM, "--data", str(self.volume.path), "--listen",
                                         f"unix:{self.place}"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=support.clean_environment())
        support.wait_until(lambda: support.can_connect(self.place), "serve", self.process)
        return self

    def __exit__(self, *_):
        support.stop(self.process)

    def ask(self, method, video, fields, header_only=False):
        with fastcgi.Connection(self.place) as connection:
            connection.send(PREFIX + video, method, meta_variables(method, "", fields)[2:])
            if not header_only:
                return support.parse_document_response(connection.read_response())
            raw = b""
            while b"\r\n\r\n" not in raw:
                raw += connection.read_record()[2]
            return support.parse_document_response(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")


class Http(Way):
    """Through a web server with the shipped conf."""

    def __init__(self, kind, name, folder, volume):
        super().__init__(folder, volume)
        self.server = kind(folder, volume)
        self.name = name

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *exception):
        self.server.__exit__(*exception)

    def ask(self, method, video, fields, header_only=False):
        if method in ("POST", "PUT", "PATCH"):  # as every client says of an empty content
            fields = [*fields, ("Content-Length", "0")]
        if not header_only:
            return support.http(self.server.port, PREFIX + video, method, fields)
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=support.DEADLINE) as connection:
            connection.sendall(support.http_request(PREFIX + video, method, fields))
            raw = b""
            while b"\r\n\r\n" not in raw:
                chunk = connection.recv(4096)
                assert chunk, f"closed within the header section {raw!r}"
                raw += chunk
        return support.parse_http(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")


class Haproxy(Http):
    """HAProxy puts Content-Length: 0 into every 304 to GET, whatever its rules say: the one exception that is none
    of a row."""

    def __init__(self, folder, volume):
        super().__init__(servers.Haproxy, "haproxy", folder, volume)

    def ask(self, method, video, fields, header_only=False):
        reply = super().ask(method, video, fields, header_only)
        if reply.status == 304 and method == "GET":
            reply.fields.remove(("content-length", "0"))
        return reply


# name -> how to make it; the first that can answer a row is what the others have to agree with
ALL = {
    "rules": Rules,
    "get": Get,
    "cgi": Cgi,
    "socket": Socket,
    "lighttpd": lambda *place: Http(servers.LighttpdSpawn, "lighttpd", *place),
    "mod_fcgid": lambda *place: Http(servers.ApacheFcgid, "mod_fcgid", *place),
    "mod_proxy_fcgi": lambda *place: Http(servers.ApacheProxy, "mod_proxy_fcgi", *place),
    "nginx": lambda *place: Http(servers.Nginx, "nginx", *place),
    "haproxy": Haproxy,
    "caddy": lambda *place: Http(servers.Caddy, "caddy", *place),
    "lighttpd_offload": lambda *place: Http(servers.LighttpdOffload, "lighttpd_offload", *place),
    "apache_offload": lambda *place: Http(servers.ApacheOffload, "apache_offload", *place),
    "nginx_offload": lambda *place: Http(servers.NginxOffload, "nginx_offload", *place),
}
