"""`reelgate check`: a row for each finding, on real files and a real catalogue; rights as another user; what it shows on a
terminal; JSON that a program can read.

SPDX-License-Identifier: MIT
"""
import contextlib
import errno
import fcntl
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import sys

import support
from support import equal

CLIP = support.CLIP.read_bytes()
WIPE = b"\r\x1b[K"

# Takes some hundredths of a second to look a row up, so that there is something to be shown on the way.
SLOW = """SELECT status FROM videos WHERE id = ?1 AND (SELECT count(*) FROM (WITH RECURSIVE n(i) AS
          (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) SELECT i FROM n)) > 0"""
# The same for the list, once.
SLOW_LIST = """SELECT id FROM videos WHERE (SELECT count(*) FROM (WITH RECURSIVE n(i) AS
               (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000) SELECT i FROM n)) > 0"""
# Never gives a row, and never ends.
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0"


def boxes(content):
    """The top-level boxes of an MP4, by type."""
    found, position = {}, 0
    while position < len(content):
        size, kind = struct.unpack(">I4s", content[position:position + 8])
        found[kind.decode()] = content[position:position + size]
        position += size
    return found


PARTS = boxes(CLIP)
MOOV_LAST = PARTS["ftyp"] + PARTS["mdat"] + PARTS["moov"]


def check(volume, *options, **more):
    """Runs `check --json` and gives its exit status and document."""
    done = support.reelgate("check", "--data", volume.path, "--json", *options, **more)
    equal(done.stderr, b"", "standard error")
    return done.returncode, json.loads(done.stdout)


def found(document):
    return sorted((finding["what"], finding["object"]) for finding in document["findings"])


def fresh(folder, name):
    volume = support.Volume(folder / name)
    volume.add("good", CLIP)
    return volume


def film(volume, video, content, status="complete"):
    """A row and its file, as an application that knows nothing of `add` would write them."""
    (volume.videos / f"{video}.mp4").write_bytes(content)
    volume.row(video, status)


def sql(volume, *statements):
    with contextlib.closing(sqlite3.connect(volume.database)) as connection, connection:
        for statement in statements:
            connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(statement)


def lead_out(volume):
    (volume.path / "outside.mp4").write_bytes(CLIP)
    (volume.videos / "out.mp4").symlink_to(volume.path / "outside.mp4")
    volume.row("out", "complete")


def make_socket(volume):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(volume.videos / "s.mp4"))
    volume.row("s", "complete")


def bad_id(volume, video):
    """An id that the shipped schema would refuse."""
    sql(volume, "PRAGMA ignore_check_constraints = 1", ("INSERT INTO videos (id, status) VALUES (?, 'complete')", (video,)))
    return volume


def put(volume, name, content=b"x"):
    path = volume.videos / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def link_within(volume):
    put(volume, "archive/real.mp4", CLIP)
    (volume.videos / "link.mp4").symlink_to("archive/real.mp4")
    volume.row("link", "complete")


def hard_link(volume):
    os.link(volume.videos / "good.mp4", volume.videos / "copy.mp4")


