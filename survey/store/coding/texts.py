"""SQL that reads texts with their codes: under a theme or all of them, and one with its history.

A text counts as it was last coded under a version of the codebook up to the one asked for. Of
sampled texts the working group may read only those of the one survey that represents the city.
"""

import datetime
from collections.abc import Sequence

import msgspec

from survey.coding.codes import CommentType, Polarity, Sentiment, Span, ThemeCode
from survey.coding.refusals import unknown_text
from survey.store.database import Connection
from survey.store.rows import find_struct, load_structs


class TextSelection(msgspec.Struct, frozen=True, kw_only=True):
    """Which texts to select; None means any. `themes` are all ids that count as one theme.

    `since` is the first moment and `until` the first one after; a text must contain all `words`.
    """

    version: int
    sampled: str
    themes: tuple[str, ...]
    stream: str | None = None
    area: str | None = None
    tone: str | None = None
    comment_type: str | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    words: tuple[str, ...] = ()

    def values(self) -> tuple[object, ...]:
        return (
            self.version,
            self.sampled,
            [msgspec.json.encode([{"theme": theme}]).decode() for theme in self.themes],
            self.stream,
            self.area,
            self.tone,
            self.comment_type,
            self.since,
            self.until,
            [f"%{like_literal(word)}%" for word in self.words],
        )


def like_literal(word: str) -> str:
    # What somebody searches for is no pattern.
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# The redacted text as a person decided last, else as the machine did.
SHOWN_SQL = """coalesce((SELECT x.redacted FROM redactions x WHERE x.text = d.text
                      ORDER BY x.number DESC LIMIT 1), d.redacted)"""
DECIDED_SQL = "EXISTS (SELECT FROM redactions x WHERE x.text = d.text)"
LAST_CODED_SQL = """
          FROM codings d
          JOIN texts t ON t.id = d.text
          LEFT JOIN responses r ON r.id = t.response
          LEFT JOIN complaints c ON c.id = t.complaint
         WHERE d.codebook <= $1 AND (r.mode IS DISTINCT FROM 'sampled' OR r.instrument = $2)
           AND NOT EXISTS (
               SELECT FROM codings later WHERE later.text = d.text AND later.codebook <= $1
                  AND (later.codebook, later.coded_at, later.coder_version)
                    > (d.codebook, d.coded_at, d.coder_version))
"""
SELECTED_SQL = f"""{LAST_CODED_SQL}
           AND {{themes}}
           AND ($4::text IS NULL OR coalesce(r.mode, 'complaints') = $4)
           AND ($5::text IS NULL OR coalesce(r.area, c.area) = $5)
           AND ($6::text IS NULL OR coalesce(d.sentiment ->> 'label', 'not_scored') = $6)
           AND ($7::text IS NULL OR d.comment_type = $7)
           AND ($8::timestamptz IS NULL OR coalesce(r.received_at, c.received_at) >= $8)
           AND ($9::timestamptz IS NULL OR coalesce(r.received_at, c.received_at) < $9)
           AND {SHOWN_SQL} ILIKE ALL ($10::text[])
"""
# $3 has to appear in any case: PostgreSQL refuses a parameter without a type.
OF_THEMES, OF_ANYTHING = "d.themes @> ANY($3::text[]::jsonb[])", "$3::text[] IS NOT NULL"


def inside(domain: TextSelection) -> str:
    """The FROM and WHERE of a query for these texts, written so that the index of themes can be
    used.
    """
    return SELECTED_SQL.replace("{themes}", OF_THEMES if domain.themes else OF_ANYTHING)


class SelectedText(msgspec.Struct, frozen=True, kw_only=True):
    """A text without personal data, with its codes; `decided` if a person redacted it."""

    id: str
    stream: str
    area: str
    received_at: datetime.datetime
    redacted: str
    decided: bool
    themes: list[ThemeCode]
    tone: Polarity | None
    comment_type: CommentType | None
    codebook: int

    @property
    def key(self) -> tuple[datetime.datetime, str]:
        """The key after which the next page begins."""
        return self.received_at, self.id


