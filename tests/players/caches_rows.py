"""Caches between a player and us, nginx with slices and Varnish: what they give is the film to the byte, what they have
they do not ask for again, and a film that is replaced is never mixed with its old self.

Behind each of them: nginx, and reelgate behind that. SPDX-License-Identifier: MIT
"""
import concurrent.futures
import os
import random
import shutil

import cutter
import rows
import servers
import sites
import support
from support import equal

LENGTH = 24 << 20
MEBIBYTE = 1 << 20
VIEWERS = 8

# What reelgate says of its films; "short" where a film has to grow old within a row.
CACHE_CONTROL = {"kept": "public, max-age=3600", "short": "public, max-age=2", "private": "private, no-cache"}

# Parts of a film as players ask for them; where they begin is another place each time.
RANGES = [(0, 1), (0, LENGTH - 1), *((first, min(LENGTH, first + random.randint(1, 3 << 20)) - 1)
          for first in (random.randrange(LENGTH) for _ in range(12)))]


# nginx's cache in slices, as its manual has it. We ship no such file: what nginx does when the connection breaks within a
# slice is told by a row of its own.
SLICES = """
daemon off;
{user}pid {folder}/nginx.pid;
error_log {log};
events {{}}
http {{
{temporary}    access_log off;
    proxy_cache_path {folder}/cache keys_zone=films:1m use_temp_path=off;
    server {{
        listen 127.0.0.1:{port};
        location /api/stream/ {{
            proxy_pass http://127.0.0.1:{origin};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Range $slice_range;
            slice 1m;
            proxy_cache films;
            proxy_cache_key $uri$is_args$args$slice_range;
            # Otherwise what has grown old is fetched again, be it the same or not.
            proxy_cache_revalidate on;
            # Otherwise viewers who want the same slice fetch it each for himself.
            proxy_cache_lock on;
        }}
    }}
}}
"""


