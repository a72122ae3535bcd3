"""Owns the goals: what each figure is to reach, as a table of rows.

SPDX-License-Identifier: MIT
"""
import dataclasses
import typing

from bench import calling as k
from bench import chain as c
from bench import peers as p
from bench import starting as t
from bench import storage as s
from bench import work as w
from bench.samples import median_of, middle_half


@dataclasses.dataclass
class Goal:
    """`values` takes the samples and gives the figure of each round, none where it could not be measured. Without a
    bound it is only told: it explains the figure before."""
    name: str
    values: typing.Callable
    least: float | None = None
    most: float | None = None
    form: str = "{:.2f}"

    def is_missed(self, samples):
        value = median_of(self.values(samples))
        if value is None or (self.least is None and self.most is None):
            return False
        return value < self.least if self.least is not None else value > self.most

    def works(self, samples):
        """The kinds of work that its figure is made of."""
        samples.asked.clear()
        self.values(samples)
        return set(samples.asked)

    def verdict(self, samples):
        """The figure, between what its middle half lies, the goal, and whether it is met, as texts."""
        values = self.values(samples)
        figure = self.form.format(median_of(values)) if values else "-"
        spread = " to ".join(self.form.format(value) for value in middle_half(values)) if len(values) > 1 else ""
        if self.least is None and self.most is None:
            return figure, spread, "", ""
        bound = f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"
        if not values:
            return figure, spread, bound, "not measured"
        return figure, spread, bound, f"MISSED in {len(values)} rounds" if self.is_missed(samples) else "met"


def ratio(work, figure, one, other):
    return lambda samples: samples.ratios(figure, (work, one), (work, other))


def difference(work, figure, one, other):
    return lambda samples: samples.differences(figure, (work, one), (work, other))


def least_ratio(work, figure, one, others):
    """The ratio to the best of several."""
    def values(samples):
        ratios = [samples.ratios(figure, (work, one), (work, other)) for other in others]
        return min((r for r in ratios if r), key=median_of, default=[])
    return values


def median(work, who, figure):
    return lambda samples: samples.all(work, who, figure)


def against_plain(work, kind):
    """A web server with the shipped file, against the one without the lines that make it fast."""
    return ratio(work, "rate", (kind, c.SHIPPED), (kind, c.PLAIN))


def against_own(work, figure):
    """nginx with the shipped file against nginx's own file."""
    return ratio(work, figure, ("nginx", c.SHIPPED), ("nginx", c.OWN))


def beside_storage(kind):
    """The worst of all, of the medians of the rounds' ratios."""
    def values(samples):
        ratios = [samples.ratios_within(s.STORAGE, (kind, count, threads), "p99", "alone")
                  for count in s.VIEWERS[kind] for threads in s.THREADS]
        return max((r for r in ratios if r), key=median_of, default=[])
    return values


