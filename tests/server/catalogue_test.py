"""A catalogue that breaks under a running reelgate, in every way that it can: viewers are told to come again, the log
says what is wrong in one line, and once the remedy in that line is applied the next request is answered as before,
without a restart.

Does not test what plain errors of options look like: commands_test.py does.
SPDX-License-Identifier: MIT
"""
import contextlib
import dataclasses
import grp
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import tempfile

import fastcgi
import hanging_fs
import servers
import sshfs
import support
from fastcgi import KEEP_CONN
from support import Serving, equal

FILM = support.position_coded(100_000)
LARGE = 64 << 20  # more than any socket's buffers hold


# Applies the first command that the message gives, as an administrator who reads it would.
AS_THE_LOG_SAYS = "as the log says"

# Everybody may read a copy that was put in place of the catalogue, and the files of the old one are gone.
REPLACE = "cp {db} {dir}/new && rm -f {db}-wal {db}-shm && mv {dir}/new {db} && "

# Another file system comes in the folder's place, with a copy of the catalogue.
REMOUNT = "cp {db} {dir}/../copy && umount -l {dir} && mount -t tmpfs -o size=1m tmpfs {dir} && cp {dir}/../copy {db} && " \
          "chown {user}: {dir} {db} && "

QUERY = '; the query is "SELECT status, file, title, media_type, etag FROM videos WHERE id = ?1", see --query'
# Of what is no catalogue of ours.
PLAIN_QUERY = '; the query is "SELECT status FROM videos WHERE id = ?1", see --query'
COLUMNS = "(id, status, added_at, file, title, media_type, etag)"


@dataclasses.dataclass
class Fault:
    """One way to break a catalogue. {db} and {dir} are the catalogue and its folder, {user} and {group} whom reelgate
    runs as, {who} how it calls itself."""
    situation: str
    breaks: str
    logged: str
    remedy: str
    own_file_system: str = ""  # options of a tmpfs that the folder is to be
    journal: str = "WAL"


def fifo_fault(operation, ending, breaks="", **more):
    """A FIFO that has the name of a file of SQLite's: opening it would block."""
    return Fault(f"a FIFO comes in the place of its {ending}, in mode {more.get('journal', 'WAL')}",
                 f"{breaks}rm -f {{db}}{ending} && mkfifo -m 666 {{db}}{ending}",
                 f"{operation}: {{db}}: {{db}}{ending}: is not a regular file, and SQLite needs the name; remove it: "
                 f"`rm {{db}}{ending}`", AS_THE_LOG_SAYS, **more)


