"""What somebody works out who has kept every edition of a year and a linear program (A11)."""

import datetime
import math
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from scipy import sparse

from analysis import disclosure
from analysis.disclosure import claims
from analysis.disclosure.counts import TEXTS, Rule
from analysis.disclosure.passage import Passage
from analysis.statistics import spans, suppression
from analysis.statistics.suppression import Between
from tests.unit import simulated_year
from tests.unit.editions import LONDON
from tests.unit.simulated_year import (
    AGES,
    CAMPAIGNS,
    CODE,
    DIMENSIONS,
    KINDS,
    PLACES,
    RESTATED,
    SOURCE,
    TACTICS,
    THEMES,
    Year,
)

ONE = datetime.timedelta(days=1)
WIDTH = 5 - 1e-6
ATTACKED = 6  # of each kind
HALF = 32  # editions of half a year
PAIRS = 10_000


def listed(*series):
    """One row of unknown counts for each of these, by stretch of days."""
    return [(*series, place) for place in PLACES]


GROUPED = {
    dimension: [("group", dimension, CODE, one) for one in of]
    for dimension, of in DIMENSIONS.items()
}
FIRED = {
    dimension: [("fired", dimension, one) for one in of] for dimension, of in DIMENSIONS.items()
}
BY_TACTIC = [("tactic", one) for one in TACTICS]
CELLS = [("restated", SOURCE, tactic, place) for place in RESTATED for tactic in TACTICS]
LETTERS = [("campaign", name, "open") for name in CAMPAIGNS]
# What is told of one kind of event in different ways hangs together: rows of unknown counts, and
# which of them are together as many as, or no more than, others.
ACCOUNTS = {
    "complaints": [*listed("complaints"), ("about", LONDON)],
    "open": [
        *listed("open"),
        *(row for theme in THEMES for row in listed("theme", "open", theme)),
        *(row for theme in THEMES for row in listed("others", "open", theme)),
        *LETTERS,
    ],
    "sampled": listed("sampled"),
    "uses": [
        *listed("uses"),
        *BY_TACTIC,
        *(row for rows in (*GROUPED.values(), *FIRED.values()) for row in rows),
        ("persons", "mental"),
        *CELLS,
    ],
}
SAME = {
    "uses": [
        *((listed("uses"), rows) for rows in (BY_TACTIC, *GROUPED.values())),
        *((rows, [("tactic", "fired")]) for rows in FIRED.values()),
        *(([one for one in CELLS if one[3] == place], [("uses", place)]) for place in RESTATED),
    ]
}
NO_MORE = {
    "complaints": [([("about", LONDON)], listed("complaints"))],
    "open": [
        *(
            ([("theme", "open", theme, place)], [("open", place)])
            for theme in THEMES
            for place in PLACES
        ),
        *(
            ([("others", "open", theme, place)], [("theme", "open", theme, place)])
            for theme in THEMES
            for place in PLACES
        ),
        (LETTERS, listed("open")),
    ],
    "uses": [
        ([("persons", "mental")], listed("uses")),
        *(
            ([fired], [row])
            for dimension in DIMENSIONS
            for fired, row in zip(FIRED[dimension], GROUPED[dimension], strict=True)
        ),
        *(([one for one in CELLS if one[2] == tactic], [("tactic", tactic)]) for tactic in TACTICS),
    ],
}


def rows_of(series):
    """The rows of unknown counts that a series is the sum of."""
    kind, *_, last = series
    if kind == "all voices":
        return listed(last)
    if kind == "recoded":
        return listed("theme", *series[1:])
    if kind == "voices":
        return rows_of(("others", *series[1:]))
    if last == LONDON and kind != "about":
        return listed(*series[:-1])
    if kind == "drawn":
        return [("group", series[1], CODE, last)]
    if kind == "persons" and last in KINDS:
        return [("group", "age", CODE, band) for band in AGES if band in KINDS[last]]
    return [series]


class Figure(NamedTuple):
    """A count as some edition told it."""

    series: tuple[str, ...]
    days: tuple[datetime.date, datetime.date]
    shown: int | None
    rule: Rule


def unheard(edition):
    """The campaigns that an edition does not name."""
    named = {one.id for one in edition.campaigns}
    for series in LETTERS:
        if series[1] not in named:
            yield claims.Claim(series, claims.index_window(edition), None, TEXTS)


