"""The days that the working group marks on series, each with a short name and a note."""

import datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock
from api.dependencies import FromDatabase, FromPerson
from api.formatting import format_day
from api.pages.forms import Form, day_fields, filled_form, read_form
from api.pages.registry import StaffPage
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, staff_page
from survey.editions.figures import SeriesMark
from survey.store.database import Database
from survey.store.editions import marked_events
from survey.store.editions.marked_events import MarkedEvent

ADDRESS = "/work/events"
LONGEST_LABEL, LONGEST_NOTE, MOST = 40, 300, 100
EARLIEST = datetime.date(1990, 1, 1)
TAKEN = "This day has an event of that name already: change it, or give another name"


@get(ADDRESS)
async def list_events(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Template:
    found = await load_events(database)
    chosen = request.query_params.get("change", "")
    known = next((one for one in found if str(one.id) == chosen), None)
    form = event_form(known) if known else filled_form({})
    return staff_page("data/events", person, form=form, done=done_word(request), events=found)


async def load_events(database: Database) -> list[MarkedEvent]:
    async with database.connection() as connection:
        return await marked_events.load_all(connection)


def event_form(event: MarkedEvent, *, number: bool = True) -> Form:
    """The form with an event in it; without its number, saving adds it again."""
    fields = {"label": event.label, "note": event.note} | day_fields("day", event.day)
    return filled_form(fields | ({"id": str(event.id)} if number else {}))


@post(ADDRESS)
async def save_event(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    form = await read_form(request)
    found = await load_events(database)
    event = checked_event(form, found)
    if event is None:
        return staff_page("data/events", person, form=form, events=found)
    number = next((one.id for one in found if str(one.id) == form["id"]), None)
    subject = f"{event.label} ({format_day(event.day)})"
    async with audited_transaction(database, person, "event saved", subject) as connection:
        await marked_events.save(connection, number, event)
    return Redirect(f"{ADDRESS}?done=saved", status_code=303)


def checked_event(form: Form, stored: list[MarkedEvent]) -> SeriesMark | None:
    """The event that was typed; None, with errors at their fields, where it is not one."""
    day, label, note = form.day("day"), form["label"], form["note"]
    inside = day is not None and EARLIEST <= day <= clock.today()
    form.require(inside, "day-day", "Enter the day it happened, from 1990 to today")
    is_name = 0 < len(label) <= LONGEST_LABEL and label.isprintable()
    form.require(is_name, "label", f"Give it a name of 1 to {LONGEST_LABEL} characters")
    form.require_length("note", 0, LONGEST_NOTE, f"Write up to {LONGEST_NOTE} characters")
    others = [one for one in stored if str(one.id) != form["id"]]
    form.require((day, label) not in {(one.day, one.label) for one in others}, "label", TAKEN)
    form.require(len(others) < MOST, "label", f"There are {MOST} events: delete one first")
    return None if form.errors or day is None else SeriesMark(day, label, note)


@post(f"{ADDRESS}/delete")
async def delete_event(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Delete an event; it is put in the form, so that saving undoes the deletion."""
    form = await read_form(request)
    gone = next((one for one in await load_events(database) if str(one.id) == form["id"]), None)
    if gone is None:
        return Redirect(ADDRESS, status_code=303)
    subject = f"{gone.label} ({format_day(gone.day)})"
    async with audited_transaction(database, person, "event deleted", subject) as connection:
        await marked_events.delete(connection, gone.id)
        found = await marked_events.load_all(connection)
    form = event_form(gone, number=False)
    return staff_page("data/events", person, form=form, done="deleted", events=found)


PAGES = [StaffPage([list_events, save_event, delete_event], menu="Events", place=75)]
