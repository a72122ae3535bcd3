"""Owns trials: a server with faults, what is asked of it, and whether what came may have come while something failed.

Does not make faults: faults.py does.
SPDX-License-Identifier: MIT
"""
import contextlib
import dataclasses
import pathlib
import re
import select
import signal
import subprocess
import time

import fastcgi
import support
from answers import content_of, multipart_content
from fastcgi import record, request
from support import equal

FILM = support.position_coded(1 << 20)
LARGE = 64 << 20  # more than any socket's buffers hold
FILM_PATH, LARGE_PATH = "/api/stream/film", "/api/stream/large"

# Seconds within which an answer, or the end of its connection, has to come. Generous, and spent only on what hangs.
ANSWERED = 15

GRACE = 2

THREADS = 2  # at the most, in any row

# Descriptors of the catalogue that each of those, and a reload, may have: the database, its -wal and its -shm.
OF_CATALOGUE = 3

LANE_THREADS = 4  # at the most, of one storage

# Descriptors of films that are kept for the next request, for a second or two.
KEPT_FILMS = 2

# What makes strace hold a thread in sendfile, for longer than a storage takes that is not slow.
SLOW = ["-e", "inject=sendfile:delay_enter=100000:when=1"]

# Findings after which a row is given up: each may have cost a deadline.
MAX_PROBLEMS = 3


def range_field(first, last):
    return [("HTTP_RANGE", f"bytes={first}-{last}")]


@dataclasses.dataclass
class Wanted:
    """The answer that is right: its status, and its content, where multipart's boundary is called BOUNDARY; None where
    any will do."""
    status: int
    content: bytes
    is_head: bool = False


SOME_RANGES = [(0, 99), (5000, 104_999), (1_000_000, 1_000_009)]
GET_RANGE = request(FILM_PATH, fields=range_field(100_000, 300_000))
RANGE = Wanted(206, FILM[100_000:300_001])
GET_MULTIPART = request(FILM_PATH, fields=[("HTTP_RANGE", "bytes=" + ",".join(f"{a}-{b}" for a, b in SOME_RANGES))])
MULTIPART = Wanted(206, multipart_content(FILM, SOME_RANGES))
GET_NOTHING = request("/api/stream/nothing")
NOTHING = Wanted(404, b'{"detail":"Video not found"}')
GET_VALUES = record(fastcgi.GET_VALUES, fastcgi.short_name_value(b"FCGI_MPXS_CONNS", b""), 0)
ABORT = record(fastcgi.ABORT_REQUEST, b"")


class ABORTED:
    """Stands for an answer that the peer has aborted: it may end anywhere."""


def records_of(raw):
    """The whole records at the beginning of what came; those that end a broken answer are none."""
    while len(raw) >= fastcgi.HEADER.size:
        version, kind, request_id, length, padding = fastcgi.HEADER.unpack(raw[:8])
        if version != fastcgi.VERSION:
            return
        # The last may be cut off: what there is of its content counts.
        yield kind, request_id, raw[8:8 + length]
        raw = raw[8 + length + padding:]


def judge(raw, wanted):
    """Decides whether what came on a connection, up to its end, is right or looks failed. Gives how many answers came
    whole and right."""
    out, ended, right = bytearray(), 0, 0
    for kind, _, content in records_of(raw):
        if kind == fastcgi.STDOUT:
            out += content
        elif kind == fastcgi.END_REQUEST and len(content) == 8:
            assert ended < len(wanted), "more answers than requests"
            if wanted[ended] is not ABORTED:
                right += is_right(support.parse_document_response(bytes(out)), wanted[ended])
            ended += 1
            out.clear()
    if out and b"\r\n\r\n" in out:
        assert ended < len(wanted), "more answers than requests"
        check_part(support.parse_document_response(bytes(out)), wanted[ended])
    return right


def is_right(reply, wanted):
    """Whether a whole answer is the one that is wanted; an error is none, and may be told in order."""
    if wanted.is_head:
        equal(reply.content, b"", "content of an answer to HEAD")
    else:
        equal(len(reply.content), int(reply.field("Content-Length")), "length of the content")
    if reply.status in (500, 503):
        return reply.status == wanted.status
    equal(reply.status, wanted.status, "status")
    if wanted.content is not None:
        equal(content_of(reply), wanted.content, "content")
    return True


def check_part(reply, wanted):
    """An answer that was broken off shows no byte that is wrong."""
    if wanted is ABORTED or reply.status in (500, 503) or wanted.content is None:
        return
    equal(reply.status, wanted.status, "status of what was broken off")
    assert wanted.content.startswith(content_of(reply)), "what was broken off is wrong"


def converse(address, sent, before_reading=None):
    """Sends on a connection of its own, and reads to the end of that, which has to come in time."""
    with fastcgi.Connection(address) as connection:
        return converse_on(connection, sent, before_reading)


def converse_on(connection, sent, before_reading=None):
    connection.socket.settimeout(ANSWERED)
    raw = bytearray()
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        connection.socket.sendall(sent)
        if before_reading:
            before_reading()
        while chunk := connection.socket.recv(1 << 20):
            raw += chunk
    return bytes(raw)


def wait_briefly(process, is_true, what):
    """As support.wait_until, for what is nearly always so already, and hundreds of times."""
    end = time.monotonic() + ANSWERED
    while not is_true():
        assert process.poll() is None, f"{what}: the process ended"
        assert time.monotonic() < end, f"{what}: not within {ANSWERED} s"
        select.select([], [], [], 0.001)


