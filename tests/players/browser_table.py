"""Owns the table of browsers: through a web server a film opens, plays and pauses, each place that is sought shows its
own picture, and what goes wrong on the way (a network that is gone, a film that is replaced) never shows another one.

The browser reaches the web servers through a relay, which counts and can be cut. SPDX-License-Identifier: MIT
"""
import contextlib
import functools
import http.server
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import time

import clock
import fastcgi
import foreign
import relay
import rows
import servers
import support
from support import equal

# A film that no browser's cache takes, which may be half a gigabyte: 580 kB a second, nearly all of it sound that
# cannot be compressed. The one that replaces it need not be that long.
DURATION = 1200
OTHER_DURATION = 300
SOUND_RATE = 192_000

# The clock of the film that replaces another begins with this frame.
REPLACING_BEGINS = 30 * clock.FRAMES_PER_SECOND

# Forwards, backwards, to the last second, to the beginning; none of them near what was played.
PLACES = [100.5, 60.25, DURATION - 0.1, 800, 0]
RANDOM_PLACES = 10

# Seconds without a byte after which a transfer counts as held back.
QUIET = 3

# Seconds for which Chromium asks again by itself, 31 times, before it gives up; and some for a busy machine.
GIVES_UP = 90

# As fast as browsers play, and the seconds of a film that are played at a time.
FASTEST = 16
PIECE = 149

# The time of a film that a browser which guesses would take for good for months.
LONG_AGO = 1_700_000_000

STATUS = "/reelgate-status"

# The web servers that every browser goes through.
FOR_ALL_BROWSERS = [servers.Nginx, servers.LighttpdConnect]

