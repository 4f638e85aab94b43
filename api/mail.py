"""The ways out by e-mail: a mail server of the operator's, GOV.UK Notify, or none."""

import asyncio
import logging
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Literal, Protocol

import aiosmtplib
import msgspec

from api import clock
from api.keys import Keyring, keyring_of
from api.loading import loading
from api.settings import Settings
from survey.problems import Unavailable

TLS_PORT = 465  # on it the connection begins with TLS; on any other it may begin with STARTTLS
SECONDS = 30.0
MOST_IN_A_LINE = 998  # a link in a header is never folded: mail programs would not know it
# Answers of Notify after which it surely has not taken a mail. The first two are about the key,
# not about the address. A gateway that gives up (502, 504) may have handed it on before.
NOT_TAKEN = (401, 403, 429, 500, 503)

log = logging.getLogger("soundings.mails")
Taken = Literal["sent", "refused", "again", "unknown"]


class Letter(msgspec.Struct, frozen=True):
    """A mail before anybody sends it; `leave` is the link by which one click stops its like."""

    address: str
    subject: str
    words: str
    leave: str = ""


class Sender(Protocol):
    """Whoever can be handed a letter; `base` is what the links in it begin with."""

    @property
    def base(self) -> str: ...

    async def send(self, letter: Letter) -> Taken:
        """What became of it: `again` where it surely was not taken and may be later,
        `unknown` where the line broke before anybody said so."""
        ...


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server, where mails are handed in by SMTP."""

    host: str
    port: int
    username: str
    password: str
    starttls: bool
    sender: str
    base: str

    async def send(self, letter: Letter) -> Taken:
        message = self.message(letter)
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

    def message(self, letter: Letter) -> EmailMessage:
        """Plain text; it says that a program wrote it, so that no absence note comes back."""
        made = EmailMessage(policy.SMTP.clone(max_line_length=MOST_IN_A_LINE))
        made["From"] = self.sender
        made["To"] = letter.address
        made["Subject"] = letter.subject
        made["Date"] = format_datetime(clock.now())
        made["Message-ID"] = make_msgid(domain=parseaddr(self.sender)[1].rpartition("@")[2])
        made["Auto-Submitted"] = "auto-generated"
        if letter.leave:
            made["List-Unsubscribe"] = f"<{letter.leave}>"
            made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        made.set_content(letter.words)
        return made


def of_code(code: int) -> Taken:
    """A code of the four hundreds asks for another try."""
    return "again" if code < 500 else "refused"


class Notify(msgspec.Struct, frozen=True, kw_only=True):
    """GOV.UK Notify, with a template of which subject and body are all personalisation."""

    key: str
    template: str
    url: str
    base: str

    async def send(self, letter: Letter) -> Taken:
        return await asyncio.to_thread(self.hand_in, letter)

    def hand_in(self, letter: Letter) -> Taken:
        """Its client waits for the answer, so this runs in a thread; each letter has its own."""
        with loading("notifications_python_client.notifications"):
            from notifications_python_client.errors import APIError
            from notifications_python_client.notifications import NotificationsAPIClient

        # Its own log quotes what the service answers, which may name an address.
        logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)
        client = NotificationsAPIClient(self.key, base_url=self.url, timeout=SECONDS)
        try:
            client.send_email_notification(
                letter.address,
                self.template,
                {"subject": letter.subject, "body": letter.words},
                one_click_unsubscribe_url=letter.leave or None,
            )
        except APIError as failure:
            return of_failure(failure.response is not None, failure.status_code, failure.__cause__)
        finally:
            client.request_session.close()
        return "sent"


def of_failure(answered: bool, status: int, cause: BaseException | None) -> Taken:
    """What a failure of Notify's client says of the letter."""
    if not answered:
        return "again" if never_connected(cause) else "unknown"
    if status in NOT_TAKEN:
        return "again"
    return "refused" if 400 <= status < 500 else "unknown"


def never_connected(cause: BaseException | None) -> bool:
    """Whether the line never stood; one that broke later may have carried the letter."""
    with loading("requests.exceptions", "urllib3.exceptions"):
        from requests import exceptions
        from urllib3.exceptions import NewConnectionError

    if isinstance(cause, exceptions.ConnectTimeout | exceptions.SSLError | exceptions.ProxyError):
        return True
    reason = getattr(cause.args[0], "reason", None) if cause and cause.args else None
    return isinstance(reason, NewConnectionError)


def server_of(settings: Settings) -> Sender | None:
    """Who sends the mails to subscribers: the mail server, or else Notify, if any."""
    return smtp(settings) or notify(settings)


def case_sender_of(settings: Settings) -> Sender | None:
    """Who sends the mails on cases: Notify where it is set, else the mail server, if any."""
    return notify(settings) or smtp(settings)


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker needs to send mails: who takes them, and what opens the addresses."""

    subscribers: Sender | None
    cases: Sender | None
    keyring: Keyring


def post_of(settings: Settings) -> Post:
    return Post(
        subscribers=server_of(settings),
        cases=case_sender_of(settings),
        keyring=keyring_of(settings),
    )


def smtp(settings: Settings) -> MailServer | None:
    if not (settings.smtp_host and settings.smtp_sender):
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password,
        starttls=settings.smtp_starttls,
        sender=settings.smtp_sender,
        base=base_of(settings),
    )


def notify(settings: Settings) -> Notify | None:
    if not (settings.notify_key and settings.notify_template):
        return None
    return Notify(
        key=settings.notify_key,
        template=settings.notify_template,
        url=settings.notify_url,
        base=base_of(settings),
    )


def base_of(settings: Settings) -> str:
    return settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"


def not_set_up() -> Unavailable:
    return Unavailable(
        "mail.not_set_up",
        "This service has no mail server, so it cannot send you anything.",
        "Nothing was saved. You can read all reports at /reports.",
    )
