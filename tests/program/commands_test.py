"""The program as a person uses it: wrong usage gives one line and nothing half-started; init, add and get do what
they say; an interrupted add leaves nothing.

SPDX-License-Identifier: MIT
"""
import os
import pty
import resource
import signal
import socket
import sqlite3
import subprocess

import support
from support import equal

FILM = support.position_coded(100_000)
MEDIA = support.mp4(FILM)
MIB = 1 << 20

# situation, arguments, exit status, what the one line has to name. {data} is a good volume, {folder} a folder beside.
WRONG = [
    ("unknown command", ["bogus"], 2, "bogus"),
    ("unknown option", ["--thread", "3"], 2, "--thread"),
    ("abbreviated option", ["--thr", "3"], 2, "--thr"),
    ("option of another command", ["serve", "--range", "0-1"], 2, "--range"),
    ("option without its value", ["--threads"], 2, "--threads"),
    ("empty value", ["--ready="], 2, "--ready"),
    ("option given twice", ["--listen", "a:1", "--listen", "a:2"], 2, "--listen"),
    ("command after an option", ["--threads", "3", "get", "film"], 2, "get"),
    ("threads: zero", ["--threads", "0"], 2, "--threads 0"),
    ("threads: no number", ["--threads", "4x"], 2, "--threads 4x"),
    ("threads: negative", ["--threads", "-4"], 2, "--threads -4"),
    ("threads: too many", ["--threads", "1025"], 2, "--threads 1025"),
    ("grace: no number", ["--grace", "soon"], 2, "--grace soon"),
    ("max-ranges: zero", ["--max-ranges", "0"], 2, "--max-ranges 0"),
    ("socket-mode: not octal", ["--socket-mode", "0888"], 2, "--socket-mode 0888"),
    ("prefix without slashes", ["--prefix", "api"], 2, "--prefix api"),
    ("log-level: none of the five", ["--log-level", "loud"], 2, "--log-level loud"),
    ("cors-origin: a path behind it", ["--cors-origin", "https://a.example/"], 2, "https://a.example/"),
    ("cors-origin: * and others", ["--cors-origin", "*", "--cors-origin", "https://a.example"], 2, "*"),
    ("cors-credentials with any origin", ["--cors-origin", "*", "--cors-credentials"], 2, "browsers refuse that pair"),
    ("cors-credentials: neither on nor off", ["--cors-credentials=1"], 2, "--cors-credentials 1: needs on or off"),
    ("cache-control with a line break", ["--cache-control", "a\nb"], 2, "--cache-control"),
    ("listen: neither form", ["--listen", "127.0.0.1", "--data", "{data}"], 2, "--listen 127.0.0.1"),
    ("listen: port is no number", ["--listen", "127.0.0.1:http", "--data", "{data}"], 2, "port"),
    ("listen: IPv6 without brackets", ["--listen", "::1:9000", "--data", "{data}"], 2, "brackets"),
    ("listen: relative path", ["--listen", "unix:x.sock", "--data", "{data}"], 2, "unix:x.sock"),
    ("listen: folder is not there", ["--listen", "unix:/nonexistent/x", "--data", "{data}"], 1, "/nonexistent/x"),
    ("listen: a file is there", ["--listen", "unix:{folder}/file", "--data", "{data}"], 1, "{folder}/file"),
    ("listen: path too long", ["--listen", "unix:/" + 200 * "x", "--data", "{data}"], 1, "107 bytes"),
    ("listen: no such host", ["--listen", "host.invalid:9000", "--data", "{data}"], 1, "host.invalid"),
    ("no listening socket on fd 0", ["--data", "{data}"], 2, "--listen"),
    ("no data volume", ["--data", "{folder}/none"], 1, "{folder}/none/catalog.db"),
    ("catalogue is a folder", ["--data", "{data}", "--database", "{folder}"], 1, "{folder}: is a folder"),
    ("catalogue is no database", ["--data", "{data}", "--database", "{folder}/file"], 1, "not an SQLite database"),
    ("no folder of videos", ["--data", "{data}", "--videos", "{folder}/none"], 1, "{folder}/none"),
    ("folder of videos is a file", ["--data", "{data}", "--videos", "{folder}/file"], 1, "{folder}/file"),
    ("query: no SQL", ["--data", "{data}", "--query", "SELEC"], 1, "SELEC"),
    ("query: no such table", ["--data", "{data}", "--query", "SELECT status FROM films WHERE id = ?1"], 1, "films"),
    ("query: no status", ["--data", "{data}", "--query", "SELECT id FROM videos WHERE id = ?1"], 1, "status"),
    ("query: no parameter", ["--data", "{data}", "--query", "SELECT status FROM videos"], 1, "parameter"),
    ("query: writes", ["--data", "{data}", "--query", "DELETE FROM videos WHERE id = ?1 RETURNING status"], 1, "read"),
    ("query: an unknown name", ["--data", "{data}", "--query", "SELECT :usr AS status FROM videos WHERE id = :id"], 1,
     "names :usr, which is unknown"),
    ("query: a name that is mistyped", ["--data", "{data}", "--query",
                                        "SELECT status FROM videos WHERE id = :id AND :REMOTE_USR = 'ada'"], 1,
     "did you mean :REMOTE_USER?"),
    ("config: not there", ["--config", "{folder}/none.conf"], 2, "{folder}/none.conf"),
    ("config: a folder", ["--config", "{folder}"], 2, "{folder}"),
    ("config: unknown name", ["--config", "{folder}/wrong.conf"], 2, "wrong.conf"),
    ("get: no id", ["get"], 2, "get"),
    ("get: two ids", ["get", "film", "other"], 2, "other"),
    ("get: header without colon", ["get", "--header", "Range", "film"], 2, "Range"),
    ("get --body-only: missing video", ["get", "--body-only", "none", "--data", "{data}"], 1, "404"),
    ("add: no file", ["add", "--data", "{data}"], 2, "add"),
    ("add: file is not there", ["add", "--data", "{data}", "{folder}/none.mp4"], 1, "{folder}/none.mp4"),
    ("add: one id for a folder", ["add", "--data", "{data}", "--id", "x", "{folder}"], 2, "--id"),
    ("add: one title for two files", ["add", "--data", "{data}", "--title", "x", "a.mp4", "b.mp4"], 2, "--title"),
    ("add: no media", ["add", "--data", "{data}", "{folder}/notes.txt"], 1, "--media-type"),
    ("add: a device", ["add", "--data", "{data}", "--id", "x", "/dev/zero"], 1, "/dev/zero"),
    ("add: name is no id", ["add", "--data", "{data}", "{folder}/%.mp4"], 2, "--id"),
    ("add: bad id", ["add", "--data", "{data}", "--id", "../x", "{folder}/file"], 2, "../x"),
    ("add: id of 129 characters", ["add", "--data", "{data}", "--id", 129 * "x", "{folder}/file"], 2, "128"),
    ("add: id exists", ["add", "--data", "{data}", "--id", "film", "{folder}/file"], 1, "film"),
    ("add: no catalogue", ["add", "--data", "{folder}/none", "{folder}/file"], 1, "{folder}/none"),
    ("init: folder cannot be made", ["init", "--data", "{folder}/file/x"], 1, "{folder}/file/x"),
    ("init: another database is there", ["init", "--data", "{data}", "--database", "{folder}/other.db"], 1, "other.db"),
]

