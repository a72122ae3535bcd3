"""Every system call of a request fails in turn, whoever makes it: reelgate, SQLite, libfcgi or the C library. A fault
costs the request that it hits, and nothing else, and the log says what it was.

strace makes a call fail before the kernel sees it. Does not fail allocations: faults_test.py does.
SPDX-License-Identifier: MIT
"""
import collections
import contextlib
import dataclasses
import errno
import os
import re
import secrets

import fastcgi
import faults
import support
from fastcgi import KEEP_CONN, request
from support import equal
from trials import (ABORT, ABORTED, FILM, FILM_PATH, GET_MULTIPART, GET_NOTHING, GET_RANGE, LANE_THREADS, LARGE_PATH,
                    MULTIPART, NOTHING, RANGE, SLOW, Subject, Wanted, converse, converse_on, is_asleep, judge, make_volume,
                    traced, wait_briefly)

STATUS, PING = "/reelgate-status", "/reelgate-ping"

# What each call can say that a request meets. Of a descriptor that was in use a moment ago the kernel says no EBADF.
ERRORS = {
    "accept4": [errno.EMFILE, errno.ENOBUFS, errno.ECONNABORTED],
    "clone3": [errno.EAGAIN],
    "epoll_ctl": [errno.ENOMEM],
    "epoll_wait": [errno.EINTR],
    "fchown": [errno.EPERM],
    "fcntl": [errno.ENOLCK, errno.EAGAIN, errno.EIO],
    "ftruncate": [errno.ENOSPC],
    "getrandom": [errno.EINTR],
    "ioctl": [errno.EINVAL],
    "lseek": [errno.EINVAL],
    "memfd_create": [errno.EMFILE],
    "mmap": [errno.ENOMEM],
    "mprotect": [errno.ENOMEM],
    "munmap": [errno.ENOMEM],
    "newfstatat": [errno.EIO, errno.ENOMEM],
    "openat": [errno.EMFILE, errno.EIO],
    "openat2": [errno.EMFILE, errno.EIO, errno.ENOMEM],
    "poll": [errno.ENOMEM],
    "pread64": [errno.EIO, errno.EINTR],
    "pwrite64": [errno.ENOSPC],
    "read": [errno.EIO],
    "recvfrom": [errno.ENOMEM, errno.ECONNRESET, errno.EINTR],
    "sendfile": [errno.EIO, errno.ENOMEM, errno.EPIPE],
    "sendto": [errno.ENOMEM, errno.EPIPE, errno.EINTR],
    "shutdown": [errno.ENOTCONN],
    "statx": [errno.EIO],
    "timerfd_settime": [errno.EINVAL],
    "writev": [errno.ENOSPC, errno.EINTR],
}

# What the peer's going makes a call say: then nobody complains.
OF_THE_PEER = {errno.EPIPE, errno.ECONNRESET, errno.ECONNABORTED}

# Calls that have no way to fail, or end the process by the C library's own decision when they do.
UNFAILING = {"brk", "futex", "getegid", "geteuid", "getgid", "getpid", "gettid", "getuid", "restart_syscall", "rseq",
             "rt_sigprocmask", "rt_sigtimedwait", "sched_yield", "set_robust_list"}

# Closing gives the descriptor back even where it fails, and strace would keep it: the preloaded library does this one.
CLOSE = "close"

# Calls of the C library, which has mostly got the memory already.
OF_MEMORY = {"mmap", "mprotect", "munmap"}

# What it takes to have another thread, and to go on there.
OF_THREADS = (*OF_MEMORY, CLOSE, "clone3", "epoll_ctl", "ftruncate", "memfd_create", "poll", "sendto")

INTERNET = "127.0.0.1"


@dataclasses.dataclass
class Situation:
    """What is sent, the answers that are right, and how many calls that takes at the least."""
    name: str
    sent: bytes
    wanted: list
    min_calls: int
    reloads: bool = False  # before each time: the thread opens the catalogue anew
    changes: bool = False  # catalogue and film, before each time: SQLite is asked, and the film opened, as at first
    is_kept: bool = False  # the connection has had an answer before
    is_internet: bool = False
    reads_late: bool = False  # not before all threads wait
    is_first: bool = False    # another server is started each time
    is_slow: bool = False     # its storage is found to be, in the middle of the film
    only: tuple = ()          # these calls alone; empty: all


