"""A torture of FastCGI: thousands of connections, hundreds at once, each with a random script that says what it sends
and what has to come back; and what may follow an answer on a kept connection, as a table.

torture_test.py [--seed N [--count N]] plays those connections again. TORTURE_SECONDS is how long it goes on.
Does not judge HTTP: the answers are the few kinds that engine_test.py knows.
SPDX-License-Identifier: MIT
"""
import argparse
import collections
import contextlib
import dataclasses
import heapq
import itertools
import os
import random
import selectors
import socket
import struct
import subprocess
import time

import answers
import fastcgi
import support
from fastcgi import KEEP_CONN, begin, record, stream
from support import equal

SECONDS = float(os.environ.get("TORTURE_SECONDS", "10"))
AT_ONCE = 300

FILMS = {"tiny": b"tiny\n", "empty": b"", "film": support.position_coded(200_000),
         "big": support.position_coded(8 << 20)}

# Bytes that a peer reads at a time; one that reads less makes up for it after some records, or it would never end.
FAST = 1 << 18
SLOW_RECORDS = 20

# Bytes of a receive buffer.
NARROW, WIDE = 4096, 4 << 20

# What the process may have more after the torture than after its first third, in KiB.
GROWTH = 16 << 10

# Failures after which there is nothing more to learn.
MAX_FAILURES = 5


@dataclasses.dataclass
class Ask:
    """A request, and the answer that is right. Content that is None is an error's: only its length counts."""
    target: str
    method: str
    fields: list
    status: int
    content: bytes
    is_multipart: bool = False


def path_of(name):
    return f"/api/stream/{name}"


def ask_range(name, first, last):
    film = FILMS[name]
    return Ask(path_of(name), "GET", [("HTTP_RANGE", f"bytes={first}-{last}")], 206, film[first:last + 1])


def ask_ranges(name, ranges):
    spec = ",".join(f"{first}-{last}" for first, last in ranges)
    return Ask(path_of(name), "GET", [("HTTP_RANGE", f"bytes={spec}")], 206,
               answers.multipart_content(FILMS[name], ranges), True)


def ask_whole(name, method="GET"):
    return Ask(path_of(name), method, [], 200, FILMS[name] if method == "GET" else b"")


NOTHING = Ask(path_of("nothing"), "GET", [], 404, None)
HEAD = ask_whole("film", "HEAD")
LAST_BYTE = Ask(path_of("film"), "GET", [("HTTP_RANGE", "bytes=-1")], 206, FILMS["film"][-1:])
NOT_MODIFIED = Ask(path_of("film"), "GET", [("HTTP_IF_NONE_MATCH", "*")], 304, b"")
OPTIONS = Ask(path_of("film"), "OPTIONS", [], 204, b"")
DELETE = Ask(path_of("film"), "DELETE", [], 405, None)
UNSATISFIABLE = Ask(path_of("film"), "GET", [("HTTP_RANGE", "bytes=200000-")], 416, None)
SMALL = [
    NOTHING, HEAD, LAST_BYTE, NOT_MODIFIED, OPTIONS, DELETE, UNSATISFIABLE,
    Ask(path_of("nothing"), "HEAD", [], 404, b""),
    Ask(path_of("film"), "GET", [("HTTP_IF_MATCH", '"other"')], 412, None),
    Ask(path_of("film"), "GET", [("HTTP_RANGE", "bytes=1-2"), ("HTTP_IF_RANGE", '"other"')], 200, FILMS["film"]),
    *[ask_whole(name) for name in ("tiny", "empty", "film")],
]


