"""Owns reading tests/http-cases.txt, whose head explains its form.

SPDX-License-Identifier: MIT
"""
import dataclasses
import datetime
import re

import support
import ways

TABLE = support.ROOT / "tests/http-cases.txt"

GENERATOR = re.compile(r"\{(?:(\d+) \* ([^{}]*)|i=(\d+)\.\.(\d+): ([^{}]*))\}")
DATE = re.compile(r"<mtime(?:([+-])(\d+)([sd]))?(?: (rfc850|asctime))?>")
FORMS = {None: "%a, %d %b %Y %H:%M:%S GMT", "rfc850": "%A, %d-%b-%y %H:%M:%S GMT", "asctime": "%a %b %e %H:%M:%S %Y"}


@dataclasses.dataclass
class Answer:
    status: int
    ranges: list  # of (first_pos, last_pos)


@dataclasses.dataclass
class Row:
    id: str
    clause: str
    video: str  # the complete length, or "none", "pending", "fileless"
    method: str
    fields: list
    answer: Answer
    situation: str
    exceptions: dict  # way -> Answer, of which the status has to come true


def linear(text, i):
    """Replaces [i], [100*i], [100*i+1], [5-i]: sums of numbers and multiples of i."""
    def value(match):
        terms = re.findall(r"[+-]?[^+-]+", match.group(1))
        return str(sum(term_value(term, i) for term in terms))
    return re.sub(r"\[([^\]]*)\]", value, text)


def term_value(term, i):
    sign = -1 if term.startswith("-") else 1
    product = sign
    for factor in term.lstrip("+-").split("*"):
        product *= i if factor == "i" else int(factor)
    return product


def generate(text):
    def expand(match):
        count, repeated, first, last, template = match.groups()
        if count:
            return ",".join([repeated] * int(count))
        first, last = int(first), int(last)
        step = 1 if last >= first else -1
        return ",".join(linear(template, i) for i in range(first, last + step, step))
    return GENERATOR.sub(expand, text)


def unescape(text):
    return re.sub(r"\\(?:t|x([0-9a-fA-F]{2}))", lambda m: chr(int(m.group(1), 16)) if m.group(1) else "\t", text)


def parse_answer(text):
    status, _, ranges = generate(text).partition(" ")
    pairs = [tuple(map(int, pair.split("-"))) for pair in re.split(r", *", ranges)] if ranges else []
    return Answer(int(status), pairs)


def parse_field(text):
    name, separator, value = text.partition(":")
    assert separator, f"{text!r} is no field"
    return name, unescape(generate(value.removeprefix(" ")))


def parse_row(line):
    name, clause, video, request, answer, situation = (part.strip() for part in line.split(" | "))
    method, _, fields = request.partition(" ")
    parsed = [parse_field(field) for field in fields.split(" & ")] if fields else []
    return Row(name, clause, video, method, parsed, parse_answer(answer), situation, {})


def add_exception(row, line):
    names, answer, reason = (part.strip() for part in line.removeprefix("!").split(":", 2))
    assert reason, f"an exception without a reason: {line}"
    for name in names.split(","):
        assert name.strip() in ways.ALL, f"no such way: {name}"
        row.exceptions[name.strip()] = parse_answer(answer)


def read():
    rows = []
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        try:
            if line.startswith("!"):
                add_exception(rows[-1], line)
            elif line.strip() and not line.startswith("#"):
                rows.append(parse_row(line))
        except (ValueError, AssertionError, IndexError) as failure:
            raise RuntimeError(f"{TABLE}:{number}: {failure}") from failure
    names = [row.id for row in rows]
    assert len(set(names)) == len(names), f"twice: {sorted({n for n in names if names.count(n) > 1})}"
    return rows


def fill_in(value, etag):
    """Puts in what the server itself sent."""
    opaque = etag.strip('"')
    for placeholder, text in (("<etag>", etag), ("<opaque>", opaque), ("<etag-unclosed>", etag[:-1]),
                              ("<etag-other-case>", etag.swapcase())):
        value = value.replace(placeholder, text)

    def date(match):
        sign, count, unit, form = match.groups()
        offset = int(f"{sign}{count}") * {"s": 1, "d": 86400}[unit] if sign else 0
        return datetime.datetime.fromtimestamp(ways.MTIME + offset, datetime.timezone.utc).strftime(FORMS[form])
    return DATE.sub(date, value)
