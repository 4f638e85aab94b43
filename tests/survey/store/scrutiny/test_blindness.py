"""What the store gives of marks, step by step: nobody's mark before marking alone is over."""

import datetime

import pytest

from survey.problems import Problem
from survey.scrutiny import REASONS, JointMark, OwnMark, PanelMember, RecordField
from survey.scrutiny.rules import DrawRule, DrawSummary
from survey.store.accounts import people
from survey.store.scrutiny import marks, meetings, panels
from survey.store.scrutiny.meetings import OpenedFile
from tests.people import CINDY, NADIA

DAY = datetime.date(2026, 11, 20)


@pytest.fixture
async def two(db):
    """The accounts of the chair and of a member."""
    async with db.connection() as connection:
        found = [await people.by_email(connection, one[0]) for one in (CINDY, NADIA)]
    return [one.id for one in found]


@pytest.fixture
async def connection_of(db):
    async with db.connection() as connection:
        yield connection


async def drawn_meeting(connection, accounts):
    panel = await panels.insert_panel(connection, "Hackney", "", [], DrawRule(), REASONS)
    for number, account in enumerate(accounts):
        one = PanelMember(
            account=account,
            name="",
            email="",
            chairs=number == 0,
            term_from=DAY,
            term_to=DAY,
        )
        await panels.save_member(connection, panel, one)
    meeting = await meetings.insert_meeting(connection, panel, DAY)
    await meetings.save_seed(connection, meeting, "seed", None)
    file = OpenedFile("force.csv", "f" * 64)
    await meetings.save_draw(connection, meeting, file, "d" * 64, DrawSummary(rows=9, strata=()))
    fields = (RecordField("Borough", "Hackney"),)
    await meetings.insert_records(connection, meeting, [("A", "All", fields), ("B", "All", fields)])
    return meeting


async def refusal(step):
    with pytest.raises(Problem) as refused:
        await step
    return refused.value.code


async def test_nobodys_mark_is_read_before_marking_alone_is_over(connection_of, two):
    db = connection_of
    chair, member = two
    meeting = await drawn_meeting(db, two)
    first, second = await meetings.load_records(db, meeting)
    red = OwnMark(colour="red", reasons=("Necessity",), words="Why fire at all?")
    assert await refusal(marks.save_mark(db, first.id, member, red)) == "scrutiny_mark.closed"

    await panels.insert_attendance(db, meeting, two)
    await meetings.open_marking(db, meeting)
    await marks.save_mark(db, first.id, member, red)
    assert await marks.find_own_mark(db, first.id, member) == red
    assert await marks.find_own_mark(db, first.id, chair) is None
    assert await marks.load_marks(db, meeting) == []
    assert [(one.marked, one.left) for one in await marks.load_progress(db, meeting)] == [
        *((0, 2), (1, 1))
    ]
    early = JointMark(record=first.id, colour="red")
    assert await refusal(marks.save_joint_mark(db, early)) == "scrutiny_meeting.moved_on"

    await meetings.close_alone(db, meeting)
    [mark] = await marks.load_marks(db, meeting)
    assert (mark.record, mark.seat, mark.colour) == (first.id, 2, "red")
    green = OwnMark(colour="green")
    assert await refusal(marks.save_mark(db, first.id, member, green)) == "scrutiny_mark.closed"
    assert await refusal(meetings.close_meeting(db, meeting)) == "scrutiny_meeting.moved_on"
    for record in (first, second):
        await marks.save_joint_mark(db, JointMark(record=record.id, colour="amber"))
    await meetings.close_meeting(db, meeting)
    assert (await meetings.get_meeting(db, meeting)).stage == "closed"


async def test_who_steps_aside_sees_no_more_of_the_record(connection_of, two):
    db = connection_of
    _, member = two
    meeting = await drawn_meeting(db, two)
    await panels.insert_attendance(db, meeting, two)
    await meetings.open_marking(db, meeting)
    record = await meetings.get_open_record(db, meeting, 1, member)
    await marks.save_mark(db, record.id, member, OwnMark(colour="amber"))
    await meetings.insert_conflict(db, record.id, member)
    assert await marks.load_own_marks(db, meeting, member) == {1: "aside"}
    step = meetings.get_open_record(db, meeting, 1, member)
    assert await refusal(step) == "scrutiny_record.stepped_aside"
    step = marks.save_mark(db, record.id, member, OwnMark(colour="red"))
    assert await refusal(step) == "scrutiny_mark.closed"
    assert [one.left for one in await marks.load_progress(db, meeting)] == [2, 1]


async def test_a_record_is_open_to_those_who_take_part_alone(connection_of, two):
    db = connection_of
    chair, member = two
    meeting = await drawn_meeting(db, two)
    await panels.insert_attendance(db, meeting, [chair])
    await meetings.open_marking(db, meeting)
    await meetings.get_open_record(db, meeting, 1, chair)
    step = meetings.get_open_record(db, meeting, 1, member)
    assert await refusal(step) == "scrutiny_record.unknown"


async def test_a_seed_is_fixed_once_and_a_file_opened_once(connection_of, two):
    db = connection_of
    meeting = await drawn_meeting(db, two)
    step = meetings.save_seed(db, meeting, "a better one", None)
    assert await refusal(step) == "scrutiny_meeting.moved_on"
    file = OpenedFile("another.csv", "e" * 64)
    step = meetings.save_draw(db, meeting, file, "d" * 64, DrawSummary(rows=1, strata=()))
    assert await refusal(step) == "scrutiny_meeting.moved_on"
    await meetings.cancel_meeting(db, meeting, "The file was not the one")
    assert (await meetings.get_meeting(db, meeting)).stage == "cancelled"
    assert await refusal(meetings.open_marking(db, meeting)) == "scrutiny_meeting.moved_on"