def random_ask(rng):
    kind = rng.randrange(10)
    if kind < 5:
        return rng.choice(SMALL)
    name = rng.choice(["film", "film", "big"])
    length = len(FILMS[name])
    if kind < 8:
        first = rng.randrange(length)
        return ask_range(name, first, min(length - 1, first + rng.choice([0, 99, 8000, 70_000, 300_000])))
    if kind < 9:
        places = sorted(rng.sample(range(0, length, 7), 2 * rng.randrange(2, 6)))
        ranges = [(first, min(last - 2, first + 20_000)) for first, last in zip(places[::2], places[1::2])]
        return ask_ranges(name, ranges)
    return ask_whole(rng.choice(["film", "film", "big"]))


@dataclasses.dataclass
class End:
    """An END_REQUEST that has to come, behind the answer to `ask` if there is one."""
    request_id: int
    status: int
    ask: Ask = None
    may_be_cut: bool = False


class Script:
    """What one connection does, and what it has to hear: the ends of requests in their order, and the replies to
    management records in theirs."""

    def __init__(self):
        self.actions = []
        self.ends = []
        self.replies = []
        self.firm_replies = 0  # those that have to come; later ones may
        self.closes = False    # the peer closes, sooner or later
        self.is_wild = False   # anything that is well formed may come once the ends are over
        self.is_firm = True    # all ends and firm replies have to have come when it is over

    def send(self, content):
        self.actions.append(("send", content))

    def manage(self, kind, content=b"", padding=0):
        self.send(record(kind, content, 0, padding))
        if kind == fastcgi.GET_VALUES:
            values = {"FCGI_MPXS_CONNS": "0"} if b"FCGI_MPXS_CONNS" in content else {}
            self.replies.append((fastcgi.GET_VALUES_RESULT, values))
        else:
            self.replies.append((fastcgi.UNKNOWN_TYPE, kind))
        if not self.closes:
            self.firm_replies = len(self.replies)

    def end(self, *what, **more):
        if not self.closes:
            self.ends.append(End(*what, **more))

    def request(self, ask, request_id=1, flags=0):
        self.send(begin(flags=flags, request_id=request_id))
        self.rest(ask, request_id, flags)

    def rest(self, ask, request_id=1, flags=0):
        """All of a request but its beginning."""
        self.send(stream(fastcgi.PARAMS, fastcgi.params(ask.target, ask.method, ask.fields), request_id) +
                  stream(fastcgi.STDIN, b"", request_id))
        self.end(request_id, fastcgi.REQUEST_COMPLETE, ask)
        self.closes |= not flags & KEEP_CONN

    def abort(self, request_id=1):
        self.send(record(fastcgi.ABORT_REQUEST, b"", request_id))

    def wait_for_ends(self):
        self.actions.append(("ends", len(self.ends)))

    def wait_for_some(self):
        """Waits for a first record, where one has been drawn."""
        if self.ends or self.firm_replies:
            self.actions.append(("some", None))

    def wait_for_replies(self):
        self.actions.append(("replies", self.firm_replies))


VALUES = [fastcgi.short_name_value(b"FCGI_MPXS_CONNS", b""), fastcgi.short_name_value(b"FCGI_COLOUR", b""), b""]


def add_management(rng, script):
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        if rng.random() < 0.5:
            script.manage(fastcgi.GET_VALUES, rng.choice(VALUES), rng.choice([0, 0, 7, 255]))
        else:
            kind = rng.choice([0, 1, 2, 6, 42, 77, 255])
            content = bytes(8) if kind == fastcgi.BEGIN_REQUEST else rng.choice([b"", b"what"])
            script.manage(kind, content, rng.choice([0, 0, 3]))


def add_noise(rng, script):
    """Records of requests that were not begun: ignored."""
    number = rng.randrange(40_000, 50_000)
    kind = rng.choice([fastcgi.PARAMS, fastcgi.STDIN, fastcgi.DATA, fastcgi.ABORT_REQUEST, 42])
    script.send(record(kind, b"" if kind == fastcgi.ABORT_REQUEST else rng.randbytes(rng.randrange(30)), number))


