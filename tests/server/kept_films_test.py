"""A browser that has kept a film, of long ago, asks about it before it plays it again: one that is the same costs no
content, one that was withdrawn is not played, and one that was replaced is the new one.

Does not ask caches between browser and web server: tests/players does. SPDX-License-Identifier: MIT
"""
import contextlib
import os
import re
import sqlite3
import struct
import time

import browser
import clock
import servers
import support
from support import equal

PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<title>A film</title>
<link rel="icon" href="data:,">
<video muted preload="auto"></video>
<script>document.querySelector('video').src = '/api/stream/' + location.search.slice(1);</script>
"""

# Seconds. A browser that guesses takes a tenth of it for the time for which a film stays good.
AGE = 365 * 24 * 3600

# The films, by what becomes of them between two starts of the browser.
FILMS = UNCHANGED, WITHDRAWN, REPLACED, LATER = "unchanged", "withdrawn", "replaced", "withdrawn-later"

SOUGHT = 15

RESPONSE = re.compile(r"info: response \d+: (\S+): GET .*?: (\d{3}).*?: (\d+) of \d+ bytes")


def other_film():
    """The clip at twice its speed and without its sound, as long in bytes as it was."""
    content = bytearray(support.CLIP.read_bytes())
    _, sound = [place for place in range(len(content)) if content.startswith(b"trak", place)]
    content[sound:sound + 4] = b"free"
    for kind in (b"mvhd", b"mdhd"):
        # Units of time in a second, behind version, flags and two times (ISO/IEC 14496-12, 8.2.2 and 8.4.2).
        place = content.index(kind) + 4 + 12
        struct.pack_into(">L", content, place, 2 * struct.unpack_from(">L", content, place)[0])
    return bytes(content)


class Site:
    """nginx with films of long ago, and a page that shows one."""

    def __init__(self, folder):
        self.volume = support.Volume(folder / "data")
        for film in FILMS:
            self.volume.must("add", support.CLIP, "--id", film)
            support.set_time(self.path(film), time.time() - AGE)
        (folder / "page.html").write_text(PAGE)
        self.server = servers.Nginx(folder, self.volume, log_level="info")
        self.server.extra = f"    root {folder};\n    types {{ text/html html; }}\n"

    def path(self, film):
        return self.volume.videos / f"{film}.mp4"

    def withdraw(self, film):
        with contextlib.closing(sqlite3.connect(self.volume.database)) as connection, connection:
            connection.execute("UPDATE videos SET status = 'withdrawn' WHERE id = ?", (film,))

    def replace(self, film):
        """As an application would: the new film gets its name when it is whole."""
        new = self.volume.videos / ".new"
        new.write_bytes(other_film())
        os.replace(new, self.path(film))

    def open(self, tab, film):
        """Opens the page; gives what the browser knows about the film, and why it is not played."""
        tab.open(f"http://127.0.0.1:{self.server.port}/page.html?{film}")
        return tab.run(clock.METADATA)

    def answers(self, film):
        """Pairs of a status and the bytes that were sent, in order."""
        return [(int(status), int(sent)) for name, status, sent in RESPONSE.findall(self.server.log.read_text())
                if name == film]

    def answers_since(self, film, before):
        """Those that are new, of which there has to be one: a line comes when its answer has ended."""
        support.wait_until(lambda: len(self.answers(film)) > before, f"the browser asks about {film}")
        return self.answers(film)[before:]


def watch(site, tab, film):
    """Keeps all of it: it is that short."""
    told = site.open(tab, film)
    assert isinstance(told, dict), told
    equal(told["duration"], clock.DURATION, "duration")
    clock.check_plays(tab)
    clock.check_seek(tab, SOUGHT)
    length = support.CLIP.stat().st_size
    support.wait_until(lambda: sum(sent for _, sent in site.answers(film)) >= length, f"all of {film} comes")


def check_unchanged(site, tab):
    before = len(site.answers(UNCHANGED))
    equal(site.open(tab, UNCHANGED)["duration"], clock.DURATION, "duration")
    clock.check_plays(tab)
    clock.check_seek(tab, SOUGHT)
    equal(set(site.answers_since(UNCHANGED, before)), {(304, 0)}, "status, bytes")


def check_withdrawn(site, tab, film):
    before = len(site.answers(film))
    told = site.open(tab, film)
    assert isinstance(told, str) and told.startswith("error 4:"), f"played: {told}"
    equal({status for status, _ in site.answers_since(film, before)}, {404}, "status")


def check_replaced(site, tab):
    equal(site.open(tab, REPLACED)["duration"], clock.DURATION / 2, "duration")
    _, cells = tab.run(clock.SEEK, SOUGHT)
    equal(clock.frame_number(cells), 2 * SOUGHT * clock.FRAMES_PER_SECOND, "frame")


def main():
    report = support.Report()
    with support.Folder() as folder:
        site = Site(folder)
        with report.group("a browser that is started again, with what it has kept"), site.server:
            with browser.Browser(folder) as tab:
                for film in FILMS:
                    watch(site, tab, film)
            site.withdraw(WITHDRAWN)
            site.replace(REPLACED)
            with browser.Browser(folder) as tab:
                with report.row("a kept film that is the same: asked about, and no content comes"):
                    check_unchanged(site, tab)
                with report.row("a kept film that was withdrawn: not played"):
                    check_withdrawn(site, tab, WITHDRAWN)
                with report.row("a kept film that was replaced: the new one plays"):
                    check_replaced(site, tab)
                with report.row("a film that is withdrawn while the browser runs: not played on the next visit"):
                    equal(site.open(tab, LATER)["duration"], clock.DURATION, "duration")
                    site.withdraw(LATER)
                    check_withdrawn(site, tab, LATER)
    report.finish()


main()
