"""The recipes of reelgate-access(7), as they stand there: each query on the schema of its application, asked by `get`
for each kind of viewer.

Does not test the parameters by themselves: tests/unit/catalog_parameters_test.cc does.
SPDX-License-Identifier: MIT
"""
import contextlib
import dataclasses
import hashlib
import json
import pathlib
import re
import sqlite3
import time

import django
import django.conf
import support
from support import equal

PAGE = support.ROOT / "man/reelgate-access.7"

# What stands in the page between marks: the recipe's name, what it is, and its lines.
MARKED = re.compile(r'^\.\\" run: (\w+) (query|schema|receiver)\n\.Bd [^\n]*\n(.*?)^\.Ed\n\.\\" run: end$',
                    re.MULTILINE | re.DOTALL)

BLOCKS = {(name, kind): text.replace("\\e", "\\") for name, kind, text in MARKED.findall(PAGE.read_text())}

NOW = int(time.time())
FILM = support.mp4(support.position_coded(100))


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


@dataclasses.dataclass
class Viewer:
    """Who asks for a film, as the command line of `get` has it, and the answer: a status, and a text in it."""
    name: str
    status: int
    arguments: tuple = ()
    video: str = "film"
    text: str = ""


def cookie(text):
    return ("--header", f"Cookie: {text}")


# Rows of each application, in its tables.
ROWS = {
    "sessions": f"""
        INSERT INTO users VALUES (1, 'ada'), (2, 'bob');
        INSERT INTO sessions VALUES ('{sha256("of ada")}', 1, {NOW + 3600}), ('{sha256("of bob")}', 2, {NOW + 3600}),
                                    ('{sha256("over")}', 1, {NOW - 1});
        INSERT INTO grants VALUES (1, 'film');""",
    "links": f"""
        INSERT INTO links VALUES ('good', 'film', {NOW + 3600}), ('other', 'another', {NOW + 3600}),
                                 ('over', 'film', {NOW - 1}), ('a b', 'film', {NOW + 3600});""",
    "login": "INSERT INTO viewers VALUES ('ada', 'film');",
}

# As the migrations of Rails and of the gem make it, with what is said to be the application's own.
RAILS = f"""
    CREATE TABLE "sessions" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "session_id" varchar NOT NULL,
        "data" text, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
    CREATE UNIQUE INDEX "index_sessions_on_session_id" ON "sessions" ("session_id");
    CREATE INDEX "index_sessions_on_updated_at" ON "sessions" ("updated_at");
    CREATE TABLE "users" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "email" varchar);
    CREATE TABLE "videos" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "slug" varchar, "state" varchar,
        "path" varchar);
    CREATE TABLE "purchases" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "user_id" integer NOT NULL,
        "video_id" integer NOT NULL);
    INSERT INTO users VALUES (7, 'ada@example.org'), (8, 'bob@example.org');
    INSERT INTO videos VALUES (70, 'film', 'ready', 'film.mp4'), (71, 'another', 'ready', 'another.mp4');
    INSERT INTO purchases VALUES (1, 7, 70);"""


def rails_sessions():
    def row(cookie_value, data, age):
        at = time.strftime("%Y-%m-%d %H:%M:%S.123456", time.gmtime(NOW - age))
        return "2::" + sha256(cookie_value), json.dumps(data), at, at
    return [row("ada's", {"_csrf_token": "x", "user_id": 7}, 60), row("bob's", {"user_id": 8}, 60),
            row("nobody's", {"_csrf_token": "x"}, 60), row("old", {"user_id": 7}, 31 * 86400),
            row("deleted user's", {"user_id": 9}, 60)]


