"""The library as it lies: films that are recorded in place, several folders, links from one to another, new cuts,
removal and listing, as a person types them.

Does not test what `add` leaves when it is killed: killed_test.py does. What a name gives to a viewer: media_folders_test.cc.
SPDX-License-Identifier: MIT
"""
import json
import os
import pathlib
import signal
import sqlite3
import subprocess

import support
from support import equal

FILM = (pathlib.Path(__file__).parent.parent / "fixtures/sample.mp4").read_bytes()
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm" + bytes(64)
TWO_HUNDRED = 200


class Library:
    """A catalogue, and two folders of videos beside it, on which nothing has been recorded yet."""

    def __init__(self, folder):
        folder.mkdir()
        self.path, self.database = folder, folder / "data/catalog.db"
        self.one, self.two, self.third = (folder / name for name in ("one", "two", "third"))
        self.third.mkdir()
        self.options = ["--data", folder / "data", "--videos", self.one, "--videos", self.two]
        self.must("init")

    def run(self, command, *arguments):
        return support.reelgate(command, *self.options, *arguments)

    def must(self, command, *arguments):
        done = self.run(command, *arguments)
        equal((done.returncode, done.stderr), (0, b""), f"exit status, errors of {command}")
        return done.stdout.decode()

    def fails(self, command, *arguments):
        """The one line that says why."""
        done = self.run(command, *arguments)
        lines = done.stderr.decode().splitlines()
        equal((done.returncode, len(lines)), (1, 1), f"exit status, lines of {lines}")
        return lines[0]

    def put(self, name, content=FILM):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def rows(self, columns="id, file, title, media_type"):
        connection = sqlite3.connect(self.database)
        rows = connection.execute(f"SELECT {columns} FROM videos ORDER BY id").fetchall()
        connection.close()
        return rows

    def get(self, target, *arguments):
        return support.parse_document_response(self.run("get", *arguments, target).stdout)

    def check_clean(self):
        equal(self.run("check").stdout.decode().split(":")[0], "nothing is wrong", "check")


def add_in_place(library):
    film = library.put("one/here.mp4")
    before = os.stat(film)
    equal(library.must("add", film), f"here: {len(FILM)} bytes: /api/stream/here: in place\n", "output")
    equal((os.stat(film), library.rows()), (before, [("here", "here.mp4", None, None)]), "file, rows")
    equal(library.get("here").content, FILM, "content")
    library.check_clean()


def add_again(library):
    film = library.put("one/here.mp4")
    library.must("add", film)
    assert "the catalogue has it already, as here" in library.fails("add", film), "message"
    done = library.run("add", library.one)
    equal((done.returncode, done.stdout), (0, b""), "exit status, output")
    equal(len(library.rows()), 1, "rows")


def add_by_a_relative_path(library):
    library.put("one/series/here.mp4")
    done = support.reelgate("add", "--data", "data", "--videos", "one", "series/../series/here.mp4".replace("series/..", "one"),
                            cwd=library.path)
    equal((done.returncode, library.rows("id, file")), (0, [("here", "series/here.mp4")]), "exit status, rows")


def add_by_a_path_that_its_words_do_not_tell(library):
    """Behind a link to a folder, ".." is where the link leads, and the film there is meant."""
    library.put("one/film.mp4", support.mp4(b"another"))
    library.put("two/film.mp4")
    (library.two / "store").mkdir()
    (library.one / "more").symlink_to(library.two / "store")
    library.must("add", "--id", "x", library.one / "more/../film.mp4")
    equal(library.get("x").content, FILM, "content")


def add_by_another_id(library):
    library.must("add", "--id", "other", "--title", "A title", library.put("two/my film.webm", WEBM))
    equal(library.rows(), [("other", "my film.webm", "A title", None)], "rows")
    reply = library.get("/api/stream/other?download=1")
    equal((reply.field("Content-Type"), reply.field("Content-Disposition")),
          ("video/webm", "attachment; filename=\"A title.webm\"; filename*=UTF-8''A%20title.webm"), "fields")


def add_what_an_earlier_folder_hides(library):
    """A name that two folders have is not enough: the rows have whole paths, whichever folder is there."""
    library.put("one/same.mp4")
    hidden = library.put("two/same.mp4", support.mp4(b"hidden"))
    library.must("add", library.one, library.two)
    equal(library.rows("id, file"), [("same", str(library.one / "same.mp4")), ("same-2", str(hidden))], "rows")
    equal(library.get("same-2").content, support.mp4(b"hidden"), "content")
    library.check_clean()