def add_request(rng, script, flags):
    number, ask = rng.choice([1, 1, 1, 2, 255, 256, 65535]), random_ask(rng)
    script.send(begin(flags=flags, request_id=number))
    if rng.random() < 0.1:
        script.send(record(fastcgi.STDIN, b"early", number))
    content = fastcgi.params(ask.target, ask.method, ask.fields,
                             rng.choice([fastcgi.name_value, fastcgi.short_name_value]))
    step = rng.choice([len(content), len(content), 20, 7])
    for i in range(0, len(content), step):
        script.send(record(fastcgi.PARAMS, content[i:i + step], number, rng.choice([0, 0, 0, 5, 255])))
        if rng.random() < 0.05:
            add_interruption(rng, script, number)
    script.send(record(fastcgi.PARAMS, b"", number, rng.choice([0, 0, 8])))
    if rng.random() < 0.1:
        script.send(record(fastcgi.STDIN, rng.randbytes(rng.choice([1, 3000])), number))
        add_interruption(rng, script, number)
    script.send(record(fastcgi.STDIN, b"", number))
    script.end(number, fastcgi.REQUEST_COMPLETE, ask)
    if rng.random() < 0.2:
        if rng.random() < 0.5:
            script.wait_for_some()
        script.abort(number)
        if not script.closes:
            script.ends[-1].may_be_cut = True
    script.closes |= not flags


def add_interruption(rng, script, number):
    """What may stand within a request."""
    kind = rng.randrange(4)
    if kind == 0:
        add_noise(rng, script)
    elif kind == 1:
        other = number % 65535 + 1
        script.send(begin(rng.choice([1, 2, 3]), rng.choice([0, KEEP_CONN]), other))
        script.end(other, fastcgi.CANT_MPX_CONN)
    elif kind == 2:
        script.send(record(fastcgi.DATA, b"data", number))
    else:
        add_management(rng, script)


def add_early_abort(rng, script, flags):
    script.send(begin(flags=flags))
    if rng.random() < 0.7:
        script.send(record(fastcgi.PARAMS, fastcgi.params(path_of("film"))[:rng.randrange(60)]))
    if rng.random() < 0.3:
        script.send(record(fastcgi.PARAMS, b""))
    script.abort()
    script.end(1, fastcgi.REQUEST_COMPLETE)
    script.closes |= not flags


def add_other_role(rng, script, flags):
    script.send(begin(rng.choice([0, 2, 3, 257]), flags))
    script.end(1, fastcgi.UNKNOWN_ROLE)
    script.closes |= not flags
    if rng.random() < 0.5:
        script.send(stream(fastcgi.PARAMS, fastcgi.params(path_of("film"))) + stream(fastcgi.STDIN, b""))


def add_garbage(rng, script):
    kind = rng.randrange(5)
    if kind == 0:
        content = rng.randbytes(rng.randrange(1, 5000))
    elif kind == 1:
        content = b"".join(record(rng.randrange(14), rng.randbytes(rng.randrange(40)), rng.randrange(3),
                                  rng.randrange(9)) for _ in range(rng.randrange(1, 40)))
    elif kind == 2:
        content = begin(flags=rng.randrange(2)) + stream(fastcgi.PARAMS, rng.randbytes(rng.randrange(1, 300))) + \
            stream(fastcgi.STDIN, b"")
    elif kind == 3:
        content = begin() + begin()
    else:
        content = bytearray(fastcgi.request(path_of("film"), flags=rng.randrange(2)))
        for _ in range(rng.randrange(1, 6)):
            content[rng.randrange(len(content))] = rng.randrange(256)
    script.send(bytes(content))
    script.is_wild = script.closes = True
    script.is_firm = False
    if script.ends:
        script.ends[-1].may_be_cut = True
    script.actions.append(("shut", None))


