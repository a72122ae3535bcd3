"""Looking up in a catalogue under fire: no answer is older than what had been committed when it was asked for, and the
two rows of a transaction do not come apart, whether SQLite was asked or the answer was remembered.

Does not shoot itself: catalogue_fire.cc does, and says how it checks. What it has done is printed, and none of it may
be missing. Two caches whose keys are known not to do are shot at in the same way: the check has to catch both.
SPDX-License-Identifier: MIT
"""
import collections
import os
import subprocess

import support

PROGRAM = support.BUILT.parent / "catalogue_fire"

# Seconds of fire at the reader. FIRE_SECONDS=300 has it under fire for five minutes.
SECONDS = os.environ.get("FIRE_SECONDS", "6")

# Seconds within which a cache with a bad key has to be caught: some hundredths do, mostly.
CONTROL_SECONDS = "20"

# What has to have happened for the check to mean anything: of each of these, some. A machine that is busy, or a
# sanitizer, may take several times the seconds for that.
HAPPENED = ["remembered", "absent", "reopened", "commits", "rollbacks", "passive", "full", "restart", "truncate",
            "vacuums", "kills", "recoveries"]
MAX_TIMES = 5
WRONG = ["stale", "torn", "impossible"]


def fire(seconds, cache):
    """What was counted, by name."""
    with support.Folder() as folder:
        done = subprocess.run([PROGRAM, folder, seconds, cache], capture_output=True, text=True, check=False,
                              timeout=float(seconds) + support.DEADLINE)
    if done.returncode != 0:
        raise AssertionError(f"catalogue_fire ended with {done.returncode}: {done.stdout}{done.stderr}")
    return {name: int(number) for name, number in (line.split("\t") for line in done.stdout.splitlines())}


def main():
    report = support.Report()
    with report.row("reader under fire: no answer is stale, and no pair comes apart"):
        counted, missing = collections.Counter(), HAPPENED
        for _ in range(MAX_TIMES):
            counted.update(fire(SECONDS, "reader"))
            missing = [name for name in HAPPENED if not counted[name]]
            if not missing:
                break
        print("note: the catalogue under fire: " + ", ".join(f"{number:,} {name}" for name, number in counted.items()))
        wrong = {name: counted[name] for name in WRONG if counted[name]}
        assert not wrong, f"wrong answers: {wrong}"
        assert not missing, f"did not happen: {missing}"
        assert counted["errors"] * 1000 < counted["answers"], f"{counted['errors']} errors"
    for cache in ("max-frame", "data-version"):
        with report.row(f"cache with a bad key under fire: {cache} is caught"):
            counted = fire(CONTROL_SECONDS, cache)
            assert counted["stale"] + counted["torn"] > 0, f"nothing was found: {counted}"
    report.finish()


main()
