"""Owns the figures of all rounds: medians of them and their spread, and ratios between two that were measured in turn.

SPDX-License-Identifier: MIT
"""
import collections
import statistics


def median_of(values):
    return statistics.median(values) if values else None


def middle_half(values):
    """Between which values the middle half of them lies."""
    low, _, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else (*values, 0, *values)
    return low, high


class Samples:
    """Figures by kind of work, who did it, and what was measured; one value a round."""

    def __init__(self):
        self.values = collections.defaultdict(list)
        self.asked = set()  # kinds of work whose figures were asked for

    def add(self, work, who, **figures):
        for figure, value in figures.items():
            self.values[work, who, figure].append(value)

    def has(self, work, who, figure):
        return (work, who, figure) in self.values

    def median(self, work, who, figure):
        return statistics.median(self.values[work, who, figure])

    def all(self, work, who, figure):
        """The values of all rounds; none where it was not measured."""
        self.asked.add(work)
        return self.values.get((work, who, figure), [])

    def ratios(self, figure, one, other):
        """The rounds' ratios: what slows the whole machine down for a while does not move them. `one` and `other` are
        pairs of work and who. None where one of them was not measured."""
        return [a / b for a, b in zip(self.all(*one, figure), self.all(*other, figure))]

    def differences(self, figure, one, other):
        """The same for what one has more than the other."""
        return [a - b for a, b in zip(self.all(*one, figure), self.all(*other, figure))]

    def ratios_within(self, work, who, figure, other):
        """The same for two figures of one peer."""
        return [a / b for a, b in zip(self.all(work, who, figure), self.all(work, who, other))]

    def ratio(self, figure, one, other):
        """The median of the rounds' ratios; None if there are none."""
        return median_of(self.ratios(figure, one, other))

    def rounds(self, work):
        return max((len(values) for key, values in self.values.items() if key[0] == work), default=0)