def goals():
    most = w.crowds()[-1]
    return [
        *(Goal(f"whole film through {kind} as shipped, against the file without its lines",
               against_plain(c.CHAIN, kind), least=least)
          for kind, least in (("nginx", 1.7), ("lighttpd", 1.8), ("Apache", 2.8))),
        Goal("whole film through HAProxy with buffers of 64 KiB, against as shipped",
             ratio(c.CHAIN, "rate", ("HAProxy", c.LARGE_BUFFERS), ("HAProxy", c.SHIPPED))),
        Goal("whole film through nginx as shipped against nginx's own file", against_own(c.CHAIN, "rate"), least=0.9),
        Goal("... over TLS", against_own(c.TLS, "rate"), least=1.05),
        Goal("... over HTTP/2", against_own(c.H2, "rate"), least=1.05),
        Goal("... processor time of both", against_own(c.CHAIN, "together"), most=4),
        Goal("... processor time of both over TLS", against_own(c.TLS, "together"), most=1.0),
        Goal("64 KiB ranges through nginx as shipped, against the file without its lines",
             against_plain(c.CHAIN_RANGES, "nginx"), least=1.6),
        *(Goal(f"a paused viewer: KiB of {kind}", median(c.PAUSED, (kind, c.SHIPPED), "memory"), most=100,
               form="{:.0f}")
          for kind in ("nginx", "lighttpd", "Apache", "HAProxy")),
        Goal("system calls of a 64 KiB request, a new connection", median(k.CALLS, k.NEW, "calls"), most=11,
             form="{:.0f}"),
        Goal("... a kept connection", median(k.CALLS, k.KEPT, "calls"), most=8, form="{:.0f}"),
        Goal("processor time of a 64 KiB request, new connection, against the floor with the film in memory",
             ratio(w.STRAIGHT, "processor", p.REELGATE + w.NEW, p.WHOLE_FLOOR + w.NEW), most=1.25),
        Goal("... kept connection",
             ratio(w.STRAIGHT, "processor", p.REELGATE + w.KEPT, p.WHOLE_FLOOR + w.KEPT), most=1.35),
        Goal("processor time a GB against the floor", ratio(w.WHOLE, "responder", p.REELGATE, p.FLOOR), most=1.1),
        Goal("... against the plain libfcgi loop", ratio(w.WHOLE, "responder", p.REELGATE, p.LOOP), most=0.35),
        Goal("whole file through nginx against the floor", ratio(w.WHOLE, "rate", p.REELGATE, p.FLOOR), least=0.95),
        Goal("... against a floor with all of the film in memory",
             ratio(w.WHOLE, "rate", p.REELGATE, p.WHOLE_FLOOR)),
        Goal("64 KiB ranges through nginx against the floor", ratio(w.RANGES, "rate", p.REELGATE, p.FLOOR), least=0.97),
        Goal("... against a floor with all of the film in memory",
             ratio(w.RANGES, "rate", p.REELGATE, p.WHOLE_FLOOR)),
        Goal("... nginx told by reelgate what to send, against reelgate sending",
             ratio(w.RANGES, "rate", p.NGINX_TOLD, p.REELGATE)),
        Goal("... lighttpd told by reelgate what to send, against reelgate sending",
             ratio(w.RANGES, "rate", p.LIGHTTPD_TOLD, p.BEHIND_LIGHTTPD)),
        Goal("64 KiB ranges at the socket, one by one, against the floor",
             ratio(w.STRAIGHT, "rate", p.REELGATE + w.NEW, p.FLOOR + w.NEW), least=0.85),
        Goal("... against a floor with all of the film in memory",
             ratio(w.STRAIGHT, "rate", p.REELGATE + w.NEW, p.WHOLE_FLOOR + w.NEW)),
        Goal("64 KiB ranges through nginx against Go and PHP, the faster",
             least_ratio(w.RANGES, "rate", p.REELGATE, (p.GO, p.PHP)), least=3.5, form="{:.1f}"),
        Goal("64 KiB ranges through nginx against the ticket's code",
             ratio(w.RANGES, "rate", p.REELGATE, p.TICKET), least=40, form="{:.1f}"),
        Goal("a million videos in the catalogue against ten", ratio(w.CATALOGUE, "rate", p.MILLION_ROWS, p.TEN_ROWS),
             least=0.97),
        Goal(f"{most:,} parked viewers: resident MiB", median(w.PARKED, most, "memory"), most=16, form="{:.1f}"),
        Goal("... p99 of fresh requests against nobody parked",
             lambda samples: samples.ratios("p99", (w.PARKED, most), (w.PARKED, 0)), most=1.25),
        Goal(f"{most:,} viewers leave at once: s until descriptors are back", median(w.PARKED, most, "leaving"),
             most=1),
        Goal("storage under one film hangs, 8 to 1,000 viewers: p99 of the others", beside_storage(s.HUNG), most=1.5),
        Goal("... is slow, 50 viewers: p99 of the others", beside_storage(s.SLOW), most=1.5),
        Goal("processor time of a 64 KiB request against the program before",
             ratio(w.STRAIGHT, "processor", p.REELGATE + w.NEW, p.BEFORE + w.NEW), most=1.02),
        Goal("... of a whole film", ratio(w.STRAIGHT_WHOLE, "processor", p.REELGATE, p.BEFORE), most=1.02),
        Goal("start of the CGI program, with one answer: ms", median(t.STARTS, p.REELGATE, "milliseconds")),
        Goal("... more than the program before: ms",
             difference(t.STARTS, "milliseconds", p.REELGATE, p.BEFORE), most=1),
        Goal("... with a link, more than without: ms",
             difference(t.STARTS, "milliseconds", t.WITH_LINKS, p.REELGATE), most=1),
        Goal(f"idle for {w.IDLE} s, no viewers: ms of processor",
             median(w.IDLING, 0, "processor"), most=0, form="{:.3f}"),
        Goal(f"idle for {w.IDLE} s, {most:,} parked: ms of processor",
             median(w.IDLING, most, "processor"), most=0, form="{:.3f}"),
    ]
