"""Several `reelgate serve` that are started at once on one Unix socket: one serves, the others say so and end.

Does not test what one alone makes of a path: serve_test.py and the unit tests do.
SPDX-License-Identifier: MIT
"""
import contextlib
import fcntl
import os
import signal
import socket
import struct
import subprocess

import support
from support import equal

ROUNDS = 25
AT_ONCE = 4


def leave_socket_behind(place):
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(place)


def process_at(place):
    """The process that listens there."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(place)
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("iII"))
        return struct.unpack("iII", credentials)[0]


@contextlib.contextmanager
def started(folder, volume, place):
    """Processes that are started at once, each with the file that it logs to."""
    files = [folder / f"start-{i}.log" for i in range(AT_ONCE)]
    processes = []
    try:
        for path in files:
            with open(path, "wb") as file:
                processes.append(subprocess.Popen(
                    [support.PROGRAM, "serve", "--data", volume.path, "--listen", f"unix:{place}"], stderr=file,
                    stdin=subprocess.DEVNULL, env=support.clean_environment()))
        yield list(zip(processes, files))
    finally:
        for process in processes:
            process.kill()
            process.wait()


def check_round(folder, volume, place):
    def is_ready(path):
        return ": ready\n" in path.read_text()

    with started(folder, volume, place) as all_of_them:
        support.wait_until(lambda: all(process.poll() is not None or is_ready(path) for process, path in all_of_them),
                           "each is ready or has ended")
        equal(sum(is_ready(path) for _, path in all_of_them), 1, "processes that say that they are ready")
        for process, path in all_of_them:
            if is_ready(path):
                equal(process_at(place), process.pid, "process at the socket")
                continue
            equal(process.wait(support.DEADLINE), 1, "exit status")
            equal(path.read_text(), f"reelgate: listen {place}: another process listens there; stop it or choose another "
                  "path\n", "what one says that came too late")
        serving = next(process for process, path in all_of_them if is_ready(path))
        serving.send_signal(signal.SIGTERM)
        equal(serving.wait(support.DEADLINE), 0, "exit status")


def check_at_once(report, folder, volume):
    for name, prepare in (("where one was left behind", leave_socket_behind), ("where none was", lambda _: None)):
        run = folder / name
        run.mkdir()
        place = str(run / "s.sock")
        with report.row(f"{AT_ONCE} started at once on a Unix socket {name}: one serves"):
            for number in range(ROUNDS):
                prepare(place)
                try:
                    check_round(folder, volume, place)
                except AssertionError as failure:
                    raise AssertionError(f"round {number + 1}: {failure}") from None
                # Neither the socket nor anything that kept the others out.
                equal(os.listdir(run), [], "what is left behind")


def check_locked(report, folder, volume):
    run = folder / "locked"
    run.mkdir()
    place = str(run / "s.sock")
    leave_socket_behind(place)
    with report.row("another process keeps the folder locked: said, and nothing changed"):
        holder = os.open(run, os.O_RDONLY)
        try:
            fcntl.flock(holder, fcntl.LOCK_EX)
            done = support.reelgate("serve", "--data", volume.path, "--listen", f"unix:{place}")
            equal(done.returncode, 1, "exit status")
            equal(done.stderr.decode(), f"reelgate: listen {place}: another process has had {run} locked for 5 s; end it "
                  "(lslocks names it), or choose another folder\n", "what is said")
            equal(os.listdir(run), ["s.sock"], "what is in the folder")
        finally:
            os.close(holder)


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        for check in (check_at_once, check_locked):
            check(report, folder, volume)
    report.finish()


main()
