"""The worker: claims and runs one job at a time, then hands over the emails that are due.

A failed job waits longer after each try, and is then held. Claim, effect and finish are one
transaction: a worker that is killed leaves nothing half done, and the job can be claimed again at
once. An email is sent at most once: it is claimed and committed first, then handed to the mail
server, so a worker that dies between the two leaves an email that nobody sends again, rather than
one that somebody gets twice. Only an email that was certainly not accepted is tried again.
"""

import asyncio
import contextlib
import datetime
import logging
import time
import uuid
from collections.abc import Callable
from typing import Literal, Protocol, TypeVar

from api import clock, locales, notifications
from api.jobs import attachments
from api.jobs.attachments import Scanner
from api.jobs.kinds import JobFunction, due_jobs, job_kinds
from api.notifications import CaseNotification, MailMessage, MailOutcome, MailSender, MailSenders
from api.observing import metrics
from api.observing.logs import failure_place, log_failure, trace_span
from api.process.long_work import shown_progress
from api.security.keyring import Keyring
from survey.cases import DAYS_TO_DISPUTE
from survey.editions.actions import EditionKey
from survey.problems import Unavailable
from survey.store import jobs
from survey.store.accounts import account_news
from survey.store.cases import case_owners
from survey.store.cases.case_owners import CaseMail
from survey.store.database import Connection, Database, is_lost
from survey.store.editions import mails
from survey.store.editions.mails import MailedEdition, MailResult, SubscriberMail
from survey.store.jobs import ClaimedJob

MOST_SENDS = 5
FIRST_MAIL_DELAY = datetime.timedelta(minutes=2)

mail_log = logging.getLogger("soundings.mails")
JOBS: dict[str, JobFunction] = {**job_kinds()}
MOST_TRIES = 6
MOST_DEATHS = 4  # workers that may die over one job before it is held
FIRST_DELAY = datetime.timedelta(seconds=5)
POLL = 1.0
LONGEST_POLL = 30.0  # after what we cannot explain
log = logging.getLogger("soundings.worker")


class WorkerDied(Exception):
    """Workers that began this job were killed, perhaps for lack of memory, without an error."""

    code = "job.killed"


class ConnectionLost(Exception):
    """The database connection ended each time this job ran, while another connection still
    worked.
    """

    code = "job.disconnected"


async def run_next_job(database: Database, worker: uuid.UUID) -> bool:
    """Run the next job that is due; True if there was one."""
    job = None
    try:
        async with database.connection() as connection, connection.transaction():
            # A kind that this version does not know waits for a newer worker.
            job = await jobs.claim(connection, list(JOBS))
            if job is not None:
                await run_claimed(database, connection, job, worker)
    except Unavailable as lost:
        if job is None:
            raise
        await put_back(database, job, lost)
    return job is not None


async def run_claimed(
    database: Database, connection: Connection, job: ClaimedJob, worker: uuid.UUID
) -> None:
    # On another connection: a worker that is killed takes its own transaction with it.
    async with database.connection() as apart:
        begun = await jobs.record_start(apart, job, worker)
    if begun > MOST_DEATHS:
        lost = job.failure == ConnectionLost.__name__
        await hold_job(connection, job, ConnectionLost() if lost else WorkerDied())
        return
    start = time.perf_counter()
    try:
        # A savepoint: what a failed job did is undone, and its row stays locked.
        with trace_span(f"job {job.kind}") if is_by_calendar(job) else contextlib.nullcontext():
            async with shown_progress(database, connection), connection.transaction():
                await JOBS[job.kind](connection, job.key)
                await jobs.finish(connection, job)
        count_outcome(job, "done", start)
    except MemoryError:
        raise  # this worker ends, and its start counts as one that was killed
    except Exception as failure:
        count_outcome(job, "failed", start)
        if is_lost(connection):
            raise  # nothing can be written with it any more
        await retry_or_hold(connection, job, failure)
    except asyncio.CancelledError:
        # Stopping is not dying: a long job would otherwise be held after a few restarts.
        async with database.connection() as apart:
            await jobs.delete_start(apart, job)
        raise


async def put_back(database: Database, job: ClaimedJob, lost: Unavailable) -> None:
    """Delay a job whose connection ended so that others go first, once the database is back.

    The job may be the cause: the kernel kills a server that needs too much memory for it, and some
    servers end transactions that take long.
    """
    log.warning("job %s lost its connection: %s", job.kind, lost.sentence)
    while True:
        try:
            async with database.connection() as apart, apart.transaction():
                begun = await jobs.postpone_lost(apart, job, FIRST_DELAY, ConnectionLost())
        except Unavailable as away:
            log_waiting(away)
            await asyncio.sleep(POLL)
            continue
        if not begun:
            raise lost
        return