# situation, what is done to a volume with one good film, severity, finding, its object below the volume, part of the reason
FINDINGS = [
    ("a row without a file", lambda v: v.row("gone", "complete"), "error", "no file", "videos/gone.mp4", "no such file"),
    ("an id that no client can ask for", lambda v: bad_id(v, "a b"), "error", "unreachable id", None, "no client"),
    ("an id that leads elsewhere", lambda v: bad_id(v, "../x"), "error", "unreachable id", None, "no client"),
    ("an empty id", lambda v: bad_id(v, ""), "error", "unreachable id", None, "no client"),
    ("an empty file", lambda v: film(v, "empty", b""), "error", "empty file", "videos/empty.mp4", "no bytes"),
    ("a link that leads out", lead_out, "error", "refused file", "videos/out.mp4", "leads out"),
    ("a link to itself", lambda v: ((v.videos / "loop.mp4").symlink_to("loop.mp4"), v.row("loop", "complete")), "error",
     "refused file", "videos/loop.mp4", "symbolic links"),
    ("a folder", lambda v: ((v.videos / "f.mp4").mkdir(), v.row("f", "complete")), "error", "refused file",
     "videos/f.mp4", "not a regular file"),
    ("a FIFO", lambda v: (os.mkfifo(v.videos / "p.mp4"), v.row("p", "complete")), "error", "refused file",
     "videos/p.mp4", "not a regular file"),
    ("a socket", make_socket, "error", "refused file", "videos/s.mp4", "No such device"),
    ("content that is cut off", lambda v: film(v, "cut", CLIP[:-1]), "error", "cut off", "videos/cut.mp4",
     "its box `mdat` at byte 35389 lacks 1 bytes"),
    ("cut off before its moov", lambda v: film(v, "cut", MOOV_LAST[:-len(PARTS["moov"])]), "error", "cut off",
     "videos/cut.mp4", "no `moov`"),
    ("cut off before its mdat", lambda v: film(v, "cut", PARTS["ftyp"] + PARTS["moov"]), "error", "cut off",
     "videos/cut.mp4", "no `mdat`"),
    ("cut off a moment ago", lambda v: film(v, "cut", CLIP[:-1]), "error", "cut off", "videos/cut.mp4", "on its way"),
    ("content that was not filled in", lambda v: film(v, "zero", PARTS["ftyp"] + PARTS["moov"] + bytes(5000)), "warning",
     "damaged file", "videos/zero.mp4", "at byte 35381"),
    ("a page instead of a film", lambda v: film(v, "page", b"<!DOCTYPE html><p>404"), "warning", "no MP4",
     "videos/page.mp4", "<!DOCTYP"),
    ("moov behind mdat", lambda v: film(v, "late", MOOV_LAST), "warning", "moov behind mdat", "videos/late.mp4", "end"),
    ("moov behind a 5 GiB mdat", lambda v: v.sparse("late", (5 << 30) + 32, {
        0: struct.pack(">I4sQ", 1, b"mdat", 5 << 30), 5 << 30: struct.pack(">I4s", 32, b"moov")}), "warning",
     "moov behind mdat", "videos/late.mp4", "end"),
    ("a file without a row", lambda v: put(v, "orphan.mp4"), "warning", "no row", "videos/orphan.mp4", "no row"),
    ("a file without a row, further down", lambda v: put(v, "old/orphan.mp4"), "warning", "no row",
     "videos/old/orphan.mp4", "no row"),
    ("a link without a row", lambda v: (v.videos / "l.mp4").symlink_to("/nonexistent"), "warning", "no row", "videos/l.mp4",
     "no row"),
    ("what an interrupted add left", lambda v: put(v, ".film.mp4.adding"), "warning", "leftover",
     "videos/.film.mp4.adding", "interrupted"),
]

# situation, what is done: nothing is wrong with it
CLEAN = [
    ("a good film", lambda v: None),
    ("a row that is not ready, without a file", lambda v: v.row("later", "pending")),
    ("a row that is not ready, with half a file", lambda v: film(v, "later", CLIP[:1000], "pending")),
    ("a link within the folder", link_within),
    ("a second name of a file that is streamed", hard_link),
    ("the file system's own lost+found", lambda v: (v.videos / "lost+found").mkdir()),
    ("an empty folder", lambda v: (v.videos / "new").mkdir()),
]


def check_findings(report, folder):
    for number, (situation, spoil, severity, what, place, why) in enumerate(FINDINGS):
        with report.row(f"check: {situation}"):
            volume = fresh(folder, f"finding-{number}")
            spoil(volume)
            status, document = check(volume)
            equal(status, 1, "exit status")
            equal([finding["what"] for finding in document["findings"]], [what], "findings")
            finding = document["findings"][0]
            equal(finding["severity"], severity, "severity")
            equal((document["errors"], document["warnings"]), (1, 0) if severity == "error" else (0, 1), "counts")
            assert why in finding["cause"], finding
            assert finding["remedy"], finding
            if place:
                equal(finding["object"], str(volume.path / place), "object")
    for number, (situation, prepare) in enumerate(CLEAN):
        with report.row(f"check: nothing is wrong with {situation}"):
            volume = fresh(folder, f"clean-{number}")
            prepare(volume)
            status, document = check(volume)
            equal((status, document["findings"]), (0, []), "exit status, findings")


