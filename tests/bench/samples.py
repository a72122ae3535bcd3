"""Owns the figures of all rounds: medians of them, and ratios between two that were measured in turn.

SPDX-License-Identifier: MIT
"""
import collections
import statistics


class Samples:
    """Figures by kind of work, who did it, and what was measured; one value a round."""

    def __init__(self):
        self.values = collections.defaultdict(list)

    def add(self, work, who, **figures):
        for figure, value in figures.items():
            self.values[work, who, figure].append(value)

    def has(self, work, who, figure):
        return (work, who, figure) in self.values

    def median(self, work, who, figure):
        return statistics.median(self.values[work, who, figure])

    def ratio(self, figure, one, other):
        """The median of the rounds' ratios: what slows the whole machine down for a while does not move it. `one` and
        `other` are pairs of work and who. None where one of them was not measured."""
        pairs = list(zip(self.values.get((*one, figure), []), self.values.get((*other, figure), [])))
        return statistics.median(a / b for a, b in pairs) if pairs else None

    def ratio_within(self, work, who, figure, other):
        """The same for two figures of one peer."""
        pairs = list(zip(self.values.get((work, who, figure), []), self.values.get((work, who, other), [])))
        return statistics.median(a / b for a, b in pairs) if pairs else None

    def rounds(self, work):
        return max((len(values) for key, values in self.values.items() if key[0] == work), default=0)
