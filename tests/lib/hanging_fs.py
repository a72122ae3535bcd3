"""Owns a file system for tests that can hold back its answers, slow them down or replace them by errors, like storage
that hangs, is slow or fails. It speaks the protocol of /dev/fuse itself, in a process of its own, so that a test cannot
wait for itself.

Does not write, and has one flat folder.
SPDX-License-Identifier: MIT
"""
import collections
import contextlib
import ctypes
import errno
import multiprocessing.connection
import os
import select
import stat
import struct
import subprocess
import sys
import time

import support

DEVICE = "/dev/fuse"

# linux/fuse.h
LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH = 1, 2, 3, 14, 15, 17, 18, 25
INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS, INTERRUPT, DESTROY, BATCH_FORGET = 26, 27, 28, 29, 34, 36, 38, 42
# Requests that get no answer.
UNANSWERED = {FORGET, BATCH_FORGET, INTERRUPT, DESTROY}
OPERATIONS = {"lookup": LOOKUP, "getattr": GETATTR, "open": OPEN, "read": READ, "flush": FLUSH}
IN_HEADER = struct.Struct("=IIQQIIII")
OUT_HEADER = struct.Struct("=IiQ")
ATTRIBUTES = struct.Struct("=6Q10I")
ENTRY, GOT_ATTRIBUTES = struct.Struct("=4Q2I"), struct.Struct("=QII")
OPENED = struct.Struct("=QII")
READ_AT = struct.Struct("=QQI")
INIT_IN, INIT_OUT = struct.Struct("=4I"), struct.Struct("=4IHHIIHHI28x")
STATISTICS = struct.Struct("=5Q4I24x")
FOLDER_ENTRY = struct.Struct("=QQII")
MINOR_VERSION = 31
ASYNC_READ, KEEP_CACHE = 1 << 0, 1 << 1
ROOT = 1
LARGEST_WRITE = 4096
BUFFER = 64 << 10  # of one request; the kernel wants 8 KiB at least, and room for the largest write

# sys/mount.h
MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 1 << 1, 1 << 2, 1 << 14, 1 << 18
MNT_DETACH, UMOUNT_NOFOLLOW = 1 << 1, 1 << 3
CLONE_NEWNS = 1 << 17

libc = ctypes.CDLL(None, use_errno=True)
libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]


def must(result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def enter_own_mounts():
    """Takes this process, and those that it starts from now on, out of the sight of others: what they mount is gone
    when the last of them ends. OSError where that may not be."""
    must(libc.unshare(CLONE_NEWNS))
    must(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))


def unmount(place, flags=0):
    must(libc.umount2(os.fsencode(place), flags | UMOUNT_NOFOLLOW))