def log_waiting(away: Unavailable) -> None:
    log.warning("waiting for the database: %s %s", away.sentence, away.remedy)


def is_by_calendar(job: ClaimedJob) -> bool:
    """Whether such jobs come by the calendar alone; any other may come from an answer."""
    return getattr(JOBS[job.kind], "cadence", None) is not None


def count_outcome(job: ClaimedJob, outcome: Literal["done", "failed"], start: float) -> None:
    seconds = time.perf_counter() - start
    metrics.count_job(job.kind, outcome, seconds, by_calendar=is_by_calendar(job))


async def hold_job(connection: Connection, job: ClaimedJob, failure: Exception) -> None:
    log.error(
        "job %s is held: %s",
        job.kind,
        type(failure).__name__,
        extra={"fields": {"job": job.kind, "tries": job.tries + 1} | failure_place(failure)},
    )
    await jobs.hold(connection, job, failure)


async def retry_or_hold(connection: Connection, job: ClaimedJob, failure: Exception) -> None:
    tries = job.tries + 1
    log.warning(
        "job %s failed (try %d): %s",
        job.kind,
        tries,
        type(failure).__name__,
        extra={"fields": {"job": job.kind, "tries": tries} | failure_place(failure)},
    )
    if tries < MOST_TRIES:
        await jobs.retry_later(connection, job, FIRST_DELAY * 2**job.tries, failure)
    else:
        await hold_job(connection, job, failure)


