"""SIGHUP: the settings that come into force, those that do not, and viewers who do not notice.

Does not test what an option means: options_test.cc and the other tests do.
SPDX-License-Identifier: MIT
"""
import contextlib
import json
import re
import signal
import time

import fastcgi
import support
from fastcgi import KEEP_CONN
from support import Serving, equal
from viewers import (AT_ONCE, FILM, FILM_PATH, LARGE, LARGE_PATH, WINDOW, Viewers, ask, check_cut_off, check_serves,
                     load, make_volume, range_field, rest_of)


STATUS = "/reelgate-status"


def check_reload(report, folder, volume):
    config = folder / "reelgate.conf"

    @contextlib.contextmanager
    def serving(text):
        config.write_text(text)
        with Serving(folder, volume, "--config", config, "--threads", "2") as server, Viewers(server) as viewers:
            yield server, viewers
    with report.row("SIGHUP under load: every request is answered"), serving("") as (server, viewers):
        viewer = viewers.watch(LARGE_PATH)
        with load(server) as failures:
            for count in range(1, 21):
                change(server, config, f"cache-control = max-age={count}\n", "settings are in force")
                equal(ask(server, FILM_PATH, "HEAD").field("Cache-Control"), f"max-age={count}", "Cache-Control")
        equal(failures, [], "failures")
        equal(len(rest_of(viewer).content), LARGE, "length of what began before")
    with report.row("SIGHUP: the log's level comes into force"), serving("log-level = notice\n") as (server, _):
        equal(ask(server, FILM_PATH, "HEAD").status, 200, "status")
        change(server, config, "cache-control = public\nlog-level = info\n", "settings are in force")
        assert "response" not in server.log(), server.log()
        equal(ask(server, FILM_PATH, "HEAD").field("Cache-Control"), "public", "Cache-Control")
        server.wait_for_log("info: response ")
    for name, text in (("a value that cannot be", "log-level = loud\n"), ("no such option", "colour = red\n"),
                       ("no such catalogue", f"database = {folder}/nowhere.db\ncache-control = no-store\n")):
        with report.row(f"SIGHUP, {name}: one line, and the old settings stay"), \
                serving("cache-control = public\n") as (server, _):
            before = len(server.log())
            change(server, config, text, "the old settings stay")
            equal(ask(server, FILM_PATH, "HEAD").field("Cache-Control"), "public", "Cache-Control")
            equal(server.log()[before:].count("reload: "), 1, "lines")
    with report.row("SIGHUP: another catalogue, and nobody is dropped"), serving("") as (server, viewers):
        other = support.Volume(folder / "other")
        other.add("another", b"another film")
        viewer, kept = viewers.watch(LARGE_PATH), viewers.connect()
        equal(ask(server, "/api/stream/another").status, 404, "status before")
        change(server, config, f"database = {other.database}\nvideos = {other.videos}\n", "settings are in force")
        for _ in range(10):  # whatever thread it is
            equal(ask(server, "/api/stream/another").content, b"another film", "content")
            equal(ask(server, FILM_PATH).status, 404, "status of what the other does not have")
        equal(len(rest_of(viewer).content), LARGE, "length of what began before")
        kept.send("/api/stream/another", flags=KEEP_CONN)
        equal(kept.read_reply().content, b"another film", "content on a connection from before")


def check_reloaded_limits(report, folder, volume):
    """What the engine goes by, and not the answers."""
    config = folder / "limits.conf"

    @contextlib.contextmanager
    def serving():
        config.write_text("max-viewers = 0\nstall-timeout = 0\ngrace = 600\n")
        with Serving(folder, volume, "--config", config, "--log-level", "info", "--status-path", STATUS) as server, \
                Viewers(server) as viewers:
            yield server, viewers
    with report.row("SIGHUP under load, the limits: every request is answered"), serving() as (server, viewers):
        for _ in range(3):
            viewers.watch(LARGE_PATH)
        with load(server) as failures:
            for count in range(1, 21):
                change(server, config, f"max-viewers = {100 * count}\nstall-timeout = {600 * (count % 2)}\n",
                       "settings are in force")
        equal(failures, [], "failures")
    with report.row("SIGHUP: fewer viewers from now on, and as many again"), serving() as (server, viewers):
        for _ in range(3):
            viewers.watch(LARGE_PATH)
        for limit, status in ((1, 503), (0, 200), (3, 503), (4, 200)):
            change(server, config, f"max-viewers = {limit}\nstall-timeout = 0\n", "settings are in force")
            equal(ask(server, FILM_PATH, "HEAD").status, status, f"status with --max-viewers {limit}")
    with report.row("SIGHUP: fewer viewers than there are: the status page counts all"), serving() as (server, viewers):
        for _ in range(3):
            viewers.watch(LARGE_PATH)
        change(server, config, "max-viewers = 1\n", "settings are in force")
        status = json.loads(ask(server, STATUS + "?json").content)
        equal((status["active viewers"], status["max active viewers"]), (3, 3), "active viewers, the most of them")
    with report.row("SIGHUP: what wants a restart is said, once for each"), serving() as (server, _):
        before = len(server.log())
        change(server, config, "stall-timeout = 0\nthreads = 3\nsocket-mode = 0600\nping-path = /ping\n",
               "settings are in force")
        warnings = re.findall(r"warning: reload: ([a-z-]+): changed: takes effect when reelgate is restarted",
                              server.log()[before:])
        equal(warnings, ["socket-mode", "threads", "ping-path"], "options that are named")
    with report.row("SIGHUP: a stall timeout for those who have stopped already"), serving() as (server, viewers):
        parked = [viewers.watch(LARGE_PATH) for _ in range(3)]
        change(server, config, "stall-timeout = 1\n", "settings are in force")
        server.wait_for_log(": stalled", 3)
        for viewer in parked:
            check_cut_off(viewer)
    with report.row("SIGHUP: no stall timeout any more, and nobody is dropped"), serving() as (server, viewers):
        change(server, config, "stall-timeout = 8\n", "settings are in force")
        half = viewers.connect()
        half.socket.sendall(fastcgi.request(FILM_PATH)[:-12])
        check_serves(server)
        change(server, config, "stall-timeout = 0\n", "settings are in force")
        time.sleep(WINDOW)  # an observation window: the timer that runs goes off within it
        half.socket.sendall(fastcgi.request(FILM_PATH)[-12:])
        equal(half.read_reply().content, FILM, "content, when it goes on")
    with report.row("SIGHUP: another grace period is that of the end"), serving() as (server, viewers):
        change(server, config, "stall-timeout = 0\ngrace = 0\n", "settings are in force")
        viewer = viewers.watch(LARGE_PATH)
        server.process.terminate()
        server.wait_for_log("not done within the grace period")
        equal(server.process.wait(AT_ONCE), 0, "exit status")
        check_cut_off(viewer)


def change(server, config, text, expected):
    count = server.log().count(expected)
    config.write_text(text)
    server.process.send_signal(signal.SIGHUP)
    server.wait_for_log(expected, count + 1)


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = make_volume(folder)
        for check in (check_reload, check_reloaded_limits):
            check(report, folder, volume)
    report.finish()


main()
