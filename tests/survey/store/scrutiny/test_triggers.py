"""What sets off a community trigger, and that it is asked about once."""

import datetime

import pytest

from api import clock
from survey.scrutiny import CommunityTrigger
from survey.store.accounts import people
from survey.store.editions import actions
from survey.store.scrutiny import panels
from tests.people import CINDY
from tests.stored.case_rows import HACKNEY, LAMBETH, insert_complaint, mark_merged
from tests.stored.scrutiny_meetings import save_panel

TASER = "use_of_force_taser"
DAY = datetime.datetime(2026, 3, 4, 12, tzinfo=clock.Place.zone)
AFTER = datetime.date(2026, 4, 2)
SINCE = datetime.date(2026, 3, 1)


@pytest.fixture
async def panel(db):
    return await save_panel(db.the_connection)


async def set_trigger(db, panel, kind="number", *, least=3, allegation=TASER, period="month"):
    new = CommunityTrigger(
        id="",
        panel=panel,
        kind=kind,
        allegation=allegation,
        least=least if kind == "number" else 1,
        period=period,
        days=28,
        since=SINCE,
    )
    return await panels.insert_trigger(db.the_connection, new)


async def complaints(db, many, at=DAY, *, kinds=(TASER,), area=HACKNEY):
    return [await insert_complaint(db.the_connection, at, kinds, area=area) for _ in range(many)]


async def raised(db, panel, day=AFTER):
    await panels.raise_numbers(db.the_connection, day)
    await panels.raise_complaints(db.the_connection, day)
    await panels.raise_reports(db.the_connection, day)
    return await panels.load_events(db.the_connection, panel)


async def test_a_number_is_reached_in_one_borough_and_month_and_asked_about_once(db, panel):
    await set_trigger(db, panel)
    await complaints(db, 3)
    [one] = await raised(db, panel)
    assert (one.area, one.happened_on) == (HACKNEY, datetime.date(2026, 3, 1))
    assert one.due == AFTER + datetime.timedelta(days=28)
    await complaints(db, 2)
    assert len(await raised(db, panel, AFTER + datetime.timedelta(days=1))) == 1


async def test_what_does_not_count_sets_off_nothing(db, panel):
    """Other boroughs, other kinds, other months, merged complaints, and before the trigger."""
    await set_trigger(db, panel)
    first, *_ = await complaints(db, 2)
    await complaints(db, 3, area=LAMBETH)
    await complaints(db, 3, kinds=("custody",))
    await complaints(db, 1, DAY + datetime.timedelta(days=28))
    await complaints(db, 3, DAY - datetime.timedelta(days=5))
    [merged] = await complaints(db, 1)
    await mark_merged(db.the_connection, merged, first)
    assert await raised(db, panel) == []


async def test_today_is_not_over(db, panel):
    await set_trigger(db, panel, "each")
    await complaints(db, 1)
    assert await raised(db, panel, DAY.date()) == []
    assert len(await raised(db, panel, DAY.date() + datetime.timedelta(days=1))) == 1


async def test_each_complaint_is_asked_about_and_stays_when_it_is_erased(db, panel):
    await set_trigger(db, panel, "each")
    [ident, _] = await complaints(db, 2)
    assert len(await raised(db, panel)) == len(await raised(db, panel)) == 2
    await db.the_connection.execute("DELETE FROM complaints WHERE id = $1", ident)
    found = await panels.load_events(db.the_connection, panel)
    assert sorted(one.reference is None for one in found) == [False, True]


async def test_a_child_is_a_complaint_under_16_or_a_report_of_staff(db, panel):
    await set_trigger(db, panel, "child", allegation="")
    [child, _] = await complaints(db, 2)
    await db.the_connection.execute(
        "UPDATE complaints SET answers = $2 WHERE id = $1", child, {"age": "under_16"}
    )
    cindy = (await people.by_email(db.the_connection, CINDY[0])).id
    for kind in ("under_18", "death"):
        await actions.insert_raised(db.the_connection, kind, HACKNEY, DAY.date(), by=cindy)
    found = await raised(db, panel)
    assert sorted(one.reference is not None for one in found) == [False, True]


async def test_a_trigger_that_ended_asks_nothing_more(db, panel):
    ident = await set_trigger(db, panel, "each")
    await panels.end_trigger(db.the_connection, panel, ident, AFTER)
    await complaints(db, 1)
    assert await raised(db, panel) == []
    assert not await panels.end_trigger(db.the_connection, panel, ident, AFTER)


async def test_the_past_year_is_counted_by_borough(db, panel):
    ident = await set_trigger(db, panel)
    await complaints(db, 4)
    await complaints(db, 2, area=LAMBETH)
    days = SINCE, AFTER
    found = await panels.load_past_counts(db.the_connection, panel, days, [HACKNEY, LAMBETH])
    # The panel is Hackney's alone.
    assert [(one.trigger, one.area, one.complaints) for one in found] == [(ident, HACKNEY, 4)]


async def test_the_second_of_two_answers_is_refused(db, panel):
    await set_trigger(db, panel, "each")
    await complaints(db, 1)
    [one] = await raised(db, panel)
    cindy = (await people.by_email(db.the_connection, CINDY[0])).id
    given = one.id, 1, "Looked into", AFTER
    assert await panels.append_answer(db.the_connection, *given, by=cindy)
    assert not await panels.append_answer(db.the_connection, *given, by=cindy)
    [now] = await panels.load_events(db.the_connection, panel)
    assert (now.words, now.standing(AFTER)) == ("Looked into", "in_time")
