"""Which complaints belong to which case, also in chains of merges and across periods."""

import datetime
import uuid

import pytest

from survey.store.cases import caseload
from tests.stored.case_rows import HACKNEY, LAMBETH, insert_complaint, mark_merged

START = datetime.datetime(2026, 9, 1, tzinfo=datetime.UTC)
END = START + datetime.timedelta(days=30)
BEFORE = START - datetime.timedelta(days=3)
WITHIN = START + datetime.timedelta(days=3)


@pytest.fixture
def connection_of(db):
    return db.the_connection


async def read_period(connection):
    lodged = await caseload.load_complaints(connection, START, END)
    opened = await caseload.load_cases(connection, START, END)
    return lodged, {row.id: row.kinds for row in opened}


async def test_a_chain_of_merges_is_one_case_with_all_its_kinds(connection_of):
    first = await insert_complaint(connection_of, WITHIN, ["custody"])
    second = await insert_complaint(connection_of, WITHIN, ["stop_and_search"], area=LAMBETH)
    third = await insert_complaint(connection_of, WITHIN, ["custody", "neglect"])
    await mark_merged(connection_of, third, second, same_person=True)
    await mark_merged(connection_of, second, first)
    lodged, opened = await read_period(connection_of)
    assert {row.root for row in lodged} == {first}
    assert sorted(row.same_person for row in lodged) == [False, False, True]
    assert sorted(row.area for row in lodged) == [HACKNEY, HACKNEY, LAMBETH]
    assert opened == {first: ["custody", "neglect", "stop_and_search"]}


async def test_what_was_merged_into_another_period_counts_there(connection_of):
    """A complaint counts on the day it came, its allegations in the period of its case."""
    earlier = await insert_complaint(connection_of, BEFORE, ["custody"])
    later = await insert_complaint(connection_of, WITHIN, ["neglect"])
    await mark_merged(connection_of, later, earlier)
    lodged, opened = await read_period(connection_of)
    assert [row.root for row in lodged] == [earlier]
    assert opened == {}
    before = await caseload.load_cases(connection_of, BEFORE, START)
    assert [row.kinds for row in before] == [["custody", "neglect"]]


async def test_a_complaint_whose_case_was_erased_is_a_case(connection_of):
    gone = await insert_complaint(connection_of, WITHIN, ["custody"])
    left = await insert_complaint(connection_of, WITHIN, ["neglect"])
    await mark_merged(connection_of, left, gone, same_person=True)
    await connection_of.execute("DELETE FROM complaints WHERE id = $1", gone)
    lodged, opened = await read_period(connection_of)
    assert [(row.root, row.same_person) for row in lodged] == [(left, False)]
    assert opened == {left: ["neglect"]}


async def test_what_happened_comes_in_its_order_with_whose_it_is(connection_of):
    case = await insert_complaint(
        connection_of, WITHIN, ["custody"], [("acknowledged", 2), ("closed", 9)]
    )
    other = await insert_complaint(connection_of, WITHIN, ["custody"], [("acknowledged", 1)])
    await mark_merged(connection_of, other, case)
    rows = await caseload.load_events(connection_of, START, END)
    assert {row.root for row in rows} == {case}
    mine = [row.kind for row in rows if row.own]
    assert mine == ["received", "acknowledged", "closed"]
    assert len(rows) == 5


async def test_erased_ones_are_counted_by_the_weeks_that_begin_in_the_period(connection_of):
    monday = datetime.date(2026, 9, 7)
    await connection_of.executemany(
        "INSERT INTO erased_cases (area, received_week, erased_week) VALUES ($1, $2, $3)",
        [(HACKNEY, monday, monday), (HACKNEY, monday - datetime.timedelta(weeks=2), monday)],
    )
    assert await caseload.count_erased(connection_of, START.date(), END.date()) == 1


async def test_nothing_was_lodged_before_the_first_one(connection_of):
    assert await caseload.find_first_received(connection_of) is None
    await insert_complaint(connection_of, WITHIN, ["custody"])
    assert await caseload.find_first_received(connection_of) == WITHIN
    assert isinstance((await read_period(connection_of))[0][0].root, uuid.UUID)
