"""reelgate under systemd: the socket that it is handed, what it tells the manager, a restart that loses no request, and
how much the shipped unit fences off.

Does not need a running systemd: its protocols are an environment and a datagram. install_test.py has one.
SPDX-License-Identifier: MIT
"""
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import fastcgi
import support
from support import Serving, equal

FILM = support.position_coded(200_000)
FILM_PATH = "/api/stream/film"
UNITS = support.ROOT / "conf/systemd"

# Of 10, by `systemd-analyze security`; a unit without any fence has 9.6.
MOST_EXPOSURE = 2.0

# What systemd does before it runs a service: the sockets from descriptor 3 on, and LISTEN_PID, the process id that the
# program is going to have.
HAND_OVER = """
import os, sys
pid, place, *command = sys.argv[1:]
fds = [int(fd) for fd in place.split(",")]
copies = [os.dup2(fd, 100 + i) for i, fd in enumerate(fds)]
for i, fd in enumerate(copies):
    os.dup2(fd, 3 + i)
os.environ.update(LISTEN_PID=str(os.getpid()) if pid == "self" else pid, LISTEN_FDS=str(len(fds)),
                  LISTEN_FDNAMES=":".join(["reelgate.socket"] * len(fds)))
os.execv(command[0], command)
"""


def ask(address, *arguments, **more):
    with fastcgi.Connection(address) as connection:
        connection.send(*arguments, **more)
        return connection.read_reply()


def listening(path, kind=socket.SOCK_STREAM):
    held = socket.socket(socket.AF_UNIX, kind)
    held.bind(str(path))
    if kind == socket.SOCK_STREAM:
        held.listen(1024)
    return held


class HandedOver(Serving):
    """A reelgate that was handed `sockets`, as by systemd."""

    def __init__(self, folder, volume, sockets, *options, meant_for="self", **more):
        super().__init__(folder, volume, *options, address=sockets[0].getsockname(),
                         **{"stdin": subprocess.DEVNULL, **more})
        self.command = [sys.executable, "-c", HAND_OVER, meant_for, ",".join(str(s.fileno()) for s in sockets),
                        *self.command]
        self.more["pass_fds"] = [s.fileno() for s in sockets]


def check_handed_over(report, folder, volume):
    path = folder / "handed.sock"
    with listening(path) as held:
        with report.row("LISTEN_FDS: serves the socket that it was handed"), HandedOver(folder, volume, [held]):
            equal(ask(str(path), FILM_PATH).content, FILM, "content")
        with report.row("LISTEN_FDS: the socket is still there at the end, and listens"):
            assert support.can_connect(str(path)), "gone"
        with report.row("LISTEN_FDS comes before fd 0"), listening(folder / "zero.sock") as zero, \
                HandedOver(folder, volume, [held], stdin=zero):
            equal(ask(str(path), FILM_PATH, "HEAD").status, 200, "status")
        with report.row("LISTEN_PID is another process's: fd 0 is served"), listening(folder / "other.sock") as zero, \
                HandedOver(folder, volume, [held], meant_for="1", stdin=zero):
            equal(ask(zero.getsockname(), FILM_PATH, "HEAD").status, 200, "status")
        with report.row("TCP: a socket that was handed over"), socket.socket() as tcp:
            tcp.bind(("127.0.0.1", 0))
            tcp.listen()
            with HandedOver(folder, volume, [tcp]):
                equal(ask(tcp.getsockname(), FILM_PATH).content, FILM, "content")
        with listening(folder / "second.sock") as second, \
                listening(folder / "datagram.sock", socket.SOCK_DGRAM) as datagram:
            for name, sockets, options, named in (
                    ("two sockets", [held, second], [], "LISTEN_FDS=2: serves one socket"),
                    ("a datagram socket", [datagram], [], "ListenStream="),
                    ("--listen as well", [held], ["--listen", "unix:/nonexistent/x"], "leave one of them out")):
                with report.row(f"LISTEN_FDS, {name}: a usage error in one line"):
                    check_refused(HandedOver(folder, volume, sockets, *options), named)


def check_refused(server, named):
    try:
        with server:
            raise AssertionError("serves")
    except RuntimeError:
        lines = server.log().splitlines()
        equal((server.process.returncode, len(lines)), (2, 1), "exit status, lines")
        assert named in lines[0], lines[0]


