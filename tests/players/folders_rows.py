"""Folders of HLS and DASH behind one row of the catalogue: ffmpeg and Chromium's own HLS follow the lists, and each place
that is sought shows its own picture.

What each file of such a folder gets is for tests/server/folders_test.py. SPDX-License-Identifier: MIT
"""
import random
import subprocess

import browser
import clock
import films
import rows
import servers
import sites
import support
from sites import run

GATE = "SELECT status FROM videos WHERE id = substr(?1, 1, instr(?1 || '/', '/') - 1)"
OPTIONS = ("--id-segments", "2", "--query", GATE)

# folder -> the list in it, what it is, and ffmpeg's options to make it
FOLDERS = {
    "packets": ("index.m3u8", "HLS of transport streams",
                ["-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod", "-hls_segment_filename", "seg-%d.ts"]),
    "fragments": ("index.m3u8", "HLS of fragmented MP4",
                  ["-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]),
    "dash": ("manifest.mpd", "DASH", ["-f", "dash", "-seg_duration", "4"]),
}
# In the middle of a frame: a transport stream counts time in its own ticks. Not the beginning, where ffmpeg 5 passes over
# the first pictures of HLS, from a disk as well.
PLACES = [59.42, 10.22, *(round(random.uniform(1, clock.DURATION - 1) * 25) / 25 + 0.02 for _ in range(3))]

# In HLS of fragmented MP4, ffmpeg 5 goes to the segment behind the place, from a disk as well.
SOUGHT_BY_FFMPEG = ("packets", "dash")

PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<title>A film</title>
<link rel="icon" href="data:,">
<video muted preload="auto"></video>
<script>document.querySelector('video').src = '/api/stream/' + location.search.slice(1);</script>
"""


def make(volume):
    for name, (film, _, options) in FOLDERS.items():
        folder = volume.videos / name
        folder.mkdir()
        subprocess.run(["ffmpeg", "-v", "error", "-i", support.CLIP, "-c", "copy", *options, film], cwd=folder,
                       stdin=subprocess.DEVNULL, check=True, timeout=support.DEADLINE)
        volume.row(name, "complete")


def kind_with_options(kind):
    class WithOptions(kind):
        def start_reelgate(self, *options):
            return super().start_reelgate(*options, *OPTIONS)
    return WithOptions


def check_ffmpeg(site, address):
    for place in PLACES:
        done = run("ffmpeg", "-v", "error", "-ss", place, "-i", address, "-frames:v", "1", "-f", "rawvideo",
                   "-pix_fmt", "gray", "-")
        films.check_frame(films.frame_of(done.stdout), place)
    statuses = {response.status for response in site.responses()}
    assert statuses <= {200, 206}, f"answers: {statuses}"


def check_ffmpeg_whole(address):
    done = run("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames",
               "-of", "csv=p=0", address)
    frames = int(done.stdout.decode().split()[0].strip(","))
    assert abs(frames - clock.FRAMES) <= 1, f"{frames} frames"


def check_chromium(tab, site, name):
    tab.open(f"http://127.0.0.1:{site.server.port}/page.html?{name}/{FOLDERS[name][0]}")
    clock.check_metadata(tab)
    for place in PLACES:
        clock.check_seek(tab, place)
    clock.check_plays(tab, 2)


def main():
    report = rows.Rows()
    for kind in (servers.Nginx, servers.LighttpdConnect):
        with support.Folder() as folder:
            volume = support.Volume(folder / "data")
            make(volume)
            (folder / "page.html").write_text(PAGE)
            server = kind_with_options(kind)(folder, volume, log_level="info")
            server.extra = (f"    root {folder};\n    types {{ text/html html; }}\n" if kind is servers.Nginx
                            else 'mimetype.assign = ( ".html" => "text/html" )\n')
            with server:
                site = sites.Site(server)
                for name, (film, what, _) in FOLDERS.items():
                    address = site.address(f"{name}/{film}")
                    with report.player("ffmpeg", f"{what}: reads all of it", "it has every frame", kind.name):
                        check_ffmpeg_whole(address)
                    if name in SOUGHT_BY_FFMPEG:
                        with report.player("ffmpeg", f"{what}: seeks", "the picture of the place, by its clock",
                                           kind.name):
                            check_ffmpeg(site, address)
                own = folder / "chromium"
                own.mkdir()
                with browser.Browser(own) as tab:
                    for name in ("packets", "fragments"):
                        with report.player("Chromium", f"{FOLDERS[name][1]}, by itself: seeks and plays",
                                           "the picture of the place, by its clock", kind.name):
                            check_chromium(tab, site, name)
    report.finish()


main()
