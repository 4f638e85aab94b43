"""Quotes: approved by a second person, and loaded for an edition with texts as they are now."""

import datetime
from collections.abc import Sequence

from api.process.installation import import_lock
from api.process.long_work import run_in_thread
from survey.store.accounts import people
from survey.store.database import Connection
from survey.store.themes import quotes
from survey.store.themes.quotes import QuotedText, QuoteSource, StoredQuote
from survey.themes.quotes import ChosenQuote, QuoteSourceText, own_quote, quote_already_decided

ONE_PERSON_NOTE = "approved by the person who proposed it: there is only one reviewer"


async def approve_quote(connection: Connection, number: int, *, by: str) -> dict[str, str]:
    """Approve a quote in this person's name; returns the detail for the audit.

    Who proposed it may not approve it, unless they are the only reviewer: then the detail says so.
    To be called in a transaction: its writer may have withdrawn consent a moment ago.
    """
    row = await quotes.get(connection, number)
    alone = row.proposer == by
    if alone and await people.has_other_reviewers(connection, by):
        raise own_quote(number)
    (words,) = await redact_again([row.text])
    with import_lock("analysis.themes.quotes"):
        from analysis.themes.quotes import quotable_source

    quotable_source(chosen_quote(row, words))
    if not await quotes.approve(connection, number, by=by):
        raise quote_already_decided(number)
    return {"by_one_person": ONE_PERSON_NOTE} if alone else {}


async def load_chosen_quotes(
    connection: Connection, start: datetime.date, end: datetime.date
) -> list[ChosenQuote]:
    """The approved quotes from answers received between `start` and `end`."""
    approved = await quotes.load_approved(connection, start, end)
    again = await redact_again([quote.text for quote in approved])
    return [chosen_quote(quote, text) for quote, text in zip(approved, again, strict=True)]


async def redact_again(texts: Sequence[QuotedText | QuoteSource | None]) -> list[str]:
    """The texts, redacted again by today's rules; "" for an erased text."""
    if not texts:
        return []
    # With today's rules: since it was approved, a quote may hold what they would now mask.
    return await run_in_thread(redact_texts, [text.body or "" if text else "" for text in texts])


def chosen_quote(quote: StoredQuote, again: str) -> ChosenQuote:
    return ChosenQuote(
        id=quote.id,
        theme=quote.theme,
        received=quote.received_on,
        start=quote.start_at,
        end=quote.end_at,
        sha256=quote.sha256,
        redaction=quote.redaction,
        approved_by=quote.approved_by,
        source=quote_source(quote.text, again),
        campaign=quote.campaign or "",
    )


def quote_source(text: QuotedText | QuoteSource | None, again: str) -> QuoteSourceText | None:
    """The text as it was coded and as it would be redacted now; None if it was erased."""
    if text is None:
        return None
    return QuoteSourceText(
        redacted=text.redacted,
        again=again,
        redaction=text.redaction,
        consent=text.consent,
        stream=text.stream,
        area=text.area,
        tone=text.tone or "",
    )


def redact_texts(bodies: list[str]) -> list[str]:
    """The texts, redacted. To be called in a thread: the lists of names are slow to load."""
    with import_lock("analysis.text.personal_data"):
        from analysis.text import personal_data

    return [text for text, _ in personal_data.redact_texts(bodies)]
