"""Links that expire, as players take them: the address that `reelgate sign` prints plays, its cookie and its form in
front of the path do, and a seek after it has expired fails with 403. Players keep what they have, and say so or stand still.

SPDX-License-Identifier: MIT
"""
import shutil
import subprocess
import time
import urllib.parse

import browser
import browsers
import clock
import films
import rows
import servers
import signing
import sites
import support
import tools
from sites import run
from support import equal

# A folder is one row of the catalogue, and so is a file.
GATE = ("SELECT 'complete' AS status, ?1 AS file FROM videos"
        " WHERE id = substr(?1, 1, instr(?1 || '/', '/') - 1)")
PREFIX = "/api/stream/"
FILM, PARTS, LIST = "film.mp4", "parts.mp4", "packets/index.m3u8"
COOKIE = "reelgate_link"

# Seconds of the long film, and of the one in parts that are far from each other.
PLACES = [0, 600.42, films.DURATION - 0.52]
PLACES_IN_PARTS = [45, 12.5]

# A link that is late by now is still taken for a minute: one that is nearly so can be waited for.
NEARLY = signing.LEEWAY - 8

# Seeks, and gives what comes of it within some seconds: an error, "found", or "nothing".
SEEK_LATE = clock.BEGIN + """
if (failed()) return done(failed());
video.pause();
video.addEventListener('error', () => done(failed()), {once: true});
video.addEventListener('seeked', () => done('found'), {once: true});
video.currentTime = arguments[0];
setTimeout(() => done('nothing'), 10000);
"""


class Site(sites.Site):
    def __init__(self, server, keys):
        super().__init__(server)
        self.keys = keys
        self.base = f"http://127.0.0.1:{server.port}"

    def signed(self, *words):
        """What `reelgate sign` prints."""
        done = support.reelgate("sign", "--data", self.server.volume.path, "--link-key", self.keys, "--query", GATE,
                                "--id-segments", "2", "--for", "2h", "--base-url", self.base, *words)
        equal(done.returncode, 0, f"exit status: {done.stderr}")
        return done.stdout.decode().strip()

    def nearly_late(self, film):
        return f"{self.base}{PREFIX}{film}?{signing.link(PREFIX + film, int(time.time()) - NEARLY)}"

    def wait_until_late(self, address):
        path = address.removeprefix(self.base)
        support.wait_until(lambda: support.http(self.server.port, path, "HEAD").status == 403, "the link expires")
        self.before = self.refusals()

    def refusals(self):
        return sum(response.status == 403 and response.sent > 0 for response in self.all_responses())

    def was_refused(self):
        support.wait_until(lambda: self.refusals() > self.before, "403 after the link has expired")

    def page(self, address, cookie=""):
        path = address.removeprefix(self.base)
        return f"{self.base}/page.html?{path}" + (f"#{cookie}" if cookie else "")


def check_ffmpeg(site, address):
    for place in PLACES:
        done = run("ffmpeg", "-v", "error", "-ss", place, "-i", address, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt",
                   "gray", "-")
        films.check_frame(films.frame_of(done.stdout), place)


def check_ffmpeg_late(site):
    address = site.nearly_late(FILM)
    check_ffmpeg(site, address)
    site.wait_until_late(address)
    done = subprocess.run(["ffmpeg", "-v", "error", "-ss", "600", "-i", address, "-f", "null", "-"],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=sites.LIMIT, check=False)
    assert done.returncode != 0 and b"403" in done.stderr, done.stderr
    site.was_refused()


def check_ffmpeg_list(address):
    done = run("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries",
               "stream=nb_read_frames", "-of", "csv=p=0", address)
    frames = int(done.stdout.decode().split()[0].strip(","))
    assert abs(frames - clock.FRAMES) <= 1, f"{frames} frames"


def check_mpv(site, address, folder):
    with tools.Mpv(folder, address) as mpv:
        for place in PLACES:
            mpv.seek(place)
            mpv.do("screenshot-to-file", str(folder / "mpv.png"), "video")
            films.check_frame(films.frame_of_picture(folder / "mpv.png"), place)


def check_mpv_late(site, folder, figures):
    address = site.nearly_late(FILM)
    # Otherwise it would have all of the film by then.
    with tools.Mpv(folder, address, "--cache=no", "--demuxer-max-bytes=512KiB") as mpv:
        mpv.seek(PLACES[0])
        site.wait_until_late(address)
        mpv.do("seek", PLACES[1], "absolute+exact")
        site.was_refused()
        try:
            mpv.wait_for("playback-restart")
            mpv.do("screenshot-to-file", str(folder / "mpv.png"), "video")
        except AssertionError as end:
            figures.append("ends" if "end-file" in str(end) else "has no picture")
            return
        try:
            films.check_frame(films.frame_of_picture(folder / "mpv.png"), PLACES[1])
        except AssertionError:
            figures.append("stays at another picture")
            return
        raise AssertionError("mpv shows the picture of the place")


def check_vlc(address, folder):
    remote = tools.VlcRemote(folder, address)
    try:
        support.wait_until(lambda: remote.number("get_length") > 0, "VLC: length", remote.process)
        for place in (900, 30):
            remote.do(f"seek {place}")
            begin = time.monotonic()
            support.wait_until(lambda: remote.number("get_time") > place, f"VLC: {place} s", remote.process)
            films.check_frame(remote.snapshot(), place, place + time.monotonic() - begin + 1)
    finally:
        remote.close()


