"""Mails: one to each subscriber when an edition is published, one to confirm an address.

Each is sent at most once. It is claimed and committed first, then handed to the mail server: a
worker that dies between the two leaves a mail that nobody sends again, rather than one that
somebody gets twice. Only what the server surely did not take is tried again.
"""

import datetime
import logging
from typing import Any

from api import figures
from api.mail import Letter, Sender, Taken
from survey.actions import Which
from survey.store import mails
from survey.store.database import Connection, Database

MOST_TRIES = 5
FIRST_DELAY = datetime.timedelta(minutes=2)
KINDS = {"weekly": "the weekly report", "monthly": "the monthly report"}

log = logging.getLogger("soundings.mails")


async def digest(connection: Connection, key: str) -> None:
    """Ask for the mails on a published edition; a repeated job asks for none twice."""
    kind, start, number = key.split()
    await mails.ask(connection, Which(kind, datetime.date.fromisoformat(start), int(number)))


async def send_one(database: Database, server: Sender) -> bool:
    """Send the next mail that is due; whether there was one."""
    async with database.connection() as connection:
        mail = await mails.claim(connection)
    if mail is None:
        return False
    taken = await handed_over(mail, server)
    if taken != "sent":
        log.warning("a mail was not sent (try %d): %s", mail["tries"], taken)
    delay = delay_after(taken, mail["tries"])
    async with database.connection() as connection:
        if delay:
            await mails.put_off(connection, mail["id"], delay)
        else:
            await mails.finish(connection, mail["id"], "refused" if taken == "again" else taken)
    return True


def delay_after(taken: Taken, tries: int) -> datetime.timedelta | None:
    """How long a mail waits for another try; None where it gets none."""
    return FIRST_DELAY * 2**tries if taken == "again" and tries < MOST_TRIES else None


async def handed_over(mail: Any, server: Sender) -> Taken:
    """A mail that cannot even be written never stops those behind it."""
    try:
        return await server.send(letter(mail, server))
    except Exception as failure:
        log.warning("a mail could not be written: %s", type(failure).__name__)
        return "unknown"


def letter(mail: Any, server: Sender) -> Letter:
    return to_confirm(mail, server) if mail["kind"] is None else on_edition(mail, server)


def to_confirm(mail: Any, server: Sender) -> Letter:
    wanted = " and ".join(KINDS[kind] for kind in mail["asked"])
    words = f"""\
Someone asked us to email this address when {wanted} of Soundings is published.

If that was you, open this page within 48 hours and press Confirm:

{server.base}/subscribe/{mail["key"]}

If it was not you, do nothing. We send nothing more,
and delete an address that is not confirmed after 48 hours.
"""
    return Letter(mail["email"], "Confirm your subscription to Soundings", words)


def on_edition(mail: Any, server: Sender) -> Letter:
    """Says that an edition is there, and where; never what stands in it."""
    period = f"{figures.day(mail['start_on'])} to {figures.day(mail['end_on'])}"
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
    return Letter(mail["email"], subject, words, leave=leave)
