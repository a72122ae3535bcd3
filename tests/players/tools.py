"""Owns players that need no screen, as long as they run: mpv and VLC, spoken to as their manuals say.

What must hold is for the rows. SPDX-License-Identifier: MIT
"""
import json
import os
import re
import socket
import subprocess

import films
import servers
import support
from support import equal


class Mpv:
    """mpv without a screen, spoken to as its manual says (JSON IPC)."""

    def __init__(self, folder, address, *options):
        self.path = folder / "mpv.sock"
        self.path.unlink(missing_ok=True)
        with open(folder / "mpv.log", "wb") as log:
            self.process = subprocess.Popen(
                ["mpv", "--no-config", "--no-ytdl", "--vo=null", "--ao=null", "--idle", "--pause", "--hr-seek=yes",
                 "--screenshot-format=png", f"--input-ipc-server={self.path}", *options], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env={**os.environ, "HOME": str(folder)})
        self.address = address

    def __enter__(self):
        try:
            support.wait_until(lambda: support.can_connect(str(self.path)), "mpv", self.process)
            self.connection = socket.socket(socket.AF_UNIX)
            self.connection.settimeout(support.DEADLINE)
            self.connection.connect(str(self.path))
            self.lines = self.connection.makefile("r")
            self.do("loadfile", self.address)
            self.wait_for("playback-restart")
        except BaseException:
            support.stop(self.process)
            raise
        return self

    def __exit__(self, *_):
        self.connection.close()
        support.stop(self.process)

    def messages(self):
        for line in self.lines:
            message = json.loads(line)
            assert message.get("event") != "end-file", f"mpv has given up: {line}"
            yield message
        raise AssertionError("mpv has gone")

    def do(self, *command):
        self.connection.sendall(json.dumps({"command": command}).encode() + b"\n")
        answer = next(message for message in self.messages() if "error" in message)
        equal(answer["error"], "success", f"mpv: {command}")
        return answer.get("data")

    def wait_for(self, event):
        next(message for message in self.messages() if message.get("event") == event)

    def seek(self, seconds):
        self.do("seek", seconds, "absolute+exact")
        self.wait_for("playback-restart")


def vlc(folder, *options):
    """VLC, which refuses to be root, without a screen and with nothing of anybody's configuration."""
    user = {"user": servers.USER, "group": servers.USER, "extra_groups": []} if servers.IS_ROOT else {}
    with open(folder / "vlc.log", "wb") as log:
        return subprocess.Popen(
            ["vlc", "--ignore-config", "--no-lua", "--no-audio", "--vout=vdummy", "--no-video-title-show",
             *map(str, options)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)}, **user)


class VlcRemote:
    """VLC's remote control, the old one, on a Unix socket."""

    def __init__(self, folder, address):
        self.folder = folder
        self.path = folder / "vlc.sock"
        self.path.unlink(missing_ok=True)
        self.process = vlc(folder, "--intf=oldrc", "--rc-fake-tty", f"--rc-unix={self.path}", f"--snapshot-path={folder}",
                           "--snapshot-format=png", address)
        try:
            support.wait_until(lambda: support.can_connect(str(self.path)), "VLC", self.process)
        except BaseException:
            self.close()
            raise
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(support.DEADLINE)
        self.connection.connect(str(self.path))
        self.lines = self.connection.makefile("r", newline="\n")

    def close(self):
        """By force: what is judged is over, and VLC 3 may hang when it is told to end while nobody sees its picture."""
        self.process.kill()
        self.process.wait()

    def number(self, command):
        """The answer of a command that tells a number; what VLC tells unasked is passed over."""
        self.connection.sendall(command.encode() + b"\n")
        for line in self.lines:
            if re.fullmatch(r"[> ]*-?\d+\s*", line):
                return int(line.strip("> \r\n"))
        raise AssertionError("VLC has gone")

    def do(self, command):
        self.connection.sendall(command.encode() + b"\n")
        for line in self.lines:
            if f"{command.split()[0]}: returned" in line:
                assert "returned 0" in line, f"VLC: {line}"
                return
        raise AssertionError("VLC has gone")

    def snapshot(self):
        before = set(self.folder.glob("vlcsnap*.png"))
        self.do("snapshot")
        new, = set(self.folder.glob("vlcsnap*.png")) - before
        return films.frame_of_picture(new)
