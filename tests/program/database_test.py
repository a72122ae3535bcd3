"""The README's databases of other applications: each is made as the README has it, SQLAlchemy's by SQLAlchemy, and looked
up with the very lines that the README has for it.

Does not test what a query may be: media_catalog_test.cc does.
SPDX-License-Identifier: MIT
"""
import contextlib
import enum
import pathlib
import re
import sqlite3
import uuid

import sqlalchemy
import sqlalchemy.orm
import sqlalchemy.types

import support
from support import equal

README = (support.ROOT / "README.md").read_text()
SECTION = README.partition("## Your application's database\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
FILM = support.position_coded(10_000)

NOT_FOUND, NOT_COMPLETE = (404, b'{"detail":"Video not found"}'), (404, b'{"detail":"Video download not complete"}')
WHOLE = (200, FILM)

SQL_ROWS = """
INSERT INTO video_assets VALUES (1, 'holiday', 'ready', '/srv/app/media/2026/holiday.webm', 'c0ffee'),
    (2, 'blocked', 'ready', '/srv/app/media/2026/holiday.webm', NULL),
    (3, 'marked', 'ready', '/srv/app/media/2026/holiday.webm', NULL),
    (4, 'running', 'encoding', '/srv/app/media/2026/holiday.webm', NULL), (5, 'waiting', 'queued', NULL, NULL),
    (6, 'outside', 'ready', '/srv/app/other/2026/holiday.webm', NULL);
INSERT INTO asset_flags VALUES (2, 'blocked'), (3, 'favourite');
"""

# id, what the first and the second query of the README answer
SQL_WANTED = [
    ("holiday", WHOLE, WHOLE),
    ("blocked", NOT_COMPLETE, WHOLE),
    ("marked", WHOLE, WHOLE),
    ("running", NOT_COMPLETE, WHOLE),
    ("waiting", NOT_COMPLETE, NOT_COMPLETE),
    ("outside", (404, b'{"detail":"Video file not found: outside"}'),
     (404, b'{"detail":"Video file not found: outside"}')),
    ("1", NOT_FOUND, NOT_FOUND),
]


def blocks(kind):
    return [text for name, text in BLOCKS if name == kind]


class Uuid(sqlalchemy.types.TypeDecorator):
    """What SQLAlchemy 2 calls Uuid, on SQLite, for 1.4: the recipe of its documentation."""
    impl = sqlalchemy.types.CHAR(32)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else f"{value.int:032x}"

    def process_result_value(self, value, dialect):
        return None if value is None else uuid.UUID(value)


class Application:
    """The place of an application, where /srv/app is in the README."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.database = self.folder / "app.db"
        (self.folder / "media/2026").mkdir(parents=True)
        (self.folder / "media/2026/holiday.webm").write_bytes(FILM)
        (self.folder / "other/2026").mkdir(parents=True)
        (self.folder / "other/2026/holiday.webm").write_bytes(b"not a stored video")

    def moved(self, text):
        return text.replace("/srv/app", str(self.folder))

    def ask(self, config, video):
        file = self.folder / "reelgate.conf"
        file.write_text(self.moved(config))
        done = support.reelgate("get", "--config", file, video)
        equal(done.returncode, 0, "exit status")
        return support.parse_document_response(done.stdout)


def check_sql(report, folder):
    application = Application(folder)
    with contextlib.closing(sqlite3.connect(application.database)) as connection:
        connection.executescript(blocks("sql")[0] + application.moved(SQL_ROWS))
    first, second = blocks("ini")[:2]
    for video, *wanted in SQL_WANTED:
        for number, (config, expected) in enumerate(zip((first, second), wanted), 1):
            with report.row(f"README: video_assets, query {number}: {video}"):
                reply = application.ask(config, video)
                equal((reply.status, reply.content), expected, "status, content")
    with report.row("README: video_assets: tag from the column, type from the extension"):
        reply = application.ask(first, "holiday")
        equal((reply.field("ETag"), reply.field("Content-Type")), ('"c0ffee"', "video/webm"), "ETag, Content-Type")


def check_sqlalchemy(report, folder):
    application = Application(folder)
    names = {"enum": enum, "uuid": uuid, "Base": sqlalchemy.orm.declarative_base(),
             "Uuid": getattr(sqlalchemy, "Uuid", Uuid), "Column": sqlalchemy.Column, "Enum": sqlalchemy.Enum,
             "Boolean": sqlalchemy.Boolean, "String": sqlalchemy.String}
    exec(blocks("python")[0], names)  # the README's own model
    video, status = names["Video"], names["VideoStatus"]
    engine = sqlalchemy.create_engine(f"sqlite:///{application.database}")
    names["Base"].metadata.create_all(engine)
    path = str(application.folder / "media/2026/holiday.webm")
    with sqlalchemy.orm.Session(engine) as session:
        videos = {"complete and published": video(status=status.COMPLETE, is_published=True, path=path),
                  "complete and not published": video(status=status.COMPLETE, path=path),
                  "pending": video(is_published=True, path=path)}
        session.add_all(videos.values())
        session.commit()
        ids = {name: str(row.id) for name, row in videos.items()}
    engine.dispose()
    config = blocks("ini")[2]
    rows = [("complete and published", ids["complete and published"], WHOLE),
            ("the id in capitals", ids["complete and published"].upper(), WHOLE),
            ("the id without dashes", ids["complete and published"].replace("-", ""), WHOLE),
            ("complete and not published", ids["complete and not published"], NOT_COMPLETE),
            ("pending", ids["pending"], NOT_COMPLETE),
            ("another id", str(uuid.uuid4()), NOT_FOUND)]
    for situation, name, expected in rows:
        with report.row(f"README: SQLAlchemy: {situation}"):
            reply = application.ask(config, name)
            equal((reply.status, reply.content), expected, "status, content")


def main():
    report = support.Report()
    with report.row("README: has the blocks that are tried here"):
        equal([name for name, _ in BLOCKS], ["sql", "ini", "ini", "python", "ini"], "blocks")
    with support.Folder() as folder:
        (folder / "sql").mkdir()
        (folder / "sqlalchemy").mkdir()
        check_sql(report, folder / "sql")
        check_sqlalchemy(report, folder / "sqlalchemy")
    report.finish()


main()