async def load_page(
    connection: Connection,
    domain: TextSelection,
    after: tuple[datetime.datetime, str] | None,
    limit: int,
) -> list[SelectedText]:
    """Texts of a domain without personal data, the newest first."""
    # Rows compare as a whole, so the first page begins after the highest key there can be.
    hour, ident = after or (datetime.datetime.max.replace(tzinfo=datetime.UTC), "f" * 32)
    return await load_structs(
        connection,
        SelectedText,
        f"""
        SELECT t.id::text, coalesce(r.mode, 'complaints') AS stream,
               coalesce(r.area, c.area) AS area,
               coalesce(r.received_at, c.received_at) AS received_at,
               {SHOWN_SQL} AS redacted, {DECIDED_SQL} AS decided, d.themes,
               d.sentiment ->> 'label' AS tone, d.comment_type, d.codebook
        {inside(domain)}
           AND (coalesce(r.received_at, c.received_at), t.id) < ($11, $12::uuid)
         ORDER BY coalesce(r.received_at, c.received_at) DESC, t.id DESC LIMIT $13
        """,
        *domain.values(),
        hour,
        ident,
        limit,
    )


class ToneCount(msgspec.Struct, frozen=True):
    stream: str
    tone: str
    texts: int


async def count_by_tone(connection: Connection, domain: TextSelection) -> list[ToneCount]:
    """How many texts are selected, by stream and tone."""
    return await load_structs(
        connection,
        ToneCount,
        f"""
        SELECT coalesce(r.mode, 'complaints') AS stream,
               coalesce(d.sentiment ->> 'label', 'not_scored') AS tone, count(*) AS texts
        {inside(domain)} GROUP BY 1, 2
        """,
        *domain.values(),
    )


class ThemeToneCount(msgspec.Struct, frozen=True):
    """How many texts of a stream and tone speak of a theme: ever, lately and before that.

    `lately_sent` and `earlier_sent` are those of them that belong to a campaign.
    """

    theme: str
    stream: str
    tone: str
    ever: int
    lately: int
    earlier: int
    lately_sent: int
    earlier_sent: int


async def count_by_theme(
    connection: Connection,
    version: int,
    sampled: str,
    names: dict[str, str],
    before: datetime.datetime,
    since: datetime.datetime,
) -> list[ThemeToneCount]:
    """Texts by theme, stream and tone: ever, from `since` on, and from `before` up to `since`.

    `names` maps each id in the codes to the theme that it counts under.
    """
    # DISTINCT, as two ids of one text may count under the same theme.
    return await load_structs(
        connection,
        ThemeToneCount,
        f"""
        SELECT told.theme, stream, tone, count(DISTINCT text) AS ever,
               count(DISTINCT text) FILTER (WHERE received_at >= $4) AS lately,
               count(DISTINCT text) FILTER (WHERE received_at >= $3 AND received_at < $4)
                   AS earlier,
               count(DISTINCT text) FILTER (WHERE received_at >= $4 AND sent) AS lately_sent,
               count(DISTINCT text)
                   FILTER (WHERE received_at >= $3 AND received_at < $4 AND sent) AS earlier_sent
          FROM (SELECT d.text, d.themes, coalesce(r.mode, 'complaints') AS stream,
                       coalesce(d.sentiment ->> 'label', 'not_scored') AS tone,
                       EXISTS (SELECT FROM campaign_members m JOIN campaigns k ON k.id = m.campaign
                                WHERE m.text = d.text AND k.dismissed_at IS NULL) AS sent,
                       coalesce(r.received_at, c.received_at)
                           AS received_at {LAST_CODED_SQL}) standing
         CROSS JOIN LATERAL jsonb_array_elements(themes) AS code
          JOIN unnest($5::text[], $6::text[]) AS told (id, theme) ON told.id = code ->> 'theme'
         GROUP BY 1, 2, 3
        """,  # noqa: S608 - only our own constant
        version,
        sampled,
        before,
        since,
        list(names),
        list(names.values()),
    )


class ThemeExample(msgspec.Struct, frozen=True):
    """A text of a theme; the theme was found in its characters `start` to `end`."""

    theme: str
    text: str
    redacted: str
    start: int | None
    end: int | None

    @property
    def words(self) -> str:
        """The words by which the theme was found; the whole text where that is not known."""
        return self.redacted[self.start : self.end] if self.end else self.redacted


