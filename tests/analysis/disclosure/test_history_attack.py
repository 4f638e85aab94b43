"""Twelve weeks of editions with their histories, while complaints come late and others are erased:
who could work out a small count by linear programming?

Each edition counts what is stored on its day, so the same days have other counts in another
edition. The attacker even knows how many complaints came late or were erased in each week, though
no edition says so; what they do not know is where, and of which days.
"""

import datetime
import itertools
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from msgspec.structs import replace
from scipy import sparse

from analysis.disclosure import EVENTS
from analysis.editions import gate
from analysis.editions.chapters import history
from survey.editions.caseload import ReceivedCounts
from tests import attacks
from tests.analysis.editions.made_up_edition import LONDON, bare_edition
from tests.analysis.editions.simulated_year import (
    ONE_DAY,
    PLACES,
    WINDOW,
    SimulatedEvents,
    SimulatedYear,
    day_number,
    edition_periods,
)

EDITIONS = 12
LATE_SHARE, ERASED_SHARE = 0.08, 0.05
SEED = 2008
ATTACKED = 24
NARROW = 5 - 1e-6


class ChangingYear(SimulatedYear):
    """A year of complaints of which some are known late, and some are erased later."""

    def __init__(self, seed):
        super().__init__(seed)
        self.every = self.kinds["complaints"]
        dice, many = np.random.default_rng((seed, 2)), len(self.every.day)
        self.known_on = self.every.day + np.where(
            dice.random(many) < LATE_SHARE, dice.integers(7, 60, many), 0
        )
        self.erased_on = self.every.day + np.where(
            dice.random(many) < ERASED_SHARE, dice.integers(7, 60, many), 10_000
        )

    def as_of(self, day):
        """The year with the complaints that are stored at the end of a day."""
        there = (self.known_on <= day) & (day < self.erased_on)
        self.kinds["complaints"] = SimulatedEvents(
            self.every.day[there],
            self.every.place[there],
            {name: column[there] for name, column in self.every.columns.items()},
        )
        return self

    def edition_of_week(self, start, end):
        """The edition of a week, from what is stored on its last day, before the gate."""
        self.as_of(day_number(end))
        since = end - (WINDOW - 1) * ONE_DAY
        counts = [
            ReceivedCounts(
                domain=name,
                sampled=None,
                open=None,
                complaints=self.true(("complaints", name), (start, end)),
            )
            for name in (LONDON, *PLACES)
        ]
        return replace(
            bare_edition(),
            kind="weekly",
            start=start,
            end=end,
            rates_from=since,
            complaints=self.rates("complaints", (since, end)),
            received=tuple(counts),
        )

    def changes(self, ends):
        """How many complaints came late, and how many were erased, between each two editions."""
        for before, after in itertools.pairwise(ends):
            first, last = day_number(before), day_number(after)
            old = self.every.day <= first
            late = old & (self.known_on > first) & (self.known_on <= last)
            gone = old & (self.known_on <= first) & (first < self.erased_on)
            yield int(late.sum()), int((gone & (self.erased_on <= last)).sum())


class ToldCount(NamedTuple):
    """A count as it was told; `told` is the number of the edition on whose day it was counted."""

    series: tuple[str, ...]
    days: tuple[datetime.date, datetime.date]
    shown: int | None
    told: int


def weeks():
    return [(start, end) for kind, start, end in edition_periods() if kind == "weekly"][:EDITIONS]


def published_editions(year):
    found = []
    for start, end in weeks():
        known = [gate.edition_with_counts(one) for one in found]
        current = [one.which for one in found]
        found.append(gate.safe_edition(year.edition_of_week(start, end), known, current))
    return found


@cache
def year_with_editions():
    year = ChangingYear(SEED)
    return year, published_editions(year)


def told_by_editions(editions):
    for at, edition in enumerate(editions):
        for count in gate.published_counts(edition):
            if count.series[0] == "complaints":
                yield ToldCount(count.series, count.days, count.shown, at)


def told_by_histories(editions, *, counted_again=False):
    """What histories tell: counts of the day of each report, or where they are counted again, of
    the day of the edition that holds the history.
    """
    starts = [one.start for one in editions]
    for at, edition in enumerate(editions):
        for series in edition.history.series if edition.history else ():
            for report, count in zip(edition.history.reports, series.counts, strict=True):
                days, told = report.complaints, at if counted_again else starts.index(report.start)
                if series.measure == "complaints":
                    yield ToldCount(("complaints", series.domain), days, count, told)


