"""The log where standard error takes nothing: every request is answered all the same, the process ends when it is told
to, and what was lost is told once it takes lines again.

Does not test what a line looks like, or which are counted: the unit tests do.
SPDX-License-Identifier: MIT
"""
import contextlib
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import termios
import tty

import fastcgi
import support
from support import equal

FILM = support.position_coded(1000)

# Requests, each of which makes a line: several times what any of these takes.
CROWD = 2000

LOST = re.compile(r"reelgate: warning: log: ([0-9]+) lines lost: standard error did not take them")
LINE = re.compile(r"reelgate: (?:error|warning|notice|info): \S[ -~]*")

NOBODY = 65534


class Unread:
    """A standard error that is not read until drain(): `fd` is what a process gets."""

    def __init__(self, fd, reader):
        self.fd, self.reader = fd, reader
        os.set_blocking(reader, False)

    def hold(self):
        """From now on it takes no more than it has room for."""

    def drain(self):
        """All that is there."""
        text = b""
        with contextlib.suppress(BlockingIOError, OSError):
            while more := os.read(self.reader, 65536):
                text += more
        return text.decode()

    def close(self):
        os.close(self.reader)


class UnreadTerminal(Unread):
    """One that was stopped with Ctrl-S."""

    def __init__(self, reader, fd):
        tty.setraw(fd)
        super().__init__(fd, reader)
        self.hold()

    def hold(self):
        termios.tcflow(self.fd, termios.TCOOFF)

    def drain(self):
        termios.tcflow(self.fd, termios.TCOON)
        # What was written before it was stopped is passed on by the kernel's own thread.
        select.select([self.reader], [], [], 0.1)
        return super().drain()


def unread_pipe(_):
    reader, writer = os.pipe()
    return Unread(writer, reader)


def unread_fifo(folder):
    path = folder / "fifo"
    path.unlink(missing_ok=True)
    os.mkfifo(path, 0o600)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    return Unread(os.open(path, os.O_WRONLY), reader)


def unread_socket(_):
    reader, writer = (end.detach() for end in socket.socketpair())
    return Unread(writer, reader)


def unread_terminal(_):
    return UnreadTerminal(*pty.openpty())


WAYS = {
    "a pipe": unread_pipe,
    "a FIFO": unread_fifo,
    "a socket, as the journal's": unread_socket,
    "a stopped terminal": unread_terminal,
}


@contextlib.contextmanager
def opened(way, folder):
    unread = way(folder)
    try:
        yield unread
    finally:
        os.close(unread.fd)
        unread.close()


@contextlib.contextmanager
def serving(folder, volume, stderr, *options, program=support.PROGRAM, **more):
    """A running `reelgate serve`, and its address. It has ended, or is killed, at the end."""
    place = str(folder / "s.sock")
    process = subprocess.Popen([program, "serve", "--data", volume.path, "--listen", f"unix:{place}", *options],
                               stdin=subprocess.DEVNULL, stderr=stderr, env=support.clean_environment(), **more)
    try:
        support.wait_until(lambda: support.can_connect(place), "serve", process)
        yield process, place
    finally:
        process.kill()
        process.wait()
        pathlib.Path(place).unlink(missing_ok=True)


def ask(address, count, status=200, target=lambda i: "/api/stream/film"):
    with fastcgi.Connection(address) as connection:
        for i in range(count):
            connection.send(target(i), flags=fastcgi.KEEP_CONN)
            equal(connection.read_reply().status, status, f"status of answer {i + 1}")


def check_lines(text):
    """What was taken is whole lines."""
    assert not text or text.endswith("\n"), f"ends in mid-line: {text[-200:]!r}"
    wrong = [line for line in text.splitlines() if not LINE.fullmatch(line)]
    equal(wrong, [], "lines that are none of reelgate's")


def end(process):
    """Tells it to end, while standard error is full."""
    process.send_signal(signal.SIGTERM)
    equal(process.wait(support.DEADLINE), 0, "exit status")


def check_full(folder, volume, way, **more):
    with opened(way, folder) as unread, \
            serving(folder, volume, unread.fd, "--log-level", "info", **more) as (process, address):
        # Shared with the process, and with others: its flags are not to be changed.
        flags = fcntl.fcntl(unread.fd, fcntl.F_GETFL)
        ask(address, CROWD)
        equal(fcntl.fcntl(unread.fd, fcntl.F_GETFL), flags, "flags of the inherited description")
        text = unread.drain()
        ask(address, 1)

        # A line may come after its answer, the last of the crowd as well.
        def is_complete():
            nonlocal text
            text += unread.drain()
            return text.endswith("\n") and lines_told(text) >= CROWD + 1
        support.wait_until(is_complete, "a line for each answer, or its loss")
        check_lines(text)
        equal(len(LOST.findall(text)), 1, "times that lines were said to be lost")
        equal(lines_told(text), CROWD + 1, "lines")
        unread.hold()
        ask(address, CROWD)
        end(process)
        check_lines(unread.drain())


