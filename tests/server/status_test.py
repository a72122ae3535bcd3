"""What reelgate says about itself: each figure goes up by exactly what was done, in every form, through web servers and
from `reelgate status`; and what it logs, to a terminal, to the journal, and when one failure comes a thousand times.

Does not test single counters and formats: the unit tests do.
SPDX-License-Identifier: MIT
"""
import contextlib
import json
import os
import re
import socket
import subprocess

from prometheus_client.openmetrics.parser import text_string_to_metric_families

import browser
import fastcgi
import servers
import support
from fastcgi import KEEP_CONN
from support import Serving, equal

FILM = support.position_coded(300_000)
LARGE = 64 << 20  # more than any socket's buffers hold
FILM_PATH, LARGE_PATH = "/api/stream/film", "/api/stream/large"
STATUS, PING = "/reelgate-status", "/reelgate-ping"
ASKED = ["--status-path", STATUS, "--ping-path", PING]

# Figures that asking changes, or time does.
MOVING = {"start since", "accepted conn", "open conn", "max active viewers", "monitoring requests", "catalogue seconds"}


def ask(server, *arguments, **more):
    with fastcgi.Connection(server.address) as connection:
        connection.send(*arguments, **more)
        return connection.read_reply()


def status_of(server):
    return json.loads(ask(server, STATUS + "?json").content)


def settled_status(server):
    """The status, once every answer has ended: a peer has the last byte before that is counted."""
    status = {}

    def is_settled():
        status.update(status_of(server))
        ended = sum(status[f"answers {ending}"] for ending in ("complete", "aborted", "stalled", "broken"))
        return status["active viewers"] == 0 and ended == status["requests"]
    support.wait_until(is_settled, "every request answered")
    return status


def field(name, value):
    return {"fields": [(f"HTTP_{name}", value)]}


# situation, request, what goes up besides requests and "answers complete", and by how much
ANSWERS = [
    ("whole", [FILM_PATH], {}, {"requests GET": 1, "status 200": 1, "ranges none": 1, "bytes sent": len(FILM)}),
    ("HEAD", [FILM_PATH, "HEAD"], {}, {"requests HEAD": 1, "status 200": 1, "ranges none": 1}),
    ("one range", [FILM_PATH], field("RANGE", "bytes=7-106"),
     {"requests GET": 1, "status 206": 1, "ranges single": 1, "bytes sent": 100}),
    ("an invalid range", [FILM_PATH, "HEAD"], field("RANGE", "bytes=x"),
     {"requests HEAD": 1, "status 200": 1, "ranges ignored": 1}),
    ("several ranges", [FILM_PATH, "HEAD"], field("RANGE", "bytes=0-0,9-9"),
     {"requests HEAD": 1, "status 206": 1, "ranges multipart": 1}),
    ("unsatisfiable", [FILM_PATH, "HEAD"], field("RANGE", "bytes=300000-"),
     {"requests HEAD": 1, "status 416": 1, "ranges unsatisfiable": 1}),
    ("not modified", [FILM_PATH], field("IF_NONE_MATCH", "*"), {"requests GET": 1, "status 304": 1}),
    ("precondition failed", [FILM_PATH, "HEAD"], field("IF_MATCH", '"x"'), {"requests HEAD": 1, "status 412": 1}),
    ("no such video", ["/api/stream/none", "HEAD"], {}, {"requests HEAD": 1, "status 404": 1}),
    ("OPTIONS", [FILM_PATH, "OPTIONS"], {},
     {"requests OPTIONS": 1, "status 204": 1, "catalogue look-ups": 0}),
    ("another method", [FILM_PATH, "DELETE"], {},
     {"requests other": 1, "status 405": 1, "catalogue look-ups": 0, "bytes sent": 31}),
    ("no id", ["/api/stream/", "HEAD"], {}, {"requests HEAD": 1, "status 404": 1, "catalogue look-ups": 0}),
    ("an id with its extension", [FILM_PATH + ".mp4", "HEAD"], {},
     {"requests HEAD": 1, "status 200": 1, "ranges none": 1, "catalogue look-ups": 2}),
]


