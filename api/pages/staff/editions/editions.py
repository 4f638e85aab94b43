"""The list of editions, those being prepared, and requesting one now."""

import datetime
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect, Template

from api import clock, formatting, pagination
from api.dependencies import Cursor, FromDatabase, FromPerson
from api.jobs import calendar
from api.pages.forms import Form, day_fields, filled_form, read_form
from api.pages.registry import StaffPage
from api.pages.reports.listing import ON_A_PAGE, EditionListKey
from api.pages.templating import AnyRequest
from api.pages.work import audited_transaction, done_word, format_moment, staff_page
from api.security.people import Person
from survey.store import jobs
from survey.store.database import Connection, Database
from survey.store.editions import alerts, editions
from survey.store.editions.alerts import NewestEdition
from survey.store.editions.editions import EditionLine
from survey.store.jobs import HeldJob, PendingJob, WorkProgress

EDITION_JOBS = {"weekly": "weekly_edition", "monthly": "monthly_edition"}
MOST_WHY = 300
EARLIEST = datetime.date(2000, 1, 1)
JOB_STEPS = {
    "reading": "reading the answers and the figures (1 of 3)",
    "computing": "computing and withholding (2 of 3)",
    "saving": "saving it (3 of 3)",
}


class StaffEditionRow(msgspec.Struct, frozen=True):
    period: str
    kind: str
    number: int
    address: str
    themes: str
    standing: str


class PendingEdition(msgspec.Struct, frozen=True):
    """An edition that is being made or waits to be made, and how far it is."""

    name: str
    standing: str


class FailedEdition(msgspec.Struct, frozen=True):
    """An edition that could not be made; `code` if we refused to make it."""

    name: str
    error: str
    code: str


def edition_row(found: EditionLine) -> StaffEditionRow:
    address = f"/work/editions/{found.kind}/{found.start}"
    return StaffEditionRow(
        period=f"{formatting.format_day(found.start)} to {formatting.format_day(found.end)}",
        kind=found.kind.capitalize(),
        number=found.number,
        address=f"{address}/{found.number}",
        themes=f"{address}/themes?number={found.number}",
        standing=edition_status(found),
    )


def edition_status(found: EditionLine) -> str:
    if found.withdrawn:
        return "withdrawn"
    if found.published_at:
        return "published"
    return "reviewed" if found.reviewed_at else "draft"


@get("/work/editions")
async def list_editions(
    request: AnyRequest, database: FromDatabase, person: FromPerson, after: Cursor = None
) -> Template:
    return await editions_page(database, person, after, done=done_word(request))


async def editions_page(
    database: Database, person: Person, after: str | None, **context: Any
) -> Template:
    async with database.connection() as connection:
        lines = await editions.load_page(
            connection, pagination.decode_cursor(after, EditionListKey), ON_A_PAGE + 1, drafts=True
        )
        going = await load_pending_editions(connection)
        newest = await alerts.load_newest_with_assignments(connection, drafts=True)
        failed = [
            failed_edition(one)
            for one in await jobs.load_held(connection)
            if one.kind in EDITION_JOBS.values()
        ]
    found = pagination.build_page(lines, ON_A_PAGE, edition_row, EditionLine.key)
    suggested = {"kind": "weekly"} | day_fields("day", calendar.last_week(clock.today()))
    given: dict[str, Any] = {
        "form": filled_form(suggested),
        "rows": found.items,
        "next": found.next,
        "after": after,
        "going": going,
        "failed": failed,
        "coming": scheduled_editions(newest),
    }
    return staff_page("editions/editions", person, **(given | context))


def scheduled_editions(newest: Sequence[NewestEdition]) -> list[tuple[str, str]]:
    """The next edition of each kind and when it will be made; one that is complete already, and so
    is not made again, gives way to the one after it.
    """
    complete = {(one.kind, one.start) for one in newest if is_complete(one)}
    found = []
    for kind, start, at in calendar.coming_editions(clock.now()):
        if (kind, start) in complete:
            after = {one[0]: one for one in calendar.coming_editions(at)}
            _, start, at = after[kind]
        found.append((edition_name(kind, start), format_moment(at)))
    return found