def random_script(rng):
    script = Script()
    for _ in range(rng.choice([1, 1, 2, 3, 5, 8])):
        flags = KEEP_CONN if rng.random() < 0.85 else 0
        kind = rng.random()
        if kind < 0.6:
            add_request(rng, script, flags)
        elif kind < 0.8:
            add_management(rng, script)
        elif kind < 0.86:
            add_early_abort(rng, script, flags)
        elif kind < 0.92:
            add_other_role(rng, script, flags)
        elif kind < 0.97:
            add_noise(rng, script)
        else:
            add_garbage(rng, script)
            break
        then = rng.random()
        if then < 0.3:
            script.wait_for_ends()
        elif then < 0.4:
            script.wait_for_replies()
        elif then < 0.5:
            script.wait_for_some()
        elif then < 0.55:
            script.actions.append(("pause", rng.random() / 10))
    else:
        finish(rng, script)
    cut_up(rng, script)
    if rng.random() < 0.2:
        script.actions.insert(0, ("mute", rng.random() / 2))
    return script


def finish(rng, script):
    """The end of a script: a last request, half a close, or a leaving in the middle."""
    kind = rng.random()
    if kind < 0.4:
        add_request(rng, script, 0)
    elif kind < 0.6:
        script.actions.append(("shut", None))
        script.closes = True
    elif kind < 0.8 and script.actions:
        del script.actions[rng.randrange(len(script.actions)):]
        script.is_firm = False
        script.closes = True
        script.actions.append((rng.choice(["shut", "leave", "reset"]), None))


