"""Owns the report as a picture: horizontal bars, a panel for each kind of work.

SPDX-License-Identifier: MIT
"""
import dataclasses
import html

from bench import peers as p
from bench import report
from bench import work as w

WIDTH, LEFT, RIGHT = 900, 230, 130
BAR, GAP, HEADING, MARGIN = 20, 6, 46, 28

OURS, THEIRS, FRONT = "#c2410c", "#64748b", "#cbd5e1"


@dataclasses.dataclass
class Bar:
    """One name, and the lengths that lie behind each other, with their colours; `text` stands at the end."""
    name: str
    lengths: list
    text: str


def colour(name):
    return OURS if name.startswith(p.REELGATE) else THEIRS


def label(x, y, text, anchor="start", size=13, weight="normal", fill="#0f172a"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
            f'fill="{fill}">{html.escape(str(text))}</text>')


def panel(y, title, note, bars):
    """The lines of one panel that begins at `y`, and where it ends."""
    lines = [label(MARGIN, y + 16, title, size=16, weight="bold"),
             label(MARGIN, y + 34, note, size=12, fill="#475569")]
    y += HEADING
    longest = max((sum(length for length, _ in bar.lengths) for bar in bars), default=0) or 1
    for bar in bars:
        x = LEFT
        lines.append(label(LEFT - 10, y + BAR - 5, bar.name, "end"))
        for length, fill in bar.lengths:
            width = length / longest * (WIDTH - LEFT - RIGHT)
            lines.append(f'<rect x="{x:.1f}" y="{y}" width="{max(width, 0.5):.1f}" height="{BAR}" fill="{fill}"/>')
            x += width
        lines.append(label(x + 8, y + BAR - 5, bar.text))
        y += BAR + GAP
    return lines, y + MARGIN


def rates(samples, work, unit, suffix=""):
    """Who did the work, the fastest first; where there is a suffix, those whose names end so, without it."""
    found = {who: samples.median(work, who, "rate") for who in report.names(samples, work) if who.endswith(suffix)}
    return [Bar(who.removesuffix(suffix), [(rate, colour(who))], f"{rate:,.0f} {unit}")
            for who, rate in sorted(found.items(), key=lambda item: -item[1])]


def processor(samples):
    """The responder's time, and the front server's behind it."""
    bars = []
    for who in report.names(samples, w.WHOLE):
        parts = [samples.median(w.WHOLE, who, figure) if samples.has(w.WHOLE, who, figure) else 0
                 for figure in ("responder", "front")]
        text = " + ".join(f"{part:.3f}" for part in parts if part)
        bars.append(Bar(who, [(parts[0], colour(who)), (parts[1], FRONT)], f"{text} s"))
    return sorted(bars, key=lambda bar: sum(length for length, _ in bar.lengths))


def crowds(samples, figure, form):
    return [Bar(f"{count:,} parked", [(samples.median(w.PARKED, count, figure), OURS)],
                form.format(samples.median(w.PARKED, count, figure))) for count in report.names(samples, w.PARKED)]


def svg(samples):
    y = 64
    body = [label(MARGIN, 38, "reelgate beside others", size=22, weight="bold")]
    for title, note, bars in (
            ("A film of 1 GiB whole", "one at a time, through nginx where nothing else is said; longer is better",
             rates(samples, w.WHOLE, "MB/s")),
            ("Ranges of 64 KiB at random places", "16 at a time, through nginx; longer is better",
             rates(samples, w.RANGES, "/s")),
            ("Processor time a GB", "whole films; the responder's, and in light grey the front server's; "
             "shorter is better", processor(samples)),
            ("Ranges at the socket itself", "one after another, a connection each; longer is better",
             rates(samples, w.STRAIGHT, "/s", w.NEW)),
            ("... and on one connection", "one after another; longer is better",
             rates(samples, w.STRAIGHT, "/s", w.KEPT)),
            ("How long a fresh request takes while viewers are parked", "p99 of 64 KiB at the socket; flat is good",
             crowds(samples, "p99", "{:.0f} us")),
            ("Memory of reelgate while viewers are parked", "resident; it had most of them before",
             crowds(samples, "memory", "{:.1f} MiB"))):
        lines, y = panel(y, title, note, bars)
        body += lines
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" '
                      f'viewBox="0 0 {WIDTH} {y}" font-family="DejaVu Sans, Verdana, sans-serif">',
                      f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>', *body, "</svg>", ""])
