"""Jobs that keep cases moving and delete what is old."""

import datetime

from api import clock
from api.jobs import calendar
from api.jobs.registry import JobKind
from api.operations import case_commands
from survey.cases.complaints import CaseEvent
from survey.problems import Conflict
from survey.store import health, jobs
from survey.store.accounts import account_news, programs, sessions
from survey.store.answers import attachments, responses
from survey.store.cases import case_mails, case_owners, complaints, events, sealing
from survey.store.cases.sealing import sealer_of
from survey.store.coding import codes
from survey.store.database import Connection
from survey.store.editions import mails
from survey.store.scrutiny import triggers
from survey.store.surveys import encounters, fieldwork, sharing

SEAL_CASES = "seal_cases"
SEALED_AT_ONCE = 20
AGAIN_AFTER = 5  # working days


async def delete_expired(connection: Connection, _: str) -> None:
    """Delete old marks of requests and of answers from kiosks, drafts, sessions, files without an
    answer, unconfirmed addresses, browsers that opened a case, old emails, leftovers of jobs, old
    waves of asking people the police met, links from answers to closed surveys to sample points,
    old messages of webhooks, and old hours of the service; and add up the counts of texts.
    """
    await responses.delete_request_marks(connection)
    await complaints.clear_request_marks(connection)
    await sessions.delete_expired(connection)
    await sessions.delete_expired_unsent_forms(connection)
    await account_news.delete_old(connection)
    await attachments.delete_expired(connection)
    await sharing.delete_old_kiosk_marks(connection)
    await encounters.end_overdue(connection)
    await fieldwork.delete_closed_links(connection)
    await mails.delete_unconfirmed_subscribers(connection)
    await case_owners.delete_expired_keys(connection)
    await mails.delete_old(connection)
    await case_mails.expire_old(connection)
    await jobs.delete_leftovers(connection)
    await programs.delete_old_messages(connection)
    await health.delete_old_hours(connection)
    await codes.fold_counts_if_free(connection)


async def raise_triggers(connection: Connection, _: str) -> None:
    """Add what the force has to answer by the triggers that hold, up to yesterday's complaints."""
    today = clock.today()
    await triggers.raise_numbers(connection, today)
    await triggers.raise_complaints(connection, today)
    await triggers.raise_reports(connection, today)


async def seal_cases(connection: Connection, key: str) -> None:
    """Encrypt the words and files of some cases, and ask for the next ones."""
    sealer = sealer_of(connection)
    if sealer is None:
        return
    cases = await sealing.load_unsealed_cases(connection, SEALED_AT_ONCE)
    for complaint in cases:
        await sealing.reseal_case(connection, complaint, sealer)
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
    """Append a reminder to a case; none is needed if somebody acts on it at this moment."""
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
        "nudge_cases",
        "Reminders of overdue cases, every working day",
        remind_overdue_cases,
        calendar.every_working_day,
    ),
    JobKind(
        SEAL_CASES,
        "Encrypting what was stored of cases before",
        seal_cases,
        calendar.every_working_day,
    ),
    JobKind(
        "archive_months",
        "Writing closed months as files",
        "api.operations.closed_months:archive_months",
        calendar.every_working_day,
    ),
    JobKind(
        "raise_triggers",
        "Community triggers of scrutiny panels, every working day",
        raise_triggers,
        calendar.every_working_day,
    ),
    JobKind("retention", "Deleting old data, every hour", delete_expired, calendar.hourly),
]