def cut_up(rng, script):
    """Joins what is sent in one go, and cuts it anew, without regard to records."""
    actions = []
    for what, content in script.actions:
        if what == "send" and actions and actions[-1][0] == "send":
            actions[-1] = ("send", actions[-1][1] + content)
        else:
            actions.append((what, content))
    script.actions = []
    mode = rng.random()
    for what, content in actions:
        step = 0
        if what == "send" and mode < 0.1 and len(content) < 1000:
            step = 1
        elif what == "send" and mode < 0.5:
            step = rng.choice([3, 9, 50, 700])
            step = max(step, len(content) // 50)
        if step:
            script.actions += [("send", content[i:i + step]) for i in range(0, len(content), step)]
        else:
            script.actions.append((what, content))
    ends = [i for i, (what, _) in enumerate(script.actions) if what == "send"]
    if not script.is_firm and not script.is_wild and ends:
        # What is left in the middle is left in the middle of a record, too.
        last = script.actions[ends[-1]][1]
        script.actions[ends[-1]] = ("send", last[:rng.randrange(len(last) + 1)])
        # Then nothing has been drawn that could be waited for.
        script.actions[ends[-1] + 1:] = [action for action in script.actions[ends[-1] + 1:]
                                         if action[0] not in ("ends", "replies", "some")]


class Answer:
    """What comes on STDOUT for one request, compared with what is right as it comes."""

    def __init__(self, ask):
        self.ask = ask
        self.head, self.reply = bytearray(), None
        self.content, self.position = bytearray(), 0
        self.is_ended = False

    def take(self, content):
        assert not self.is_ended, "STDOUT goes on behind its end"
        if len(content) == 0:
            self.is_ended = True
            return
        if self.reply is None:
            self.head += content
            if b"\r\n\r\n" not in self.head:
                return
            self.reply = support.parse_document_response(bytes(self.head))
            equal(self.reply.status, self.ask.status, f"status for {self.ask.method} {self.ask.target}")
            content = memoryview(self.reply.content)
        if self.ask.content is None or self.ask.is_multipart:
            self.content += content
            return
        end = self.position + len(content)
        assert self.ask.content[self.position:end] == content, \
            f"{self.ask.target} {self.ask.fields}: not the right bytes at {self.position} to {end}"
        self.position = end

    def finish(self, may_be_cut):
        if self.reply is None:
            assert may_be_cut, f"an answer without the end of its header section: {bytes(self.head)}"
            return
        if self.ask.is_multipart:
            got = answers.content_of(dataclasses.replace(self.reply, content=bytes(self.content)))
            assert may_be_cut or got == self.ask.content, "not the parts that were asked for"
            return
        wanted = self.ask.content
        length = len(self.content) if wanted is None else self.position
        promised = int(self.reply.field("Content-Length") or 0)
        complete = promised if wanted is None else len(wanted)
        if may_be_cut:
            assert length <= complete, "more than all"
            return
        assert self.is_ended, "no end of STDOUT"
        equal(length, complete, f"length for {self.ask.method} {self.ask.target}")
        if self.ask.method == "GET" and self.ask.status != 304:
            equal(promised, complete, "Content-Length")


class Peer:
    """One connection that plays its script."""

    def __init__(self, seed, script, address, rng):
        self.seed, self.script = seed, script
        self.socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        # Over TCP a narrow window makes the peer take part of a record.
        if rng.random() < 0.3:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
        self.socket.connect(address)
        self.socket.setblocking(False)
        self.step = rng.choice([FAST, FAST, FAST, 20_000, 1000])
        self.begun = time.monotonic()
        self.actions = collections.deque(script.actions)
        self.received = bytearray()
        self.records = self.ended = self.replied = 0
        self.answer = None
        self.failure = None  # what the system said last
        self.mute_until = self.resume_at = 0
        self.is_deaf = False  # the peer has closed; what is left to be sent is not
        self.is_over = False

    def wants(self, now):
        events = selectors.EVENT_READ if now >= self.mute_until else 0
        if self.actions and self.actions[0][0] == "send" and now >= self.resume_at:
            events |= selectors.EVENT_WRITE
        return events

    def act(self, now):
        """Goes on as far as it gets without waiting. Gives the time at which it is to be asked again, or nothing."""
        while self.actions and not self.is_over:
            what, argument = self.actions[0]
            if what == "send":
                if argument:
                    return None
            elif what == "ends":
                if self.ended < argument:
                    return None
            elif what == "replies":
                if self.replied < argument:
                    return None
            elif what == "some":
                if self.records == 0:
                    return None
            elif what == "pause":
                self.actions[0] = ("until", now + argument)
                return now + argument
            elif what == "until":
                if now < argument:
                    return argument
            elif what == "mute":
                self.mute_until = now + argument
                self.actions.popleft()
                return self.mute_until
            elif what == "shut":
                with contextlib.suppress(OSError):
                    self.socket.shutdown(socket.SHUT_WR)
            else:
                if what == "reset":
                    self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.is_over = True
            self.actions.popleft()
        if not self.actions and not self.script.closes and self.has_all():
            self.is_over = True
        return None

    def has_all(self):
        return self.ended >= len(self.script.ends) and self.replied >= self.script.firm_replies

    def write(self):
        content = self.actions[0][1]
        try:
            sent = self.socket.send(content)
        except BlockingIOError:
            return
        except OSError as failure:
            self.failure = failure
            self.actions.clear()  # it has closed: what it has said is still to be read
            return
        if sent == len(content):
            self.actions.popleft()
        else:
            self.actions[0] = ("send", content[sent:])

    def read(self):
        try:
            content = self.socket.recv(self.step)
        except BlockingIOError:
            return
        except OSError as failure:
            self.failure = failure
            content = b""
        if not content:
            self.is_over = True
            if self.script.is_firm:
                assert self.script.closes, f"closed, with {self.progress()}"
                assert self.has_all(), f"closed too early, with {self.progress()}"
            return
        self.received += content
        self.take_records()

    def progress(self):
        return f"{self.ended} of {len(self.script.ends)} ends and {self.replied} of {self.script.firm_replies} replies" + \
            (f" ({self.failure})" if self.failure else "")

    def take_records(self):
        done, view = 0, memoryview(self.received)
        try:
            while len(view) - done >= fastcgi.HEADER.size:
                version, kind, number, length, padding = fastcgi.HEADER.unpack(view[done:done + 8])
                equal(version, fastcgi.VERSION, "version")
                end = done + 8 + length + padding
                if end > len(view):
                    break
                self.take_record(kind, number, view[done + 8:done + 8 + length])
                done = end
        finally:
            view.release()
        del self.received[:done]

    def take_record(self, kind, number, content):
        self.records += 1
        if self.records == SLOW_RECORDS:
            self.step = FAST
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WIDE)
        with content:
            if kind in (fastcgi.GET_VALUES_RESULT, fastcgi.UNKNOWN_TYPE):
                self.take_reply(kind, number, bytes(content))
                return
            assert kind in (fastcgi.STDOUT, fastcgi.END_REQUEST), f"a record of type {kind}"
            if self.ended == len(self.script.ends):
                assert self.script.is_wild, f"a record of type {kind} with id {number} behind everything"
                return
            end = self.script.ends[self.ended]
            equal(number, end.request_id, "id")
            if kind == fastcgi.STDOUT:
                assert end.ask, "STDOUT of a request that was not to be answered"
                self.answer = self.answer or Answer(end.ask)
                self.answer.take(content)
                return
            equal(len(content), 8, "length of END_REQUEST")
            equal(struct.unpack("!LB", content[:5]), (0, end.status), "application status, protocol status")
            if end.ask:
                (self.answer or Answer(end.ask)).finish(end.may_be_cut)
            self.answer = None
            self.ended += 1

    def take_reply(self, kind, number, content):
        equal(number, 0, "id of a reply")
        if self.replied < len(self.script.replies):
            told = content[0] if kind == fastcgi.UNKNOWN_TYPE else fastcgi.values_of(content)
            equal((kind, told), self.script.replies[self.replied], f"reply number {self.replied}")
        else:
            assert self.script.is_wild, "a reply that nothing was asked for"
        self.replied += 1