def check_text(report, folder):
    volume = fresh(folder, "text")
    videos = volume.videos
    with report.row("check: nothing to say"):
        done = support.reelgate("check", "--data", volume.path)
        equal((done.returncode, done.stdout, done.stderr),
              (0, b"nothing is wrong: 1 row, 1 ready; 1 file\n", b""), "exit status, output, errors")
    volume.row("b", "complete")
    volume.row("a", "complete")
    put(volume, "x\x1b[31m\n.mp4")
    put(volume, os.fsdecode(b"\xff\xc3\xa4"))
    with report.row("check: a line for each finding, grouped, and the counts"):
        done = support.reelgate("check", "--data", volume.path)
        lines = done.stdout.decode().splitlines()
        equal(done.returncode, 1, "exit status")
        equal([line.partition(": no ")[0] for line in lines[:4]], ["error", "error", "warning", "warning"], "severities")
        assert lines[0].startswith(f"error: no file: {videos}/a.mp4: a is 'complete', and there is no such file; "), lines
        assert lines[1].startswith(f"error: no file: {videos}/b.mp4: "), lines
        assert lines[2].startswith(f"warning: no row: {videos}/x\\x1b[31m\\x0a.mp4: "), lines
        assert lines[3].startswith(f"warning: no row: {videos}/\\xffä: "), lines
        equal(lines[4:], ["2 errors, 2 warnings (2 no file, 2 no row): 3 rows, 3 ready; 3 files"], "summary")
    with report.row("check --json: names that are no UTF-8 can be told"):
        objects = [finding for finding in check(volume)[1]["findings"] if finding["what"] == "no row"]
        equal([finding["object"] for finding in objects], [f"{videos}/x\x1b[31m\n.mp4", f"{videos}/�ä"], "objects")
        equal(bytes.fromhex(objects[1]["object_hex"]), os.fsencode(videos) + b"/\xff\xc3\xa4", "bytes")
        assert "object_hex" not in objects[0], objects[0]
    with report.row("check --json: the members of a finding"):
        equal(check(volume)[1]["findings"][0],
              {"severity": "error", "what": "no file", "id": "a", "object": f"{videos}/a.mp4",
               "cause": "a is 'complete', and there is no such file", "remedy":
               f"put it there, or take the row out: `reelgate remove --data {volume.path} a`",
               "errno": errno.ENOENT}, "finding")
    with report.row("check: standard output is full"):
        equal(support.reelgate_on_full("check", "--data", volume.path), (1, support.NO_ROOM), "exit status, error")


def words_of(commands, name):
    """What a shell hands to the command `name` within a line of commands."""
    script = f"{name}() {{ printf '%s\\0' \"$@\"; }}; mv() {{ :; }}; {commands}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=support.DEADLINE, check=True)
    return [os.fsdecode(word) for word in done.stdout.split(b"\0")[:-1]]


# Names that a shell, ffmpeg or a terminal would take for something else.
AWKWARD = ["a b.mp4", "it's.mp4", "-i.mp4", "$(id).mp4", "a\nb\x1b1.mp4", "ä.mp4", os.fsdecode(b"\xff0.mp4"), "c:x.mp4",
           "back\\slash'\t.mp4", "~x.mp4", "sub dir/x.mp4"]


def application(folder, name):
    """A volume with another application's catalogue: table, columns and files of its own."""
    volume = support.Volume(folder / name)
    sql(volume, "DROP TABLE videos", "CREATE TABLE films (slug TEXT, state TEXT, path BLOB, mime TEXT)")
    query = "SELECT state AS status, CAST(path AS TEXT) AS file, mime AS media_type FROM films WHERE slug = ?1"
    options = ["--ready", "done", "--query", query]

    def record(slug, path, state="done", mime=None):
        sql(volume, ("INSERT INTO films VALUES (?, ?, ?, ?)", (slug, state, os.fsencode(path), mime)))
    return volume, options, record