def check_difference(before, after, wanted):
    """Every figure, also those that have nothing to do with it, is what it was, and what was done on top."""
    got = {name: after[name] - before[name] for name in before
           if name not in MOVING | {"version"} and after[name] != before[name]}
    equal(got, {name: count for name, count in wanted.items() if count}, "what went up")


def check_answers(report, server):
    for name, request, more, wanted in ANSWERS:
        with report.row(f"figures: {name}"):
            before = settled_status(server)
            ask(server, *request, **more)
            check_difference(before, settled_status(server),
                             {"requests": 1, "answers complete": 1, "catalogue look-ups": 1, **wanted})
    with report.row("figures: multipart, with all its bytes"):
        before = settled_status(server)
        reply = ask(server, FILM_PATH, **field("RANGE", "bytes=0-9,100000-299999"))
        check_difference(before, settled_status(server),
                         {"requests": 1, "requests GET": 1, "status 206": 1, "ranges multipart": 1, "bytes sent":
                          len(reply.content), "answers complete": 1, "catalogue look-ups": 1})
    with report.row("figures: a kept connection is accepted once, and asked thrice"), \
            fastcgi.Connection(server.address) as connection:
        connection.send(FILM_PATH, "HEAD", flags=KEEP_CONN)  # accepted for certain, once it is answered
        connection.read_reply()
        before = settled_status(server)
        for _ in range(3):
            connection.send(FILM_PATH, "HEAD", flags=KEEP_CONN)
            connection.read_reply()
        after = settled_status(server)
        # Whoever asks for the status has connections, too: as many as requests.
        own = after["monitoring requests"] - before["monitoring requests"]
        equal((after["accepted conn"] - before["accepted conn"] - own, after["requests"] - before["requests"],
               after["requests keep-conn"] - before["requests keep-conn"]), (0, 3, 3),
              "connections, requests, those of them that keep the connection")
    with report.row("figures: time spent in the catalogue"):
        assert status_of(server)["catalogue seconds"] > 0


def watch(server, target):
    """A viewer who has begun to watch, and stops after the first record."""
    connection = fastcgi.Connection(server.address)
    connection.send(target)
    connection.read_record()
    return connection


def ended(server):
    status = settled_status(server)
    return {ending: status[f"answers {ending}"] for ending in ("complete", "aborted", "stalled", "broken")}


def check_endings(report, server, volume):
    before = settled_status(server)
    with report.row("figures: active viewers are those who have stopped"), contextlib.ExitStack() as viewers:
        parked = [viewers.enter_context(watch(server, LARGE_PATH)) for _ in range(25)]
        status = status_of(server)
        equal((status["active viewers"], status["max active viewers"]), (25, 25), "viewers, most of them")
        assert status["open conn"] >= 26, "25 and the one that asks"
        equal(status["requests"] - before["requests"], len(parked), "requests")
    with report.row("figures: those who leave have aborted; the most there were stay on record"):
        wanted = {"complete": before["answers complete"], "aborted": before["answers aborted"] + 25,
                  "stalled": 0, "broken": 0}
        equal(ended(server), wanted, "endings")
        equal(status_of(server)["max active viewers"], 25, "most")
    with report.row("figures, log: a file that is truncated has broken, and the log says how far it came"):
        volume.sparse("shrinking", LARGE, {})
        sent = settled_status(server)["bytes sent"]
        with watch(server, "/api/stream/shrinking") as viewer:
            os.truncate(volume.videos / "shrinking.mp4", 1000)
            with contextlib.suppress(fastcgi.NoValidRecord, EOFError, ConnectionResetError):
                viewer.read_response()
        equal(ended(server), {**wanted, "broken": 1}, "endings")
        check_sent_line(server, "shrinking", "broken", settled_status(server)["bytes sent"] - sent)


def check_sent_line(server, video, ending, sent):
    line = [line for line in server.log().splitlines() if f": {video}: " in line and line.endswith(ending)][-1]
    equal(re.search(r": (\d+) of (\d+) bytes in [\d.]+ s: ", line).groups(), (str(sent), str(LARGE)), line)


def content_length_of(raw):
    """How much content is in the bytes of an answer that was cut off anywhere."""
    out = bytearray()
    while len(raw) >= fastcgi.HEADER.size:
        _, kind, _, length, padding = fastcgi.HEADER.unpack(raw[:8])
        if kind == fastcgi.STDOUT:
            out += raw[8:8 + length]
        raw = raw[8 + length + padding:]
    return len(out.partition(b"\r\n\r\n")[2])


