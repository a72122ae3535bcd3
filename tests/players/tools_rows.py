"""Players that need no screen: where they seek, the picture is the one of that place.

Of two kinds of film: as it should be, and with `moov` at its end, behind 5 GiB. SPDX-License-Identifier: MIT
"""
import json
import random
import shutil
import subprocess
import time

import films
import rows
import servers
import sites
import support
import tools
from sites import run
from support import equal

FILMS = {"film": "a film", "large": "a film of 5 GiB, moov at its end"}
# GStreamer's qtdemux, as of 1.22, reads through what lies between, and cannot count it beyond 4 GiB: from any web server.
FILMS_FOR_GSTREAMER = {"film": "a film", "late": "a film with moov at its end"}

# Seconds of the film; the random ones are others every time, and the failure says which.
PLACES = [0, 600.4, films.DURATION - 0.52, *(round(random.uniform(1, films.DURATION - 1) * 25) / 25 for _ in range(3))]

# VLC plays, and so takes its time.
SERVERS_FOR_VLC = (servers.LighttpdConnect, servers.ApacheProxy, servers.Nginx)

# What a player may ask of us before it shows a picture: the start, moov, the place sought, and a second one where sound and
# picture of one moment lie apart; twice that, since some look again. Whoever asks for each frame apart was misled by us.
MOST_REQUESTS = 8


def check_requests(site, most=MOST_REQUESTS):
    statuses = [response.status for response in site.responses()]
    assert 1 <= len(statuses) <= most and set(statuses) <= {200, 206}, f"answers: {statuses}"


def check_ffprobe(site, film):
    told = json.loads(run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json",
                          site.address(film)).stdout)
    equal(int(told["format"]["size"]), (site.server.volume.videos / f"{film}.mp4").stat().st_size, "size")
    duration = float(told["format"]["duration"])
    assert abs(duration - films.DURATION) < 0.1, f"{duration} s"
    equal([(s["width"], s["height"]) for s in told["streams"] if "width" in s], [(films.WIDTH, films.HEIGHT)], "picture")
    check_requests(site)


def check_ffmpeg(site, film):
    for place in PLACES:
        done = run("ffmpeg", "-v", "error", "-ss", place, "-i", site.address(film), "-frames:v", "1", "-f", "rawvideo",
                   "-pix_fmt", "gray", "-")
        films.check_frame(films.frame_of(done.stdout), place)
        check_requests(site)


def check_mpv(site, film, folder):
    with tools.Mpv(folder, site.address(film)) as mpv:
        equal(round(mpv.do("get_property", "duration")), films.DURATION, "duration")
        for place in [*PLACES, 0]:
            mpv.seek(place)
            reached = mpv.do("get_property", "time-pos")
            assert abs(reached - place) < 0.05, f"sought {place} s, reached {reached} s"
            mpv.do("screenshot-to-file", str(folder / "mpv.png"), "video")
            films.check_frame(films.frame_of_picture(folder / "mpv.png"), place)
    # Beyond what is in its cache a seek is a request, and moov at the end two more in the beginning.
    check_requests(site, 2 * len(PLACES) + 4)


def check_vlc_start(site, film, folder):
    for place in (0, PLACES[1], PLACES[3]):
        for picture in folder.glob("scene*"):
            picture.unlink()
        player = tools.vlc(folder, "--intf=dummy", f"--start-time={place}", "--run-time=1", "--video-filter=scene",
                     f"--scene-path={folder}", "--scene-ratio=1", "--scene-format=png", site.address(film), "vlc://quit")
        try:
            equal(player.wait(support.DEADLINE), 0, "VLC's exit status")
        finally:
            support.stop(player)
        first = min(folder.glob("scene*.png"), default=None)
        assert first, f"at {place} s: no picture: {(folder / 'vlc.log').read_text(errors='replace')[-400:]}"
        films.check_frame(films.frame_of_picture(first), place)
    check_vlc_requests(site)


def check_vlc_requests(site):
    """VLC also asks for what lies behind the last byte of the film: 416. A seek is a few requests, not one a frame."""
    statuses = [response.status for response in site.responses()]
    assert statuses and set(statuses) <= {200, 206, 416}, f"answers: {statuses}"
    assert len(statuses) <= 4 * MOST_REQUESTS, f"{len(statuses)} requests"