# The film's id is the query: a static file is the same whatever that is. What follows the id, reelgate ignores; but for
# the browser it is another film, of which it has kept nothing.
PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<title>A film</title>
<link rel="icon" href="data:,">
<video muted preload="{preload}"{attributes}></video>
<script>document.querySelector('video').src = '{base}/api/stream/' + location.search.slice(1);</script>
"""

PRELOADS = "auto", "metadata"

# Plays, and gives its answer at once.
BEGIN_TO_PLAY = clock.BEGIN + """
video.playbackRate = arguments[0];
video.play().catch(() => {});
done(null);
"""

# Gives the time once the film has got nothing to show next.
STARVES = clock.BEGIN + """
const look = () => video.readyState > video.HAVE_CURRENT_DATA ? setTimeout(look, 20) : done(video.currentTime);
look();
"""

# Begins to seek, and gives its answer once the browser says that it gets nothing.
SEEK_IN_VAIN = clock.BEGIN + """
video.pause();
video.addEventListener('stalled', () => done(null), {once: true});
video.currentTime = arguments[0];
"""

# Gives [currentTime, cells] once what is being sought has been found.
FOUND = clock.BEGIN + """
video.addEventListener('error', () => done(failed()), {once: true});
whenShown(() => done([video.currentTime, cells()]));
if (!video.seeking || failed()) done(failed() || 'found too early');
"""

STATE = clock.BEGIN + "done({error: video.error && video.error.code, time: video.currentTime});"

# All that a page has to do when a film has failed: it then begins again where it was, which not every browser knows any
# more. The second argument is another query, where the film may be another.
RESUME = clock.BEGIN + """
const [place, query] = arguments;
if (query) video.src = video.src.split('?')[0] + query;
else video.load();
video.currentTime = place;
whenShown(() => done([video.currentTime, cells()]));
video.addEventListener('error', () => done(failed()), {once: true});
"""

# Asks for so many ranges of 1000 bytes, one after the other, and gives their statuses and lengths.
FETCH = """
const [target, count, done] = arguments, answers = [];
(async () => {
  for (let i = 0; i < count; i++) {
    const headers = {Range: `bytes=${1000 * i + 7}-${1000 * i + 1006}`};
    const answer = await fetch(target, {cache: 'no-store', headers});
    answers.push([answer.status, (await answer.arrayBuffer()).byteLength]);
  }
  done(answers);
})().catch(error => done(String(error)));
"""


def make_film(path, duration, begin=0):
    """The clip over and over, from its frame `begin`."""
    seconds = begin // clock.FRAMES_PER_SECOND
    sound = f"anoisesrc=sample_rate={SOUND_RATE}:amplitude=1:duration={duration + seconds}:seed={begin + 1}"
    # FLAC in MP4 is what Debian 12's ffmpeg calls experimental.
    command = ["ffmpeg", "-v", "error", "-stream_loop", str((duration + seconds) // clock.DURATION), "-i", support.CLIP,
               "-f", "lavfi", "-i", sound, "-map", "0:v", "-map", "1:a", "-ss", str(seconds), "-t", str(duration),
               "-c:v", "copy", "-c:a", "flac", "-sample_fmt", "s32", "-compression_level", "0",
               "-strict", "experimental", "-movflags", "+faststart", path]
    subprocess.run(command, stdin=subprocess.DEVNULL, check=True, timeout=4 * support.DEADLINE)


def sent_by_reelgate(server):
    """Bytes of films that all processes of reelgate have sent so far."""
    places = [str(path) for path in pathlib.Path(server.folder).glob("*.sock*")]
    if places:
        return sum(bytes_sent(place) for place in places)
    # mod_fcgid has one request a process, and its sockets to itself: here the kernel has counted.
    counted = 0
    for process in support.processes_of(server.program):
        with contextlib.suppress(FileNotFoundError):
            lines = pathlib.Path(f"/proc/{process}/io").read_text().splitlines()
            counted += int(dict(line.split(": ") for line in lines)["wchar"])
    return counted


def bytes_sent(place):
    with fastcgi.Connection(place) as connection:
        connection.send(STATUS + "?json")
        return json.loads(connection.read_reply().content)["bytes sent"]


def settled(figures):
    """What `figures` gives, once that has not changed for a while."""
    last, since = figures(), time.monotonic()

    def is_quiet():
        nonlocal last, since
        if (now := figures()) != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since > QUIET
    support.wait_until(is_quiet, "held back")
    return last


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def page_server(folder):
    """Runs a web server for the page alone: HAProxy serves no files. Gives its port."""
    return foreign.script(functools.partial(QuietHandler, directory=folder))


class Site:
    """A front server with its films and its page, and the network that leads to it."""

    def __init__(self, kind, folder, films):
        self.kind = kind
        self.folder = folder
        self.films = films
        self.name = kind.name
        self.is_offloading = kind in servers.OFFLOADING

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.volume = support.Volume(self.folder / "data")
            for video in ("long", "replaced"):
                os.link(self.films["film"], self.volume.videos / f"{video}.mp4")
                self.volume.row(video, "complete")
            for video in ("sample", "kept"):
                self.volume.must("add", support.CLIP, "--id", video)
            support.set_time(self.volume.videos / "kept.mp4", LONG_AGO)
            self.server = self.kind(self.folder, self.volume)
            self.server.environment["REELGATE_STATUS_PATH"] = STATUS
            self.add_what_a_site_has(stack)
            stack.enter_context(self.server)
            self.relay = stack.enter_context(relay.Relay(self.server.port))
            self.write_pages()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *failure):
        return self.stack.__exit__(*failure)

    def add_what_a_site_has(self, stack):
        """Files of its own, besides films. Apache has nothing to be told."""
        self.page_port = None
        if isinstance(self.server, servers.Lighttpd):
            self.server.extra = 'mimetype.assign = ( ".html" => "text/html" )\n'
        elif isinstance(self.server, servers.Nginx):
            self.server.extra = f"    root {self.folder};\n    types {{ text/html html; }}\n"
        elif isinstance(self.server, servers.Haproxy):
            self.page_port = stack.enter_context(page_server(self.folder))
            self.server.environment["REELGATE_CORS_ORIGIN"] = f"http://127.0.0.1:{self.page_port}"

    def write_pages(self):
        # A canvas may be read when its picture is the page's own, or comes from who allows it.
        own = f"http://127.0.0.1:{self.relay.port}"
        for preload in PRELOADS:
            page = PAGE.format(attributes=" crossorigin" if self.page_port else "", base=own, preload=preload)
            (self.folder / f"{preload}.html").write_text(page)
        self.pages = f"http://127.0.0.1:{self.page_port or self.relay.port}"
        self.stream = f"{own}/api/stream/"

    def page(self, video, preload="auto"):
        return f"{self.pages}/{preload}.html?{video}"

    def asked(self, video, begin=0):
        return [request for request in self.relay.requests[begin:] if request.target.endswith("/stream/" + video)]

    def withdraw(self, video):
        with contextlib.closing(sqlite3.connect(self.volume.database)) as connection, connection:
            connection.execute("UPDATE videos SET status = 'withdrawn' WHERE id = ?", (video,))

    def replace(self, video, name):
        """As an application would: the new film gets its name when it is whole."""
        new = self.folder / "new.mp4"
        os.link(self.films[name], new)
        os.replace(new, self.volume.videos / f"{video}.mp4")


def check_opens(site, tab):
    tab.open(site.page("long?opens"))
    clock.check_metadata(tab, DURATION)
    clock.check_plays(tab, 2)
    first = site.asked("long?opens")[0].range
    equal(first, tab.first_range, "first question")


def check_seeks(site, tab, places):
    """A browser can also seek by taking all that comes before: so few bytes show that it need not."""
    tab.open(site.page("long?seeks", tab.preload))
    clock.check_metadata(tab, DURATION)
    before, received = len(site.relay.requests), site.relay.received
    for place in places:
        clock.check_seek(tab, place)
    asked = [request.range for request in site.asked("long?seeks", before)]
    assert any(asked_range and not asked_range.startswith("bytes=0-") for asked_range in asked), "nothing was asked"
    received = site.relay.received - received
    assert received < len(places) * site.films["length"] / 3, f"{received} bytes came for {len(places)} places"


def check_second_tab(site, tab):
    """The first plays on while the second does; and both show what they should."""
    tab.open(site.page("long?tabs"))
    clock.check_seek(tab, 20)
    tab.run(BEGIN_TO_PLAY, 1)
    first, _ = tab.open_another()
    try:
        tab.open(site.page("long?tabs"))
        clock.check_seek(tab, 150)
        clock.check_plays(tab, 2)
    finally:
        tab.close(first)
    before = tab.run(STATE)["time"]
    assert before > 21, f"the first film has stopped at {before} s"
    clock.check_plays(tab, 1)


def check_pause(site, tab):
    def figures():
        return site.relay.received - begin, 0 if site.is_offloading else sent_by_reelgate(site.server)
    begin = site.relay.received
    tab.open(site.page("long?pause", tab.preload))
    begin_sent = 0 if site.is_offloading else sent_by_reelgate(site.server)
    clock.check_plays(tab, 2)
    received, sent = settled(figures)
    assert received < site.films["length"] / 2, f"{received} bytes of the film came"
    assert sent - begin_sent < site.films["length"] / 2, f"{sent - begin_sent} bytes of the film were sent"
    equal(figures(), (received, sent), "bytes while the film is paused")
    clock.check_plays(tab, 90, 8)
    now_received, now_sent = figures()
    assert now_received > received and (site.is_offloading or now_sent > sent), "nothing came after the pause"


def check_whole_film(site, tab):
    """What was played first has to be fetched again, by every browser that keeps no more than it plans to."""
    begin = site.relay.received
    tab.open(site.page("long?whole"))
    clock.check_metadata(tab, DURATION)
    time_reached = 0
    while time_reached < DURATION - 2 * PIECE:
        time_reached = clock.check_plays(tab, PIECE, FASTEST)
    clock.check_seek(tab, DURATION - 0.1)
    received = site.relay.received - begin
    assert received > site.films["length"] * time_reached / DURATION, f"{received} bytes of the film came"
    clock.check_seek(tab, 5)
    clock.check_plays(tab, 2)


def check_cut(site, tab):
    """In mid-film: Chromium plays what it has, asks again by itself until somebody answers, and plays on."""
    tab.open(site.page("long?cut"))
    clock.check_seek(tab, 100)
    tab.run(BEGIN_TO_PLAY, 4)
    site.relay.cut()
    before = len(site.relay.requests)
    try:
        place = tab.run(STARVES)
    finally:
        site.relay.restore()
    assert 100 < place < DURATION - 10, f"it never waited: {place} s"
    clock.check_plays(tab, 8, 4)
    assert site.asked("long?cut", before), "nothing was asked"


def check_cut_and_sought(site, tab):
    """What is sought while the network is gone is found when it is back."""
    tab.open(site.page("long?sought"))
    clock.check_seek(tab, 10)
    site.relay.cut()
    try:
        tab.run(SEEK_IN_VAIN, 250)
    finally:
        site.relay.restore()
    clock.check_place(tab.run(FOUND), 250)
    clock.check_plays(tab, 1)


def check_cut_for_good(site, tab):
    """In mid-film: whoever does not ask again by itself says so, at the latest when it has played what it has."""
    tab.open(site.page("long?cut", tab.preload))
    clock.check_seek(tab, 100)
    tab.run(BEGIN_TO_PLAY, 4)
    site.relay.cut()
    try:
        state = wait_for_error(tab)
    finally:
        site.relay.restore()
    equal(state["error"], 2, "MEDIA_ERR_NETWORK")
    clock.check_place(tab.run(RESUME, 100, ""), 100)
    clock.check_plays(tab, 1)


def wait_for_error(tab):
    end = time.monotonic() + GIVES_UP
    while not (state := tab.run(STATE))["error"]:
        assert time.monotonic() < end, f"no error after {GIVES_UP} s: {state}"
    return state


def check_given_up(site, tab):
    """A network that is gone for longer: Chromium gives up, and a page has to begin again."""
    tab.open(site.page("long?given-up"))
    clock.check_seek(tab, 10)
    site.relay.cut()
    try:
        tab.run(SEEK_IN_VAIN, 250)
        state = wait_for_error(tab)
    finally:
        site.relay.restore()
    equal(state, {"error": 2, "time": 250}, "MEDIA_ERR_NETWORK, and its place")
    clock.check_place(tab.run(RESUME, 250, ""), 250)
    clock.check_plays(tab, 1)


def check_replaced(site, tab, figures):
    """In memory browsers put bytes of both films together, which ends in an error; on its disk Chromium heeds the new
    ETag. load() may do the same again; with another query, which reelgate ignores, there is nothing to mix."""
    tab.open(site.page("replaced", tab.preload))
    for place in (20, 200):
        clock.check_seek(tab, place)
    site.replace("replaced", "other film")
    for place in (100, 250, 150, 290, 60):
        answer = tab.run(clock.SEEK, place)
        if isinstance(answer, str):
            assert answer.startswith(("error 2:", "error 3:")), answer
            break
        clock.check_place(answer, place)
    figures.append(answer if isinstance(answer, str) else "the old film")
    clock.check_place(tab.run(RESUME, place, "?again"), begin=REPLACING_BEGINS)
    for place in (20, 250):
        clock.check_seek(tab, place, REPLACING_BEGINS)
    clock.check_plays(tab, 1, begin=REPLACING_BEGINS)


def check_withdrawn(site, kind):
    """A film that is short enough to be kept as a whole, on disk: a browser of its own is started twice. What Firefox
    has in memory, of a page that it could go back to, it plays whatever Cache-Control says."""
    folder = site.folder / "visitor"
    folder.mkdir()
    with kind(folder) as tab:
        tab.open(site.page("kept"))
        clock.check_metadata(tab)
        clock.check_plays(tab, 2)
        clock.check_seek(tab, 50)
    site.withdraw("kept")
    before = len(site.relay.requests)
    with kind(folder) as tab:
        tab.open(site.page("kept"))
        told = tab.run(clock.METADATA)
        assert isinstance(told, str) and told.startswith("error 4:"), f"played: {told}"
    assert site.asked("kept", before), "nothing was asked"


def check_kept_connection(site, tab):
    """Ranges that are read to their end, one after the other."""
    before, count = len(site.relay.requests), 8
    tab.open(site.page("sample"))
    clock.check_metadata(tab)
    answers = tab.run(FETCH, site.stream + "sample?fetched", count)
    equal(answers, count * [[206, 1000]], "statuses and lengths")
    connections = {request.connection for request in site.asked("sample?fetched", before)}
    equal(len(connections), 1, "connections")


def check_networks(site, tab, player):
    if not tab.asks_again:
        with player("loses the network in mid-film", "an error; load() and currentTime mend it"):
            check_cut_for_good(site, tab)
        return
    with player("loses the network in mid-film", "asks again by itself and plays on"):
        check_cut(site, tab)
    with player("seeks while there is no network", "the picture of that place when it is back"):
        check_cut_and_sought(site, tab)
    if site.kind is servers.Nginx:
        with player("loses the network for longer", "an error after half a minute; load() and currentTime mend it"):
            check_given_up(site, tab)


def check_site(report, site, tab, seed):
    player = functools.partial(report.player, tab.name, server=site.name)
    with player("opens a film and plays", "length, size, all of it can be sought; the picture"):
        check_opens(site, tab)
    with player("seeks forwards, backwards, to the last second", "the picture of that place"):
        check_seeks(site, tab, PLACES)
    places = random.Random(f"{seed} {site.name}")
    with player(f"seeks to {RANDOM_PLACES} random places (REELGATE_SEED={seed})", "the picture of that place"):
        check_seeks(site, tab, [places.randrange(100 * DURATION - 10) / 100 for _ in range(RANDOM_PLACES)])
    with player("plays in a second tab at the same time", "both play on, with the right pictures"):
        check_second_tab(site, tab)
    with player("pauses", "whoever sends is held back, and goes on right after"):
        check_pause(site, tab)
    if site.kind in FOR_ALL_BROWSERS:
        with player("plays through a film that no cache holds, and goes back", "the pictures; all of it comes"):
            check_whole_film(site, tab)
    check_networks(site, tab, player)
    with player("seeks in a film that is being replaced", "the old film or an error; with another query the new one") \
            as figures:
        check_replaced(site, tab, figures)
    with player("is started again after a film was withdrawn", "asks, and does not play what it has kept"):
        check_withdrawn(site, type(tab))
    with player("asks for several ranges", "they come over one connection"):
        check_kept_connection(site, tab)


def check_all(kind, sites):
    """All rows of a browser, each through the web servers of `sites`."""
    report = rows.Rows()
    seed = os.environ.get("REELGATE_SEED") or str(random.randrange(1 << 32))
    with support.Folder() as folder:
        films = {"film": folder / "film.mp4", "other film": folder / "other.mp4"}
        make_film(films["film"], DURATION)
        make_film(films["other film"], OTHER_DURATION, REPLACING_BEGINS)
        # In less than a second there would be no difference for the ETag: as large they are, too.
        support.set_time(films["film"], LONG_AGO)
        films["length"] = films["film"].stat().st_size
        with kind(folder) as tab:
            for number, site_kind in enumerate(sites):
                own = folder / f"site-{number}"
                own.mkdir()
                with report.group(f"{site_kind.name}: starts and stops"), Site(site_kind, own, films) as site:
                    check_site(report, site, tab, seed)
                    # Whoever is stopped has nobody to wait for.
                    tab.open("about:blank")
    report.finish()
