"""`add` killed at each of its system calls, from the one that takes the temporary name to the last: there is a video,
whole and recorded, or none, and the next `add` of that id goes on by itself.

Does not test what an error of `add` leaves: commands_test.py does. SIGKILL comes before the call is made, so that what the
calls before it have done is what is found.
SPDX-License-Identifier: MIT
"""
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess

import support
from support import equal

FILM = (pathlib.Path(__file__).parent.parent / "fixtures/sample.mp4").read_bytes()
ADDING = ".film.mp4.adding"
BOTH = [ADDING, "film.mp4"]

# Calls at which it is killed: a build with sanitizers makes more, of which as many are chosen.
MAX_KILLS = 120

CALL = re.compile(r"^\d+ +(\w+)\((.*)")


class Place:
    """An empty data volume to be copied, and a film to add; `left` are the names of what a killed `add` has left."""

    def __init__(self, folder, left=()):
        folder.mkdir()
        self.pristine = support.Volume(folder / "pristine").path
        self.left = left
        self.source = folder / "film.mp4"
        self.source.write_bytes(FILM)

    def copy(self, name):
        copy = Copy(pathlib.Path(shutil.copytree(self.pristine, self.pristine.parent / name)), self.source)
        for number, left in enumerate(self.left):
            if number == 0:
                (copy.videos / left).write_bytes(FILM[:-1])
            else:
                os.link(copy.videos / self.left[0], copy.videos / left)
        return copy


class Copy:
    def __init__(self, data, source):
        self.data, self.source = data, source
        self.videos = data / "videos"

    def add(self):
        return support.reelgate("add", "--data", self.data, self.source)

    def traced_add(self, trace, *options):
        # LeakSanitizer does not work in a process that is traced.
        environment = support.clean_environment(ASAN_OPTIONS="detect_leaks=0")
        return subprocess.run(["strace", "-f", "-o", str(trace), *options, support.PROGRAM, "add", "--data", str(self.data),
                               str(self.source)], stdin=subprocess.DEVNULL, capture_output=True, timeout=support.DEADLINE,
                              env=environment, check=False)

    def rows(self):
        with contextlib.closing(sqlite3.connect(self.data / "catalog.db")) as connection:
            return connection.execute("SELECT id, status FROM videos").fetchall()

    def files(self):
        return sorted(path.name for path in self.videos.iterdir())

    def check(self):
        done = support.reelgate("check", "--data", self.data, "--json")
        equal(done.stderr, b"", "standard error of check")
        return sorted((finding["what"], finding["object"], finding["remedy"])
                      for finding in json.loads(done.stdout)["findings"])


def calls_of(place, last=None):
    """Each system call from the first that takes the temporary name, by its name and how often it was made before;
    up to the one that makes it anew, where `last` says what that call contains."""
    copy = place.copy("traced")
    trace = copy.data / "trace"
    done = copy.traced_add(trace)
    equal((done.returncode, copy.files()), (0, ["film.mp4"]), "without a kill: exit status, files")
    counts, calls = collections.Counter(), []
    for match in filter(None, map(CALL.match, trace.read_text().splitlines())):
        counts[match[1]] += 1
        if calls or (match[1] in ("open", "openat") and ADDING in match[2]):
            calls.append((match[1], counts[match[1]]))
            if last and last in match[2] and len(calls) > 1:
                break
    assert len(calls) > 5, f"calls: {calls}"
    step = -(-len(calls) // MAX_KILLS)
    return calls[::step]


def check_kill(place, call):
    """What is there after the kill, and after the next `add`."""
    name, count = call
    copy = place.copy(f"{name}-{count}")
    done = copy.traced_add("/dev/null", "-e", f"inject={name}:signal=KILL:when={count}")
    equal(done.returncode, -signal.SIGKILL, "exit status of what is killed")
    check_leftover(copy)
    is_recorded = bool(copy.rows())
    done = copy.add()
    if is_recorded:
        equal(done.returncode, 1, "exit status of the next add")
        assert b"the catalogue has it already" in done.stderr, done.stderr
    else:
        equal((done.returncode, done.stderr), (0, b""), "exit status of the next add, errors")
        equal((copy.files(), copy.check()), (["film.mp4"], []), "files and findings after it")
    equal(copy.rows(), [("film", "complete")], "rows")
    equal((copy.videos / "film.mp4").read_bytes(), FILM, "the film")
    shutil.rmtree(copy.data)
    return is_recorded


def check_leftover(copy):
    """`check` finds what is left, and no other fault; what it says cures it."""
    files = copy.files()
    findings = copy.check()
    equal([what for what, _, _ in findings], ["leftover"] if ADDING in files else [], "findings")
    if not copy.rows():
        assert "film.mp4" not in files or ADDING in files, f"a film without a row, by itself: {files}"
        return
    equal((copy.videos / "film.mp4").read_bytes(), FILM, "the film that is recorded")
    for _, _, remedy in findings:
        equal(remedy, f"`rm {copy.videos / ADDING}`", "remedy")


def check_kills(report, situation, place, calls):
    """At all of them, some at a time; then one row for each kind of call. Returns which had recorded the film."""
    counts = collections.Counter(name for name, _ in calls)

    def name_of(call):
        return f"add: {situation}: killed at {call[0]}, in {counts[call[0]]} places"
    outcomes = collections.defaultdict(list)
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        for call in calls:
            if report.wants(name_of(call)):
                outcomes[name_of(call)].append((call, workers.submit(check_kill, place, call)))
    for name, runs in outcomes.items():
        with report.row(name):
            for call, run in runs:
                try:
                    run.result()
                except AssertionError as failure:
                    raise AssertionError(f"the {call[1]}. {name}: {failure}") from failure
    return [run.result() for runs in outcomes.values() for _, run in runs if not run.exception()]


def check_remedy(report, folder):
    """What `check` says of both names is right, too, where nobody adds that id again."""
    with report.row("check: the remedy for a film under two names that was not recorded removes both"):
        copy = Place(folder / "remedy", BOTH).copy("both")
        (_, _, remedy), = copy.check()
        subprocess.run(re.search("`(rm .*)`", remedy)[1], shell=True, check=True)
        equal((copy.files(), copy.check()), ([], []), "files, findings")
    with report.row("add: what was left under both names is removed, not written to"):
        copy = Place(folder / "links", BOTH).copy("linked")
        os.link(copy.videos / "film.mp4", copy.data / "further")
        equal(copy.add().returncode, 0, "exit status")
        equal((copy.data / "further").read_bytes(), FILM[:-1], "what another name of it gives")
        equal((copy.videos / "film.mp4").read_bytes(), FILM, "the film")


def main():
    report = support.Report()
    with support.Folder() as folder:
        place = Place(folder / "new")
        with report.group("add: some of the kills come before it is recorded, some afterwards") as kills:
            recorded = check_kills(report, "a new film", place, calls_of(place))
            assert not kills.is_wanted or set(recorded) == {False, True}, f"recorded: {set(recorded)}"
        place = Place(folder / "left", BOTH)
        check_kills(report, "a film that a killed one left under both names", place, calls_of(place, "O_EXCL"))
        check_remedy(report, folder)
    report.finish()


main()
