"""SQL for applying a codebook version to texts that were coded before it."""

import datetime
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from survey.store import statements as sql
from survey.store.answers import ORIGIN_SQL, RECEIVED_SQL
from survey.store.database import Connection
from survey.store.themes.texts import last_coding_sql
from survey.themes.codebooks import Passages, ThemeCode


async def add_shifts(
    connection: Connection, version: int, shifts: dict[tuple[str, str], int]
) -> None:
    """Add to the number of texts that went from one theme to another; '' is no theme."""
    await connection.execute(
        """
        INSERT INTO recodings (codebook, was, became, texts)
        SELECT $1, s.* FROM unnest($2::text[], $3::text[], $4::int[]) s
            ON CONFLICT (codebook, was, became) DO UPDATE
           SET texts = recodings.texts + excluded.texts
        """,
        version,
        [was for was, _ in shifts],
        [became for _, became in shifts],
        list(shifts.values()),
    )


@sql.many_by(lambda row: (row["was"], row["became"], row["texts"]))
def load_shifts(version: int) -> sql.SQL:
    """Theme before, theme after, and number of texts; the largest first. '' is no theme."""
    return """
        SELECT was, became, texts FROM recodings WHERE codebook = $1
         ORDER BY texts DESC, was, became
        """


class PassageReaders(NamedTuple):
    """The models whose vectors can be coded now, and those that made vectors but are absent now."""

    present: list[str]
    absent: list[str]


class StoredPassages(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of the passages of a text; None where nothing read it."""

    reader: str | None
    spans: tuple[tuple[int, int], ...] | None
    vectors: bytes | None

    @property
    def passages(self) -> Passages | None:
        if self.reader is None or self.spans is None or self.vectors is None:
            return None
        return Passages(reader=self.reader, spans=self.spans, vectors=self.vectors)


class RecodableText(StoredPassages, frozen=True, kw_only=True):
    """A redacted text with its last themes and its passages, to be coded again from both."""

    redacted: str
    codebook: int
    themes: list[str]


class TextToRecode(RecodableText, frozen=True, kw_only=True):
    """A text to code again, and the version of the coder that coded it last."""

    id: UUID
    coder_version: str


# What either reader has read of a text t.
READ = """
        SELECT reader, spans, vectors FROM passages WHERE text = t.id
         UNION ALL SELECT reader, spans, vectors FROM theme_passages WHERE text = t.id
"""


@sql.many(TextToRecode)
def claim_texts(
    version: int, since: datetime.datetime, readers: PassageReaders, limit: int
) -> sql.SQL:
    """Texts not yet coded under this version, with their last codes and passages, locked.

    Texts that wait to be coded in full are left out, and so are those that an absent model read:
    they keep their codes.
    """
    # OF t: PostgreSQL cannot lock the side of an outer join that may be empty.
    return f"""
        SELECT t.id, d.redacted, d.codebook, d.coder_version,
               jsonb_path_query_array(d.themes, '$[*].theme') AS themes,
               p.reader, p.spans, p.vectors
          FROM texts t
          {ORIGIN_SQL}
          LEFT JOIN passages o ON o.text = t.id
          LEFT JOIN LATERAL ({READ}) p ON p.reader = ANY($3)
         {last_coding_sql("t.id")}
         WHERE NOT t.due AND {RECEIVED_SQL} >= $2
           AND d.codebook < $1 AND coalesce(o.reader, '') <> ALL($4)
         ORDER BY t.id LIMIT $5
           FOR NO KEY UPDATE OF t SKIP LOCKED
        """  # noqa: S608 - words of our own


@sql.execute
def save(
    version: int, rows: Sequence[TextToRecode], themes: Sequence[tuple[ThemeCode, ...]]
) -> sql.SQL:
    """Add codings that copy the earlier ones in everything but their themes and version."""
    # Only themes depend on the codebook, so nothing else has to be read again.
    return """
        INSERT INTO codings (text, coder, coder_version, codebook, language, redacted, spans,
                             sentiment, comment_type, themes)
        SELECT d.text, d.coder, d.coder_version, $version, d.language, d.redacted, d.spans,
               d.sentiment, d.comment_type, n.themes
          FROM unnest($rows.id::uuid[], $rows.coder_version::text[], $rows.codebook::int[],
                      $themes::jsonb[])
               AS n (text, coder_version, codebook, themes)
          JOIN codings d USING (text, coder_version, codebook)
            ON CONFLICT (text, coder_version, codebook) DO NOTHING
        """


@sql.execute
def mark_due(ids: Sequence[UUID]) -> sql.SQL:
    """Mark texts without stored passages to be coded again from the beginning."""
    return "UPDATE texts SET due = true WHERE id = ANY($1::uuid[])"


@sql.value(int)
def mark_outdated_due(coder: tuple[str, str], since: datetime.datetime, limit: int) -> sql.SQL:
    """Mark texts received from `since` on as due, if another version of this coder read them last;
    return how many were marked.
    """
    return """
        WITH outdated AS (
            SELECT c.text FROM current_codings c
              JOIN texts t ON t.id = c.text
              JOIN codings d USING (text, coder_version, codebook)
             WHERE c.received_at >= $3 AND split_part(c.coder_version, '+', 1) <> $2 AND NOT t.due
               AND d.coder = $1
             ORDER BY c.received_at, c.text LIMIT $4
        ), marked AS (
            UPDATE texts SET due = true FROM outdated WHERE texts.id = outdated.text RETURNING 1
        )
        SELECT count(*) FROM marked
        """


class LatestText(RecodableText, frozen=True, kw_only=True):
    id: UUID


@sql.many(LatestText)
def load_latest(readers: PassageReaders, sampled: str, limit: int) -> sql.SQL:
    """The newest texts that can be coded from their passages, with their current codes.

    Of sampled texts only those of the survey named `sampled`.
    """
    return f"""
        SELECT t.id, d.codebook, d.redacted,
               jsonb_path_query_array(d.themes, '$[*].theme') AS themes,
               p.reader, p.spans, p.vectors
          FROM texts t
         CROSS JOIN LATERAL ({READ}) p
          {ORIGIN_SQL}
         {last_coding_sql("t.id")}
         WHERE p.reader = ANY($readers.present)
           AND (r.mode IS DISTINCT FROM 'sampled' OR r.instrument = $sampled)
         ORDER BY {RECEIVED_SQL} DESC, t.id LIMIT $limit
        """  # noqa: S608 - words of our own