VIEWERS = {
    "sessions": [
        Viewer("one with a grant", 200, cookie("session=of ada")),
        Viewer("one with a grant, and other cookies", 200, cookie("a=1; session=of ada; b=2")),
        Viewer("one without a grant", 403, cookie("session=of bob"), text="Not allowed"),
        Viewer("one with a grant for another film", 403, cookie("session=of ada"), video="another"),
        Viewer("nobody", 403, text="Log in first"),
        Viewer("nobody, with a challenge", 401, ("--www-authenticate", "Basic"), text="Log in first"),
        Viewer("one whose session is over", 403, cookie("session=over"), text="Log in first"),
        Viewer("one who knows the hash", 403, cookie(f"session={sha256('of ada')}"), text="Log in first"),
        Viewer("one with two sessions", 403, cookie("session=of ada; session=of bob"), text="Log in first"),
        Viewer("one with a grant, for no film", 404, cookie("session=of ada"), video="none"),
    ],
    "links": [
        Viewer("one with a link", 200, video="/api/stream/film?token=good"),
        Viewer("one with a link, and other arguments", 200, video="/api/stream/film?download=1&token=good"),
        Viewer("one with an encoded link", 200, video="/api/stream/film?token=a%20b"),
        Viewer("one with an extension behind the id", 200, video="/api/stream/film.mp4?token=good"),
        Viewer("one without a link", 403, text="Not allowed"),
        Viewer("one with a link to another film", 403, video="/api/stream/film?token=other"),
        Viewer("one whose link is over", 403, video="/api/stream/film?token=over"),
        Viewer("one with an unknown link", 403, video="/api/stream/film?token=no"),
        Viewer("one with two links", 403, video="/api/stream/film?token=good&token=good"),
        Viewer("one with a link in a cookie", 403, cookie("token=good")),
    ],
    "login": [
        Viewer("one who has logged in", 200, ("--meta", "REMOTE_USER=ada")),
        Viewer("one who has logged in, without a grant", 403, ("--meta", "REMOTE_USER=bob"), text="Not allowed"),
        Viewer("nobody", 403, text="Log in first"),
        Viewer("nobody, with an empty name", 403, ("--meta", "REMOTE_USER="), text="Log in first"),
        Viewer("one who writes the field", 403, ("--header", "Remote-User: ada"), text="Log in first"),
        Viewer("one who writes the variable's name", 403, ("--header", "REMOTE_USER: ada"), text="Log in first"),
    ],
    "rails": [
        Viewer("one who has bought it", 200, cookie("_app_session=ada's")),
        Viewer("one who has not", 403, cookie("_app_session=bob's"), text="Not allowed"),
        Viewer("one who has bought another film", 403, cookie("_app_session=ada's"), video="another"),
        Viewer("one who has not logged in", 403, cookie("_app_session=nobody's"), text="Log in first"),
        Viewer("one whose user is gone", 403, cookie("_app_session=deleted user's"), text="Log in first"),
        Viewer("one with an old session", 403, cookie("_app_session=old"), text="Log in first"),
        Viewer("one with the value in the database", 403, cookie("_app_session=2::" + sha256("ada's"))),
        Viewer("nobody", 403, text="Log in first"),
    ],
}


class Site:
    """A volume with two films, whose catalogue is the application's database, and the recipe as a file."""

    def __init__(self, folder, recipe):
        self.volume = support.Volume(pathlib.Path(folder) / recipe)
        for video in ("film", "another"):
            self.volume.add(video, FILM)
        self.config = self.volume.path / "recipe.conf"
        self.config.write_text(BLOCKS[recipe, "query"])
        self.database = self.volume.database

    def execute(self, sql, rows=()):
        with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
            connection.executemany(sql, rows) if rows else connection.executescript(sql)

    def run(self, command, *arguments):
        return support.reelgate(command, "--config", self.config, "--database", self.database, "--videos",
                                self.volume.videos, *arguments)

    def expect(self, viewer):
        done = self.run("get", viewer.video, *viewer.arguments)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        equal(head.split(b"\r\n")[0].split()[1], str(viewer.status).encode(), f"status, {done.stderr.decode()}")
        if viewer.status == 200:
            equal(content, FILM, "content")
        if viewer.text not in content.decode():
            raise AssertionError(f"{content} has no {viewer.text!r}")


def expect_nothing_wrong(site):
    """The database's audit and its list: asked for nobody, each film is there."""
    equal(site.run("--check-config").returncode, 0, "status of --check-config")
    ids = f"SELECT {'slug' if site.config.parent.name == 'rails' else 'id'} FROM videos"
    listed = site.run("list", "--list", ids)
    size = f"{len(FILM)} bytes".encode()
    equal((listed.returncode, listed.stdout.count(b"(no row)"), listed.stdout.count(size)), (0, 0, 2), "list")
    audited = site.run("check", "--list", ids)
    equal((audited.returncode, audited.stderr), (0, b""), f"check, {audited.stdout.decode()}")


def make_site(folder, recipe):
    site = Site(folder, recipe)
    if recipe == "rails":
        site.database = site.volume.path / "production.sqlite3"
        site.execute(RAILS)
        site.execute("INSERT INTO sessions (session_id, data, created_at, updated_at) VALUES (?, ?, ?, ?)",
                     rails_sessions())
    else:
        site.execute(BLOCKS[recipe, "schema"] + ROWS[recipe])
    return site


