"""A film that is withdrawn from one viewer and not from another: two browsers, each with its profile and its session in
a cookie, have kept the film. The one whose grant is gone is told 403 and plays nothing, neither after a start nor in
mid-film; the other goes on.

SPDX-License-Identifier: MIT
"""
import contextlib
import re
import time

import access
import browser
import clock
import servers
import support
from support import equal

# Seconds. A browser that guesses takes a tenth of it for the time for which a film stays good.
AGE = 365 * 24 * 3600

# The second is in parts that are far from each other: a browser has not got all of it after one question.
KEPT, PARTS = "kept", "parts"
PLACES = [12.5, 45]

RESPONSE = re.compile(r"info: response \d+: (\S+): GET .*?: (\d{3}).*?: (\d+) of \d+ bytes")

# Seeks, and gives what comes of it within some seconds: an error, "found", or "nothing".
SEEK_IN_VAIN = clock.BEGIN + """
if (failed()) return done(failed());
video.pause();
video.addEventListener('error', () => done(failed()), {once: true});
video.addEventListener('seeked', () => done('found'), {once: true});
video.currentTime = arguments[0];
setTimeout(() => done('nothing'), 10000);
"""


class Site:
    """A web server with two films of long ago, a page, and an application's tables."""

    def __init__(self, kind, folder):
        self.folder = folder
        self.volume = support.Volume(folder / "data")
        self.volume.must("add", support.CLIP, "--id", KEPT)
        self.volume.sparse(PARTS, *clock.spread(6, 256 << 20))
        access.add_tables(self.volume)
        for viewer in ("ada", "bob"):
            access.log_in(self.volume, f"{viewer}s-token", viewer)
            for film in (KEPT, PARTS):
                access.grant(self.volume, viewer, film)
        for film in (KEPT, PARTS):
            support.set_time(self.volume.videos / f"{film}.mp4", time.time() - AGE)
        (folder / "page.html").write_text(browser.VIDEO_PAGE)
        self.server = kind(folder, self.volume, log_level="info")
        self.server.environment["REELGATE_QUERY"] = access.SESSION_QUERY
        if kind is servers.Nginx:
            self.server.extra = f"    root {folder};\n    types {{ text/html html; }}\n"
        elif kind is servers.LighttpdConnect:
            self.server.extra = 'mimetype.assign = ( ".html" => "text/html" )\n'

    def open(self, tab, film, viewer=""):
        """Opens the page, as one who has just logged in if a viewer is named; gives what is known of the film."""
        cookie = f"#session={viewer}s-token;max-age=3600" if viewer else ""
        tab.open("about:blank")
        tab.open(f"http://127.0.0.1:{self.server.port}/page.html?/api/stream/{film}{cookie}")
        return tab.run(clock.METADATA)

    def answers(self, film):
        return [(int(status), int(sent)) for name, status, sent in RESPONSE.findall(self.server.reelgate_log())
                if name == film]

    def answers_since(self, film, before):
        support.wait_until(lambda: len(self.answers(film)) > before, f"the browser asks about {film}")
        return self.answers(film)[before:]


class Browsers:
    """A browser for each viewer, with a profile that stays."""

    def __init__(self, folder, *names):
        self.folders = {name: folder / f"browser-{name}" for name in names}
        for own in self.folders.values():
            own.mkdir(exist_ok=True)

    @contextlib.contextmanager
    def running(self):
        with contextlib.ExitStack() as stack:
            yield {name: stack.enter_context(browser.Browser(own)) for name, own in self.folders.items()}


def watch(site, tab, viewer):
    """Keeps all of the one that is short."""
    before = sum(sent for _, sent in site.answers(KEPT))
    told = site.open(tab, KEPT, viewer)
    assert isinstance(told, dict), told
    clock.check_plays(tab)
    clock.check_seek(tab, 15)
    length = support.CLIP.stat().st_size
    support.wait_until(lambda: sum(sent for _, sent in site.answers(KEPT)) >= before + length, "all of it comes")


def check_plays_without_content(site, tab):
    before = len(site.answers(KEPT))
    equal(site.open(tab, KEPT)["duration"], clock.DURATION, "duration")
    clock.check_plays(tab)
    equal(set(site.answers_since(KEPT, before)), {(304, 0)}, "status, bytes")


def check_refused(site, tab, film):
    before = len(site.answers(film))
    told = site.open(tab, film)
    assert isinstance(told, str) and told.startswith("error 4:"), f"played: {told}"
    equal({status for status, _ in site.answers_since(film, before)}, {403}, "status")


def check_mid_film(site, tabs):
    for tab in tabs.values():
        equal(site.open(tab, PARTS)["duration"], clock.DURATION, "duration")
        clock.check_plays(tab)
    before = len(site.answers(PARTS))
    access.withdraw(site.volume, "bob", PARTS)
    told = tabs["bob"].run(SEEK_IN_VAIN, PLACES[1])
    assert told == "nothing" or told.startswith("error"), f"sought: {told}"
    support.wait_until(lambda: 403 in {status for status, _ in site.answers(PARTS)[before:]}, "403")
    for place in PLACES:
        clock.check_seek(tabs["ada"], place)
    clock.check_plays(tabs["ada"])


def main():
    report = support.Report()
    for kind in (servers.Nginx, servers.LighttpdConnect, servers.ApacheProxy):
        with support.Folder() as folder:
            site, viewers = Site(kind, folder), Browsers(folder, "ada", "bob")
            with report.group(f"{kind.name}: two browsers that have kept a film"), site.server:
                with viewers.running() as tabs:
                    for viewer, tab in tabs.items():
                        watch(site, tab, viewer)
                access.withdraw(site.volume, "bob", KEPT)
                with viewers.running() as tabs:
                    with report.row(f"{kind.name}: withdrawn from one: not played"):
                        check_refused(site, tabs["bob"], KEPT)
                    with report.row(f"{kind.name}: the other one plays on from what it has kept"):
                        check_plays_without_content(site, tabs["ada"])
                    with report.row(f"{kind.name}: withdrawn from one in mid-film: the other one plays on"):
                        check_mid_film(site, tabs)
                    with report.row(f"{kind.name}: granted again: plays"):
                        access.grant(site.volume, "bob", KEPT)
                        equal(site.open(tabs["bob"], KEPT)["duration"], clock.DURATION, "duration")
    report.finish()


main()
