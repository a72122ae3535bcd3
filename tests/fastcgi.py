"""Owns a FastCGI client for tests: it speaks the records that a web server speaks, and nothing that makes life easy.

Does not interpret responses beyond their records.
SPDX-License-Identifier: MIT
"""
import socket
import struct

import support

VERSION, BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = 1, 1, 3, 4, 5, 6, 7
RESPONDER, KEEP_CONN = 1, 1
HEADER = struct.Struct("!BBHHBx")


def record(kind, content, request_id=1):
    return HEADER.pack(VERSION, kind, request_id, len(content), 0) + content


def name_value(name, value):
    """A name-value pair; lengths of four bytes with the high bit set are always valid (FastCGI 1.0, section 3.4)."""
    lengths = struct.pack("!LL", len(name) | 1 << 31, len(value) | 1 << 31)
    return lengths + name + value


def request(target, method="GET", fields=(), flags=0):
    """The bytes of a whole request, as a web server would send them."""
    variables = [("REQUEST_METHOD", method), ("REQUEST_URI", target), *fields]
    params = b"".join(name_value(n.encode("latin-1"), v.encode("latin-1")) for n, v in variables)
    begin = struct.pack("!HB5x", RESPONDER, flags)
    pieces = [record(PARAMS, params[i:i + 65535]) for i in range(0, len(params), 65535)]
    return record(BEGIN_REQUEST, begin) + b"".join(pieces) + record(PARAMS, b"") + record(STDIN, b"")


class NoValidRecord(Exception):
    """What came is no FastCGI record; a web server cuts its client off then."""


class Connection:
    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.socket.settimeout(support.DEADLINE)
        self.socket.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *arguments, **more):
        self.socket.sendall(request(*arguments, **more))

    def read_exactly(self, count):
        received = bytearray()
        while len(received) < count:
            chunk = self.socket.recv(count - len(received))
            if not chunk:
                raise EOFError(f"closed after {len(received)} of {count} bytes")
            received += chunk
        return bytes(received)

    def read_record(self):
        version, kind, request_id, length, padding = HEADER.unpack(self.read_exactly(HEADER.size))
        if version != VERSION:
            raise NoValidRecord(f"version {version}")
        content = self.read_exactly(length)
        self.read_exactly(padding)
        return kind, request_id, content

    def read_response(self):
        """What came on STDOUT, up to END_REQUEST."""
        out = bytearray()
        while True:
            kind, _, content = self.read_record()
            if kind == STDOUT:
                out += content
            elif kind == END_REQUEST:
                return bytes(out)

    def is_closed(self):
        """Waits for the peer's next byte or its end."""
        return self.socket.recv(1) == b""
