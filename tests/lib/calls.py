"""Owns counting the system calls of a request: strace looks on while one viewer asks for one range after another.

Does not count what other threads do, such as the watch over storage, nor waiting for the next event, which ends a
request. SPDX-License-Identifier: MIT
"""
import re
import statistics
import tempfile

import fastcgi
import support
import trials

RANGE = 65536
REQUESTS = 40


def ask(connection, number, path, flags):
    first = number * RANGE
    connection.send(path, fields=[("HTTP_RANGE", f"bytes={first}-{first + RANGE - 1}")], flags=flags)
    reply = connection.read_reply()
    support.equal((reply.status, len(reply.content)), (206, RANGE), "status, length")


def ask_many(address, path, is_kept):
    if not is_kept:
        for number in range(REQUESTS):
            with fastcgi.Connection(address) as connection:
                ask(connection, number, path, 0)
        return
    with fastcgi.Connection(address) as connection:
        for number in range(REQUESTS):
            ask(connection, number, path, fastcgi.KEEP_CONN)


def requests_of(lines):
    """The names of the calls of each request that was sent content, in their order."""
    calls = {}  # by thread: of the present event
    for line in lines:
        found = re.match(r"(\d+) +([a-z_0-9]+)\(", line)  # not "<... NAME resumed>", the second half of a call
        if not found:
            continue
        thread, name = found.groups()
        if name == "epoll_wait":
            ended = calls.pop(thread, [])
            if "sendfile" in ended:
                yield ended
        elif name != "futex":  # which wakes another thread
            calls.setdefault(thread, []).append(name)


def calls_of(process, address, path, is_kept):
    """The system calls of a typical request of 64 KiB, by name: one of the median length. `path` names a film that is
    long enough; the server has one thread."""
    for _ in range(2):
        ask_many(address, path, is_kept)
    with tempfile.NamedTemporaryFile("r", suffix=".strace") as trace:
        with trials.traced(process, trace.name):
            ask_many(address, path, is_kept)
        requests = sorted(requests_of(trace), key=len)
    assert len(requests) > REQUESTS / 2, f"only {len(requests)} requests were seen"
    middle = statistics.median_low([len(calls) for calls in requests])
    return next(calls for calls in requests if len(calls) == middle)
