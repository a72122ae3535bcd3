"""`reelgate status`: what it prints of a running reelgate, and the one line that it has for whatever else is there.

Does not test the figures: status_test.py does.
SPDX-License-Identifier: MIT
"""
import contextlib
import json
import os
import re
import socket
import subprocess

from prometheus_client.openmetrics.parser import text_string_to_metric_families

import fastcgi
import servers
import support
from support import Serving, equal

STATUS = "/reelgate-status"


def check_command(report, folder, volume):
    for host, family in ((None, socket.AF_UNIX), ("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        address = (host, support.free_port(family)) if host else f"{folder}/command.sock"
        with Serving(folder, volume, "--status-path", STATUS, address=address) as server:
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
    # The name is there once something listens: a socket that is bound alone refuses whoever comes.
    program = ("import os, socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1] + '.new'); s.listen(); "
               "os.rename(sys.argv[1] + '.new', sys.argv[1]); c = s.accept()[0]; c.recv(65536); data = bytes.fromhex(sys.argv[2]); "
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


def main():
    report = support.Report()
    with support.Folder() as folder:
        check_command(report, folder, support.Volume(folder / "data"))
        check_command_complaints(report, folder)
    report.finish()


main()
