"""How many system calls a request of 64 KiB takes: a figure that no noise of a machine moves.

SPDX-License-Identifier: MIT
"""
import calls
import support
from trials import LARGE_PATH, make_volume

# situation, whether its connection is used again, how many calls it may take
ROWS = [("a new connection", False, 11), ("a kept connection", True, 8)]


def main():
    report = support.Report()
    if support.is_sanitized():
        print("note: calls_test: a sanitizer makes calls of its own: nothing is counted")
        report.finish()
    with support.Folder() as folder:
        volume = make_volume(folder)
        for name, is_kept, most in ROWS:
            with report.row(f"64 KiB, {name}: {most} system calls at most"), \
                    support.Serving(folder, volume, "--threads", "1") as server:
                made = calls.calls_of(server.process, server.address, LARGE_PATH, is_kept)
                assert len(made) <= most, f"{len(made)}: {' '.join(made)}"
    report.finish()


main()