class Crowd:
    """Peers that play their scripts at the same time."""

    def __init__(self, process):
        self.process = process
        self.selector = selectors.DefaultSelector()
        self.peers = {}
        self.alarms = []
        self.numbers = itertools.count()
        self.failures = []

    def add(self, peer):
        self.peers[peer.socket] = [peer, 0]
        self.go_on(peer)

    def go_on(self, peer, act=lambda: None):
        """Lets it act, and registers what it then waits for."""
        now = time.monotonic()
        try:
            act()
            alarm = peer.act(now)
        except Exception as failure:  # whatever it is, this connection has failed
            self.fail(peer, f"{type(failure).__name__}: {failure}")
            return
        if peer.is_over:
            self.remove(peer)
            return
        if alarm is not None:
            heapq.heappush(self.alarms, (alarm, next(self.numbers), peer))
        self.register(peer, peer.wants(now))

    def register(self, peer, events):
        registered = self.peers[peer.socket][1]
        if registered == events:
            return
        if not events:
            self.selector.unregister(peer.socket)
        elif not registered:
            self.selector.register(peer.socket, events, peer)
        else:
            self.selector.modify(peer.socket, events, peer)
        self.peers[peer.socket][1] = events

    def remove(self, peer):
        self.register(peer, 0)
        del self.peers[peer.socket]
        peer.socket.close()

    def fail(self, peer, why):
        self.failures.append(f"--seed {peer.seed}: {why}")
        peer.is_over = True
        self.remove(peer)

    def turn(self):
        for key, events in self.selector.select(0.05):
            peer = key.data
            if events & selectors.EVENT_WRITE:
                self.go_on(peer, peer.write)
            if events & selectors.EVENT_READ and not peer.is_over:
                self.go_on(peer, peer.read)
        now = time.monotonic()
        while self.alarms and self.alarms[0][0] <= now:
            peer = heapq.heappop(self.alarms)[2]
            if not peer.is_over:
                self.go_on(peer)
        if next(self.numbers) % 64 == 0:
            for peer, _ in list(self.peers.values()):
                if now - peer.begun > support.DEADLINE:
                    self.fail(peer, f"hangs, with {peer.progress()}")

    def play(self, make_peer, more):
        """Has `make_peer` make peers while `more` says so, and plays to the end of all of them, or to that of the
        server. Gives the seeds of those that were playing then."""
        while True:
            while len(self.peers) < AT_ONCE and self.process.poll() is None and more():
                with contextlib.suppress(ConnectionRefusedError):  # it has just died
                    self.add(make_peer())
            if not self.peers or len(self.failures) >= MAX_FAILURES or self.process.poll() is not None:
                break
            self.turn()
        seeds = [peer.seed for peer, _ in self.peers.values()]
        for peer, _ in list(self.peers.values()):
            self.remove(peer)
        return seeds