def check_application(report, folder):
    volume, options, record = application(folder, "application")
    listed = [*options, "--list", "SELECT slug FROM films"]
    put(volume, "shelf/one.mp4", CLIP)
    put(volume, "two.webm", b"\x1a\x45\xdf\xa3 is no MP4, and says so")
    record("1", "shelf/one.mp4")
    record("one", "./shelf//one.mp4")
    record("2", "two.webm", mime="video/webm")
    put(volume, "three.mp4", CLIP[:1000])
    record("3", ".//three.mp4", state="loading")
    with report.row("check: another application's catalogue, files and types"):
        equal(check(volume, *listed), (0, {"findings": [], "errors": 0, "warnings": 0, "rows": 4, "ready": 3, "files": 3}),
              "exit status, document")
    with report.row("check: a type that says MP4 is held to it"):
        record("4", "two.webm", mime="Video/MP4; codecs=avc1")
        equal(found(check(volume, *options, "--list", "SELECT slug FROM films WHERE slug = '4'")[1]),
              [("no MP4", f"{volume.videos}/two.webm"), ("no row", f"{volume.videos}/shelf/one.mp4"),
               ("no row", f"{volume.videos}/three.mp4")], "findings")
    with report.row("check: a row that is listed and not found"):
        status, document = check(volume, *options, "--list", "SELECT slug FROM films UNION SELECT 'ghost'")
        equal((status, found(document)), (1, [("unmatched id", "ghost")]), "exit status, findings")
    with report.row("check: a file that leads out"):
        record("5", "../catalog.db")
        status, document = check(volume, *listed)
        equal((status, [f["what"] for f in document["findings"]]), (1, ["refused file"]), "exit status, findings")
    wrong = [
        ("without --list", options, "--list"),
        ("no SQL", [*options, "--list", "SELEC"], "--list"),
        ("two columns", [*options, "--list", "SELECT slug, state FROM films"], "one result column"),
        ("a parameter", [*options, "--list", "SELECT slug FROM films WHERE slug = ?1"], "parameter"),
        ("writes", [*options, "--list", "DELETE FROM films RETURNING slug"], "only read"),
        ("two statements", [*options, "--list", "SELECT slug FROM films; SELECT 1"], "one statement"),
        ("nothing", [*options, "--list", "-- "], "one statement"),
        ("a wrong query", [*listed[2:], "--query", "SELECT nothing"], "nothing"),
    ]
    for situation, arguments, named in wrong:
        with report.row(f"check: another catalogue, list: {situation}"):
            if situation == "a wrong query":
                arguments = ["--query", "SELECT nothing"]
            done = support.reelgate("check", "--data", volume.path, *arguments)
            equal((done.returncode, done.stdout), (1, b""), "exit status, output")
            assert len(done.stderr.splitlines()) == 1 and named in done.stderr.decode(), done.stderr


def check_remedy(report, folder):
    for number, name in enumerate(AWKWARD):
        with report.row(f"check: the line that cures {name!r}"):
            volume, options, record = application(folder, f"awkward-{number}")
            put(volume, name, MOOV_LAST)
            record("1", name)
            finding, = check(volume, *options, "--list", "SELECT slug FROM films")[1]["findings"]
            equal(finding["what"], "moov behind mdat", "finding")
            path = volume.videos / name
            words = words_of(finding["remedy"].strip("`"), "ffmpeg")
            equal(words, ["-i", str(path), "-map", "0", "-c", "copy", "-movflags", "+faststart",
                          str(path.with_name(path.stem + ".faststart.mp4"))], "words")
            equal(path.read_bytes(), MOOV_LAST, "the file, which check never changes")


# situation, what loses which mode, what may be missing there, what fails and ends the audit. All is of the user whose
# rights are checked.
RIGHTS = [
    ("search the folder of the volume", "", 0o600, "search", "open catalogue"),
    ("search the folder of videos", "videos", 0o600, "search", "open folder of videos"),
    ("read a file", "videos/good.mp4", 0o200, "read", None),
    ("read the catalogue", "catalog.db", 0o200, "read", "open catalogue"),
    ("write the catalogue's folder", "", 0o500, "make files in", None),
    ("write the shared memory", "catalog.db-shm", 0o400, "write", None),
    ("read the log", "catalog.db-wal", 0o200, "read", "prepare query"),
]