async def run_until_stopped(
    database: Database,
    stop: asyncio.Event,
    post: MailSenders | None = None,
    scanner: Scanner | None = None,
) -> None:
    """Run jobs, send emails and scan files until told to stop; waits while the database is away."""
    worker, pause = uuid.uuid4(), POLL
    while not stop.is_set():
        try:
            await run_due_work(database, stop, worker, post, scanner)
            pause = POLL
        except Unavailable as away:
            log_waiting(away)
            pause = POLL
        except MemoryError:
            raise  # nothing works any more: whoever started this process starts another
        except Exception as failure:  # whatever it is, the worker goes on: nobody else would
            log_failure("the worker goes on after", failure)
            pause = min(2 * pause, LONGEST_POLL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def run_due_work(
    database: Database,
    stop: asyncio.Event,
    worker: uuid.UUID,
    post: MailSenders | None,
    scanner: Scanner | None,
) -> None:
    """Run, send and scan everything that is due now: one of each in turn, so that none waits for
    all of another.
    """
    await queue_due_jobs(database)
    work = True
    while work and not stop.is_set():
        work = await run_next_job(database, worker)
        if post and not stop.is_set():
            work |= await send_next_mails(database, post)
        if scanner and not stop.is_set():
            work |= await attachments.scan_next_file(database, scanner)


async def send_next_mails(database: Database, post: MailSenders) -> bool:
    """Send one email of each kind, so that neither waits for the other; True if any was sent."""
    on_case = post.cases and await send_next_case_mail(database, post.cases, post.keyring)
    on_account = post.cases and await send_next_account_mail(database, post.cases)
    on_edition = post.subscribers and await send_next_mail(database, post.subscribers)
    return bool(on_case or on_account or on_edition)


async def queue_due_jobs(database: Database) -> None:
    async with database.connection() as connection:
        for kind, key in due_jobs(clock.now()):
            await jobs.enqueue_once(connection, kind, key)


class ClaimedMail(Protocol):
    """An email that was claimed: its number, and how often it was tried."""

    @property
    def id(self) -> int: ...
    @property
    def tries(self) -> int: ...


Mail = TypeVar("Mail", bound=ClaimedMail)
Given = TypeVar("Given", bound=ClaimedMail, covariant=True)


class MailQueue(Protocol[Given]):
    """The store's functions for one kind of email."""

    async def claim(self, connection: Connection, /) -> Given | None: ...
    async def retry_later(
        self, connection: Connection, mail: int, delay: datetime.timedelta, /
    ) -> None: ...
    async def finish(self, connection: Connection, mail: int, outcome: MailResult, /) -> None: ...


async def queue_edition_mails(connection: Connection, key: str) -> None:
    """Queue the emails on a published edition; running the job again queues none twice."""
    kind, start, number = key.split()
    await mails.queue_edition(
        connection, EditionKey(kind, datetime.date.fromisoformat(start), int(number))
    )


async def send_next_mail(database: Database, sender: MailSender) -> bool:
    """Send the next email that is due; True if there was one."""
    return await send_next(database, sender, mails, lambda mail: subscriber_message(mail, sender))


async def send_next(
    database: Database,
    sender: MailSender,
    queue: MailQueue[Mail],
    write: Callable[[Mail], MailMessage | None],
) -> bool:
    """Send the next due email of a queue, written by `write`; returns True if there was one."""
    # Committed by itself: from here on a worker that dies leaves an email that nobody sends twice.
    async with database.connection() as connection:
        mail = await queue.claim(connection)
    if mail is None:
        return False
    outcome = await hand_over_mail(mail, sender, write)
    if outcome != "sent":
        mail_log.warning("a mail was not sent (try %d): %s", mail.tries, outcome)
    # Longer each time: what asks for another try is a server that is away or has too much to do.
    delay = (
        FIRST_MAIL_DELAY * 2**mail.tries if outcome == "again" and mail.tries < MOST_SENDS else None
    )
    async with database.connection() as connection:
        if delay:
            await queue.retry_later(connection, mail.id, delay)
        else:
            # After the last try it is certain that nobody has the email: refused, not unknown.
            await queue.finish(connection, mail.id, "refused" if outcome == "again" else outcome)
    return True


async def hand_over_mail(
    mail: Mail, sender: MailSender, write: Callable[[Mail], MailMessage | None]
) -> MailOutcome:
    """Hand over one email and return the outcome; "refused" if `write` returns None because the
    person to write to is gone.

    An email that cannot even be written does not hold up those that follow.
    """
    try:
        message = write(mail)
        return "refused" if message is None else await sender.send(message)
    except Unavailable as sealed:
        mail_log.warning("a mail could not be written yet: %s", sealed.code)
        return "again"
    except Exception as failure:
        mail_log.warning("a mail could not be written: %s", type(failure).__name__)
        return "unknown"


def subscriber_message(mail: SubscriberMail, sender: MailSender) -> MailMessage:
    if mail.edition is None:
        return confirmation_message(mail, sender)
    return edition_message(mail, mail.edition, sender)


def confirmation_message(mail: SubscriberMail, sender: MailSender) -> MailMessage:
    wanted = " and ".join(f"the {kind} report" for kind in mail.asked)
    words = f"""\
Someone asked us to email this address when {wanted} of Soundings is published.

If that was you, open this page within 48 hours and press Confirm:

{sender.base}/subscribe/{mail.key}

If it was not you, do nothing. We send nothing more,
and delete an address that is not confirmed after 48 hours.
"""
    return MailMessage(mail.email, "Confirm your subscription to Soundings", words)


def edition_message(
    mail: SubscriberMail, edition: MailedEdition, sender: MailSender
) -> MailMessage:
    """The email that an edition is published, with its link; never its content."""
    period = f"{locales.format_day(edition.start)} to {locales.format_day(edition.end)}"
    period = period.replace("\N{NO-BREAK SPACE}", " ")
    address = f"{sender.base}/reports/{edition.kind}/{edition.start}?number={edition.number}"
    leave = f"{sender.base}/unsubscribe/{mail.key}"
    number = f" (edition {edition.number})" if edition.number > 1 else ""
    words = f"""\
We have published the {edition.kind} report for {period}{number}.

Read it here. It says how sure we are of each figure:

{address}

You get this email because you subscribed at {sender.base}/subscribe
To unsubscribe and delete your address, open:

{leave}
"""
    subject = f"Soundings: the {edition.kind} report, {period}"
    return MailMessage(mail.email, subject, words, leave=leave)


async def send_next_account_mail(database: Database, sender: MailSender) -> bool:
    """Send the next email that is due; True if there was one."""
    return await send_next(
        database,
        sender,
        account_news,
        lambda mail: MailMessage(mail.email, *notifications.account_mail(mail, sender.base)),
    )


async def send_next_case_mail(database: Database, sender: MailSender, keyring: Keyring) -> bool:
    """Send the next email that is due; True if there was one."""
    return await send_next(
        database, sender, case_owners, lambda mail: case_mail_message(mail, sender.base, keyring)
    )


def case_mail_message(mail: CaseMail, base: str, keyring: Keyring) -> MailMessage | None:
    """The email; None if the contact or the account has been deleted."""
    today = clock.today()
    day = mail.due_on
    if mail.kind == "closed":
        day = mail.day + datetime.timedelta(days=DAYS_TO_DISPUTE)
    news = CaseNotification(
        kind=mail.kind,
        reference=mail.reference,
        language=mail.language,
        day=day if day and (day >= today or mail.account) else None,
    )
    if mail.account is not None:
        words = notifications.caseworker_mail(news, base)
        return MailMessage(mail.email, *words) if mail.email else None
    # The contact of now: its owner may have removed the address since the email was queued.
    contact = keyring.unseal(mail.reference, mail.sealed) if mail.sealed else None
    if contact is None or not contact.email:
        return None
    return MailMessage(contact.email, *notifications.complainant_mail(news, base))
