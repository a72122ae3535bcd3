"""Owns a running demo for tests: scripts/demo, from its address to its end.

Does not know the page.
SPDX-License-Identifier: MIT
"""
import re
import signal
import subprocess

import support

FOLDER = support.ROOT / "build/demo"
SAMPLE = "sample"


class Demo:
    """`make demo` of a checkout, with more films where they are given; entered once it has printed its address. `more` goes to
    Popen."""

    def __init__(self, *films, root=support.ROOT, **more):
        self.command = [root / "scripts/demo", *films]
        self.more = {"stdout": subprocess.PIPE, "text": True, **more}

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        env=support.clean_environment(REELGATE=support.PROGRAM), **self.more)
        try:
            line = self.process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            assert found, f"no address in {line!r}"
            self.address = found.group()
        except BaseException:
            self.__exit__()
            raise
        return self

    def end(self, signal_number):
        """Gives the exit status."""
        self.process.send_signal(signal_number)
        return self.process.wait(support.DEADLINE)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end(signal.SIGINT)
        self.process.stdout.close()


def check_nothing_runs():
    """Fails if a process that the demo started is still running."""
    support.wait_until(lambda: not support.processes_of(support.PROGRAM), "no reelgate left")
    for pid in support.processes_of("/usr/sbin/lighttpd"):
        with open(f"/proc/{pid}/cmdline") as line:
            assert str(FOLDER) not in line.read(), "lighttpd still runs"
