"""Faults of the machine, injected: an allocation that fails, wherever it is, and calls that fail, are interrupted or do
less than they were asked. A fault costs the request that it hits, and nothing else.

Does not test what a peer can do: torture_test.py does.
SPDX-License-Identifier: MIT
"""
import dataclasses
import errno
import os
import re
import signal

import fastcgi
import faults
import support
from answers import content_of
from fastcgi import KEEP_CONN, record, request
from support import equal
from trials import (ABORT, ABORTED, FILM, FILM_PATH, GET_MULTIPART, GET_NOTHING, GET_RANGE, GET_VALUES, LARGE_PATH,
                    LANE_THREADS, MAX_PROBLEMS, MULTIPART, NOTHING, RANGE, SLOW, THREADS, Subject, Wanted, answer_of,
                    converse, is_asleep, judge, make_volume, range_field, traced, wait_briefly)

READ_LENGTH = 64 << 10  # what a thread reads at a time, into a buffer that it keeps


@dataclasses.dataclass
class Situation:
    """What is sent on a connection of its own, and the answers that are right."""
    name: str
    sent: bytes
    wanted: list
    options: tuple = ()
    reloads: bool = False    # before each time: the thread opens the catalogue anew
    is_crowded: bool = False  # a viewer is there all the while


SITUATIONS = [
    Situation("a range", GET_RANGE, [RANGE]),
    Situation("several ranges", GET_MULTIPART, [MULTIPART]),
    Situation("a video that is not there", GET_NOTHING, [NOTHING]),
    Situation("a thread's first request, which opens the catalogue", GET_RANGE, [RANGE], reloads=True),
    Situation("a viewer who is refused", GET_RANGE, [Wanted(503, b'{"detail":"Too many viewers"}')],
              ("--max-viewers", "1"), is_crowded=True),
    Situation("an abort", request(LARGE_PATH) + ABORT, [ABORTED]),
    Situation("a kept connection: a range, GET_VALUES, an abort and a range again",
              request(FILM_PATH, fields=range_field(100_000, 300_000), flags=KEEP_CONN) + GET_VALUES +
              request(LARGE_PATH, flags=KEEP_CONN, request_id=2) + record(fastcgi.ABORT_REQUEST, b"", 2) + GET_RANGE,
              [RANGE, ABORTED, RANGE]),
]


def crowd(stack, address):
    """A viewer who is there all the while."""
    viewer = stack.enter_context(fastcgi.Connection(address))
    viewer.send(LARGE_PATH)
    viewer.read_record()


def check_sweep(subject, situation, count, step):
    """The N-th allocation fails, and `count` together from there on, for every N until none is left to fail."""
    at = 1
    while True:
        has_failed = True
        with subject.trial(f"from allocation {at} on", situation.sent, situation.wanted):
            if situation.reloads:
                subject.reload()
            subject.rules.fail_allocations(at=at, count=count)
            judge(converse(subject.address, situation.sent), situation.wanted)
            subject.wait_for_closing()
            has_failed = subject.rules.failed() > 0
        if not has_failed:
            return
        at += step


def check_sweeps(report, folder, volume, rules):
    for situation in SITUATIONS:
        for level in ("notice", "debug"):
            for what, count, step in (("an allocation", 1, 1), ("thirty allocations in a row", 30, 2)):
                options = ("--threads", "1", "--log-level", level, *situation.options)
                company = crowd if situation.is_crowded else None
                with report.row(f"{what} fails, wherever it is: {situation.name}, --log-level {level}"), \
                        Subject(folder, volume, rules, *options, company=company) as subject:
                    check_sweep(subject, situation, count, step)


def check_storms(report, folder, volume, rules):
    asked = [situation for situation in SITUATIONS if not situation.is_crowded and not situation.reloads]
    for every in (17, 101, 1009, 5003):
        with report.row(f"each {every}th allocation fails, 200 requests"), \
                Subject(folder, volume, rules, "--threads", str(THREADS), "--log-level", "debug") as subject:
            for i in range(200):
                situation = asked[i % len(asked)]
                try:
                    if not rules.is_set():  # the first, or after a restart
                        rules.fail_allocations(every=every)
                    judge(converse(subject.address, situation.sent), situation.wanted)
                except (AssertionError, OSError, EOFError) as failure:
                    subject.note(f"request {i}", failure)
            with subject.trial("afterwards", GET_RANGE, [RANGE]):
                pass