class NginxSlices(servers.Server):
    """nginx, which fetches and keeps slices of 1 MiB."""
    name = "nginx with slices"
    stores_whole_films = False

    def __init__(self, folder, volume, origin):
        super().__init__(folder, volume)
        self.origin = origin

    def start(self):
        places = {"folder": self.folder, "log": self.log, "origin": self.origin,
                  "user": f"user {servers.USER};\n" if servers.IS_ROOT else "",
                  "temporary": "".join(f"    {kind}_temp_path {self.folder}/{kind};\n"
                                       for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
        return self.spawn_on_free_port(lambda port: [
            "/usr/sbin/nginx", "-p", self.folder, "-e", self.log, "-c",
            self.write("nginx.conf", SLICES.format(port=port, **places))])


class Varnish(servers.Server):
    """Varnish as its package sets it up, with room for a few of our films."""
    name = "Varnish"
    stores_whole_films = True

    def __init__(self, folder, volume, origin):
        super().__init__(folder, volume)
        self.origin = origin

    def start(self):
        return self.spawn_on_free_port(lambda port: [
            "/usr/sbin/varnishd", "-F", "-a", f"127.0.0.1:{port}", "-b", f"127.0.0.1:{self.origin}",
            "-n", self.folder / "varnish", "-s", "malloc,256m"])


class Films:
    """A site that may be kept for so long, and the films on it, each only used once."""

    def __init__(self, folder, name, cache_control):
        self.name = name
        (folder / name).mkdir()
        self.volume = support.Volume(folder / name / "data")
        self.server = servers.Nginx(folder / name, self.volume, log_level="info")
        self.server.environment["REELGATE_CACHE_CONTROL"] = cache_control
        self.site = sites.Site(self.server)
        self.count = 0

    def add(self):
        self.count += 1
        content = os.urandom(LENGTH)
        self.volume.add(f"film-{self.count}", content)
        # As old as the new one is new: the tag of a film tells its second.
        support.set_time(self.path(), 1_700_000_000)
        return f"/api/stream/film-{self.count}", content

    def path(self):
        return self.volume.videos / f"film-{self.count}.mp4"

    def replace(self):
        """Puts another film of the same length in the place of the last one."""
        content = os.urandom(LENGTH)
        new = self.volume.videos / ".new"
        new.write_bytes(content)
        shutil.copymode(self.path(), new)
        os.replace(new, self.path())
        return content


def ask(cache, target, first, last, *fields):
    return support.http(cache.port, target, fields=[("Range", f"bytes={first}-{last}"), *fields])


def check_ranges(cache, target, content):
    for first, last in RANGES:
        reply = ask(cache, target, first, last)
        equal((reply.status, reply.field("Content-Range")), (206, f"bytes {first}-{last}/{LENGTH}"), "answer")
        equal(reply.content == content[first:last + 1], True, f"bytes {first}-{last} are those of the film")
    whole = support.http(cache.port, target)
    equal((whole.status, whole.content == content), (200, True), "the whole film")
    head = support.http(cache.port, target, "HEAD")
    equal((head.status, head.field("Content-Length"), head.field("ETag")), (200, str(LENGTH), whole.field("ETag")), "HEAD")


def check_second_pass(cache, films):
    target, content = films.add()
    films.site.responses(0)
    check_ranges(cache, target, content)
    first_pass = films.site.responses()
    equal(sum(response.sent for response in first_pass), LENGTH, "bytes that reelgate sent in the first pass")
    check_ranges(cache, target, content)
    equal(films.site.responses(0), [], "what reelgate was asked in the second pass")


def check_private(cache, films):
    """What is not to be kept is fetched each time."""
    target, content = films.add()
    for _ in range(2):
        films.site.responses(0)
        equal(ask(cache, target, 5, 9).content == content[5:10], True, "bytes")
        films.site.responses(1)


def check_cold_seek(cache, films, figures):
    target, content = films.add()
    films.site.responses(0)
    first = LENGTH - 3 * MEBIBYTE // 2
    equal(ask(cache, target, first, first + 99).content == content[first:first + 100], True, "bytes")
    sent = sum(response.sent for response in films.site.responses())
    figures.append(f"100 bytes: fetched {sent / MEBIBYTE:.0f} MiB of {LENGTH / MEBIBYTE:.0f}")
    equal(sent, LENGTH if cache.stores_whole_films else MEBIBYTE, "bytes that reelgate sent")


def take(port, target):
    """The status, the tag, and the content of a whole film as far as it came; how far it should have come."""
    reply = support.parse_http(support.http_raw(port, support.http_request(target, "GET", [])))
    return reply.status, reply.field("ETag"), reply.content, int(reply.field("Content-Length"))


def is_pure(reply, versions):
    """Whether a whole film is a version, or the beginning of one, visibly cut; `versions` is by tag."""
    status, tag, content, length = reply
    equal((status, length, tag in versions), (200, LENGTH, True), "answer")
    assert versions[tag].startswith(content), f"not the film of its tag, in {len(content)} bytes of {length}"
    return len(content) == length


def check_replaced_within_its_time(cache, films, figures):
    """Half of the old film is kept when the new one comes."""
    target, old = films.add()
    half = ask(cache, target, 0, LENGTH // 2 - 1)
    tag = half.field("ETag")
    new = films.replace()
    new_tag = support.http(films.server.port, target, "HEAD").field("ETag")
    assert tag != new_tag, f"both are {tag}"
    is_whole = is_pure(take(cache.port, target), {tag: old, new_tag: new})
    figures.append("all of the old film" if is_whole else "cut off where the old film ends")
    equal(is_whole, cache.stores_whole_films, "whole")


def check_replaced(cache, films):
    """The film grows old: whatever is given meanwhile is one of both, and in the end it is the new one. Who resumes the old
    one is not given the rest of the new one."""
    target, old = films.add()
    tag = take(cache.port, target)[1]
    new = films.replace()
    versions = {tag: old, support.http(films.server.port, target, "HEAD").field("ETag"): new}
    equal(len(versions), 2, "tags")

    def is_new():
        reply = take(cache.port, target)
        return is_pure(reply, versions) and reply[2] == new

    support.wait_until(is_new, "the new film")
    reply = ask(cache, target, LENGTH // 2, LENGTH - 1, ("If-Range", tag))
    equal((reply.status, reply.content == new), (200, True), "resumed with the old tag: the whole new film")


def check_revalidated(cache, films):
    """A film that has grown old and has not changed is asked after, and not sent again."""
    target, content = films.add()
    take(cache.port, target)
    films.site.responses()

    def has_grown_old():
        ask(cache, target, 0, 0)
        return len(films.site.all_responses()) > films.site.seen

    support.wait_until(has_grown_old, "the film grows old")
    equal(take(cache.port, target)[2] == content, True, "bytes")
    equal({(response.status, response.sent) for response in films.site.responses()}, {(304, 0)}, "status, bytes sent")


def check_cut(folder, films):
    """The first mebibyte comes and can be seen, and behind it the connection breaks: what is there is not the film."""
    target, content = films.add()
    with cutter.Cutter(films.server.port, [7 * MEBIBYTE // 2]) as between, \
            Varnish(folder, films.volume, between.port) as cache:
        equal(ask(cache, target, 0, MEBIBYTE - 1).content == content[:MEBIBYTE], True, "what came before")
        _, _, received, length = take(cache.port, target)
        equal((length, content.startswith(received)), (LENGTH, True), "the film, maybe cut")
        equal(take(cache.port, target)[2] == content, True, "the film, asked for again")
    assert len(between.carried) > 1, "the connection was not cut"


def check_cut_slice(folder, films, figures):
    """Each slice has a connection. nginx 1.22 goes on with the next slice where one breaks off. What can be relied on is
    that the answer is too short, and that the broken slice is not kept."""
    target, content = films.add()
    cuts = [2 * MEBIBYTE, 2 * MEBIBYTE, MEBIBYTE // 2]
    with cutter.Cutter(films.server.port, cuts) as between, NginxSlices(folder, films.volume, between.port) as cache:
        _, _, received, length = take(cache.port, target)
        equal((length, len(received) < LENGTH), (LENGTH, True), "too short")
        figures.append("what came is the beginning of the film" if content.startswith(received) else
                       "NGINX'S FAULT: wrong bytes behind the break, so that who resumes there gets another film")
        equal(take(cache.port, target)[2] == content, True, "the film, asked for again")


def check_crowd(cache, films):
    """Viewers who begin at the same moment."""
    target, content = films.add()
    films.site.responses(0)
    with concurrent.futures.ThreadPoolExecutor(VIEWERS) as pool:
        for _, _, received, _ in pool.map(lambda _: take(cache.port, target), range(VIEWERS)):
            equal(received == content, True, "the film")
    equal(sum(response.sent for response in films.site.responses()), LENGTH, "bytes that reelgate sent")


class Table:
    """The rows of one cache."""

    def __init__(self, report, kind, folder):
        self.report = report
        self.kind = kind
        self.folder = folder / kind.__name__
        self.folder.mkdir()

    def row(self, does, holds):
        return self.report.player(self.kind.name, does, holds, "nginx")

    def own_folder(self, name):
        folder = self.folder / name
        folder.mkdir()
        return folder

    def caching(self, films):
        return self.kind(self.own_folder(films.name), films.volume, films.server.port)


def check_all(table, kept, short, private):
    row, stores_whole_films = table.row, table.kind.stores_whole_films
    with table.caching(kept) as cache:
        with row("fetches a film in ranges, twice", "bytes equal; the second time we are not asked"):
            check_second_pass(cache, kept)
        fetched = "the film is fetched, once" if stores_whole_films else "one slice is fetched"
        with row("seeks in a film that it has not", fetched) as figures:
            check_cold_seek(cache, kept, figures)
        with row(f"{VIEWERS} viewers begin a film that it has not", "bytes equal; fetched once"):
            check_crowd(cache, kept)
        with row("film replaced while half of it is kept", "old or new, never both") as figures:
            check_replaced_within_its_time(cache, kept, figures)
    with table.caching(short) as cache:
        with row("film replaced, and grown old", "the new one comes; old If-Range: 200"):
            check_replaced(cache, short)
        with row("film grown old, and the same", "304; no byte sent again"):
            check_revalidated(cache, short)
    with table.caching(private) as cache, row("Cache-Control: private, no-cache", "never kept"):
        check_private(cache, private)
    if stores_whole_films:
        with row("our connection cut in a film", "what came is shown, and not kept as the film"):
            check_cut(table.own_folder("cut"), kept)
    else:
        with row("our connection cut in a slice", "the answer is too short; not kept") as figures:
            check_cut_slice(table.own_folder("cut"), kept, figures)


def main():
    report = rows.Rows()
    with support.Folder() as folder:
        kept, short, private = (Films(folder, name, value) for name, value in CACHE_CONTROL.items())
        with kept.server, short.server, private.server:
            for kind in (NginxSlices, Varnish):
                check_all(Table(report, kind, folder), kept, short, private)
    report.finish()


main()
