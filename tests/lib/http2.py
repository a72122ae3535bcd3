"""Owns a client that speaks HTTP/2 over TLS, several streams on one connection; python3-h2 has the frames.

A stream that is held takes no more than its window: what a viewer does who has paused. Does not judge what comes.
SPDX-License-Identifier: MIT
"""
import dataclasses
import socket
import ssl

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

import support

# Of the whole connection: streams that are held must not hold the others.
WINDOW = 1 << 24

# How a stream ends, besides by a reset. What is shorter than its Content-Length is malformed (RFC 9113 §8.1.1).
COMPLETE, SHORT, CLOSED = "complete", "ended before its length", "connection closed"


def tls_socket(port, *protocols):
    """A connection over TLS to a server whose certificate nobody has signed but itself. A small window, as a distant
    viewer has it: the kernel shall not take megabytes in their place."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(protocols)
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    plain.settimeout(support.DEADLINE)
    plain.connect(("127.0.0.1", port))
    return context.wrap_socket(plain, server_hostname="localhost")


@dataclasses.dataclass
class Stream:
    number: int
    status: int = 0
    fields: dict = dataclasses.field(default_factory=dict)
    content: bytearray = dataclasses.field(default_factory=bytearray)
    ending: str = ""  # how it ended; empty while it goes on
    is_held: bool = False
    untold: int = 0  # bytes of a held stream that the server was not told to have been taken


class Connection:
    def __init__(self, port):
        self.socket = tls_socket(port, "h2")
        if self.socket.selected_alpn_protocol() != "h2":
            raise RuntimeError("the server does not speak HTTP/2")
        self.frames = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.frames.initiate_connection()
        self.frames.increment_flow_control_window(WINDOW)
        self.streams = {}
        self.flush()
        self.has_settings = False
        self.read_until(lambda: self.has_settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self):
        self.socket.sendall(self.frames.data_to_send())

    def ask(self, target, method="GET", fields=(), is_held=False):
        """Asks, as soon as the server allows one stream more."""
        most = self.frames.remote_settings.max_concurrent_streams
        self.read_until(lambda: self.frames.open_outbound_streams < most)
        stream = Stream(self.frames.get_next_available_stream_id(), is_held=is_held)
        self.streams[stream.number] = stream
        self.frames.send_headers(stream.number, [(":method", method), (":scheme", "https"), (":path", target),
                                                 (":authority", "localhost"),
                                                 *((name.lower(), value) for name, value in fields)], end_stream=True)
        self.flush()
        return stream

    def abort(self, stream):
        self.frames.reset_stream(stream.number, h2.errors.ErrorCodes.CANCEL)
        stream.ending = "aborted"
        self.flush()

    def let_go(self, stream):
        """A held stream goes on."""
        stream.is_held = False
        self.frames.acknowledge_received_data(stream.untold, stream.number)
        stream.untold = 0
        self.flush()

    def read_until(self, is_there):
        """Reads frames until something has come, or the connection has ended."""
        while not is_there() and self.read():
            pass

    def finish(self, *streams):
        self.read_until(lambda: all(stream.ending for stream in streams))

    def read(self):
        """Takes what comes next. False if the server has closed the connection."""
        try:
            received = self.socket.recv(1 << 16)
        except ConnectionResetError:
            received = b""
        if not received:
            return self.end(CLOSED)
        try:
            events = self.frames.receive_data(received)
        except h2.exceptions.InvalidBodyLengthError as failure:
            return self.end(SHORT if failure.actual_length < failure.expected_length else "too long")
        for event in events:
            self.has_settings = self.has_settings or isinstance(event, h2.events.RemoteSettingsChanged)
            stream = self.streams.get(getattr(event, "stream_id", None))
            if stream and not stream.ending:
                self.take(event, stream)
        self.flush()
        return True

    def end(self, ending):
        for stream in self.streams.values():
            stream.ending = stream.ending or ending
        return False

    def take(self, event, stream):
        if isinstance(event, h2.events.ResponseReceived):
            stream.fields = dict(event.headers)
            stream.status = int(stream.fields[":status"])
        elif isinstance(event, h2.events.DataReceived):
            stream.content += event.data
            if stream.is_held:
                stream.untold += event.flow_controlled_length
            elif event.flow_controlled_length:
                self.frames.acknowledge_received_data(event.flow_controlled_length, stream.number)
        elif isinstance(event, h2.events.StreamEnded):
            stream.ending = COMPLETE
        elif isinstance(event, h2.events.StreamReset):
            stream.ending = f"reset: {event.error_code!r}"