def check_rights(report, folder):
    is_root = os.geteuid() == 0
    user = ["--user", "nobody"] if is_root else []
    volume = fresh(folder, "rights")
    # Whoever has a catalogue in WAL mode open keeps its two companions there.
    with contextlib.closing(sqlite3.connect(volume.database)) as other:
        other.execute("SELECT * FROM videos").fetchall()
        if is_root:
            volume.give_to("nobody")
        with report.row("check: no right is missing"):
            equal(check(volume, *user)[0], 0, "exit status")
        for situation, place, mode, right, operation in RIGHTS:
            with report.row(f"check: missing right: {situation}"):
                path = volume.path / place
                before = path.stat().st_mode & 0o777
                path.chmod(mode)
                try:
                    status, document = check(volume, *user)
                    remedy = next(f["remedy"] for f in document["findings"] if f["what"] == "missing right")
                    equal(status, 1, "exit status")
                    ends = [f for f in document["findings"] if f["what"] == "unfinished audit"]
                    equal([(f["operation"], f["errno"]) for f in ends], [(operation, errno.EACCES)] if operation else [],
                          "operation that ends the audit, errno")
                    equal([f["object"] for f in document["findings"] if f["what"] == "missing right"], [str(path)], "objects")
                    why = document["findings"][0]["cause"]
                    assert f" may not {right} it" in why and f"{mode:04o}" in why, why
                    subprocess.run(["bash", "-c", remedy.strip("`")], timeout=support.DEADLINE, check=True)
                    equal(check(volume, *user)[0], 0, "exit status after the remedy")
                finally:
                    path.chmod(before)
    if is_root:
        check_other_users(report, folder)
    else:
        with report.row("check: --user needs root"):
            done = support.reelgate("check", "--data", volume.path, "--user", "root")
            equal((done.returncode, b"only root" in done.stderr), (2, True), "exit status, the line says so")
    with report.row("check: --user: nobody of that name"):
        done = support.reelgate("check", "--data", volume.path, "--user", "no-such-user")
        equal((done.returncode, done.stderr), (2, b"reelgate: --user no-such-user: no such user here\n"), "status, line")


def check_other_users(report, folder):
    """What root sees of others: files that are root's own."""
    volume = fresh(folder, "others")
    volume.path.chmod(0o777)
    nobody = ["--user", "nobody"]
    with report.row("check: a file of another user"):
        (volume.videos / "good.mp4").chmod(0o640)
        equal(check(volume)[0], 0, "exit status as root")
        for companion in ("-wal", "-shm"):  # a reader leaves them behind, here as root's
            pathlib.Path(f"{volume.database}{companion}").unlink(missing_ok=True)
        status, document = check(volume, *nobody)
        finding, = document["findings"]
        equal((status, finding["object"]), (1, str(volume.videos / "good.mp4")), "exit status, object")
        equal(finding["cause"], "user nobody (id 65534; groups nogroup) may not read it, which is root:root's and has mode "
              "0640", "cause")
        subprocess.run(["bash", "-c", finding["remedy"].strip("`")], timeout=support.DEADLINE, check=True)
        equal(check(volume, *nobody)[0], 0, "exit status after the remedy")
    with report.row("check: a folder that another user may search, not list, is none of serving's"):
        put(volume, "orphan.mp4")
        volume.videos.chmod(0o711)
        equal([f["what"] for f in check(volume, *nobody)[1]["findings"]], ["no row"], "findings")
        volume.videos.chmod(0o755)
        (volume.videos / "orphan.mp4").unlink()
    with report.row("check: a link into a folder that may not be searched"):
        (folder / "closed").mkdir(mode=0o700)
        (volume.path / "videos").rename(folder / "closed/videos")
        volume.videos.symlink_to(folder / "closed/videos")
        finding = check(volume, *nobody)[1]["findings"][0]
        equal((finding["what"], finding["object"]), ("missing right", str(folder / "closed")), "what, object")
    with report.row("check: nothing can be looked at without the right to"):
        status, document = check(volume, *nobody)
        equal((status, [f["what"] for f in document["findings"]]), (1, ["missing right", "unfinished audit"]), "findings")


def check_changes(report, folder):
    volume = fresh(folder, "changes")
    with report.row("check: a file that is still growing"):
        film(volume, "a-growing", CLIP[:1000])
        writer = subprocess.Popen([sys.executable, "-c", "import sys\nwith open(sys.argv[1], 'ab', 0) as f:\n"
                                   " while f.write(b'x'): pass", str(volume.videos / "a-growing.mp4")])
        try:
            wanted = [("still changing", str(volume.videos / "a-growing.mp4"))]
            support.wait_until(lambda: found(check(volume, "--query", SLOW)[1]) == wanted, "still changing", writer)
        finally:
            support.stop(writer)
        sql(volume, "DELETE FROM videos WHERE id = 'a-growing'")
        (volume.videos / "a-growing.mp4").unlink()
    with report.row("check: an add that is running has left nothing over"):
        path = volume.videos / ".new.mp4.adding"
        with open(path, "wb") as adding:
            fcntl.flock(adding, fcntl.LOCK_EX)
            equal(check(volume), (0, {"findings": [], "errors": 0, "warnings": 0, "rows": 1, "ready": 1, "files": 2}),
                  "exit status, document")
        equal(found(check(volume)[1]), [("leftover", str(path))], "findings when it has been killed")