@dataclasses.dataclass
class CallRow:
    """A fault of calls, what is asked meanwhile, and what is right nevertheless."""
    name: str
    rules: list  # methods of Faults, each with its arguments
    sent: bytes
    wanted: Wanted
    field: str = None  # a field that has to be there


FEW_BYTES = request(FILM_PATH, fields=range_field(777, 1776))
FEW = Wanted(206, FILM[777:1777])
# The last record of this range is no longer than what is copied, and the others come out of the file.
WITH_TAIL = request(FILM_PATH, fields=range_field(0, 15 * 4096 + 4999))
TAIL = Wanted(206, FILM[:15 * 4096 + 5000])
UNAVAILABLE = Wanted(503, None)

CALLS = [
    CallRow("getrandom is interrupted", [("fail_call", "getrandom", errno.EINTR, 1, 3)], GET_MULTIPART, MULTIPART),
    CallRow("getrandom gives three bytes at a time", [("shorten_call", "getrandom", 3, 1, 99)],
            GET_MULTIPART, MULTIPART),
    CallRow("openat2 is interrupted", [("fail_call", "openat2", errno.EINTR, 1, 3)], GET_RANGE, RANGE),
    CallRow("openat2 says EIO of the film, once", [("fail_call", "openat2", errno.EIO, 2)], GET_RANGE, RANGE),
    CallRow("openat2 says EIO, again and again", [("fail_call", "openat2", errno.EIO, 1, 99)], GET_RANGE, UNAVAILABLE,
            "Retry-After"),
    CallRow("openat2 says EMFILE, again and again", [("fail_call", "openat2", errno.EMFILE, 1, 99)], GET_RANGE,
            UNAVAILABLE, "Retry-After"),
    CallRow("pread is interrupted", [("fail_call", "pread", errno.EINTR, 1, 3)], FEW_BYTES, FEW),
    CallRow("pread is interrupted, in the tail of a range", [("fail_call", "pread", errno.EINTR, 1, 3)],
            WITH_TAIL, TAIL),
    CallRow("pread gives seven bytes at a time", [("shorten_call", "pread", 7, 1, 9999)], FEW_BYTES, FEW),
    CallRow("pread gives seven bytes at a time, in the tail of a range", [("shorten_call", "pread", 7, 1, 9999)],
            WITH_TAIL, TAIL),
    CallRow("sendfile is interrupted", [("fail_call", "sendfile", errno.EINTR, 1, 3)], GET_RANGE, RANGE),
    CallRow("sendfile takes 4,999 bytes at a time", [("shorten_call", "sendfile", 4999, 1, 9999)], GET_RANGE, RANGE),
    CallRow("sendfile blocks", [("fail_call", "sendfile", errno.EAGAIN, 1, 3)], GET_RANGE, RANGE),
    CallRow("send is interrupted", [("fail_call", "send", errno.EINTR, 1, 3)], GET_MULTIPART, MULTIPART),
    CallRow("send takes three bytes at a time", [("shorten_call", "send", 3, 1, 9999)], GET_MULTIPART, MULTIPART),
    CallRow("send blocks", [("fail_call", "send", errno.EAGAIN, 1, 3)], GET_MULTIPART, MULTIPART),
    CallRow("recv gives one byte at a time", [("shorten_call", "recv", 1, 1, 9999)], GET_RANGE, RANGE),
    CallRow("recv is interrupted", [("fail_call", "recv", errno.EINTR, 1, 3)], GET_RANGE, RANGE),
    CallRow("accept4 is interrupted", [("fail_call", "accept4", errno.EINTR, 1, 3)], GET_RANGE, RANGE),
    CallRow("accept4 says ECONNABORTED", [("fail_call", "accept4", errno.ECONNABORTED)], GET_RANGE, RANGE),
    CallRow("accept4 says EMFILE", [("fail_call", "accept4", errno.EMFILE)], GET_RANGE, RANGE),
]


