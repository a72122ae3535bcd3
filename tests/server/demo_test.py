"""`make demo` as a visitor sees it: the page opens in a real browser, the clip plays, and wherever one seeks, the
picture is the one of that place; the page lists the requests; Ctrl-C leaves nothing running. What else the page does:
page_test.py.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import signal
import socket
import subprocess
import urllib.parse
import urllib.request

import browser
import clock
import demo
import support
from support import equal

# Those of scripts/demo, in its order.
PORTS = range(8080, 8180)

PLACES = [40, 5, 59.5, 20, 0]

# Calls back with the text of the list once it says what the argument, a regular expression, wants.
LIST_SAYS = """
const [wanted, done] = arguments, table = document.querySelector('table');
const look = () => {
  const match = table.innerText.match(new RegExp(wanted));
  if (match) done(match[0]);
  return match;
};
look() || new MutationObserver((_, observer) => look() && observer.disconnect())
  .observe(table, {childList: true, subtree: true, characterData: true});
"""


def check_seeking(report, tab, name):
    with report.row(f"{name}: length, size and what can be sought"):
        clock.check_metadata(tab)
    with report.row(f"{name}: plays"):
        clock.check_plays(tab)
    for place in PLACES:
        with report.row(f"{name}: seek to {place} s shows that picture"):
            clock.check_seek(tab, place)


def check_pictures(report, folder):
    with demo.Demo() as running, browser.Browser(folder) as tab:
        tab.open(running.address)
        check_seeking(report, tab, "page")
        with report.row("demo: the page lists a seek's own range"):
            for place in PLACES:
                clock.check_seek(tab, place)
            tab.run(LIST_SAYS, r"bytes=[1-9]\d*-[\s\S]*206")
        tab.open(running.address + "api/stream/sample")
        check_seeking(report, tab, "the address itself, opened as the ticket says")
        with report.row("demo: Ctrl-C ends it, and all that it started"):
            equal(running.end(signal.SIGINT), 0, "exit status")
            demo.check_nothing_runs()


def check_terminal_that_goes_away(report):
    with report.row("demo: leads the session of a terminal, which goes away: it ends, and all that it started"):
        ours, its = os.openpty()
        # The first terminal that the leader of a new session opens becomes the one that controls it.
        become_controlled = ["setsid", "--ctty", "--wait", support.ROOT / "scripts/demo"]
        with contextlib.ExitStack() as closing:
            closing.callback(os.close, its)
            process = subprocess.Popen(become_controlled, stdin=its, stdout=its, stderr=its,
                                       env=support.clean_environment(REELGATE=support.PROGRAM))
            try:
                said = b""
                while b"http://" not in said:
                    said += os.read(ours, 1000)
            finally:
                closing.close()
                os.close(ours)
                process.wait(support.DEADLINE)
        equal(process.returncode, 0, "exit status")
        demo.check_nothing_runs()


# The clip as a film of its own: the sample that each demo has comes as slowly as over a thin line.
PLAYED = "1-sample"


def check_plays(running):
    with urllib.request.urlopen(f"{running.address}api/stream/{PLAYED}", timeout=support.DEADLINE) as reply:
        equal(reply.read(), support.CLIP.read_bytes(), "content")


def take_first_port(mute):
    """Listens on the first port that the demo finds free; other servers may have those before it."""
    mute.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for port in PORTS:
        with contextlib.suppress(OSError):
            mute.bind(("127.0.0.1", port))
            mute.listen()
            return port
    raise RuntimeError("all ports of the demo are taken")


def check_places(report, folder):
    with report.row("demo: beside a server that never answers, on the port that it would take"):
        with socket.socket() as mute:
            taken = take_first_port(mute)
            with demo.Demo(support.CLIP) as running:
                assert urllib.parse.urlsplit(running.address).port != taken, running.address
                check_plays(running)
    with report.row("demo: in a checkout whose path has blanks, a quote and a dollar sign"), \
            demo.Demo(support.CLIP, root=demo.checkout(folder / "it's $my reel gate")) as running:
        check_plays(running)


def check_films_that_are_not_there(report, folder):
    (folder / "empty").mkdir()
    for path in (folder / "empty", folder / "no such file.mp4"):
        with report.row(f"demo: films={path.name}: says what it wanted, and starts nothing"):
            done = subprocess.run([support.ROOT / "scripts/demo", path], stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=support.DEADLINE, env=support.clean_environment(), check=False)
            equal((done.returncode, done.stdout), (2, ""), "exit status and output")
            equal(done.stderr, f"demo: {path}: no film there: name an MP4 file, or a folder with *.mp4\n", "message")


def main():
    report = support.Report()
    with support.Folder() as folder:
        check_pictures(report, folder)
        check_terminal_that_goes_away(report)
        check_places(report, folder)
        check_films_that_are_not_there(report, folder)
    report.finish()


main()