def random_peer(seed, address):
    rng = random.Random(seed)
    return Peer(seed, random_script(rng), address, rng)


def torture(server, first, more):
    """Plays connections, `first` being the first one's seed, to their end; none may fail, and the server has to live.
    Gives the last one's seed."""
    crowd, seeds = Crowd(server.process), itertools.count(first)
    playing = crowd.play(lambda: random_peer(next(seeds), server.address), more)
    last = next(seeds) - 1
    if crowd.failures:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(0.2)
    if server.process.poll() is not None:
        raise AssertionError(f"the server died with {server.process.returncode}, seeds {first} to {last}; played at "
                             f"that time: {playing[:40]}; failed before: {crowd.failures}")
    assert not crowd.failures, f"{'; '.join(crowd.failures)}; the server said: {support.shorten(server.log())}"
    return last


# The parts of a torture: what it is called, its part of the time, and how far its seeds are from the first.
PARTS = [("warmed up", 1 / 6, 0), ("tortured", 1 / 3, 1_000_000)]


def check_torture(report, folder, volume, transport, address, base):
    with report.group(f"random connections over {transport}: the server, to the end"), \
            serving(folder, volume, address) as server:
        memory = 0
        for name, part, distance in PARTS:
            with report.row(f"random connections over {transport}, up to {AT_ONCE} at once: {name}"):
                end = time.monotonic() + part * SECONDS
                last = torture(server, base + distance, lambda: time.monotonic() < end)
                print(f"note: random connections over {transport}, {name}: seeds {base + distance} to {last}")
            memory = memory or support.memory_of(server.process)
        check_after(report, server, transport, memory)


def check_after(report, server, transport, memory):
    with report.row(f"after the torture over {transport}: a request is answered"), \
            fastcgi.Connection(server.address) as connection:
        connection.send(path_of("big"))
        equal(connection.read_reply().content == FILMS["big"], True, "content")
    with report.row(f"after the torture over {transport}: no connection is left"):
        support.wait_until(lambda: support.sockets(server.process) == 1, "the listening socket alone", server.process)
    with report.row(f"after the torture over {transport}: no more memory than after its first third"):
        grown = support.memory_of(server.process) - memory
        assert support.is_sanitized() or grown < GROWTH, f"{grown} KiB more than {memory}"


def play_again(report, folder, volume, transport, address, seed, count):
    for number in range(seed, seed + count):
        with report.row(f"--seed {number}, over {transport}"), serving(folder, volume, address) as server:
            left = iter([True])
            torture(server, number, lambda: next(left, False))


def serving(folder, volume, address):
    return support.Serving(folder, volume, "--threads", "4", "--grace", "5", address=address)


# What a kept connection is answered.
FIRST = [
    ("200", ask_whole("film")), ("206", ask_range("film", 1000, 150_000)), ("206 of one byte", LAST_BYTE),
    ("multipart", ask_ranges("film", [(0, 9), (100, 70_000)])), ("200, empty", ask_whole("empty")), ("404", NOTHING),
    ("304", NOT_MODIFIED), ("HEAD", HEAD), ("204", OPTIONS), ("405", DELETE), ("416", UNSATISFIABLE),
]


