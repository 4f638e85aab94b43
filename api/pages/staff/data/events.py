"""The days that the working group marks on series, each with a short name and a note."""

import datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Template

from api import clock
from api.formatting import format_day
from api.pages.forms import Day, Fields, Form, Text
from api.pages.work import FromPage, StaffPage
from survey.editions.figures import SeriesMark
from survey.store.editions import edition_work
from survey.store.editions.edition_work import MarkedEvent

ADDRESS = "/work/events"
LONGEST_LABEL, LONGEST_NOTE, MOST = 40, 300, 100
EARLIEST = datetime.date(1990, 1, 1)
TAKEN = "This day has an event of that name already: change it, or give another name"


def event_fields() -> Fields:
    return Fields(
        day=Day(EARLIEST, clock.today(), "Enter the day it happened, from 1990 to today"),
        label=Text(
            LONGEST_LABEL,
            f"Give it a name of 1 to {LONGEST_LABEL} characters",
            least=1,
            one_line=True,
        ),
        note=Text(LONGEST_NOTE, f"Write up to {LONGEST_NOTE} characters"),
    )


@get(ADDRESS)
async def list_events(page: FromPage) -> Template:
    found = await page.load(edition_work.load_marked_events)
    known = find_event(found, page.query.get("change", ""))
    if known:
        page.fill(event_fields().fill(known) | {"id": [str(known.id)]})
    return page.show("data/events", events=found)


def find_event(stored: list[MarkedEvent], number: str) -> MarkedEvent | None:
    return next((event for event in stored if str(event.id) == number), None)


@post(ADDRESS)
async def save_event(page: FromPage) -> Response[Any]:
    stored = await page.load(edition_work.load_marked_events)
    event = event_fields().read(page.form, SeriesMark)
    known = find_event(stored, page.form["id"])
    others = [one for one in stored if one != known]
    taken = event and (event.day, event.label) in {(one.day, one.label) for one in others}
    page.form.require(not taken, "label", TAKEN)
    page.form.require(len(others) < MOST, "label", f"There are {MOST} events: delete one first")
    if event is None or page.form.errors:
        return page.show("data/events", events=stored)
    async with page.write("event saved", f"{event.label} ({format_day(event.day)})") as connection:
        await edition_work.save_marked_event(connection, known.id if known else None, event)
    return page.to(ADDRESS, "saved")


@post(f"{ADDRESS}/delete")
async def delete_event(page: FromPage) -> Response[Any]:
    """Delete an event; it is put in the form, so that saving undoes the deletion."""
    gone = find_event(await page.load(edition_work.load_marked_events), page.form["id"])
    if gone is None:
        return page.to(ADDRESS)
    async with page.write("event deleted", f"{gone.label} ({format_day(gone.day)})") as connection:
        await edition_work.delete_marked_event(connection, gone.id)
        left = await edition_work.load_marked_events(connection)
    page.form = Form(values=event_fields().fill(gone))
    return page.show("data/events", done="deleted", events=left)


PAGES = [StaffPage([list_events, save_event, delete_event], menu="Events", place=75)]
