"""`make demo` as a visitor sees it: the page opens in a real browser, the clip plays, and wherever one seeks, the
picture is the one of that place; the page lists the requests; Ctrl-C leaves nothing running.

SPDX-License-Identifier: MIT
"""
import re
import signal
import subprocess

import browser
import support
from support import equal

FRAMES_PER_SECOND = 25
DURATION = 60
PLACES = [40, 5, 59.5, 20, 0]

# Seeks, waits until the picture of that place is there, and reads the strip of cells off it: its format stands in
# scripts/make-clip. Gives [currentTime, the luma of the 16 cells].
SEEK_AND_READ = """
const [place, done] = arguments, video = document.querySelector('video');
video.pause();
video.addEventListener('seeked', () => video.requestVideoFrameCallback ? read() : done(null), {once: true});
video.currentTime = place;
function read() {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  const cells = [...Array(16).keys()].map(i => context.getImageData(40 * i + 20, 340, 1, 1).data[1]);
  done([video.currentTime, cells]);
}
"""

PLAY_A_SECOND = """
const done = arguments[0], video = document.querySelector('video');
video.addEventListener('timeupdate', function watch() {
  if (video.currentTime < 1) return;
  video.removeEventListener('timeupdate', watch);
  video.pause();
  done(video.currentTime);
});
video.play().catch(error => done(String(error)));
"""

METADATA = """
const done = arguments[0], video = document.querySelector('video');
const tell = () => done([video.duration, video.videoWidth, video.videoHeight, video.seekable.end(0)]);
video.readyState ? tell() : video.addEventListener('loadedmetadata', tell, {once: true});
"""

# Calls back with the text of the list once it says what the argument, a regular expression, wants.
LIST_SAYS = """
const [wanted, done] = arguments, table = document.querySelector('table');
const look = () => {
  const match = table.innerText.match(new RegExp(wanted));
  if (match) done(match[0]);
  return match;
};
look() || new MutationObserver((_, observer) => look() && observer.disconnect())
  .observe(table, {childList: true, subtree: true, characterData: true});
"""


def frame_number(cells):
    """Reads the strip: white, black, 11 bits of the frame's number, even parity, black, white."""
    bits = [luma > 128 for luma in cells]
    equal((bits[0], bits[1], bits[14], bits[15]), (True, False, False, True), "calibration cells")
    number = bits[2:13]
    equal(bits[13], sum(number) % 2 == 1, "parity")
    return sum(bit << (10 - i) for i, bit in enumerate(number))


def check_seeking(report, tab, name):
    with report.row(f"{name}: length, size and what can be sought"):
        duration, width, height, end = tab.run(METADATA)
        equal((width, height), (640, 360), "size")
        assert abs(duration - DURATION) < 0.1 and abs(end - DURATION) < 0.1, f"{duration} s, seekable to {end} s"
    with report.row(f"{name}: plays"):
        place = tab.run(PLAY_A_SECOND)
        assert isinstance(place, (int, float)) and place >= 1, place
    for place in PLACES:
        with report.row(f"{name}: seek to {place} s shows that picture"):
            current, cells = tab.run(SEEK_AND_READ, place)
            equal(current, place, "currentTime")
            number = frame_number(cells)
            assert abs(number - place * FRAMES_PER_SECOND) <= 1, f"frame {number}"


def check_demo(report, demo, folder):
    with report.row("demo: prints its address"):
        line = demo.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, f"no address in {line!r}"
        address = found.group()
    with browser.Browser(folder) as tab:
        with report.row("demo: the page opens"):
            tab.open(address)
        check_seeking(report, tab, "page")
        with report.row("demo: the page lists a seek's own range"):
            tab.run(LIST_SAYS, r"bytes=[1-9]\d*-[\s\S]*206")
        tab.open(address + "api/stream/sample")
        check_seeking(report, tab, "the address itself, opened as the ticket says")


def main():
    report = support.Report()
    with support.Folder() as folder:
        with subprocess.Popen([support.ROOT / "scripts/demo"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              text=True, env=support.clean_environment(REELGATE=support.PROGRAM)) as demo:
            try:
                check_demo(report, demo, folder)
            finally:
                demo.send_signal(signal.SIGINT)
                status = demo.wait(support.DEADLINE)
        with report.row("demo: Ctrl-C ends it, and all that it started"):
            equal(status, 0, "exit status")
            support.wait_until(lambda: not support.processes_of(support.PROGRAM), "no reelgate left")
            running = support.processes_of("/usr/sbin/lighttpd")
            folders = [open(f"/proc/{pid}/cmdline").read() for pid in running]
            assert not any(str(support.ROOT) in line for line in folders), "lighttpd still runs"
    report.finish()


main()
