"""Owns a TCP relay between a client and a web server, which cuts connections after as many bytes as it is told.

Knows nothing of HTTP. SPDX-License-Identifier: MIT
"""
import contextlib
import socket
import struct
import threading

import support

# What is copied at a time, in bytes.
CHUNK = 1 << 16

# SO_LINGER that makes close() a reset.
RESET = struct.pack("ii", 1, 0)


class Cutter:
    """Relays to a port of the loopback interface; one after the other, its connections end after `cuts` bytes of what
    the server sends, in turn in order and with a reset. Those after the last cut end when the server says so."""

    def __init__(self, port, cuts):
        self.target = ("127.0.0.1", port)
        self.cuts = list(enumerate(cuts))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.carried = []  # bytes that the server has sent, a connection
        self.threads = [threading.Thread(target=self.accept)]

    def __enter__(self):
        self.threads[0].start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(support.DEADLINE)
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # shut down
            number, cut = self.cuts.pop(0) if self.cuts else (0, None)
            self.threads.append(threading.Thread(target=self.serve, args=(client, cut, number % 2 == 1)))
            self.threads[-1].start()

    def serve(self, client, cut, is_reset):
        with client, socket.create_connection(self.target) as server:
            requests = threading.Thread(target=self.copy, args=(client, server, None))
            requests.start()
            self.carried.append(self.copy(server, client, cut))
            if is_reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            # Wakes the other thread, too.
            for end in (client, server):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RD if is_reset else socket.SHUT_RDWR)
            requests.join()

    @staticmethod
    def copy(source, sink, limit):
        """Copies until the source ends, the sink does not take it, or `limit` bytes have passed; how many have."""
        count = 0
        with contextlib.suppress(OSError):
            while limit is None or count < limit:
                chunk = source.recv(CHUNK if limit is None else min(limit - count, CHUNK))
                if not chunk:
                    break
                sink.sendall(chunk)
                count += len(chunk)
            if limit is None:
                sink.shutdown(socket.SHUT_WR)
        return count
