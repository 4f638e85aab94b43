"""Sends email: by the operator's mail server, by GOV.UK Notify, or not at all."""

import asyncio
import datetime
import logging
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from functools import partial
from typing import Literal, Protocol

import aiosmtplib
import msgspec

from api import clock
from api.locales import FOLDER, format_day, gettext_in
from api.process.installation import import_lock
from api.security.keyring import Keyring, keyring_from_settings
from api.settings import Settings
from survey.problems import Unavailable
from survey.sentences import N_
from survey.store.accounts.account_news import AccountNews

TLS_PORT = 465  # on it the connection begins with TLS; on any other it may begin with STARTTLS
SECONDS = 30.0
MOST_IN_A_LINE = 998  # a link in a header is never folded: mail programs would not know it
# Answers of Notify after which it surely has not taken a mail. The first two are about the key,
# not about the address. A gateway that gives up (502, 504) may have handed it on before.
NOT_TAKEN = (401, 403, 429, 500, 503)

log = logging.getLogger("soundings.mails")
MailOutcome = Literal["sent", "refused", "again", "unknown"]
# Neither subject nor words say what kind of case it is: other people may see the screen.
SUBJECT = N_("There is news on %(number)s")
TO_PERSON = {
    "received": N_("We have received what you sent."),
    "acknowledged": N_("A member of the working group has read it and is looking into it."),
    "asked": N_("We have a question for you."),
    "told": N_("We have written to you. You can write back on the same page."),
    "closed": N_("There is a decision, and you can read it."),
    "reopened": N_("It is being looked into again."),
}
THEN = {
    "received": N_("We will tell you by %(day)s that someone has read it."),
    "acknowledged": N_("We will tell you by %(day)s what we decided."),
    "asked": N_("Please answer by %(day)s."),
    "closed": N_("If you do not agree, you can ask for a review on the same page until %(day)s."),
    "reopened": N_("We will tell you by %(day)s what we decided."),
}
WHERE = N_(
    "Open this page, and enter the number and your passphrase:\n\n%(address)s\n\n"
    "The number:\n\n%(number)s\n\n"
    "This email does not say what you wrote. Nobody will ask you for your passphrase by email. "
    "You get it because you gave us this address. You can delete the address on the same page."
)
TO_STAFF = {
    "assigned": "A case is assigned to you.",
    "answered": "The person who complained has answered.",
    "evidence": "The person who complained has sent a file.",
    "corrected": "The person who complained has changed what they sent.",
    "withdrawn": "The person who complained has withdrawn it.",
    "appealed": "The person who complained disputes the outcome.",
    "nudged": "The next step of the case is overdue.",
}
ACCOUNT_NEWS = {
    "password": (
        "your password was set",
        "The password of your account was set on {day}.",
        "Tell an administrator at once: they make you a new link to sign in. It shuts out everyone"
        " who has the password, or is signed in with it.",
    ),
    "link": (
        "a link to sign in was made",
        "A link to sign in to your account was made on {day}. Whoever has it can sign in once.",
        "Tell an administrator at once, and ask who made it and who has it.",
    ),
    "key": (
        "an API key was made",
        "An API key of your account was made on {day}. A program can read or send answers with it.",
        "Set a new password: it deletes your keys and signs everyone else out. Then tell an"
        " administrator.",
    ),
}


class MailMessage(msgspec.Struct, frozen=True):
    """An email before it is sent; `leave` is the link by which one click unsubscribes."""

    address: str
    subject: str
    words: str
    leave: str = ""


class MailSender(Protocol):
    """Whatever can send an email; `base` is how its links begin."""

    @property
    def base(self) -> str: ...

    async def send(self, letter: MailMessage) -> MailOutcome:
        """Send an email and return the outcome: `again` if it was certainly not accepted but may be
        later, `unknown` if the connection broke before the answer.
        """
        ...


