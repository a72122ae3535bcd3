"""Owns the table of players: each row says which program, what it does, what must hold, and through which server.

scripts/check-players collects the rows of all scripts *_rows.py in this folder. SPDX-License-Identifier: MIT
"""
import support

# What a collected line begins with; its columns are separated by tabs.
MARK = "row:"


class PlayerRow(support.Row):
    """Gives a list: what is put into that is figures to be told below the row. What is raised within is why it does not
    hold."""

    def __init__(self, report, program, does, holds, server):
        super().__init__(report, f"{program}, {server}: {does}")
        self.columns = program, does, holds, server
        self.figures = []

    def __enter__(self):
        super().__enter__()
        return self.figures

    def __exit__(self, kind, failure, trace):
        if self.is_wanted:
            why = (f"{type(failure).__name__}: {failure}".splitlines() or [""])[0] if failure else ""
            columns = (MARK, *self.columns, "FAILED" if why else "holds", f"{self.seconds():.1f} s",
                       why or "; ".join(self.figures))
            print("\t".join(" ".join(column.split()) for column in columns), flush=True)
        return super().__exit__(kind, failure, trace)


class Rows(support.Report):
    """A report whose rows are those of the table."""

    def player(self, *columns, **more):
        return PlayerRow(self, *columns, **more)
