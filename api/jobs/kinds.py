"""Every kind of background job: what the queue and staff call it, when it is due, what runs it.

Jobs that keep cases moving and delete what is old are here; the others are named by their module.
"""

import datetime
import importlib
from collections.abc import Awaitable, Callable
from functools import cache

import anyio.to_thread
import msgspec

from api import clock
from api.operations import cases as case_commands
from api.operations import own_cases
from api.operations.webhooks import SEND_JOB, after_each_hour, read_events, send_messages
from api.process.installation import import_lock, is_loaded
from survey.cases import CaseEvent
from survey.deployments import month_end, quarter_of
from survey.problems import Conflict
from survey.store import health, jobs
from survey.store.accounts import account_news, programs, sessions
from survey.store.answers import attachments, responses
from survey.store.cases import case_owners, complaints, events, sealed_words
from survey.store.cases.sealed_words import sealer_of
from survey.store.database import Connection
from survey.store.editions import mails, mappings
from survey.store.scrutiny import panels
from survey.store.surveys import encounters, fieldwork, sharing
from survey.store.themes import codes

MORNING = datetime.time(6)
JobFunction = Callable[[Connection, str], Awaitable[None]]
SEAL_CASES = "seal_cases"
SEALED_AT_ONCE = 20
AGAIN_AFTER = 5  # working days


def settled_day(now: datetime.datetime) -> datetime.date:
    """The last day whose morning has come: work of a day begins at six."""
    return now.date() if now.time() >= MORNING else now.date() - datetime.timedelta(days=1)


def weekly(now: datetime.datetime) -> str:
    """Due each Monday morning, under the first day of the week that is over."""
    return str(last_week(settled_day(now)))


def monthly(now: datetime.datetime) -> str:
    """Due on the first morning of a month, under the first day of the month that is over."""
    return str(last_month(settled_day(now)))


def quarterly(now: datetime.datetime) -> str:
    """Due on the first morning of a quarter, under the first day of the quarter that is over."""
    return str(last_quarter(settled_day(now)))


def every_working_day(now: datetime.datetime) -> str:
    # On a weekend this is Friday's key again, which was queued already.
    return str(case_commands.last_working_day(settled_day(now)))


def hourly(now: datetime.datetime) -> str:
    # By the clock on the wall: in October one hour comes twice, and the second has no run.
    return f"{now:%Y-%m-%d %H}"


def coming_editions(now: datetime.datetime) -> list[tuple[str, datetime.date, datetime.datetime]]:
    """The next edition of each kind: the first day of its period, and when it will be queued."""
    today = now.date() if now.time() < MORNING else now.date() + datetime.timedelta(days=1)
    monday = today + datetime.timedelta(days=-today.weekday() % 7)
    first = today if today.day == 1 else month_end(today) + datetime.timedelta(days=1)
    return [
        ("weekly", last_week(monday), morning_of(monday, now)),
        ("monthly", last_month(first), morning_of(first, now)),
    ]


def morning_of(day: datetime.date, now: datetime.datetime) -> datetime.datetime:
    """Six o'clock on this day, in the time zone of `now`."""
    return datetime.datetime.combine(day, MORNING, now.tzinfo)


def last_week(day: datetime.date) -> datetime.date:
    """The Monday of the last week that is over on this day."""
    return this_week(day) - datetime.timedelta(days=7)


def last_quarter(day: datetime.date) -> datetime.date:
    """The first day of the last quarter that is over on this day."""
    return quarter_of(quarter_of(day) - datetime.timedelta(days=1))


def this_week(day: datetime.date) -> datetime.date:
    return day - datetime.timedelta(days=day.weekday())


def last_month(day: datetime.date) -> datetime.date:
    """The first day of the last month that is over on this day."""
    return (day.replace(day=1) - datetime.timedelta(days=1)).replace(day=1)


def period_start(kind: str, day: datetime.date) -> datetime.date:
    """The first day of the week or month around a day; a trial begins on the day itself."""
    return {"weekly": this_week(day), "monthly": day.replace(day=1)}.get(kind, day)


def edition_period(kind: str, start: datetime.date) -> tuple[datetime.date, datetime.date]:
    """First and last day; a period that is still running ends today."""
    whole = start + datetime.timedelta(days=6) if kind == "weekly" else month_end(start)
    return start, min(whole, clock.today())


