"""Owns what all test scripts share: rows, data volumes, running reelgate, raw HTTP.

Does not know the web servers: servers.py does.
SPDX-License-Identifier: MIT
"""
import argparse
import atexit
import contextlib
import dataclasses
import fcntl
import functools
import itertools
import os
import pathlib
import pty
import pwd
import re
import select
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIP = ROOT / "tests/fixtures/sample.mp4"

# The program under test, where it was built.
BUILT = pathlib.Path(os.environ.get("REELGATE", ROOT / "build/reelgate"))

# Timeout in seconds for anything that a test waits for. Generous: the machine may be busy.
DEADLINE = 30

# Seconds within which a row has to come to its end, whatever it waits for.
ROW_DEADLINE = 600


def catch_ignored_signals():
    """Gives children the default actions of signals. A shell that has started us in the background, or nohup, ignores
    some for us, and a child would inherit that; what is caught is reset to its default there."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def runnable_by_all(program):
    """The path of a program that other users may run as well: of a copy, where a folder above it keeps them out."""
    folders = [folder for folder in program.resolve().parents if folder.exists()]
    if os.geteuid() != 0 or not program.exists() or all(folder.stat().st_mode & 0o001 for folder in folders):
        return str(program)
    folder = tempfile.mkdtemp(prefix="reelgate-test-")
    # By the process that has made it alone, and not by one that it forks.
    atexit.register(lambda maker: maker == os.getpid() and shutil.rmtree(folder), os.getpid())
    os.chmod(folder, 0o755)
    return shutil.copy(program, folder)


catch_ignored_signals()
PROGRAM = runnable_by_all(BUILT)


class Skipped(Exception):
    """Leads out of a row that is not wanted."""


class Late(Exception):
    """Leads out of a row that does not come to its end."""


def set_alarm(seconds):
    """Ends what is waited for after so long, and whatever is waited for afterwards soon; 0 for never."""
    signal.setitimer(signal.ITIMER_REAL, seconds, DEADLINE if seconds else 0)


class Row:
    """One row of a Report, with what it tries as the body of a `with`, and its seconds."""

    def __init__(self, report, name, has_rows=False):
        self.report, self.name, self.has_rows = report, name, has_rows
        self.is_wanted = report.wants(name)

    def __enter__(self):
        self.begin, self.spent_before = time.monotonic(), self.report.spent
        if self.has_rows:
            self.report.open_groups.append(self)
        elif not self.is_wanted:
            self.skip()
        set_alarm(ROW_DEADLINE)
        return self

    def skip(self):
        """Leaves out the body. Python knows no other way out of a `with` than an exception within it: a trace function
        raises one before the first instruction of the body."""
        frame = sys._getframe()
        while frame.f_locals.get("self") is self:
            frame = frame.f_back

        def leave(*_):
            sys.settrace(None)
            frame.f_trace, frame.f_trace_opcodes = None, False
            raise Skipped
        frame.f_trace, frame.f_trace_opcodes = leave, True
        sys.settrace(lambda *_: None)

    def __exit__(self, _, failure, trace):
        set_alarm(ROW_DEADLINE)
        if self.has_rows:
            self.report.open_groups.remove(self)
        if isinstance(failure, Skipped):
            return True
        # Whatever else it is that ends the row, the others are tried.
        if failure and not isinstance(failure, Exception):
            return False
        if failure:
            print(f"FAILED: {self.name}: {type(failure).__name__}: {failure}")
            if not isinstance(failure, AssertionError):
                traceback.print_exception(failure, file=sys.stdout)
        if failure or self.is_wanted:
            self.report.count(self.name, self.seconds(), failure)
        return True

    def seconds(self):
        """Its own, without those of the rows within it."""
        return time.monotonic() - self.begin - (self.report.spent - self.spent_before)


class Report:
    """Runs the rows that are wanted, counts and times them; scripts/check adds up the last line that it prints. A test
    has these options beside those of `parser`."""

    def __init__(self, parser=None):
        parser = parser or argparse.ArgumentParser()
        parser.add_argument("--only", default="", metavar="TEXT", help="runs the rows whose names contain this")
        parser.add_argument("--seconds", action="store_true", help="prints the seconds of each row")
        self.arguments = parser.parse_args()
        self.passed = self.failed = 0
        self.spent = 0.0  # seconds in rows that have ended
        self.open_groups = []
        signal.signal(signal.SIGALRM, self.end_row)
        # By way of every __exit__, so that nothing is left running.
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        set_alarm(ROW_DEADLINE)

    @staticmethod
    def end_row(*_):
        raise Late(f"not done within {ROW_DEADLINE} s")

    def wants(self, name):
        return self.arguments.only in name or any(group.is_wanted for group in self.open_groups)

    def row(self, name):
        """A situation with what has to come of it; it leans on no other row."""
        return Row(self, name)

    def group(self, name):
        """What several rows have in common, as a server has to end in order for all of them: itself a row. It is
        entered whichever rows are wanted, and where it is wanted, they are."""
        return Row(self, name, has_rows=True)

    def count(self, name, seconds, failure=None):
        self.passed += failure is None
        self.failed += failure is not None
        self.spent += seconds
        if self.arguments.seconds:
            print(f"{seconds:.2f} s: {name}")

    def finish(self):
        set_alarm(0)
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what}: {shorten(got)} is not {shorten(wanted)}")


def shorten(value):
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:140]} ... {text[-140:]}"


# Position-coded bytes are made in blocks of lines: the first five digits of their numbers are put in.
LINES = b"".join(b"#####%04d\n" % number for number in range(10_000))


@functools.lru_cache(256)
def position_coded_block(number):
    block = bytearray(LINES)
    for place, digit in enumerate(b"%05d" % number):
        block[place::10] = bytes([digit]) * 10_000
    return bytes(block)


def position_coded(length, first=0):
    """Position-coded bytes: lines of ten, each with its number. `first` is the position of the first byte."""
    block, skipped = divmod(first, len(LINES))
    blocks = range(block, block + -(-(skipped + length) // len(LINES)))
    return b"".join(map(position_coded_block, blocks))[skipped:skipped + length]


def set_time(path, seconds):
    os.utime(path, (seconds, seconds))


class Folder:
    """A temporary folder, removed at the end; others may enter it, since web servers run as users of their own."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="reelgate-test-"))
        self.path.chmod(0o755)
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path)


