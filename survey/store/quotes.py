"""SQL for quotes: what may be quoted, what was chosen and approved, and where it was printed."""

import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from survey.quotes import Consent, fingerprint, unknown_quote, unquotable
from survey.store.database import Connection

# The words as a person decided last what is masked of them, else as the machine did.
SOURCES = """
    SELECT l.id, l.body, l.redaction, l.themes, l.consent, l.area, l.stream, l.received_on,
           coalesce((SELECT r.redacted FROM redactions r WHERE r.text = l.id
                      ORDER BY r.number DESC LIMIT 1), l.redacted) AS redacted
      FROM last_codings l
"""
TODAY = """
    SELECT t.id, t.theme, t.received_on, t.start_at, t.end_at, t.sha256, t.redaction,
           t.proposed_by, t.approved_by, t.approved_at, t.withdrawn_by, t.withdrawn_at, t.body,
           coalesce((SELECT r.redacted FROM quotes q JOIN redactions r USING (text)
                      WHERE q.id = t.id ORDER BY r.number DESC LIMIT 1), t.redacted) AS redacted,
           t.redacted_by, t.consent, t.stream, t.area, t.uses,
           (SELECT q.proposed_by::text FROM quotes q WHERE q.id = t.id) AS proposer
      FROM quotes_today t
"""


class QuotableText(msgspec.Struct, frozen=True):
    """A text as it may be read, whose writer agreed to be quoted."""

    id: str
    redacted: str
    received_on: datetime.date
    area: str
    stream: str


class QuoteSource(msgspec.Struct, frozen=True, kw_only=True):
    """A text as it was coded last: what was written, what is shown of it, and its themes."""

    id: UUID
    body: str | None
    redaction: str
    themes: list[Any]
    consent: Consent
    area: str
    stream: str
    received_on: datetime.date
    redacted: str


