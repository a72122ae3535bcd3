"""Owns the table of players: each row says which program, what it does, what must hold, and through which server.

scripts/check-players collects the rows of all scripts *_rows.py in this folder. SPDX-License-Identifier: MIT
"""
import contextlib
import time
import traceback

import support

# What a collected line begins with; its columns are separated by tabs.
MARK = "row:"


class Rows(support.Report):
    """A report whose rows are those of the table."""

    @contextlib.contextmanager
    def player(self, program, does, holds, server):
        """One row. What is raised within is why it does not hold; what is put into the list that it gives is figures to
        be told below the row."""
        begin, why, figures = time.monotonic(), "", []
        with self.row(f"{program}, {server}: {does}"):
            try:
                yield figures
            except BaseException as failure:
                why = (f"{type(failure).__name__}: {failure}".splitlines() or [""])[0]
                if not isinstance(failure, AssertionError):
                    traceback.print_exc()
                raise
            finally:
                seconds = f"{time.monotonic() - begin:.1f} s"
                columns = (MARK, program, does, holds, server, "FAILED" if why else "holds", seconds,
                           why or "; ".join(figures))
                print("\t".join(" ".join(column.split()) for column in columns), flush=True)