def add_links(library):
    """A link adds nothing where its film is added; one to a third place is refused, and the others are added."""
    film = library.put("two/film.mp4")
    (library.one / "a-link.mp4").symlink_to(film)
    (library.two / "near.mp4").symlink_to("film.mp4")
    elsewhere = library.put("third/x.mp4")
    (library.one / "out.mp4").symlink_to(elsewhere)
    done = library.run("add", library.one, library.two)
    equal((done.returncode, library.rows("id, file")), (1, [("film", "film.mp4")]), "exit status, rows")
    assert f"add {library.one}/out.mp4: leads out of the folders of videos" in done.stderr.decode(), done.stderr
    said = library.run("check").stdout.decode()
    assert f"out.mp4: no row of the catalogue refers to it, and it leads out of the folders of videos (a symbolic link " \
           f"or ..), to {elsewhere}; name that folder as well (--videos)" in said, said
    (library.one / "out.mp4").unlink()
    library.check_clean()


def add_a_link_by_its_name(library):
    film = library.put("two/film.mp4")
    (library.one / "linked.mp4").symlink_to(film)
    library.must("add", library.one / "linked.mp4")
    equal(library.rows("id, file"), [("linked", "linked.mp4")], "rows")
    equal(library.get("linked").content, FILM, "content")
    library.check_clean()
    library.must("remove", "linked")
    equal((film.read_bytes(), os.listdir(library.one)), (FILM, []), "content, links")


def add_with_the_wrong_extension(library):
    library.must("add", library.put("one/film.mp4", WEBM))
    equal(library.rows(), [("film", "film.mp4", None, "video/webm")], "rows")
    library.check_clean()


def add_a_copy(library):
    library.must("add", library.put("third/My film.webm", WEBM))
    equal(library.rows(), [("My-film", "My-film.webm", "My film", None)], "rows")
    equal((library.one / "My-film.webm").read_bytes(), WEBM, "content")
    equal(library.get("/api/stream/My-film.webm").status, 200, "status by the extension")
    equal(library.get("/api/stream/My-film.mp4").status, 404, "status by another")


def add_no_media(library):
    notes = library.put("third/notes.txt", b"notes")
    assert "name its type with --media-type" in library.fails("add", notes), "message"
    equal(sorted(os.listdir(library.one)), [], "files")
    library.must("add", "--media-type", "text/plain", notes)
    equal(library.get("notes").field("Content-Type"), "text/plain", "type")


def add_a_hard_link(library):
    film = library.put("third/film.mp4")
    equal(library.must("add", "--hard-link", film), f"film: {len(FILM)} bytes: /api/stream/film: linked\n", "output")
    assert os.path.samefile(film, library.one / "film.mp4"), "a copy"
    equal(sorted(os.listdir(library.one)), ["film.mp4"], "files")
    library.check_clean()


def add_for_another_user(library):
    """Whatever the umask of the root is who adds, the server reads it."""
    os.chown(library.one, 33, 33)
    old = os.umask(0o077)
    try:
        library.must("add", library.put("third/film.mp4"))
    finally:
        os.umask(old)
    status = os.stat(library.one / "film.mp4")
    equal((status.st_mode & 0o777, status.st_uid, status.st_gid), (0o644, 33, 33), "mode, owner, group")


def replace_a_film(library):
    film = library.put("two/film.mp4")
    library.must("add", film)
    connection = sqlite3.connect(library.database)
    connection.execute("UPDATE videos SET etag = 'v1'")
    connection.commit()
    connection.close()
    new = library.put("third/film.mp4", support.mp4(b"new"))
    assert "--replace" in library.fails("add", new), "message"
    with open(film, "rb") as viewer:
        equal(library.must("add", "--replace", new), f"film: {len(support.mp4(b'new'))} bytes: /api/stream/film: replaced\n", "output")
        equal(viewer.read(), FILM, "what is under way")
    equal((film.read_bytes(), library.rows("file, etag")), (support.mp4(b"new"), [("film.mp4", None)]), "content, row")
    equal(sorted(os.listdir(library.one)), [], "files of the first folder")
    library.check_clean()


def replace_by_another_kind(library):
    library.must("add", library.put("one/film.mp4"))
    library.must("add", "--replace", library.put("third/film.webm", WEBM))
    equal((library.rows("id, file"), sorted(os.listdir(library.one))), ([("film", "film.webm")], ["film.webm"]), "row, files")
    equal(library.get("film").field("Content-Type"), "video/webm", "type")
    library.check_clean()