class SmtpSender(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server that is reached by SMTP."""

    host: str
    port: int
    username: str
    password: str
    starttls: bool
    sender: str
    base: str

    async def send(self, letter: MailMessage) -> MailOutcome:
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
            # Apart from sending: what fails up to here was certainly not taken, and is tried again.
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as failure:
            log.warning("the mail server cannot be used: %s", type(failure).__name__)
            return "again"
        try:
            sender = parseaddr(self.sender)[1]
            await client.sendmail(sender, [str(message["To"])], message.as_bytes())
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return smtp_outcome(min(recipient.code for recipient in refused.recipients))
        except aiosmtplib.SMTPResponseException as refused:
            return smtp_outcome(refused.code)
        except (aiosmtplib.SMTPException, OSError):
            return "unknown"
        finally:
            # Not quit(), which waits for an answer: it could fail after the email was taken.
            client.close()
        return "sent"

    def message(self, letter: MailMessage) -> EmailMessage:
        """A plain text email, marked as automatic, so that no absence note is sent back."""
        message = EmailMessage(policy.SMTP.clone(max_line_length=MOST_IN_A_LINE))
        message["From"] = self.sender
        message["To"] = letter.address
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(clock.now())
        # With the sender's domain: by default it would give away the name of this machine.
        message["Message-ID"] = make_msgid(domain=parseaddr(self.sender)[1].rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        if letter.leave:
            message["List-Unsubscribe"] = f"<{letter.leave}>"
            # RFC 8058: a button that sends a POST, because scanners of emails follow links by GET.
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(letter.words)
        return message


def smtp_outcome(code: int) -> MailOutcome:
    """The outcome for an SMTP code; the four hundreds ask for another try."""
    return "again" if code < 500 else "refused"


class NotifySender(msgspec.Struct, frozen=True, kw_only=True):
    """GOV.UK Notify, with a template whose subject and body are both placeholders."""

    key: str
    template: str
    url: str
    base: str

    async def send(self, letter: MailMessage) -> MailOutcome:
        return await asyncio.to_thread(self.hand_in, letter)

    def hand_in(self, letter: MailMessage) -> MailOutcome:
        """Send one email. The client waits for the answer, so this runs in a thread with its own
        client.
        """
        with import_lock("notifications_python_client.notifications"):
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
            return notify_outcome(
                failure.response is not None, failure.status_code, failure.__cause__
            )
        finally:
            client.request_session.close()
        return "sent"


def notify_outcome(answered: bool, status: int, cause: BaseException | None) -> MailOutcome:
    """The outcome for a failure of Notify's client."""
    if not answered:
        return "again" if never_connected(cause) else "unknown"
    if status in NOT_TAKEN:
        return "again"
    # Only what was certainly not taken is tried again: an email may be lost, but never sent twice.
    return "refused" if 400 <= status < 500 else "unknown"


def never_connected(cause: BaseException | None) -> bool:
    """Whether no connection was made at all; if it broke later, the email may have been sent."""
    with import_lock("requests.exceptions", "urllib3.exceptions"):
        from requests import exceptions
        from urllib3.exceptions import NewConnectionError

    if isinstance(cause, exceptions.ConnectTimeout | exceptions.SSLError | exceptions.ProxyError):
        return True
    reason = getattr(cause.args[0], "reason", None) if cause and cause.args else None
    return isinstance(reason, NewConnectionError)


def find_subscriber_sender(settings: Settings) -> MailSender | None:
    """Who sends the emails to subscribers: the mail server, else Notify, else nobody."""
    return smtp_from_settings(settings) or notify_from_settings(settings)


def find_case_sender(settings: Settings) -> MailSender | None:
    """Who sends the emails on cases: Notify if configured, else the mail server, else nobody."""
    return notify_from_settings(settings) or smtp_from_settings(settings)


class MailSenders(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker needs to send emails: the senders, and the keys that decrypt addresses."""

    subscribers: MailSender | None
    cases: MailSender | None
    keyring: Keyring


def mail_senders_from_settings(settings: Settings) -> MailSenders:
    return MailSenders(
        subscribers=find_subscriber_sender(settings),
        cases=find_case_sender(settings),
        keyring=keyring_from_settings(settings),
    )


def smtp_from_settings(settings: Settings) -> SmtpSender | None:
    if not (settings.smtp_host and settings.smtp_sender):
        return None
    return SmtpSender(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=settings.smtp_password,
        starttls=settings.smtp_starttls,
        sender=settings.smtp_sender,
        base=public_base(settings),
    )


def notify_from_settings(settings: Settings) -> NotifySender | None:
    if not (settings.notify_key and settings.notify_template):
        return None
    return NotifySender(
        key=settings.notify_key,
        template=settings.notify_template,
        url=settings.notify_url,
        base=public_base(settings),
    )


def public_base(settings: Settings) -> str:
    return settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"


no_mail_server = Unavailable.of(
    "mail.not_set_up",
    "This service has no mail server, so it cannot send you anything.",
    "Nothing was saved. You can read all reports at /reports.",
)


class CaseNotification(msgspec.Struct, frozen=True, kw_only=True):
    """What an email reports; `day` is the deadline of the next step, if there is one."""

    kind: str
    reference: str
    language: str = "en"
    day: datetime.date | None = None


def complainant_mail(news: CaseNotification, base: str) -> tuple[str, str]:
    """Subject and words for the complainant, in the language of the complaint."""
    translated = partial(gettext_in, news.language)
    given = {"number": news.reference, "address": f"{base}/case"}
    parts = [TO_PERSON[news.kind]]
    if news.day and news.kind in THEN:
        parts.append(THEN[news.kind])
        given["day"] = date_in_words(news.day, news.language)
    said = "\n\n".join(translated(part) % given for part in [*parts, WHERE])
    return translated(SUBJECT) % given, said + "\n"


def caseworker_mail(news: CaseNotification, base: str) -> tuple[str, str]:
    """Subject and words for the case's handler, in English like the staff pages."""
    due = f"\n\nThe next step is due on {date_in_words(news.day, 'en')}." if news.day else ""
    others = f"\n\nAll overdue cases: {base}/work/complaints?overdue=yes"
    words = f"""\
{TO_STAFF[news.kind]}{due}

{base}/work/complaints/{news.reference}{others if news.kind == "nudged" else ""}

This email does not say what is in the case.
You receive it because you work on cases here.
"""
    return f"Case {news.reference}: there is news", words


def account_mail(mail: AccountNews, base: str) -> tuple[str, str]:
    """Subject and words for the owner of an account that has a new way into it, in English like
    the staff pages; without any link that signs in.
    """
    subject, happened, then = ACCOUNT_NEWS[mail.news]
    words = f"""\
{happened.format(day=date_in_words(mail.day, "en"))}

If that was you, or you asked for it, you need do nothing.

If it was not: {then}

What changed in your account in the last 30 days:

{base}/work/password

You receive this email because you have an account here.
"""
    return f"Soundings: {subject}", words


def date_in_words(day: datetime.date, language: str) -> str:
    # A language without a catalogue gets English sentences, so the date must be English too.
    known = language if (FOLDER / language).is_dir() else "en_GB"
    return format_day(day, known)
