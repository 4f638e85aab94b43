"""What an attacker can derive from every edition of a year by linear programming (criterion
A11).
"""

import datetime
import math
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from scipy import sparse

from analysis import disclosure
from analysis.disclosure import TEXTS, RoundingRule, session
from analysis.disclosure.session import DisclosureSession
from analysis.editions.gate import published_counts
from analysis.statistics import suppression
from analysis.statistics.suppression import FeasibleInterval
from tests import attacks
from tests.analysis.editions import simulated_year
from tests.analysis.editions.made_up_edition import LONDON
from tests.analysis.editions.simulated_year import (
    AGES,
    CAMPAIGNS,
    DIMENSIONS,
    ETHNICITY_CODE,
    KINDS,
    PLACES,
    RESTATED,
    SOURCE,
    TACTICS,
    THEMES,
    UNITS,
    SimulatedYear,
)

ONE_DAY = datetime.timedelta(days=1)
WIDTH = 5 - 1e-6
ATTACKED_OF_EACH_KIND = 6  # figures of each kind
EDITIONS_OF_HALF_A_YEAR = 32  # editions of half a year
PAIRS = 10_000


def rows_by_place(*series):
    """One row of unknown counts for each place."""
    return [(*series, place) for place in PLACES]


GROUP_ROWS = {
    dimension: [("group", dimension, ETHNICITY_CODE, one) for one in of]
    for dimension, of in DIMENSIONS.items()
}
FIRED_ROWS = {
    dimension: [("fired", dimension, one) for one in of] for dimension, of in DIMENSIONS.items()
}
TACTIC_ROWS = [("tactic", one) for one in TACTICS]
RESTATED_ROWS = [("restated", SOURCE, tactic, place) for place in RESTATED for tactic in TACTICS]
SENT_ROWS = [("sent", "partial"), ("sent", "broken_off")]
CAMPAIGN_ROWS = [("campaign", name, "open") for name in CAMPAIGNS]
# Figures about one kind of event depend on each other: rows of unknown counts, and which of
# them add
# up to the same as, or to no more than, others.
ACCOUNTS = {
    "complaints": [*rows_by_place("complaints"), ("about", LONDON)],
    "open": [
        *rows_by_place("open"),
        *(row for theme in THEMES for row in rows_by_place("theme", "open", theme)),
        *(row for theme in THEMES for row in rows_by_place("others", "open", theme)),
        *CAMPAIGN_ROWS,
    ],
    "sampled": [*rows_by_place("sampled"), *rows_by_place("complete"), *SENT_ROWS],
    "uses": [
        *rows_by_place("uses"),
        *TACTIC_ROWS,
        *(row for rows in (*GROUP_ROWS.values(), *FIRED_ROWS.values()) for row in rows),
        ("persons", "mental"),
        *RESTATED_ROWS,
    ],
}
SAME = {
    "sampled": [(rows_by_place("sampled"), [*rows_by_place("complete"), *SENT_ROWS])],
    "uses": [
        *((rows_by_place("uses"), rows) for rows in (TACTIC_ROWS, *GROUP_ROWS.values())),
        *((rows, [("tactic", "fired")]) for rows in FIRED_ROWS.values()),
        *(
            ([one for one in RESTATED_ROWS if one[3] == place], [("uses", place)])
            for place in RESTATED
        ),
    ],
}
NO_MORE = {
    "sampled": [([("complete", place)], [("sampled", place)]) for place in PLACES],
    "complaints": [([("about", LONDON)], rows_by_place("complaints"))],
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
        (CAMPAIGN_ROWS, rows_by_place("open")),
    ],
    "uses": [
        ([("persons", "mental")], rows_by_place("uses")),
        *(
            ([fired], [row])
            for dimension in DIMENSIONS
            for fired, row in zip(FIRED_ROWS[dimension], GROUP_ROWS[dimension], strict=True)
        ),
        *(
            ([one for one in RESTATED_ROWS if one[2] == tactic], [("tactic", tactic)])
            for tactic in TACTICS
        ),
    ],
}


def rows_of(series):
    """The rows of unknown counts that a series is the sum of."""
    kind, *_, last = series
    if kind == "all voices":
        return rows_by_place(last)
    if series == ("sent", "complete"):
        return rows_by_place("complete")
    if kind == "recoded":
        return rows_by_place("theme", *series[1:])
    if kind.endswith(" by group"):
        group = next(group for group in UNITS.groups if group.code == last)
        return [(kind.removesuffix(" by group"), place) for place in group.areas]
    if kind == "voices":
        return rows_of(("others", *series[1:]))
    if last == LONDON and kind != "about":
        return rows_by_place(*series[:-1])
    if kind == "drawn":
        return [("group", series[1], ETHNICITY_CODE, last)]
    if kind == "persons" and last in KINDS:
        return [("group", "age", ETHNICITY_CODE, band) for band in AGES if band in KINDS[last]]
    return [series]


