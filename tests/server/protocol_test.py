"""FastCGI as its specification has it, spoken straight at the socket of `reelgate serve`: whatever comes, the answer is
right or the connection is closed, and the next one is served.

Does not test what is answered in HTTP, nor the life of the server: the engine_*_test.py do.
SPDX-License-Identifier: MIT
"""
import dataclasses
import random
import resource
import socket
import struct

import fastcgi
import support
from fastcgi import KEEP_CONN, begin, record, request, stream
from support import equal

FILM = support.position_coded(200_000)
FILM_PATH, LARGE_PATH = "/api/stream/film", "/api/stream/large"
LARGE = 64 << 20  # more than any socket's buffers hold
SOON = 8 << 20    # bytes of it that may come before an abort shows
MOST_PARAMS = 1 << 20

NAME_OF_STATUS = {fastcgi.REQUEST_COMPLETE: "complete", fastcgi.CANT_MPX_CONN: "cannot multiplex",
                  fastcgi.UNKNOWN_ROLE: "unknown role"}

# What a probe is told apart by, and answered with, when it follows on the same connection.
PROBE_ID = 4711
PROBE = request(FILM_PATH, "HEAD", request_id=PROBE_ID)
PROBE_ANSWER = [f"{PROBE_ID}: 200", f"{PROBE_ID}: complete"]

HEAD_PARAMS = fastcgi.params(FILM_PATH, "HEAD", pair=fastcgi.short_name_value)


@dataclasses.dataclass
class Row:
    """What is sent, and what comes back, as heard() tells it. A probe follows where the connection is kept."""
    name: str
    sent: bytes
    heard: list
    keeps: bool = False


def get_values(*names):
    return record(fastcgi.GET_VALUES, b"".join(fastcgi.short_name_value(name.encode(), b"") for name in names), 0)


def head(flags=0, request_id=1, fields=()):
    return request(FILM_PATH, "HEAD", fields, flags, request_id)


def cut_off(content):
    """A request whose params end with `content`, which does not end by itself."""
    return begin() + stream(fastcgi.PARAMS, HEAD_PARAMS + content) + stream(fastcgi.STDIN, b"")


ANSWER = ["1: 200", "1: complete"]
WITH_VALUES = "values: FCGI_MPXS_CONNS=0"

# FastCGI 1.0 §4
MANAGEMENT = [
    Row("GET_VALUES: a known name", get_values("FCGI_MPXS_CONNS"), [WITH_VALUES], True),
    Row("GET_VALUES: an unknown name is left out", get_values("FCGI_COLOUR", "FCGI_MPXS_CONNS"), [WITH_VALUES], True),
    Row("GET_VALUES: nothing but unknown names", get_values("FCGI_COLOUR"), ["values: "], True),
    Row("GET_VALUES: nothing asked", get_values(), ["values: "], True),
    Row("GET_VALUES: padded", record(fastcgi.GET_VALUES, b"\x0f\0FCGI_MPXS_CONNS", 0, padding=7), [WITH_VALUES], True),
    Row("GET_VALUES: a name of four length bytes",
        record(fastcgi.GET_VALUES, fastcgi.name_value(b"FCGI_MPXS_CONNS", b""), 0), [WITH_VALUES], True),
    Row("GET_VALUES: cut off within a name", record(fastcgi.GET_VALUES, b"\x0f\0FCGI_MPXS", 0), ["values: "], True),
    Row("GET_VALUES: within a request", begin() + get_values("FCGI_MPXS_CONNS") + head()[16:],
        [WITH_VALUES, *ANSWER]),
    Row("an unknown management type", record(42, b"", 0), ["unknown type 42"], True),
    Row("an unknown management type with content and padding", record(255, b"12345", 0, padding=3),
        ["unknown type 255"], True),
    Row("BEGIN_REQUEST with id 0 is no request", begin(request_id=0), ["unknown type 1"], True),
    Row("two, and a request behind them", record(100, b"", 0) + record(101, b"", 0),
        ["unknown type 100", "unknown type 101"], True),
]