def check_vlc_seeks(site, film, folder):
    remote = tools.VlcRemote(folder, site.address(film))
    try:
        support.wait_until(lambda: remote.number("get_length") > 0, "VLC: length", remote.process)
        equal(remote.number("get_length"), films.DURATION, "length")
        for place in (900, 30, round(PLACES[4]) // 2, films.DURATION - 20):
            remote.do(f"seek {place}")
            begin = time.monotonic()
            # The clock is set at once; the picture comes when it is there.
            support.wait_until(lambda: remote.number("get_time") > place, f"VLC: {place} s", remote.process)
            frame = remote.snapshot()
            films.check_frame(frame, place, place + time.monotonic() - begin + 1)
    finally:
        remote.close()
    check_vlc_requests(site)


class GStreamer:
    """A pipeline as a program of somebody's own would have it; it stands still, and gives the picture that it is at."""
    DEADLINE = support.DEADLINE * 10**9

    def __init__(self, address):
        import gi  # here: where it is missing, the row fails, and the others are tried
        gi.require_version("Gst", "1.0")
        from gi.repository import Gst
        Gst.init(None)
        self.gst = Gst
        self.pipeline = Gst.parse_launch(
            f"souphttpsrc location={address} ! qtdemux name=film film.video_0 ! queue ! avdec_h264 ! videoconvert "
            "! video/x-raw,format=GRAY8 ! appsink name=picture sync=false max-buffers=1")

    def __enter__(self):
        self.pipeline.set_state(self.gst.State.PAUSED)
        return self

    def __exit__(self, *_):
        self.pipeline.set_state(self.gst.State.NULL)

    def wait(self):
        change, state, _ = self.pipeline.get_state(self.DEADLINE)
        error = self.pipeline.get_bus().pop_filtered(self.gst.MessageType.ERROR)
        assert not error, f"GStreamer: {error.parse_error()}"
        equal((change, state), (self.gst.StateChangeReturn.SUCCESS, self.gst.State.PAUSED), "state of the pipeline")

    def duration(self):
        return self.pipeline.query_duration(self.gst.Format.TIME)[1] / 1e9

    def frame_at(self, seconds):
        flags = self.gst.SeekFlags.FLUSH | self.gst.SeekFlags.ACCURATE
        assert self.pipeline.seek_simple(self.gst.Format.TIME, flags, int(seconds * 10**9)), f"cannot seek to {seconds} s"
        self.wait()
        sample = self.pipeline.get_by_name("picture").emit("try-pull-preroll", self.DEADLINE)
        assert sample, f"no picture at {seconds} s"
        picture = sample.get_buffer()
        return films.frame_of(picture.extract_dup(0, picture.get_size()))


def check_gstreamer(site, film):
    with GStreamer(site.address(film)) as player:
        player.wait()
        assert abs(player.duration() - films.DURATION) < 0.1, f"{player.duration()} s"
        for place in PLACES:
            films.check_frame(player.frame_at(place), place)
    check_requests(site, 3 * len(PLACES) + 4)


def check_all(report, site, folder):
    """Each player with each film through one web server."""
    for film, which in FILMS.items():
        with report.player("ffprobe", f"looks at {which}", "duration, size, picture; a handful of requests", site.name):
            check_ffprobe(site, film)
        with report.player("ffmpeg", f"-ss into {which}, {len(PLACES)} places", "the picture of that place", site.name):
            check_ffmpeg(site, film)
        with report.player("mpv", f"seeks in {which}, {len(PLACES) + 1} times", "position and picture of that place",
                           site.name):
            check_mpv(site, film, folder)
    for film, which in FILMS_FOR_GSTREAMER.items():
        with report.player("GStreamer", f"seeks in {which}, {len(PLACES)} times", "duration, and the picture of that place",
                           site.name):
            check_gstreamer(site, film)


def check_vlc(report, site, folder):
    for film, which in FILMS.items():
        with report.player("VLC", f"begins in the middle of {which}, 3 times", "the picture of that place", site.name):
            check_vlc_start(site, film, folder)
        with report.player("VLC", f"plays {which} and seeks, 4 times", "length, and the picture of that place", site.name):
            check_vlc_seeks(site, film, folder)


def main():
    report = rows.Rows()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        films.long_film(folder / "film.mp4")
        volume.must("add", folder / "film.mp4")
        films.late_film(folder / "film.mp4", volume.videos / "large.mp4", films.HOLE)
        films.late_film(folder / "film.mp4", volume.videos / "late.mp4")
        for film in ("large", "late"):
            volume.row(film, "complete")
        pictures = folder / "pictures"
        pictures.mkdir()
        if servers.IS_ROOT:
            shutil.chown(pictures, servers.USER, servers.USER)
        for number, kind in enumerate([*servers.ALL, *servers.OFFLOADING]):
            own = folder / f"server-{number}"
            own.mkdir()
            with kind(own, volume, log_level="info") as server:
                site = sites.Site(server)
                check_all(report, site, pictures)
                if kind in SERVERS_FOR_VLC:
                    check_vlc(report, site, pictures)
    report.finish()


main()
