"""The figures that reelgate has about itself: each goes up by exactly what was done, in every form, and the log says the
same.

Does not test single counters and formats: the unit tests do.
SPDX-License-Identifier: MIT
"""
import contextlib
import json
import os
import re

from prometheus_client.openmetrics.parser import text_string_to_metric_families

import fastcgi
import support
from fastcgi import KEEP_CONN
from support import Serving, equal
from viewers import FILM_PATH, LARGE, LARGE_PATH, Viewers, ask

FILM = support.position_coded(300_000)
STATUS, PING = "/reelgate-status", "/reelgate-ping"
ASKED = ["--status-path", STATUS, "--ping-path", PING]

# Figures that asking changes, or time does.
MOVING = {"start since", "accepted conn", "open conn", "max active viewers", "monitoring requests", "catalogue seconds"}


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
        ask(server, FILM_PATH, "HEAD")
        assert status_of(server)["catalogue seconds"] > 0


def ended(server):
    status = settled_status(server)
    return {ending: status[f"answers {ending}"] for ending in ("complete", "aborted", "stalled", "broken")}


def check_endings(report, server, volume):
    with report.row("figures: active viewers are those who have stopped"), Viewers(server) as viewers:
        before = settled_status(server)
        parked = [viewers.watch(LARGE_PATH) for _ in range(25)]
        status = status_of(server)
        equal((status["active viewers"], status["max active viewers"]), (25, 25), "viewers, most of them")
        assert status["open conn"] >= 26, "25 and the one that asks"
        equal(status["requests"] - before["requests"], len(parked), "requests")
    with report.row("figures: those who leave have aborted; the most there were stay on record"):
        before = ended(server)
        with Viewers(server) as viewers:
            for _ in range(25):
                viewers.watch(LARGE_PATH)
        equal(ended(server), {**before, "aborted": before["aborted"] + 25}, "endings")
        equal(status_of(server)["max active viewers"], 25, "most")
    with report.row("figures, log: a file that is truncated has broken, and the log says how far it came"):
        volume.sparse("shrinking", LARGE, {})
        before, sent = ended(server), settled_status(server)["bytes sent"]
        with Viewers(server) as viewers:
            viewer = viewers.watch("/api/stream/shrinking")
            os.truncate(volume.videos / "shrinking.mp4", 1000)
            with contextlib.suppress(fastcgi.NoValidRecord, EOFError, ConnectionResetError):
                viewer.read_response()
        equal(ended(server), {**before, "broken": before["broken"] + 1}, "endings")
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
    for name, spec in STALLED:
        with report.row(f"figures, log: a viewer who takes nothing has stalled: {name}: what is said to be sent is what the"
                        " web server finds"), \
                Serving(folder, volume, *ASKED, "--stall-timeout", "1", "--log-level", "info") as server, \
                fastcgi.Connection(server.address) as viewer:
            viewer.send(LARGE_PATH, **field("RANGE", spec))
            server.wait_for_log(": stalled")
            equal(ended(server), {"complete": 0, "aborted": 0, "stalled": 1, "broken": 0}, "endings")
            raw = bytearray()
            with contextlib.suppress(ConnectionResetError):
                while chunk := viewer.socket.recv(1 << 20):
                    raw += chunk
            sent = content_length_of(bytes(raw))
            equal(settled_status(server)["bytes sent"], sent, "bytes counted")
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
    for path in (STATUS, PING):
        with report.row(f"{path}: not with a link in front of it, which a web server may let pass"):
            equal(ask(server, "/bcdn_token=T&expires=1" + path).status, 404, "status")
    with report.row("the path of the client counts, not one that the web server has made of it"):
        for path in (STATUS, PING):
            equal(ask(server, "/elsewhere", fields=[("SCRIPT_NAME", path)]).status, 404, f"{path} as SCRIPT_NAME")
            reply = ask(server, path, fields=[("SCRIPT_NAME", FILM_PATH)])
            equal((reply.status, reply.field("Content-Type")[:10]), (200, "text/plain"), f"{path} as REQUEST_URI")
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
            Serving(folder, volume, *ASKED, "--max-viewers", "1") as server, Viewers(server) as viewers:
        viewers.watch(LARGE_PATH)
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


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        volume.sparse("large", LARGE, {})
        with report.group("one server for the figures"), \
                Serving(folder, volume, *ASKED, "--threads", "3", "--log-level", "info") as server:
            check_answers(report, server)
            check_endings(report, server, volume)
            check_forms(report, server)
        check_stalled(report, folder, volume)
        check_unwell(report, folder)
        check_off(report, folder, volume)
    report.finish()


main()
