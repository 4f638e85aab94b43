"""The words of emails on cases: that there is news, the next step, a link; never the content."""

import datetime

import msgspec

from api.formatting import format_day
from api.translating import FOLDER, load_catalogue
from survey.sentences import N_
from survey.store.accounts.account_news import AccountNews


class CaseNotification(msgspec.Struct, frozen=True, kw_only=True):
    """What an email reports; `day` is the deadline of the next step, if there is one."""

    kind: str
    reference: str
    language: str = "en"
    day: datetime.date | None = None


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


def complainant_mail(news: CaseNotification, base: str) -> tuple[str, str]:
    """Subject and words for the complainant, in the language of the complaint."""
    translated = load_catalogue(news.language).gettext
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
