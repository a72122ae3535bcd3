"""Owns what the players' scripts share: a web server with reelgate behind it as they see it, and running a program.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import pathlib
import re
import subprocess
import typing

import support

RESPONSE = re.compile(r"info: response \d+: (\S+): (\S+) (.*?): (\d{3}).*?: (\d+) of (\d+) bytes in \S+ s: (\w+)")

# Seconds that a program may take.
LIMIT = 120


class Response(typing.NamedTuple):
    """What reelgate says of one response, in its log at level info."""
    status: int
    sent: int
    planned: int


class Site:
    """A web server, and what reelgate, behind it, writes about its responses."""

    def __init__(self, server):
        self.server = server
        self.name = server.name
        self.seen = 0

    def address(self, film, port=None):
        return f"http://127.0.0.1:{port or self.server.port}/api/stream/{film}"

    def responses(self, at_least=1):
        """Those since the last call, once there are so many and nobody is being answered any more."""
        support.wait_until(lambda: not self.open_films(), "films still open after the player has gone")
        # A line comes when the film is closed already, and by way of the web server where that has started reelgate.
        support.wait_until(lambda: len(self.all_responses()) >= self.seen + at_least, f"log: {at_least} responses")
        found = self.all_responses()
        new, self.seen = found[self.seen:], len(found)
        return new

    def all_responses(self):
        return [Response(int(status), int(sent), int(planned))
                for _, _, _, status, sent, planned, _ in RESPONSE.findall(self.server.reelgate_log())]

    def processes(self):
        """The ids of the web server's processes, and of reelgate's."""
        found = [process.pid for process in self.server.processes]
        for process in found:
            with contextlib.suppress(FileNotFoundError):
                found += map(int, pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split())
        return set(found) | set(support.processes_of(self.server.program))

    def open_films(self):
        """How many descriptors of films they have. A film that several viewers see may be open once."""
        videos = f"{self.server.volume.videos}/"
        count = 0
        for process in self.processes():
            try:
                links = [os.readlink(link.path) for link in os.scandir(f"/proc/{process}/fd")]
            except FileNotFoundError:
                continue  # it has ended, or closed one meanwhile: the next look tells
            count += sum(link.startswith(videos) for link in links)
        return count


def run(*command, statuses=(0,), **more):
    """Runs a program to its end, which has to be one of `statuses`."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT,
                          check=False, **more)
    said = (done.stderr + done.stdout[-400:]).decode(errors="replace")[-400:]
    assert done.returncode in statuses, f"{command[0]}: exit status {done.returncode}: {said}"
    return done
