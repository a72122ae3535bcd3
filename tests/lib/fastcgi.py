"""Owns a FastCGI client for tests: it exchanges plain records, as a web server does, without conveniences.

Does not interpret responses beyond their records.
SPDX-License-Identifier: MIT
"""
import contextlib
import fcntl
import socket
import struct
import termios

import support

VERSION = 1
BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR, DATA = range(1, 9)
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
KEEP_CONN = 1
REQUEST_COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE = range(4)
HEADER = struct.Struct("!BBHHBx")
MOST_CONTENT = 65535  # of one record


def record(kind, content, request_id=1, padding=0, version=VERSION):
    return HEADER.pack(version, kind, request_id, len(content), padding) + content + padding * b"\xff"


def stream(kind, content, request_id=1, step=MOST_CONTENT):
    """A stream's records of `step` bytes each, and the empty one that ends it (FastCGI 1.0, section 3.3)."""
    return b"".join(record(kind, content[i:i + step], request_id) for i in range(0, len(content), step)) + \
        record(kind, b"", request_id)


def begin(role=RESPONDER, flags=0, request_id=1):
    return record(BEGIN_REQUEST, struct.pack("!HB5x", role, flags), request_id)


def name_value(name, value):
    """A name-value pair; lengths of four bytes with the high bit set are always valid (FastCGI 1.0, section 3.4)."""
    lengths = struct.pack("!LL", len(name) | 1 << 31, len(value) | 1 << 31)
    return lengths + name + value


def short_name_value(name, value):
    """A name-value pair with lengths of one byte."""
    return bytes([len(name), len(value)]) + name + value


def params(target, method="GET", fields=(), pair=name_value):
    variables = [("REQUEST_METHOD", method), ("REQUEST_URI", target), *fields]
    return b"".join(pair(n.encode("latin-1"), v.encode("latin-1")) for n, v in variables)


def request(target, method="GET", fields=(), flags=0, request_id=1, body=b""):
    """The bytes of a whole request, as a web server would send them."""
    return begin(RESPONDER, flags, request_id) + stream(PARAMS, params(target, method, fields), request_id) + \
        stream(STDIN, body, request_id)


def values_of(content):
    """The pairs of a name-value list; lengths of one byte only, which is all that short values need."""
    values = {}
    while content:
        name_end = 2 + content[0]
        value_end = name_end + content[1]
        values[content[2:name_end].decode()] = content[name_end:value_end].decode()
        content = content[value_end:]
    return values


class NoValidRecord(Exception):
    """The received bytes are not a FastCGI record; a web server cuts its client off then."""


class Connection:
    def __init__(self, address):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(support.DEADLINE)
        self.socket.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *arguments, **more):
        self.socket.sendall(request(*arguments, **more))

    def send_apart(self, parts):
        """Sends each part once the peer has taken the one before, so that it sees them one by one."""
        for part in parts:
            self.socket.sendall(part)
            support.wait_until(self.is_all_taken, "bytes taken by the peer")

    def is_all_taken(self):
        return struct.unpack("i", fcntl.ioctl(self.socket, termios.TIOCOUTQ, bytes(4)))[0] == 0

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

    def read_reply(self):
        """A whole response, taken apart."""
        return support.parse_document_response(self.read_response())

    def is_closed(self):
        """Waits for the peer's next byte or its end. A peer that closes before it has read everything resets."""
        with contextlib.suppress(ConnectionResetError):
            return self.socket.recv(1) == b""
        return True