def replace_in_place(library):
    library.must("add", library.put("one/film.mp4"))
    new = library.put("one/cut.mp4", support.mp4(b"new"))
    out = library.must("add", "--replace", "--id", "film", new)
    assert f"{library.one}/film.mp4 stays" in out, out
    equal((library.rows("id, file"), sorted(os.listdir(library.one))), ([("film", "cut.mp4")], ["cut.mp4", "film.mp4"]),
          "row, files")


def replace_that_fails(library):
    film = library.put("one/film.mp4")
    library.must("add", film)
    connection = sqlite3.connect(library.database)
    connection.execute("CREATE TRIGGER no BEFORE UPDATE ON videos BEGIN SELECT RAISE(ABORT, 'not today'); END")
    connection.commit()
    connection.close()
    assert "not today" in library.fails("add", "--replace", library.put("third/film.mp4", support.mp4(b"new"))), "message"
    equal((film.read_bytes(), sorted(os.listdir(library.one))), (FILM, ["film.mp4"]), "content, files")


def remove_films(library):
    for name in ("one/a.mp4", "two/b.mp4", "two/c.mp4"):
        library.must("add", library.put(name))
    (library.two / "c.mp4").rename(library.third / "real.mp4")
    done = library.run("remove", "a", "none", "b", "c")
    equal(done.returncode, 1, "exit status")
    equal(done.stdout.decode(), f"a: removed, and {library.one}/a.mp4\nb: removed, and {library.two}/b.mp4\n"
                                "c: removed; it had no file that can be served\n", "output")
    assert "remove none: the catalogue has no such video" in done.stderr.decode(), done.stderr
    equal((library.rows(), os.listdir(library.one), os.listdir(library.two)), ([], [], []), "rows, files")


def remove_and_keep(library):
    film = library.put("one/a.mp4")
    library.must("add", film)
    library.must("remove", "--keep-file", "a")
    equal((library.rows(), film.read_bytes()), ([], FILM), "rows, content")


def remove_what_others_mean_by_other_names(library):
    """Whatever name or link leads another row to a file, the file stays."""
    film = library.put("one/a.mp4")
    (library.two / "link.mp4").symlink_to(film)
    connection = sqlite3.connect(library.database)
    connection.executemany("INSERT INTO videos (id, status, file) VALUES (?, 'complete', ?)",
                           [("a", None), ("b", str(film)), ("c", "./a.mp4"), ("d", "link.mp4")])
    connection.commit()
    connection.close()
    for video in "cba":
        assert f"{video}: removed; " in library.must("remove", video), video
        equal(library.get("d").content, FILM, f"content of d, after {video}")
    equal(library.must("remove", "d"), f"d: removed, and {library.two}/link.mp4\n", "output")


def replace_what_another_has(library):
    """A film of two ids keeps its file for the other one."""
    library.must("add", library.put("one/both.mp4"))
    connection = sqlite3.connect(library.database)
    connection.execute("INSERT INTO videos (id, status, file) VALUES ('other', 'complete', 'both.mp4')")
    connection.commit()
    connection.close()
    library.must("add", "--replace", "--id", "other", library.put("third/new.mp4", support.mp4(b"new")))
    equal((library.get("both").content, library.get("other").content), (FILM, support.mp4(b"new")), "contents")


def replace_a_link(library):
    """What the link leads to is somebody's own, and stays."""
    original = library.put("two/Original.mp4")
    (library.one / "film.mp4").symlink_to(original)
    library.must("add", library.one / "film.mp4")
    library.must("add", "--replace", library.put("third/film.mp4", support.mp4(b"new")))
    equal((original.read_bytes(), library.get("film").content), (FILM, support.mp4(b"new")), "original, content")


def leftover_beside_a_film_of_another_id(library):
    """What a killed `add` left is the only copy of a film that was recorded under another id."""
    film = library.put("one/a.mp4")
    os.link(film, library.one / ".a.mp4.adding")
    library.must("add", "--id", "b", film)
    assert "the catalogue has it already, as b" in \
        library.fails("add", "--id", "a", library.put("third/x.mp4", support.mp4(b"x"))), "message"
    equal(library.get("b").content, FILM, "content")