# situation, Range: what is sent out of memory, and what out of the file
STALLED = [
    ("many small ranges", "bytes=" + ",".join(f"{100_000 * i}-{100_000 * i + 7_999}" for i in range(90))),
    ("a film", "bytes=1-"),
]


def check_stalled(report, folder, volume):
    with Serving(folder, volume, *ASKED, "--stall-timeout", "1", "--log-level", "info") as server:
        for count, (name, spec) in enumerate(STALLED, 1):
            with report.row(f"figures, log: a viewer who takes nothing has stalled: {name}: what is said to be sent is"
                            " what the web server finds"), fastcgi.Connection(server.address) as viewer:
                before = status_of(server)["bytes sent"]
                viewer.send(LARGE_PATH, **field("RANGE", spec))
                server.wait_for_log(": stalled", count)
                equal(ended(server), {"complete": 0, "aborted": 0, "stalled": count, "broken": 0}, "endings")
                raw = bytearray()
                with contextlib.suppress(ConnectionResetError):
                    while chunk := viewer.socket.recv(1 << 20):
                        raw += chunk
                sent = content_length_of(bytes(raw))
                equal(settled_status(server)["bytes sent"] - before, sent, "bytes counted")
                assert 0 < sent < LARGE
                assert f": {sent} of " in server.log().splitlines()[-1], (sent, server.log())


def check_forms(report, server):
    with report.row("ping"):
        reply = ask(server, PING)
        equal((reply.status, reply.content, reply.field("Cache-Control")), (200, b"pong", "no-store"), "answer")
        equal(reply.field("Content-Type").split(";")[0], "text/plain", "Content-Type")
        equal(ask(server, PING, "HEAD").content, b"", "content of HEAD")
        equal(ask(server, PING, "POST").status, 405, "status of POST")
    with report.row("text: the names of JSON, and their values"):
        text = dict(re.split(": +", line, 1) for line in ask(server, STATUS).content.decode().splitlines())
        status = status_of(server)
        equal(status.pop("hung storage"), [], "folders that do not answer")
        equal(list(text), list(status), "names")
        equal({name: text[name] for name in text if name not in MOVING | {"start time"}},
              {name: str(value) for name, value in status.items() if name not in MOVING | {"start time"}}, "values")
    for query in ("?full", "?", "?jsonp", "?x=json"):
        with report.row(f"{query}: text"):
            reply = ask(server, STATUS + query)
            equal(reply.field("Content-Type"), "text/plain; charset=utf-8", "Content-Type")
            equal(reply.field("Cache-Control"), "no-store", "Cache-Control")
    for path in (STATUS + "/", STATUS + "x", "/%72eelgate-status", "//reelgate-status"):
        with report.row(f"{path}: not the path"):
            equal(ask(server, path).status, 404, "status")
    with report.row("OpenMetrics: a parser understands it, and finds what JSON says"):
        check_openmetrics(server, "?openmetrics=")  # as Prometheus writes it