def check_calls(report, folder, volume, rules):
    for row in CALLS:
        usual = row.wanted if row.wanted.content else RANGE
        with report.row(row.name), Subject(folder, volume, rules, "--threads", "1") as subject, \
                subject.trial("once", row.sent, [usual]):
            for method, *arguments in row.rules:
                getattr(rules, method)(*arguments)
            reply = answer_of(converse(subject.address, row.sent))
            assert rules.failed(row.rules[-1][1]) > 0, "no call has met its rule"
            equal(reply.status, row.wanted.status, "status")
            equal(content_of(reply), row.wanted.content or reply.content, "content")
            assert not row.field or reply.field(row.field), f"without {row.field}"


@dataclasses.dataclass
class BrokenRow:
    """A call that fails while a film is sent to a peer who is there, and what the log and `get` say of it."""
    name: str
    call: str
    error: int
    at: int
    sent: bytes
    film: bytes    # what of it may come
    cause: str


WHOLE = request(FILM_PATH)
BROKEN = [
    *[BrokenRow(f"sendfile says {errno.errorcode[error]}", "sendfile", error, 2, WHOLE, FILM, cause)
      for error, cause in ((errno.EIO, "Input/output error"), (errno.ETIMEDOUT, "Connection timed out"),
                           (errno.ESTALE, "Stale file handle"),
                           (errno.ENOTCONN, "Transport endpoint is not connected"),
                           (errno.EHOSTUNREACH, "No route to host"))],
    BrokenRow("pread says EIO", "pread", errno.EIO, 1, WITH_TAIL, FILM, "Input/output error"),
    BrokenRow("fstat says ESTALE", "fstat", errno.ESTALE, 3, WHOLE, FILM, "Stale file handle"),
]

# Calls that fail because of the peer, who takes nothing more.
ABORTED_CALLS = [("send", errno.ETIMEDOUT), ("send", errno.EPIPE), ("sendfile", errno.EPIPE)]


def check_broken(report, folder, volume, rules):
    """What fails of the film breaks the answer off, and the log says why; what fails of the peer is no film's fault."""
    for row in BROKEN:
        with report.row(f"{row.name} of a film: broken, for that cause"), \
                Subject(folder, volume, rules, "--threads", "1", "--log-level", "info") as subject, \
                subject.trial("once", GET_RANGE, [RANGE]):
            log = fail_once(subject, row.call, row.error, row.at, row.sent)
            assert f"warning: send {FILM_PATH}: {row.cause}: cut off" in log, log
            assert re.search(r"response .* bytes in .*: broken", log), log
    for call, error in ABORTED_CALLS:
        name = errno.errorcode[error]
        with report.row(f"{call} says {name} of the peer: aborted, and the film is not complained of"), \
                Subject(folder, volume, rules, "--threads", "1", "--log-level", "info") as subject, \
                subject.trial("once", GET_RANGE, [RANGE]):
            log = fail_once(subject, call, error, 1, WHOLE)
            assert "cut off" not in log, log
            assert re.search(r"response .* bytes in .*: aborted", log), log


def fail_once(subject, call, error, at, sent):
    """Lets a call of an answer fail, which must not look whole then; gives what was logged meanwhile."""
    subject.ask(GET_RANGE, [RANGE])  # opens what a thread keeps
    subject.wait_for_closing()
    before = subject.server.log_file.stat().st_size
    subject.rules.fail_call(call, error, at)
    equal(judge(converse(subject.address, sent), [Wanted(206 if sent is WITH_TAIL else 200, FILM)]), 0, "whole answers")
    subject.wait_for_closing()
    equal(subject.rules.failed(call), 1, "calls that have met the rule")
    return subject.log_since(before).decode()


# What `get` says of the same, whose way out is a pipe.
GET_BROKEN = [
    *[(call, error, f"send video: after {{}} bytes: {os.strerror(error)}")
      for call, error in (("sendfile", errno.EIO), ("sendfile", errno.ETIMEDOUT), ("sendfile", errno.ENOTCONN))],
    ("sendfile", errno.EPIPE, "write standard output: Broken pipe"),
    ("sendfile", errno.ENOSPC, "write standard output: No space left on device"),
    ("write", errno.ETIMEDOUT, "write standard output: Connection timed out"),
]


def check_get(report, folder, volume, rules):
    for call, error, complaint in GET_BROKEN:
        with report.row(f"{call} says {errno.errorcode[error]} in get: {complaint.format('N')}"):
            # The header block is written; content alone comes by sendfile, of which some is there before the second.
            options, at = (["--body-only"], 2) if call == "sendfile" else ([], 1)
            rules.clear()
            rules.fail_call(call, error, at)
            done = support.reelgate("get", "--data", volume.path, "film", *options, environment=rules.environment)
            equal(rules.failed(call), 1, "calls that have met the rule")
            equal(done.returncode, 1, "exit status")
            assert FILM.startswith(done.stdout), "what was written is not the film's beginning"
            assert complaint.format(len(done.stdout)) in done.stderr.decode(), done.stderr


