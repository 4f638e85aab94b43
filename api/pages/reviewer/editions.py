"""Editions: those that stand, those on their way, and asking for one now."""

import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock, figures, paging
from api.jobs import calendar
from api.pages.reader import ON_A_PAGE, Key
from api.pages.reviewer.complaints import reviewers
from api.pages.templating import AnyRequest
from api.pages.work import Errors, acting, day_in, day_typed, done, moment, page, typed
from api.people import Person
from api.wiring import Cursor, FromDatabase, FromPerson
from survey.store import jobs, reports
from survey.store.database import Connection, Database
from survey.store.reports import EditionLine

JOBS = {"weekly": "weekly_edition", "monthly": "monthly_edition"}
EARLIEST = datetime.date(2000, 1, 1)
STEPS = {
    "reading": "reading the answers and the figures (1 of 3)",
    "computing": "computing and withholding (2 of 3)",
    "keeping": "keeping it (3 of 3)",
}


class Listed(msgspec.Struct, frozen=True):
    period: str
    kind: str
    number: int
    address: str
    themes: str
    standing: str


class OnTheWay(msgspec.Struct, frozen=True):
    """An edition that does not stand yet, and what there is to say of it."""

    name: str
    standing: str


class Failed(msgspec.Struct, frozen=True):
    """An edition that could not be made: a refusal of ours has a `code`."""

    name: str
    error: str
    code: str


def edition_line(found: EditionLine) -> Listed:
    address = f"/work/editions/{found.kind}/{found.start}"
    return Listed(
        period=f"{figures.day(found.start)} to {figures.day(found.end)}",
        kind=found.kind.capitalize(),
        number=found.number,
        address=f"{address}/{found.number}",
        themes=f"{address}/themes?number={found.number}",
        standing=standing_of(found),
    )


def standing_of(found: EditionLine) -> str:
    if found.withdrawn:
        return "withdrawn"
    if found.published_at:
        return "published"
    return "reviewed" if found.reviewed_at else "draft"


@get("/work/editions", guards=reviewers, include_in_schema=False)
async def every(
    request: AnyRequest, database: FromDatabase, person: FromPerson, after: Cursor = None
) -> Template:
    return await list_page(database, person, after, done=done(request))


async def list_page(
    database: Database, person: Person, after: str | None, **context: Any
) -> Template:
    async with database.connection() as connection:
        lines = await reports.page(
            connection, paging.decode(after, Key), ON_A_PAGE + 1, drafts=True
        )
        going = await on_the_way(connection)
        failed = [failure(row) for row in await jobs.failures(connection) if is_edition(row)]
    found = paging.page_of(lines, ON_A_PAGE, edition_line, EditionLine.key)
    suggested = {"kind": "weekly"} | day_typed("day", calendar.last_week(clock.today()))
    given = {
        "typed": suggested,
        "rows": found.items,
        "next": found.next,
        "after": after,
        "going": going,
        "failed": failed,
        "coming": [(named(kind, start), moment(at)) for kind, start, at in coming()],
    }
    return page("editions", person, **(given | context))


def coming() -> list[tuple[str, datetime.date, datetime.datetime]]:
    return calendar.coming(clock.now())


def is_edition(row: Any) -> bool:
    return row["kind"] in JOBS.values()


def what_of(row: Any) -> str:
    """Kind and first day, as a running job tells them."""
    return f"{row['kind'].split('_')[0]} {row['key'].split()[0]}"


async def on_the_way(connection: Connection) -> list[OnTheWay]:
    """What is made at this moment with its step, then what waits."""
    told = {row["what"].rsplit(" ", 1)[0]: row for row in await jobs.told(connection)}
    waiting = {what_of(row): row for row in await jobs.asked(connection, list(JOBS.values()))}
    made = [OnTheWay(in_words(what), step_of(row)) for what, row in told.items()]
    rest = [
        OnTheWay(in_words(what), waits(row)) for what, row in waiting.items() if what not in told
    ]
    return made + rest


def step_of(row: Any) -> str:
    step = STEPS[row["what"].rsplit(" ", 1)[1]]
    return f"{step}, begun at {row['since'].astimezone(clock.LONDON):%H:%M}"


def waits(row: Any) -> str:
    if not row["attempts"]:
        return "waiting for its turn"
    tries = "once" if row["attempts"] == 1 else f"{row['attempts']} times"
    return f"failed {tries}, and is tried again by itself"


def in_words(what: str) -> str:
    kind, start = what.split(" ")
    return named(kind, datetime.date.fromisoformat(start))


def named(kind: str, start: datetime.date) -> str:
    return f"{kind.capitalize()} edition from {figures.day(start)}"


def failure(row: Any) -> Failed:
    trace = msgspec.json.decode(row["traceback"]) if row["traceback"] else {}
    return Failed(
        name=in_words(what_of(row)),
        error=trace.get("exception_type", "an unknown error"),
        code=trace.get("additional_context", {}).get("code", ""),
    )


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
        await jobs.ask_unless_waiting(connection, JOBS[kind], f"{start} anew")
    return Redirect("/work/editions?done=asked", status_code=303)


HANDLERS = [every, ask]