# FastCGI 1.0 §3.3, §5.1, §5.5
REQUESTS = [
    *[Row(f"request id {number}", head(request_id=number), [f"{number}: 200", f"{number}: complete"])
      for number in (1, 2, 255, 256, 65535)],
    *[Row(f"role {role}", begin(role) + head()[16:], ["1: unknown role"]) for role in (0, 2, 3, 257, 65535)],
    *[Row(f"role {role}, kept", begin(role, KEEP_CONN) + head()[16:], ["1: unknown role"], True)
      for role in (fastcgi.AUTHORIZER, fastcgi.FILTER)],
    Row("flags that nobody knows", begin(flags=0xfe) + head()[16:], ANSWER),
    Row("a second request on a kept connection", head(KEEP_CONN) + head(KEEP_CONN), [*ANSWER, *ANSWER], True),
    Row("three at once, each with an id of its own", head(KEEP_CONN, 3) + head(KEEP_CONN, 2) + head(KEEP_CONN, 1),
        ["3: 200", "3: complete", "2: 200", "2: complete", *ANSWER], True),
    Row("what follows on a connection that is not kept is not answered", head() + head(), ANSWER),
    Row("a request that begins within another", begin(flags=KEEP_CONN) + head(KEEP_CONN, 2) + head()[16:],
        ["2: cannot multiplex", *ANSWER], True),
    Row("one that begins twice", begin() + begin(), []),
    Row("a record of an unknown type with the request's id", begin() + record(42, b"what") + head()[16:], ANSWER),
    Row("a record of an unknown type with another id", begin() + record(42, b"what", 9) + head()[16:], ANSWER),
    Row("DATA, which only a filter gets", begin() + stream(fastcgi.DATA, b"data") + head()[16:], ANSWER),
    Row("records of a request that nobody began", stream(fastcgi.PARAMS, HEAD_PARAMS, 9) +
        stream(fastcgi.STDIN, b"", 9), [], True),
    Row("padding in every record", begin() + record(fastcgi.PARAMS, HEAD_PARAMS, padding=255) +
        record(fastcgi.PARAMS, b"", padding=1) + record(fastcgi.STDIN, b"", padding=8), ANSWER),
    *[Row(f"version {version}", record(fastcgi.BEGIN_REQUEST, bytes(8), version=version), [])
      for version in (0, 2, 255)],
    *[Row(f"BEGIN_REQUEST of {length} bytes", record(fastcgi.BEGIN_REQUEST, bytes(length)), [])
      for length in (0, 7, 9)],
]

# FastCGI 1.0 §3.4
PARAMS = [
    Row("lengths of one byte", begin() + stream(fastcgi.PARAMS, HEAD_PARAMS) + stream(fastcgi.STDIN, b""), ANSWER),
    Row("lengths of four bytes", head(), ANSWER),
    Row("a value of 127 bytes", head(fields=[("HTTP_X", 127 * "x")]), ANSWER),
    Row("a value of 128 bytes", head(fields=[("HTTP_X", 128 * "x")]), ANSWER),
    Row("an empty name and value", cut_off(b"\0\0"), ANSWER),
    Row("more than 64 KiB", head(fields=[("HTTP_X", 200_000 * "x")]), ANSWER),
    Row("almost as many as there may be", head(fields=[("HTTP_X", (MOST_PARAMS - 4096) * "x")]), ANSWER),
    Row("more than there may be", head(fields=[("HTTP_X", MOST_PARAMS * "x")]), []),
    Row("no end to them", begin() + 40 * record(fastcgi.PARAMS, bytes(65535)), []),
    Row("records of one byte, no end to them", begin() + 200_000 * record(fastcgi.PARAMS, b"\0"), []),
    Row("none: no method is one that nothing allows", begin() + stream(fastcgi.PARAMS, b"") +
        stream(fastcgi.STDIN, b""), ["1: 405", "1: complete"]),
    Row("cut off within a length", cut_off(b"\x80\0"), []),
    Row("cut off within a name", cut_off(b"\x06\x01HTTP"), []),
    Row("cut off within a value", cut_off(b"\x06\x05HTTP_Xabc"), []),
    *[Row(f"cut off within a {what}", cut_off(lengths + b"HTTP_Xabc"), [])
      for what, lengths in (("value of 2 GiB", b"\x06\xff\xff\xff\xff"), ("name of 2 GiB", b"\xff\xff\xff\xff\x03"),
                            ("name of 2 GiB, with a value of 2 GiB", 8 * b"\xff"),
                            ("name of 1 GiB, with a value of 1 GiB", 2 * b"\xc0\0\0\0"))],
]