def bounds(one):
    """What is known of a figure: of voices, that up to so many campaigns are among them."""
    limits = one.rule.bounds(one.shown)
    if one.series[0] in ("voices", "all voices") and one.shown:
        return limits._replace(low=max(limits.low - len(CAMPAIGNS), 0))
    return limits


class Attack:
    """All that was told of one account, over unknown counts by row and stretch of days.

    Stretches run from each day on which some figure begins or ends to the next.
    """

    def __init__(self, account, editions):
        self.rows = ACCOUNTS[account]
        told = {
            Figure(*one)
            for edition in editions
            for one in (*claims.of(edition), *unheard(edition))
            if rows_of(one.series)[0] in self.rows
        }
        self.told = sorted(told, key=str)
        edges = {day for one in self.told for day in (one.days[0], one.days[1] + ONE)}
        self.edges = sorted(edges)
        self.figures = np.array([self.cells(one.series, one.days) for one in self.told])
        limits = [bounds(one) for one in self.told]
        self.low, self.high = (np.array(ends, dtype=float) for ends in zip(*limits, strict=True))
        same = [self.stretches(rows, others) for rows, others in SAME.get(account, ())]
        no_more = [self.stretches(rows, others) for rows, others in NO_MORE.get(account, ())]
        self.links = np.vstack([np.empty((0, self.figures.shape[1])), *same, *no_more])
        self.least = np.zeros(len(self.links))
        self.least[sum(map(len, same)) :] = -math.inf

    @property
    def empty(self):
        """Stretches that lie in days of which the whole city was told to have none."""
        days = [one.days for one in self.told if one.shown == 0]
        return np.array([any(a <= edge <= b for a, b in days) for edge in self.edges[:-1]])

    def cells(self, series, days):
        """Which unknown counts a figure is the sum of."""
        inside = np.array([days[0] <= edge <= days[1] for edge in self.edges[:-1]], dtype=float)
        sign = np.zeros(len(self.rows))
        sign[self.numbers(rows_of(series))] = 1
        if series == ("all voices", "open"):
            sign[self.numbers(LETTERS)] = -1
        return np.outer(sign, inside).ravel()

    def numbers(self, rows):
        return [self.rows.index(row) for row in rows]

    def stretches(self, rows, others):
        """In each stretch: the counts of some rows less those of others."""
        sign = np.zeros(len(self.rows))
        sign[self.numbers(rows)], sign[self.numbers(others)] = 1, -1
        return np.kron(sign, np.eye(len(self.edges) - 1))

    def hidden(self):
        """The figures that some edition withheld, and whose cells they are."""
        return [
            (one, row)
            for one, row in zip(self.told, self.figures, strict=True)
            if one.shown is None
        ]

    def work_out(self, row, true):
        """Bounds of a hidden figure, as one more unknown that equals its cells.

        Where it may be five more than it is, nobody need ask how little it may be.
        """
        known, cell = sparse.csr_array(np.vstack([self.figures, self.links])), row.size
        whole = sparse.block_array([[known, None], [row[None], -np.ones((1, 1))]], format="csr")
        low = np.concatenate([self.low, self.least, [0.0]])
        high = np.concatenate([self.high, np.zeros(len(self.links) + 1)])
        most = suppression.extreme(whole, low, high, cell)
        if most >= true + 5:
            return Between(0, most)
        return Between(suppression.extreme(whole, low, high, cell, least=True), most)


def hidden_and_small(attack, year):
    """Withheld figures too small to be told, or of none where the city is not told to have none.

    A campaign of which no text came is in no table: there is nothing to withhold.
    """
    rows = [(one, row, year.true(one.series, one.days)) for one, row in attack.hidden()]
    return [
        (one, row, true)
        for one, row, true in rows
        if (true or one.series[0] != "campaign")
        and true < one.rule.fewest
        and row.reshape(len(attack.rows), -1)[:, ~attack.empty].any()
    ]


def most_exposed(attack, rows, many):
    """Those of each kind of figure that the figures of their own series alone narrow most."""
    series = {}
    for one in attack.told:
        series.setdefault(one.series, []).append(disclosure.claims.Claim(*one).told)

    def most(row):
        first, last = row[0].days
        span = first.toordinal(), last.toordinal() + 1
        return spans.reach(series[row[0].series], [span])[0].high

    kinds = {}
    for row in sorted(rows, key=most):
        kinds.setdefault(row[0].series[0], []).append(row)
    return [row for of_kind in kinds.values() for row in of_kind[:many]]


