"""SQL for codes: which texts are waiting, what was assigned to them, how many have the same; what
machine and people masked in the texts of a case; and what waits to be decided in coding.
"""

import datetime
from collections.abc import Sequence
from uuid import UUID

import msgspec

from survey.store import statements as sql
from survey.store.answers import ORIGIN_SQL, RECEIVED_SQL, STREAM_SQL
from survey.store.cases.sealed_words import open_words
from survey.store.database import Connection
from survey.store.themes.texts import LAST_FIRST
from survey.themes.codebooks import Coding, Sentiment, Span, ThemeCode
from survey.themes.redactions import Redaction
from survey.themes.refusals import unknown_text


class UncodedText(msgspec.Struct, frozen=True):
    """A text as it was written, its stream, and its language where that is known."""

    id: UUID
    body: str
    language: str | None
    stream: str


@sql.execute
def wait_for_turn() -> sql.SQL:
    """Take the lock on coding all waiting texts, until this transaction ends."""
    return "SELECT pg_advisory_xact_lock(hashtext('code all texts'))"


async def claim_texts(
    connection: Connection, limit: int, *, wait: bool = False
) -> list[UncodedText]:
    """Texts that wait for coding, locked until the end of this transaction.

    Texts that another worker is coding are skipped; with `wait` we wait for them, as that worker
    may fail.
    """
    rows = await sql.load_structs(
        connection,
        UncodedText,
        f"""
        SELECT t.id, t.body, t.language, {STREAM_SQL} AS stream
          FROM texts t
          {ORIGIN_SQL}
         WHERE t.due ORDER BY t.id LIMIT $1 FOR NO KEY UPDATE OF t {"" if wait else "SKIP LOCKED"}
        """,  # noqa: S608 - only our own words
        limit,
    )
    return [
        msgspec.structs.replace(row, body=open_words(connection, row.body))
        if row.stream == "complaints"
        else row
        for row in rows
    ]


def passages_sql(table: str) -> sql.SQL:
    """SQL that saves to `table` the passages that codings hold in the field of the same name."""
    return f"""
            INSERT INTO {table} (text, reader, spans, vectors)
            SELECT t.id, p ->> 'reader', p -> 'spans', decode(p ->> 'vectors', 'base64')
              FROM unnest($1::uuid[], $2::jsonb[]) AS t (id, c)
             CROSS JOIN LATERAL nullif(c -> '{table}', 'null') AS p
             WHERE p IS NOT NULL
                ON CONFLICT (text) DO UPDATE
               SET reader = excluded.reader, spans = excluded.spans, vectors = excluded.vectors"""  # noqa: S608 - only our own words


@sql.execute
def save(ids: Sequence[UUID], codings: list[Coding]) -> sql.SQL:
    """Save codings and take their texts off the waiting list, in one statement."""
    # nullif, because a JSON null would be stored as a value and not as nothing.
    return f"""
        WITH coded AS (
            INSERT INTO codings (text, coder, coder_version, codebook, language, redacted, spans,
                                 sentiment, themes, comment_type)
            SELECT t.id, c ->> 'coder', c ->> 'coder_version', (c ->> 'codebook')::int,
                   c ->> 'language', c ->> 'redacted', c -> 'spans',
                   nullif(c -> 'sentiment', 'null'), c -> 'themes', c ->> 'comment_type'
              FROM unnest($1::uuid[], $2::jsonb[]) AS t (id, c)
                ON CONFLICT (text, coder_version, codebook) DO NOTHING
        ), placed AS ({passages_sql("passages")}
        ), placed_for_themes AS ({passages_sql("theme_passages")}
        ), outdated AS (
            -- The words may have changed since the second reader read them.
            DELETE FROM theme_passages USING unnest($1::uuid[], $2::jsonb[]) AS t (id, c)
             WHERE text = t.id AND nullif(c -> 'theme_passages', 'null') IS NULL
        )
        UPDATE texts SET due = false WHERE id = ANY($1::uuid[])
        """  # noqa: S608 - only our own words


class CodedText(msgspec.Struct, frozen=True):
    """The last codes of a text and where it comes from; `label` is its tone.

    Where a person coded its whole campaign, tone and themes are theirs (`by_person`). A `reworded`
    text says what its campaign says in other words.
    """

    stream: str
    area: str
    received_at: datetime.datetime
    stratum: str | None
    psu: str | None
    probability: float | None
    label: str | None
    themes: list[str]
    codebook: int
    campaign: str | None
    text: str
    by_person: bool
    reworded: bool


