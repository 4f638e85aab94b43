"""Editions: their list, one that is asked for, who may publish alone, and days marked on series."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, PathParameter
from litestar.response import Template

from api import clock, dependencies, locales
from api.dependencies import Cursor
from api.editions.summary import days_in_words
from api.jobs import kinds
from api.locales import format_day
from api.pages.filters import moment
from api.pages.forms import Day, Fields, Form, Text, day_fields
from api.pages.reports.editions import KindParameter
from api.pages.reports.lists import ON_A_PAGE, EditionListKey
from api.pages.shell import AnyRequest
from api.pages.work import FromPage, StaffPage, StaffRequest
from api.process.installation import import_lock
from api.security.people import Person
from survey.editions.actions import EditionKey
from survey.editions.figures import SeriesMark
from survey.problems import Conflict, Problem
from survey.store import editions, jobs
from survey.store.database import Connection, Database
from survey.store.editions import EditionLine, edition_work
from survey.store.editions import actions as action_store
from survey.store.editions.actions import NewestEdition
from survey.store.editions.edition_work import EditionState, MarkedEvent
from survey.store.jobs import HeldJob, PendingJob
from survey.store.scrutiny.reports import ReviewedReport

BASE = "/work/editions/{kind:str}/{start:date}/{number:int}"
Number = Annotated[int, PathParameter(ge=1, le=1_000_000)]
FromWhich = NamedDependency[EditionKey]
ONE_PERSON_NOTE = "published by the person who reviewed it, which the operator allows"
ONE_PERSON = "The operator lets one person review and publish. The audit will say so."
NOBODY_ELSE = (
    "No one else who can review has an open account: ask an administrator to add one, or the "
    "operator to let one person publish (SOUNDINGS_ONE_PERSON_PUBLISHES=true)."
)
EDITION_JOBS = {
    "weekly": "weekly_edition",
    "monthly": "monthly_edition",
    "outcome": "outcome_edition",
}
MOST_WHY = 300
EARLIEST = datetime.date(2000, 1, 1)
JOB_STEPS = {
    "reading": "reading the answers and the figures (1 of 3)",
    "computing": "computing and withholding (2 of 3)",
    "saving": "saving it (3 of 3)",
}
EVENTS = "/work/events"
LONGEST_LABEL, LONGEST_NOTE, MOST_EVENTS = 40, 300, 100
EARLIEST_EVENT = datetime.date(1990, 1, 1)
TAKEN = "This day has an event of that name already: change it, or give another name"


def edition_in_address(
    kind: KindParameter, start: FromPath[datetime.date], number: Number
) -> EditionKey:
    """The edition that an address names."""
    return EditionKey(kind, start, number)


# Dependencies of routers under BASE.
WHICH = {"which": Provide(edition_in_address, sync_to_thread=False)}


def edition_address(which: EditionKey) -> str:
    return f"/work/editions/{which.kind}/{which.start}/{which.number}"


def may_publish_alone(request: AnyRequest) -> bool:
    """Whether the operator lets one person review and publish."""
    return bool(request.app.state.settings.one_person_publishes)


def publication_detail(
    reviewer: str | None, name: str | None, person: Person, refusal: Problem, *, alone: bool
) -> dict[str, str]:
    """The name of who reviewed the edition, for the audit; raises `refusal` if this person may not
    publish it.
    """
    reviewed = {"reviewed_by": name or "a command"}
    if reviewer != person.id:
        return reviewed
    if not alone:
        raise refusal
    return reviewed | {"by_one_person": ONE_PERSON_NOTE}


def who_publishes(
    what: str,
    publishers: str,
    reviewed: EditionState | ReviewedReport | None,
    person: Person,
    *,
    others: bool,
    alone: bool,
) -> str:
    """Who may publish what was reviewed and why, in words for this person, before anybody does.

    `others` is whether anybody else is one of the `publishers`, `alone` whether the operator lets
    one person do both.
    """
    if reviewed is None:
        if alone:
            return ONE_PERSON
        rule = (
            f"The person who marks it as reviewed cannot publish it: {publishers} must, so that no "
            "one publishes alone."
        )
        return rule if others else f"{rule} {NOBODY_ELSE}"
    # A command has no account, so there is nobody whom the rule of two people excludes.
    if reviewed.reviewer is None:
        return "A command marked it as reviewed, so any reviewer or administrator may publish it."
    if reviewed.reviewer != person.id:
        return f"{reviewed.reviewed_by} marked it as reviewed, so another person may publish it."
    mine = f"You marked this {what} as reviewed."
    if alone:
        return f"{mine} You may publish it too. {ONE_PERSON}"
    publisher = f"A{publishers[1:]} publishes it: no one does so alone."
    return f"{mine} {publisher if others else NOBODY_ELSE}"


def read_reason(form: Form) -> str:
    """Why something that was published is withdrawn, as it was typed."""
    wanted = f"Say why, in {MOST_WHY} characters or fewer"
    form.require_length("reason", 1, MOST_WHY, wanted)
    return form["reason"]


def edition_status(line: EditionLine) -> str:
    if line.withdrawn:
        return "withdrawn"
    if line.published_at:
        return "published"
    return "reviewed" if line.reviewed_at else "draft"


async def editions_page(page: FromPage, after: Cursor = None) -> Template:
    async with page.connection() as connection:
        lines = await editions.load_page(
            connection,
            dependencies.decode_cursor(after, EditionListKey),
            ON_A_PAGE + 1,
            drafts=True,
        )
        going = await load_pending_editions(connection)
        newest = await action_store.load_newest_with_assignments(connection, drafts=True)
        failed = [
            (job_edition_name(job_edition(job)), job.failure)
            for job in await jobs.load_held(connection)
            if job.kind in EDITION_JOBS.values()
        ]
    list_page = dependencies.build_page(lines, ON_A_PAGE, lambda line: line, EditionLine.key)
    page.fill({"kind": "weekly"} | day_fields("day", kinds.last_week(clock.today())))
    return page.show(
        "editions/editions",
        rows=list_page.items,
        days=days_in_words,
        status_of=edition_status,
        next=list_page.next,
        after=after,
        going=going,
        failed=failed,
        coming=scheduled_editions(newest),
    )


def scheduled_editions(newest: Sequence[NewestEdition]) -> list[tuple[str, str]]:
    """The next edition of each kind and when it will be made. If that edition is complete already,
    and so is not made again, the one after it is given.
    """
    complete = {
        (newest_edition.kind, newest_edition.start)
        for newest_edition in newest
        if is_complete(newest_edition)
    }
    schedule = []
    for kind, start, at in kinds.coming_editions(clock.now()):
        if (kind, start) in complete:
            after = {edition[0]: edition for edition in kinds.coming_editions(at)}
            _, start, at = after[kind]
        schedule.append((edition_name(kind, start), moment(at)))
    return schedule


def is_complete(edition: NewestEdition) -> bool:
    """Whether an edition ends on the last day of its period and was made after that day."""
    after = edition.end + datetime.timedelta(days=1)
    over = after.weekday() == 0 if edition.kind == "weekly" else after.day == 1
    return over and clock.local_day(edition.made_at) >= after


def job_edition(job: PendingJob | HeldJob) -> str:
    """Kind and first day of the edition that a job makes."""
    # The rest of a key says how the job is to be done, as in `request_edition`.
    return f"{job.kind.split('_')[0]} {job.key.split()[0]}"


async def load_pending_editions(connection: Connection) -> list[tuple[str, str]]:
    """The name of the edition being made now with its step, then those that wait."""
    progress = {task.work: task for task in await jobs.load_progress(connection)}
    waiting = {
        job_edition(job): job
        for job in await jobs.load_pending(connection, list(EDITION_JOBS.values()))
    }
    made = [
        (
            job_edition_name(what),
            f"{JOB_STEPS[task.step]}, begun at {clock.local_time(task.since):%H:%M}",
        )
        for what, task in progress.items()
        if task.step in JOB_STEPS  # other work has steps of its own
    ]
    rest = [
        (job_edition_name(what), waiting_text(job.tries))
        for what, job in waiting.items()
        # The edition that is being made is still in the queue until it is saved.
        if what not in progress
    ]
    return made + rest


def waiting_text(tries: int) -> str:
    if not tries:
        return "waiting for its turn"
    often = "once" if tries == 1 else f"{tries} times"
    return f"failed {often}, and is tried again by itself"


def job_edition_name(what: str) -> str:
    kind, start = what.split(" ")
    if kind == "outcome":
        return "Outcome report"
    return edition_name(kind, datetime.date.fromisoformat(start))


def edition_name(kind: str, start: datetime.date) -> str:
    return f"{kind.capitalize()} edition from {locales.format_day(start)}"


@post("/work/editions")
async def request_edition(page: FromPage) -> Response[Any]:
    """Request an edition of the period around a day, unless it is being made already."""
    kind, day = page.form["kind"], page.form.day("day")
    page.form.require(kind in EDITION_JOBS, "kind", "Choose a weekly, monthly or outcome edition")
    if kind == "outcome":
        day = await find_trial_start(page)
    else:
        past = day is not None and EARLIEST <= day <= clock.today()
        page.form.require_day(
            "day", past, "Enter a day of the week or month, not one in the future"
        )
    page.form.require_length("why", 0, MOST_WHY, f"Say why in {MOST_WHY} characters or fewer")
    if not page.form.errors and day is not None:
        start = kinds.period_start(kind, day)
        await require_reason(page.database, page.form, kind, start)
    if page.form.errors or day is None:
        return await editions_page(page)
    given = {"why": page.form["why"]} if page.form["why"] else {}
    async with page.write("edition asked for", f"{kind} {start}", given) as connection:
        # Without a second word in the key the job stops if these days have an edition already.
        key = f"{start} anew {' '.join(page.form['why'].split())}".strip()
        await jobs.enqueue_unless_waiting(connection, EDITION_JOBS[kind], key)
    return page.to("/work/editions", "asked")


async def find_trial_start(page: StaffRequest) -> datetime.date | None:
    """The first day of the trial; an error of the form where there is none to report on."""
    with import_lock("api.jobs.edition_inputs.editions"):
        from api.jobs.edition_inputs.editions import load_trial

    try:
        async with page.connection() as connection:
            return (await load_trial(connection, clock.today())).start
    except Conflict as refused:
        page.form.add_error("kind", f"{refused.sentence} {refused.remedy}")
        return None


async def require_reason(database: Database, form: Form, kind: str, start: datetime.date) -> None:
    """Refuse another edition of a published period without a reason, and say which it would be."""
    async with database.connection() as connection:
        edition = await editions.find_published(connection, kind, start)
    if edition is not None:
        number, end = edition
        form.require(
            bool(form["why"]),
            "why",
            f"Edition {number} of {days_in_words(start, end)} is published. Say why you correct "
            "it, or choose another period",
        )


def event_fields() -> Fields:
    return Fields(
        day=Day(EARLIEST_EVENT, clock.today(), "Enter the day it happened, from 1990 to today"),
        label=Text(
            LONGEST_LABEL,
            f"Give it a name of 1 to {LONGEST_LABEL} characters",
            least=1,
            one_line=True,
        ),
        note=Text(LONGEST_NOTE, f"Write up to {LONGEST_NOTE} characters"),
    )


@get(EVENTS)
async def list_events(page: FromPage) -> Template:
    events = await page.load(edition_work.load_marked_events)
    known = find_event(events, page.query.get("change", ""))
    if known:
        page.fill(event_fields().fill(known) | {"id": [str(known.id)]})
    return page.show("data/events", events=events)


def find_event(stored: list[MarkedEvent], number: str) -> MarkedEvent | None:
    return next((event for event in stored if str(event.id) == number), None)


@post(EVENTS)
async def save_event(page: FromPage) -> Response[Any]:
    stored = await page.load(edition_work.load_marked_events)
    event = event_fields().read(page.form, SeriesMark)
    known = find_event(stored, page.form["id"])
    others = [mark for mark in stored if mark != known]
    taken = event and (event.day, event.label) in {(mark.day, mark.label) for mark in others}
    page.form.require(not taken, "label", TAKEN)
    page.form.require(
        len(others) < MOST_EVENTS, "label", f"There are {MOST_EVENTS} events: delete one first"
    )
    if event is None or page.form.errors:
        return page.show("data/events", events=stored)
    async with page.write("event saved", f"{event.label} ({format_day(event.day)})") as connection:
        await edition_work.save_marked_event(connection, known.id if known else None, event)
    return page.to(EVENTS, "saved")


@post(f"{EVENTS}/delete")
async def delete_event(page: FromPage) -> Response[Any]:
    """Delete an event and fill in the form with it: saving the form undoes the deletion."""
    gone = find_event(await page.load(edition_work.load_marked_events), page.form["id"])
    if gone is None:
        return page.to(EVENTS)
    async with page.write("event deleted", f"{gone.label} ({format_day(gone.day)})") as connection:
        await edition_work.delete_marked_event(connection, gone.id)
        left = await edition_work.load_marked_events(connection)
    page.form = Form(values=event_fields().fill(gone))
    return page.show("data/events", done="deleted", events=left)


PAGES = [
    StaffPage([get("/work/editions")(editions_page), request_edition], menu="Editions", place=40),
    StaffPage([list_events, save_event, delete_event], menu="Events", place=75, group="Data"),
]
