"""SQL for tone heads: those that were learned, which one is in force, and the texts it reads."""

import datetime
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from survey.store import statements as sql
from survey.store.answers import ORIGIN_SQL, STREAM_SQL
from survey.store.cases.sealed_words import open_words
from survey.store.database import Connection
from survey.store.themes.recodings import StoredPassages
from survey.store.themes.texts import last_coding_sql
from survey.themes import tone_heads
from survey.themes.codebooks import Polarity, Sentiment


class LearnedHead(msgspec.Struct, frozen=True, kw_only=True):
    """A head that was learned: its number, how well it reads, and what more labels would do."""

    number: int
    labels: int
    reader: str
    fitted_at: datetime.datetime
    checked: tone_heads.HeadCheck
    curves: tuple[tone_heads.LabelCurve, ...]


@sql.value(int)
def insert(
    head: tone_heads.ToneHead,
    checked: tone_heads.HeadCheck,
    curves: Sequence[tone_heads.LabelCurve],
) -> sql.SQL:
    return (
        "INSERT INTO tone_heads (definition, checked, curves) VALUES ($1, $2, $3) RETURNING number"
    )


@sql.first(LearnedHead)
def find_newest() -> sql.SQL:
    return """
        SELECT number, (definition ->> 'labels')::int AS labels,
               definition ->> 'reader' AS reader, fitted_at, checked, curves
          FROM tone_heads ORDER BY number DESC LIMIT 1
        """


async def load_curves(connection: Connection) -> tuple[tone_heads.LabelCurve, ...]:
    """The label curves of the newest head: all texts, then each stream; () if there is none."""
    head = await find_newest(connection)
    return head.curves if head else ()


@sql.value(tone_heads.ToneHead)
def get_head(number: int) -> sql.SQL:
    return "SELECT definition FROM tone_heads WHERE number = $1"


async def find_reading(connection: Connection) -> tone_heads.ToneReading:
    """How tone is read now."""
    reading = await sql.find_struct(
        connection,
        tone_heads.ToneReading,
        "SELECT version, head FROM tone_readings ORDER BY version DESC LIMIT 1",
    )
    return reading or tone_heads.ToneReading(version=0)


async def insert_reading(
    connection: Connection, head: int | None, *, after: int, by: str | None
) -> tone_heads.ToneReading:
    """Read tone by this head from now on, or as shipped (None); raises if `after` is outdated."""
    version = after + 1
    if (await find_reading(connection)).version != after:
        raise tone_heads.changed_tone_reading()
    try:
        await connection.execute(
            "INSERT INTO tone_readings (version, head, decided_by) VALUES ($1, $2, $3::uuid)",
            version,
            head,
            by,
        )
    # Of two people at once the second is stopped here.
    except asyncpg.UniqueViolationError:
        raise tone_heads.changed_tone_reading() from None
    return tone_heads.ToneReading(version=version, head=head)


async def load_tones(
    connection: Connection, texts: Sequence[str], version: int
) -> dict[str, Polarity]:
    """The last tone that each of these texts had under this version of the reading."""
    mark = tone_heads.ToneReading(version=version).mark
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (text) text::text, sentiment ->> 'label' AS tone
          FROM codings
         WHERE text = ANY($1::uuid[]) AND sentiment IS NOT NULL
           AND substring(coder_version FROM position($2 IN coder_version || $2)) = $3
         ORDER BY text, codebook DESC, coded_at DESC, coder_version DESC
        """,
        list(texts),
        tone_heads.READING,
        mark,
    )
    return {row["text"]: row["tone"] for row in rows}


class TextToReread(StoredPassages, frozen=True, kw_only=True):
    """A text with its last tone and its passages, from which a head can read it.

    `coder_version` and `codebook` are those of its last codes.
    """

    id: UUID
    stream: str
    body: str
    coder_version: str
    codebook: int
    sentiment: Sentiment

    @property
    def fold(self) -> int:
        """The fold of the text by its words as written, so that no later redaction changes it."""
        return tone_heads.fold_of(self.body)


READABLE = f"""
        SELECT t.id, {STREAM_SQL} AS stream,
               t.body,
               d.coder_version, d.codebook, d.sentiment, p.reader, p.spans, p.vectors
          FROM texts t
          {ORIGIN_SQL}
          LEFT JOIN passages p ON p.text = t.id
         {last_coding_sql("t.id")}
         WHERE NOT t.due AND d.sentiment IS NOT NULL
"""  # noqa: S608 - only our own words


def open_text(connection: Connection, text: TextToReread) -> TextToReread:
    if text.stream != "complaints":
        return text
    return msgspec.structs.replace(text, body=open_words(connection, text.body))


async def load_readable(connection: Connection, ids: Sequence[str]) -> list[TextToReread]:
    """These texts with what a head needs to read them; texts that wait for coding are left out."""
    rows = await sql.load_structs(
        connection, TextToReread, f"{READABLE} AND t.id = ANY($1::uuid[])", list(ids)
    )
    return [open_text(connection, row) for row in rows]


async def claim_texts(
    connection: Connection, mark: str, since: datetime.datetime, limit: int
) -> list[TextToReread]:
    """Texts received from `since` on whose tone was read in another way than `mark` says,
    locked.
    """
    # OF t: PostgreSQL cannot lock the side of an outer join that may be empty.
    rows = await sql.load_structs(
        connection,
        TextToReread,
        f"""
        {READABLE} AND coalesce(r.received_at, c.received_at) >= $1
           AND d.coder_version NOT LIKE '%' || $2
         ORDER BY t.id LIMIT $3 FOR NO KEY UPDATE OF t SKIP LOCKED
        """,
        since,
        mark,
        limit,
    )
    return [open_text(connection, row) for row in rows]


@sql.execute
def save_tones(
    rows: Sequence[TextToReread], tones: Sequence[Sentiment], versions: Sequence[str]
) -> sql.SQL:
    """Add codings that copy the earlier ones in everything but their tone and coder version."""
    # Not when this transaction began: a text coded since would stay the latest.
    return """
        INSERT INTO codings (text, coder, coder_version, codebook, language, redacted, spans,
                             sentiment, comment_type, themes, coded_at)
        SELECT d.text, d.coder, n.became, d.codebook, d.language, d.redacted, d.spans,
               n.sentiment, d.comment_type, d.themes,
               greatest(d.coded_at, date_trunc('hour', clock_timestamp()))
          FROM unnest($rows.id::uuid[], $rows.coder_version::text[], $rows.codebook::int[],
                      $versions::text[], $tones::jsonb[])
               AS n (text, coder_version, codebook, became, sentiment)
          JOIN codings d USING (text, coder_version, codebook)
            ON CONFLICT (text, coder_version, codebook) DO NOTHING
        """
