"""`reelgate --check-config`: what is in force and from where, as a file that can be named again; and everything that
would keep `serve` from starting, for each thing just what `serve` says.

Does not test what an option does.
SPDX-License-Identifier: MIT
"""
import os
import pty
import re
import shutil
import socket

import support
from support import Serving, equal

# What is wrong, options, the exit status. {data} is a good volume, {folder} has a file and a folder that is closed.
# `serve` has to refuse each with the same words.
REFUSED = [
    ("no catalogue", ["--database", "{folder}/none.db"], 1),
    ("catalogue is a folder", ["--database", "{folder}"], 1),
    ("catalogue is no database", ["--database", "{folder}/file"], 1),
    ("query is no SQL", ["--query", "SELEC"], 1),
    ("query has no status", ["--query", "SELECT id FROM videos WHERE id = ?1"], 1),
    ("no folder of videos", ["--videos", "{folder}/none"], 1),
    ("folder of videos is a file", ["--videos", "{folder}/file"], 1),
    ("folder of videos cannot be searched", ["--videos", "{folder}/closed"], 1),
    ("socket: form", ["--listen", "9000"], 2),
    ("socket: path too long", ["--listen", "unix:/" + 200 * "x"], 1),
    ("socket: a file is there", ["--listen", "unix:{folder}/file"], 1),
    ("socket: folder is not there", ["--listen", "unix:{folder}/none/s"], 1),
    ("socket: folder is a file", ["--listen", "unix:{folder}/file/s"], 1),
    ("socket: folder may not be written", ["--listen", "unix:{folder}/closed/s"], 1),
    ("socket: somebody listens there, and lets nobody in", ["--listen", "unix:{folder}/private"], 1),
    ("socket: somebody listens there", ["--listen", "unix:{folder}/taken"], 1),
    ("address is in use", ["--listen", "127.0.0.1:{port}"], 1),
    ("address is not ours", ["--listen", "192.0.2.1:9000"], 1),
    ("no such host", ["--listen", "host.invalid:9000"], 1),
    ("bad value", ["--grace", "soon"], 2),
    ("bad value in the file", ["--config", "{folder}/bad.conf"], 2),
    ("unknown name", ["--thread", "3"], 2),
    ("no file", ["--config", "{folder}/none.conf"], 2),
    ("no file of keys", ["--link-key", "{folder}/none.key"], 1),
    ("file of keys that others may read", ["--link-key", "{folder}/file"], 1),
    ("file of keys that has none", ["--link-key", "{folder}/empty.key"], 1),
    ("file of keys is a FIFO", ["--link-key", "{folder}/keys"], 1),
    ("cookie of links, and no keys", ["--link-cookie", "film_link"], 2),
    ("link required, and no keys", ["--link", "required"], 2),
    ("link accepted in the file, and no keys", ["--config", "{folder}/link.conf"], 2),
]


def run(*words, **more):
    """As a user who has no rights but those that the files give: another than root, who has all."""
    user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    return support.reelgate(*words, **user, **more)


def errors(done):
    return done.stderr.decode().splitlines()


def check_refused(report, volume, fill):
    for name, options, status in REFUSED:
        with report.row(f"refused: {name}"):
            options = ["--data", str(volume.path), *map(fill, options)]
            checked, served = run("--check-config", *options), run("serve", *options)
            equal((checked.returncode, served.returncode), (status, status), "exit status of check and serve")
            equal(errors(checked), errors(served), "what is said of it")


def check_all_at_once(report, folder, volume, fill):
    with report.row("everything that is wrong is said, each with its place"):
        done = run("--check-config", "--config", folder / "wrong.conf", "--videos", folder / "none", "--listen", "9000",
                   environment={"REELGATE_MAX_RANGES": "0", "REELGATE_COLOUR": "red"})
        equal(done.returncode, 2, "exit status")
        wanted = ["environment REELGATE_COLOUR: ", f"{folder}/wrong.conf:2: grce: no such option; did you mean grace?",
                  f"{folder}/wrong.conf:4: [x]: ", f"{folder}/wrong.conf:5: threads = 0: ",
                  "environment REELGATE_MAX_RANGES: max-ranges = 0: ", "prepare query: ",
                  f"open folder of videos {folder}/none: ", "--listen 9000: "]
        lines = errors(done)
        equal(len(lines), len(wanted), "lines")
        for part in wanted:
            assert any(line.startswith(f"reelgate: {part}") for line in lines), f"{part!r} is not in {lines}"
    with report.row("refused: addresses of web servers"):
        checked, served = (run(word, "--data", volume.path, environment={"FCGI_WEB_SERVER_ADDRS": "127.0.0.1,localhost"})
                           for word in ("--check-config", "serve"))
        equal((checked.returncode, served.returncode), (2, 2), "exit status of check and serve")
        equal(errors(checked), errors(served), "what is said of it")
        assert '"localhost": not an IP address' in errors(served)[0], errors(served)
    with report.row("an operand is not expected"):
        done = run("--check-config", "--data", volume.path, "film")
        equal((done.returncode, len(errors(done))), (2, 1), "exit status, lines")
    with report.row("standard output is full"):
        equal(support.reelgate_on_full("--check-config", "--data", volume.path), (1, support.NO_ROOM), "status, error")