def lines_told(text):
    """How many lines about answers there are, or were said to be lost. A terminal that is stopped from the beginning
    loses the line that says ready, too."""
    lost = sum(map(int, LOST.findall(text)))
    return text.count(": info: response ") + lost - (0 if ": ready\n" in text else 1)


def check_ways(report, folder, volume):
    for name, way in WAYS.items():
        with report.row(f"standard error is {name} that is not read"):
            check_full(folder, volume, way)


def check_other_users(report, folder, volume):
    """A process that has dropped its rights has what it cannot open again."""
    if os.geteuid() != 0:
        return
    program = shutil.copy(support.PROGRAM, folder / "reelgate")
    own = folder / "own"
    own.mkdir()
    volume.give_to("nobody")
    os.chown(own, NOBODY, NOBODY)
    for name, way in WAYS.items():
        with report.row(f"standard error is {name} that is not read, and another user's"):
            check_full(own, volume, way, program=program, user=NOBODY, group=NOBODY, extra_groups=[])


def fill(unread):
    """Leaves no room for a line."""
    os.set_blocking(unread.fd, False)
    for piece in (b"-" * 4095 + b"\n", b"\n"):
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(unread.fd, piece)
    os.set_blocking(unread.fd, True)


def check_one_request(report, volume):
    """Plain CGI, where the web server reads neither line nor answer before the end, or has closed its end."""
    environment = support.clean_environment(REQUEST_METHOD="GET", REQUEST_URI="/api/stream/film",
                                            REELGATE_DATA=str(volume.path), REELGATE_LOG_LEVEL="debug")
    for name, is_open in (("a pipe that is full", True), ("a pipe without a reader", False)):
        with report.row(f"CGI: standard error is {name}"):
            reader, writer = os.pipe()
            unread = Unread(writer, reader)
            try:
                fill(unread)
                if not is_open:
                    unread.close()
                done = subprocess.run([support.PROGRAM], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=unread.fd, env=environment, timeout=support.DEADLINE, check=False)
                equal(done.returncode, 0, "exit status")
                equal(support.parse_document_response(done.stdout).content, FILM, "content")
            finally:
                os.close(unread.fd)
                if is_open:
                    unread.close()


def check_others(report, folder, volume):
    with report.row("standard error is a pipe without a reader"):
        reader, writer = os.pipe()
        os.close(reader)
        with serving(folder, volume, writer, "--log-level", "info") as (process, address):
            os.close(writer)
            ask(address, 10)
            end(process)
    with report.row("standard error is closed"), \
            serving(folder, volume, None, "--log-level", "info", preexec_fn=lambda: os.close(2)) as (process, address):
        ask(address, 10)
        equal(os.readlink(f"/proc/{process.pid}/fd/2"), "/dev/null", "what has its number")
        end(process)
    with report.row("standard error is full, and the start fails"), opened(unread_pipe, folder) as unread, \
            serving(folder, volume, subprocess.DEVNULL) as (_, address):
        fill(unread)
        second = subprocess.run([support.PROGRAM, "serve", "--data", volume.path, "--listen", f"unix:{address}"],
                                stdin=subprocess.DEVNULL, stderr=unread.fd, env=support.clean_environment(),
                                timeout=support.DEADLINE, check=False)
        equal(second.returncode, 1, "exit status")


def check_default_level(report, folder, _):
    volume = support.Volume(folder / "corrupt")
    with report.row("a pipe that is not read: a corrupt catalogue, at the default level"), \
            opened(unread_pipe, folder) as unread, serving(folder, volume, unread.fd) as (process, address):
        with open(volume.database, "r+b") as file:
            whole = os.fstat(file.fileno()).st_size
            # Its first page says that all is well.
            file.truncate(4096)
            file.truncate(whole)
        # Each has a line of its own: repeated ones are counted.
        ask(address, CROWD, status=503, target=lambda i: f"/api/stream/film-{i}")
        end(process)
        text = unread.drain()
        check_lines(text)
        assert ": error: look up film-" in text, text


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        check_one_request(report, volume)
        for check in (check_ways, check_others, check_other_users, check_default_level):
            check(report, folder, volume)
    report.finish()


main()