def check_socket_activate(report, folder, volume):
    path = str(folder / "activate.sock")
    command = ["systemd-socket-activate", "--listen", path, support.PROGRAM, "serve", "--data", str(volume.path)]
    with report.row("systemd-socket-activate: started by the first who connects, and answers"), \
            open(folder / "activate.log", "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, env=support.clean_environment())
        try:
            # Its path is there a moment before it listens.
            support.wait_until(lambda: support.can_connect(path), "systemd-socket-activate", process)
            for _ in range(3):
                equal(ask(path, FILM_PATH).content, FILM, "content")
        finally:
            equal(support.stop(process), 0, "exit status")
        assert os.path.exists(path), "removed a socket that is not its own"


class Manager:
    """The other end of NOTIFY_SOCKET. `name` begins with @ where it is abstract."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(support.DEADLINE)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self.environment = support.clean_environment(NOTIFY_SOCKET=name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def next(self):
        """The next message, as a dict."""
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())


class Notifying(Serving):
    """A reelgate that has somebody to tell."""

    def __init__(self, folder, volume, environment, *options):
        super().__init__(folder, volume, *options)
        self.command = ["env", f"NOTIFY_SOCKET={environment['NOTIFY_SOCKET']}", *self.command]


def check_notify(report, folder, volume):
    config = folder / "notify.conf"
    for name in (str(folder / "notify"), f"@{folder}/notify"):
        config.write_text("cache-control = private\n")
        with report.row(f"NOTIFY_SOCKET={name[:1]}...: ready, reloading, ready, stopping"), Manager(name) as manager, \
                Notifying(folder, volume, manager.environment, "--config", config, "--threads", "3",
                          "--grace", "7") as server:
            equal(manager.next(), {"READY": "1", "STATUS": "3 threads serve"}, "first")
            equal(ask(server.address, FILM_PATH, "HEAD").status, 200, "status")
            for text, what in (("cache-control = no-cache\n", "settings are in force"),
                               ("colour = red\n", "the old settings stay")):
                config.write_text(text)
                before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
                server.process.send_signal(signal.SIGHUP)
                reloading, ready = manager.next(), manager.next()
                equal((reloading["RELOADING"], ready["READY"]), ("1", "1"), "reload")
                assert before <= int(reloading["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
                assert what in ready["STATUS"], ready
            equal(support.stop(server.process), 0, "exit status")
            stopping = manager.next()
            equal((stopping["STOPPING"], stopping["EXTEND_TIMEOUT_USEC"]), ("1", "12000000"), "last")
    with report.row("NOTIFY_SOCKET: nobody is there: a warning, and it serves"), \
            Notifying(folder, volume, {"NOTIFY_SOCKET": f"{folder}/nobody"}) as server:
        equal(ask(server.address, FILM_PATH, "HEAD").status, 200, "status")
        server.wait_for_log(f"warning: notify {folder}/nobody: No such file")
    with report.row("a catalogue that is not there: never ready"), Manager(str(folder / "never")) as manager:
        with contextlib.suppress(RuntimeError), \
                Notifying(folder, volume, manager.environment, "--database", folder / "none.db"):
            raise AssertionError("serves")
        manager.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            raise AssertionError(f"says {manager.next()}")


class Load:
    """Requests one after another from some threads, each on a connection of its own; counts, and keeps what failed."""

    def __init__(self, address, threads=4):
        self.address, self.is_over, self.failures, self.answers = address, threading.Event(), [], 0
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def run(self):
        while not self.is_over.is_set():
            try:
                reply = ask(self.address, FILM_PATH, fields=[("HTTP_RANGE", "bytes=1000-150999")])
                equal((reply.status, reply.content), (206, FILM[1000:151_000]), "status, content")
                self.answers += 1  # a lost update would only make the test wait longer
            except Exception as failure:  # whatever it is, the row fails with it
                self.failures.append(repr(failure))
                return

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.finish()

    def finish(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def wait_for_more(self, process):
        """Waits until answers have come since now, or one has failed."""
        wanted = self.answers + 20
        support.wait_until(lambda: self.answers >= wanted or self.failures, "answers", process)


def check_restart(report, folder, volume):
    with report.row("20 restarts under load: every request is answered"), listening(folder / "kept.sock") as held:
        with contextlib.ExitStack() as stack:
            load = None
            for _ in range(20):
                with HandedOver(folder, volume, [held]) as server:
                    load = load or stack.enter_context(Load(held.getsockname()))
                    load.wait_for_more(server.process)
            # Whoever waits in the queue now is answered by the last.
            last = stack.enter_context(HandedOver(folder, volume, [held]))
            load.wait_for_more(last.process)
            load.finish()
        equal(load.failures, [], "failures")
    with report.row("SIGTERM: one who has connected and not yet asked is answered"), \
            Serving(folder, volume) as server, fastcgi.Connection(server.address) as connection:
        support.wait_until(lambda: support.sockets(server.process) >= 2, "accepted", server.process)
        server.process.terminate()
        server.wait_for_log("stop: ")
        connection.send(FILM_PATH)
        equal(connection.read_reply().content, FILM, "content")
        assert connection.is_closed(), "kept open by a server that ends"


def check_units(report, folder):
    with report.row(f"reelgate.service: exposed to less than {MOST_EXPOSURE} of 10"):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", UNITS / "reelgate.service"],
                              capture_output=True, text=True, check=True)
        exposure = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout).group(1))
        assert exposure < MOST_EXPOSURE, f"{exposure}\n{done.stdout}"
    with report.row("units: systemd finds nothing to complain of"):
        for unit in UNITS.glob("reelgate.so*"):
            (folder / unit.name).write_text(unit.read_text())
        text = (UNITS / "reelgate.service").read_text()
        (folder / "reelgate.service").write_text(text.replace("/usr/local/sbin/reelgate", str(support.PROGRAM)))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                               folder / "reelgate.service", folder / "reelgate.socket"],
                              capture_output=True, text=True, check=False)
        equal((done.returncode, done.stderr), (0, ""), "exit status, errors")
    with report.row("units: the socket is the one that the shipped files of the web servers name"):
        path = re.search(r"^ListenStream=(.*)$", (UNITS / "reelgate.socket").read_text(), re.MULTILINE).group(1)
        for name in ("lighttpd/connect.conf", "apache/mod_proxy_fcgi.conf", "nginx/upstream.conf"):
            assert path in pathlib.Path(support.ROOT / "conf" / name).read_text(), f"{name} does not name {path}"


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        check_handed_over(report, folder, volume)
        check_socket_activate(report, folder, volume)
        check_notify(report, folder, volume)
        check_restart(report, folder, volume)
        check_units(report, folder)
    report.finish()


main()
