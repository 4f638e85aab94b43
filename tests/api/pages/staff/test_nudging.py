"""Reminders of overdue cases: one for each deadline, and again after five working days."""

import datetime

import pytest

from api import clock
from api.jobs import kinds, worker
from api.jobs.kinds import due_jobs
from api.operations import cases
from survey.store.accounts import people
from survey.store.cases import complaints, events
from tests.api.pages.staff.test_case_mails import act_on_case
from tests.people import AMINA, CINDY, JOAN
from tests.stored.complaint_forms import create_case

DAY = datetime.timedelta(days=1)


@pytest.fixture
async def accounts(db):
    found = {}
    for who in (AMINA, CINDY, JOAN):
        found[who] = (await people.by_email(db.the_connection, who[0])).id
    return found


@pytest.fixture
async def case(db):
    return (await create_case(db)).reference


@pytest.fixture
def at(monkeypatch, db):
    """Runs the calendar's job at six o'clock on a day; returns the reminders it sent."""

    async def on(day):
        moment = datetime.datetime.combine(day, datetime.time(6), clock.Place.zone)
        monkeypatch.setattr(clock, "now", lambda: moment)
        before = await mail_ids(db)
        await kinds.remind_overdue_cases(db.the_connection, str(day))
        return [one for one in await reminder_mails(db) if one["id"] not in before]

    return on


async def mail_ids(db):
    return {one["id"] for one in await reminder_mails(db)}


async def reminder_mails(db):
    return await db.the_connection.fetch(
        """
        SELECT m.id, c.reference, a.email, e.event ->> 'kind' AS kind
          FROM case_mails m JOIN complaints c ON c.id = m.complaint
          JOIN accounts a ON a.id = m.account
          JOIN case_events e ON (e.complaint, e.version) = (m.complaint, m.version)
         ORDER BY m.id
        """
    )


async def day_late_by(db, reference, days):
    """The day on which the case is that many days late."""
    return (await complaints.get(db.the_connection, reference)).due_on + days * DAY


async def event_kinds(db, reference):
    found = await complaints.get(db.the_connection, reference)
    return [one.event.kind for one in await events.load_history(db.the_connection, found.id)]


async def test_a_case_is_not_nudged_before_its_day_has_passed(case, db, at):
    assert await at(await day_late_by(db, case, 0)) == []
    assert await event_kinds(db, case) == ["received"]


async def test_who_works_on_it_is_told_once_its_day_has_passed(case, db, at, accounts):
    await act_on_case(db, case, "acknowledged", by=accounts[JOAN])
    await act_on_case(db, case, "assigned", by=accounts[JOAN], to=accounts[JOAN])
    [mail] = await at(await day_late_by(db, case, 1))
    assert (mail["reference"], mail["email"], mail["kind"]) == (case, JOAN[0], "nudged")
    assert (await event_kinds(db, case))[-1] == "nudged"


async def test_where_nobody_works_on_it_every_reviewer_is_told(case, db, at, accounts):
    await people.insert(db.the_connection, "ali@example.org", "Ali Khan", "reviewer", None)
    await people.insert(db.the_connection, "bo@example.org", "Bo Lund", "reviewer", None)
    await people.set_active(db.the_connection, "bo@example.org", active=False)
    mails = await at(await day_late_by(db, case, 1))
    assert sorted(one["email"] for one in mails) == ["ali@example.org", CINDY[0]]


async def test_of_many_cases_that_nobody_works_on_each_reviewer_gets_one_mail(case, db, at):
    cases_late = [case, *[(await create_case(db)).reference for _ in range(3)]]
    for reference in cases_late:
        due = await day_late_by(db, reference, 1)
    mails = await at(due + DAY)
    assert [one["email"] for one in mails] == [CINDY[0]]
    nudged = await db.the_connection.fetchval(
        "SELECT count(*) FROM case_events WHERE event ->> 'kind' = 'nudged'"
    )
    assert nudged == len(cases_late)


async def test_where_who_works_on_it_left_and_no_reviewer_is_there_administrators_are_told(
    case, db, at, accounts
):
    await act_on_case(db, case, "assigned", by=accounts[JOAN], to=accounts[CINDY])
    await people.set_active(db.the_connection, CINDY[0], active=False)
    mails = await at(await day_late_by(db, case, 1))
    assert {one["email"] for one in mails} == {CINDY[0], JOAN[0]}


async def test_a_reminder_of_the_person_reaches_somebody_too(case, db, at, monkeypatch):
    day = datetime.datetime.combine(
        await day_late_by(db, case, 1), datetime.time(9), clock.Place.zone
    )
    monkeypatch.setattr(clock, "now", lambda: day)
    await act_on_case(db, case, "nudged", "person")
    assert [one["email"] for one in await reminder_mails(db)] == [CINDY[0]]


@pytest.mark.parametrize(
    ("nudged", "today", "again"),
    [(None, "2027-03-10", True), ("2027-03-05", "2027-03-10", True),
     ("2027-03-10", "2027-03-11", False), ("2027-03-10", "2027-03-16", False),
     ("2027-03-10", "2027-03-17", True), ("2027-03-24", "2027-04-01", False),
     ("2027-03-24", "2027-04-02", True)],
)  # fmt: skip
def test_again_after_five_working_days(nudged, today, again):
    """Good Friday and Easter Monday in 2027 are 26 and 29 March."""
    due, day = datetime.date(2027, 3, 9), datetime.date.fromisoformat
    last = day(nudged) if nudged else None
    assert kinds.is_reminder_due(due, last, day(today)) == again


@pytest.mark.parametrize("kind", ["asked", "outcome"])
async def test_only_the_silence_of_the_working_group_counts(case, db, at, accounts, kind):
    await act_on_case(db, case, "acknowledged", by=accounts[JOAN])
    given = {"allegation": "incivility", "outcome": "resolved"} if kind == "outcome" else {}
    await act_on_case(db, case, kind, by=accounts[JOAN], **given)
    mails = await at(await day_late_by(db, case, 1))
    assert bool(mails) == (kind == "outcome")


async def test_somebody_who_acts_at_the_same_moment_stops_no_other(case, db, at, monkeypatch):
    other = (await create_case(db)).reference
    late = kinds.case_commands.apply_to_latest

    async def changed(connection, reference, event, side):
        if reference == case:
            raise kinds.Conflict("case.changed", "", "")
        return await late(connection, reference, event, side)

    monkeypatch.setattr(kinds.case_commands, "apply_to_latest", changed)
    mails = await at(await day_late_by(db, other, 1))
    assert {one["reference"] for one in mails} == {other}


@pytest.mark.parametrize(
    ("moment", "key"),
    [("2027-03-26T07:00", "2027-03-25"), ("2027-03-29T07:00", "2027-03-25"),
     ("2027-03-30T05:59", "2027-03-25"), ("2027-03-30T06:00", "2027-03-30"),
     ("2027-03-31T06:00", "2027-03-31")],
)  # fmt: skip
def test_the_calendar_asks_once_a_working_day_at_six(moment, key):
    now = datetime.datetime.fromisoformat(moment).replace(tzinfo=clock.Place.zone)
    assert dict(due_jobs(now))["nudge_cases"] == key
    assert "nudge_cases" in worker.JOBS


def test_the_last_working_day():
    assert cases.last_working_day(datetime.date(2027, 3, 28)) == datetime.date(2027, 3, 25)
    assert cases.last_working_day(datetime.date(2027, 3, 25)) == datetime.date(2027, 3, 25)