FAULTS = [
    Fault("the file is moved away", "mv {db} {dir}/away",
          "open catalogue: {db}: No such file or directory; `reelgate init` makes a catalogue, --database names another",
          "mv {dir}/away {db}"),
    Fault("the folder is moved away", "mv {dir} {dir}.away",
          "open catalogue: {db}: {dir}: No such file or directory; `reelgate init` makes a catalogue, --database names "
          "another",
          "mv {dir}.away {dir}"),
    Fault("a folder comes in the file's place", "mv {db} {dir}/away && mkdir {db}",
          "open catalogue: {db}: is a folder; --database names a file",
          "rmdir {db} && mv {dir}/away {db}"),
    Fault("a file comes in the folder's place", "mv {dir} {dir}.away && touch {dir}",
          "open catalogue: {db}: {dir}: is not a folder",
          "rm {dir} && mv {dir}.away {dir}"),
    Fault("the folder may not be searched any more", "chown root:root {dir} && chmod 700 {dir}",
          "open catalogue: {db}: {dir}: {who} may not search it, which is root:root's and has mode 0700; `chmod o+x {dir}`",
          AS_THE_LOG_SAYS),
    Fault("root restores it, for itself alone", REPLACE + "chown root:root {db} && chmod 600 {db}",
          "open catalogue: {db}: {who} may not read it, which is root:root's and has mode 0600; "
          "`chgrp {group} {db} && chmod g+r {db}`",
          AS_THE_LOG_SAYS),
    Fault("it is restored into a folder that only root may write", "chown root:root {dir} && chmod 755 {dir} && " + REPLACE +
          "true",
          "prepare query: {db}: {dir}: {who} may not make files in it, which is root:root's and has mode 0755; "
          "`chgrp {group} {dir} && chmod g+wxs {dir}`, as WAL mode needs {db}-shm even to read; or take the catalogue out "
          "of WAL mode: `sqlite3 {db} 'PRAGMA journal_mode = DELETE'`",
          AS_THE_LOG_SAYS),
    Fault("the same, and it is taken out of WAL mode", "chown root:root {dir} && chmod 755 {dir} && " + REPLACE + "true",
          "prepare query: {db}: {dir}: {who} may not make files in it, which is root:root's and has mode 0755; "
          "`chgrp {group} {dir} && chmod g+wxs {dir}`, as WAL mode needs {db}-shm even to read; or take the catalogue out "
          "of WAL mode: `sqlite3 {db} 'PRAGMA journal_mode = DELETE'`",
          "sqlite3 {db} 'PRAGMA journal_mode = DELETE'"),
    Fault("its shared memory is root's alone", REPLACE + "touch {db}-shm && chmod 600 {db}-shm",
          "prepare query: {db}: {db}-shm: {who} may not read and write it, which is root:root's and has mode 0600; "
          "`chgrp {group} {db}-shm && chmod g+rw {db}-shm`, as WAL mode needs {db}-shm even to read; or take the catalogue "
          "out of WAL mode: `sqlite3 {db} 'PRAGMA journal_mode = DELETE'`",
          AS_THE_LOG_SAYS),
    Fault("its log is root's alone", REPLACE + "touch {db}-wal && chmod 600 {db}-wal",
          "prepare query: {db}: {db}-wal: {who} may not read it, which is root:root's and has mode 0600; "
          "`chgrp {group} {db}-wal && chmod g+r {db}-wal`",
          AS_THE_LOG_SAYS),
    Fault("its file system comes back read-only", REMOUNT + "mount -o remount,ro {dir}",
          "prepare query: {db}: {dir}: lies on a file system that is mounted read-only; "
          "`mount -o remount,rw \"$(findmnt -nT {dir} -o TARGET)\"`, as WAL mode needs {db}-shm even to read; or take the "
          "catalogue out of WAL mode: `sqlite3 {db} 'PRAGMA journal_mode = DELETE'`",
          AS_THE_LOG_SAYS, "size=1m"),
    Fault("its file system comes back full", REMOUNT + "{{ head -c 2M /dev/zero > {dir}/filler || true; }} 2> /dev/null",
          "prepare query: {db}: no space left on its file system, and WAL mode needs room for {db}-shm even to read; free "
          "some: `df -h {dir}` shows how much there is",
          "rm {dir}/filler", "size=1m"),
    Fault("something else comes in its place", "cp {db} {dir}/good && echo hello > {dir}/new && mv {dir}/new {db}",
          "prepare query: {db}: not an SQLite database, or an encrypted one; restore it, or name another with --database",
          "mv {dir}/good {db}"),
    Fault("an empty file comes in its place", "cp {db} {dir}/good && touch {dir}/new && rm -f {db}-* && mv {dir}/new {db}",
          "prepare query: {db}: no such table: videos; the file is empty (0 bytes): `reelgate init` makes a catalogue of it"
          + PLAIN_QUERY,
          "mv {dir}/good {db}"),
    Fault("half of it comes in its place", "cp {db} {dir}/good && head -c 4096 {db} > {dir}/new && mv {dir}/new {db}",
          "prepare query: {db}: corrupt; restore it, or rescue what is left: `sqlite3 {db} .recover | sqlite3 {db}.rescued`",
          "mv {dir}/good {db}"),
    Fault("its table gets another name", "sqlite3 {db} 'ALTER TABLE videos RENAME TO films'",
          "look up film: {db}: no such table: videos; its tables: films " + COLUMNS + QUERY,
          "sqlite3 {db} 'ALTER TABLE films RENAME TO videos'"),
    Fault("the column of the status gets another name", "sqlite3 {db} 'ALTER TABLE videos RENAME COLUMN status TO state'",
          "look up film: {db}: no such column: status; its tables: videos " + COLUMNS.replace("status", "state") + QUERY,
          "sqlite3 {db} 'ALTER TABLE videos RENAME COLUMN state TO status'"),
    fifo_fault("look up film", "-journal", journal="DELETE"),
    fifo_fault("look up film", "-wal", journal="DELETE"),
    fifo_fault("prepare query", "-journal", REPLACE),
    fifo_fault("prepare query", "-wal", REPLACE),
    fifo_fault("prepare query", "-shm", REPLACE),
]


