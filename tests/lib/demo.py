"""Owns a running demo for tests: scripts/demo, from its address to its end.

Does not know the page.
SPDX-License-Identifier: MIT
"""
import pathlib
import re
import shutil
import signal
import subprocess

import support

SAMPLE = "sample"


def checkout(root):
    """Copies what the demo needs of a checkout: only one at a time runs in each."""
    for part in ("scripts", "conf", "tests/fixtures"):
        shutil.copytree(support.ROOT / part, root / part)
    return root


class Demo:
    """`make demo` of a checkout, with more films where they are given; entered once it has printed its address. It has
    its files in `folder`. `more` goes to Popen."""

    def __init__(self, *films, root=support.ROOT, **more):
        self.folder = root / "build/demo"
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


def check_nothing_runs(root=support.ROOT):
    """Fails if a process that the demo of a checkout started is still running."""
    support.wait_until(lambda: not any(names(pid, root / "build/demo") for pid in support.processes_of(support.PROGRAM)),
                       "no reelgate left")
    for pid in support.processes_of("/usr/sbin/lighttpd"):
        assert not names(pid, root / "build/demo"), "lighttpd still runs"


def names(pid, folder):
    """Returns whether the command of a process, or its environment, names something in the folder."""
    try:
        return any(f"{folder}/" in pathlib.Path(f"/proc/{pid}/{file}").read_text() for file in ("cmdline", "environ"))
    except OSError:  # it has ended
        return False
