"""Owns the expected form of answers, for tests that compare them byte by byte.

Does not ask: fastcgi.py does.
SPDX-License-Identifier: MIT
"""
import re


def multipart_content(film, ranges):
    """The multipart content for ranges of a film, with BOUNDARY as its boundary (RFC 9110, section 14.6)."""
    parts = b"".join(b"--BOUNDARY\r\nContent-Type: video/mp4\r\nContent-Range: bytes %d-%d/%d\r\n\r\n%s\r\n" %
                     (first, last, len(film), film[first:last + 1]) for first, last in ranges)
    return parts + b"--BOUNDARY--\r\n"


def content_of(reply):
    """A reply's content, with any boundary replaced by BOUNDARY."""
    boundary = re.search(r"boundary=(\S+)", reply.field("Content-Type") or "")
    return reply.content.replace(boundary[1].encode(), b"BOUNDARY") if boundary else reply.content