class PublishedFigure(NamedTuple):
    """A count as an edition published it."""

    series: tuple[str, ...]
    days: tuple[datetime.date, datetime.date]
    shown: int | None
    rule: RoundingRule


def unnamed_campaigns(edition):
    """A withheld count for each campaign that an edition does not name."""
    named = {one.id for one in edition.campaigns}
    for series in CAMPAIGN_ROWS:
        if series[1] not in named:
            yield disclosure.PublishedCount(series, disclosure.text_days(edition), None, TEXTS)


def known_interval(one):
    """The interval known for a figure; where a campaign counts once, it may be part of the
    count.
    """
    limits = one.rule.bounds(one.shown)
    if one.series[0] in ("voices", "all voices") and one.shown:
        return limits._replace(low=max(limits.low - len(CAMPAIGNS), 0))
    return limits


class DisclosureAttack:
    """All figures published about one account, as constraints on unknown counts by row and stretch
    of days.

    A stretch runs from one day on which some figure begins or ends to the next such day.
    """

    def __init__(self, account, editions):
        self.rows = ACCOUNTS[account]
        public_figures = {
            PublishedFigure(*one[:4])
            for edition in editions
            for one in (*published_counts(edition), *unnamed_campaigns(edition))
            if rows_of(one.series)[0] in self.rows
        }
        self.told = sorted(public_figures, key=str)
        edges = {day for one in self.told for day in (one.days[0], one.days[1] + ONE_DAY)}
        self.edges = sorted(edges)
        self.figures = np.array([self.cells(one.series, one.days) for one in self.told])
        limits = [known_interval(one) for one in self.told]
        self.low, self.high = (np.array(ends, dtype=float) for ends in zip(*limits, strict=True))
        same = [self.stretches(rows, others) for rows, others in SAME.get(account, ())]
        no_more = [self.stretches(rows, others) for rows, others in NO_MORE.get(account, ())]
        self.links = np.vstack([np.empty((0, self.figures.shape[1])), *same, *no_more])
        self.least = np.zeros(len(self.links))
        self.least[sum(map(len, same)) :] = -math.inf

    @property
    def empty(self):
        """Which stretches lie within days for which the whole city's count was published as 0."""
        days = [one.days for one in self.told if one.shown == 0]
        return np.array([any(a <= edge <= b for a, b in days) for edge in self.edges[:-1]])

    def cells(self, series, days):
        """Which unknown counts a figure is the sum of."""
        inside = np.array([days[0] <= edge <= days[1] for edge in self.edges[:-1]], dtype=float)
        sign = np.zeros(len(self.rows))
        sign[self.numbers(rows_of(series))] = 1
        if series == ("all voices", "open"):
            sign[self.numbers(CAMPAIGN_ROWS)] = -1
        return np.outer(sign, inside).ravel()

    def numbers(self, rows):
        return [self.rows.index(row) for row in rows]

    def stretches(self, rows, others):
        """One constraint for each stretch: the counts of some rows less those of others."""
        sign = np.zeros(len(self.rows))
        sign[self.numbers(rows)], sign[self.numbers(others)] = 1, -1
        return np.kron(sign, np.eye(len(self.edges) - 1))

    def hidden(self):
        """Each figure that some edition withheld, and the unknown counts that it is the sum of."""
        return [
            (one, row)
            for one, row in zip(self.told, self.figures, strict=True)
            if one.shown is None
        ]

    def work_out(self, row, true):
        """The interval of a hidden figure, found as one more unknown that equals the sum of its
        cells.

        If the upper end is at least five above the true count, 0 is returned as the lower end.
        """
        known, cell = sparse.csr_array(np.vstack([self.figures, self.links])), row.size
        whole = sparse.block_array([[known, None], [row[None], -np.ones((1, 1))]], format="csr")
        low = np.concatenate([self.low, self.least, [0.0]])
        high = np.concatenate([self.high, np.zeros(len(self.links) + 1)])
        most = attacks.cell_bound(whole, low, high, cell)
        if most >= true + 5:
            return FeasibleInterval(0, most)
        return FeasibleInterval(attacks.cell_bound(whole, low, high, cell, least=True), most)