def one_refused_row(library):
    """A row that the catalogue refuses does not keep the others of its batch away."""
    connection = sqlite3.connect(library.database)
    connection.execute("CREATE TRIGGER no BEFORE INSERT ON videos WHEN new.id = 'b' "
                       "BEGIN SELECT RAISE(ABORT, 'not today'); END")
    connection.commit()
    connection.close()
    for name in "abc":
        library.put(f"one/{name}.mp4", support.mp4(name.encode()))
    done = library.run("add", library.one)
    equal((done.returncode, done.stderr.decode().count("\n"), "not today" in done.stderr.decode()), (1, 1, True), "complaints")
    equal(library.rows("id"), [("a",), ("c",)], "rows")


def hidden_and_streams(library):
    """Files on their way, in the trash, and those that a list of streams names are no films of their own."""
    library.put("one/film.mp4")
    library.put("one/.film.mp4.x7Kd2f", support.mp4(b"half"))
    library.put("one/.Trash-1000/files/old.mp4", support.mp4(b"old"))
    library.put("one/show/index.m3u8", b"#EXTM3U\n")
    library.put("one/show/720p/seg.ts", b"\x47" + bytes(187))
    done = library.run("add", library.one)
    equal((done.returncode, library.rows("id")), (0, [("film",)]), "exit status, rows")
    assert "a list of HLS or DASH, which has its own names for them: 2; see --id-segments" in done.stderr.decode(), done.stderr


def linked_folder(library):
    """A link to a folder that is walked anyway is no film, and no finding."""
    library.put("two/store/film.mp4")
    (library.one / "more").symlink_to(library.two / "store")
    library.must("add", library.one, library.two)
    library.check_clean()
    equal(library.rows("id, file"), [("film", "store/film.mp4")], "rows")


def another_applications_table(library):
    """Rows of a table that is not ours are not changed, and no command is named that would."""
    library.put("one/a.mp4")
    library.database.unlink()
    connection = sqlite3.connect(library.database)
    connection.executescript("CREATE TABLE videos (id, status, file, owner); INSERT INTO videos VALUES ('a', 'complete', '', 1)")
    connection.close()
    for command in (("add", library.put("third/b.mp4")), ("remove", "a")):
        assert "no such column: added_at" in library.fails(*command), command
    library.put("one/stray.mp4")
    assert "`reelgate add" not in library.run("check").stdout.decode(), "check"
    equal(library.get("a").content, FILM, "content")


def remove_one_of_two_ids(library):
    film = library.put("one/a.mp4")
    library.must("add", film)
    connection = sqlite3.connect(library.database)
    connection.execute("INSERT INTO videos (id, status, file) VALUES ('b', 'complete', 'a.mp4')")
    connection.commit()
    connection.close()
    assert "stays, since it is the file of" in library.must("remove", "a"), "output"
    equal(film.read_bytes(), FILM, "content")
    library.must("remove", "b")
    assert not film.exists(), "the file of nobody"


def list_films(library):
    library.must("add", library.put("one/a.mp4"))
    library.must("add", library.put("one/b.webm", WEBM))
    (library.one / "b.webm").unlink()
    equal(library.must("list"), f"a: complete: {len(FILM)} bytes: 60.0 s: a.mp4\n"
                                "b: complete: b.webm: No such file or directory\n",
          "lines")
    equal(json.loads(library.must("list", "--json")),
          [{"id": "a", "status": "complete", "file": "a.mp4", "ready": True, "bytes": len(FILM), "seconds": 60.0},
           {"id": "b", "status": "complete", "file": "b.webm", "ready": True,
            "cause": "No such file or directory"}], "array")


def folder_without_room(library):
    """The first folder is full: a file system of 64 KiB, in name spaces of its own."""
    film = library.put("third/film.mp4")
    script = ('mount -t tmpfs -o size=64k none "$1" && shift && exec "$@"')
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", library.one, support.PROGRAM, "add",
                           *library.options, film], capture_output=True, timeout=support.DEADLINE, check=False)
    equal((done.returncode, done.stderr), (0, b""), "exit status, errors")
    equal((library.two / "film.mp4").read_bytes(), FILM, "content")


def ten_thousand_interrupted(library):
    """Whatever a signal finds: each film is recorded whole or not at all, and the next `add` goes on."""
    content = support.mp4(b"x")
    for number in range(10_000):
        library.put(f"one/{number // 1000}/film {number}.mp4", content)
    process = subprocess.Popen([support.PROGRAM, "add", *library.options, library.one], stdout=subprocess.DEVNULL)
    support.wait_until(lambda: library.rows("count(*)") != [(0,)], "a batch is recorded", process)
    process.send_signal(signal.SIGINT)
    equal(process.wait(support.DEADLINE) in (0, -signal.SIGINT), True, "exit status")
    (count,), = library.rows("count(*)")
    equal(count % 1000 == 0 and count > 0, True, f"whole batches: {count}")
    library.run("add", library.one)
    equal(library.rows("count(*), count(file), count(title)"), [(10_000, 10_000, 10_000)], "rows")


