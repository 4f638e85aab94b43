"""What a publisher has released is shown exactly; everything else passes the gate as before."""

import datetime
import random

import msgspec
import pytest

from analysis.editions import gate
from analysis.editions.gate import published_counts
from api import clock
from api.jobs.edition_inputs.count_inputs import publisher_inputs
from survey.deployments import DeploymentCount, Import
from survey.editions.figures import RestatedFigure
from survey.store import deployments
from tests.analysis.editions.random_edition import AREAS, END, random_full_edition

SOURCE = "A publisher"
FIRST = datetime.date(2024, 1, 1)
USES = {"uses", "tactic", "persons", "group", "drawn", "fired"}


def both_editions(seed):
    """The same random edition as computed, and after the gate: of a public table and not."""
    full = random_full_edition(random.Random(seed), as_published=SOURCE)
    # What a panel drew from is no count of the table: its reports pass the gate as always.
    full = msgspec.structs.replace(full, scrutiny=())
    hidden = msgspec.structs.replace(full, as_published="")
    return full, gate.safe_edition(full), gate.safe_edition(hidden)


@pytest.mark.parametrize("seed", range(5))
def test_a_public_table_is_neither_rounded_nor_withheld(seed):
    full, made, _ = both_editions(seed)
    assert [one.events for one in made.deployments] == [one.events for one in full.deployments]
    assert {one.status for one in made.deployments} == {"shown"}
    assert (made.tactics, made.uses_by_week) == (full.tactics, full.uses_by_week)
    assert made.this_period.events == full.this_period.events
    assert [(one.period, one.window) for one in made.persons] == [
        (one.period, one.window) for one in full.persons
    ]
    assert [one.events for one in made.disparities] == [one.events for one in full.disparities]
    assert [(one.drawn, one.fired) for one in made.fired] == [
        (one.drawn, one.fired) for one in full.fired
    ]
    assert [one.deployments.events for one in made.beside] == [
        one.deployments.events for one in full.beside
    ]


@pytest.mark.parametrize("seed", range(5))
def test_what_no_publisher_released_is_withheld_as_before(seed):
    _, made, hidden = both_editions(seed)
    for field in ("complaints", "received", "themes", "about_taser", "campaigns", "index"):
        assert getattr(made, field) == getattr(hidden, field), field


def test_the_gate_remembers_no_count_of_a_public_table():
    _, made, hidden = both_editions(3)
    assert not {one.series[0] for one in published_counts(made)} & USES
    assert {one.series[0] for one in published_counts(hidden)} >= USES


def test_a_revision_is_exact_only_if_both_figures_are_public():
    row = RestatedFigure(
        source=SOURCE, area=AREAS[0], start=END, end=END, tactic="ced", was=13, now=14
    )
    full = random_full_edition(random.Random(1))
    rows = (row, msgspec.structs.replace(row, area=AREAS[1], published=True))
    made = gate.safe_edition(msgspec.structs.replace(full, restated=rows))
    # 13 and 14 are both 15 to the nearest 5, which is no revision to show.
    assert [(one.was, one.now) for one in made.restated] == [(13, 14)]


def month_of_counts(month, number):
    start = FIRST.replace(month=month)
    end = (start + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)
    return DeploymentCount(
        area="E09000005", start=start, end=end, measure="incidents", tactic="ced", count=number
    )


async def save_import(connection, month, origin):
    found = Import(
        source=SOURCE,
        file=f"{month}.csv",
        sha256=f"{month:064d}",
        known_on=datetime.date(2024, 6, 1),
        counts=(month_of_counts(month, 13),),
        origin=origin,
    )
    await deployments.save(connection, found)


async def load_published(connection):
    period = FIRST.replace(month=2), datetime.date(2024, 2, 29)
    found, _running = await publisher_inputs(connection, FIRST, period, clock.today())
    return found["published"], len(found["counts"])


async def test_one_import_that_is_not_public_keeps_all_of_its_source_behind_the_gate(db):
    connection = db.the_connection
    assert await load_published(connection) == (False, 0)
    await save_import(connection, 1, "publisher")
    assert await load_published(connection) == (True, 1)
    for month, origin in ((2, "forms"),):
        await save_import(connection, month, origin)
        assert await load_published(connection) == (False, 2)
