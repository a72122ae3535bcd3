"""Owns the report as text: the goals first, then what was measured.

SPDX-License-Identifier: MIT
"""
import os
import pathlib
import platform
import re

from bench import chain as c
from bench import peers as p
from bench import storage as s
from bench import work as w
from bench.goals import goals
from bench.samples import median_of, middle_half


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return (f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} processors, "
            f"Linux {platform.release()}")


def head(absent, seconds, others):
    yield "reelgate beside others: one run, one machine, the same file"
    yield ""
    yield f"{machine()}; {seconds:.0f} s altogether."
    yield (f"Each figure is the median of {w.ROUNDS} rounds ({c.ROUNDS} of the chain, {w.IDLE_ROUNDS} where idle), all "
           "peers in turn in each;")
    yield "each ratio is the median of the rounds' ratios. Only ratios say anything about another machine."
    yield "What misses its goal is measured once more, but for viewers who pause, and all rounds count."
    yield f"Others had {others:.0%} of the processors meanwhile: the more, the less the rates say."
    yield f"A film of 1 GiB in the page cache; {p.THREADS} threads for reelgate, the floor and the libfcgi loop."
    for absence in absent:
        yield f"Could not be had: {absence}"


def goal_lines(samples):
    yield f"{'goal':90}{'figure':>10}{'middle half':>20}{'goal':>10}  "
    for goal in goals():
        figure, spread, bound, verdict = goal.verdict(samples)
        yield f"{goal.name:90}{figure:>10}{spread:>20}{bound:>10}  {verdict}"


def cell(samples, work, who, figure, form):
    return form.format(samples.median(work, who, figure)) if samples.has(work, who, figure) else "-"


def against(samples, work, figure, who, other):
    ratio = samples.ratio(figure, (work, who), (work, other))
    return f"{ratio:.2f}" if ratio is not None else "-"


def names(samples, work):
    """Who did the work, in the order of measuring."""
    return dict.fromkeys(who for one, who, _ in samples.values if one == work)


def served(samples, work, title, unit):
    """A table of work that is done through a front server."""
    yield f"{title:40}{unit:>12}{'of floor':>10}{'responder':>12}{'front':>10}   s of processor a GB"
    for who in names(samples, work):
        yield (f"{who:40}{cell(samples, work, who, 'rate', '{:,.0f}'):>12}"
               f"{against(samples, work, 'rate', who, p.FLOOR):>10}"
               f"{cell(samples, work, who, 'responder', '{:.3f}'):>12}"
               f"{cell(samples, work, who, 'front', '{:.3f}'):>10}")


def with_spread(samples, work, who, figure, form):
    """The median, and between what the middle half of the rounds lies."""
    values = samples.all(work, who, figure)
    if not values:
        return "-"
    low, high = middle_half(values)
    return f"{cell(samples, work, who, figure, form)} ({form.format(low)} to {form.format(high)})"


def chain(samples):
    """What each web server does with the shipped file, without the lines that make it fast, and with its own file."""
    titles = {c.CHAIN: "1 GiB whole, one at a time: MB/s", c.CHAIN_RANGES: "64 KiB ranges, 16 at a time: requests/s",
              c.TLS: "1 GiB whole over TLS: MB/s", c.H2: "1 GiB whole over HTTP/2: MB/s"}
    for work, title in titles.items():
        yield f"{title:44}{'rate (middle half)':>28}{'web server':>12}{'reelgate':>10}   s of processor a GiB"
        for who in names(samples, work):
            yield (f"{', '.join(who):44}{with_spread(samples, work, who, 'rate', '{:,.0f}'):>28}"
                   f"{cell(samples, work, who, 'front', '{:.2f}'):>12}"
                   f"{cell(samples, work, who, 'responder', '{:.2f}'):>10}")
        yield ""
    yield f"{'a viewer who pauses: KiB of the web server':44}"
    for who in names(samples, c.PAUSED):
        yield f"{', '.join(who):44}{cell(samples, c.PAUSED, who, 'memory', '{:.0f}'):>28}"


def catalogue(samples):
    yield f"{'64 KiB ranges through nginx, 16 at a time':48}{'requests/s':>12}{'of ten':>10}"
    for who in w.CATALOGUES:
        yield (f"{who:48}{cell(samples, w.CATALOGUE, who, 'rate', '{:,.0f}'):>12}"
               f"{against(samples, w.CATALOGUE, 'rate', who, p.TEN_ROWS):>10}")


def straight(samples):
    yield (f"{'64 KiB ranges at the socket, one by one':48}{'requests/s':>12}{'of floor':>10}{'p50':>10}{'p99':>10}"
           f"{'processor':>12}")
    for who in names(samples, w.STRAIGHT):
        manner = w.NEW if who.endswith(w.NEW) else w.KEPT
        yield (f"{who:48}{cell(samples, w.STRAIGHT, who, 'rate', '{:,.0f}'):>12}"
               f"{against(samples, w.STRAIGHT, 'rate', who, p.FLOOR + manner):>10}"
               f"{cell(samples, w.STRAIGHT, who, 'p50', '{:.0f} us'):>10}"
               f"{cell(samples, w.STRAIGHT, who, 'p99', '{:.0f} us'):>10}"
               f"{cell(samples, w.STRAIGHT, who, 'processor', '{:.1f} us'):>12}")


def parked(samples):
    yield (f"{'viewers parked':24}{'resident':>12}{'fresh p50':>12}{'fresh p99':>12}{'all leave':>12}"
           f"{f'{w.IDLE} s idle':>12}")
    for count in names(samples, w.PARKED):
        yield (f"{count:<24,}{cell(samples, w.PARKED, count, 'memory', '{:.1f} MiB'):>12}"
               f"{cell(samples, w.PARKED, count, 'p50', '{:.0f} us'):>12}"
               f"{cell(samples, w.PARKED, count, 'p99', '{:.0f} us'):>12}"
               f"{cell(samples, w.PARKED, count, 'leaving', '{:.3f} s'):>12}"
               f"{cell(samples, w.IDLING, count, 'processor', '{:.3f} ms'):>12}")


def storage(samples):
    yield (f"{'viewers wait for storage that is':40}{'threads':>8}{'p99 without':>14}{'p99':>12}{'ratio':>8}"
           f"{'resident':>14}")
    for who in names(samples, s.STORAGE):
        kind, count, threads = who
        ratio = median_of(samples.ratios_within(s.STORAGE, who, "p99", "alone"))
        yield (f"{f'{kind}, {count:,} viewers':40}{threads:>8}"
               f"{cell(samples, s.STORAGE, who, 'alone', '{:.0f} us'):>14}"
               f"{cell(samples, s.STORAGE, who, 'p99', '{:.0f} us'):>12}{ratio:>8.2f}"
               f"{cell(samples, s.STORAGE, who, 'memory', '{:.1f} MiB'):>14}")


def text(absent, samples, rules, seconds, others):
    """The whole report; `absent` says what could not be had, `rules` are the lines about the rules alone, `others` is
    what strangers took of the machine."""
    parts = [
        head(absent, seconds, others),
        goal_lines(samples),
        chain(samples),
        served(samples, w.WHOLE, "1 GiB whole, one at a time", "MB/s"),
        served(samples, w.RANGES, "64 KiB ranges, 16 at a time", "requests/s"),
        catalogue(samples),
        straight(samples),
        parked(samples),
        storage(samples),
        rules,
    ]
    return "\n\n".join("\n".join(line.rstrip() for line in part) for part in parts) + "\n"