HEAD = request(FILM_PATH, "HEAD")
HEADED = Wanted(200, b"", is_head=True)
SITUATIONS = [
    Situation("a range, on a new connection", GET_RANGE, [RANGE], 20),
    Situation("a range, on a kept connection", GET_RANGE, [RANGE], 18, is_kept=True),
    Situation("a range, over TCP", GET_RANGE, [RANGE], 20, is_internet=True),
    Situation("several ranges", GET_MULTIPART, [MULTIPART], 16),
    Situation("a film that fills the socket", request(FILM_PATH), [Wanted(200, FILM)], 60, reads_late=True),
    Situation("a film that fills the socket of a kept connection", request(FILM_PATH), [Wanted(200, FILM)], 1,
              is_kept=True, reads_late=True, only=("epoll_ctl",)),
    Situation("an abort", request(LARGE_PATH) + ABORT, [ABORTED], 8),
    Situation("a range, after a change of the catalogue and the film", GET_RANGE, [RANGE], 28, changes=True),
    Situation("HEAD", HEAD, [HEADED], 8),
    Situation("a video that is not there", GET_NOTHING, [NOTHING], 8),
    Situation("a thread's first request, which opens the catalogue", GET_RANGE, [RANGE], 80, reloads=True),
    Situation("memory and the timer, in a server's first request", request(FILM_PATH), [Wanted(200, FILM)], 3,
              reads_late=True, is_first=True, only=(*OF_MEMORY, "timerfd_settime")),
    Situation("a range, whose storage is found slow: threads for that are started", GET_RANGE, [RANGE], 20,
              is_first=True, is_slow=True, only=OF_THREADS),
    Situation("the status page", request(STATUS + "?json"), [Wanted(200, None)], 6),
    Situation("the ping", request(PING), [Wanted(200, None)], 6),
]


class Company:
    """Two who are connected all the while: one holds the middle of a film, and one is idle between its requests."""

    def __call__(self, stack, address):
        self.holder = stack.enter_context(fastcgi.Connection(address))
        self.holder.send(FILM_PATH)
        self.begun = self.holder.read_record()[2]
        self.idle = stack.enter_context(fastcgi.Connection(address))
        self.check_idle()

    def check_idle(self):
        self.idle.socket.sendall(request(FILM_PATH, "HEAD", flags=KEEP_CONN))
        equal(self.idle.read_reply().status, 200, "status of what another connection asks")

    def check_holder(self):
        content = self.begun + self.holder.read_response()
        equal(content.partition(b"\r\n\r\n")[2], FILM, "what another connection was in the middle of")