# FastCGI 1.0 §5.3; no method that we answer has content
BODIES = [
    *[Row(f"{method} with {length} bytes, {name}", request(FILM_PATH, method, [], flags, body=length * b"b"),
          [f"1: {status}", "1: complete"], bool(flags))
      for method, status in (("HEAD", 200), ("POST", 405), ("PUT", 405)) for length in (1, 65_536, 3_000_000)
      for name, flags in (("closed", 0), ("kept", KEEP_CONN))],
    Row("a body in front of the params' end does not count", begin() + record(fastcgi.STDIN, b"early") + head()[16:],
        ANSWER),
]

ABORT = record(fastcgi.ABORT_REQUEST, b"")

# FastCGI 1.0 §5.4, before the request is whole
ABORTS = [
    *[Row(f"aborted {name}, {kept}", begin(flags=flags) + sent + ABORT, ["1: complete"], bool(flags))
      for name, sent in (("at once", b""), ("in the params", record(fastcgi.PARAMS, HEAD_PARAMS[:20])),
                         ("before the body", stream(fastcgi.PARAMS, HEAD_PARAMS)),
                         ("in the body", stream(fastcgi.PARAMS, HEAD_PARAMS) + record(fastcgi.STDIN, b"body")))
      for kept, flags in (("closed", 0), ("kept", KEEP_CONN))],
    Row("an abort of another request", begin() + record(fastcgi.ABORT_REQUEST, b"", 2) + head()[16:], ANSWER),
    Row("an abort of nothing", ABORT, [], True),
    Row("an abort behind the answer", head(KEEP_CONN) + ABORT, ANSWER, True),
]


def describe(kind, request_id, content):
    if kind == fastcgi.GET_VALUES_RESULT:
        return "values: " + ", ".join(f"{k}={v}" for k, v in sorted(fastcgi.values_of(content).items()))
    if kind == fastcgi.UNKNOWN_TYPE:
        return f"unknown type {content[0]}"
    assert kind == fastcgi.END_REQUEST, f"a record of type {kind}"
    equal(struct.unpack("!L", content[:4])[0], 0, "application status")
    return f"{request_id}: {NAME_OF_STATUS[content[4]]}"


def heard(connection):
    """What comes, until the probe is answered or the peer closes: STDOUT by the status of what it says."""
    told, out = [], bytearray()
    try:
        while told[-1:] != PROBE_ANSWER[-1:]:
            kind, request_id, content = connection.read_record()
            if kind != fastcgi.STDOUT:
                told.append(describe(kind, request_id, content))
            elif content:
                out += content
            else:
                told.append(f"{request_id}: {support.parse_document_response(bytes(out)).status}")
                out.clear()
    except (EOFError, ConnectionResetError) as end:
        assert "after 0 of 8" in str(end) or isinstance(end, ConnectionResetError), f"a record is cut: {end}"
    return told


def check_row(report, place, row):
    with report.row(row.name), fastcgi.Connection(place) as connection:
        try:
            connection.socket.sendall(row.sent + (PROBE if row.keeps else b""))
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed before it had read everything
        equal(heard(connection), row.heard + (PROBE_ANSWER if row.keeps else []), "heard")


def check_values(report, place, process):
    with report.row("GET_VALUES: no more connections than there can be descriptors"):
        with fastcgi.Connection(place) as connection:
            connection.socket.sendall(get_values("FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS"))
            kind, request_id, content = connection.read_record()
            equal((kind, request_id), (fastcgi.GET_VALUES_RESULT, 0), "type, id")
            values = fastcgi.values_of(content)
            equal(sorted(values), ["FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS"], "names")
            most = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[1]
            assert 0 < int(values["FCGI_MAX_CONNS"]) <= most, values
            equal(values["FCGI_MAX_REQS"], values["FCGI_MAX_CONNS"], "one request a connection")


