"""A restated file is stored next to the old one; figures can be read as known on any day."""

import datetime

import asyncpg
import msgspec
import pytest

from api.editions import files, report_view
from api.jobs.edition_inputs import editions
from api.operations import imports
from survey.deployments import DeploymentCount, Import
from survey.problems import Conflict
from survey.store import deployments
from survey.store.deployments import LAST_IMPORT
from tests.stored.published_editions import make_and_publish

HEAD = "source,start,end,area,measure,tactic,group,count\n"
JANUARY = HEAD + (
    "Force A,2024-01-01,2024-01-31,Hackney,incidents,drawn,all,16\n"
    "Force A,2024-01-01,2024-01-31,Brent,incidents,drawn,all,11\n"
    "Force A,2024-01-01,2024-01-31,Hackney,incidents,drawn,age:11-17,12\n"
)
RESTATED = HEAD + (
    "Force A,2024-01-01,2024-01-31,Hackney,incidents,drawn,all,29\n"
    "Force A,2024-02-01,2024-02-29,Hackney,incidents,drawn,all,7\n"
)
FIRST, SECOND = datetime.date(2024, 2, 10), datetime.date(2024, 3, 10)
MONTH = (datetime.date(2024, 1, 1), datetime.date(2024, 1, 31))
HACKNEY, BRENT = "E09000012", "E09000005"


async def import_text(connection, day, text):
    name = f"as-of-{day}.csv"
    return await imports.import_figures(connection, "deployments", name, text.encode(), day)


@pytest.fixture
async def connection_with_both(db):
    for day, text in ((FIRST, JANUARY), (SECOND, RESTATED)):
        await import_text(db.the_connection, day, text)
    return db.the_connection


AS_OF = [
    (FIRST - datetime.timedelta(days=1), {}),
    (FIRST, {HACKNEY: 16, BRENT: 11}),
    (SECOND, {HACKNEY: 29}),
]


@pytest.mark.parametrize(("day", "known"), AS_OF)
async def test_a_figure_as_of_a_day_is_the_last_one_known_by_then(connection_with_both, day, known):
    rows = await deployments.load_counts(connection_with_both, *MONTH, as_of=day)
    assert {r.count.area: r.count.count for r in rows if r.count.group == "all"} == known


async def test_figures_missing_from_a_later_file_still_count(connection_with_both):
    rows = await deployments.load_counts(connection_with_both, *MONTH, as_of=SECOND)
    assert [r.count.count for r in rows if r.count.group == "age:11-17"] == [12]


async def test_every_changed_cell_is_listed_with_what_it_was(connection_with_both):
    before, after = (FIRST, LAST_IMPORT), (SECOND, LAST_IMPORT)
    found = await deployments.load_restated_between(connection_with_both, before, after)
    assert {(c.area, c.start, c.tactic, c.group): (c.was, c.now) for c in found} == {
        (HACKNEY, MONTH[0], "drawn", "all"): (16, 29),
        (BRENT, MONTH[0], "drawn", "all"): (11, None),
    }
    assert {c.source for c in found} == {"Force A"}
    assert await deployments.load_restated_between(connection_with_both, after, after) == []
    assert (
        await deployments.load_restated_between(connection_with_both, before, after, source="B")
        == []
    )


async def test_two_publishers_are_two_sources_and_restate_only_themselves(connection_with_both):
    lines = await import_text(connection_with_both, SECOND, RESTATED.replace("Force A", "Force B"))
    assert not any("differ" in line for line in lines)
    rows = await deployments.load_counts(connection_with_both, *MONTH, as_of=SECOND)
    assert {r.source for r in rows} == {"Force A", "Force B"}


async def test_the_import_tells_what_it_changes(db):
    await import_text(db.the_connection, FIRST, JANUARY)
    lines = await import_text(db.the_connection, SECOND, RESTATED)
    assert "Figures that differ from what was known before: 2." in lines
    assert "Hackney, 2024-01-01 to 2024-01-31, incidents, drawn, all: was 16, is 29" in lines
    assert "Brent, 2024-01-01 to 2024-01-31, incidents, drawn, all: was 11, is not given" in lines


async def test_a_file_that_came_late_restates_only_what_was_known_before_its_day(db):
    await import_text(db.the_connection, SECOND, RESTATED)
    assert not any(
        "differ" in line for line in await import_text(db.the_connection, FIRST, JANUARY)
    )
    rows = await deployments.load_counts(db.the_connection, *MONTH, as_of=SECOND)
    assert [r.count.count for r in rows if r.count.group == "all"] == [29]


