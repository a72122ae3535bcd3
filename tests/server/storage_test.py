"""Storage that hangs, is slow, fails or comes back: it costs those who want its films, and nobody else; under one
thread, and under several. What the others get is judged by its bytes, and by a deadline.

Does not measure how fast the others are served: tests/bench does.
SPDX-License-Identifier: MIT
"""
import argparse
import contextlib
import errno
import fcntl
import functools
import json
import os
import re
import resource
import selectors
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import termios
import threading

import fastcgi
import hanging_fs
import servers
import sshfs
import support
from hanging_fs import HangingFileSystem
from support import Serving, equal
from viewers import FILM as LOCAL, ask, range_field

# What is said about a folder whose storage does not answer. FOLDER stands for its path.
STATUS_LINE = r"hung storage: +FOLDER: no answer for (\d+) s, (\d+) waiting, (\d+) threads held"
LOG_BEGINS = r"storage: FOLDER: does not answer"
LOG_ENDS = r"storage: FOLDER: answers again"

THREADS = (1, 2, 4, 8)
VIEWERS = (8, 100, 1000)
THREADS_OF_MOST = 2  # under which that many read: it takes long
TIMEOUT = 1  # s, of --storage-timeout
GRACE = 3
LANE_THREADS = 4  # that serve one device
MORE = 5  # storages beside the first
LEAVERS = 20
ABORTERS = 40
SEEKERS, LOOKUP_SECONDS = 8, 0.02

# How many threads there may be: each of --threads, with those that take its place while the kernel holds it; four of
# each storage, of which there are two; and three that serve nobody. ThreadSanitizer has one, too.
MAX_HELD = 4
MAX_OTHER_THREADS = 12 if support.is_sanitized() else 11

# What the memory may grow by while viewers wait for storage, and others are served. In KiB; a sanitizer keeps what is
# freed for a while.
MAX_GROWTH = (256 if support.is_sanitized() else 8) << 10

RANGE = 64 << 10
MAX_FAR = 100  # ranges of WATCHED bytes; viewers beyond these read what others read, too
WATCHED = 1 << 20  # more than a socket holds, and the storage reads ahead, for one who has not read yet
FAR_LENGTH = MAX_FAR * WATCHED
FAR_FILMS = {"far.mp4": FAR_LENGTH, "other.mp4": 1_000_000}

STATUS, PING = "/reelgate-status", "/reelgate-ping"
LOCAL_PATH, FAR_PATH, OTHER_PATH = "/api/stream/local", "/api/stream/far", "/api/stream/other"
# The far film by another name, under which it has not been opened yet. Opening drops what the kernel has read ahead.
AGAIN_PATH = "/api/stream/again"
QUERY = "SELECT status, file FROM films WHERE id = ?1"


class Library:
    """A volume whose catalogue has films of the local disk, and of a folder below the videos."""

    def __init__(self, folder):
        self.folder = folder
        self.volume = support.Volume(folder / "data")
        self.nas = self.volume.videos / "nas"
        self.nas.mkdir()
        self.more = [self.volume.videos / f"more{number}" for number in range(MORE)]
        for place in self.more:
            place.mkdir()
        (self.volume.videos / "local.mp4").write_bytes(LOCAL)
        with contextlib.closing(sqlite3.connect(self.volume.database)) as database, database:
            database.execute("CREATE TABLE films (id TEXT PRIMARY KEY, status TEXT, file TEXT)")
            for film, file in (("local", "local.mp4"), ("far", "nas/far.mp4"), ("other", "nas/other.mp4"),
                               ("again", "nas/../nas/far.mp4"), ("bare", "far.mp4"), ("bare-other", "other.mp4"),
                               *((f"more{n}", f"more{n}/other.mp4") for n in range(MORE))):
                database.execute("INSERT INTO films VALUES (?, 'complete', ?)", (film, file))

    def serving(self, threads, *options, timeout=TIMEOUT):
        return Serving(self.folder, self.volume, "--threads", str(threads), "--query", QUERY, "--storage-timeout",
                       str(timeout), "--status-path", STATUS, "--ping-path", PING, "--grace", str(GRACE), *options)

    @contextlib.contextmanager
    def site(self, threads, *options, place=None, timeout=TIMEOUT, **storage):
        """The storage and a server in front of it. Both end even where a row fails: all who wait are let go first,
        since a process cannot be killed while the kernel holds a thread of it."""
        with HangingFileSystem(place or self.nas, FAR_FILMS, **storage) as nas, \
                self.serving(threads, *options, timeout=timeout) as server:
            try:
                yield nas, server
            finally:
                with contextlib.suppress(OSError):  # it has been ended by the row
                    nas.go_on()