class JobKind(msgspec.Struct, frozen=True):
    """A kind of job.

    `run` is its function, or "module:function" where importing is slow, so that pages can read
    labels without it. `cadence` gives the key under which the job is due by now; without one, only
    people and other jobs ask for the job. No key is queued twice.
    """

    name: str
    label: str
    run: str | JobFunction
    cadence: Callable[[datetime.datetime], str] | None = None

    async def __call__(self, connection: Connection, key: str) -> None:
        # In a thread, because it loads libraries for seconds, longer on a busy machine, in which a
        # worker that is told to stop would hear nothing.
        if not self.is_loaded:
            await anyio.to_thread.run_sync(self.load, abandon_on_cancel=True)
        await self.function(connection, key)

    @property
    def module(self) -> str:
        """The module to import for the job's function; '' if `run` is the function itself."""
        return self.run.partition(":")[0] if isinstance(self.run, str) else ""

    @property
    def is_loaded(self) -> bool:
        return not self.module or is_loaded(self.module)

    def load(self) -> None:
        """Import the module of its function."""
        with import_lock(self.module):
            importlib.import_module(self.module)

    @property
    def function(self) -> JobFunction:
        if not isinstance(self.run, str):
            return self.run
        # Late, because pages ask for labels and cannot wait for the libraries behind a job.
        module, _, name = self.run.partition(":")
        function: JobFunction = getattr(importlib.import_module(module), name)
        return function


@cache
def job_kinds() -> dict[str, JobKind]:
    """Every kind of job, by its name."""
    return {kind.name: kind for kind in JOBS}


def due_jobs(now: datetime.datetime) -> list[tuple[str, str]]:
    """Name and key of every job that should have been queued by now.

    Each is queued only once, so it does not matter how often or how late this is called.
    """
    return [
        (kind.name, kind.cadence(now)) for kind in job_kinds().values() if kind.cadence is not None
    ]


def job_label(name: str) -> str:
    """What staff call a kind of job; its name if this version does not know it."""
    kind = job_kinds().get(name)
    return kind.label if kind else name


async def delete_expired(connection: Connection, _: str) -> None:
    """Delete old marks of requests and of answers from kiosks, drafts, sessions, files without an
    answer, tables that were never imported, unconfirmed addresses, browsers that opened a case, old
    emails, leftovers of jobs, old waves of asking people the police met, links from answers to
    closed surveys to sample points, old messages of webhooks, old hours of the service, and who
    answered about a closed case in a quarter that is over; and add up the counts of texts.
    """
    await responses.delete_request_marks(connection)
    await complaints.clear_request_marks(connection)
    await sessions.delete_expired(connection)
    await sessions.delete_expired_unsent_forms(connection)
    await account_news.delete_old(connection)
    await attachments.delete_expired(connection)
    await mappings.delete_expired_tables(connection)
    await sharing.delete_old_kiosk_marks(connection)
    await encounters.end_overdue(connection)
    await fieldwork.delete_closed_links(connection)
    await mails.delete_unconfirmed_subscribers(connection)
    await case_owners.delete_expired_keys(connection)
    await mails.delete_old(connection)
    await case_owners.expire_old(connection)
    await jobs.delete_leftovers(connection)
    await programs.delete_old_messages(connection)
    await health.delete_old_hours(connection)
    await own_cases.finish_handling_quarters(connection)
    await codes.fold_counts_if_free(connection)


async def raise_triggers(connection: Connection, _: str) -> None:
    """Add what the police must answer by the triggers that hold, up to yesterday's complaints."""
    today = clock.today()
    await panels.raise_numbers(connection, today)
    await panels.raise_complaints(connection, today)
    await panels.raise_reports(connection, today)


async def seal_cases(connection: Connection, key: str) -> None:
    """Encrypt the words and files of some cases, and ask for the next ones."""
    sealer = sealer_of(connection)
    if sealer is None:
        return
    cases = await sealed_words.load_unsealed_cases(connection, SEALED_AT_ONCE)
    for complaint in cases:
        await sealed_words.reseal_case(connection, complaint, sealer)
    if cases:
        await jobs.enqueue(connection, SEAL_CASES, key)


async def remind_overdue_cases(connection: Connection, _: str) -> None:
    """Remind of each case once when its deadline has passed, and again while nothing happens."""
    today = clock.today()
    await set_missing_deadlines(connection)
    for case in await events.load_overdue(connection, today):
        if is_reminder_due(case.due_on, case.nudged_on, today):
            await append_reminder(connection, case.reference)