async def test_a_third_version_is_compared_with_the_second(connection_with_both):
    third = RESTATED.replace("all,29", "all,30")
    lines = await import_text(connection_with_both, SECOND, third)
    assert any(line.endswith("was 29, is 30") for line in lines)
    found = await deployments.load_restated_between(
        connection_with_both, (FIRST, LAST_IMPORT), (SECOND, LAST_IMPORT)
    )
    assert {c.area: (c.was, c.now) for c in found} == {HACKNEY: (16, 30), BRENT: (11, None)}


async def test_perception_that_is_restated_is_told(db):
    head = "Date;Survey;Borough;Measure;Proportion;MPS\n31/12/2023;PAS;Hackney;Trust MPS;0,8;0,7\n"
    for day, text in ((FIRST, head), (SECOND, head.replace("0,8", "0,6"))):
        lines = await imports.import_figures(
            db.the_connection, "perception", "pas.csv", text.encode(), day
        )
    assert "Hackney, 2023-12-31, trust_mps: was 0.8, is 0.6" in lines


async def test_a_file_that_cuts_time_otherwise_is_refused_whole(connection_with_both):
    weekly = RESTATED.replace("2024-01-31", "2024-01-07")
    with pytest.raises(Conflict, match="2024-01-01 to 2024-01-07 overlaps with 2024-01-01 to 2024"):
        await import_text(connection_with_both, SECOND, weekly)
    assert len(await deployments.load_imports(connection_with_both)) == 2
    await import_text(connection_with_both, SECOND, weekly.replace("Force A", "Force A by week"))


async def test_nothing_of_a_file_is_kept_where_one_figure_cannot_be(db):
    cell = {"start": MONTH[0], "end": MONTH[1], "measure": "incidents", "tactic": "drawn"}
    counts = (
        DeploymentCount(area=HACKNEY, count=1, **cell),
        DeploymentCount(area="atlantis", count=1, **cell),
    )
    found = Import(source="x", file="f", sha256="1", known_on=FIRST, counts=counts)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await deployments.save(db.the_connection, found)
    assert await deployments.load_imports(db.the_connection) == []


async def test_an_edition_of_an_earlier_day_has_that_day_s_figures(connection_with_both):
    events = {}
    for day in (FIRST, SECOND):
        made, _ = await editions.make_edition(connection_with_both, "monthly", MONTH[0], as_of=day)
        assert made.data_as_of == day
        events[day] = made.deployments[0].events
    assert events == {FIRST: 25, SECOND: 30}


async def test_an_edition_rebuilds_byte_for_byte_after_a_restatement(db):
    await import_text(db.the_connection, FIRST, JANUARY)
    before, _ = await editions.make_edition(db.the_connection, "monthly", MONTH[0], as_of=FIRST)
    await import_text(db.the_connection, SECOND, RESTATED)
    after, _ = await editions.make_edition(db.the_connection, "monthly", MONTH[0], as_of=FIRST)
    newer, _ = await editions.make_edition(db.the_connection, "monthly", MONTH[0], as_of=SECOND)
    assert (before.number, after.number) == (1, 2)
    assert comparable_bytes(before) == comparable_bytes(after) != comparable_bytes(newer)


async def test_a_newer_edition_lists_every_figure_that_was_restated(db):
    await import_text(db.the_connection, FIRST, JANUARY)
    first, _ = await make_and_publish(db.the_connection, "monthly", MONTH[0], as_of=FIRST)
    await import_text(db.the_connection, SECOND, RESTATED)
    newer, sha256 = await editions.make_edition(
        db.the_connection, "monthly", MONTH[0], as_of=SECOND, why="One more file."
    )
    assert first.restated == ()
    changes = [(one.area, one.tactic, one.was, one.now) for one in newer.restated]
    assert changes == [(HACKNEY, "drawn", 15, 30), (BRENT, "drawn", 10, None)]
    chapters = report_view(newer, sha256).chapters
    (part,) = (one for of in chapters for one in of.sections if one.key == "restated")
    assert "2 deployment figures have been revised" in part.words[0]
    assert [[cell.text for cell in row] for row in part.tables[0].rows] == [
        ["Hackney, 1 Jan 2024 to 31 Jan 2024", "Drawn", "15", "30"],
        ["Brent, 1 Jan 2024 to 31 Jan 2024", "Drawn", "10", "withheld"],
    ]
    assert f"restated,2024-01-01/2024-01-31,{HACKNEY}" in files.render_csv(newer).decode()