def leaks(attack, rows):
    """What an attacker can narrow below five values, one after the other."""
    for one, row, true in rows:
        found = attack.work_out(row, true)
        if found.high - found.low < WIDTH:
            yield one.series, one.days, true, found


@cache
def told(seed):
    year = Year(seed)
    return year, simulated_year.told(year)


def test_A11_half_a_year_of_editions_tells_no_small_count_of_complaints():
    """The quick form of the test below."""
    year = Year(seed=2008)
    attack = Attack("complaints", simulated_year.told(year, HALF))
    rows = most_exposed(attack, hidden_and_small(attack, year), ATTACKED)
    assert len(rows) >= ATTACKED
    assert list(leaks(attack, rows)) == []


@pytest.mark.slow
@pytest.mark.parametrize("account", ACCOUNTS)
def test_A11_a_year_of_editions_tells_no_small_count(account):
    year, editions = told(2008)
    attack = Attack(account, editions)
    rows = most_exposed(attack, hidden_and_small(attack, year), ATTACKED)
    assert len(rows) >= ATTACKED
    assert list(leaks(attack, rows)) == []


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["wide", "complement"])
def test_without_either_half_of_the_gate_the_attacker_wins(missing, monkeypatch):
    """Otherwise the test above could not fail."""
    monkeypatch.setattr(Passage, missing, lambda *_: True)
    year = Year(seed=2008)
    attack = Attack("complaints", simulated_year.told(year, HALF))
    rows = most_exposed(attack, hidden_and_small(attack, year), ATTACKED)
    assert next(leaks(attack, rows), None)


@pytest.mark.slow
def test_without_what_hangs_together_the_attacker_wins(monkeypatch):
    """Children are among all on whom a device was used, and among the ages."""
    monkeypatch.setattr(claims, "wholes_of", lambda *_: ())
    year = Year(seed=2008)
    attack = Attack("uses", simulated_year.told(year, HALF))
    small = [one for one in hidden_and_small(attack, year) if one[0].series[0] == "persons"]
    assert next(leaks(attack, most_exposed(attack, small, 3 * ATTACKED)), None)


@pytest.mark.slow
def test_exact_rates_would_tell_small_counts():
    """Why a rate is one of the rounded count: from exact ones each week follows."""
    year, editions = told(2008)
    attack = Attack("complaints", editions)
    for i, one in enumerate(attack.told):
        if one.shown and one.shown >= disclosure.FEWEST_FOR_RATE:
            attack.low[i] = attack.high[i] = year.true(one.series, one.days)
    rows = most_exposed(attack, hidden_and_small(attack, year), ATTACKED)
    assert next(leaks(attack, rows), None)


@pytest.mark.slow
def test_no_two_figures_of_a_year_isolate_a_few():
    """10,000 pairs of which one contains the other: what lies between is wide, or not small."""
    _, editions = told(2008)
    dice, tried = np.random.default_rng(2009), 0
    for account in ACCOUNTS:
        attack = Attack(account, editions)
        plain = (attack.figures >= 0).all(axis=1)
        shown = np.flatnonzero(np.isfinite(attack.high) & (attack.high > 0) & plain)
        tried += pairs(attack, shown, dice)
    assert tried >= PAIRS


def pairs(attack, shown, dice):
    """How many pairs of nested figures were tried; every one must keep its difference wide."""
    tried, figures = 0, attack.figures > 0
    while tried < PAIRS / len(ACCOUNTS):
        whole = dice.choice(shown)
        inside = shown[(figures[whole] >= figures[shown]).all(axis=1)]
        parts = dice.permutation(inside[inside != whole])[:10]
        tried += len(parts)
        for part in parts:
            low = max(0.0, attack.low[whole] - attack.high[part])
            high = attack.high[whole] - attack.low[part]
            between = (figures[whole] & ~figures[part]).reshape(len(attack.rows), -1)
            nothing = not between[:, ~attack.empty].any()
            small = low < 5 and high - low < WIDTH
            assert nothing or not small, (attack.told[whole], attack.told[part])
    return tried