def is_complete(one: NewestEdition) -> bool:
    """Whether an edition was made after its last day, and that is the last day of its period."""
    after = one.end + datetime.timedelta(days=1)
    over = after.weekday() == 0 if one.kind == "weekly" else after.day == 1
    return over and one.made_at.astimezone(clock.LONDON).date() >= after


def job_edition(job: PendingJob | HeldJob) -> str:
    """Kind and first day of the edition that a job makes."""
    # The rest of a key says how the job is to be done, as in `request_edition`.
    return f"{job.kind.split('_')[0]} {job.key.split()[0]}"


async def load_pending_editions(connection: Connection) -> list[PendingEdition]:
    """The edition being made now with its step, then those that wait."""
    progress = {one.work: one for one in await jobs.load_progress(connection)}
    waiting = {
        job_edition(one): one
        for one in await jobs.load_pending(connection, list(EDITION_JOBS.values()))
    }
    made = [PendingEdition(job_edition_name(what), job_step(one)) for what, one in progress.items()]
    rest = [
        PendingEdition(job_edition_name(what), waiting_text(one.tries))
        for what, one in waiting.items()
        # The edition that is being made is still in the queue until it is saved.
        if what not in progress
    ]
    return made + rest


def job_step(progress: WorkProgress) -> str:
    step = JOB_STEPS[progress.step]
    return f"{step}, begun at {progress.since.astimezone(clock.LONDON):%H:%M}"


def waiting_text(tries: int) -> str:
    if not tries:
        return "waiting for its turn"
    often = "once" if tries == 1 else f"{tries} times"
    return f"failed {often}, and is tried again by itself"


def job_edition_name(what: str) -> str:
    kind, start = what.split(" ")
    return edition_name(kind, datetime.date.fromisoformat(start))


def edition_name(kind: str, start: datetime.date) -> str:
    return f"{kind.capitalize()} edition from {formatting.format_day(start)}"


def failed_edition(job: HeldJob) -> FailedEdition:
    return FailedEdition(
        name=job_edition_name(job_edition(job)),
        error=job.failure.exception_type or "an unknown error",
        code=job.failure.code,
    )


@post("/work/editions")
async def request_edition(
    request: AnyRequest, database: FromDatabase, person: FromPerson
) -> Response[Any]:
    """Request an edition of the period around a day, unless it is being made already."""
    form = await read_form(request)
    kind, day = form["kind"], form.day("day")
    form.require(kind in EDITION_JOBS, "kind", "Choose a weekly or a monthly edition")
    past = day is not None and EARLIEST <= day <= clock.today()
    form.require(past, "day-day", "Enter a day of the week or month, not one in the future")
    form.require_length("why", 0, MOST_WHY, f"Say why in {MOST_WHY} characters or fewer")
    if not form.errors and day is not None:
        start = calendar.this_week(day) if kind == "weekly" else day.replace(day=1)
        await require_reason(database, form, kind, start)
    if form.errors or day is None:
        return await editions_page(database, person, None, form=form)
    given = {"why": form["why"]} if form["why"] else {}
    async with audited_transaction(
        database, person, "edition asked for", f"{kind} {start}", given
    ) as connection:
        # Without a second word in the key the job stops if these days have an edition already.
        key = f"{start} anew {' '.join(form['why'].split())}".strip()
        await jobs.enqueue_unless_waiting(connection, EDITION_JOBS[kind], key)
    return Redirect("/work/editions?done=asked", status_code=303)


async def require_reason(database: Database, form: Form, kind: str, start: datetime.date) -> None:
    """Refuse another edition of a published period without a reason, and say which it would be."""
    async with database.connection() as connection:
        found = await editions.find_published(connection, kind, start)
    if found is not None:
        number, end = found
        days = f"{formatting.format_day(start)} to {formatting.format_day(end)}"
        form.require(
            bool(form["why"]),
            "why",
            f"Edition {number} of {days} is published. Say why you correct it, or choose another "
            "period",
        )


PAGES = [StaffPage([list_editions, request_edition], menu="Editions", place=40)]
