"""Reads the quotes that an edition may print, each with its text as it stands at this moment."""

import datetime
from collections.abc import Sequence

from api.jobs.threads import run_in_thread
from api.loading import loading
from survey.quotes import Chosen, Source
from survey.store import quotes
from survey.store.database import Connection
from survey.store.quotes import QuotedText, QuoteSource, StoredQuote


async def chosen(connection: Connection, start: datetime.date, end: datetime.date) -> list[Chosen]:
    """Those that stand as approved, of answers received from start to end."""
    approved = await quotes.approved(connection, start, end)
    anew = await redacted_anew([one.text for one in approved])
    return [as_chosen(one, text) for one, text in zip(approved, anew, strict=True)]


async def redacted_anew(texts: Sequence[QuotedText | QuoteSource | None]) -> list[str]:
    """What was written, redacted again now; nothing where it was erased."""
    if not texts:
        return []
    return await run_in_thread(redacted, [one.body or "" if one else "" for one in texts])


def as_chosen(quote: StoredQuote, anew: str) -> Chosen:
    return Chosen(
        id=quote.id,
        theme=quote.theme,
        received=quote.received_on,
        start=quote.start_at,
        end=quote.end_at,
        sha256=quote.sha256,
        redaction=quote.redaction,
        approved_by=quote.approved_by,
        source=source_of(quote.text, anew),
    )


def source_of(text: QuotedText | None, anew: str) -> Source | None:
    """The text as it was coded, and as it would be redacted now; None where it was erased."""
    if text is None:
        return None
    return Source(
        redacted=text.redacted,
        anew=anew,
        redaction=text.redaction,
        consent=text.consent,
        stream=text.stream,
        area=text.area,
    )


def redacted(bodies: list[str]) -> list[str]:
    """Called in a thread: the lists of names take a moment to load."""
    with loading("analysis.text.redaction"):
        from analysis.text import redaction

    return [text for text, _ in redaction.redact(bodies)]