def check_accepting(report, folder, volume, rules):
    """Whatever fails while a connection is accepted, the next are accepted."""
    def out_of_descriptors(fail_more):
        rules.fail_call("accept4", errno.EMFILE)
        fail_more()

    situations = [
        ("accept4 says EMFILE, and all allocations fail meanwhile", rules.fail_all_allocations),
        *[(f"accept4 says EMFILE, and EPOLL_CTL_MOD number {at} behind it says ENOMEM",
           lambda at=at: rules.fail_call("epoll_ctl_mod", errno.ENOMEM, at)) for at in (1, 2, 3)],
    ]
    for name, fail_more in situations:
        with report.row(f"{name}: it accepts again"), \
                Subject(folder, volume, rules, "--threads", str(THREADS)) as subject, \
                subject.trial("once", GET_RANGE, [RANGE]), fastcgi.Connection(subject.address) as waiting:
            # Accepted by now: not between the one rule and the next.
            waiting.send(FILM_PATH, "HEAD", flags=KEEP_CONN)
            waiting.read_reply()
            out_of_descriptors(fail_more)
            waiting.send(FILM_PATH)
            with fastcgi.Connection(subject.address):
                wait_briefly(subject.process, lambda: rules.failed("accept4") > 0, "accept4 has failed")
                wait_briefly(subject.process, lambda: is_asleep(subject.process), "all threads wait")
    with report.row("EPOLL_CTL_MOD says ENOMEM once, the 1st to the 20th time: it accepts again"), \
            Subject(folder, volume, rules, "--threads", str(THREADS)) as subject:
        for at in range(1, 21):
            with subject.trial(f"number {at}", GET_RANGE, [RANGE]):
                rules.fail_call("epoll_ctl_mod", errno.ENOMEM, at)
                for _ in range(at + 1):  # each accepted connection is one such call at least
                    if rules.failed("epoll_ctl_mod") == 0:
                        judge(converse(subject.address, GET_RANGE), [RANGE])
                assert rules.failed("epoll_ctl_mod") > 0, "no call has met its rule"
    with report.row("EPOLL_CTL_ADD says ENOMEM once: it accepts again"), \
            Subject(folder, volume, rules, "--threads", str(THREADS)) as subject, \
            subject.trial("once", GET_RANGE, [RANGE]):
        rules.fail_call("epoll_ctl_add", errno.ENOMEM)
        judge(converse(subject.address, request(LARGE_PATH) + ABORT), [ABORTED])


def check_threads(report, folder, volume, rules):
    """Storage that is slow has threads of its own, which are started when it is found to be."""
    with report.row("no memory for another thread, where storage is slow: once there is, it serves"), \
            Subject(folder, volume, rules, "--threads", "1", more_threads=LANE_THREADS) as subject, \
            subject.trial("once", GET_RANGE, [RANGE]):
        subject.ask(GET_RANGE, [RANGE])
        with traced(subject.process, folder / "trace", "-e", "trace=sendfile", *SLOW):
            rules.fail_allocations(at=1, count=faults.WITHOUT_END, size=READ_LENGTH)
            judge(converse(subject.address, GET_RANGE), [RANGE])
            subject.wait_for_closing()
        assert rules.failed() > 0, "no thread was wanted"


def check_reloads(report, folder, volume, rules):
    config = folder / "reelgate.conf"
    for what, count, step in (("an allocation", 1, 2), ("thirty allocations in a row", 30, 11)):
        config.write_text("cache-control = max-age=0\n")
        with report.row(f"{what} fails in a reload, wherever it is: the old settings or the new ones are in force"), \
                Subject(folder, volume, rules, "--threads", "1", "--config", str(config)) as subject:
            check_reload_sweep(subject, config, count, step)


