"""What a reader sees of many changes is as sure as it says, although the clearest were picked."""

import datetime
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np
import pytest

from analysis.disclosure.gates import gated_tables
from analysis.editions import change_figures
from analysis.editions.chapter import EditionPair
from analysis.editions.chapters import changes
from analysis.editions.comparison import EditionFigure, change_errors
from api.editions.chapters.changes import change_of, decomposition_section, shown_changes
from survey.editions import window_before
from survey.editions.actions import ChangeDecomposition
from survey.editions.figures import Estimate, Rate
from tests.analysis.editions.small_inputs import inputs_of_week

WEEK = datetime.timedelta(weeks=1)
BOROUGHS = [f"B{n:02}" for n in range(33)]
RESIDENTS, ERROR, WEEKS = 250_000.0, 3.0, 13
# By how many points boroughs really moved, and by which part their deployments grew.
WORLDS = {
    "nothing moved": lambda rng: np.zeros(33),
    "all moved a little": lambda rng: rng.normal(0, 1.5, 33),
    "four moved": lambda rng: np.where(np.arange(33) < 4, 12.0, 0.0),
    "all fell": lambda rng: np.full(33, -4.0),
}


def estimate(name, value, error=ERROR):
    return Estimate(
        domain=name,
        stream="sampled",
        n=200,
        effective_n=150,
        value=float(value),
        standard_error=error,
        low=float(value - 1.96 * error),
        high=float(value + 1.96 * error),
        method="",
    )


def rate(name, uses):
    events = 5 * round(uses / 5)
    per = 10_000 * events / RESIDENTS
    return Rate(
        domain=name,
        events=events,
        population=RESIDENTS,
        per_10_000=per,
        low=per / 2,
        high=2 * per,
        method="",
    )


def two_editions(rng, world, weeks=4):
    """The edition of a week, one some weeks earlier, and how much each figure really moved."""
    moved = WORLDS[world](rng)
    inputs = inputs_of_week(31)
    whole = change_figures(inputs).safe
    level = rng.uniform(50, 70, 33)
    mean = rng.uniform(2, 8, 33)[:, None] * np.ones((33, WEEKS + weeks))
    mean[:, -weeks:] *= (1 + moved / 20)[:, None]
    uses = rng.poisson(mean)
    found = []
    for late, truth in ((0, level), (weeks, level + moved)):
        values = truth + rng.normal(0, ERROR, 33)
        of = uses[:, late : late + WEEKS].sum(axis=1)
        end = whole.end - (weeks - late) * WEEK
        found.append(
            msgspec.structs.replace(
                whole,
                start=end - datetime.timedelta(days=6),
                end=end,
                index_from=end - datetime.timedelta(days=27),
                rates_from=end - datetime.timedelta(days=90),
                rates_counted=None,
                index=tuple(map(estimate, BOROUGHS, values)),
                deployments=tuple(map(rate, BOROUGHS, of)),
                complaints=(),
                themes=(),
            )
        )
    grew = (mean[:, weeks:].sum(axis=1) - mean[:, :WEEKS].sum(axis=1)) * 10_000 / RESIDENTS
    really = {"perception index": moved, "deployments": grew}
    return inputs, *found, really


class SeenChange(NamedTuple):
    """A row that a reader sees, and by how much its figure really moved."""

    row: ChangeDecomposition
    truth: float
    plain: tuple[float, float]

    @property
    def is_inside(self):
        return self.row.low <= self.truth <= self.row.high

    @property
    def is_inside_plain(self):
        return self.plain[0] <= self.truth <= self.plain[1]


def changes_seen(rng, world):
    inputs, last, now, really = two_editions(rng, world)
    moved = changes.change_decomposition(
        replace(inputs, last=last), EditionPair(now, now), change_figures
    )
    known, errors = gated_tables(now), change_errors(last, now)
    gated = [
        changes.gated_change(one, known.get(changes.table_name(one)), now.city) for one in moved
    ]
    for one in shown_changes(msgspec.structs.replace(now, moved=tuple(filter(None, gated)))):
        figure = EditionFigure(one.table, one.figure, one.domain, one.unit)
        change, reach = one.now - one.was, 1.96 * errors[figure]
        truth = float(really[one.figure][BOROUGHS.index(one.domain)])
        yield SeenChange(one, truth, (change - reach, change + reach))


def check_world(world, editions, seed):
    """Of the first rows and of all rows at least 95 in 100 are inside, but for the chance of a few
    editions.
    """
    rng = np.random.default_rng(seed)
    seen = [list(changes_seen(rng, world)) for _ in range(editions)]
    least = 0.95 - 3 * (0.05 * 0.95 / editions) ** 0.5
    for rows in ([of[0] for of in seen], [one for of in seen for one in of]):
        assert np.mean([one.is_inside for one in rows]) >= least, world
    return seen


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_listed_holds_the_truth_as_often_as_it_says(world):
    seen = check_world(world, 30, seed=33)
    assert all(one.row.looked == len(BOROUGHS) for of in seen for one in of)


@pytest.mark.long
@pytest.mark.parametrize("world", WORLDS)
def test_what_is_listed_holds_the_truth_in_many_editions(world):
    check_world(world, 300, seed=34)


def test_where_nothing_moved_plain_intervals_of_the_first_rows_would_miss_and_sizes_are_small():
    """The table that this one replaced: largest first, each with the interval of its own."""
    seen = check_world("nothing moved", 30, seed=35)
    assert np.mean([of[0].is_inside_plain for of in seen]) < 0.5
    rows = [one.row for of in seen for one in of if one.row.unit == "points"]
    claimed, measured = (
        np.mean([abs(change) for change in of])
        for of in ([change_of(one) for one in rows], [one.now - one.was for one in rows])
    )
    assert claimed < 0.25 * measured


def test_an_edition_made_before_changes_were_pooled_lists_every_borough_in_order_of_name():
    _, last, now, _ = two_editions(np.random.default_rng(36), "four moved")
    rows = tuple(
        ChangeDecomposition(
            table="index",
            figure="perception index",
            domain=one.domain,
            unit="points",
            was=before.value,
            now=one.value,
            low=one.value - before.value - 8,
            high=one.value - before.value + 8,
            answers=None,
            restated=None,
            recoded=None,
            method=None,
        )
        for before, one in zip(last.index, now.index, strict=True)
    )
    by_size = sorted(rows, key=lambda one: -abs(one.now - one.was))
    seen = shown_changes(msgspec.structs.replace(now, moved=tuple(by_size)))
    assert [one.domain for one in seen] == BOROUGHS


def test_the_page_says_that_rows_were_picked_and_of_how_many():
    _, last, now, _ = two_editions(np.random.default_rng(37), "nothing moved")
    inputs = replace(inputs_of_week(31), last=last)
    moved = changes.change_decomposition(inputs, EditionPair(now, now), change_figures)
    moved = tuple(one for one in moved if one.table == "index")
    before = window_before(now.kind, now.start)
    (found,) = decomposition_section(
        msgspec.structs.replace(now, moved=moved, compared_start=before)
    )
    said = (*found.words, *found.for_statisticians.words)
    assert any("changed most clearly, of up to 33 of a kind" in one for one in said)