class Place:
    """A catalogue in a folder of its own, and a running reelgate that may read it, as the user of a web server."""

    def __init__(self, folder, volume, own_file_system="", journal="WAL"):
        self.folder, self.videos = folder, volume.videos
        self.own_file_system, self.journal = own_file_system, journal
        self.program = folder / "reelgate"
        self.outer = pathlib.Path(tempfile.mkdtemp(dir=folder))
        self.outer.chmod(0o755)
        self.directory = self.outer / "db"
        self.database = self.directory / "catalog.db"
        self.pristine = volume.database
        entry = pwd.getpwnam(servers.USER)
        self.user, self.group = entry.pw_name, grp.getgrgid(entry.pw_gid).gr_name
        self.who = f"user {self.user} (id {entry.pw_uid}; groups {self.group})"

    def fill(self, text):
        return text.format(db=self.database, dir=self.directory, user=self.user, group=self.group, who=self.who)

    def run(self, command):
        subprocess.run(["bash", "-c", "set -euo pipefail; " + command], check=True, stdout=subprocess.DEVNULL,
                       timeout=support.DEADLINE)

    @contextlib.contextmanager
    def serving(self, *options):
        self.directory.mkdir()
        try:
            if self.own_file_system:
                self.run(f"mount -t tmpfs -o {self.own_file_system} tmpfs {self.directory}")
            self.run(f"sqlite3 {self.pristine} 'VACUUM INTO \"{self.database}\"' && "
                     f"sqlite3 {self.database} 'PRAGMA journal_mode = {self.journal}' && chown -R {self.user}: {self.directory}")
            server = Serving(self.folder, self, "--database", str(self.database), "--videos", str(self.videos), "--threads",
                             "1", *options, user=self.user, group=self.group, extra_groups=[])
            server.command[0] = str(self.program)
            with server:
                yield server
        finally:
            while os.path.ismount(self.directory):
                self.run(f"umount {self.directory}")
            shutil.rmtree(self.outer)

    @property
    def path(self):
        return self.directory


def ask(server, target="/api/stream/film"):
    with fastcgi.Connection(server.address) as connection:
        connection.send(target)
        return connection.read_reply()


def check_in_order(server):
    reply = ask(server)
    equal((reply.status, reply.content), (200, FILM), "status, content")


def check_told_to_come_again(answer):
    """A replacement is noticed within a second: until then the old catalogue answers."""
    replies = []

    def is_broken():
        replies.append(answer())
        return replies[-1].status not in (200, 404)
    support.wait_until(is_broken, "an answer that is neither 200 nor 404")
    reply = replies[-1]
    equal((reply.status, reply.field("Retry-After"), reply.content),
          (503, "5", b'{"detail":"Catalogue not available"}'), "status, Retry-After, content")


def last_error(server):
    lines = [line for line in server.log().splitlines() if line.startswith("reelgate: error: ")]
    return lines[-1].removeprefix("reelgate: error: ") if lines else ""