async def load_examples(
    connection: Connection, version: int, sampled: str, since: datetime.datetime
) -> list[ThemeExample]:
    """For each theme one text received from `since` on, with a strong code and preferably short.

    Texts whose redaction a person changed are left out: their passages have other positions.
    """
    return await load_structs(
        connection,
        ThemeExample,
        f"""
        SELECT DISTINCT ON (theme ->> 'theme') theme ->> 'theme' AS theme, text::text, redacted,
               (theme ->> 'start')::int AS start, (theme ->> 'end')::int AS end
          FROM (SELECT d.text, d.themes, d.redacted {LAST_CODED_SQL}
                   AND coalesce(r.received_at, c.received_at) >= $3 AND NOT {DECIDED_SQL}) standing
         CROSS JOIN LATERAL jsonb_array_elements(themes) AS theme
         ORDER BY theme ->> 'theme', length(redacted) NOT BETWEEN 40 AND 240,
                  (theme ->> 'strength')::float DESC, length(redacted), text
        """,  # noqa: S608 - only our own constant
        version,
        sampled,
        since,
    )


class TextOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a text comes from; `case` is the number of the case that it belongs to."""

    id: str
    item: str
    stream: str
    instrument: str
    area: str
    case: str | None
    received_at: datetime.datetime


async def get(connection: Connection, text: str, sampled: str) -> TextOrigin:
    """The origin of a text (question, stream, survey, area, case), without its words; raises if
    there is none.
    """
    row = await find_struct(
        connection,
        TextOrigin,
        """
        SELECT t.id::text, t.item, coalesce(r.mode, 'complaints') AS stream,
               coalesce(r.instrument, c.instrument) AS instrument,
               coalesce(r.area, c.area) AS area, c.reference AS case,
               coalesce(r.received_at, c.received_at) AS received_at
          FROM texts t
          LEFT JOIN responses r ON r.id = t.response
          LEFT JOIN complaints c ON c.id = t.complaint
         WHERE t.id = $1::uuid AND (r.mode IS DISTINCT FROM 'sampled' OR r.instrument = $2)
        """,
        text,
        sampled,
    )
    if row is None:
        raise unknown_text()
    return row


class StoredCoding(msgspec.Struct, frozen=True, kw_only=True):
    """One coding of a text, with the text as shown; `decided` if a person redacted it."""

    coder: str
    coder_version: str
    codebook: int
    language: str
    redacted: str
    decided: bool
    sentiment: Sentiment | None
    themes: list[ThemeCode]
    comment_type: CommentType | None
    coded_at: datetime.datetime
    spans: list[Span]


async def load_codings(connection: Connection, text: str) -> list[StoredCoding]:
    """Every coding of a text, the newest first, with its text as shown."""
    return await load_structs(
        connection,
        StoredCoding,
        f"""
        SELECT coder, coder_version, codebook, language, {SHOWN_SQL} AS redacted,
               {DECIDED_SQL} AS decided, sentiment, themes, comment_type, coded_at,
               coalesce((SELECT x.spans FROM redactions x WHERE x.text = d.text
                          ORDER BY x.number DESC LIMIT 1), d.spans) AS spans
          FROM codings d WHERE text = $1::uuid
         ORDER BY codebook DESC, coded_at DESC, coder_version DESC
        """,  # noqa: S608 - only our own constants
        text,
    )


async def get_body(connection: Connection, text: str) -> str:
    """The original text."""
    found: str = await connection.fetchval("SELECT body FROM texts WHERE id = $1::uuid", text)
    return found


async def load_redacted(connection: Connection, texts: Sequence[str]) -> dict[str, str]:
    """The redacted texts with these ids, of those that still exist."""
    rows = await connection.fetch(
        f"""
        SELECT DISTINCT ON (text) text::text, {SHOWN_SQL} AS redacted
          FROM codings d WHERE text = ANY($1::uuid[])
         ORDER BY text, codebook DESC, coded_at DESC, coder_version DESC
        """,  # noqa: S608 - only our own constant
        texts,
    )
    return {row["text"]: row["redacted"] for row in rows}
