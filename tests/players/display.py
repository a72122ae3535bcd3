"""Owns a display for players that have no mode without one: an X server that shows nobody anything.

SPDX-License-Identifier: MIT
"""
import os
import subprocess

import support


class Display:
    """Entered once it is ready, with a `name` that nobody else's has. It writes to a log in the folder."""

    def __init__(self, folder, width=1280, height=1024):
        self.folder = folder
        self.size = f"{width}x{height}"

    def __enter__(self):
        readable, writable = os.pipe()
        with open(readable, encoding="ascii") as numbers:
            with open(writable, "wb"), open(self.folder / "display.log", "ab") as log:
                self.process = subprocess.Popen(
                    ["/usr/bin/Xvfb", "-displayfd", str(writable), "-nolisten", "tcp",
                     "-screen", "0", f"{self.size}x24"],
                    pass_fds=[writable], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            # It chooses a number and writes it when it is ready, and nothing if it ends.
            number = numbers.readline().strip()
        if not number:
            raise RuntimeError(f"Xvfb ended with {support.stop(self.process)}")
        self.name = f":{number}"
        return self

    def __exit__(self, *_):
        support.stop(self.process)

    def grab(self, path):
        """Writes what it shows as an image."""
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "x11grab", "-video_size", self.size, "-i", self.name,
                        "-frames:v", "1", path], stdin=subprocess.DEVNULL, timeout=support.DEADLINE, check=True)