class QuotedText(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a quote as it is today: what was written, and what is shown of it."""

    body: str
    redacted: str
    redaction: str
    consent: Consent
    stream: str
    area: str


class StoredQuote(msgspec.Struct, frozen=True, kw_only=True):
    """A quote as it was chosen, with names of people and, until it is erased, its text.

    `proposer` is the account of who proposed it; `uses` name the editions that printed it.
    """

    id: int
    theme: str
    received_on: datetime.date
    start_at: int
    end_at: int
    sha256: str
    redaction: str
    proposed_by: str
    proposer: str
    approved_by: str | None
    approved_at: datetime.datetime | None
    withdrawn_by: str | None
    withdrawn_at: datetime.datetime | None
    uses: list[str]
    text: QuotedText | None


OF_TEXT = {
    "body": "body",
    "redacted": "redacted",
    "redacted_by": "redaction",
    "consent": "consent",
    "stream": "stream",
    "area": "area",
}


def quote_of(row: asyncpg.Record) -> StoredQuote:
    found = dict(row)
    text = {name: found.pop(column) for column, name in OF_TEXT.items()}
    return StoredQuote(**found, text=QuotedText(**text) if text["body"] is not None else None)


async def quotable(
    connection: Connection, theme: str, before: tuple[datetime.date, str] | None, limit: int
) -> list[QuotableText]:
    """Texts of a theme, the newest first, whose writers agreed to be quoted."""
    rows = await connection.fetch(
        f"""
        SELECT id::text, redacted, received_on, area, stream FROM ({SOURCES}) sources
         WHERE consent = 'yes'
           AND themes @> jsonb_build_array(jsonb_build_object('theme', $1::text))
           AND (received_on, id) < ($2, $3::uuid)
         ORDER BY received_on DESC, sources.id DESC LIMIT $4
        """,  # noqa: S608 - only our own constant
        theme,
        *(before or (datetime.date.max, "f" * 32)),
        limit,
    )
    return [QuotableText(**row) for row in rows]


async def source(connection: Connection, text: str) -> QuoteSource:
    row = await connection.fetchrow(f"{SOURCES} WHERE l.id = $1", text)
    if row is None:
        raise unquotable("there is no such text")
    return QuoteSource(**row)


async def insert(
    connection: Connection, source: QuoteSource, theme: str, span: tuple[int, int], *, by: str
) -> int:
    """Keep a quote from start to end of a text as it stands; its number."""
    number: int = await connection.fetchval(
        """
        INSERT INTO quotes (text, theme, start_at, end_at, sha256, redaction, received_on,
                            proposed_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
        """,
        source.id,
        theme,
        *span,
        fingerprint(source.redacted),
        source.redaction,
        source.received_on,
        by,
    )
    return number


async def approved(
    connection: Connection, start: datetime.date, end: datetime.date
) -> list[StoredQuote]:
    """Quotes that stand as approved, of answers received from start to end, with their texts."""
    rows = await connection.fetch(
        f"""
        {TODAY}
         WHERE t.approved_at IS NOT NULL AND t.withdrawn_at IS NULL
           AND t.received_on BETWEEN $1 AND $2
         ORDER BY t.id
        """,
        start,
        end,
    )
    return [quote_of(row) for row in rows]


async def every(connection: Connection, limit: int) -> list[StoredQuote]:
    """Quotes with their texts and where they were printed: those that wait first, then newest."""
    rows = await connection.fetch(
        f"""
        {TODAY}
         ORDER BY t.withdrawn_at IS NOT NULL, t.approved_at IS NOT NULL, t.id DESC LIMIT $1
        """,
        limit,
    )
    return [quote_of(row) for row in rows]


async def get(connection: Connection, number: int) -> StoredQuote:
    row = await connection.fetchrow(f"{TODAY} WHERE t.id = $1", number)
    if row is None:
        raise unknown_quote(number)
    return quote_of(row)


async def approve(connection: Connection, number: int, *, by: str) -> bool:
    """Whether it waited for approval."""
    found = await connection.fetchval(
        """
        UPDATE quotes SET approved_by = $2, approved_at = now()
         WHERE id = $1 AND approved_at IS NULL AND withdrawn_at IS NULL RETURNING true
        """,
        number,
        by,
    )
    return bool(found)


async def withdraw(connection: Connection, number: int, *, by: str) -> bool:
    """Whether it stood; from now on no edition prints it."""
    found = await connection.fetchval(
        """
        UPDATE quotes SET withdrawn_by = $2, withdrawn_at = now()
         WHERE id = $1 AND withdrawn_at IS NULL RETURNING true
        """,
        number,
        by,
    )
    return bool(found)


async def agrees(connection: Connection, reference: str) -> bool:
    """Whether the writer of an answer or complaint with this reference agreed to be quoted."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (SELECT FROM responses WHERE reference = $1 AND may_quote = 'yes')
            OR EXISTS (SELECT FROM complaints WHERE reference = $1 AND may_quote = 'yes')
        """,
        reference,
    )
    return found


async def chosen(connection: Connection, reference: str) -> bool:
    """Whether words under a reference were ever chosen to be quoted."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM quotes q JOIN texts t ON t.id = q.text
              LEFT JOIN responses r ON r.id = t.response
              LEFT JOIN complaints c ON c.id = t.complaint
             WHERE r.reference = $1 OR c.reference = $1)
        """,
        reference,
    )
    return found


async def set_consent(connection: Connection, reference: str, consent: Consent) -> None:
    """For all words of the answer or complaint with this reference."""
    await connection.execute(
        """
        WITH answered AS (UPDATE responses SET may_quote = $2 WHERE reference = $1)
        UPDATE complaints SET may_quote = $2 WHERE reference = $1
        """,
        reference,
        consent,
    )


async def agree(connection: Connection, one_in: int) -> None:
    """Let every so many answers and complaints be quoted, as the demonstration does."""
    await connection.execute(
        """
        WITH answered AS (
            UPDATE responses SET may_quote = 'yes' WHERE hashtext(id::text) % $1 = 0
        )
        UPDATE complaints SET may_quote = 'yes' WHERE hashtext(id::text) % $1 = 0
        """,
        one_in,
    )


async def used(
    connection: Connection, numbers: list[int], kind: str, start: datetime.date, number: int
) -> None:
    """Remember which edition printed them."""
    await connection.execute(
        """
        INSERT INTO quote_uses (quote, kind, start_on, number)
        SELECT quote, $2, $3, $4 FROM unnest($1::int[]) AS quote
        """,
        numbers,
        kind,
        start,
        number,
    )
