"""Owns a network between a player and a web server: a relay that counts, that can be cut, and comes back.

Holds next to nothing: a player who does not read is felt by the server. SPDX-License-Identifier: MIT
"""
import contextlib
import dataclasses
import re
import socket
import threading

import support

# A window as a distant viewer has it: the kernel shall not take megabytes in their place.
WINDOW = 65536

# How long a thread may take to notice that its connection has ended.
PATIENCE = support.DEADLINE


@dataclasses.dataclass
class Request:
    """What a player asked, and on which connection, counted from 0."""
    connection: int
    target: str
    range: str


class Relay:
    """Listens on a free port of the loopback interface and leads to `target`, the port of a web server there."""

    def __init__(self, target):
        self.target = target
        self.port = 0  # any free one, and from then on that one
        self.requests = []
        self.accepted = 0
        self.received = 0  # bytes, from the web server
        self.listener = None
        self.pairs = []
        self.threads = []

    def __enter__(self):
        self.restore()
        return self

    def __exit__(self, *_):
        self.cut()

    def restore(self):
        """The network is there."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, WINDOW)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        self.start(self.accept)

    def cut(self):
        """The network is gone: what was open ends, and nothing new can be opened."""
        if not self.listener:
            return
        # This wakes the thread that accepts; closing would not.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.break_connections()
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a relay's thread does not end"
        self.threads = []
        self.listener.close()
        self.listener = None

    def break_connections(self):
        """What was open ends; the next one finds its way."""
        for pair in list(self.pairs):
            end(*pair)

    def start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                player = self.listener.accept()[0]
                server = socket.socket()
                server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
                server.connect(("127.0.0.1", self.target))
                self.pairs.append((player, server))
                self.start(self.ask, self.accepted, player, server)
                self.start(self.answer, server, player)
                self.accepted += 1

    def ask(self, number, player, server):
        """From player to server. A player who sends no more has left."""
        head = b""
        with contextlib.suppress(OSError):
            while chunk := player.recv(WINDOW):
                *whole, head = (head + chunk).split(b"\r\n\r\n")
                self.requests += [parse_request(number, text.decode("latin-1")) for text in whole]
                server.sendall(chunk)
        end(player, server)

    def answer(self, server, player):
        """From server to player."""
        with contextlib.suppress(OSError):
            while chunk := server.recv(WINDOW):
                self.received += len(chunk)
                player.sendall(chunk)
        end(player, server)


def parse_request(number, head):
    field = re.search(r"^Range: (.*)$", head.replace("\r", ""), re.IGNORECASE | re.MULTILINE)
    return Request(number, head.split(" ", 2)[1], field.group(1) if field else "")


def end(*pair):
    for one in pair:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