def is_asleep(process):
    """Whether no thread of a process runs, nor has a signal to take, at two looks."""
    for _ in range(2):
        for path in pathlib.Path(f"/proc/{process.pid}/task").glob("*/status"):
            try:
                status = path.read_text()
            except (FileNotFoundError, ProcessLookupError):  # that thread has ended
                continue
            if "\nState:\tS" not in status or int(re.search(r"ShdPnd:\s*(\w+)", status)[1], 16):
                return False
    return True


@contextlib.contextmanager
def traced(process, trace, *options):
    """Has strace at all threads of a process."""
    command = ["strace", "-f", "-o", str(trace), *options, "-p", str(process.pid)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as strace:
        try:
            line = strace.stderr.readline()  # comes once it has them
            assert b"attached" in line, line
            yield
            wait_briefly(process, lambda: is_asleep(process), "all threads wait")
        finally:
            strace.terminate()


class Subject:
    """A server with faults; when it has died, or answers nothing more, another takes its place and that is told."""

    def __init__(self, folder, volume, rules, *options, company=None, address=None, more_threads=0):
        """`company` is called with each new server's stack and address, for those who are there all the while. There may
        be `more_threads` than those that serve events."""
        self.folder, self.volume, self.rules, self.options = folder, volume, rules, options
        self.company, self.place, self.more_threads = company, address, more_threads
        self.problems = []

    def __enter__(self):
        self.start()
        return self

    def start(self):
        self.rules.clear()
        self.stack = contextlib.ExitStack()
        self.server = support.Serving(self.folder, self.volume, "--grace", str(GRACE), *self.options,
                                      address=self.place, environment=self.rules.environment)
        self.server.__enter__()
        self.process, self.address = self.server.process, self.server.address
        if self.company:
            self.company(self.stack, self.address)
        support.wait_until(lambda: is_asleep(self.process), "all threads wait", self.process)
        self.sockets, self.threads = support.sockets(self.process), support.threads_of(self.process)
        # The folder of videos is opened by each thread's first request. Another thread has a file in memory, too.
        self.files_before = self.files() + THREADS + 2 * self.more_threads + KEPT_FILMS

    def __exit__(self, kind, *_):
        self.rules.clear()
        self.stack.close()
        if kind is None and not self.problems:
            support.wait_until(lambda: is_asleep(self.process), "all threads wait", self.process)
            self.end()
        self.kill()
        assert kind or not self.problems, "; ".join(self.problems)

    def end(self):
        """Ends it as an administrator would, within its grace."""
        self.process.terminate()
        try:
            equal(self.process.wait(GRACE + ANSWERED), 0, "exit status after SIGTERM")
        except subprocess.TimeoutExpired:
            raise AssertionError("SIGTERM does not end it") from None

    def kill(self):
        self.stack.close()
        self.process.kill()
        self.process.wait()

    def ask(self, sent, wanted):
        """Asks without faults: the answer has to be right."""
        self.rules.clear()
        right = judge(converse(self.address, sent), wanted)
        equal(right, sum(each is not ABORTED for each in wanted), "right answers, without a fault")

    def files(self):
        """How many descriptors it has but those of the catalogue, of which each thread has its own."""
        database = str(self.volume.database)
        return sum(not path.startswith(database) for path in support.open_files(self.process))

    def wait_for_closing(self):
        wait_briefly(self.process, lambda: support.sockets(self.process) == self.sockets, "connections closed")

    def check_as_before(self, sent, wanted):
        self.ask(sent, wanted)
        try:
            wait_briefly(self.process, lambda: self.files() <= self.files_before + 2 * self.made_meanwhile(),
                         "descriptors as before")
        except AssertionError as failure:
            raise AssertionError(f"{failure}: {sorted(support.open_files(self.process))}, "
                                 f"{support.threads_of(self.process)} threads") from None
        catalogue = support.descriptors(self.process) - self.files()
        most = OF_CATALOGUE * (THREADS + 1 + self.more_threads + self.made_meanwhile())
        assert catalogue <= most, f"{catalogue} descriptors of the catalogue"

    def made_meanwhile(self):
        """How many threads there are more than at the start: on a machine that is busy, storage may look slow, too."""
        return max(0, support.threads_of(self.process) - self.threads)

    @contextlib.contextmanager
    def trial(self, name, sent, wanted):
        """Has a fault in its body; then the server has to be as it was."""
        try:
            yield
            self.check_as_before(sent, wanted)
        except (AssertionError, OSError, EOFError) as failure:
            self.note(name, failure)

    def note(self, name, failure):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(0.1)
        died = ""
        if self.process.returncode is not None:
            died = f", it died with {self.process.returncode}, and said last: {self.server.log()[-300:]!r}"
        self.problems.append(f"{name}: {type(failure).__name__}: {failure}{died}")
        assert len(self.problems) < MAX_PROBLEMS, "; ".join(self.problems)
        self.kill()
        self.start()

    def reload(self):
        """Without a fault: it has to succeed."""
        self.rules.clear()
        before = self.server.log_file.stat().st_size
        self.process.send_signal(signal.SIGHUP)
        wait_briefly(self.process, lambda: b"settings are in force" in self.log_since(before), "reloaded")
        # What the service manager is told comes after that.
        wait_briefly(self.process, lambda: is_asleep(self.process), "the reload is over")

    def log_since(self, position):
        with open(self.server.log_file, "rb") as log:
            log.seek(position)
            return log.read()


def answer_of(raw):
    """The one answer that came on a connection, which has to have ended in order."""
    records = list(records_of(raw))
    assert records and records[-1][0] == fastcgi.END_REQUEST, f"no end of the answer after {len(raw)} bytes"
    return support.parse_document_response(b"".join(content for kind, _, content in records if kind == fastcgi.STDOUT))


def make_volume(folder):
    """A volume with the films that are asked for."""
    volume = support.Volume(folder / "data")
    volume.add("film", FILM)
    volume.sparse("large", LARGE, {})
    return volume
