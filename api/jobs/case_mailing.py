"""Mails on cases, to who lodged one and left an address, and to who works on it.

Claimed and committed first and sent at most once, like the mails to subscribers. An address is
opened for the moment in which its mail is handed over, and stands in no log.
"""

import datetime
import logging
from typing import Any

from api import clock, letters
from api.jobs.mailing import delay_after
from api.keys import Keyring
from api.letters import News
from api.mail import Letter, Sender, Taken
from survey.complaints import DAYS_TO_DISPUTE
from survey.problems import Unavailable
from survey.store import case_mails
from survey.store.database import Database

log = logging.getLogger("soundings.mails")


async def send_one(database: Database, sender: Sender, keyring: Keyring) -> bool:
    """Send the next mail that is due; whether there was one."""
    async with database.connection() as connection:
        mail = await case_mails.claim(connection)
    if mail is None:
        return False
    taken = await handed_over(mail, sender, keyring)
    delay = delay_after(taken, mail["tries"])
    async with database.connection() as connection:
        if delay:
            await case_mails.put_off(connection, mail["id"], delay)
        else:
            await case_mails.finish(
                connection, mail["id"], "refused" if taken == "again" else taken
            )
    return True


async def handed_over(mail: Any, sender: Sender, keyring: Keyring) -> Taken:
    """A mail that cannot even be written never stops those behind it."""
    try:
        letter = letter_of(mail, sender.base, keyring)
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


def letter_of(mail: Any, base: str, keyring: Keyring) -> Letter | None:
    """None where nobody can be written to any more: the contact or the account is gone."""
    news = News(
        kind=mail["kind"],
        reference=mail["reference"],
        language=mail["language"],
        day=day_of(mail, clock.today()),
    )
    if mail["account"] is not None:
        return Letter(mail["email"], *letters.to_staff(news, base)) if mail["email"] else None
    contact = keyring.unseal(mail["reference"], mail["sealed"]) if mail["sealed"] else None
    if contact is None or not contact.email:
        return None
    return Letter(contact.email, *letters.to_person(news, base))


def day_of(mail: Any, today: datetime.date) -> datetime.date | None:
    """By when the next step comes; to who lodged it no day is told that is over."""
    day: datetime.date | None = mail["due_on"]
    if mail["kind"] == "closed":
        day = mail["day"] + datetime.timedelta(days=DAYS_TO_DISPUTE)
    return day if day and (day >= today or mail["account"]) else None