def begin_and_abort(script):
    script.send(begin(flags=KEEP_CONN, request_id=2))
    script.abort(2)
    script.end(2, fastcgi.REQUEST_COMPLETE)


def begin_with_another_role(script):
    script.send(begin(fastcgi.AUTHORIZER, KEEP_CONN, 2))
    script.end(2, fastcgi.UNKNOWN_ROLE)


def begin_two(script):
    script.send(begin(flags=KEEP_CONN, request_id=2) + begin(flags=KEEP_CONN, request_id=3))
    script.end(3, fastcgi.CANT_MPX_CONN)
    script.wait_for_ends()
    script.rest(HEAD, 2, KEEP_CONN)


# What then draws a reply (FastCGI 1.0, sections 4 and 5).
THEN = [
    ("GET_VALUES", lambda script: script.manage(fastcgi.GET_VALUES, VALUES[0])),
    ("an unknown management type", lambda script: script.manage(77)),
    ("a request that is begun and aborted", begin_and_abort),
    ("a request for another role", begin_with_another_role),
    ("a request that begins within another", begin_two),
]


def check_after_answer(report, folder, volume):
    """A kept connection has been answered in full; then comes what draws a reply; then a request."""
    server = None
    for (first, ask), (then, add) in itertools.product(FIRST, THEN):
        script = Script()
        script.request(ask, flags=KEEP_CONN)
        script.wait_for_ends()
        add(script)
        script.wait_for_ends()
        script.wait_for_replies()
        script.request(HEAD, 4711)
        if server is None or server.process.poll() is not None:
            server = serving(folder, volume, None).__enter__()
        with report.row(f"{first} on a kept connection, then {then}"):
            play(server, [script])
    with report.row("what follows an answer: the server, to the end"):
        server.__exit__()


# Lengths of answers that fill a Unix socket, or nearly: with one of them the answer still fits, and a reply does not.
FULL = range(100_000, 300_000, 2_000)


def check_full_sockets(report, folder, volume):
    with report.row("unread answers, and then what draws replies: nothing is lost"), \
            serving(folder, volume, None) as server:
        scripts = []
        for length in FULL:
            script = Script()
            script.actions.append(("mute", 0.5))
            script.request(ask_range("big", 0, length - 1), flags=KEEP_CONN)
            script.actions.append(("pause", 0.2))  # the answer goes as far as it goes
            for _ in range(3):
                script.manage(fastcgi.GET_VALUES, VALUES[0])
                begin_with_another_role(script)
            script.request(HEAD, 4711)
            scripts.append(script)
        play(server, scripts)


def play(server, scripts):
    crowd, left = Crowd(server.process), list(enumerate(scripts))[::-1]

    def make_peer():
        number, script = left.pop()
        return Peer(number, script, server.address, random.Random(0))

    crowd.play(make_peer, lambda: bool(left))
    if crowd.failures:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(0.2)
    died = f", the server died with {server.process.returncode}" if server.process.poll() is not None else ""
    assert not crowd.failures and not died, "; ".join(crowd.failures) + died


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, help="the connection to play again")
    parser.add_argument("--count", type=int, default=1, help="how many, from that on")
    report = support.Report(parser)
    arguments = report.arguments
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        for name, film in FILMS.items():
            volume.add(name, film)
        if arguments.seed is None:
            check_after_answer(report, folder, volume)
            check_full_sockets(report, folder, volume)
        base = time.time_ns() // 1_000_000
        for transport, address in (("a Unix socket", None), ("TCP", ("127.0.0.1", support.free_port()))):
            if arguments.seed is None:
                check_torture(report, folder, volume, transport, address, base)
            else:
                play_again(report, folder, volume, transport, address, arguments.seed, arguments.count)
    report.finish()


main()