@sql.many_by(lambda row: CodedText(*row))
def load_coded_texts(
    start: datetime.datetime, end: datetime.datetime, codebook: int, sampled: str
) -> sql.SQL:
    """Theme and tone of the texts received from start up to end, with their stream.

    Each by its last codes under this version of the codebook or an older one, given in `codebook`.
    Of sampled texts only those of the survey named `sampled`.
    """
    return f"""
        SELECT DISTINCT ON (d.text) {STREAM_SQL} AS stream,
               coalesce(r.area, c.area) AS area,
               {RECEIVED_SQL} AS received_at, r.stratum, r.psu,
               r.probability, coalesce(h.tone, d.sentiment ->> 'label') AS label,
               coalesce(h.themes, jsonb_path_query_array(d.themes, '$[*].theme')) AS themes,
               coalesce(h.codebook, d.codebook) AS codebook,
               k.id::text AS campaign, d.text::text AS text, h.campaign IS NOT NULL AS by_person,
               k.id IS NOT NULL AND m.likeness IS NOT NULL AS reworded
          FROM codings d
          JOIN texts t ON t.id = d.text
          {ORIGIN_SQL}
          LEFT JOIN campaign_members m ON m.text = t.id
          LEFT JOIN campaigns k ON k.id = m.campaign AND k.dismissed_at IS NULL
          LEFT JOIN coded_campaigns h ON h.campaign = k.id AND h.codebook <= $3
         WHERE d.codebook <= $3 AND (coalesce(r.mode, 'open') = 'open' OR r.instrument = $4)
           AND {RECEIVED_SQL} >= $1 AND {RECEIVED_SQL} < $2
         ORDER BY d.text, d.codebook DESC, d.coded_at DESC, d.coder_version DESC
        """  # noqa: S608 - only our own words


@sql.value(int)
def count_waiting() -> sql.SQL:
    return "SELECT count(*) FROM texts WHERE due"


# Triggers count texts by their last codes (010_themes.sql). Rows are numbers to add: several
# may be alike, and their sum is what counts.
FOLD_LOCK = "pg_advisory_xact_lock(hashtext('fold text counts'))"
TRY_FOLD_LOCK = "pg_try_advisory_xact_lock(hashtext('fold text counts'))"
# What others insert meanwhile is not seen, and stays for the next time.
FOLD_SQL = """
    WITH alike AS (
        SELECT stream, instrument, codebook, tone, themes FROM text_counts
         GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1
    ), gone AS (
        DELETE FROM text_counts t USING alike a
         WHERE (t.stream, t.instrument, t.codebook, t.tone, t.themes)
             = (a.stream, a.instrument, a.codebook, a.tone, a.themes)
        RETURNING t.*
    )
    INSERT INTO text_counts (stream, instrument, codebook, tone, themes, texts)
    SELECT stream, instrument, codebook, tone, themes, sum(texts)
      FROM gone GROUP BY 1, 2, 3, 4, 5 HAVING sum(texts) <> 0
"""


async def fold_counts(connection: Connection) -> None:
    """Join rows of counts that are alike, and drop those that add up to 0.

    Waits for anybody else who does so: after an erasure no row may say what the text was about.
    """
    # By itself, so that the next statement sees what the other one has left.
    await connection.execute(f"SELECT {FOLD_LOCK}")
    await connection.execute(FOLD_SQL)


async def fold_counts_if_free(connection: Connection) -> None:
    """Fold the counts, unless somebody else is doing so."""
    if await connection.fetchval(f"SELECT {TRY_FOLD_LOCK}"):
        await connection.execute(FOLD_SQL)


@sql.pairs(dict[str, int])
def count_by_theme(codebook: int) -> sql.SQL:
    """How many texts speak of each theme, of those whose last codes are of this version."""
    return """
        SELECT theme, sum(texts)::bigint AS texts
          FROM text_counts CROSS JOIN unnest(themes) AS theme
         WHERE codebook = $1 GROUP BY 1 HAVING sum(texts) > 0
        """


class ReadText(msgspec.Struct, frozen=True):
    """The last codes of a text with the vector of its whole, as little-endian float16."""

    text: str
    sentiment: Sentiment | None
    themes: list[ThemeCode]
    vector: bytes


@sql.many(ReadText)
def load_read_texts(texts: Sequence[str], reader: str) -> sql.SQL:
    """The texts among these that the model `reader` encoded, in the order of their ids."""
    # The first vector is that of the whole text, the others are those of its sentences.
    return """
        SELECT p.text::text, d.sentiment, d.themes,
               substring(p.vectors FOR octet_length(p.vectors) / jsonb_array_length(p.spans))
                   AS vector
          FROM passages p
         CROSS JOIN LATERAL (
               SELECT sentiment, themes FROM codings WHERE text = p.text
                ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) d
         WHERE p.text = ANY($1::uuid[]) AND p.reader = $2 AND jsonb_array_length(p.spans) > 0
         ORDER BY p.text
        """


# The texts of the case $1, with the last coding `d` and the last decision `r` on each.
MASKED_SQL = f"""
          FROM texts t
          LEFT JOIN LATERAL (SELECT redacted, spans FROM codings WHERE codings.text = t.id
                              ORDER BY {LAST_FIRST} LIMIT 1) d ON true
          LEFT JOIN LATERAL (SELECT redacted, spans, account, text FROM redactions
                              WHERE text = t.id ORDER BY number DESC LIMIT 1) r ON true
         WHERE t.complaint = $1::uuid ORDER BY t.item
"""  # noqa: S608 - only our own words