def check_in_force(report, folder, volume):
    config = folder / "right.conf"
    config.write_text(f"# all of it\ndata = {volume.path}\n\nquery = SELECT status, '#;' AS x \\\n"
                      "    FROM videos WHERE id = ?1\ngrace = 7\nready = a # b\ncors-origin = http://a.example\n"
                      "cors-origin = http://b.example\n")
    words = ["--config", str(config), "--grace", "5", "--listen", f"unix:{folder}/open/new.sock"]
    again = folder / "again.conf"

    def check_config():
        return run("--check-config", *words, environment={"REELGATE_THREADS": "3"})
    with report.row("all is well: what is in force, and where it came from"):
        done = check_config()
        equal((done.returncode, done.stderr), (0, b""), "exit status, errors")
        text = done.stdout.decode()
        for part in (f"# {config}:2\ndata = {volume.path}\n", "# command line\ngrace = 5\n",
                     f"# {config}:4\nquery = SELECT status, '#;' AS x \\\n    FROM videos WHERE id = ?1\n",
                     f"# {config}:7\nready = a # b\n", "# environment REELGATE_THREADS\nthreads = 3\n",
                     f"# {config}:9\ncors-origin = http://b.example\n", "# default\nmax-viewers = 0\n",
                     f"# default\nvideos = {volume.videos}\n", f"# command line\n# config = {config}\n"):
            assert part in text, f"{part!r} is not in {text}"
        assert not (folder / "open/new.sock").exists(), "a socket was made"
    with report.row("a socket that is to be handed over is not looked for"):
        bare = run("--check-config", "--data", volume.path)
        equal((bare.returncode, bare.stderr), (0, b""), "exit status, errors")
    with report.row("what it writes is a file that says the same"):
        done = check_config()
        again.write_bytes(done.stdout)
        second = run("--check-config", "--config", again)
        equal((second.returncode, second.stderr), (0, b""), "exit status, errors")
        equal(settings_in(second), settings_in(done), "settings")
    with report.row("serve --check-config is the same"):
        done = check_config()
        again.write_bytes(done.stdout)
        equal(settings_in(run("serve", "--check-config", "--config", again)), settings_in(done), "settings")


def settings_in(done):
    return re.sub(r"^# .*\n", "", done.stdout.decode(), flags=re.MULTILINE)


def check_running(report, folder, volume):
    with Serving(folder, volume) as server:
        with report.row("a reelgate that listens there already is a note"):
            done = support.reelgate("--check-config", "--data", volume.path, "--listen", f"unix:{server.address}")
            equal(done.returncode, 0, "exit status")
            equal(errors(done), [f"reelgate: note: --listen unix:{server.address}: reelgate, process "
                                 f"{server.process.pid}, listens there: stop it before another starts"], "note")
    with report.row("a socket that a dead process left is nothing"):
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(folder / "left"))
        done = support.reelgate("--check-config", "--data", volume.path, "--listen", f"unix:{folder}/left")
        equal((done.returncode, done.stderr), (0, b""), "exit status, errors")
        assert (folder / "left").exists(), "it was removed"
    with report.row("a file that is a terminal or a FIFO is not waited for"):
        os.mkfifo(folder / "fifo")
        leader, follower = pty.openpty()
        for path in (folder / "fifo", os.ttyname(follower)):
            done = support.reelgate("--check-config", "--config", path)
            equal(done.returncode, 2, "exit status")
            equal(errors(done), [f"reelgate: --config {path}: cannot be read: is no regular file"], "error")
        os.close(leader)
        os.close(follower)


def main():
    report = support.Report()
    with support.Folder() as folder, socket.socket() as taken, socket.socket(socket.AF_UNIX) as taken_path, \
            socket.socket(socket.AF_UNIX) as private:
        volume = support.Volume(folder / "data")
        if os.geteuid() == 0:
            volume.give_to("nobody")
        (folder / "file").write_text("a file")
        (folder / "closed").mkdir(0)
        (folder / "open").mkdir()
        (folder / "open").chmod(0o777)
        (folder / "wrong.conf").write_text(f"data = {volume.path}\ngrce = 3\nquery = SELEC\n[x]\nthreads = 0\n")
        (folder / "bad.conf").write_text("grace = 30 # seconds\n")
        (folder / "link.conf").write_text("link = accepted\n")
        (folder / "empty.key").touch(0o600)
        os.mkfifo(folder / "keys", 0o600)
        for name in ("empty.key", "keys"):
            if os.geteuid() == 0:
                shutil.chown(folder / name, "nobody")
        for listening, address in ((taken, ("127.0.0.1", 0)), (taken_path, str(folder / "taken")),
                                   (private, str(folder / "private"))):
            listening.bind(address)
            listening.listen()
        (folder / "taken").chmod(0o666)
        (folder / "private").chmod(0)
        port = str(taken.getsockname()[1])

        def fill(text):
            return text.replace("{folder}", str(folder)).replace("{port}", port)
        check_refused(report, volume, fill)
        check_all_at_once(report, folder, volume, fill)
        check_in_force(report, folder, volume)
        check_running(report, folder, volume)
        (folder / "closed").chmod(0o700)  # so that it can be removed
    report.finish()


main()