class Watchers:
    """Viewers who have begun to watch a film, each a part of its own, and read on, all by one thread, once started."""

    def __init__(self, server, target, count, length=WATCHED):
        self.length = length
        self.connections = []
        self.raw = {}
        for number in range(count):  # one after another: a storage that is asked too much at once hangs, too
            connection = fastcgi.Connection(server.address)
            self.connections.append(connection)
            connection.send(target, fields=range_field(number % MAX_FAR * WATCHED, length))
            self.raw[connection] = bytearray(connection.read_exactly(1000))
        self.thread = threading.Thread(target=self.read)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        for connection in self.connections:
            connection.socket.close()

    def read(self):
        with selectors.DefaultSelector() as selector:
            for connection in self.connections:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            while selector.get_map():
                for key, _ in selector.select():
                    more = b""
                    with contextlib.suppress(ConnectionResetError):
                        more = key.fileobj.recv(1 << 20)
                    self.raw[key.data] += more
                    if not more:
                        selector.unregister(key.fileobj)

    def check_content(self):
        """Waits for the end of each, and holds the bytes against the film's."""
        self.thread.join(support.DEADLINE)
        assert not self.thread.is_alive(), "viewers are left waiting"
        for number, connection in enumerate(self.connections):
            reply = reply_in(bytes(self.raw[connection]))
            equal(reply.status, 206, f"status of viewer {number}")
            equal(reply.content, part_of_film(number % MAX_FAR * WATCHED, self.length),
                  f"content of viewer {number}")

    def leave(self):
        for connection in self.connections:
            connection.socket.shutdown(socket.SHUT_RDWR)


part_of_film = functools.lru_cache(MAX_FAR)(lambda first, length: support.position_coded(length, first))


def reply_in(raw):
    """The answer in all the bytes of a connection; it has to have ended in order."""
    out = bytearray()
    while raw:
        version, kind, _, length, padding = fastcgi.HEADER.unpack(raw[:8])
        assert version == fastcgi.VERSION, "cut off"
        if kind == fastcgi.STDOUT:
            out += raw[8:8 + length]
        if kind == fastcgi.END_REQUEST:
            return support.parse_document_response(bytes(out))
        raw = raw[8 + length + padding:]
    raise AssertionError("no END_REQUEST")


def asking(viewers, server, target, count):
    """Connections that have sent a request each, for a thousand bytes."""
    connections = [viewers.enter_context(fastcgi.Connection(server.address)) for _ in range(count)]
    for number, connection in enumerate(connections):
        connection.send(target, fields=range_field(first_of(number), 1000))
    return connections


def first_of(number):
    return number % 100 * 7_000


def check_refused(reply):
    equal((reply.status, reply.field("Retry-After") is not None), (503, True), "status, Retry-After")


def check_refused_or_right(reply, first, length=1000):
    """What need not ask the storage may be answered while that hangs."""
    if reply.status == 206:
        equal(reply.content, support.position_coded(length, first), "content")
    else:
        check_refused(reply)


def check_range(server, target, content=None, first=500_000, length=1000):
    reply = ask(server, target, fields=range_field(first, length))
    equal((reply.status, reply.content), (206, content or support.position_coded(length, first)), "status, content")


def check_local(server, count=1):
    for number in range(count):
        check_range(server, LOCAL_PATH, None, number * 12_345 % (len(LOCAL) - RANGE), RANGE)


def check_others(server, threads):
    """Whatever hangs: the local film comes, monitoring and SIGHUP work, and what the server takes is bounded."""
    check_local(server, 20)  # whatever it loads at first is there
    memory = support.memory_of(server.process)
    check_local(server, 200)
    equal(ask(server, PING).content, b"pong", "ping")
    equal(ask(server, STATUS).status, 200, "status page")
    reload(server)
    check_local(server)
    check_threads(server, threads)
    grown = support.memory_of(server.process) - memory
    assert grown <= MAX_GROWTH, f"{grown} KiB more"