def check_openmetrics(server, query):
    status = settled_status(server)
    del status["hung storage"]  # which folders they are: a metric has their number
    reply = ask(server, STATUS + query)
    equal(reply.field("Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8", "Content-Type")
    families = {family.name: family for family in text_string_to_metric_families(reply.content.decode())}
    assert all(family.documentation for family in families.values()), "one has no # HELP"
    equal(families["reelgate_sent_bytes"].unit, "bytes", "unit")
    samples = {(sample.name, *sample.labels.values()): sample.value
               for family in families.values() for sample in family.samples}
    equal(samples[("reelgate_build_info", status["version"])], 1, "version")
    equal(samples[("reelgate_sent_bytes_total",)], status["bytes sent"], "bytes")
    for code in (200, 204, 206, 304, 404, 405, 412, 416, 500, 503):
        equal(samples[("reelgate_responses_total", str(code))], status[f"status {code}"], f"status {code}")
    equal(sum(value for (name, *_), value in samples.items() if name == "reelgate_requests_total"),
          status["requests"], "requests")
    equal(len(samples), len(status) - len(("start since", "requests")), "as many as in JSON, but for two sums")


def check_unwell(report, folder):
    volume = support.Volume(folder / "unwell")
    volume.sparse("large", LARGE, {})
    with report.row("more viewers than may be: ping and status answer, and say so"), \
            Serving(folder, volume, *ASKED, "--max-viewers", "1") as server, watch(server, LARGE_PATH):
        equal(ask(server, LARGE_PATH).status, 503, "status")
        equal(ask(server, PING).content, b"pong", "ping")
        # Whoever was refused has his answer a moment before he is counted out.
        support.wait_until(lambda: status_of(server)["active viewers"] == 1, "one viewer")
        status = status_of(server)
        equal([status[name] for name in ("active viewers", "max active viewers", "max viewers reached", "status 503")],
              [1, 1, 1, 1], "figures")
    with report.row("a broken catalogue: ping and status answer; the log has the error once, and how often it came"), \
            Serving(folder, volume, *ASKED) as server:
        volume.database.write_bytes(b"no database at all" * 1000)
        for _ in range(200):
            equal(ask(server, LARGE_PATH).status, 503, "status")
        equal(ask(server, PING).content, b"pong", "ping")
        status = settled_status(server)
        equal((status["catalogue errors"], status["status 503"], status["monitoring requests"]),
              (200, 200, status["monitoring requests"]), "errors, answers")
        equal(len(server.log().splitlines()), 2, f"lines of {server.log()}")
        check_told(server, volume)


def check_told(server, volume):
    equal(support.stop(server.process), 0, "exit status")
    counts = re.findall(r"^reelgate: error: .*: (\d+) more within \d+ s$", server.log(), re.MULTILINE)
    said = re.findall(rf"^reelgate: error: .*{volume.database}.*$", server.log(), re.MULTILINE)
    # Whoever takes longer than ten seconds for this sees it said once more.
    equal(sum(map(int, counts)) + len(said) - len(counts), 200, "told and counted")


def check_off(report, folder, volume):
    with report.row("neither path is there unless it is set"), Serving(folder, volume) as server:
        for path in (STATUS, PING, ""):
            equal(ask(server, path).status, 404, f"status of {path}")
    with report.row("a path that is an id as well: the status comes first"), \
            Serving(folder, volume, "--status-path", FILM_PATH) as server:
        assert "active viewers" in json.loads(ask(server, FILM_PATH + "?json").content)


def check_command(report, folder, volume):
    for host, family in ((None, socket.AF_UNIX), ("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        address = (host, support.free_port(family)) if host else f"{folder}/command.sock"
        with Serving(folder, volume, *ASKED, address=address) as server:
            place = server.place
            with report.row(f"reelgate status: text, {family.name}"):
                done = support.reelgate("status", "--connect", place, "--status-path", STATUS)
                equal((done.returncode, done.stderr), (0, b""), "exit status, errors")
                assert re.search(rb"^active viewers: +0$", done.stdout, re.MULTILINE), done.stdout
            with report.row(f"reelgate status: JSON, the address from --listen, {family.name}"):
                done = support.reelgate("status", "--listen", place, "--status-path", STATUS, "--json")
                equal(json.loads(done.stdout)["active viewers"], 0, "viewers")
            with report.row(f"reelgate status: OpenMetrics, the path from the environment, {family.name}"):
                done = support.reelgate("status", "--connect", place, "--openmetrics",
                                        environment={"REELGATE_STATUS_PATH": STATUS})
                assert list(text_string_to_metric_families(done.stdout.decode())), done.stdout
            with report.row(f"reelgate status: another path, {family.name}"):
                check_complaint(1, "--status-path /other", "status", "--connect", place, "--status-path", "/other")


def check_complaint(status, named, *arguments, **more):
    done = support.reelgate(*arguments, **more)
    equal((done.returncode, done.stdout), (status, b""), f"exit status, output ({done.stderr})")
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1 and lines[0].startswith("reelgate: ") and named in lines[0], done.stderr


@contextlib.contextmanager
def listening(folder, answer):
    """Something that listens, and says `answer` to the first who comes, as soon as that one has said something; None:
    nothing, ever."""
    place = str(folder / f"other-{next(Serving.numbers)}.sock")
    program = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); "
               "c = s.accept()[0]; c.recv(65536); data = bytes.fromhex(sys.argv[2]); "
               "c.sendall(data) if data else sys.stdin.read(); c.close()")
    with subprocess.Popen(["/usr/bin/python3", "-c", program, place, (answer or b"").hex()],
                          stdin=subprocess.PIPE) as process:
        try:
            support.wait_until(lambda: os.path.exists(place), "listening", process)
            yield f"unix:{place}"
        finally:
            process.stdin.close()
            support.stop(process)


# situation, what answers, what the one line has to name
STRANGERS = [
    ("speaks HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n", "no FastCGI"),
    ("says one byte of something else", b"x", "no FastCGI"),
    ("goes in the middle of a record", fastcgi.record(fastcgi.STDOUT, b"Status: 200 OK")[:12], "before it has"),
    ("refuses", fastcgi.record(fastcgi.END_REQUEST, bytes([0, 0, 0, 0, fastcgi.OVERLOADED, 0, 0, 0])), "refuses"),
    ("answers without a status",
     fastcgi.record(fastcgi.STDOUT, b"hello") + fastcgi.record(fastcgi.END_REQUEST, bytes(8)), "no status"),
    ("says nothing", None, "in time"),
]


def check_command_complaints(report, folder):
    asked = ["status", "--status-path", STATUS]
    rows = [
        ("no address", 2, "--connect", asked),
        ("no path", 2, "--status-path", ["status", "--connect", "unix:/x"]),
        ("both forms", 2, "--json and --openmetrics", [*asked, "--connect", "unix:/x", "--json", "--openmetrics"]),
        ("an address that is none", 2, "--connect x", [*asked, "--connect", "x"]),
        ("no such socket", 1, "nobody listens", [*asked, "--connect", f"unix:{folder}/none"]),
        ("a port where nobody listens", 1, "nobody listens", [*asked, "--connect", f"127.0.0.1:{support.free_port()}"]),
        ("a path that is too long", 1, "107 bytes", [*asked, "--connect", "unix:/" + 200 * "x"]),
        ("no such host", 1, "host.invalid", [*asked, "--connect", "host.invalid:9000"]),
    ]
    for name, status, named, arguments in rows:
        with report.row(f"reelgate status, {name}: one line"):
            check_complaint(status, named, *arguments)
    for name, answer, named in STRANGERS:
        with report.row(f"reelgate status, somebody who {name}: one line"), listening(folder, answer) as place:
            check_complaint(1, named, *asked, "--connect", place)
    if servers.IS_ROOT:
        with report.row("reelgate status, no right to connect: one line"), listening(folder, b"x") as place:
            os.chmod(place.removeprefix("unix:"), 0o600)
            check_complaint(1, "--socket-mode", *asked, "--connect", place, user=servers.USER, group=servers.USER,
                            extra_groups=[])


# What clients send to forge or spoil lines: method, Range, id.
HOSTILE = [
    ("a line feed in the method", "GET\nreelgate: error: forged", "bytes=0-0", "film"),
    ("an escape sequence in Range", "GET", "bytes=\x1b[2J", "film"),
    ("control bytes in the id", "GET", "bytes=0-0", "a%0Areelgate: error: forged%1b\n\x7f\xff"),
    ("a Range of 100 KiB", "GET", "x" * 102_400, "film"),
]


def check_log(report, folder, volume):
    with Serving(folder, volume, "--log-level", "debug") as server:
        for name, method, spec, video in HOSTILE:
            with report.row(f"log, {name}: lines of printable characters, and none of the client's making"):
                before = len(server.log())
                ask(server, f"/api/stream/{video}", method, **field("RANGE", spec))
                support.wait_until(lambda: server.log()[before:].count("\n") >= 2, "two lines")
                lines = server.log()[before:].splitlines()
                equal(len(lines), 2, f"lines of {lines}")
                for line in lines:
                    assert re.fullmatch(r"reelgate: (debug: request|info: response) [ -~]{1,4100}", line), line
    with report.row("log, to a file: no priorities"):
        assert server.log().startswith("reelgate: notice: serve: "), server.log()
    with report.row("log, to the journal: a priority in front of each line, and no name"):
        check_journal(folder, volume)


def check_journal(folder, volume):
    log = folder / "journal"
    log.touch()
    status = log.stat()
    place = str(folder / "journal.sock")
    environment = support.clean_environment(JOURNAL_STREAM=f"{status.st_dev}:{status.st_ino}")
    with open(log, "ab") as stream, subprocess.Popen(
            [support.PROGRAM, "--data", str(volume.path), "--listen", f"unix:{place}", "--log-level", "debug"],
            stdin=subprocess.DEVNULL, stderr=stream, env=environment) as process:
        try:
            support.wait_until(lambda: ": ready" in log.read_text(), "serve", process)
            with fastcgi.Connection(place) as connection:
                connection.send(FILM_PATH, "HEAD")
                connection.read_reply()
            support.wait_until(lambda: ": complete" in log.read_text(), "the response", process)
            with fastcgi.Connection(place) as connection:
                connection.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert connection.is_closed()
            support.wait_until(lambda: "<4>" in log.read_text(), "a warning", process)
        finally:
            support.stop(process)
    text = log.read_text()
    assert re.fullmatch(r"<5>serve: .*\n<7>request .*\n<6>response .*\n<4>read request: .*\n<5>stop: .*\n", text), text
    with open(log, "ab") as stream:
        subprocess.run([support.PROGRAM, "bogus"], stderr=stream, env=environment, check=False)
    assert log.read_text().removeprefix(text).startswith("<3>bogus: "), log.read_text()


# Gives [the line beside the heading, viewers, tables, whether the page is wider than the window, paths of a graph] once
# two samples are there, since it takes two for a rate.
PAGE_SAYS = """
const done = arguments[0], text = id => document.getElementById(id).textContent;
const look = () => {
  if (!document.querySelector('#rate-graph path, #viewers-graph path')) return false;
  done([text('since'), text('viewers'), document.querySelectorAll('table').length,
        document.documentElement.scrollWidth > window.innerWidth,
        document.querySelectorAll('#viewers-graph path').length]);
  return true;
};
look() || new MutationObserver((_, observer) => look() && observer.disconnect())
  .observe(document.body, {childList: true, subtree: true, characterData: true});
"""


def check_page(report, folder, volume):
    path = "/api/stream/reelgate-status"
    for kind in (servers.Nginx, servers.LighttpdConnect):
        place = folder / kind.__name__
        place.mkdir()
        front = kind(place, volume)
        front.environment["REELGATE_STATUS_PATH"] = path
        with front, contextlib.ExitStack() as viewers:
            with report.row(f"{kind.name}: text, JSON and OpenMetrics come through"):
                equal(support.http(front.port, path).field("Content-Type"), "text/plain; charset=utf-8", "Content-Type")
                assert "threads" in json.loads(support.http(front.port, path + "?json").content)
                equal(support.http(front.port, path + "?openmetrics").content[-6:], b"# EOF\n", "the end")
            running = str(front.folder / "running.sock")
            for _ in range(3):
                connection = viewers.enter_context(fastcgi.Connection(running))
                connection.send(LARGE_PATH)
                connection.read_record()
            for width in (400, 1200):
                with report.row(f"{kind.name}: the page in Chromium, {width} wide"), \
                        browser.Browser(place) as tab:
                    tab.call("POST", "/window/rect", {"width": width, "height": 900})
                    tab.open(f"http://127.0.0.1:{front.port}{path}?html")
                    since, count, tables, is_too_wide, paths = tab.run(PAGE_SAYS)
                    assert "running for" in since, since
                    equal((count, tables, is_too_wide, paths), ("3", 6, False, 2), "viewers, tables, too wide, paths")


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        volume.sparse("large", LARGE, {})
        with report.row("one server for the figures"), \
                Serving(folder, volume, *ASKED, "--threads", "3", "--log-level", "info") as server:
            check_answers(report, server)
            check_endings(report, server, volume)
            check_forms(report, server)
        check_stalled(report, folder, volume)
        check_unwell(report, folder)
        check_off(report, folder, volume)
        check_command(report, folder, volume)
        check_command_complaints(report, folder)
        check_log(report, folder, volume)
        check_page(report, folder, volume)
    report.finish()


main()
