"""Reads the quotes that an edition may print, each with its text as it stands at this moment."""

import datetime
from collections.abc import Sequence
from typing import Any

from api.jobs.threads import run_in_thread
from api.loading import loading
from survey.quotes import Chosen, Source
from survey.store import quotes
from survey.store.database import Connection


async def chosen(connection: Connection, start: datetime.date, end: datetime.date) -> list[Chosen]:
    """Those that stand as approved, of answers received from start to end."""
    rows = await quotes.approved(connection, start, end)
    anew = await redacted_anew(rows)
    return [as_chosen(row, text) for row, text in zip(rows, anew, strict=True)]


async def redacted_anew(rows: Sequence[Any]) -> list[str]:
    """What was written, redacted again now; nothing where it was erased."""
    if not rows:
        return []
    return await run_in_thread(redacted, [row["body"] or "" for row in rows])


def as_chosen(row: Any, anew: str) -> Chosen:
    return Chosen(
        id=row["id"],
        theme=row["theme"],
        received=row["received_on"],
        start=row["start_at"],
        end=row["end_at"],
        sha256=row["sha256"],
        redaction=row["redaction"],
        approved_by=row["approved_by"],
        source=source_of(row, anew),
    )


def source_of(row: Any, anew: str) -> Source | None:
    """The text as it was coded, and as it would be redacted now; None where it was erased."""
    if row["body"] is None:
        return None
    return Source(
        redacted=row["redacted"],
        anew=anew,
        redaction=row["redacted_by"],
        consent=row["consent"],
        stream=row["stream"],
        area=row["area"],
    )


def redacted(bodies: list[str]) -> list[str]:
    """Called in a thread: the lists of names take a moment to load."""
    with loading("analysis.text.redaction"):
        from analysis.text import redaction

    return [text for text, _ in redaction.redact(bodies)]
