"""Emails on cases, to complainants who left an address and to handlers.

Each is claimed and committed first and sent at most once, like the emails to subscribers. An
address is decrypted only while its email is handed over, and is never logged.
"""

import datetime
import logging
from typing import Any

from api import clock
from api.jobs.mails.mailing import retry_delay
from api.notifications import messages
from api.notifications.messages import CaseNotification
from api.notifications.senders import MailMessage, MailOutcome, MailSender
from api.security.keyring import Keyring
from survey.cases.complaints import DAYS_TO_DISPUTE
from survey.problems import Unavailable
from survey.store.cases import case_mails
from survey.store.database import Database

log = logging.getLogger("soundings.mails")


async def send_next_case_mail(database: Database, sender: MailSender, keyring: Keyring) -> bool:
    """Send the next email that is due; whether there was one."""
    async with database.connection() as connection:
        mail = await case_mails.claim(connection)
    if mail is None:
        return False
    taken = await hand_over_case_mail(mail, sender, keyring)
    delay = retry_delay(taken, mail["tries"])
    async with database.connection() as connection:
        if delay:
            await case_mails.retry_later(connection, mail["id"], delay)
        else:
            await case_mails.finish(
                connection, mail["id"], "refused" if taken == "again" else taken
            )
    return True


async def hand_over_case_mail(mail: Any, sender: MailSender, keyring: Keyring) -> MailOutcome:
    """Hand over one email and return the outcome.

    An email that cannot even be written does not block those that follow.
    """
    try:
        letter = case_mail_message(mail, sender.base, keyring)
        if letter is None:
            return "refused"
        taken = await sender.send(letter)
    except Unavailable as sealed:
        log.warning("a mail on a case was not sent: %s", sealed.code)
        return "again"
    except Exception as failure:
        log.warning("a mail on a case could not be written: %s", type(failure).__name__)
        return "unknown"
    if taken != "sent":
        log.warning("a mail on a case was not sent (try %d): %s", mail["tries"], taken)
    return taken


def case_mail_message(mail: Any, base: str, keyring: Keyring) -> MailMessage | None:
    """The email; None if the contact or the account has been deleted."""
    news = CaseNotification(
        kind=mail["kind"],
        reference=mail["reference"],
        language=mail["language"],
        day=case_mail_deadline(mail, clock.today()),
    )
    if mail["account"] is not None:
        return (
            MailMessage(mail["email"], *messages.caseworker_mail(news, base))
            if mail["email"]
            else None
        )
    contact = keyring.unseal(mail["reference"], mail["sealed"]) if mail["sealed"] else None
    if contact is None or not contact.email:
        return None
    return MailMessage(contact.email, *messages.complainant_mail(news, base))


def case_mail_deadline(mail: Any, today: datetime.date) -> datetime.date | None:
    """The deadline of the next step. Complainants are never shown a date in the past."""
    day: datetime.date | None = mail["due_on"]
    if mail["kind"] == "closed":
        day = mail["day"] + datetime.timedelta(days=DAYS_TO_DISPUTE)
    return day if day and (day >= today or mail["account"]) else None
