"""Kodi as a judge: where it seeks, the picture on its screen is the one of that place.

Of two kinds of film: as it should be, and with `moov` at its end, behind 5 GiB. SPDX-License-Identifier: MIT
"""
import contextlib
import json
import os
import random
import signal
import socket
import subprocess

import clock
import display
import films
import rows
import servers
import sites
import support
from sites import run
from support import equal

FILMS = {"film": "a film", "large": "a film of 5 GiB, moov at its end"}

# Seconds of the film; the random ones are others every time, and the failure says which.
PLACES = [600.4, 30, films.DURATION - 20, 5,
          *(round(random.uniform(1, films.DURATION - 1) * 25) / 25 for _ in range(3))]

# So high that what Kodi writes at top and bottom is not over the film, which lies in the middle.
WIDTH, HEIGHT = films.WIDTH, 1136

# Frames that the picture may be off: Kodi shows the second one after the place, or before it.
MOST_FRAMES_OFF = 3

# What it may ask for each place, as other players do.
MOST_REQUESTS = 8


class Kodi:
    """Kodi on a display of its own, without sound, spoken to as its manual says (JSON-RPC)."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.received = ""
        self.events = []

    def __enter__(self):
        userdata = self.folder / "home/.kodi/userdata"
        userdata.mkdir(parents=True)
        port = support.free_port()
        (userdata / "advancedsettings.xml").write_text(
            f"<advancedsettings><jsonrpc><tcpport>{port}</tcpport></jsonrpc></advancedsettings>")
        home = str(self.folder / "home")
        with contextlib.ExitStack() as stack:
            self.display = stack.enter_context(display.Display(self.folder, WIDTH, HEIGHT))
            with open(self.folder / "kodi.log", "wb") as log:
                # A session of its own: `kodi` is a script, which does not hand signals on.
                self.process = subprocess.Popen(
                    ["/usr/bin/kodi", "--windowing=x11", "-fs", "--standalone"], stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log, start_new_session=True, env={"PATH": os.environ["PATH"], "HOME": home,
                                                             "XDG_RUNTIME_DIR": home, "DISPLAY": self.display.name})
            stack.callback(self.end)
            support.wait_until(lambda: support.can_connect(("127.0.0.1", port)), "Kodi", self.process)
            self.connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), support.DEADLINE))
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *failure):
        return self.stack.__exit__(*failure)

    def end(self):
        """What is judged is over."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def message(self):
        while True:
            with contextlib.suppress(ValueError):
                message, length = json.JSONDecoder().raw_decode(self.received)
                self.received = self.received[length:].lstrip()
                return message
            chunk = self.connection.recv(65536)
            assert chunk, "Kodi has gone"
            self.received += chunk.decode()

    def call(self, method, **parameters):
        self.count += 1
        self.connection.sendall(json.dumps(
            {"jsonrpc": "2.0", "id": self.count, "method": method, "params": parameters}).encode())
        while (message := self.message()).get("id") != self.count:
            self.events.append(message.get("method"))
        assert "result" in message, f"{method}: {message}"
        return message["result"]

    def wait_for(self, event):
        while event not in self.events:
            message = self.message()
            self.events.append(message.get("method"))
            assert event == "Player.OnStop" or "Player.OnStop" not in self.events, f"Kodi has given up: {message}"
        self.events.remove(event)

    def open(self, address):
        """Opens a film, and stops at its first picture."""
        self.events.clear()
        self.call("Player.Open", item={"file": address})
        self.wait_for("Player.OnAVStart")
        self.player = self.call("Player.GetActivePlayers")[0]["playerid"]
        self.call("Player.PlayPause", playerid=self.player, play=False)

    def stop(self):
        self.call("Player.Stop", playerid=self.player)
        self.wait_for("Player.OnStop")

    def time(self, name="time"):
        told = self.call("Player.GetProperties", playerid=self.player, properties=[name])[name]
        return 3600 * told["hours"] + 60 * told["minutes"] + told["seconds"] + told["milliseconds"] / 1000

    def seek(self, seconds):
        minutes, milliseconds = divmod(round(1000 * seconds), 60_000)
        self.call("Player.Seek", playerid=self.player, value={"time": {
            "hours": 0, "minutes": minutes, "seconds": milliseconds // 1000, "milliseconds": milliseconds % 1000}})
        self.wait_for("Player.OnSeek")

    def frame(self):
        """The number of the frame that is shown; None while there is none."""
        self.display.grab(self.folder / "screen.png")
        luma = run("ffmpeg", "-v", "error", "-i", self.folder / "screen.png", "-vf",
                   f"crop={films.WIDTH}:{films.HEIGHT}:0:{(HEIGHT - films.HEIGHT) // 2}", "-f", "rawvideo",
                   "-pix_fmt", "gray", "-").stdout
        try:
            return films.frame_of(luma)
        except AssertionError:
            return None

    def check_picture(self, place):
        """The picture comes a moment after the time is said to be that of the place."""
        shown = []

        def is_there():
            shown.append(self.frame())
            if shown[-1] is None:
                return False
            ahead = (shown[-1] - round(place * clock.FRAMES_PER_SECOND)) % clock.FRAMES
            return min(ahead, clock.FRAMES - ahead) <= MOST_FRAMES_OFF
        try:
            support.wait_until(is_there, f"the picture of {place} s", self.process)
        except RuntimeError as late:
            raise AssertionError(f"{late}, but frames {sorted(set(shown), key=str)}") from None


def check_kodi(site, kodi, film):
    kodi.open(site.address(film))
    try:
        duration = kodi.time("totaltime")
        assert abs(duration - films.DURATION) < 0.1, f"{duration} s"
        for place in PLACES:
            kodi.seek(place)
            kodi.check_picture(place)
            reached = kodi.time()
            assert abs(reached - place) < 0.1, f"sought {place} s, reached {reached} s"
    finally:
        kodi.stop()
    responses = site.responses()
    equal({response.status for response in responses} - {200, 206}, set(), "other statuses")
    assert len(responses) <= MOST_REQUESTS * len(PLACES), f"{len(responses)} requests"


def make_films(folder, volume):
    """Without sound: with nowhere to play it, Kodi waits for ten seconds, and is two frames late."""
    films.long_film(folder / "sound.mp4")
    run("ffmpeg", "-v", "error", "-i", folder / "sound.mp4", "-an", "-c", "copy", "-movflags", "+faststart",
        folder / "film.mp4")
    volume.must("add", folder / "film.mp4")
    films.late_film(folder / "film.mp4", volume.videos / "large.mp4", films.HOLE)
    volume.row("large", "complete")


def main():
    report = rows.Rows()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        make_films(folder, volume)
        for number, kind in enumerate((servers.Nginx, servers.LighttpdConnect)):
            own = folder / f"site-{number}"
            (own / "kodi").mkdir(parents=True)
            with report.group(f"{kind.name}: starts and stops"), kind(own, volume, log_level="info") as server, \
                    Kodi(own / "kodi") as kodi:
                site = sites.Site(server)
                for film, which in FILMS.items():
                    with report.player("Kodi", f"seeks in {which}, {len(PLACES)} times",
                                       "duration, time, and the picture of that place", site.name):
                        check_kodi(site, kodi, film)
    report.finish()


main()