class MaskedText(msgspec.Struct, frozen=True):
    """A text of a case as shown now, and how many of its spans are masked.

    `redacted` is None while it waits for coding; `decided` is true if a person redacted it.
    """

    item: str
    redacted: str | None
    spans: int
    decided: bool


@sql.many(MaskedText)
def load_masked_texts(complaint: str) -> sql.SQL:
    """The texts of a case as shown now."""
    # A person's decision outlives later codings: what they masked must not come back.
    return f"""
        SELECT t.item, coalesce(r.redacted, d.redacted) AS redacted,
               coalesce(jsonb_array_length(coalesce(r.spans, d.spans)), 0) AS spans,
               r.text IS NOT NULL AS decided
        {MASKED_SQL}
        """


class WrittenText(msgspec.Struct, frozen=True, kw_only=True):
    """The original text of an answer, with the spans that the machine and a person mask.

    `decided` is None, and so is `by`, until a person decided.
    """

    id: str
    item: str
    body: str
    redacted: str | None
    suggested: list[Span]
    decided: list[Span] | None
    by: str | None


async def load_written_texts(connection: Connection, complaint: str) -> list[WrittenText]:
    """The original texts of a case."""
    rows = await sql.load_structs(
        connection,
        WrittenText,
        f"""
        SELECT t.id::text, t.item, t.body, coalesce(r.redacted, d.redacted) AS redacted,
               coalesce(d.spans, '[]') AS suggested, r.spans AS decided, r.account::text AS by
        {MASKED_SQL}
        """,
        complaint,
    )
    return [msgspec.structs.replace(row, body=open_words(connection, row.body)) for row in rows]


async def get_written_text(connection: Connection, complaint: str, item: str) -> WrittenText:
    for row in await load_written_texts(connection, complaint):
        if row.item == item:
            return row
    raise unknown_text()


@sql.execute
def insert_redaction(text: str, redaction: Redaction, *, by: str) -> sql.SQL:
    """Add a decision; earlier ones are kept."""
    return """
        INSERT INTO redactions (text, number, spans, redacted, account)
        SELECT $text::uuid, coalesce(max(number), 0) + 1, $redaction.spans, $redaction.redacted,
               $by::uuid
          FROM redactions WHERE text = $text::uuid
        """


class RedactionDecision(msgspec.Struct, frozen=True):
    """A decision on what is masked in a text: who made it, when, and how many spans are masked."""

    item: str
    number: int
    name: str
    at: datetime.datetime
    spans: int


@sql.many(RedactionDecision)
def load_redactions(complaint: str) -> sql.SQL:
    """What people decided on the texts of a case, the newest first."""
    return """
        SELECT t.item, r.number, p.name, r.at, jsonb_array_length(r.spans) AS spans
          FROM redactions r JOIN texts t ON t.id = r.text JOIN accounts p ON p.id = r.account
         WHERE t.complaint = $1::uuid ORDER BY r.at DESC, t.item, r.number DESC
        """


@sql.value_or_none(str)
def find_reading_reason(reference: str, account: str, since: datetime.datetime) -> sql.SQL:
    """The last reason that a person gave since an instant for reading the original texts."""
    return """
        SELECT detail ->> 'reason' FROM audit
         WHERE account = $2::uuid AND act = 'words read' AND subject = $1 AND at >= $3
         ORDER BY id DESC LIMIT 1
        """


class CodingWaiting(msgspec.Struct, frozen=True):
    """How much waits: proposals, texts for one person to code, texts that the two coders disagreed
    on, quotes that somebody else chose.

    `has_begun` is true if any text has been coded by two people.
    """

    proposals: int
    to_code: int
    disagreements: int
    quotes: int
    has_begun: bool


@sql.only(CodingWaiting)
def load_coding_waiting(account: str) -> sql.SQL:
    # A disagreement is counted once both have coded: before, neither may learn of the other's code.
    return """
        SELECT (SELECT count(*) FROM proposals WHERE state = 'open') AS proposals,
               (SELECT count(*) FROM double_coding_texts t
                 CROSS JOIN LATERAL (
                       SELECT count(*) AS seats,
                              coalesce(bool_or(account = $1::uuid), false) AS mine
                         FROM labels WHERE text = t.text) l
                 WHERE l.seats < 2 AND NOT l.mine) AS to_code,
               (SELECT count(*) FROM labels first
                  JOIN labels second ON second.text = first.text AND second.seat = 2
                 WHERE first.seat = 1 AND first.label <> second.label
                   AND NOT EXISTS (SELECT FROM resolutions z WHERE z.text = first.text)
               ) AS disagreements,
               (SELECT count(*) FROM quotes
                 WHERE text IS NOT NULL AND approved_at IS NULL AND withdrawn_at IS NULL
                   AND proposed_by <> $1::uuid) AS quotes,
               EXISTS (SELECT FROM labels WHERE seat = 2) AS has_begun
        """
