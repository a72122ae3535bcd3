"""The lines of the log: what clients send never spoils or forges one, and the journal gets priorities.

Does not test a standard error that takes nothing: log_test.py does.
SPDX-License-Identifier: MIT
"""
import re
import subprocess

import fastcgi
import support
from support import Serving, equal
from viewers import FILM_PATH, ask

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
                ask(server, f"/api/stream/{video}", method, fields=[("HTTP_RANGE", spec)])
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


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", support.position_coded(300_000))
        check_log(report, folder, volume)
    report.finish()


main()
