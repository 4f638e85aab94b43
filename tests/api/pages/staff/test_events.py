"""Events that the working group marks on series: saved, changed, deleted, audited, drawn."""

import datetime

import pytest

from api.jobs.edition_inputs import editions
from survey.editions.figures import SeriesMark
from survey.store.accounts import people
from survey.store.editions import edition_work
from tests.api.pages.forms import send
from tests.people import JOAN

PAGE = "/work/events"
FIRST_DAY = {"day-day": "23", "day-month": "3", "day-year": "2020"}
EVENT = FIRST_DAY | {"label": "Stay at home", "note": "Residents were asked to stay at home."}


@pytest.fixture
async def joan(signed_in):
    return await signed_in(JOAN)


async def stored(db):
    return await edition_work.load_marked_events(db.the_connection)


async def acts(db):
    """The audit lines of events, the newest first."""
    rows = await people.load_audit(db.the_connection, 2**62, 20)
    return [(row.act, row.subject) for row in rows if row.act.startswith("event")]


async def test_an_event_is_saved_changed_and_deleted_and_each_is_in_the_audit(joan, db):
    assert (await send(joan, PAGE, EVENT)).headers["location"] == f"{PAGE}?done=saved"
    [one] = await stored(db)
    assert (one.day, one.label) == (datetime.date(2020, 3, 23), "Stay at home")
    form = (await joan.get(f"{PAGE}?change={one.id}")).text
    assert 'value="Stay at home"' in form
    await send(joan, PAGE, EVENT | {"id": str(one.id), "label": "Lockdown"})
    [changed] = await stored(db)
    assert (changed.id, changed.label) == (one.id, "Lockdown")
    gone = await send(joan, f"{PAGE}/delete", {"id": str(one.id)})
    assert 'value="Lockdown"' in gone.text
    assert await stored(db) == []
    assert await acts(db) == [
        ("event deleted", "Lockdown (23 March 2020)"),
        ("event saved", "Lockdown (23 March 2020)"),
        ("event saved", "Stay at home (23 March 2020)"),
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"day-year": "2999"}, "Enter the day it happened, from 1990 to today"),
        (
            {"day-day": "31", "day-month": "2"},
            "This day does not exist: check the day and the month",
        ),
        ({"label": ""}, "Give it a name of 1 to 40 characters"),
        ({"label": "x" * 41}, "Give it a name of 1 to 40 characters"),
        ({"note": "x" * 301}, "Write up to 300 characters"),
    ],
)
async def test_what_cannot_be_saved_stays_in_the_form(joan, db, change, sentence):
    answer = await send(joan, PAGE, EVENT | change)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert all(typed in answer.text for typed in (EVENT | change).values())
    assert await stored(db) == []


async def test_two_events_of_a_day_have_two_names(joan, db):
    await send(joan, PAGE, EVENT)
    answer = await send(joan, PAGE, EVENT | {"note": "Another note."})
    assert "This day has an event of that name already" in answer.text
    await send(joan, PAGE, EVENT | {"label": "Another name"})
    assert len(await stored(db)) == 2


async def test_a_new_edition_marks_the_events_that_its_series_cover(db):
    for day, label in ((datetime.date(2026, 1, 5), "In it"), (datetime.date(2001, 1, 1), "Before")):
        await edition_work.save_marked_event(
            db.the_connection, None, SeriesMark(day, label, "A note")
        )
    made, _ = await editions.make_edition(db.the_connection, "weekly", datetime.date(2026, 1, 12))
    assert [(one.label, one.note) for one in made.marks] == [("In it", "A note")]