async def set_missing_deadlines(connection: Connection) -> None:
    """Set the deadline of cases from before there were deadlines."""
    for reference in await events.load_without_deadline(connection):
        case = await complaints.get(connection, reference)
        state = await case_commands.load_status(connection, case)
        await events.save_state(connection, reference, state)


def is_reminder_due(due: datetime.date, nudged: datetime.date | None, today: datetime.date) -> bool:
    # A reminder from before this deadline was about an earlier one.
    if nudged is None or nudged <= due:
        return True
    return case_commands.working_day_after(nudged, AGAIN_AFTER) <= today


async def append_reminder(connection: Connection, reference: str) -> None:
    """Append a reminder to a case; does nothing if somebody acts on the case at this moment."""
    try:
        # A savepoint: a case that changed undoes its own reminder and not those before it.
        async with connection.transaction():
            await case_commands.apply_to_latest(
                connection, reference, CaseEvent(kind="nudged"), "calendar"
            )
    except Conflict:
        return


JOBS = [
    JobKind(
        "weekly_edition",
        "Making a weekly edition",
        "api.jobs.edition_inputs.editions:make_weekly_edition",
        weekly,
    ),
    JobKind(
        "monthly_edition",
        "Making a monthly edition",
        "api.jobs.edition_inputs.editions:make_monthly_edition",
        monthly,
    ),
    JobKind(
        "outcome_edition",
        "Making an outcome report",
        "api.jobs.edition_inputs.editions:make_outcome_report",
    ),
    JobKind(
        "digest",
        "Queueing emails on a published edition",
        "api.jobs.worker:queue_edition_mails",
    ),
    JobKind("code_texts", "Reading what people wrote", "api.jobs.texts.coding:code_texts"),
    JobKind(
        "read_outdated_texts",
        "Reading texts again that an earlier version read",
        "api.jobs.texts.second_readings:read_outdated_texts",
        hourly,
    ),
    JobKind(
        "recode_texts",
        "Reading texts again under a new codebook",
        "api.jobs.texts.codebook_versions:recode_texts",
    ),
    JobKind(
        "draft_effect",
        "Working out the effect of a draft of the codebook",
        "api.jobs.texts.codebook_versions:save_draft_effect",
    ),
    JobKind(
        "learn_tone",
        "Learning tone from texts that two people coded",
        "api.jobs.texts.heads:learn_tone",
        weekly,
    ),
    JobKind("reread_tones", "Reading tone again", "api.jobs.texts.second_readings:reread_tones"),
    JobKind(
        "propose_themes",
        "Suggesting changes to the codebook",
        "api.jobs.texts.discoveries:propose_themes",
        weekly,
    ),
    JobKind(
        "discover_themes", "Looking for new themes", "api.jobs.texts.discoveries:discover_themes"
    ),
    JobKind(
        "read_stances",
        "Reading who is for and against demands",
        "api.jobs.texts.heads:read_stances",
        hourly,
    ),
    JobKind("find_campaigns", "Looking for campaigns", "api.jobs.texts.discoveries:find_campaigns"),
    JobKind(
        "double_coding_sample",
        "Drawing the sample for double coding",
        "api.jobs.texts.double_coding:draw_quarter_sample",
        quarterly,
    ),
    JobKind(
        "nudge_cases",
        "Reminders of overdue cases, every working day",
        remind_overdue_cases,
        every_working_day,
    ),
    JobKind(
        SEAL_CASES,
        "Encrypting what was stored of cases before",
        seal_cases,
        every_working_day,
    ),
    JobKind(
        "archive_months",
        "Writing closed months as files",
        "api.operations.closed_months:archive_months",
        every_working_day,
    ),
    JobKind(
        "raise_triggers",
        "Community triggers of scrutiny panels, every working day",
        raise_triggers,
        every_working_day,
    ),
    JobKind("retention", "Deleting old data, every hour", delete_expired, hourly),
    JobKind(
        "read_webhook_events",
        "Noting events for other programs, every hour",
        read_events,
        after_each_hour,
    ),
    JobKind(
        "read_other_places",
        "Reading what other places publish, every hour",
        "api.operations.other_places:read_other_places",
        hourly,
    ),
    JobKind(SEND_JOB, "Sending messages to another program", send_messages),
]