class FileSystem:
    """Answers the kernel. `files` has bytes by name, or the length of a file that is position-coded."""

    def __init__(self, device, files, name_seconds, attribute_seconds, keeps_cache, read_ahead):
        self.device = device
        self.files = files
        self.names = list(files)
        self.seconds = {LOOKUP: name_seconds, GETATTR: attribute_seconds}
        self.read_ahead = read_ahead
        self.open_flags = KEEP_CACHE if keeps_cache else 0
        self.seen = collections.Counter()
        self.hanging = set()
        self.held = []
        self.failing = {}  # by operation: errno, and how many times yet, or None
        self.rate = None
        self.late = {}  # by operation: seconds that it takes
        self.due = collections.deque()  # when, unique, answer: what a slow storage has yet to send

    def take_request(self):
        try:
            request = os.read(self.device, BUFFER)
        except OSError as failure:
            if failure.errno == errno.ENODEV:
                return False  # unmounted
            if failure.errno in (errno.ENOENT, errno.EAGAIN, errno.EINTR):  # taken back by who made it, or none there
                return True
            raise
        opcode = IN_HEADER.unpack_from(request)[1]
        self.seen[opcode] += 1
        if opcode in self.hanging:
            self.held.append(request)
        else:
            self.answer(request)
        return True

    def answer(self, request):
        _, opcode, unique, node, *_ = IN_HEADER.unpack_from(request)
        if opcode in UNANSWERED:
            return
        try:
            self.fail_if_told(opcode)
            answer = self.ANSWERS.get(opcode, FileSystem.unknown)(self, node, request[IN_HEADER.size:])
        except OSError as failure:
            self.send(unique, -failure.errno)
            return
        if opcode == READ and self.rate:
            begin = max(time.monotonic(), self.due[-1][0] if self.due else 0)
            self.due.append((begin + len(answer) / self.rate, unique, answer))
        elif opcode in self.late:
            self.due.append((time.monotonic() + self.late[opcode], unique, answer))
        else:
            self.send(unique, 0, answer)

    def send(self, unique, error, answer=b""):
        with contextlib.suppress(FileNotFoundError):  # who asked has given up
            os.write(self.device, OUT_HEADER.pack(OUT_HEADER.size + len(answer), error, unique) + answer)

    def send_what_is_due(self):
        """Returns the seconds until there is more, or None."""
        while self.due:
            rest = self.due[0][0] - time.monotonic()
            if rest > 0 and (self.rate or self.late):
                return rest
            _, unique, answer = self.due.popleft()
            self.send(unique, 0, answer)
        return None

    def fail_if_told(self, opcode):
        if opcode in self.failing:
            number, times = self.failing[opcode]
            if times == 1:
                del self.failing[opcode]
            elif times:
                self.failing[opcode] = number, times - 1
            raise OSError(number, os.strerror(number))

    def name_of(self, node):
        if not 0 <= node - ROOT - 1 < len(self.names):
            raise OSError(errno.ENOENT, "no such node")
        return self.names[node - ROOT - 1]

    def length_of(self, node):
        content = self.files[self.name_of(node)]
        return content if isinstance(content, int) else len(content)

    def attributes(self, node):
        is_folder = node == ROOT
        length = 0 if is_folder else self.length_of(node)
        mode = stat.S_IFDIR | 0o755 if is_folder else stat.S_IFREG | 0o644
        time_of_all = 1_700_000_000
        return ATTRIBUTES.pack(node, length, (length + 511) // 512, *[time_of_all] * 3, 0, 0, 0, mode,
                               2 if is_folder else 1, 0, 0, 0, 4096, 0)

    def init(self, _node, arguments):
        _, _, read_ahead, flags = INIT_IN.unpack_from(arguments)
        return INIT_OUT.pack(7, MINOR_VERSION, min(read_ahead, self.read_ahead), flags & ASYNC_READ, 0, 0, LARGEST_WRITE,
                             1, 0, 0, 0)

    def look_up(self, _node, arguments):
        name = os.fsdecode(arguments.rstrip(b"\0"))
        if name not in self.files:
            raise OSError(errno.ENOENT, name)
        node = ROOT + 1 + self.names.index(name)
        return ENTRY.pack(node, 0, self.seconds[LOOKUP], self.seconds[GETATTR], 0, 0) + self.attributes(node)

    def get_attributes(self, node, _arguments):
        return GOT_ATTRIBUTES.pack(self.seconds[GETATTR], 0, 0) + self.attributes(node)

    def open(self, _node, _arguments):
        return OPENED.pack(0, self.open_flags, 0)

    def read(self, node, arguments):
        _, first, size = READ_AT.unpack_from(arguments)
        length = max(0, min(size, self.length_of(node) - first))
        content = self.files[self.name_of(node)]
        return support.position_coded(length, first) if isinstance(content, int) else content[first:first + length]

    def read_folder(self, _node, arguments):
        _, first, size = READ_AT.unpack_from(arguments)
        found = b""
        for number, name in list(enumerate([".", "..", *self.names], 1))[first:]:
            raw = os.fsencode(name)
            kind = stat.S_IFDIR >> 12 if name in (".", "..") else stat.S_IFREG >> 12
            entry = FOLDER_ENTRY.pack(ROOT + max(0, number - 2), number, len(raw), kind) + raw
            entry += bytes(-len(entry) % 8)
            if len(found) + len(entry) > size:
                break
            found += entry
        return found

    def statistics(self, _node, _arguments):
        return STATISTICS.pack(0, 0, 0, len(self.files), 0, 4096, 255, 4096, 0)

    def nothing(self, _node, _arguments):
        return b""

    def unknown(self, _node, _arguments):
        raise OSError(errno.ENOSYS, "no such operation")

    ANSWERS = {INIT: init, LOOKUP: look_up, GETATTR: get_attributes, OPEN: open, READ: read, OPENDIR: open,
               READDIR: read_folder, STATFS: statistics, RELEASE: nothing, RELEASEDIR: nothing, FLUSH: nothing,
               ACCESS: nothing}

    # Commands of the test.

    def hang(self, *operations):
        self.hanging |= {OPERATIONS[name] for name in operations}

    def go_on(self):
        """Answers everything that was held back, in the order in which it came, and all that comes."""
        self.hanging.clear()
        self.failing.clear()
        self.rate = None
        self.late.clear()
        held, self.held = self.held, []
        for request in held:
            self.answer(request)

    def slow_down(self, bytes_per_second):
        self.rate = bytes_per_second

    def delay(self, operation, seconds):
        self.late[OPERATIONS[operation]] = seconds

    def fail(self, number, *operations, times=None):
        self.failing.update({OPERATIONS[name]: (number, times) for name in operations})

    def count(self, operation):
        return self.seen[OPERATIONS[operation]]

    def count_held(self, operation):
        return sum(IN_HEADER.unpack_from(request)[1] == OPERATIONS[operation] for request in self.held)


