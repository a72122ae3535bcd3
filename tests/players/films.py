"""Owns the films that players are tried with, and reads the clock that every frame of theirs shows.

The frames' format stands in scripts/make-clip. SPDX-License-Identifier: MIT
"""
import struct
import subprocess

import clock
import support
from support import equal

WIDTH, HEIGHT = 640, 360

# The clip so many times over: what a player fetches at its start is then a small part of the film.
LOOPS = 20
DURATION = 60 * LOOPS

# Where the pictures of the large film begin: behind all that 32 bits can count.
HOLE = 5 << 30

# Boxes of MP4 that hold nothing but boxes, on the way to the tables of positions (ISO/IEC 14496-12).
CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def long_film(path):
    """Twenty minutes, 27 MB, `moov` in front. The clock starts again with each minute."""
    clips = path.with_suffix(".txt")
    clips.write_text(f"file '{support.CLIP}'\nduration 60\noutpoint 60\n" * LOOPS)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", clips, "-c", "copy",
                    "-movflags", "+faststart", path], check=True, stdin=subprocess.DEVNULL, timeout=support.DEADLINE)
    clips.unlink()


def boxes(content):
    """Pairs of a type and what is in that box."""
    place = 0
    while place < len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        yield kind, content[place + 8:place + length]
        place += length


def box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def moved(kind, content, distance):
    """A box whose pictures have moved; positions take 64 bits then."""
    if kind in CONTAINERS:
        return box(kind, b"".join(moved(inner, what, distance) for inner, what in boxes(content)))
    if kind == b"stco":
        count, = struct.unpack_from(">I", content, 4)
        places = [place + distance for place in struct.unpack_from(f">{count}I", content, 8)]
        return box(b"co64", content[:8] + struct.pack(f">{count}Q", *places))
    return box(kind, content)


def late_film(source, path, hole=0):
    """The same film with `moov` at the end, as a camera leaves it, and so much of nothing before the first picture, which
    takes no room on the disk."""
    content = source.read_bytes()
    inner = dict(boxes(content))
    equal(sorted(inner), [b"free", b"ftyp", b"mdat", b"moov"], "boxes of the film")
    start = box(b"ftyp", inner[b"ftyp"]) + struct.pack(">I4sQ", 1, b"mdat", 16 + hole + len(inner[b"mdat"]))
    with open(path, "wb") as file:
        file.write(start)
        file.seek(hole, 1)
        distance = file.tell() - content.index(inner[b"mdat"])
        file.write(inner[b"mdat"])
        file.write(moved(b"moov", inner[b"moov"], distance))


def frame_of(luma):
    """The number that a frame shows: of its place within the minute."""
    equal(len(luma), WIDTH * HEIGHT, "bytes of a picture")
    return clock.frame_number([luma[340 * WIDTH + 40 * cell + 20] for cell in range(16)])


def frame_of_picture(path):
    """The number in a picture that a player wrote, of whatever size and format."""
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-frames:v", "1", "-vf", f"scale={WIDTH}:{HEIGHT}",
                           "-f", "rawvideo", "-pix_fmt", "gray", "-"], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=support.DEADLINE, check=False)
    assert done.returncode == 0, f"{path.name}: {done.stderr.decode(errors='replace')[-300:]}"
    return frame_of(done.stdout)


def check_frame(number, seconds, latest=None):
    """The frame of a place, give or take one; with `latest`, one from there to that place."""
    behind = (number - round(seconds * clock.FRAMES_PER_SECOND) + 1) % clock.FRAMES
    room = 2 + round(((latest or seconds) - seconds) * clock.FRAMES_PER_SECOND)
    assert behind <= room, f"at {seconds} s: frame {number}, {behind - 1} behind that place"
