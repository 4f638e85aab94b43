"""Emails on cases, to complainants who left an address and to handlers.

Each is claimed and committed first and sent at most once, like the emails to subscribers. An
address is decrypted only while its email is handed over, and is never logged.
"""

import datetime

from api import clock
from api.jobs.mails.mailing import send_next
from api.notifications import messages
from api.notifications.messages import CaseNotification
from api.notifications.senders import MailMessage, MailSender
from api.security.keyring import Keyring
from survey.cases.complaints import DAYS_TO_DISPUTE
from survey.store.cases import case_mails
from survey.store.cases.case_mails import CaseMail
from survey.store.database import Database


async def send_next_case_mail(database: Database, sender: MailSender, keyring: Keyring) -> bool:
    """Send the next email that is due; True if there was one."""
    return await send_next(
        database, sender, case_mails, lambda mail: case_mail_message(mail, sender.base, keyring)
    )


def case_mail_message(mail: CaseMail, base: str, keyring: Keyring) -> MailMessage | None:
    """The email; None if the contact or the account has been deleted."""
    news = CaseNotification(
        kind=mail.kind,
        reference=mail.reference,
        language=mail.language,
        day=case_mail_deadline(mail, clock.today()),
    )
    if mail.account is not None:
        words = messages.caseworker_mail(news, base)
        return MailMessage(mail.email, *words) if mail.email else None
    # The contact of now: its owner may have removed the address since the email was queued.
    contact = keyring.unseal(mail.reference, mail.sealed) if mail.sealed else None
    if contact is None or not contact.email:
        return None
    return MailMessage(contact.email, *messages.complainant_mail(news, base))


def case_mail_deadline(mail: CaseMail, today: datetime.date) -> datetime.date | None:
    """The deadline of the next step. Complainants are never shown a date in the past."""
    day = mail.due_on
    if mail.kind == "closed":
        day = mail.day + datetime.timedelta(days=DAYS_TO_DISPUTE)
    return day if day and (day >= today or mail.account) else None