def check_reload_sweep(subject, config, count, step):
    at, in_force, has_failed, problems = 1, 0, True, 0
    while has_failed:
        has_failed = True
        with subject.trial(f"from allocation {at} on", GET_RANGE, [RANGE]):
            config.write_text(f"cache-control = max-age={at}\n")
            subject.rules.fail_allocations(at=at, count=count)
            subject.process.send_signal(signal.SIGHUP)
            wait_briefly(subject.process, lambda: is_asleep(subject.process), "the reload is over")
            has_failed = subject.rules.failed() > 0
            subject.rules.clear()
            age = answer_of(converse(subject.address, GET_RANGE)).field("Cache-Control")
            assert age in (f"max-age={at}", f"max-age={in_force}"), f"{age}, which was {in_force}"
            in_force = int(age.removeprefix("max-age="))
            if at % 50 == 1 or not has_failed:
                subject.reload()
                in_force = at
        if len(subject.problems) > problems:  # another has been started, with the settings of now
            in_force, problems = at, len(subject.problems)
        at += step


# What fails in add, the N-th time, and whether that may not matter: SQLite also syncs when all is done.
CALLS_OF_ADD = [
    ("open", 1, False), ("open", 2, False), ("open", 3, False), ("copy_file_range", 1, False),
    ("fsync", 1, False), ("fsync", 2, False), ("link", 1, False),
    *[("fdatasync", number, True) for number in range(1, 5)],
]


def check_add(report, folder, rules):
    volume = support.Volume(folder / "added")
    source = folder / "source.mp4"
    source.write_bytes(support.CLIP.read_bytes())

    def check_left(video, done):
        """What an add that has failed leaves is nothing, or taken over by the next."""
        assert done.returncode >= 0, f"ended by signal {-done.returncode}: {support.shorten(done.stderr)}"
        left = sorted(os.listdir(volume.videos))
        if done.returncode == 0:
            equal((volume.videos / f"{video}.mp4").read_bytes() == support.CLIP.read_bytes(), True, "the film is whole")
        elif video + ".mp4" in left:
            add_again(video)
        else:
            return False
        equal(support.reelgate("check", "--data", volume.path).returncode, 0, "exit status of check")
        return True

    def add_again(video):
        """Goes on with what is there, unless it is all there: what came after it was recorded has failed."""
        rules.clear()
        done = add(video)
        assert done.returncode == 0 or b"the catalogue has it already" in done.stderr, support.shorten(done.stderr)

    def add(video):
        return support.reelgate("add", "--data", volume.path, source, "--id", video, environment=rules.environment)

    problems = []
    with report.row("an allocation fails in add, wherever it is: the film is there, or the next add does it"):
        at, has_failed, used = 1, True, 0
        while has_failed and len(problems) < MAX_PROBLEMS:
            rules.clear()
            rules.fail_allocations(at=at)
            done = add(f"film-{used}")
            has_failed = rules.failed() > 0
            try:
                if check_left(f"film-{used}", done):
                    # `add` reads all rows: with one more each time it would not come to an end.
                    rules.clear()
                    volume.must("remove", f"film-{used}")
                    used += 1
            except (AssertionError, RuntimeError) as failure:
                problems.append(f"allocation {at}: {failure}")
                used += 1
            at += 1
        assert not problems, "; ".join(problems)
    for name, number, may_succeed in CALLS_OF_ADD:
        with report.row(f"{name} number {number} says EIO in add: it fails, and the next add does it"):
            rules.clear()
            rules.fail_call(name, errno.EIO, number)
            video = f"{name}-{number}"
            done = add(video)
            equal(rules.failed(name), 1, "calls that have met the rule")
            assert done.returncode == 1 or (may_succeed and done.returncode == 0), f"exit status {done.returncode}"
            rules.clear()
            check_left(video, done if done.returncode == 0 else add(video))


def main():
    report = support.Report()
    if support.is_sanitized():
        print("note: faults_test: a sanitizer has malloc to itself: nothing is tried")
        report.finish()
    with support.Folder() as folder:
        volume = make_volume(folder)
        rules = faults.Faults(folder / "rules")
        check_calls(report, folder, volume, rules)
        check_broken(report, folder, volume, rules)
        check_get(report, folder, volume, rules)
        check_accepting(report, folder, volume, rules)
        check_sweeps(report, folder, volume, rules)
        check_storms(report, folder, volume, rules)
        check_threads(report, folder, volume, rules)
        check_reloads(report, folder, volume, rules)
        check_add(report, folder, rules)
    report.finish()


main()