def two_hundred_films(library):
    """On two disks, under names of their own, in folders, some of them links: two commands, and no copy."""
    for number in range(TWO_HUNDRED - 20):
        disk = "one" if number % 2 else "two"
        library.put(f"{disk}/Genre {number % 7}/Film no. {number} (2019) – Ü [x].mp4", support.mp4(str(number).encode()))
    for number in range(20):
        target = library.put(f"two/Store/{number}.webm", WEBM + bytes([number]))
        link = library.one / "Links" / f"Linked {number}.webm"
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(target if number % 2 else os.path.relpath(target, link.parent))
    before = sorted(path for path in library.path.rglob("*") if "data" not in path.parts)
    said = library.run("check").stdout.decode()
    command = f"`reelgate add --data {library.path}/data --videos {library.one} --videos {library.two} {library.one} " \
              f"{library.two}`"
    assert f"note: {command} records all media without a row" in said, said[-500:]
    done = subprocess.run(["sh", "-c", command.strip("`").replace("reelgate", str(support.PROGRAM), 1)],
                          capture_output=True, timeout=support.DEADLINE, check=False)
    equal((done.returncode, len(done.stdout.splitlines())), (0, TWO_HUNDRED), "exit status, lines")
    equal(sorted(path for path in library.path.rglob("*") if "data" not in path.parts), before, "files")
    library.check_clean()
    film = "Film-no.-7-2019-x"
    equal(library.get(f"/api/stream/{film}?download=1").content, support.mp4(b"7"), "content")
    assert "Film%20no.%207%20%282019%29%20%E2%80%93%20%C3%9C%20%5Bx%5D.mp4" in \
        library.get(f"/api/stream/{film}?download=1").field("Content-Disposition"), "name of the download"


def catalogue_of_0_1(library):
    """What lacks columns says how to get them, and holds what it can."""
    library.database.unlink()
    connection = sqlite3.connect(library.database)
    connection.executescript("PRAGMA journal_mode = WAL; CREATE TABLE videos (id TEXT PRIMARY KEY NOT NULL, status TEXT NOT NULL "
                             "DEFAULT 'pending', added_at TEXT NOT NULL DEFAULT 'then') WITHOUT ROWID;")
    connection.close()
    library.must("add", library.put("one/a.mp4"))
    library.must("add", "--replace", library.put("third/a.mp4", support.mp4(b"new")))
    equal(library.get("a").content, support.mp4(b"new"), "content of the new cut")
    film = library.put("one/my film.mp4")
    assert "`reelgate init --upgrade`" in library.fails("add", film), "message"
    assert "(of version 0.1: `reelgate init --upgrade` adds its new columns)" in library.must("init"), "init"
    assert "(upgraded)" in library.must("init", "--upgrade"), "init --upgrade"
    library.must("add", film)
    assert "already" in library.fails("add", library.one / "a.mp4"), "the row of before"
    equal(library.rows(), [("a", None, None, None), ("my-film", "my film.mp4", "my film", None)], "rows")
    library.check_clean()


ROWS = [add_in_place, add_again, add_by_a_relative_path, add_by_a_path_that_its_words_do_not_tell,
        add_by_another_id, add_what_an_earlier_folder_hides, add_links,
        add_a_link_by_its_name, add_with_the_wrong_extension, add_a_copy, add_no_media, add_a_hard_link, add_for_another_user,
        replace_a_film, replace_by_another_kind, replace_in_place, replace_that_fails, remove_films, remove_and_keep,
        remove_one_of_two_ids, remove_what_others_mean_by_other_names, replace_what_another_has, replace_a_link,
        leftover_beside_a_film_of_another_id, one_refused_row, hidden_and_streams, linked_folder,
        another_applications_table, list_films, folder_without_room, ten_thousand_interrupted, two_hundred_films, catalogue_of_0_1]


def main():
    report = support.Report()
    with support.Folder() as folder:
        for row in ROWS:
            with report.row(row.__name__.replace("_", " ")):
                row(Library(folder / row.__name__))
    report.finish()


main()
