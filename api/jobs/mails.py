"""Emails to subscribers, to staff on their accounts, and to owners of cases, as they are due.

Each is sent at most once. It is claimed and committed first, then handed to the mail server: a
worker that dies between the two leaves an email that nobody sends again, rather than one that
somebody gets twice. Only an email that was certainly not accepted is tried again.
"""

import datetime
import logging
from collections.abc import Callable
from typing import Protocol, TypeVar

from api import clock, locales, notifications
from api.notifications import CaseNotification, MailMessage, MailOutcome, MailSender
from api.security.keyring import Keyring
from survey.cases import DAYS_TO_DISPUTE
from survey.editions.actions import EditionKey
from survey.problems import Unavailable
from survey.store.accounts import account_news
from survey.store.cases import case_owners
from survey.store.cases.case_owners import CaseMail
from survey.store.database import Connection, Database
from survey.store.editions import mails
from survey.store.editions.mails import MailedEdition, MailResult, SubscriberMail

MOST_TRIES = 5
FIRST_DELAY = datetime.timedelta(minutes=2)
KINDS = {"weekly": "the weekly report", "monthly": "the monthly report"}

log = logging.getLogger("soundings.mails")


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
    """Send the next due email of a queue; True if there was one."""
    # Committed by itself: from here on a worker that dies leaves an email that nobody sends twice.
    async with database.connection() as connection:
        mail = await queue.claim(connection)
    if mail is None:
        return False
    outcome = await hand_over_mail(mail, sender, write)
    if outcome != "sent":
        log.warning("a mail was not sent (try %d): %s", mail.tries, outcome)
    # Longer each time: what asks for another try is a server that is away or has too much to do.
    delay = FIRST_DELAY * 2**mail.tries if outcome == "again" and mail.tries < MOST_TRIES else None
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
    """Hand over one email and return the outcome; "refused" if `write` makes no message, because
    nobody is left to send it to.

    An email that cannot even be written does not block those that follow.
    """
    try:
        message = write(mail)
        return "refused" if message is None else await sender.send(message)
    except Unavailable as sealed:
        log.warning("a mail could not be written yet: %s", sealed.code)
        return "again"
    except Exception as failure:
        log.warning("a mail could not be written: %s", type(failure).__name__)
        return "unknown"


def subscriber_message(mail: SubscriberMail, sender: MailSender) -> MailMessage:
    if mail.edition is None:
        return confirmation_message(mail, sender)
    return edition_message(mail, mail.edition, sender)


def confirmation_message(mail: SubscriberMail, sender: MailSender) -> MailMessage:
    wanted = " and ".join(KINDS[kind] for kind in mail.asked)
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
We have published {KINDS[edition.kind]} for {period}{number}.

Read it here. It says how sure we are of each figure:

{address}

You get this email because you subscribed at {sender.base}/subscribe
To unsubscribe and delete your address, open:

{leave}
"""
    subject = f"Soundings: {KINDS[edition.kind]}, {period}"
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