def small_hidden_figures(attack, year):
    """Withheld figures that are too small to be published, with their cells and their true counts.

    Figures of days on which the city is known to have none are left out, and campaigns without a
    text: these are in no table, so there is nothing to withhold.
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
    """For each kind of figure, the `many` that the other figures of their own series narrow
    most.
    """
    series = {}
    for one in attack.told:
        series.setdefault(one.series, []).append(disclosure.PublishedCount(*one).span)

    def most(row):
        first, last = row[0].days
        span = first.toordinal(), last.toordinal() + 1
        return suppression.span_bounds(series[row[0].series], [span])[0].high

    kinds = {}
    for row in sorted(rows, key=most):
        kinds.setdefault(row[0].series[0], []).append(row)
    return [row for of_kind in kinds.values() for row in of_kind[:many]]


def leaks(attack, rows):
    """Each figure that an attacker can narrow to fewer than five possible values."""
    for one, row, true in rows:
        found = attack.work_out(row, true)
        if found.high - found.low < WIDTH:
            yield one.series, one.days, true, found


@cache
def year_with_editions(seed):
    year = SimulatedYear(seed)
    return year, simulated_year.published_editions(year)


@pytest.mark.slow
def test_A11_half_a_year_of_editions_tells_no_small_count_of_complaints():
    """The quick form of the test below."""
    year = SimulatedYear(seed=2008)
    attack = DisclosureAttack(
        "complaints", simulated_year.published_editions(year, EDITIONS_OF_HALF_A_YEAR)
    )
    rows = most_exposed(attack, small_hidden_figures(attack, year), ATTACKED_OF_EACH_KIND)
    assert len(rows) >= ATTACKED_OF_EACH_KIND
    assert list(leaks(attack, rows)) == []


@pytest.mark.slow
@pytest.mark.parametrize("account", ACCOUNTS)
def test_A11_a_year_of_editions_tells_no_small_count(account):
    year, editions = year_with_editions(2008)
    attack = DisclosureAttack(account, editions)
    rows = most_exposed(attack, small_hidden_figures(attack, year), ATTACKED_OF_EACH_KIND)
    assert len(rows) >= ATTACKED_OF_EACH_KIND
    assert list(leaks(attack, rows)) == []


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["wide", "complement"])
def test_without_either_half_of_the_gate_the_attacker_wins(missing, monkeypatch):
    """Otherwise the test above could not fail."""
    monkeypatch.setattr(DisclosureSession, missing, lambda *_: True)
    year = SimulatedYear(seed=2008)
    attack = DisclosureAttack(
        "complaints", simulated_year.published_editions(year, EDITIONS_OF_HALF_A_YEAR)
    )
    rows = most_exposed(attack, small_hidden_figures(attack, year), ATTACKED_OF_EACH_KIND)
    assert next(leaks(attack, rows), None)


@pytest.mark.slow
def test_without_what_hangs_together_the_attacker_wins(monkeypatch):
    """Uses on children are among all uses, and among those by age."""
    monkeypatch.setattr(session, "enclosing_series", lambda *_: ())
    year = SimulatedYear(seed=2008)
    attack = DisclosureAttack(
        "uses", simulated_year.published_editions(year, EDITIONS_OF_HALF_A_YEAR)
    )
    small = [one for one in small_hidden_figures(attack, year) if one[0].series[0] == "persons"]
    assert next(leaks(attack, most_exposed(attack, small, 3 * ATTACKED_OF_EACH_KIND)), None)


@pytest.mark.slow
def test_exact_rates_would_tell_small_counts():
    """This is why a rate is that of the rounded count: exact rates would reveal each week's
    count.
    """
    year, editions = year_with_editions(2008)
    attack = DisclosureAttack("complaints", editions)
    for i, one in enumerate(attack.told):
        if one.shown and one.shown >= disclosure.FEWEST_FOR_RATE:
            attack.low[i] = attack.high[i] = year.true(one.series, one.days)
    rows = most_exposed(attack, small_hidden_figures(attack, year), ATTACKED_OF_EACH_KIND)
    assert next(leaks(attack, rows), None)


@pytest.mark.slow
def test_no_two_figures_of_a_year_isolate_a_few():
    """10,000 pairs of nested figures: no difference between two is known to be small."""
    _, editions = year_with_editions(2008)
    dice, tried = np.random.default_rng(2009), 0
    for account in ACCOUNTS:
        attack = DisclosureAttack(account, editions)
        plain = (attack.figures >= 0).all(axis=1)
        shown = np.flatnonzero(np.isfinite(attack.high) & (attack.high > 0) & plain)
        tried += check_nested_pairs(attack, shown, dice)
    assert tried >= PAIRS


def check_nested_pairs(attack, shown, dice):
    """Check that the difference of nested figures stays wide; returns how many pairs were tried."""
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