def make_django(site):
    """Sets Django up on the site's database, with the page's receiver. Returns the class of its clients, and users."""
    django.conf.settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(site.database)}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                    "django.contrib.auth.middleware.AuthenticationMiddleware"],
        SECRET_KEY="a test", USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
    django.setup()
    # What follows can be imported only now.
    from django.contrib.auth.models import User  # pylint: disable=import-outside-toplevel
    from django.contrib.auth.signals import user_logged_in  # pylint: disable=import-outside-toplevel
    from django.core.management import call_command  # pylint: disable=import-outside-toplevel
    from django.db import connection, models  # pylint: disable=import-outside-toplevel
    from django.dispatch import receiver  # pylint: disable=import-outside-toplevel
    from django.test import Client  # pylint: disable=import-outside-toplevel
    call_command("migrate", verbosity=0)

    class Viewer(models.Model):  # pylint: disable=redefined-outer-name
        """The table of the recipe, as an application has it."""
        key = models.CharField(max_length=40, primary_key=True)
        user = models.ForeignKey(User, on_delete=models.CASCADE)

        class Meta:
            app_label = "films"

    with connection.schema_editor() as editor:
        editor.create_model(Viewer)
    names = {"receiver": receiver, "user_logged_in": user_logged_in, "Viewer": Viewer}
    exec(BLOCKS["django", "receiver"], names)  # pylint: disable=exec-used
    # The signal holds it weakly.
    return Client, User.objects.create(username="ada"), names


def session_of(client):
    return cookie(f"sessionid={client.cookies['sessionid'].value}")


def django_rows(report, folder):
    with report.group("django"):
        site = Site(folder, "django")
        client_of, ada, _names = make_django(site)
        with report.row("django: one who has logged in"):
            client = client_of()
            client.force_login(ada)
            site.expect(Viewer("", 200, session_of(client)))
        with report.row("django: one who has logged in twice"):
            client = client_of()
            client.force_login(ada)
            client.force_login(ada)
            site.expect(Viewer("", 200, session_of(client)))
        with report.row("django: one who has logged out"):
            client = client_of()
            client.force_login(ada)
            session = session_of(client)
            client.logout()
            site.expect(Viewer("", 403, session, text="Log in first"))
        with report.row("django: one with a session, and no log-in"):
            client = client_of()
            client.session.save()
            site.expect(Viewer("", 403, session_of(client), text="Log in first"))
        with report.row("django: one whose session is over"):
            client = client_of()
            client.force_login(ada)
            site.execute("UPDATE django_session SET expire_date = ? WHERE session_key = ?",
                         [("2020-01-01 00:00:00", client.cookies["sessionid"].value)])
            site.expect(Viewer("", 403, session_of(client), text="Log in first"))
        with report.row("django: nobody"):
            site.expect(Viewer("", 403, text="Log in first"))
        with report.row("django: nothing is wrong for check, list and --check-config"):
            expect_nothing_wrong(site)


def main():
    report = support.Report()
    with report.row("each recipe of the page is run, and no other"):
        equal(sorted(name for name, kind in BLOCKS if kind == "query"), sorted([*VIEWERS, "django"]), "recipes")
    with support.Folder() as folder:
        for recipe, viewers in VIEWERS.items():
            with report.group(recipe):
                site = make_site(folder, recipe)
                for viewer in viewers:
                    with report.row(f"{recipe}: {viewer.name}"):
                        site.expect(viewer)
                with report.row(f"{recipe}: nothing is wrong for check, list and --check-config"):
                    expect_nothing_wrong(site)
        for name, nearest in (("@id", ":id"), (":_cooky_s", ":_cookie_s"), (":REMOTE_USR", ":REMOTE_USER")):
            for command in (["--check-config"], ["get", "film"]):
                with report.row(f"{command[0]} names {name}, which is unknown, and the nearest"):
                    query = f"SELECT status FROM videos WHERE id = :id AND {name} IS NULL"
                    site = Site(pathlib.Path(folder) / "unknown" / command[0] / nearest, "links")
                    done = site.run(*command, "--query", query)
                    level = "error: " if command[0] == "get" else ""
                    message = (f'reelgate: {level}prepare query: "{query}": names {name}, which is unknown: '
                               f"did you mean {nearest}?; see --query\n")
                    equal((done.returncode, done.stderr.decode()), (1, message), "status and message")
        with report.row("links: one that is revoked"):
            site = make_site(pathlib.Path(folder) / "links", "links")
            site.expect(Viewer("", 200, video="/api/stream/film?token=good"))
            site.execute("DELETE FROM links WHERE token = 'good'")
            site.expect(Viewer("", 403, video="/api/stream/film?token=good"))
        django_rows(report, folder)
    report.finish()


main()