# situation, environment, what the one line has to name
WRONG_ENVIRONMENT = [
    ("unknown name", {"REELGATE_THREAD": "3"}, "REELGATE_THREAD"),
    ("bad value", {"REELGATE_THREADS": "many"}, "many"),
    ("option of one command", {"REELGATE_RANGE": "0-1"}, "REELGATE_RANGE"),
]


def check_one_line(done, status, named):
    equal(done.returncode, status, "exit status")
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1 and lines[0].startswith("reelgate: "), f"not one line: {lines}"
    assert named in lines[0], f"{named!r} is not in {lines[0]!r}"
    equal(done.stdout, b"", "standard output")


def check_wrong_usage(report, folder, volume):
    (folder / "file").write_bytes(MEDIA)
    (folder / "%.mp4").write_bytes(MEDIA)
    (folder / "notes.txt").write_bytes(b"no media")
    (folder / "wrong.conf").write_text("threads = 3\nbogus = 1\n")
    with sqlite3.connect(folder / "other.db") as connection:
        connection.execute("CREATE TABLE videos (name TEXT)")
    connection.close()
    before = sorted(path.name for path in volume.videos.iterdir())
    for situation, arguments, status, named in WRONG:
        def fill(text):
            return text.replace("{data}", str(volume.path)).replace("{folder}", str(folder))
        with report.row(f"wrong: {situation}"):
            check_one_line(support.reelgate(*map(fill, arguments)), status, fill(named))
    for situation, environment, named in WRONG_ENVIRONMENT:
        with report.row(f"wrong environment: {situation}"):
            check_one_line(support.reelgate("get", "film", environment=environment), 2, named)
    with report.row("wrong: nothing was left behind"):
        equal(sorted(path.name for path in volume.videos.iterdir()), before, "videos")
        assert not (folder / "none").exists(), "a folder was made"
    with report.row("wrong: a terminal on fd 0"):
        leader, follower = pty.openpty()
        done = support.reelgate("--data", volume.path, stdin=follower)
        os.close(leader)
        os.close(follower)
        check_one_line(done, 2, "terminal")
    with report.row("wrong: a listening socket is taken"), socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        check_one_line(support.reelgate("--data", volume.path, "--listen", f"127.0.0.1:{port}"), 1, "in use")
    for arguments in (["get", "film", "--data", volume.path], ["init", "--data", folder / "untold"], ["--help"]):
        with report.row(f"wrong: standard output is full: {arguments[0]}"):
            equal(support.reelgate_on_full(*arguments), (1, support.NO_ROOM), "exit status, error")


