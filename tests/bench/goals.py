"""Owns the goals: what each figure is to reach, as a table of rows.

SPDX-License-Identifier: MIT
"""
import dataclasses
import typing

from bench import peers as p
from bench import storage as s
from bench import work as w


@dataclasses.dataclass
class Goal:
    """`value` takes the samples and gives the figure, or None where it could not be measured. Without a bound it is only
    told: it explains the figure before."""
    name: str
    value: typing.Callable
    least: float | None = None
    most: float | None = None
    form: str = "{:.2f}"

    def verdict(self, samples):
        """The figure, the goal, and whether it is met, as texts."""
        value = self.value(samples)
        if self.least is None and self.most is None:
            return "-" if value is None else self.form.format(value), "", ""
        bound = f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"
        if value is None:
            return "-", bound, "not measured"
        is_met = value >= self.least if self.least is not None else value <= self.most
        return self.form.format(value), bound, "met" if is_met else "MISSED"


def ratio(work, figure, one, other):
    return lambda samples: samples.ratio(figure, (work, one), (work, other))


def least_ratio(work, figure, one, others):
    """The ratio to the best of several."""
    def value(samples):
        ratios = [samples.ratio(figure, (work, one), (work, other)) for other in others]
        return min((r for r in ratios if r is not None), default=None)
    return value


def median(work, who, figure):
    return lambda samples: samples.median(work, who, figure) if samples.has(work, who, figure) else None


def beside_storage(kind):
    """The worst of all, of the medians of the rounds' ratios."""
    def value(samples):
        ratios = [samples.ratio_within(s.STORAGE, (kind, count, threads), "p99", "alone")
                  for count in s.VIEWERS[kind] for threads in s.THREADS]
        return max((r for r in ratios if r is not None), default=None)
    return value


def goals():
    most = w.crowds()[-1]
    return [
        Goal("processor time a GB against the floor", ratio(w.WHOLE, "responder", p.REELGATE, p.FLOOR), most=1.1),
        Goal("... against the plain libfcgi loop", ratio(w.WHOLE, "responder", p.REELGATE, p.LOOP), most=0.35),
        Goal("whole file through nginx against the floor", ratio(w.WHOLE, "rate", p.REELGATE, p.FLOOR), least=0.95),
        Goal("... against a floor with all of the film in memory",
             ratio(w.WHOLE, "rate", p.REELGATE, p.WHOLE_FLOOR)),
        Goal("... against nginx's own file", ratio(w.WHOLE, "rate", p.REELGATE, p.NGINX_FILE), least=0.85),
        Goal("64 KiB ranges through nginx against the floor", ratio(w.RANGES, "rate", p.REELGATE, p.FLOOR), least=0.97),
        Goal("... against a floor with all of the film in memory",
             ratio(w.RANGES, "rate", p.REELGATE, p.WHOLE_FLOOR)),
        Goal("... connections kept, against the floor without", ratio(w.RANGES, "rate", p.KEPT, p.FLOOR), least=1.10),
        Goal("... nginx told by reelgate what to send, against reelgate sending",
             ratio(w.RANGES, "rate", p.NGINX_TOLD, p.REELGATE)),
        Goal("... lighttpd told by reelgate what to send, against reelgate sending",
             ratio(w.RANGES, "rate", p.LIGHTTPD_TOLD, p.BEHIND_LIGHTTPD)),
        Goal("64 KiB ranges at the socket, one by one, against the floor",
             ratio(w.STRAIGHT, "rate", p.REELGATE + w.NEW, p.FLOOR + w.NEW), least=0.85),
        Goal("... against a floor with all of the film in memory",
             ratio(w.STRAIGHT, "rate", p.REELGATE + w.NEW, p.WHOLE_FLOOR + w.NEW)),
        Goal("64 KiB ranges through nginx against Go and PHP, the faster",
             least_ratio(w.RANGES, "rate", p.REELGATE, (p.GO, p.PHP)), least=3, form="{:.1f}"),
        Goal("64 KiB ranges through nginx against the ticket's code",
             ratio(w.RANGES, "rate", p.REELGATE, p.TICKET), least=40, form="{:.1f}"),
        Goal("a million videos in the catalogue against ten", ratio(w.CATALOGUE, "rate", p.MILLION_ROWS, p.TEN_ROWS),
             least=0.97),
        Goal(f"{most:,} parked viewers: resident MiB", median(w.PARKED, most, "memory"), most=16, form="{:.1f}"),
        Goal("... p99 of fresh requests against nobody parked",
             lambda samples: samples.ratio("p99", (w.PARKED, most), (w.PARKED, 0)), most=1.25),
        Goal(f"{most:,} viewers leave at once: s until descriptors are back", median(w.PARKED, most, "leaving"),
             most=1),
        Goal("storage under one film hangs, 8 to 1,000 viewers: p99 of the others", beside_storage(s.HUNG), most=1.5),
        Goal("... is slow, 50 viewers: p99 of the others", beside_storage(s.SLOW), most=1.5),
        Goal("processor time of a 64 KiB request against the program before",
             ratio(w.STRAIGHT, "processor", p.REELGATE + w.NEW, p.BEFORE + w.NEW), most=1.02),
        Goal("... of a whole film", ratio(w.STRAIGHT_WHOLE, "processor", p.REELGATE, p.BEFORE), most=1.02),
        Goal(f"idle for {w.IDLE} s, no viewers: ms of processor",
             lambda samples: samples.median(w.IDLING, 0, "processor"), most=0, form="{:.3f}"),
        Goal(f"idle for {w.IDLE} s, {most:,} parked: ms of processor",
             lambda samples: samples.median(w.IDLING, most, "processor"), most=0, form="{:.3f}"),
    ]
