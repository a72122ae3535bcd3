"""The table of HTTP cases, through every way in: each answer is what the table says, and they all say it alike.

SPDX-License-Identifier: MIT
"""
import re

import support
import table
import ways
from support import equal

# Beyond this a whole film is not read, only its header section.
LARGE = 1 << 20

# Of no account: the hop's own, and the clock's.
NOT_COMPARED = {"date", "server", "connection", "keep-alive"}


def make_volume(folder, rows):
    """A file of position-coded bytes for each length; the huge one is sparse."""
    volume = support.Volume(folder / "data")
    for length in {int(row.video) for row in rows if row.video.isdigit()}:
        if length <= LARGE:
            (volume.videos / f"{length}.mp4").write_bytes(support.position_coded(length))
            volume.row(str(length), "complete")
        else:
            ends = {p: support.position_coded(100) for p in (0, (2 << 30) - 50, (4 << 30) - 50, length - 100)}
            volume.sparse(str(length), length, ends)
        support.set_time(volume.videos / f"{length}.mp4", ways.MTIME)
    volume.row("pending", "pending")
    volume.row("fileless", "complete")
    return volume


def read_range(volume, video, first, last):
    with open(volume.videos / f"{video}.mp4", "rb") as file:
        file.seek(first)
        return file.read(last - first + 1)


def parts_of(reply):
    """Takes a multipart content apart: each part's Content-Type, Content-Range and bytes (RFC 2046, section 5.1)."""
    found = re.fullmatch(r"multipart/byteranges; boundary=([0-9A-Za-z]{16,70})", reply.field("Content-Type"))
    assert found, f"Content-Type {reply.field('Content-Type')}"
    delimiter = b"--" + found.group(1).encode()
    content = b"\r\n" + reply.content
    preamble, *parts, end = content.split(b"\r\n" + delimiter)
    equal((preamble, end), (b"", b"--\r\n"), "what surrounds the parts")
    for part in parts:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        yield [line.decode() for line in head.split(b"\r\n")], data


def check_partial(reply, row, answer, volume):
    length = int(row.video)
    if len(answer.ranges) == 1:
        (first, last), = answer.ranges
        equal(reply.field("Content-Range"), f"bytes {first}-{last}/{length}", "Content-Range")
        equal(reply.field("Content-Type"), "video/mp4", "Content-Type")
        equal(reply.field("Content-Length"), str(last - first + 1), "Content-Length")
        if row.method != "HEAD":
            equal(reply.content, read_range(volume, row.video, first, last), "content")
        return
    equal(reply.field("Content-Range"), None, "Content-Range beside parts")
    if row.method == "HEAD":
        return
    wanted = [([f"Content-Type: video/mp4", f"Content-Range: bytes {first}-{last}/{length}"],
               read_range(volume, row.video, first, last)) for first, last in answer.ranges]
    equal(list(parts_of(reply)), wanted, "parts")


def check_error(reply, row, answer):
    equal(reply.field("Content-Type"), "application/json", "Content-Type")
    equal(reply.field("Cache-Control"), "no-store", "Cache-Control")
    equal(reply.field("Content-Range"), f"bytes */{row.video}" if answer.status == 416 else None, "Content-Range")
    if row.method != "HEAD":
        assert reply.content.startswith(b'{"detail":"'), f"content {reply.content}"


def check(reply, row, answer, volume):
    """What RFC 9110 wants of such an answer, apart from what the others say."""
    equal(reply.status, answer.status, "status")
    if answer.status in (200, 206, 304):
        assert re.fullmatch(r'"[^"]+"', reply.field("ETag") or ""), f"ETag {reply.field('ETag')}"
        equal(reply.field("Last-Modified"), "Wed, 01 May 2024 12:00:00 GMT", "Last-Modified")
        equal(reply.field("Cache-Control"), "private, no-cache", "Cache-Control")
    if answer.status == 200:
        equal(reply.field("Content-Range"), None, "Content-Range of a 200")
        equal(reply.field("Content-Length"), row.video, "Content-Length")
        if row.method != "HEAD" and int(row.video) <= LARGE:
            equal(reply.content, read_range(volume, row.video, 0, int(row.video)), "content")
    elif answer.status == 206:
        check_partial(reply, row, answer, volume)
    elif answer.status == 304:
        equal((reply.field("Content-Type"), reply.field("Content-Length")), (None, None), "content fields of a 304")
    elif answer.status == 204:
        equal(reply.field("Allow"), "GET, HEAD, OPTIONS", "Allow")
        equal(reply.field("Content-Length"), None, "Content-Length")
    else:
        check_error(reply, row, answer)
    if row.method == "HEAD" or answer.status in (204, 304):
        equal(reply.content, b"", "content")
    elif int(row.video if row.video.isdigit() else 0) <= LARGE or answer.status != 200:
        equal(reply.field("Content-Length"), str(len(reply.content)), "Content-Length")


def canonical(reply):
    """What has to be the same through every way in. A boundary is chance."""
    boundary = re.search(r"boundary=(\w+)", reply.field("Content-Type") or "")

    def fixed(text):
        return text.replace(boundary.group(1), "BOUNDARY") if boundary else text
    fields = sorted((name.lower(), fixed(value)) for name, value in reply.fields
                    if name.lower() not in NOT_COMPARED)
    if boundary:  # the rules alone have a shorter one
        fields = [field for field in fields if field[0] != "content-length"]
    content = reply.content.replace(boundary.group(1).encode(), b"BOUNDARY") if boundary else reply.content
    return reply.status, fields, content


def run_row(way, row, etags, agreed, volume):
    if row.video.isdigit() and row.video not in etags:
        etags[row.video] = way.ask("HEAD", row.video, []).field("ETag")
    fields = [(name, table.fill_in(value, etags.get(row.video, '"none"'))) for name, value in row.fields]
    if way.name in row.exceptions:
        check_exception(way, row, fields, agreed)
        return
    header_only = row.answer.status == 200 and row.video.isdigit() and int(row.video) > LARGE
    reply = way.ask(row.method, row.video, fields, header_only)
    check(reply, row, row.answer, volume)
    equal(canonical(reply), agreed.setdefault(row.id, canonical(reply)), "not as through the first way in")


def check_exception(way, row, fields, agreed):
    """It has to come true, and to be one."""
    status = row.exceptions[way.name].status
    equal(way.ask(row.method, row.video, fields, header_only=True).status, status, "status, by way of exception")
    if status == row.answer.status:
        reply = way.ask(row.method, row.video, fields)
        assert canonical(reply) != agreed[row.id], "agrees with the others: the exception is out of date"


def main():
    report = support.Report()
    rows = table.read()
    agreed = {}
    for name, make in ways.ALL.items():
        with support.Folder() as folder:
            volume = make_volume(folder, rows)
            count = 0
            with report.group(f"{name}: starts and stops"), make(folder, volume) as way:
                etags = {}
                for row in rows:
                    if way.can_answer(row.video):
                        count += 1
                        with report.row(f"{name}: {row.id} ({row.clause}): {row.situation}"):
                            run_row(way, row, etags, agreed, volume)
            print(f"note: {name}: {count} cases")
    answers = report.passed + report.failed - len(ways.ALL)
    print(f"note: {len(rows)} HTTP cases x {len(ways.ALL)} ways in: {answers} answers")
    report.finish()


main()