def check_vlc_late(site, folder):
    address = site.nearly_late(FILM)
    remote = tools.VlcRemote(folder, address)
    try:
        support.wait_until(lambda: remote.number("get_time") > 0, "VLC plays", remote.process)
        remote.do("pause")
        site.wait_until_late(address)
        remote.do("pause")
        remote.do("seek 900")
        site.was_refused()
    finally:
        remote.close()


def check_browser(site, tab, address, cookie=""):
    tab.open(site.page(address, cookie))
    clock.check_metadata(tab)
    for place in PLACES_IN_PARTS:
        clock.check_seek(tab, place)
    clock.check_plays(tab, 1)


def check_browser_late(site, tab, figures):
    address = site.nearly_late(PARTS)
    tab.open(site.page(address))
    clock.check_metadata(tab)
    clock.check_plays(tab, 1)
    site.wait_until_late(address)
    told = tab.run(SEEK_LATE, PLACES_IN_PARTS[0])
    assert told == "nothing" or told.startswith("error"), told
    figures.append(told)
    site.was_refused()


def check_cookie(site, tab):
    """The film's address has no link; without the cookie it is refused."""
    tab.open(site.page(site.base + PREFIX + PARTS))
    told = tab.run(clock.METADATA)
    assert isinstance(told, str) and told.startswith("error 4:"), f"played: {told}"
    cookie = f"{COOKIE}={signing.link(PREFIX + PARTS)}"
    tab.open("about:blank")
    check_browser(site, tab, site.base + PREFIX + PARTS, cookie)


def check_list(site, tab, address):
    tab.open(site.page(address))
    clock.check_metadata(tab)
    clock.check_seek(tab, 30.22)
    clock.check_plays(tab, 2)


def make(volume):
    films.long_film(volume.videos / FILM)
    length, pieces = clock.spread(6, 256 << 20)
    with open(volume.videos / PARTS, "wb") as file:
        file.truncate(length)
        for place, piece in pieces.items():
            file.seek(place)
            file.write(piece)
    folder = volume.videos / "packets"
    folder.mkdir()
    subprocess.run(["ffmpeg", "-v", "error", "-i", support.CLIP, "-c", "copy", "-f", "hls", "-hls_time", "4",
                    "-hls_playlist_type", "vod", "-hls_segment_filename", "seg-%d.ts", "index.m3u8"], cwd=folder,
                   stdin=subprocess.DEVNULL, check=True, timeout=support.DEADLINE)
    for video in (FILM, PARTS, "packets"):
        volume.row(video, "complete")


def check_all(report, site, folder):
    name = site.name
    late = "403, and no other picture"
    film, parts, front = site.signed(FILM), site.signed(PARTS), site.signed("--path", LIST)
    assert urllib.parse.urlsplit(front).path.startswith("/bcdn_token="), front
    with report.player("ffmpeg", "a link: seeks", "the picture of the place", name):
        check_ffmpeg(site, film)
    with report.player("ffmpeg", "a link: seeks after it has expired", late, name):
        check_ffmpeg_late(site)
    with report.player("ffmpeg", "a link in front of the path of a list", "it has every frame", name):
        check_ffmpeg_list(front)
    with report.player("mpv", "a link: seeks", "the picture of the place", name):
        check_mpv(site, film, folder)
    with report.player("mpv", "a link: seeks after it has expired", late, name) as figures:
        check_mpv_late(site, folder, figures)
    with report.player("VLC", "a link: plays and seeks", "the picture of the place", name):
        check_vlc(film, folder)
    with report.player("VLC", "a link: seeks after it has expired", late, name):
        check_vlc_late(site, folder)
    for kind in (browsers.Chromium, browsers.Firefox):
        own = folder / kind.name
        own.mkdir()
        with kind(own) as tab:
            with report.player(kind.name, "a link: seeks and plays", "the picture of the place", name):
                check_browser(site, tab, parts)
            with report.player(kind.name, "a link: seeks after it has expired", late, name) as figures:
                check_browser_late(site, tab, figures)
            with report.player(kind.name, "a link in a cookie: seeks and plays", "the same; without it nothing", name):
                check_cookie(site, tab)
            if kind is browsers.Chromium:
                with report.player(kind.name, "a link in front of the path of a list", "seeks and plays", name):
                    check_list(site, tab, front)


def main():
    report = rows.Rows()
    for kind in (servers.Nginx, servers.LighttpdConnect):
        with support.Folder() as folder:
            volume = support.Volume(folder / "data")
            make(volume)
            (folder / "page.html").write_text(browser.VIDEO_PAGE)
            keys = servers.key_file(folder)
            pictures = folder / "pictures"
            pictures.mkdir()
            if servers.IS_ROOT:
                shutil.chown(pictures, servers.USER, servers.USER)
            server = kind(folder, volume, log_level="info")
            server.environment |= {"REELGATE_LINK_KEY": str(keys), "REELGATE_LINK_COOKIE": COOKIE,
                                   "REELGATE_ID_SEGMENTS": "2", "REELGATE_QUERY": GATE}
            server.extra = (f"    root {folder};\n    types {{ text/html html; }}\n" if kind is servers.Nginx
                            else 'mimetype.assign = ( ".html" => "text/html" )\n')
            with server:
                check_all(report, Site(server, keys), pictures)
    report.finish()


main()