def check_splits(report, place):
    whole = begin() + stream(fastcgi.PARAMS, HEAD_PARAMS) + stream(fastcgi.STDIN, b"")
    with report.row("split in two, anywhere"):
        for split in range(1, len(whole)):
            with fastcgi.Connection(place) as connection:
                connection.send_apart([whole[:split], whole[split:]])
                equal(heard(connection), ANSWER, f"split after {split} bytes")
    with report.row("one byte at a time"), fastcgi.Connection(place) as connection:
        connection.send_apart(whole[i:i + 1] for i in range(len(whole)))
        equal(heard(connection), ANSWER, "heard")
    with report.row("padding and management records, one byte at a time"), fastcgi.Connection(place) as connection:
        padded = get_values("FCGI_MPXS_CONNS") + begin(flags=KEEP_CONN) + \
            record(fastcgi.PARAMS, HEAD_PARAMS, padding=9) + record(42, b"type", 0, padding=2) + \
            record(fastcgi.PARAMS, b"", padding=1) + record(fastcgi.STDIN, b"body", padding=3) + \
            record(fastcgi.STDIN, b"")
        connection.send_apart(padded[i:i + 1] for i in range(len(padded)))
        connection.socket.sendall(PROBE)
        equal(heard(connection), [WITH_VALUES, "unknown type 42", *ANSWER, *PROBE_ANSWER], "heard")
    large = fastcgi.params(FILM_PATH, fields=[("HTTP_X", 70_000 * "x"), ("HTTP_RANGE", "bytes=150000-150009")])
    for step in (7, 8192, 65_535):
        with report.row(f"params of 70 KB in records of {step} bytes"), fastcgi.Connection(place) as connection:
            connection.socket.sendall(begin() + stream(fastcgi.PARAMS, large, step=step) + stream(fastcgi.STDIN, b""))
            reply = connection.read_reply()
            equal((reply.status, reply.content), (206, FILM[150_000:150_010]), "status, content")


def read_answer_with(connection, request_id=1):
    """A whole answer, and what stood between its records."""
    out, between = bytearray(), []
    while True:
        kind, its_id, content = connection.read_record()
        if kind == fastcgi.STDOUT:
            equal(its_id, request_id, "id of STDOUT")
            out += content
        else:
            between.append(describe(kind, its_id, content))
            if (kind, its_id) == (fastcgi.END_REQUEST, request_id):
                return bytes(out), between


# What is sent while a large answer goes on, what comes between its records, and whether the answer is cut short.
DURING = [
    ("GET_VALUES", get_values("FCGI_MPXS_CONNS"), [WITH_VALUES, "7: complete"], False),
    ("an unknown management type", record(42, b"", 0), ["unknown type 42", "7: complete"], False),
    ("an abort of another request", record(fastcgi.ABORT_REQUEST, b"", 8), ["7: complete"], False),
    ("an abort", record(fastcgi.ABORT_REQUEST, b"", 7), ["7: complete"], True),
    ("an abort, twice", 2 * record(fastcgi.ABORT_REQUEST, b"", 7), ["7: complete"], True),
    ("GET_VALUES and an abort", get_values("FCGI_MPXS_CONNS") + record(fastcgi.ABORT_REQUEST, b"", 7),
     [WITH_VALUES, "7: complete"], True),
]