class ChangingAttack:
    """All counts as constraints on unknown numbers of complaints by place and stretch of days: of
    those in every edition, of those that came late before an edition, and of those erased then.
    """

    def __init__(self, year, told):
        self.told = sorted(set(told), key=str)
        days = {day for one in self.told for day in (one.days[0], one.days[1] + ONE_DAY)}
        self.edges = sorted(days)
        changes = [*year.changes([end for _, end in weeks()])]
        self.figures = sparse.csr_array(np.array([self.cells(one) for one in self.told]))
        limits = [EVENTS.bounds(one.shown) for one in self.told]
        one_change = self.blocks(np.ones(self.cells_of_block))
        known = [number for pair in changes for number in pair]
        self.sums = sparse.vstack([self.figures, one_change])
        self.low = np.array([*(one.low for one in limits), *known], dtype=float)
        self.high = np.array([*(one.high for one in limits), *known], dtype=float)

    @property
    def cells_of_block(self):
        return len(PLACES) * (len(self.edges) - 1)

    def blocks(self, ones):
        """A row for each block of late and of erased complaints, in the order of the editions."""
        rows = np.kron(np.eye(2 * (EDITIONS - 1)), ones)
        return np.hstack([np.zeros((len(rows), self.cells_of_block)), rows])

    def cells(self, one):
        """Which unknown numbers a count is the sum of."""
        inside = np.array([one.days[0] <= edge <= one.days[1] for edge in self.edges[:-1]])
        places = np.array([one.series[-1] in (place, LONDON) for place in PLACES])
        mine = np.outer(places, inside).ravel().astype(float)
        blocks = [mine]
        for change in range(1, EDITIONS):
            late, not_yet_erased = one.told >= change, one.told < change
            blocks += [mine * late, mine * not_yet_erased]
        return np.concatenate(blocks)

    def work_out(self, row, *, least):
        """The least, or the most, that the sum of a row of cells can be."""
        ones = sparse.csr_array([[-1.0]])
        whole = sparse.block_array([[self.sums, None], [row, ones]], format="csr")
        low, high = np.append(self.low, 0.0), np.append(self.high, 0.0)
        return attacks.cell_bound(whole, low, high, row.shape[1], least=least)

    def change_rows(self):
        """Each place with the complaints that came late, or were erased, before an edition in which
        there were any.
        """
        for place in PLACES:
            at = np.array([one == place for one in PLACES]).repeat(len(self.edges) - 1)
            rows = self.blocks(at.astype(float))
            for row, many in zip(rows, self.low[len(self.told) :], strict=True):
                if many:
                    yield place, sparse.csr_array(row[None])


def placed_changes(year, told):
    """The places where somebody can say that a complaint came late or was erased."""
    attack = ChangingAttack(year, told)
    for place, row in attack.change_rows():
        if attack.work_out(row, least=True) > 1 - 1e-6:
            yield place


def narrow_counts(year, told):
    """The small withheld counts that somebody can narrow to fewer than five values."""
    attack = ChangingAttack(year, told)
    attacked = [*small_hidden(year, told)][:ATTACKED]
    assert len(attacked) == ATTACKED
    for one in attacked:
        row = attack.figures[[attack.told.index(one)]]
        low, high = (attack.work_out(row, least=least) for least in (True, False))
        if high - low < NARROW:
            yield one, low, high


def small_hidden(year, told):
    """The withheld counts that are too small to be shown, those of the largest windows first."""
    ends = [end for _, end in weeks()]
    for one in sorted(told, key=lambda one: (one.days[0] - one.days[1], one.told, one.series)):
        if one.shown is None:
            true = year.as_of(day_number(ends[one.told])).true(one.series, one.days)
            if true < EVENTS.fewest:
                yield one


def test_a_history_tells_no_count_that_its_reports_did_not_tell():
    _, editions = year_with_editions()
    told = set(told_by_histories(editions))
    assert len({one.told for one in told}) == EDITIONS
    assert any(one.shown for one in told)
    assert told <= set(told_by_editions(editions))


@pytest.mark.slow
def test_twelve_weeks_of_histories_tell_no_small_count_and_no_change():
    year, editions = year_with_editions()
    told = {*told_by_editions(editions), *told_by_histories(editions)}
    assert list(narrow_counts(year, told)) == []
    assert list(placed_changes(year, told)) == []


@pytest.mark.slow
def test_a_history_that_counts_again_would_tell_where_complaints_came_late(monkeypatch):
    """A deliberately broken gate: past points are counted anew, then withheld and rounded alone."""
    year = ChangingYear(SEED)
    printed = history.gated_history

    def counted_again(step):
        found = printed(step)
        if found is None:
            return None
        year.as_of(day_number(step.gated.end))
        series = [
            replace(one, counts=tuple(counted(one.domain, found.reports)))
            for one in found.series
            if one.measure == "complaints"
        ]
        return replace(found, series=tuple(series))

    def counted(domain, reports):
        for report in reports:
            yield EVENTS.cell(year.true(("complaints", domain), report.complaints))

    broken = history.CHAPTER._replace(gates={"history": counted_again})
    chapters = [broken if one.name == "history" else one for one in gate.CHAPTERS]
    monkeypatch.setattr(gate, "CHAPTERS", tuple(chapters))
    editions = published_editions(year)
    told = {*told_by_editions(editions), *told_by_histories(editions, counted_again=True)}
    assert not told <= set(told_by_editions(editions))
    assert next(placed_changes(year, told), None)