class Sweep:
    """A situation, asked again and again, each time with another call that fails."""

    def __init__(self, subject, company, situation, trace):
        self.subject, self.company, self.situation, self.trace = subject, company, situation, trace

    @contextlib.contextmanager
    def conversation(self):
        """All that comes before the request; gives how to make it, which returns what is answered."""
        if self.situation.is_first:
            self.subject.kill()
            self.subject.start()
        if self.situation.reloads:
            self.subject.reload()
        if self.situation.changes:
            other = secrets.token_hex(8)
            self.subject.volume.row(other, "pending")
            # A second name changes the film's marks, and not what is being sent of it.
            os.link(self.subject.volume.videos / "film.mp4", self.subject.volume.videos / f"{other}.mp4")
        if not self.situation.is_kept:
            yield lambda: converse(self.subject.address, self.situation.sent, self.before_reading)
            return
        with fastcgi.Connection(self.subject.address) as kept:
            kept.send(FILM_PATH, "HEAD", flags=KEEP_CONN)
            kept.read_reply()
            self.wait_until_asleep()
            yield lambda: converse_on(kept, self.situation.sent, self.before_reading)

    def slowing(self):
        return SLOW if self.situation.is_slow else []

    def before_reading(self):
        if self.situation.reads_late:
            self.wait_until_asleep()

    def wait_until_asleep(self):
        wait_briefly(self.subject.process, lambda: is_asleep(self.subject.process), "all threads wait")

    def calls(self):
        """The names of the calls that it takes, each with how often it is made."""
        if not self.situation.is_first:
            self.subject.ask(self.situation.sent, self.situation.wanted)
            # All that a thread keeps is open now, unless it is let go: no more than that may be left later.
            self.subject.files_before = self.subject.files()
        with self.conversation() as converse_once, traced(self.subject.process, self.trace, *self.slowing()):
            judge(converse_once(), self.situation.wanted)
            self.subject.wait_for_closing()
        names = re.findall(r"^\d+ +(\w+)\(", self.trace.read_text(), re.MULTILINE)
        counts = collections.Counter(name for name in names if name in (self.situation.only or names) and
                                     name not in UNFAILING)
        unknown = counts.keys() - ERRORS.keys() - {CLOSE}
        assert not unknown, f"calls of which it is not known what they say when they fail: {sorted(unknown)}"
        return counts

    def run(self):
        counts = self.calls()
        tried = 0
        for name in sorted(counts):
            for error in ERRORS.get(name, [errno.EIO]):
                self.begin_anew()
                number = 1
                while self.has_failed(name, error, number):
                    number += 1
                # The watch over storage looks at a thread that a busy machine has kept waiting: a call of now and then.
                assert number > 1 or name in OF_MEMORY or name not in self.calls(), f"{name} was not called again"
                tried += (number - 1) * (error == ERRORS.get(name, [errno.EIO])[0])
        assert tried >= self.situation.min_calls, f"only {tried} calls were tried: {dict(counts)}"
        if self.company:
            self.company.check_holder()

    def begin_anew(self):
        """Has the log tell what it has only counted, and a thread open again what a reload has it open."""
        self.subject.reload()
        self.subject.ask(self.situation.sent, self.situation.wanted)

    def has_failed(self, name, error, number):
        """Lets the `number`-th call of a name fail. Tells whether there was one."""
        subject, situation = self.subject, self.situation
        has_failed = True
        with subject.trial(f"{name} number {number} says {errno.errorcode[error]}", situation.sent, situation.wanted):
            with self.conversation() as converse_once, self.fault(name, error, number) as fault:
                before = subject.server.log_file.stat().st_size
                right = judge(converse_once(), situation.wanted)
                subject.wait_for_closing()
            has_failed = fault()
            wanted = sum(each is not ABORTED for each in situation.wanted)
            if not has_failed:
                equal(right, wanted, "right answers, without a fault")
            elif right < wanted:
                self.check_told(before, error not in OF_THE_PEER)
            if self.company:
                self.company.check_idle()
        return has_failed

    @contextlib.contextmanager
    def fault(self, name, error, number):
        """Has a call fail in its body; gives what tells afterwards whether it did."""
        if name == CLOSE:
            with traced(self.subject.process, self.trace, "-e", "trace=sendfile", *self.slowing()):
                self.subject.rules.fail_call(name, error, number)
                yield lambda: self.subject.rules.failed(name) > 0
            return
        inject = f"inject={name}:error={errno.errorcode[error]}:when={number}"
        with traced(self.subject.process, self.trace, "-e", f"trace={name},sendfile", "-e", inject, *self.slowing()):
            yield lambda: "(INJECTED)" in self.trace.read_text()

    def check_told(self, before, has_to_be):
        """The log says what has failed, where that is not the peer. What it has said within ten seconds it only counts,
        and tells that before a reload."""
        self.subject.reload()
        log = self.subject.log_since(before).decode()
        is_told = re.search("^reelgate: (error|warning): ", log, re.MULTILINE) is not None
        equal(is_told, has_to_be, f"a line of the failure in {log!r}")


def check_decoder(report, folder, volume, rules):
    """libfcgi closes what it cannot read."""
    options = ["-e", "inject=read:error=EIO:when=1", "-e", "inject=memfd_create:error=EMFILE:when=1"]
    with report.row("a request cannot be read from memory, nor its file be had anew: the next can"), \
            Subject(folder, volume, rules, "--threads", "1") as subject, subject.trial("once", GET_RANGE, [RANGE]):
        subject.ask(GET_RANGE, [RANGE])
        trace = folder / "trace"
        with traced(subject.process, trace, "-e", "trace=read,memfd_create", *options):
            equal(judge(converse(subject.address, GET_RANGE), [RANGE]), 0, "right answers")
            subject.wait_for_closing()
        equal(trace.read_text().count("(INJECTED)"), 2, "calls that have failed")


def main():
    report = support.Report()
    if support.is_sanitized():
        print("note: system_calls_test: a sanitizer makes calls of its own: nothing is tried")
        report.finish()
    with support.Folder() as folder:
        volume = make_volume(folder)
        rules = faults.Faults(folder / "rules")
        options = ("--threads", "1", "--log-level", "info", "--status-path", STATUS, "--ping-path", PING)
        for situation in SITUATIONS:
            company = None if situation.is_first else Company()
            address = (INTERNET, support.free_port()) if situation.is_internet else None
            with report.row(f"each call fails: {situation.name}"), \
                    Subject(folder, volume, rules, *options, company=company, address=address,
                            more_threads=LANE_THREADS * situation.is_slow) as subject:
                Sweep(subject, company, situation, folder / "trace").run()
        check_decoder(report, folder, volume, rules)
    report.finish()


main()