def check_help(report):
    with report.row("--help: names every command"):
        done = support.reelgate("--help")
        equal((done.returncode, done.stderr), (0, b""), "exit status, errors")
        for word in ("serve", "get", "add", "init", "--data", "--listen", "--version", "REQUEST_METHOD"):
            assert word in done.stdout.decode(), f"no {word}"
    with report.row("--version: names the libraries"):
        lines = support.reelgate("--version").stdout.decode().splitlines()
        equal([line.split()[0] for line in lines], ["reelgate", "libfcgi", "SQLite", "Boost", "libsodium"], "lines")


def check_get(report, volume):
    rows = [
        ("an id", ["film"], 200, FILM),
        ("a path", ["/api/stream/film"], 200, FILM),
        ("a URI", ["https://example.org/api/stream/film?x=1"], 200, FILM),
        ("a range in short", ["--range", "10-19", "film"], 206, FILM[10:20]),
        ("a range in full", ["--range", "bytes=-7", "film"], 206, FILM[-7:]),
        ("a range as a header", ["--header", "range:  bytes=5-9 ", "film"], 206, FILM[5:10]),
        ("HEAD", ["--method", "HEAD", "film"], 200, b""),
        ("missing", ["none"], 404, b'{"detail":"Video not found"}'),
        ("other prefix", ["--prefix", "/v/", "/v/film"], 200, FILM),
        ("other ready status", ["--ready", "done", "film"], 404, b'{"detail":"Video download not complete"}'),
    ]
    for situation, arguments, status, content in rows:
        with report.row(f"get: {situation}"):
            done = support.reelgate("get", "--data", volume.path, *arguments)
            reply = support.parse_document_response(done.stdout)
            equal((done.returncode, reply.status, reply.content), (0, status, content), "exit, status, content")
    with report.row("get --body-only: the bytes alone"):
        done = support.reelgate("get", "--data", volume.path, "--body-only", "--range", "0-99", "film")
        equal(done.stdout, FILM[:100], "standard output")
    with report.row("get --body-only: the bytes also where a web server would send them"):
        done = support.reelgate("get", "--data", volume.path, "--body-only", "film", environment={"REELGATE_OFFLOAD": "x-sendfile"})
        equal(done.stdout, FILM, "standard output")
    with report.row("get: a catalogue that is not there is a failure"):
        done = support.reelgate("get", "--data", volume.path / "none", "film")
        equal((done.returncode, support.parse_document_response(done.stdout).status), (1, 503), "exit, status")
        assert b"none/catalog.db" in done.stderr, done.stderr


# situation, what strace(1) makes of a system call, status of the answer to two ranges
REFUSED_CALLS = [
    ("random bits are interrupted", "getrandom:error=EINTR:when=1..3", 206),
    ("opening is interrupted", "openat2:error=EINTR:when=1", 206),
    ("opening races with a rename", "openat2:error=EAGAIN:when=1", 206),
    ("the disk fails", "openat2:error=EIO", 503),
]


def check_refused_calls(report, volume):
    # LeakSanitizer does not work in a process that is traced.
    environment = support.clean_environment(ASAN_OPTIONS="detect_leaks=0")
    for situation, injection, status in REFUSED_CALLS:
        with report.row(f"get: {situation}"):
            done = subprocess.run(["strace", "-o", "/dev/null", "-e", f"inject={injection}", support.PROGRAM, "get", "--data",
                                   str(volume.path), "--range", "0-9,50-59", "film"], stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=support.DEADLINE, env=environment, check=False)
            reply = support.parse_document_response(done.stdout)
            equal((reply.status, reply.field("Retry-After")), (status, None if status == 206 else "5"),
                  f"status, Retry-After, with {done.stderr}")


