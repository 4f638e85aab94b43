"""Editions: those that stand, those on their way, and asking for one now."""

import datetime
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock, figures, paging
from api.jobs import calendar
from api.pages.reader import ON_A_PAGE, Key, listed
from api.pages.reviewer.complaints import reviewers
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, day_in, day_typed, done, page, typed
from api.people import Person
from api.wiring import Cursor, FromDatabase, FromPerson
from survey.store import jobs, reports
from survey.store.database import Database

JOBS = {"weekly": "weekly_edition", "monthly": "monthly_edition"}
EARLIEST = datetime.date(2000, 1, 1)


@get("/work/editions", guards=reviewers, include_in_schema=False)
async def every(
    request: AnyRequest, database: FromDatabase, person: FromPerson, after: Cursor = None
) -> Template:
    return await list_page(database, person, after, done=done(request))


async def list_page(
    database: Database, person: Person, after: str | None, **context: Any
) -> Template:
    async with database.connection() as connection:
        rows = await reports.page(connection, paging.decode(after, Key), ON_A_PAGE + 1)
        asked = await jobs.asked(connection, list(JOBS.values()))
    found = paging.page_of(rows, ON_A_PAGE, listed, "start_on kind number")
    last_week = calendar.last_week(clock.today())
    suggested = {"kind": "weekly"} | day_typed("day", last_week)
    given = {"typed": suggested, "rows": found.items, "next": found.next, "after": after}
    coming = [(row["kind"].split("_")[0], in_words(row["key"])) for row in asked]
    return page("editions", person, **(given | {"coming": coming} | context))


def in_words(day: str) -> str:
    return figures.day(datetime.date.fromisoformat(day))


@post("/work/editions", guards=reviewers, include_in_schema=False)
async def ask(request: AnyRequest, database: FromDatabase, person: FromPerson) -> Response[Any]:
    """Ask for an edition of the period that holds a day, unless it is on its way already."""
    form = await typed(request)
    kind, day = form.get("kind", ""), day_in(form, "day")
    errors: Errors = []
    if kind not in JOBS:
        errors.append(("kind", "Choose a weekly or a monthly edition"))
    if day is None or not EARLIEST <= day <= clock.today():
        errors.append(("day-day", "Enter a day of the week or month, not one in the future"))
    if errors or day is None:
        return await list_page(database, person, None, status=422, errors=errors, typed=form)
    start = str(calendar.this_week(day) if kind == "weekly" else day.replace(day=1))
    async with acting(database, person, "edition asked for", f"{kind} {start}") as connection:
        asked = await jobs.asked(connection, [JOBS[kind]])
        if start not in [row["key"] for row in asked]:
            await jobs.ask(connection, JOBS[kind], start)
    return Redirect("/work/editions?done=asked", status_code=303)


HANDLERS = [every, ask]
