"""What somebody works out who has kept every edition of a year and a linear program (A11)."""

import datetime
from functools import cache

import numpy as np
import pytest
from scipy import sparse

from analysis import disclosure
from analysis.disclosure import claims
from analysis.disclosure.passage import Passage
from analysis.statistics import spans, suppression
from analysis.statistics.spans import Told
from analysis.statistics.suppression import Between
from tests.unit import simulated_year
from tests.unit.editions import LONDON
from tests.unit.simulated_year import TACTICS, Year

ONE = datetime.timedelta(days=1)
WIDTH = 5 - 1e-6
ATTACKED = 30
PAIRS = 10_000


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


def hidden_and_small(attack, year):
    """Withheld figures of one to four, or of none where the city is not told to have none."""
    empty = [days for series, days, shown, *_ in attack.told if shown == 0]
    rows = [(series, days, row, year.true(series, days)) for series, days, row in attack.hidden()]
    return [
        one
        for one in rows
        if one[-1] < 5
        and not any(first <= one[1][0] and one[1][1] <= last for first, last in empty)
    ]


def most_exposed(attack, rows, many):
    """Those that the figures of their own place alone narrow most."""

    def most(row):
        series, (first, last), *_ = row
        told = [
            Told(days[0].toordinal(), days[1].toordinal() + 1, low, high)
            for other, days, _, low, high in attack.told
            if other == series
        ]
        return spans.reach(told, [(first.toordinal(), last.toordinal() + 1)])[0].high

    return sorted(rows, key=most)[:many]


def leaks(attack, rows):
    """What an attacker can narrow below five values, one after the other."""
    for series, days, row, true in rows:
        found = attack.work_out(row, true)
        if found.high - found.low < WIDTH:
            yield series, days, true, found


@cache
def told(seed):
    year = Year(seed)
    return year, simulated_year.told(year)


@pytest.mark.parametrize("kind", ["complaints", "open", "uses"])
def test_A11_a_year_of_editions_tells_no_small_count(kind):
    year, editions = told(2008)
    attack = Attack(kind, editions, year.places)
    rows = most_exposed(attack, hidden_and_small(attack, year), ATTACKED)
    assert len(rows) == ATTACKED
    assert list(leaks(attack, rows)) == []


@pytest.mark.parametrize("missing", ["wide", "complement"])
def test_without_either_half_of_the_gate_the_attacker_wins(missing, monkeypatch):
    """Otherwise the test above could not fail."""
    monkeypatch.setattr(Passage, missing, lambda *_: True)
    year = Year(seed=2008)
    attack = Attack("uses", simulated_year.told(year), year.places)
    rows = most_exposed(attack, hidden_and_small(attack, year), ATTACKED)
    assert next(leaks(attack, rows), None)


def test_exact_rates_would_tell_small_counts():
    """Why a rate is one of the rounded count: from exact ones each week follows."""
    year, editions = told(2008)
    attack = Attack("complaints", editions, year.places)
    for i, (series, days, shown, *_) in enumerate(attack.told):
        if shown and shown >= disclosure.FEWEST_FOR_RATE:
            attack.low[i] = attack.high[i] = year.true(series, days)
    rows = most_exposed(attack, hidden_and_small(attack, year), ATTACKED)
    assert next(leaks(attack, rows), None)


def test_no_two_figures_of_a_year_isolate_a_few():
    """10,000 pairs of which one contains the other: what lies between is wide, or not small."""
    year, editions = told(2008)
    dice, tried = np.random.default_rng(2009), 0
    for kind in ("complaints", "open", "uses"):
        attack = Attack(kind, editions, year.places)
        shown = np.flatnonzero(np.isfinite(attack.high) & (attack.high > 0))
        tried += pairs(attack, shown, dice)
    assert tried >= PAIRS


def pairs(attack, shown, dice):
    """How many pairs of nested figures were tried; every one must keep its difference wide."""
    tried = 0
    while tried < PAIRS / 3:
        whole, part = dice.choice(shown, 2, replace=False)
        if (attack.figures[whole] >= attack.figures[part]).all():
            tried += 1
            low = max(0.0, attack.low[whole] - attack.high[part])
            high = attack.high[whole] - attack.low[part]
            same = (attack.figures[whole] == attack.figures[part]).all()
            assert same or low >= 5 or high - low >= WIDTH, (attack.told[whole], attack.told[part])
    return tried