def check_terminal(report, folder):
    volume = fresh(folder, "terminal")
    for number in range(20):
        os.link(volume.videos / "good.mp4", volume.videos / f"{number}.mp4")
        volume.row(str(number), "complete")
    command = [support.PROGRAM, "check", "--data", str(volume.path), "--query"]
    for columns in (120, 60, 30, 12):
        with report.row(f"check: a bar on a terminal of {columns} columns"):
            terminal = support.Terminal([*command, SLOW], columns)
            status, output = terminal.finish()
            equal((status, output), (0, b"nothing is wrong: 21 rows, 21 ready; 21 files\n"), "exit status, output")
            states = terminal.shown.split(WIPE)
            assert len(states) > 3, f"nothing is shown: {terminal.shown}"
            rest = states.pop()
            assert rest == b"" or b"--user" in rest, f"the bar stays: {rest}"
            equal([state for state in states if len(state) >= columns], [], "lines that are too long")
            if columns >= 60:
                assert any(b"#" in state and b" of 21" in state for state in states), states
    with report.row("check: Ctrl-C ends it, and takes the bar away"):
        terminal = support.Terminal([*command, "SELECT status FROM videos WHERE id = ?1", "--list", ENDLESS], 80)
        while b"listing files" not in terminal.shown and terminal.read():
            pass
        os.write(terminal.leader, b"\x03")
        status, output = terminal.finish()
        equal((status, output), (-signal.SIGINT, b""), "exit status, output")
        assert terminal.shown.endswith(WIPE), terminal.shown
    with report.row("check: shows nothing on a pipe"):
        equal(support.reelgate("check", "--data", volume.path, "--query", SLOW).stderr, b"", "standard error")


def check_what_happens_meanwhile(report, folder):
    """A catalogue in use: what was put in or taken out in order while the audit ran is nothing that is wrong."""
    with report.row("check: a file whose row comes after the list was made"):
        volume = fresh(folder, "added meanwhile")
        command = [support.PROGRAM, "check", "--data", str(volume.path)]
        put(volume, "new.mp4", CLIP)
        terminal = support.Terminal([*command, "--list", SLOW_LIST], 80)
        while b"listing files" not in terminal.shown and terminal.read():
            pass
        volume.row("new", "complete")
        equal(terminal.finish()[0], 0, "exit status")
    with report.row("check: a row that was taken out after its file"):
        volume = fresh(folder, "removed meanwhile")
        command = [support.PROGRAM, "check", "--data", str(volume.path)]
        for number in range(20):
            os.link(volume.videos / "good.mp4", volume.videos / f"{number}.mp4")
            volume.row(str(number), "complete")
        volume.row("--gone", "complete")
        equal(found(check(volume)[1]), [("no file", f"{volume.videos}/--gone.mp4")], "findings before")
        terminal = support.Terminal([*command, "--query", SLOW], 80)
        # Once the second row is counted as done, the first one has been looked at.
        while not re.search(rb" ([2-9]|1.) of 22", terminal.shown) and terminal.read():
            pass
        sql(volume, "DELETE FROM videos WHERE id = '--gone'")
        equal(terminal.finish()[0], 0, "exit status")


def main():
    report = support.Report()
    with support.Folder() as folder:
        check_findings(report, folder)
        check_text(report, folder)
        check_application(report, folder)
        check_remedy(report, folder)
        check_rights(report, folder)
        check_changes(report, folder)
        check_terminal(report, folder)
        check_what_happens_meanwhile(report, folder)
        with report.row("check: no catalogue"):
            done = support.reelgate("check", "--data", folder / "none")
            equal((done.returncode, done.stdout), (1, b""), "exit status, output")
            assert b"none/catalog.db" in done.stderr, done.stderr
        with report.row("check: no folder of videos"):
            done = support.reelgate("check", "--data", folder / "text", "--videos", folder / "none")
            equal((done.returncode, done.stdout), (1, b""), "exit status, output")
            assert b"/none: No such file" in done.stderr, done.stderr
    report.finish()


main()
