"""Emails to subscribers: one when an edition is published, one to confirm an address.

Each is sent at most once. It is claimed and committed first, then handed to the mail server: a
worker that dies between the two leaves an email that nobody sends again, rather than one that
somebody gets twice. Only an email that was certainly not accepted is tried again.
"""

import datetime
import logging
from typing import Any

from api import formatting
from api.notifications.senders import MailMessage, MailOutcome, MailSender
from survey.editions.actions import EditionKey
from survey.store.database import Connection, Database
from survey.store.editions import mails

MOST_TRIES = 5
FIRST_DELAY = datetime.timedelta(minutes=2)
KINDS = {"weekly": "the weekly report", "monthly": "the monthly report"}

log = logging.getLogger("soundings.mails")


async def queue_edition_mails(connection: Connection, key: str) -> None:
    """Queue the emails on a published edition; running the job again queues none twice."""
    kind, start, number = key.split()
    await mails.queue_edition(
        connection, EditionKey(kind, datetime.date.fromisoformat(start), int(number))
    )


async def send_next_mail(database: Database, server: MailSender) -> bool:
    """Send the next email that is due; whether there was one."""
    async with database.connection() as connection:
        mail = await mails.claim(connection)
    if mail is None:
        return False
    taken = await hand_over_mail(mail, server)
    if taken != "sent":
        log.warning("a mail was not sent (try %d): %s", mail["tries"], taken)
    delay = retry_delay(taken, mail["tries"])
    async with database.connection() as connection:
        if delay:
            await mails.retry_later(connection, mail["id"], delay)
        else:
            await mails.finish(connection, mail["id"], "refused" if taken == "again" else taken)
    return True


def retry_delay(taken: MailOutcome, tries: int) -> datetime.timedelta | None:
    """How long to wait before trying again; None if there is no other try."""
    return FIRST_DELAY * 2**tries if taken == "again" and tries < MOST_TRIES else None


async def hand_over_mail(mail: Any, server: MailSender) -> MailOutcome:
    """Hand over one email and return the outcome.

    An email that cannot even be written does not block those that follow.
    """
    try:
        return await server.send(subscriber_message(mail, server))
    except Exception as failure:
        log.warning("a mail could not be written: %s", type(failure).__name__)
        return "unknown"


def subscriber_message(mail: Any, server: MailSender) -> MailMessage:
    return (
        confirmation_message(mail, server)
        if mail["kind"] is None
        else edition_message(mail, server)
    )


def confirmation_message(mail: Any, server: MailSender) -> MailMessage:
    wanted = " and ".join(KINDS[kind] for kind in mail["asked"])
    words = f"""\
Someone asked us to email this address when {wanted} of Soundings is published.

If that was you, open this page within 48 hours and press Confirm:

{server.base}/subscribe/{mail["key"]}

If it was not you, do nothing. We send nothing more,
and delete an address that is not confirmed after 48 hours.
"""
    return MailMessage(mail["email"], "Confirm your subscription to Soundings", words)


def edition_message(mail: Any, server: MailSender) -> MailMessage:
    """The email that an edition is published, with its link; never its content."""
    period = f"{formatting.format_day(mail['start_on'])} to {formatting.format_day(mail['end_on'])}"
    period = period.replace("\N{NO-BREAK SPACE}", " ")
    address = f"{server.base}/reports/{mail['kind']}/{mail['start_on']}?number={mail['number']}"
    leave = f"{server.base}/unsubscribe/{mail['key']}"
    number = f" (edition {mail['number']})" if mail["number"] > 1 else ""
    words = f"""\
We have published {KINDS[mail["kind"]]} for {period}{number}.

Read it here. It says how sure we are of each figure:

{address}

You get this email because you subscribed at {server.base}/subscribe
To unsubscribe and delete your address, open:

{leave}
"""
    subject = f"Soundings: {KINDS[mail['kind']]}, {period}"
    return MailMessage(mail["email"], subject, words, leave=leave)
