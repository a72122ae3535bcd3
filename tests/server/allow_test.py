"""The column that decides who may watch, under a server of several threads: a change of the schema takes it away, and
comes while some threads have not looked anything up yet.

Does not test what each value of the column means: the unit tests do.
SPDX-License-Identifier: MIT
"""
import contextlib
import itertools
import signal

import access
import support
from support import Serving, equal
from viewers import FILM_PATH, ask, statuses


def main():
    report = support.Report()
    with support.Folder() as folder:
        config, numbers = folder / "reelgate.conf", itertools.count()
        ask_all = "query = SELECT * FROM videos WHERE id = :id\n"
        ask_status = "query = SELECT status FROM videos WHERE id = :id\n"

        @contextlib.contextmanager
        def row(name, query=ask_all):
            volume = support.Volume(folder / f"data-{next(numbers)}")
            volume.add("film", b"film")
            access.execute(volume, "ALTER TABLE videos ADD COLUMN allow DEFAULT 0")
            config.write_text(query)
            with report.row(name), Serving(folder, volume, "--threads", "4", "--config", str(config)) as server:
                yield server, volume

        def reload(server, expected):
            count = server.log().count(expected)
            server.process.send_signal(signal.SIGHUP)
            server.wait_for_log(expected, count + 1)

        with row("a column that seems to be misspelled: a warning in the log, and of --check-config",
                 "query = SELECT status, 0 AS alow FROM videos WHERE id = :id\n") as (server, volume):
            warning = "query: column alow: counts for nothing; did you mean allow?\n"
            equal(server.log().count(f"warning: {warning}"), 1, "lines")
            done = support.reelgate("--check-config", "--data", volume.path, "--config", config)
            equal((done.returncode, done.stderr.decode()), (0, f"reelgate: {warning}"), "exit status, errors")
        with row("the column vanishes before any request: no thread lets a client in") as (server, volume):
            access.execute(volume, "ALTER TABLE videos DROP COLUMN allow")
            equal(statuses(server), {503}, "statuses")
        with row("the column vanishes: SIGHUP keeps the old settings, and lets no client in") as (server, volume):
            equal(ask(server, FILM_PATH).status, 403, "status before")
            access.execute(volume, "ALTER TABLE videos DROP COLUMN allow")
            reload(server, "the old settings stay")
            equal(statuses(server), {503}, "statuses")
        with row("the column vanishes and comes back, with other values") as (server, volume):
            access.execute(volume, "ALTER TABLE videos DROP COLUMN allow")
            equal(ask(server, FILM_PATH).status, 503, "status without it")
            access.execute(volume, "ALTER TABLE videos ADD COLUMN allow DEFAULT 200")
            equal(statuses(server), {200}, "statuses")
        with row("another query at SIGHUP leaves the column out") as (server, volume):
            config.write_text(ask_status)
            reload(server, "settings are in force")
            equal(statuses(server), {200}, "statuses")
        with row("another query at SIGHUP has the column, which then vanishes", ask_status) as (server, volume):
            config.write_text(ask_all)
            reload(server, "settings are in force")
            access.execute(volume, "ALTER TABLE videos DROP COLUMN allow")
            reload(server, "the old settings stay")
            equal(statuses(server), {503}, "statuses")
        with row("the column vanishes after a SIGHUP that has changed nothing") as (server, volume):
            reload(server, "settings are in force")
            access.execute(volume, "ALTER TABLE videos DROP COLUMN allow")
            reload(server, "the old settings stay")
            equal(statuses(server), {503}, "statuses")
    report.finish()


main()
