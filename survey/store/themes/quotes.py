"""SQL for quotes: what may be quoted, what was chosen and approved, and where it was printed."""

import datetime
from uuid import UUID

import asyncpg
import msgspec

from survey.store import statements as sql
from survey.store.cases.sealed_words import open_words
from survey.store.database import Connection
from survey.store.themes.texts import redaction_sql
from survey.themes.codebooks import ThemeCode
from survey.themes.quotes import QuoteConsent, text_sha256, unknown_quote, unquotable_text

# The redacted text as a person decided last, else as the machine did.
SOURCES_SQL = f"""
    SELECT l.id, l.body, l.redaction, l.themes, l.consent, l.area, l.stream, l.received_on,
           coalesce({redaction_sql("l.id")}, l.redacted) AS redacted,
           (SELECT c.sentiment ->> 'label' FROM codings c WHERE c.text = l.id
             ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) AS tone
      FROM last_codings l
"""  # noqa: S608 - only our own words
QUOTABLE_SQL = f"""
        SELECT id::text, redacted, received_on, area, stream, themes, tone
          FROM ({SOURCES_SQL}) sources WHERE consent = 'yes'
"""  # noqa: S608 - only our own constant
# The view has names only, and that nobody approves their own quote is decided by account.
QUOTES_SQL = """
    SELECT t.id, t.theme, t.received_on, t.start_at, t.end_at, t.sha256, t.redaction,
           t.proposed_by, t.approved_by, t.approved_at, t.withdrawn_by, t.withdrawn_at, t.body,
           coalesce((SELECT r.redacted FROM quotes q JOIN redactions r USING (text)
                      WHERE q.id = t.id ORDER BY r.number DESC LIMIT 1), t.redacted) AS redacted,
           t.redacted_by, t.consent, t.stream, t.area, t.uses,
           (SELECT q.proposed_by::text FROM quotes q WHERE q.id = t.id) AS proposer,
           (SELECT c.sentiment ->> 'label' FROM quotes q JOIN codings c USING (text)
             WHERE q.id = t.id
             ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) AS tone,
           (SELECT k.id::text FROM quotes q JOIN campaign_members m USING (text)
              JOIN campaigns k ON k.id = m.campaign AND k.dismissed_at IS NULL
             WHERE q.id = t.id) AS campaign
      FROM quotes_today t
"""


class QuotableText(msgspec.Struct, frozen=True):
    """A redacted text whose writer agreed to be quoted, and what the machine read in it."""

    id: str
    redacted: str
    received_on: datetime.date
    area: str
    stream: str
    themes: list[ThemeCode]
    tone: str | None


class QuoteSource(msgspec.Struct, frozen=True, kw_only=True):
    """A text as last coded: the original, its redacted version, and its themes."""

    id: UUID
    body: str | None
    redaction: str
    themes: list[ThemeCode]
    consent: QuoteConsent
    area: str
    stream: str
    received_on: datetime.date
    redacted: str
    tone: str | None


