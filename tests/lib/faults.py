"""Owns failures on demand: the file of rules for the preloaded library of tests/preload/faults.cc.

Does not start the program: support.Serving does, with `environment`.
SPDX-License-Identifier: MIT
"""
import errno
import mmap

import support

LIBRARY = support.ROOT / "build/tests/faults.so"

# The rules, in the library's order: allocations, and calls by name. epoll_ctl has one for each operation.
NAMES = ["allocation", "accept4", "epoll_ctl_add", "epoll_ctl_mod", "epoll_ctl_del", "timerfd_settime", "getrandom",
         "pread", "pread64", "openat2", "open", "open64", "fstat", "fsync", "fdatasync",
         "link", "copy_file_range", "sendfile", "send", "sendto", "recv", "write",
         "close"]
NAME_LENGTH = 32
WORDS = ["at", "count", "every", "size", "error", "limit", "seen", "failed"]
RULE_LENGTH = NAME_LENGTH + 8 * len(WORDS)

WITHOUT_END = 1 << 62


class Faults:
    """Rules that take effect at once in every process that was started with `environment`, from its main on."""

    def __init__(self, path):
        path.write_bytes(b"".join(name.encode().ljust(NAME_LENGTH, b"\0") + bytes(RULE_LENGTH - NAME_LENGTH)
                                  for name in NAMES))
        with open(path, "r+b") as file:
            # Words are written whole: a process that reads meanwhile sees the old word or the new one.
            self.words = memoryview(mmap.mmap(file.fileno(), 0)).cast("@Q")
        self.environment = {"LD_PRELOAD": str(LIBRARY), "TEST_FAULTS": str(path)}

    def fail_allocations(self, at=0, count=1, every=0, size=0):
        """From now on the `at`-th allocation fails and those behind it, `count` together; or each `every`-th. Only
        those of `size` bytes count, where it is given."""
        self._set("allocation", at=at, count=count, every=every, size=size, error=errno.ENOMEM)

    def fail_all_allocations(self):
        self.fail_allocations(at=1, count=WITHOUT_END)

    def fail_call(self, name, error, at=1, count=1):
        """From now on the `at`-th call of `name` fails, and those behind it, `count` together."""
        self._set(name, at=at, count=count, error=error)

    def shorten_call(self, name, limit, at=1, count=1):
        """As fail_call, but the calls handle no more than `limit` bytes."""
        self._set(name, at=at, count=count, limit=limit)

    def clear(self):
        for name in NAMES:
            self._set(name)

    def seen(self, name="allocation"):
        """How many calls there were since the rule was set."""
        return self.words[self._place(name, "seen")]

    def failed(self, name="allocation"):
        """How many of them did not do what they were asked."""
        return self.words[self._place(name, "failed")]

    def is_set(self, name="allocation"):
        return self.words[self._place(name, "at")] + self.words[self._place(name, "every")] > 0

    def _place(self, name, word):
        return (NAMES.index(name) * RULE_LENGTH + NAME_LENGTH) // 8 + WORDS.index(word)

    def _set(self, name, at=0, every=0, **others):
        self.words[self._place(name, "at")] = 0
        self.words[self._place(name, "every")] = 0
        for word in ("count", "size", "error", "limit", "seen", "failed"):
            self.words[self._place(name, word)] = others.get(word, 0)
        # Last: with them the rule takes effect.
        self.words[self._place(name, "every")] = every
        self.words[self._place(name, "at")] = at
