"""Owns the clock in the picture of tests/fixtures/sample.mp4: which frame a browser's tab shows, and whether it is the
one of a place. The strip of cells is described in scripts/make-clip.

Does not know pages, servers and browsers: `tab` is whatever has `run`. SPDX-License-Identifier: MIT
"""
import struct

import support
from support import equal

FRAMES_PER_SECOND = 25
DURATION = 60
FRAMES = DURATION * FRAMES_PER_SECOND

# The beginning of every script below: the page's film, and the luma of the 16 cells of the picture that it shows.
BEGIN = """
const done = arguments[arguments.length - 1], video = document.querySelector('video');
function cells() {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  return [...Array(16).keys()].map(i => context.getImageData(40 * i + 20, 340, 1, 1).data[1]);
}
// Calls once the picture of what is being sought is shown, which may be a little later than the event "seeked"; or some
// seconds after that event, when no other picture comes.
function whenShown(call) {
  let shown = NaN, isCalled = false;
  video.requestVideoFrameCallback(function look(now, picture) {
    shown = picture.mediaTime;
    if (!isCalled) video.requestVideoFrameCallback(look);
  });
  video.addEventListener('seeked', () => {
    const latest = performance.now() + 3000;
    (function wait() {
      const distance = video.currentTime - shown;
      if (!(distance > -0.001 && distance < 0.041) && performance.now() < latest) return setTimeout(wait, 10);
      isCalled = true;
      call();
    })();
  }, {once: true});
}
function failed() {
  return video.error && `error ${video.error.code}: ${video.error.message}`;
}
"""

# Seeks, and returns [currentTime, cells] once the picture of that place is shown, or why it is not.
SEEK = BEGIN + """
if (failed()) return done(failed());
video.pause();
video.addEventListener('error', () => done(failed()), {once: true});
whenShown(() => done([video.currentTime, cells()]));
video.currentTime = arguments[0];
"""

# Plays so many seconds, from where the film is, at a rate, and gives [currentTime, cells] of the place where it has
# paused then, or why there is none.
PLAY = BEGIN + """
if (failed()) return done(failed());
const [seconds, rate] = arguments, begin = video.currentTime;
function watch() {
  if (video.currentTime < begin + seconds && !failed()) return;
  video.removeEventListener('timeupdate', watch);
  video.removeEventListener('error', watch);
  video.pause();
  if (failed()) return done(failed());
  // What is shown may be ahead of currentTime, until that is sought. To seek where it already is would do nothing: the
  // middle of the frame.
  whenShown(() => done([video.currentTime, cells()]));
  video.currentTime = (Math.floor(25 * video.currentTime) + 0.5) / 25;
}
video.addEventListener('timeupdate', watch);
video.addEventListener('error', watch);
video.playbackRate = rate;
// Where a browser takes long to say that it plays, it is our own pause that aborts this.
video.play().catch(error => error.name === 'AbortError' || done(String(error)));
"""

# Returns duration, size, and the ends of the seekable range, or why nothing is known about the film.
METADATA = BEGIN + """
const tell = () => done(failed() || {duration: video.duration, size: [video.videoWidth, video.videoHeight],
  seekable: video.seekable.length ? [video.seekable.start(0), video.seekable.end(video.seekable.length - 1)] : []});
video.addEventListener('error', tell, {once: true});
video.readyState || failed() ? tell() : video.addEventListener('loadedmetadata', tell, {once: true});
"""


def frame_number(cells):
    """Reads the strip: white, black, 11 bits of the frame's number, even parity, black, white."""
    bits = [luma > 128 for luma in cells]
    equal((bits[0], bits[1], bits[14], bits[15]), (True, False, False, True), "calibration cells")
    number = bits[2:13]
    equal(bits[13], sum(number) % 2 == 1, "parity")
    return sum(bit << (10 - i) for i, bit in enumerate(number))


def check_place(answer, place=None, begin=0):
    """The picture is the one of the time at which it stands, to within one frame; so is that time, where a place is
    given. A film may repeat the clip, and begin with its frame `begin`. Gives the time."""
    assert isinstance(answer, list), answer
    time, cells = answer
    assert place is None or abs(time - place) < 0.001, f"at {time} s instead of {place} s"
    number = frame_number(cells)
    distance = abs(number - begin - time * FRAMES_PER_SECOND) % FRAMES
    assert min(distance, FRAMES - distance) <= 1, f"frame {number} at {time} s"
    return time


def check_seek(tab, place, begin=0):
    """Seeks, and checks the picture."""
    check_place(tab.run(SEEK, place), place, begin)


def check_plays(tab, seconds=1, rate=1, begin=0):
    """Plays this many seconds of the film, and checks the picture. Returns the time reached."""
    return check_place(tab.run(PLAY, seconds, rate), begin=begin)


def check_metadata(tab, duration=DURATION):
    """Checks that length and size are known, and that the whole film is seekable."""
    told = tab.run(METADATA)
    assert isinstance(told, dict), told
    equal(told["size"], [640, 360], "size")
    assert abs(told["duration"] - duration) < 0.1, f"{told['duration']} s long"
    assert told["seekable"] and told["seekable"][0] == 0 and abs(told["seekable"][1] - duration) < 0.1, \
        f"can be sought: {told['seekable']}"


def spread(parts, gap):
    """The clip with so many bytes of nothing between its parts, as a length and a dict from position to bytes: for a
    browser, which would hold all of the clip after its first request, each part is a request of its own."""
    content = support.CLIP.read_bytes()
    begin = content.index(b"mdat") - 4
    head = bytearray(content[:begin])
    tables = [place for place in range(len(head)) if head.startswith(b"stco", place)]
    chunks = sorted(chunk for table in tables for chunk in chunks_of(head, table))
    starts = [begin] + [chunks[len(chunks) * part // parts] for part in range(1, parts)]
    for table in tables:
        moved = [chunk + gap * sum(chunk >= start for start in starts[1:]) for chunk in chunks_of(head, table)]
        struct.pack_into(f">{len(moved)}L", head, table + 12, *moved)
    pieces = {start + gap * part: content[start:end]
              for part, (start, end) in enumerate(zip(starts, [*starts[1:], len(content)]))}
    # All of it is the content of the one box.
    length = len(content) + gap * (parts - 1)
    pieces[begin] = struct.pack(">L", length - begin) + pieces[begin][4:]
    return length, {0: bytes(head), **pieces}


def chunks_of(head, table):
    """The positions in a chunk offset box (ISO/IEC 14496-12, 8.7.5), given where its type stands."""
    count, = struct.unpack_from(">L", head, table + 8)
    return struct.unpack_from(f">{count}L", head, table + 12)