def check_threads(server, threads):
    count = support.threads_of(server.process)
    assert count <= MAX_HELD * threads + MAX_OTHER_THREADS, f"{count} threads"


def reload(server):
    count = server.log().count("reload: settings are in force")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_log("reload: settings are in force", count + 1)


def check_comes_back(server, target=FAR_PATH):
    """Storage that answers again is used again; that may take a moment to be noticed."""
    support.wait_until(lambda: ask(server, target, fields=range_field(0, 10)).status == 206, "served again",
                       server.process)
    check_range(server, target)


@contextlib.contextmanager
def hung_transfers(nas, server, count, target=FAR_PATH):
    """Viewers in the middle of a film that hangs from now on."""
    watchers = Watchers(server, target, count, WATCHED if count < VIEWERS[-1] else WATCHED * 3 // 8)
    nas.hang("read")
    with watchers:
        support.wait_until(lambda: nas.count_held("read") > 0, "a read that hangs")
        yield watchers
        nas.go_on()


def check_reading(row, library, threads):
    for count in VIEWERS:
        if count == VIEWERS[-1] and threads != THREADS_OF_MOST:
            continue
        with row(f"{count} viewers of a film whose reads hang: the others are served; then "
                        "it goes on, byte for byte"), library.site(threads) as (nas, server), \
                hung_transfers(nas, server, count) as watchers:
            check_others(server, threads)
            nas.go_on()
            watchers.check_content()
            check_comes_back(server)
    with row("viewers who leave while their film hangs: the others are served; then they "
                    "are gone"), library.site(threads) as (nas, server), hung_transfers(nas, server, 8) as watchers:
        watchers.leave()
        check_others(server, threads)
        nas.go_on()
        support.wait_until(lambda: active_viewers(server) == 0, "no viewer is left")
        support.wait_until(lambda: support.sockets(server.process) == 1, "their sockets are closed")
        check_comes_back(server)
    with row("a film whose closing hangs: the others are served"), \
            library.site(threads) as (nas, server):
        nas.hang("flush")
        with contextlib.ExitStack() as viewers:
            for number, connection in enumerate(asking(viewers, server, OTHER_PATH, 8)):
                check_refused_or_right(connection.read_reply(), first_of(number))
        support.wait_until(lambda: nas.count_held("flush") > 0, "a closing that hangs")
        check_others(server, threads)
        nas.go_on()
        check_comes_back(server)


def active_viewers(server):
    return json.loads(ask(server, STATUS + "?json").content)["active viewers"]


def check_opening(row, library, threads):
    for operation in ("lookup", "getattr", "open"):
        for count in VIEWERS if operation == "lookup" else VIEWERS[:-1]:
            with row(f"{count} requests for a film on which {operation} hangs: the others "
                            "are served, they get 503; then 206"), library.site(threads) as (nas, server), \
                    contextlib.ExitStack() as viewers:
                nas.hang(operation)
                waiting = asking(viewers, server, OTHER_PATH, count)
                check_others(server, threads)
                for number, connection in enumerate(waiting):
                    reply = connection.read_reply()
                    # Whether attributes are asked for again, which the name has just come with, is left to the server.
                    if operation == "getattr":
                        check_refused_or_right(reply, first_of(number))
                    else:
                        check_refused(reply)
                nas.go_on()
                check_comes_back(server)
    with row("new requests while reads of their film hang: 503, unless the bytes are there"), \
            library.site(threads) as (nas, server), hung_transfers(nas, server, 8) as watchers, \
            contextlib.ExitStack() as viewers:
        late = asking(viewers, server, AGAIN_PATH, 8)
        check_others(server, threads)
        for number, connection in enumerate(late):
            check_refused_or_right(connection.read_reply(), first_of(number))
        nas.go_on()
        watchers.check_content()
        check_comes_back(server)
    with row("another film of the folder that hangs: 503"), \
            library.site(threads) as (nas, server), contextlib.ExitStack() as viewers:
        nas.hang("lookup", "getattr", "open", "read")
        first, = asking(viewers, server, OTHER_PATH, 1)
        check_refused(first.read_reply())
        check_refused(ask(server, FAR_PATH))
        check_local(server)
        nas.go_on()
        check_comes_back(server)
        check_comes_back(server, OTHER_PATH)


def unread(connection):
    """How many bytes have come that nobody has read yet."""
    return struct.unpack("i", fcntl.ioctl(connection.socket, termios.FIONREAD, bytes(4)))[0]


def has_ended(connection):
    """Whether the server has closed a connection. Reads what has come."""
    try:
        connection.socket.setblocking(False)
        while connection.socket.recv(1 << 16):
            pass
    except BlockingIOError:
        return False
    return True


def check_slow(row, library, threads):
    with row("slow storage, 50 viewers: the others are served, they get their bytes"), \
            library.site(threads, timeout=5, read_ahead=8 << 10) as (nas, server), \
            contextlib.ExitStack() as viewers:
        nas.slow_down(100_000)
        length = 8 << 10
        connections = [viewers.enter_context(fastcgi.Connection(server.address)) for _ in range(50)]
        for number, connection in enumerate(connections):
            connection.send(FAR_PATH, fields=range_field(number * WATCHED, length))
        support.wait_until(lambda: nas.count("read") > 0, "the first read")
        check_local(server)
        # Those whom threads are busy with cannot be told from those who would be waited for.
        assert sum(unread(connection) < length for connection in connections) > max(THREADS), "waited for the slow ones"
        check_others(server, threads)
        for number, connection in enumerate(connections):
            reply = connection.read_reply()
            equal((reply.status, reply.content), (206, support.position_coded(length, number * WATCHED)),
                  f"status, content of viewer {number}")
    with row("slow storage, a request is aborted: its answer ends early, and the connection is used again"), \
            library.site(threads, timeout=5, read_ahead=8 << 10) as (nas, server), \
            fastcgi.Connection(server.address) as connection:
        nas.slow_down(100_000)
        connection.send(FAR_PATH, flags=fastcgi.KEEP_CONN)
        connection.read_record()
        connection.socket.sendall(fastcgi.record(fastcgi.ABORT_REQUEST, b""))
        assert len(connection.read_response()) < FAR_LENGTH, "not cut short"
        connection.send(LOCAL_PATH, fields=range_field(0, 10))
        equal(connection.read_reply().content, support.position_coded(10), "content of the next")
    with row("a film hangs, and its requests are aborted: closed, but for those that the kernel holds"), \
            library.site(threads) as (nas, server), contextlib.ExitStack() as viewers:
        connections = [viewers.enter_context(fastcgi.Connection(server.address)) for _ in range(ABORTERS)]
        for number, connection in enumerate(connections):
            connection.send(FAR_PATH, fields=range_field(number * WATCHED, WATCHED), flags=fastcgi.KEEP_CONN)
            connection.read_record()
        check_range(server, AGAIN_PATH)
        nas.hang("read")
        for connection in connections:
            connection.socket.sendall(fastcgi.record(fastcgi.ABORT_REQUEST, b""))
        held = threads + LANE_THREADS
        support.wait_until(lambda: sum(map(has_ended, connections)) >= ABORTERS - held, "they are closed")


# error of opening, and how often the storage gives it until openat2 has given it once: the kernel asks again at ESTALE
FAILURES = [(errno.ESTALE, 2), (errno.ENOTCONN, 1), (errno.EIO, 1), (errno.ETIMEDOUT, 1)]


def check_failing(row, library, threads):
    for number, times in FAILURES:
        name = errno.errorcode[number]
        with row(f"{name} once, on opening: tried again, 206"), \
                library.site(threads) as (nas, server):
            nas.fail(number, "open", times=times)
            check_range(server, OTHER_PATH)
        with row(f"{name} on opening, and again: 503; then 206"), \
                library.site(threads) as (nas, server):
            nas.fail(number, "open")
            check_refused(ask(server, OTHER_PATH))
            check_local(server)
            nas.go_on()
            check_comes_back(server, OTHER_PATH)
    for name, place, film in (("a folder below the videos", library.nas, OTHER_PATH),
                              ("the folder of videos", library.volume.videos, "/api/stream/bare")):
        with row(f"{name} is lost, and mounted anew: 503; then 206 at once"), \
                library.site(threads, place=place) as (nas, server):
            check_range(server, film)
            nas.end()
            check_refused(ask(server, film))
            hanging_fs.unmount(place, hanging_fs.MNT_DETACH)
            with HangingFileSystem(place, FAR_FILMS):
                check_range(server, film)


def check_whole_folder(row, library, threads):
    """The folder of videos itself is on the storage."""
    def site():
        return library.site(threads, place=library.volume.videos)

    everything = ("lookup", "getattr", "open", "read")
    # The path of the folder, which the web server is told, has to be found by asking the storage.
    offloaded = ["--offload", "x-sendfile", "--videos", f"{library.volume.path}/../data/videos"]
    with row("the folder of videos hangs, and its films are offloaded: 503, and ping, status and SIGHUP work"), \
            library.site(threads, *offloaded, place=library.volume.videos) as (nas, server), \
            contextlib.ExitStack() as viewers:
        nas.hang(*everything)
        reload(server)  # every thread begins anew
        refused = asking(viewers, server, "/api/stream/bare", 20)
        check_monitoring(server, threads)
        for connection in refused:
            check_refused(connection.read_reply())
        nas.go_on()
        support.wait_until(lambda: ask(server, "/api/stream/bare").field("X-Sendfile") ==
                           str(library.volume.videos / "far.mp4"), "offloaded again", server.process)
    with row("the folder of videos hangs: 503, and ping, status and SIGHUP work; then 206"), \
            site() as (nas, server), contextlib.ExitStack() as viewers:
        nas.hang(*everything)
        refused = asking(viewers, server, "/api/stream/bare", 20)
        check_monitoring(server, threads)
        for connection in refused:
            check_refused(connection.read_reply())
        check_monitoring(server, threads)
        nas.go_on()
        check_comes_back(server, "/api/stream/bare")
    with row("the folder of videos hangs, nobody wants a film of it: ping, status, SIGHUP "
                    "and SIGTERM work"), site() as (nas, server):
        nas.hang(*everything)
        check_monitoring(server, threads)
        stop(server)
        nas.go_on()  # a thread may have looked after the folder: the kernel lets nobody end who waits for a name
        equal(server.process.wait(support.DEADLINE), 0, "exit status")
    with row("the folder of videos hangs under viewers: SIGTERM closes the socket, and cuts "
                    "them off"), site() as (nas, server), contextlib.ExitStack() as viewers:
        nas.hang(*everything)
        waiting = asking(viewers, server, "/api/stream/bare", 8)
        support.wait_until(lambda: nas.count_held("lookup") + nas.count_held("getattr") > 0, "a request that hangs")
        stop(server)
        check_all_end(waiting)
        nas.go_on()
        equal(server.process.wait(support.DEADLINE), 0, "exit status")


def check_monitoring(server, threads):
    equal(ask(server, PING).content, b"pong", "ping")
    equal(ask(server, STATUS).status, 200, "status page")
    equal(ask(server, "/api/stream/none").status, 404, "status of what is not in the catalogue")
    reload(server)
    check_threads(server, threads)


def stop(server):
    """SIGTERM; the socket is free at once, whatever the kernel holds."""
    server.process.terminate()
    support.wait_until(lambda: not support.can_connect(server.address), "the socket closed")


def check_all_end(waiting):
    """All are answered or cut off."""
    for connection in waiting:
        with contextlib.suppress(ConnectionResetError):
            while connection.socket.recv(1 << 20):
                pass


def check_stopping(row, library, threads):
    with row("SIGTERM while reads of a film hang: the socket is free, the others' answers "
                    "end; the process does as soon as the kernel lets it"), library.site(threads) as (nas, server):
        others = Watchers(server, LOCAL_PATH, 3)
        with hung_transfers(nas, server, 8) as watchers:
            stop(server)
            with others:
                others.check_content()
            watchers.thread.join(support.DEADLINE)
            assert not watchers.thread.is_alive(), "viewers are left waiting"
            # Mostly the threads only wait for a page, and are ended; but some may wait for an answer.
            support.wait_until(lambda: "left to the kernel" in server.log(), "the line about what is left")
            nas.go_on()
            equal(server.process.wait(support.DEADLINE), 0, "exit status")
    with row("SIGTERM while look-ups of a film hang: the socket is free, the others' answers "
                    "end; the process does as soon as the kernel lets it"), library.site(threads) as (nas, server), \
            contextlib.ExitStack() as viewers:
        others = Watchers(server, LOCAL_PATH, 3)
        nas.hang("lookup")
        waiting = asking(viewers, server, OTHER_PATH, 8)
        support.wait_until(lambda: nas.count_held("lookup") > 0, "a look-up that hangs")
        stop(server)
        with others:
            others.check_content()
        check_all_end(waiting)
        nas.go_on()
        equal(server.process.wait(support.DEADLINE), 0, "exit status")


def count_in_log(pattern, library, server):
    return len(re.findall(pattern.replace("FOLDER", re.escape(str(library.nas))), server.log()))


def status_lines(library, server):
    """How long the folder has hung, how many wait, and how many threads it holds."""
    pattern = STATUS_LINE.replace("FOLDER", re.escape(str(library.nas)))
    return [tuple(map(int, found)) for found in re.findall(pattern, ask(server, STATUS).content.decode())]


def check_said(row, library, threads):
    with row("status and log say which folder hangs, since when, and how many wait"), \
            library.site(threads) as (nas, server), hung_transfers(nas, server, 8) as watchers:
        support.wait_until(lambda: [waiting for _, waiting, _ in status_lines(library, server)] == [8], "8 wait")
        (since, _, held), = status_lines(library, server)
        assert 1 <= held <= min(8, threads + LANE_THREADS), f"{held} threads held"
        support.wait_until(lambda: status_lines(library, server)[0][0] > since, "later")
        equal(count_in_log(LOG_BEGINS, library, server), 1, "lines about the beginning")
        equal(count_in_log(LOG_ENDS, library, server), 0, "lines about the end, before it")
        nas.go_on()
        watchers.check_content()
        support.wait_until(lambda: status_lines(library, server) == [], "nothing hangs any more")
        support.wait_until(lambda: count_in_log(LOG_ENDS, library, server) == 1, "the line about the end")
        equal(count_in_log(LOG_BEGINS, library, server), 1, "lines about the beginning, in the end")


def viewers_of(server):
    return int(re.search(r"^active viewers: +(\d+)$", ask(server, STATUS).content.decode(), re.MULTILINE)[1])


def check_several(row, library, threads):
    with row(f"{MORE} storages hang, one after another: the others are served, and then all"), \
            contextlib.ExitStack() as stack:
        storages = [stack.enter_context(HangingFileSystem(place, FAR_FILMS)) for place in library.more]
        server = stack.enter_context(library.serving(threads))
        stack.callback(lambda: [nas.go_on() for nas in storages])
        for number, nas in enumerate(storages):
            nas.hang("lookup", "open")
            refused = asking(stack, server, f"/api/stream/more{number}", threads)
            support.wait_until(lambda nas=nas: nas.count_held("lookup") + nas.count_held("open") > 0, "one that hangs")
            check_local(server, 20)
            equal(ask(server, PING).content, b"pong", "ping")
            for connection in refused:
                check_refused(connection.read_reply())
        for nas in storages:
            nas.go_on()
        for number in range(MORE):
            check_comes_back(server, f"/api/stream/more{number}")
    with row("look-ups that take a moment each, again and again: the storage gets threads of its own"), \
            library.site(threads) as (nas, server), contextlib.ExitStack() as viewers:
        count = support.threads_of(server.process)
        for operation in ("lookup", "getattr"):  # of a film that is open the marks are asked for
            nas.delay(operation, LOOKUP_SECONDS)
        is_over = threading.Event()

        def seek():
            while not is_over.is_set():
                check_range(server, OTHER_PATH)

        seekers = [threading.Thread(target=seek) for _ in range(SEEKERS)]
        viewers.callback(lambda: [thread.join() for thread in seekers])
        viewers.callback(is_over.set)
        for thread in seekers:
            thread.start()
        # Two close what is not used any more, one for each device.
        support.wait_until(lambda: support.threads_of(server.process) > count + 2, "threads of the storage")
        check_local(server, 20)


def check_closing(row, library, threads):
    with row("closing a film hangs: the next request on its connection is answered"), \
            library.site(threads) as (nas, server), fastcgi.Connection(server.address) as connection:
        nas.hang("flush")
        connection.send(OTHER_PATH, fields=range_field(0, 1000), flags=fastcgi.KEEP_CONN)
        equal(connection.read_reply().content, support.position_coded(1000), "content")
        support.wait_until(lambda: nas.count_held("flush") > 0, "a closing that hangs")
        connection.send(LOCAL_PATH, fields=range_field(0, 1000), flags=fastcgi.KEEP_CONN)
        equal(connection.read_reply().content, LOCAL[:1000], "content of the next")
        nas.go_on()
    with row("closing films hangs at the end: the log says so; the process ends once they can be closed"), \
            library.site(threads) as (nas, server), contextlib.ExitStack() as viewers:
        for _ in range(4):
            viewer = viewers.enter_context(fastcgi.Connection(server.address))
            viewer.send(FAR_PATH)
            viewer.read_exactly(1000)
        nas.hang("flush")
        server.process.send_signal(signal.SIGTERM)
        support.wait_until(lambda: "left to the kernel" in server.log(), "the line about what is left")
        nas.go_on()
        equal(server.process.wait(support.DEADLINE), 0, "exit status")


def check_leaving(row, library, threads):
    for name, leave in (("end their side", lambda connection: connection.socket.shutdown(socket.SHUT_WR)),
                        ("abort", lambda connection: connection.socket.sendall(fastcgi.record(fastcgi.ABORT_REQUEST, b"")))):
        with row(f"viewers {name} while they wait for storage: only those whom a thread serves keep their seats"), \
                library.site(threads) as (nas, server), hung_transfers(nas, server, LEAVERS) as watchers:
            equal(viewers_of(server), LEAVERS, "viewers")
            for connection in watchers.connections:
                leave(connection)
            support.wait_until(lambda: viewers_of(server) <= threads + LANE_THREADS, "seats that are free again",
                               server.process)


def check_signals(row, library, threads):
    everything = ("lookup", "getattr", "open", "read")
    with row("SIGTERM while a reload waits for the folder of videos: the server stops at once"), \
            library.site(threads, place=library.volume.videos, timeout=3600) as (nas, server):
        nas.hang(*everything)
        server.process.send_signal(signal.SIGHUP)
        support.wait_until(lambda: sum(map(nas.count_held, everything)) > 0, "a check that hangs")
        server.process.send_signal(signal.SIGTERM)
        server.wait_for_log("stop: TERM: finishing the running answers")
        nas.go_on()
        equal(server.process.wait(support.DEADLINE), 0, "exit status")
    with row("start while the folder of videos hangs: ping works; the films come once it answers"), \
            HangingFileSystem(library.volume.videos, FAR_FILMS) as nas, contextlib.ExitStack() as stack:
        stack.callback(nas.go_on)
        nas.hang(*everything)
        server = stack.enter_context(library.serving(threads))
        assert "serve: videos: their storage does not answer: not checked" in server.log(), server.log()
        equal(ask(server, PING).content, b"pong", "ping")
        nas.go_on()
        check_comes_back(server, "/api/stream/bare")


def check_let_go(row, library, threads):
    for name, place, film in (("a folder below the videos", library.nas, OTHER_PATH),
                              ("the folder of videos", library.volume.videos, "/api/stream/bare")):
        with row(f"{name} that nobody uses any more can be unmounted, and mounted again"), \
                library.site(threads, place=place) as (nas, server):
            check_range(server, film)
            support.wait_until(nas.is_unmounted, "unmounted")
            with HangingFileSystem(place, FAR_FILMS):
                check_comes_back(server, film)
    for name, operation in (("closing", "flush"), ("opening", "lookup")):
        with row(f"{name} a film hangs: other storage is let go all the same, and this once it answers"), \
                HangingFileSystem(library.more[0], FAR_FILMS) as other, library.site(threads) as (nas, server), \
                contextlib.ExitStack() as viewers:
            check_range(server, "/api/stream/more0")
            nas.hang(operation)
            asking(viewers, server, OTHER_PATH, 1)
            support.wait_until(lambda nas=nas, operation=operation: nas.count_held(operation) > 0, "one that hangs")
            check_range(server, "/api/stream/more0")
            support.wait_until(other.is_unmounted, "the other one unmounted")
            nas.go_on()
            support.wait_until(nas.is_unmounted, "unmounted")


def check_sshfs(row, library, threads):
    real = library.folder / f"real-{threads}"
    real.mkdir()
    for name, length in (("far.mp4", 8 * WATCHED), ("other.mp4", 1_000_000)):
        (real / name).write_bytes(support.position_coded(length))
    with row("sshfs whose far end has stopped: the others are served; then it goes on"), \
            sshfs.mounted(real, library.nas) as mount, library.serving(threads) as server, \
            contextlib.ExitStack() as viewers:
        viewers.callback(lambda: mount.far.send_signal(signal.SIGCONT))
        watchers = Watchers(server, FAR_PATH, 8)
        mount.far.send_signal(signal.SIGSTOP)
        with watchers:
            refused = asking(viewers, server, OTHER_PATH, 8)
            check_others(server, threads)
            for connection in refused:
                check_refused(connection.read_reply())
            check_others(server, threads)
            mount.far.send_signal(signal.SIGCONT)
            watchers.check_content()
            check_comes_back(server)
            check_comes_back(server, OTHER_PATH)
    for name, place, films in (("a folder below the videos", library.nas, (FAR_PATH, OTHER_PATH)),
                               ("the folder of videos", library.volume.videos, ("/api/stream/bare", "/api/stream/bare-other"))):
        with row(f"sshfs of {name} is killed: 503, and one line names the mount; then it is unmounted, and mounted again"), \
                sshfs.mounted(real, place) as mount, library.serving(threads) as server, \
                fastcgi.Connection(server.address) as viewer:
            viewer.send(films[0])
            viewer.read_exactly(1000)
            mount.near.kill()
            # A film that was opened a moment ago may still be given out, and its answer breaks off.
            support.wait_until(lambda server=server, films=films: is_refused(server, films[0]), "refused")
            for film in 2 * films:
                check_refused(ask(server, film))
            errors = re.findall(r"^reelgate: error: (.*)$", server.log(), re.MULTILINE)
            equal(errors, [f"storage: {place}: Transport endpoint is not connected; unmount it, and mount it again"], "log")
            viewer.socket.shutdown(socket.SHUT_RDWR)
            support.wait_until(lambda place=place: can_unmount(place), "unmounted")
            with sshfs.mounted(real, place):
                for film in films:
                    check_comes_back(server, film)


def is_refused(server, film):
    try:
        return ask(server, film).status == 503
    except (fastcgi.NoValidRecord, EOFError):
        return False


def can_unmount(place):
    return subprocess.run(["fusermount3", "-u", str(place)], capture_output=True, check=False).returncode == 0


def check_all(report, threads):
    """In a process of its own for each number of threads, all at once: they wait most of the time."""
    runs = [subprocess.Popen([sys.executable, __file__, "--threads", str(number), *sys.argv[1:]], stdout=subprocess.PIPE)
            for number in threads]
    for number, run in zip(threads, runs):
        with report.group(f"--threads {number}: all rows, to the end") as waiting:
            output = run.communicate(timeout=support.ROW_DEADLINE)[0].decode()
            report.spent += waiting.seconds()  # by its rows, that is
            last = re.search(r"^(\d+) passed, (\d+) failed\n\Z", output, re.MULTILINE)
            print(output[:last.start()] if last else output, end="")
            assert last, f"status {run.returncode}"
            report.passed += int(last[1])
            report.failed += int(last[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, help="one number of threads alone")
    report = support.Report(parser)
    only = report.arguments.threads
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if not servers.IS_ROOT or not os.path.exists(hanging_fs.DEVICE):
        print("note: storage that hangs: not tried, since that takes root and " + hanging_fs.DEVICE)
        report.finish()
    if not only:
        check_all(report, THREADS)
        report.finish()
    try:
        hanging_fs.enter_own_mounts()
    except OSError as failure:
        print(f"note: storage that hangs: not tried, since nothing may be mounted here: {failure}")
        report.finish()
    with support.Folder() as folder:
        library = Library(folder)

        def row(name):
            return report.row(f"--threads {only}: {name}")
        for check in (check_reading, check_opening, check_slow, check_failing, check_whole_folder, check_stopping,
                      check_said, check_several, check_closing, check_leaving, check_signals, check_let_go,
                      check_sshfs):
            with report.group(f"--threads {only}: {check.__name__}: the storage and the server, to the end"):
                check(row, library, only)
    report.finish()


main()
