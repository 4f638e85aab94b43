"""The one way out by e-mail: a mail server of the operator's, or none."""

import logging
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Literal

import aiosmtplib
import msgspec

from api import clock
from api.settings import Settings
from survey.problems import Unavailable

TLS_PORT = 465  # on it the connection begins with TLS; on any other it may begin with STARTTLS
SECONDS = 30.0
MOST_IN_A_LINE = 998  # a link in a header is never folded: mail programs would not know it

log = logging.getLogger("soundings.mails")
Taken = Literal["sent", "refused", "again", "unknown"]


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mails are handed in, and what the links in them begin with."""

    host: str
    port: int
    username: str
    password: str
    starttls: bool
    sender: str
    base: str

    async def send(self, message: EmailMessage) -> Taken:
        """What became of it: `again` where the server surely has not taken it and may later,
        `unknown` where the line broke before it said so."""
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username or None,
            password=self.password or None,
            use_tls=self.port == TLS_PORT,
            start_tls=self.starttls and self.port != TLS_PORT,
            timeout=SECONDS,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as failure:
            log.warning("the mail server cannot be used: %s", type(failure).__name__)
            return "again"
        try:
            sender = parseaddr(self.sender)[1]
            await client.sendmail(sender, [str(message["To"])], message.as_bytes())
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return of_code(min(one.code for one in refused.recipients))
        except aiosmtplib.SMTPResponseException as refused:
            return of_code(refused.code)
        except (aiosmtplib.SMTPException, OSError):
            return "unknown"
        finally:
            client.close()
        return "sent"

    def message(self, address: str, subject: str, words: str) -> EmailMessage:
        """Plain text; it says that a program wrote it, so that no absence note comes back."""
        made = EmailMessage(policy.SMTP.clone(max_line_length=MOST_IN_A_LINE))
        made["From"] = self.sender
        made["To"] = address
        made["Subject"] = subject
        made["Date"] = format_datetime(clock.now())
        made["Message-ID"] = make_msgid(domain=parseaddr(self.sender)[1].rpartition("@")[2])
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(words)
        return made


def of_code(code: int) -> Taken:
    """A code of the four hundreds asks for another try."""
    return "again" if code < 500 else "refused"


def server_of(settings: Settings) -> MailServer | None:
    """The mail server that the settings name, if any."""
    if not (settings.smtp_host and settings.smtp_sender):
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password,
        starttls=settings.smtp_starttls,
        sender=settings.smtp_sender,
        base=settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}",
    )


def not_set_up() -> Unavailable:
    return Unavailable(
        "mail.not_set_up",
        "This service has no mail server, so it cannot send you anything.",
        "Nothing was kept. The reports are all at /reports.",
    )