def clean_environment(**more):
    """The environment without reelgate's own variables and CGI's, so that a test sets all that matters."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("REELGATE", "REQUEST_", "HTTP_"))}
    return {**kept, **more}


def reelgate(*arguments, stdin=subprocess.DEVNULL, environment=None, **more):
    """Runs the program to its end."""
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=stdin, capture_output=True, timeout=DEADLINE,
                          env=clean_environment(**(environment or {})), check=False, **more)


# The program's message if nothing can be written to standard output.
NO_ROOM = "reelgate: write standard output: No space left on device\n"


def reelgate_on_full(*arguments):
    """Runs the program with a standard output that takes nothing. Returns its exit status and its message."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=full,
                              stderr=subprocess.PIPE, timeout=DEADLINE, env=clean_environment(), check=False)
    return done.returncode, done.stderr.decode()


class Terminal:
    """Runs a command with a controlling terminal of its own. Returns its standard error and its exit status."""

    def __init__(self, command, columns):
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.leader = leader
        self.shown = b""
        self.process = subprocess.Popen(
            command, stdin=follower, stdout=subprocess.PIPE, stderr=follower, env=clean_environment(),
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(follower)

    def read(self):
        try:
            more = os.read(self.leader, 65536)
        except OSError:  # EIO: the last one who had the terminal open has gone
            more = b""
        self.shown += more
        return bool(more)

    def finish(self):
        while self.read():
            pass
        os.close(self.leader)
        with self.process.stdout:
            output = self.process.stdout.read()
        return self.process.wait(DEADLINE), output


def mp4(content):
    """What `add` and `check` take for a whole MP4: the boxes that it must have, and any bytes in the last one."""
    mdat = (8 + len(content)).to_bytes(4, "big") + b"mdat" + content
    return b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x08moov" + mdat


class Volume:
    """A data volume, created and filled with reelgate's own commands."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.videos = self.path / "videos"
        self.database = self.path / "catalog.db"
        self.must("init")

    def must(self, command, *arguments):
        done = reelgate(command, "--data", self.path, *arguments)
        if done.returncode != 0:
            raise RuntimeError(f"reelgate {command}: {done.stderr.decode()}")
        return done

    def add(self, video, content):
        source = self.path / "source.mp4"
        source.write_bytes(content)
        # Whatever bytes a test needs.
        self.must("add", source, "--id", video, "--media-type", "video/mp4")
        source.unlink()

    def row(self, video, status):
        """A row without its file, as an application would write it."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")  # no test needs it after a power cut
            connection.execute("INSERT INTO videos (id, status) VALUES (?, ?)", (video, status))

    def sparse(self, video, length, markers):
        """A ready video of `length` bytes, zero but for `markers`, a dict from position to bytes."""
        with open(self.videos / f"{video}.mp4", "wb") as file:
            file.truncate(length)
            for position, marker in markers.items():
                file.seek(position)
                file.write(marker)
        self.row(video, "complete")

    def give_to(self, user):
        """Makes everything `user`'s, as an installation for that user would be."""
        entry = pwd.getpwnam(user)
        for path in [self.path, *self.path.rglob("*")]:
            os.chown(path, entry.pw_uid, entry.pw_gid)