def check_during(report, place):
    for name, sent, between, is_cut_short in DURING:
        with report.row(f"in the middle of a large answer: {name}"), fastcgi.Connection(place) as connection:
            connection.send(LARGE_PATH, flags=KEEP_CONN, request_id=7)
            first = connection.read_record()[2]
            connection.socket.sendall(sent)
            rest, came = read_answer_with(connection, 7)
            equal(came, between, "between the records")
            length = len(support.parse_document_response(first + rest).content)
            if is_cut_short:
                assert length < SOON, f"{length} bytes after the abort"
            else:
                equal(length, LARGE, "length")
            connection.socket.sendall(PROBE)
            equal(heard(connection), PROBE_ANSWER, "on the same connection")
    with report.row("another request begins in the middle of a large answer: it waits its turn"):
        with fastcgi.Connection(place) as connection:
            connection.send(LARGE_PATH, flags=KEEP_CONN, request_id=7)
            first = connection.read_record()[2]
            connection.socket.sendall(head(KEEP_CONN, 8) + PROBE)
            rest, _ = read_answer_with(connection, 7)
            equal(len(support.parse_document_response(first + rest).content), LARGE, "length of the first")
            equal(heard(connection), ["8: 200", "8: complete", *PROBE_ANSWER], "on the same connection")
    with report.row("an abort that comes together with its request"), fastcgi.Connection(place) as connection:
        connection.socket.sendall(request(LARGE_PATH, flags=KEEP_CONN) + ABORT)
        out, _ = read_answer_with(connection)
        assert len(out) < SOON, f"{len(out)} bytes after the abort"
        connection.socket.sendall(PROBE)
        equal(heard(connection), PROBE_ANSWER, "on the same connection")
    with report.row("an abort in the middle, not kept: closed after its end"), fastcgi.Connection(place) as connection:
        connection.send(LARGE_PATH)
        connection.read_record()
        connection.socket.sendall(ABORT)
        out, _ = read_answer_with(connection)
        assert len(out) < SOON, f"{len(out)} bytes after the abort"
        assert connection.is_closed()
    with report.row("two at once, the first of them large"), fastcgi.Connection(place) as connection:
        connection.socket.sendall(request(LARGE_PATH, flags=KEEP_CONN) + request(FILM_PATH, flags=KEEP_CONN))
        equal(len(connection.read_reply().content), LARGE, "length of the first")
        equal(connection.read_reply().content, FILM, "content of the second")
    with report.row("a peer that has said all it had to say"), fastcgi.Connection(place) as connection:
        connection.send(LARGE_PATH, flags=KEEP_CONN)
        connection.socket.shutdown(socket.SHUT_WR)
        equal(len(connection.read_reply().content), LARGE, "length")
        assert connection.is_closed()


def garbage(rng):
    """Bytes that begin like FastCGI for a shorter or longer while."""
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randbytes(rng.randrange(1, 5000))
    if kind == 1:
        return b"".join(record(rng.randrange(14), rng.randbytes(rng.randrange(40)), rng.randrange(3), rng.randrange(9))
                        for _ in range(rng.randrange(1, 40)))
    if kind == 2:
        return begin(flags=rng.randrange(2)) + stream(fastcgi.PARAMS, rng.randbytes(rng.randrange(1, 300))) + \
            stream(fastcgi.STDIN, b"")
    mutated = bytearray(head(rng.randrange(2)))
    for _ in range(rng.randrange(1, 6)):
        mutated[rng.randrange(len(mutated))] = rng.randrange(256)
    return bytes(mutated)


def check_garbage(report, place):
    with report.row("400 connections of garbage: closed or answered, and the next request is served"):
        for seed in range(400):
            with fastcgi.Connection(place) as connection:
                try:
                    connection.socket.sendall(garbage(random.Random(seed)))
                    connection.socket.shutdown(socket.SHUT_WR)
                    while connection.socket.recv(1 << 20):
                        pass
                except (BrokenPipeError, ConnectionResetError):
                    pass
                except TimeoutError:
                    raise AssertionError(f"seed {seed}: neither closed nor answered") from None
        with fastcgi.Connection(place) as connection:
            connection.send(FILM_PATH)
            equal(connection.read_reply().content, FILM, "content")


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        volume.sparse("large", LARGE, {})
        with report.group("the server, to the end"), support.Serving(folder, volume, "--threads", "2") as server:
            for row in [*MANAGEMENT, *REQUESTS, *PARAMS, *BODIES, *ABORTS]:
                check_row(report, server.address, row)
            check_values(report, server.address, server.process)
            check_splits(report, server.address)
            check_during(report, server.address)
            check_garbage(report, server.address)
            equal(server.process.poll(), None, "exit status")
    report.finish()


main()
