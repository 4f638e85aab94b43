"""What somebody works out who has kept every edition of a year and a linear program (A11)."""

import datetime

import numpy as np
from scipy import sparse

from analysis.disclosure import claims
from analysis.statistics import suppression
from analysis.statistics.suppression import Between
from tests.unit.editions import LONDON
from tests.unit.simulated_year import TACTICS

ONE = datetime.timedelta(days=1)
WIDTH = 5 - 1e-6
SEEDS = (1, 2)


class Attack:
    """All that was told of one kind, over unknown counts by place and stretch of days.

    Stretches run from each day on which some figure begins or ends to the next. What is told of
    tactics bears on the same days: the city's uses by place and by tactic are equally many.
    """

    def __init__(self, kind, editions, places):
        self.told = sorted({
            (one.series, one.days, one.shown, one.told.low, one.told.high)
            for edition in editions
            for one in claims.of(edition)
            if one.series[0] in (kind, "tactic" if kind == "uses" else kind)
        }, key=str)  # fmt: skip
        edges = {day for _, (first, last), *_ in self.told for day in (first, last + ONE)}
        self.edges = sorted(edges)
        self.rows = [(kind, place) for place in places]
        self.rows += [("tactic", tactic) for tactic in TACTICS] if kind == "uses" else []
        self.city = (kind, LONDON)
        self.figures = np.array([self.cells(series, days) for series, days, *_ in self.told])
        self.low = np.array([low for *_, low, _ in self.told])
        self.high = np.array([high for *_, high in self.told])

    def cells(self, series, days):
        """Which unknown counts a figure is the sum of; the last columns hold the hidden figures."""
        inside = [days[0] <= edge <= days[1] for edge in self.edges[:-1]]
        mine = [series == row or (series == self.city == (row[0], LONDON)) for row in self.rows]
        return np.outer(mine, inside).ravel()

    def hidden(self):
        """The figures that some edition withheld: series, days and whose cells they are."""
        return [
            (series, days, row)
            for (series, days, shown, *_), row in zip(self.told, self.figures, strict=True)
            if shown is None
        ]

    def work_out(self, row, true):
        """Bounds of a hidden figure, as one more unknown that equals its cells.

        Where it may be five more than it is, nobody need ask how little it may be.
        """
        told, low, high = self.figures, self.low, self.high
        if ("tactic", TACTICS[0]) in self.rows:
            told, low, high = self.with_tactics(told, low, high)
        blocks = [[told, np.zeros((len(told), 1))], [row[None], -np.ones((1, 1))]]
        whole, cell = sparse.csr_array(np.block(blocks)), told.shape[1]
        low, high = np.append(low, 0.0), np.append(high, 0.0)
        most = suppression.extreme(whole, low, high, cell)
        if most >= true + 5:
            return Between(0, most)
        return Between(suppression.extreme(whole, low, high, cell, least=True), most)

    def with_tactics(self, told, low, high):
        stretches = len(self.edges) - 1
        sign = np.repeat([1 if row[0] == "uses" else -1 for row in self.rows], stretches)
        same = np.tile(np.eye(stretches), len(self.rows)) * sign
        none = np.zeros(stretches)
        return np.vstack([told, same]), np.append(low, none), np.append(high, none)


def leaks(kind, year, editions, most=None):
    """How many small hidden figures were attacked, and those narrowed below five values."""
    attack = Attack(kind, editions, year.places)
    empty = [days for series, days, shown, *_ in attack.told if shown == 0]
    rows = [
        (series, days, row, year.true(series, days))
        for series, days, row in attack.hidden()
        if not any(first <= days[0] and days[1] <= last for first, last in empty)
    ]
    small = [one for one in rows if one[-1] < 5]
    if most and len(small) > most:
        small = [small[i] for i in np.random.default_rng(0).choice(len(small), most, replace=False)]
    found = [attack.work_out(row, true) for *_, row, true in small]
    return len(small), [
        (series, days, true, one)
        for (series, days, _, true), one in zip(small, found, strict=True)
        if one.high - one.low < WIDTH
    ]