# situation, arguments, field, its value
FIELDS = [
    ("Cache-Control of a video", ["--cache-control", "public, max-age=60", "film"], "Cache-Control", "public, max-age=60"),
    ("the file for nginx", ["--offload", "x-accel-redirect", "film"], "X-Accel-Redirect", "/reelgate-internal/film.mp4"),
    ("with another prefix", ["--offload", "x-accel-redirect", "--offload-prefix", "/i/", "film"], "X-Accel-Redirect",
     "/i/film.mp4"),
    ("no file for nginx with an error", ["--offload", "x-accel-redirect", "none"], "X-Accel-Redirect", None),
    ("Cache-Control of an error", ["--cache-control", "public, max-age=60", "none"], "Cache-Control", "no-store"),
    ("no CORS unless asked for", ["--header", "Origin: https://a.example", "film"], "Access-Control-Allow-Origin", None),
    ("CORS for everybody", ["--cors-origin", "*", "film"], "Access-Control-Allow-Origin", "*"),
    ("CORS for one of two", ["--cors-origin", "https://a.example", "--cors-origin", "https://b.example", "--header",
                             "Origin: https://b.example", "film"], "Access-Control-Allow-Origin", "https://b.example"),
    ("CORS for a stranger", ["--cors-origin", "https://a.example", "--header", "Origin: https://c.example", "film"],
     "Access-Control-Allow-Origin", None),
    ("CORS: a list says that it is one", ["--cors-origin", "https://a.example", "film"], "Vary", "Origin"),
    ("CORS: a preflight for Range", ["--cors-origin", "*", "--method", "OPTIONS", "film"],
     "Access-Control-Allow-Headers", "Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since"),
    ("CORS: no cookies unless asked for", ["--cors-origin", "https://a.example", "--header", "Origin: https://a.example",
                                           "film"], "Access-Control-Allow-Credentials", None),
    ("CORS: with cookies", ["--cors-origin", "https://a.example", "--cors-credentials", "--header",
                            "Origin: https://a.example", "film"], "Access-Control-Allow-Credentials", "true"),
    ("CORS: with cookies, for a stranger", ["--cors-origin", "https://a.example", "--cors-credentials", "--header",
                                            "Origin: https://c.example", "film"], "Access-Control-Allow-Credentials", None),
    ("CORS: a preflight, with cookies", ["--cors-origin", "https://a.example", "--cors-credentials", "--method", "OPTIONS",
                                         "--header", "Origin: https://a.example", "film"],
     "Access-Control-Allow-Credentials", "true"),
    ("CORS: an error can be read, too", ["--cors-origin", "*", "none"], "Access-Control-Allow-Origin", "*"),
    ("a media type from the catalogue", ["--query", "SELECT status, 'video/webm' AS media_type FROM videos WHERE id = ?1",
                                         "film"], "Content-Type", "video/webm"),
    ("a tag from the catalogue", ["--query", "SELECT status, 'v7' AS etag FROM videos WHERE id = ?1", "film"],
     "ETag", '"v7"'),
    ("another file of the catalogue", ["--query", "SELECT status, 'film.mp4' AS file FROM videos WHERE 'x' = ?1", "x"],
     "Content-Length", str(len(FILM))),
]


def check_fields(report, volume):
    for situation, arguments, name, value in FIELDS:
        with report.row(f"get: {situation}"):
            done = support.reelgate("get", "--data", volume.path, *arguments)
            equal(support.parse_document_response(done.stdout).field(name), value, name)


def rows_of(volume):
    connection = sqlite3.connect(volume.database)
    rows = connection.execute("SELECT id, status FROM videos ORDER BY id").fetchall()
    connection.close()
    return rows


def files_of(volume):
    return sorted(path.name for path in volume.videos.iterdir())


def limit_file_size(ignore_signal):
    """The copy cannot go beyond 20 MiB: the process is killed there (SIGXFSZ), or has a write fail."""
    def prepare():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20 * MIB, 20 * MIB))
        # Python ignores it, and children inherit that.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN if ignore_signal else signal.SIG_DFL)
    return prepare