def command_in(message):
    return re.search(r"`(.*?)`", message).group(1)


def check_fault(place, fault):
    with place.serving() as server:
        check_in_order(server)
        place.run(place.fill(fault.breaks))
        check_told_to_come_again(lambda: ask(server))
        equal(last_error(server), place.fill(fault.logged), "log")
        place.run(command_in(last_error(server)) if fault.remedy == AS_THE_LOG_SAYS else place.fill(fault.remedy))
        check_in_order(server)


@contextlib.contextmanager
def exclusive_writer(place):
    """Another program that has begun to write."""
    with subprocess.Popen(["sqlite3", "-batch", str(place.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as application:
        application.stdin.write("BEGIN EXCLUSIVE;\n.print locked\n")
        application.stdin.flush()
        equal(application.stdout.readline(), "locked\n", "what the other program says")
        yield application


def check_lock(place):
    with place.serving() as server:
        check_in_order(server)
        with exclusive_writer(place) as application:
            check_told_to_come_again(lambda: ask(server))
            number = application.pid
            equal(last_error(server), f"look up film: {place.database}: locked by a writer, process {number} (sqlite3), for "
                  f"longer than reelgate waits; in WAL mode it can be read meanwhile: `sqlite3 {place.database} 'PRAGMA "
                  f"journal_mode = WAL'`; it is free when that commits, or ends: `kill {number}`", "log")
            application.kill()
        check_in_order(server)
        place.run(command_in(last_error(server)))
        with exclusive_writer(place):
            check_in_order(server)


# A writer that has the catalogue to itself three quarters of the time, until it is told to end or a minute is over.
WRITER = """
import select, sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
for _ in range(75):
    database.execute("BEGIN EXCLUSIVE")
    print("locked", flush=True)
    is_over = select.select([sys.stdin], [], [], 0.6)[0]
    database.execute("COMMIT")
    if is_over or select.select([sys.stdin], [], [], 0.2)[0]:
        break
"""


def check_busy_writer(place):
    """Each asks while it is locked. What needs no catalogue is answered meanwhile, by the only thread."""
    with place.serving("--ping-path", "/ping") as server, \
            subprocess.Popen([sys.executable, "-c", WRITER, str(place.database)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True) as writer:
        for _ in range(4):
            equal(writer.stdout.readline(), "locked\n", "what the writer says")
            with contextlib.ExitStack() as stack:
                viewers = [stack.enter_context(fastcgi.Connection(server.address)) for _ in range(3)]
                for viewer in viewers:
                    viewer.send("/api/stream/film")
                equal(ask(server, "/ping").status, 200, "status of the ping")
                for viewer in viewers:
                    reply = viewer.read_reply()
                    equal((reply.status, reply.content), (200, FILM), "status, content")
        writer.communicate("end")
        equal(last_error(server), "", "log")


def check_descriptors(place):
    with place.serving() as server, fastcgi.Connection(server.address) as connection:
        def answer(video="none"):
            connection.send(f"/api/stream/{video}", flags=KEEP_CONN)
            return connection.read_reply()
        equal(answer().status, 404, "status")
        place.run(place.fill(REPLACE + "chmod 644 {db}"))
        place.run(f"runuser -u {place.user} -- prlimit --pid {server.process.pid} --nofile=3:")
        check_told_to_come_again(answer)
        equal(last_error(server), f"open catalogue: {place.database}: Too many open files: all 3 that this process may have "
              "are in use; raise the limit (`ulimit -n`, LimitNOFILE= of systemd), or lower --max-viewers", "log")
        place.run(f"runuser -u {place.user} -- prlimit --pid {server.process.pid} --nofile=1024:")
        reply = answer("film")
        equal((reply.status, reply.content), (200, FILM), "status, content")


def check_replaced(place):
    """The old catalogue answers until the new one is there, the new one from then on; no transfer notices."""
    with place.serving() as server, fastcgi.Connection(server.address) as viewer:
        viewer.send("/api/stream/large")
        first = viewer.read_record()[2]
        check_in_order(server)
        place.run(place.fill("sqlite3 {db} 'VACUUM INTO \"{dir}/new\"' && sqlite3 {dir}/new \"UPDATE videos SET status = 'gone'; "
                             "INSERT INTO videos (id, status) VALUES ('other', 'complete')\" && chown {user}: {dir}/new && "
                             "rm -f {db}-wal {db}-shm && mv {dir}/new {db}"))
        seen = []

        def is_new():
            seen.append(ask(server).status)
            return seen[-1] != 200
        support.wait_until(is_new, "the new catalogue")
        equal(set(seen), {200, 404} if len(seen) > 1 else {404}, "statuses on the way")
        equal(ask(server, "/api/stream/other").content, FILM, "content of what only the new one has")
        rest = support.parse_document_response(first + viewer.read_response())
        equal((rest.status, len(rest.content)), (200, LARGE), "the transfer: status, length")
        equal(last_error(server), "", "log")


def check_network(report, folder, volume):
    place = folder / "network"
    hint = "lies on fuse.sshfs, a network file system: SQLite's WAL mode does not work there, and its locks may not; keep " \
           "the catalogue on a local disk (--database), the videos may stay"
    with sshfs.mounted(volume.path, place):
        database = place / "catalog.db"
        with report.row("catalogue: on a network file system: a warning at the start"):
            with Serving(folder, volume, "--database", str(database)) as server:
                equal(ask(server).status, 200, "status")
                assert f"reelgate: warning: catalogue: {database}: {hint}\n" in server.log(), server.log()
        with report.row("catalogue: on a network file system: a hint where something fails"):
            done = support.reelgate("get", "--data", volume.path, "--database", database, "--query",
                                    "SELECT status FROM films WHERE id = ?1", "film")
            assert f"; the file {hint}; " in done.stderr.decode(), done.stderr
    with report.row("catalogue: on a local one: neither"), Serving(folder, volume) as server:
        assert "network" not in server.log(), server.log()


def may_mount(folder):
    place = folder / "mount"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], capture_output=True, check=False)
    if done.returncode == 0:
        subprocess.run(["umount", str(place)], check=True)
    return done.returncode == 0


def main():
    report = support.Report()
    if not servers.IS_ROOT:
        print("note: rights to the catalogue: not tried, since that takes root")
        report.finish()
    with contextlib.suppress(OSError):  # where that may not be, nothing may be mounted
        hanging_fs.enter_own_mounts()
    with support.Folder() as folder:
        volume = support.Volume(folder / "data")
        volume.add("film", FILM)
        volume.sparse("large", LARGE, {})
        (volume.videos / "other.mp4").write_bytes(FILM)
        shutil.chown(folder, servers.USER, servers.USER)
        shutil.copy(support.PROGRAM, folder / "reelgate")
        can_mount = may_mount(folder)
        if not can_mount:
            print("note: read-only, full and network file systems: not tried, since nothing may be mounted here")
        for fault in FAULTS:
            if can_mount or not fault.own_file_system:
                with report.row(f"catalogue: {fault.situation}"):
                    check_fault(Place(folder, volume, fault.own_file_system, fault.journal), fault)
        if can_mount and os.path.exists("/dev/fuse"):
            check_network(report, folder, volume)
        with report.row("catalogue: another program has it locked"):
            check_lock(Place(folder, volume, journal="DELETE"))
        with report.row("catalogue: another program has it locked for 0.6 s of every 0.8 s: all are answered"):
            check_busy_writer(Place(folder, volume, journal="DELETE"))
        with report.row("catalogue: there is no descriptor for it"):
            check_descriptors(Place(folder, volume))
        with report.row("catalogue: another one is renamed over it, in the middle of a transfer"):
            check_replaced(Place(folder, volume))
    report.finish()


main()