@dataclasses.dataclass
class Reply:
    """An HTTP response, or a CGI document response, as received."""
    status: int
    reason: str
    fields: list
    content: bytes

    def field(self, name):
        """The value of a field that must not stand there twice; None where it is absent."""
        values = [value for key, value in self.fields if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} stands there {len(values)} times"
        return values[0] if values else None


def parse_reply(raw, first_line):
    """Parses a header section and its content. `first_line` is the form of the line with the status."""
    head, separator, content = raw.partition(b"\r\n\r\n")
    assert separator, f"no end of the header section in {shorten(raw)}"
    first, *lines = head.decode("latin-1").split("\r\n")
    status, _, reason = first_line(first).partition(" ")
    fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
    return Reply(int(status), reason, fields, content)


def parse_document_response(raw):
    def status_of(line):
        assert line.startswith("Status: "), f"begins with {line!r}"
        return line.removeprefix("Status: ")
    return parse_reply(raw, status_of)


def http_raw(port, request):
    """Sends bytes and reads until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as connection:
        connection.sendall(request)
        received = bytearray()
        while chunk := connection.recv(1 << 20):
            received += chunk
    return bytes(received)


def http_request(target, method, fields, connection="close"):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"Connection: {connection}",
             *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def parse_http(raw):
    return parse_reply(raw, lambda line: line.partition(" ")[2])


def http(port, target, method="GET", fields=()):
    """One request on a connection of its own, read to its end: bytes beyond Content-Length show."""
    reply = parse_http(http_raw(port, http_request(target, method, fields)))
    assert reply.field("Transfer-Encoding") is None, "chunked: the length was lost on the way"
    return reply


# Seconds without a byte after which a viewer counts as left hanging: longer than Apache's keep-alive timeout of 5,
# which is what ends a broken answer behind mod_proxy_fcgi, and shorter than nginx's of 75.
HANGS = 12


def check_cut_off(viewer, received, complete_length):
    """A connection of which `received` bytes have been read ends soon, before all that Content-Length said has come."""
    viewer.settimeout(HANGS)
    try:
        while more := viewer.recv(1 << 20):
            received += len(more)
    except ConnectionResetError:
        pass
    except TimeoutError:
        raise AssertionError(f"the viewer hangs after {received} bytes") from None
    assert received < complete_length, f"{received} bytes, which is all of them"


def wait_until(is_true, what, process=None):
    """Waits for a state that is not announced, by polling. Fails early if `process` ends meanwhile."""
    end = time.monotonic() + DEADLINE
    while not is_true():
        if process and process.poll() is not None:
            raise RuntimeError(f"{what}: the process ended with {process.returncode}")
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {DEADLINE} s")
        select.select([], [], [], 0.01)


def can_connect(address):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0


def free_port(family=socket.AF_INET):
    with socket.socket(family) as probe:
        probe.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        return probe.getsockname()[1]


def stop(process):
    """Ends a process that we started, in order; by force if it does not react, which is an error."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise RuntimeError(f"{process.args[0]}: did not end on SIGTERM") from None