def check_add(report, folder):
    volume = support.Volume(folder / "fresh")
    source = folder / "long.mp4"
    content = (support.mp4(os.urandom(MIB)))[:MIB] * 32
    source.write_bytes(content)
    add = ["add", "--data", volume.path, source]
    with report.row("add: killed in the middle leaves no row and no file"):
        done = support.reelgate(*add, preexec_fn=limit_file_size(ignore_signal=False))
        equal(done.returncode, -signal.SIGXFSZ, "exit status")
        equal((rows_of(volume), files_of(volume)), ([], [".long.mp4.adding"]), "rows, files")
        assert (volume.videos / ".long.mp4.adding").stat().st_size == 20 * MIB, "not killed in the middle"
    with report.row("add: a failing write leaves nothing at all"):
        check_one_line(support.reelgate(*add, preexec_fn=limit_file_size(ignore_signal=True)), 1, "File too large")
        equal((rows_of(volume), files_of(volume)), ([], []), "rows, files")
    with report.row("add: a catalogue that refuses the row leaves no file"):
        connection = sqlite3.connect(volume.database)
        connection.execute("CREATE TRIGGER no BEFORE INSERT ON videos BEGIN SELECT RAISE(ABORT, 'not today'); END")
        connection.commit()
        check_one_line(support.reelgate(*add), 1, "not today")
        equal((rows_of(volume), files_of(volume)), ([], []), "rows, files")
        connection.execute("DROP TRIGGER no")
        connection.close()
    with report.row("add: afterwards it succeeds, and says nothing on a pipe"):
        done = support.reelgate(*add)
        equal((done.returncode, done.stderr), (0, b""), "exit status, errors")
        equal((rows_of(volume), files_of(volume)), ([("long", "complete")], ["long.mp4"]), "rows, files")
        assert (volume.videos / "long.mp4").read_bytes() == content, "other bytes"
    with report.row("add: a file without a row is not overwritten"):
        (volume.videos / "orphan.mp4").write_bytes(b"mine")
        check_one_line(support.reelgate(*add, "--id", "orphan"), 1, "orphan.mp4")
        equal((volume.videos / "orphan.mp4").read_bytes(), b"mine", "content")
    with report.row("add: records the status that --ready names"):
        support.reelgate(*add, "--id", "other", "--ready", "done")
        assert ("other", "done") in rows_of(volume), rows_of(volume)
    with report.row("add: a locked catalogue is found out before anything is copied"):
        check_add_locked(volume, add)
    with report.row("add: standard output is full: recorded all the same, and told"):
        told = support.NO_ROOM.replace("reelgate: ", "reelgate: add: recorded, but that could not be told: ")
        equal(support.reelgate_on_full(*add, "--id", "untold"), (1, told), "exit status, error")
        assert ("untold", "complete") in rows_of(volume), rows_of(volume)
    with report.row("add: shows its progress on a terminal"):
        terminal = support.Terminal([support.PROGRAM, *map(str, add), "--id", "shown"], 80)
        equal(terminal.finish()[0], 0, "exit status")
        shown = terminal.shown.decode()
        for text in ("MiB copied [", "#", " of 32", "waiting for the disk [", "] 100 %, 32 of 32\r"):
            assert text in shown, f"no {text!r} in {shown!r}"
    with report.row("init: leaves a catalogue as it is"):
        before = rows_of(volume)
        equal(support.reelgate("init", "--data", volume.path).returncode, 0, "exit status")
        equal(rows_of(volume), before, "rows")


def check_add_locked(volume, add):
    connection = sqlite3.connect(volume.database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    before = files_of(volume), os.stat(volume.videos).st_mtime_ns
    done = support.reelgate(*add, "--id", "late")
    check_one_line(done, 1, f"locked by a writer, process {os.getpid()} (")
    # Even the temporary name would have changed the folder.
    equal((files_of(volume), os.stat(volume.videos).st_mtime_ns), before, "videos, date of their folder")
    connection.close()


def check_init(report, folder):
    garbage = folder / "garbage.db"
    garbage.write_bytes(b"garbage")
    for situation, database in (("is no database", garbage), ("is to be in a folder that is missing", folder / "no/c.db")):
        with report.row(f"init: a catalogue that {situation} leaves no folder behind"):
            check_one_line(support.reelgate("init", "--data", folder / "new/data", "--database", database), 1, str(database))
            assert not (folder / "new").exists(), "a folder was made"
    with report.row("init: a folder that was there before stays"):
        (folder / "new").mkdir()
        support.reelgate("init", "--data", folder / "new/data", "--database", garbage)
        equal(list((folder / "new").iterdir()), [], "what is in it")
    with report.row("init: a file in a folder's place is named"):
        check_one_line(support.reelgate("init", "--data", garbage / "x/y"), 1,
                       f"create folder {garbage}/x/y: {garbage}: Not a directory")


def main():
    report = support.Report()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        check_help(report)
        check_wrong_usage(report, folder, volume)
        check_get(report, volume)
        check_refused_calls(report, volume)
        check_fields(report, volume)
        check_add(report, folder)
        check_init(report, folder)
    report.finish()


main()