def run(device, control):
    """Serves until it is unmounted, or until the test ends: its end of `control` closes, however that comes about. The
    kernel gives ENOTCONN to all who wait as soon as `device` is closed."""
    os.set_blocking(device, False)
    place, *arguments = control.recv()
    data = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    must(libc.mount(b"hanging", os.fsencode(place), b"fuse.hanging", MS_NOSUID | MS_NODEV, data))
    control.send(None)
    file_system = FileSystem(device, *arguments)
    poll = select.poll()
    poll.register(device, select.POLLIN)
    poll.register(control, select.POLLIN)
    while True:
        rest = file_system.send_what_is_due()
        ready = dict(poll.poll(None if rest is None else rest * 1000 + 1))
        if control.fileno() in ready:
            try:
                command, positional, named = control.recv()
            except (EOFError, ConnectionResetError):
                return
            control.send(getattr(file_system, command)(*positional, **named))
        if device in ready and not file_system.take_request():
            return


class HangingFileSystem:
    """A mounted one, as the test has it; each of FileSystem's commands can be called here. `name_seconds` and
    `attribute_seconds` are how long the kernel may believe what it was told, `read_ahead` how many bytes it may ask for
    before somebody wants them."""

    def __init__(self, place, files, name_seconds=0, attribute_seconds=0, keeps_cache=False, read_ahead=128 << 10):
        self.place = place
        self.arguments = files, name_seconds, attribute_seconds, keeps_cache, read_ahead

    def __enter__(self):
        self.place.mkdir(exist_ok=True)
        self.control, far = multiprocessing.connection.Pipe()
        with far:
            self.process = subprocess.Popen([sys.executable, __file__, str(far.fileno())], stdin=subprocess.DEVNULL,
                                            pass_fds=[far.fileno()])
        try:
            self.control.send((str(self.place), *self.arguments))
            self.control.recv()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()
        # Only now: while a request hangs, this might wait for its answer, too.
        with contextlib.suppress(OSError):  # not mounted any more
            unmount(self.place, MNT_DETACH)

    def end(self):
        """As if the storage were lost: all who wait, and all who ask, get ENOTCONN."""
        self.control.close()
        try:
            self.process.wait(support.DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def is_unmounted(self):
        """Tries to unmount it, which the kernel refuses while somebody has something of it open."""
        try:
            unmount(self.place)
        except OSError as failure:
            if failure.errno != errno.EBUSY:
                raise
            return False
        return True

    def __getattr__(self, command):
        if not hasattr(FileSystem, command):
            raise AttributeError(command)

        def call(*positional, **named):
            self.control.send((command, positional, named))
            return self.control.recv()
        return call


if __name__ == "__main__":
    with multiprocessing.connection.Connection(int(sys.argv[1])) as test:
        run(os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC), test)