class QuotedText(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a quote as it is today: the original, and its redacted version."""

    body: str
    redacted: str
    redaction: str
    consent: QuoteConsent
    stream: str
    area: str
    tone: str | None


class StoredQuote(msgspec.Struct, frozen=True, kw_only=True):
    """A quote as it was chosen, with names of people and its text, unless that is erased.

    `proposer` is the account that proposed it; `uses` name the editions that printed it;
    `campaign` is that of its text.
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
    campaign: str | None
    text: QuotedText | None


TEXT_COLUMNS = {
    "body": "body",
    "redacted": "redacted",
    "redacted_by": "redaction",
    "consent": "consent",
    "stream": "stream",
    "area": "area",
    "tone": "tone",
}


def quote_from_row(connection: Connection, row: asyncpg.Record) -> StoredQuote:
    quote = dict(row)
    text = {name: quote.pop(column) for column, name in TEXT_COLUMNS.items()}
    if text["body"] is None:
        return StoredQuote(**quote, text=None)
    if text["stream"] == "complaints":
        text["body"] = open_words(connection, text["body"])
    return StoredQuote(**quote, text=QuotedText(**text))


async def load_quotable(
    connection: Connection, theme: str, before: tuple[datetime.date, str] | None, limit: int
) -> list[QuotableText]:
    """Texts of a theme, the newest first, whose writers agreed to be quoted."""
    return await sql.load_structs(
        connection,
        QuotableText,
        f"""
        {QUOTABLE_SQL}
           AND themes @> jsonb_build_array(jsonb_build_object('theme', $1::text))
           AND (received_on, id) < ($2, $3::uuid)
         ORDER BY received_on DESC, sources.id DESC LIMIT $4
        """,
        theme,
        *(before or (datetime.date.max, "f" * 32)),
        limit,
    )


async def get_source(connection: Connection, text: str) -> QuoteSource:
    source = await sql.find_struct(connection, QuoteSource, f"{SOURCES_SQL} WHERE l.id = $1", text)
    if source is None:
        raise unquotable_text("there is no such text")
    if source.body is None or source.stream != "complaints":
        return source
    return msgspec.structs.replace(source, body=open_words(connection, source.body))


async def insert(
    connection: Connection, source: QuoteSource, theme: str, span: tuple[int, int], *, by: str
) -> int:
    """Store a quote from start to end of a text as it is now; return its number."""
    # The hash shows later whether the text was redacted again, which would move the places.
    number: int = await connection.fetchval(
        """
        INSERT INTO quotes (text, theme, start_at, end_at, sha256, redaction, received_on,
                            proposed_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
        """,
        source.id,
        theme,
        *span,
        text_sha256(source.redacted),
        source.redaction,
        source.received_on,
        by,
    )
    return number


async def load_approved(
    connection: Connection, start: datetime.date, end: datetime.date
) -> list[StoredQuote]:
    """Approved quotes, not withdrawn, of answers received from start to end, with their texts."""
    rows = await connection.fetch(
        f"""
        {QUOTES_SQL}
         WHERE t.approved_at IS NOT NULL AND t.withdrawn_at IS NULL
           AND t.received_on BETWEEN $1 AND $2
         ORDER BY t.id
        """,
        start,
        end,
    )
    return [quote_from_row(connection, row) for row in rows]


async def load_all(connection: Connection, limit: int) -> list[StoredQuote]:
    """Quotes with their texts and uses: those waiting for approval first, then the newest."""
    rows = await connection.fetch(
        f"""
        {QUOTES_SQL}
         ORDER BY t.withdrawn_at IS NOT NULL, t.approved_at IS NOT NULL, t.id DESC LIMIT $1
        """,
        limit,
    )
    return [quote_from_row(connection, row) for row in rows]


async def get(connection: Connection, number: int) -> StoredQuote:
    row = await connection.fetchrow(f"{QUOTES_SQL} WHERE t.id = $1", number)
    if row is None:
        raise unknown_quote(number)
    return quote_from_row(connection, row)


@sql.boolean
def approve(number: int, *, by: str) -> sql.SQL:
    """Approve a quote; False if it was not waiting for approval."""
    return """
        UPDATE quotes SET approved_by = $2, approved_at = now()
         WHERE id = $1 AND approved_at IS NULL AND withdrawn_at IS NULL RETURNING true
        """


@sql.boolean
def withdraw(number: int, *, by: str) -> sql.SQL:
    """Withdraw a quote, so that no later edition prints it; False if it was withdrawn before."""
    return """
        UPDATE quotes SET withdrawn_by = $2, withdrawn_at = now()
         WHERE id = $1 AND withdrawn_at IS NULL RETURNING true
        """


@sql.execute
def insert_uses(numbers: list[int], kind: str, start: datetime.date, number: int) -> sql.SQL:
    """Record which edition printed these quotes."""
    return """
        INSERT INTO quote_uses (quote, kind, start_on, number)
        SELECT quote, $2, $3, $4 FROM unnest($1::int[]) AS quote
        """