# Texts in the reports of sanitizers, which are written to standard error, like the log.
SANITIZER_MARKS = ("ThreadSanitizer", "AddressSanitizer", "LeakSanitizer", "runtime error")


def is_sanitized():
    """Returns whether the program under test was built with a sanitizer of addresses or threads."""
    content = pathlib.Path(PROGRAM).read_bytes()
    return any(mark in content for mark in (b"__asan_init", b"__tsan_init"))


def check_sanitizers(log):
    """Fails if the text of a log has a sanitizer's report."""
    marks = [log.find(mark) for mark in SANITIZER_MARKS if mark in log]
    assert not marks, f"a sanitizer reports: {log[min(marks):][:4000]}"


class Serving:
    """A running `reelgate serve` on a Unix socket below `folder`, or on `address`; entered once it says that it is
    ready, or `is_ready` does."""
    numbers = itertools.count(1)

    def __init__(self, folder, volume, *options, address=None, is_ready=None, environment=None, **more):
        number = next(self.numbers)
        self.is_ready = is_ready or (lambda server: ": ready" in server.log())
        self.address = address or str(folder / f"serve-{number}.sock")
        self.log_file = folder / f"serve-{number}.log"
        host = "" if isinstance(self.address, str) else self.address[0]
        # As --listen wants it.
        self.place = f"unix:{self.address}" if not host else ("[{}]:{}" if ":" in host else "{}:{}").format(*self.address)
        listen = ["--listen", self.place]
        self.environment = clean_environment(**(environment or {}))
        self.command = [PROGRAM, "serve", "--data", str(volume.path), *([] if "stdin" in more else listen), *options]
        self.more = {"stdin": subprocess.DEVNULL, **more}

    def __enter__(self):
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(self.command, stderr=log, env=self.environment, **self.more)
        try:
            wait_until(lambda: self.is_ready(self), "serve", self.process)
        except BaseException:
            stop(self.process)
            raise
        return self

    def __exit__(self, *_):
        status = stop(self.process)
        check_sanitizers(self.log())
        assert status in (0, -signal.SIGKILL), f"exit status {status}: {shorten(self.log())}"

    def log(self):
        return self.log_file.read_text(errors="replace")

    def wait_for_log(self, text, count=1):
        wait_until(lambda: self.log().count(text) >= count, f"log: {text}", self.process)


def processor_seconds(process):
    """The processor time of a process, user and system, in seconds."""
    after_name = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(process):
    """The resident memory of a process, in KiB."""
    return int(re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1])


def threads_of(process):
    return len(os.listdir(f"/proc/{process.pid}/task"))


def open_files(process):
    """The targets of a process's descriptors; a deleted file by its former path."""
    found = []
    for link in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(link).removesuffix(" (deleted)"))
    return found


def descriptors(process, path=None):
    """The number of descriptors that a process has; with `path`, only of that file."""
    return sum(path is None or target == str(path) for target in open_files(process))


def sockets(process):
    return sum(target.startswith("socket:") for target in open_files(process))


def processes_of(program):
    """The ids of all processes that run the file `program`."""
    found = []
    for link in pathlib.Path("/proc").glob("[0-9]*/exe"):
        with contextlib.suppress(OSError):
            if os.readlink(link) == str(program):
                found.append(int(link.parent.name))
    return found