WEEKS = "Force A,2024-01-{},2024-01-{},{},incidents,drawn,all,{}\n"


def weeks_file(first, second=None):
    """The counts of Hackney and Brent in the first week of January, and perhaps in the second."""
    rows = [("01", "07", first), *([("08", "14", second)] if second else [])]
    return HEAD + "".join(
        WEEKS.format(start, end, area, count)
        for start, end, counts in rows
        for area, count in zip(("Hackney", "Brent"), counts, strict=True)
    )


def city_change(edition, figure="deployments", unit="events"):
    return next(
        one
        for one in edition.moved
        if (one.domain, one.figure, one.unit) == (edition.city, figure, unit)
    )


@pytest.mark.parametrize("day", [FIRST, SECOND], ids=["on the edition's own day", "later"])
async def test_a_corrected_file_is_a_revision_and_no_new_data(db, day):
    await import_text(db.the_connection, FIRST, weeks_file((40, 30)))
    week = datetime.timedelta(weeks=1)
    await make_and_publish(db.the_connection, "weekly", MONTH[0], as_of=FIRST)
    await import_text(db.the_connection, day, weeks_file((70, 30)))
    newer, _ = await editions.make_edition(db.the_connection, "weekly", MONTH[0] + week, as_of=day)
    assert [(one.area, one.was) for one in newer.restated] == [(HACKNEY, 40)]
    moved = city_change(newer)
    assert (moved.was, moved.now, moved.answers, moved.restated) == (70, 100, 0, 30)


async def test_figures_of_a_new_week_on_the_edition_s_own_day_are_new_data(db):
    await import_text(db.the_connection, FIRST, weeks_file((40, 30)))
    await make_and_publish(db.the_connection, "monthly", MONTH[0], as_of=FIRST)
    await import_text(db.the_connection, FIRST, weeks_file((40, 30), (20, 10)))
    newer, _ = await editions.make_edition(
        db.the_connection, "monthly", MONTH[0], as_of=FIRST, why="One more file."
    )
    assert newer.restated == ()
    assert newer.deployments[0].events == 100
    assert not [one for one in newer.moved if one.restated]


async def test_a_third_edition_does_not_repeat_the_revision(db):
    await import_text(db.the_connection, FIRST, weeks_file((40, 30)))
    for text in (None, weeks_file((70, 30)), None):
        if text:
            await import_text(db.the_connection, FIRST, text)
        made, _ = await make_and_publish(
            db.the_connection, "monthly", MONTH[0], as_of=FIRST, why="One more file."
        )
    assert made.restated == ()
    assert not [one for one in made.moved if one.figure == "deployments"]


def comparable_bytes(edition):
    """An edition as JSON, without its number, the digest of its inputs, completeness, and what is
    compared with the edition before: the second has the first before it.
    """
    alerts = tuple(msgspec.structs.replace(one, figure_before=None) for one in edition.alerts)
    alone = {"completeness": None, "alerts": alerts, "last_figures": ()}
    content = msgspec.structs.replace(edition, number=1, inputs_sha256="", **alone)
    return msgspec.json.encode(content)


async def test_an_import_that_comes_after_an_edition_of_its_day_says_so(db):
    await import_text(db.the_connection, FIRST, JANUARY)
    await editions.make_edition(db.the_connection, "monthly", MONTH[0])
    lines = await import_text(db.the_connection, SECOND, RESTATED)
    assert lines[-1] == f"Editions that were made since {SECOND} without these figures: 1."


ROUTE = "/api/v1/deployments/published"
MONTHS = "Date,Borough,CED Used,UseOfForceCount\n2024-01-01,Hackney,{},90\n"


async def test_a_publishers_own_table_is_public_as_known_on_a_day(db, client):
    for day, uses in ((FIRST, 3), (SECOND, 4)):
        await import_text(db.the_connection, day, MONTHS.format(uses))
    for day, uses in ((FIRST, 3), (SECOND, 4)):
        found = (await client.get(f"{ROUTE}?as_of={day}")).json()["items"]
        assert [one["count"] for one in found if one["tactic"] == "ced"] == [uses]
    everything = (await client.get(f"{ROUTE}?limit=1")).json()
    assert [one["known_on"] for one in everything["items"]] == [str(FIRST)]
    rest = (await client.get(f"{ROUTE}?after={everything['next']}")).json()["items"]
    assert [one["known_on"] for one in rest] == [str(FIRST), str(SECOND), str(SECOND)]
    assert (await client.get(f"{ROUTE}?as_of=soon")).status_code == 400
