"""Emails to the owners of accounts on new ways into them; sent at most once, as all others."""

from api.jobs.mails.mailing import send_next
from api.notifications import messages
from api.notifications.senders import MailMessage, MailSender
from survey.store.accounts import account_news
from survey.store.database import Database


async def send_next_account_mail(database: Database, sender: MailSender) -> bool:
    """Send the next email that is due; True if there was one."""
    return await send_next(
        database,
        sender,
        account_news,
        lambda mail: MailMessage(mail.email, *messages.account_mail(mail, sender.base)),
    )
