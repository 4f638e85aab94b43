"""SQL that reads texts with their codes: under a theme or all of them, and one with its history.

A text counts as it was last coded under a version of the codebook up to the one asked for. Of
sampled texts the working group may read only those of the one survey that represents the city.
"""

import datetime
from collections.abc import Mapping, Sequence

import msgspec

from survey.store import statements as sql
from survey.store.answers import ORIGIN_SQL, RECEIVED_SQL, STREAM_SQL
from survey.store.cases.sealed_words import open_words
from survey.store.database import Connection
from survey.themes.codebooks import CommentType, Polarity, Sentiment, Span, ThemeCode
from survey.themes.refusals import unknown_text

LAST_FIRST = "codebook DESC, coded_at DESC, coder_version DESC"
EXAMPLES_COMPARED = 30  # texts of a theme
EXAMPLES_FROM = 1_000  # of the newest texts, before all of them are looked at
DECIDED_SQL = "EXISTS (SELECT FROM redactions x WHERE x.text = d.text)"
# $3 and $10 have to appear in any case: PostgreSQL refuses a parameter without a type.
OF_THEMES, OF_ANYTHING = "d.themes && $3::text[]", "$3::text[] IS NOT NULL"
OF_ANY_WORDS = "$10::text[] IS NOT NULL"


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

    @property
    def is_counted(self) -> bool:
        """Whether stored counts are enough here: they have only stream, theme and tone."""
        return not (self.area or self.comment_type or self.since or self.until or self.words)

    def values(self) -> tuple[object, ...]:
        return (
            self.version,
            self.sampled,
            list(self.themes),
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


def redaction_sql(text: str) -> sql.SQL:
    """SQL for a text as a person redacted it last; NULL if nobody did."""
    return f"(SELECT redacted FROM redactions WHERE text = {text} ORDER BY number DESC LIMIT 1)"  # noqa: S608 - only our own words


def last_coding_sql(text: str) -> sql.SQL:
    """SQL that joins the last coding of a text, as `d`."""
    return f"""CROSS JOIN LATERAL (
               SELECT * FROM codings WHERE text = {text} ORDER BY {LAST_FIRST} LIMIT 1) d"""  # noqa: S608 - only our own words


def shown_sql(text: str) -> sql.SQL:
    """SQL for a text as a person redacted it last, else as the machine did."""
    return f"""coalesce({redaction_sql(text)}, (
               SELECT redacted FROM codings WHERE text = {text} ORDER BY {LAST_FIRST} LIMIT 1))"""  # noqa: S608 - only our own words


# The same of a coding `d`.
SHOWN_SQL = f"coalesce({redaction_sql('d.text')}, d.redacted)"
# Where later versions have coded texts too, the last coding of each up to the version is looked
# for; otherwise it is stored.
UP_TO_VERSION_SQL = """(
    SELECT n.text, n.coder_version, n.codebook, k.stream, k.instrument, k.area, k.received_at,
           coalesce(n.sentiment ->> 'label', 'not_scored') AS tone, n.comment_type,
           ARRAY(SELECT code ->> 'theme' FROM jsonb_array_elements(n.themes) code) AS themes
      FROM codings n JOIN current_codings k USING (text)
     WHERE n.codebook <= $1 AND NOT EXISTS (
           SELECT FROM codings later WHERE later.text = n.text AND later.codebook <= $1
              AND (later.codebook, later.coded_at, later.coder_version)
                > (n.codebook, n.coded_at, n.coder_version)))"""


def may_be_read(sampled: str) -> sql.SQL:
    return f"(d.stream <> 'sampled' OR d.instrument = {sampled})"


SELECTED_SQL = f"""
          FROM {{source}} d
         WHERE $1::int IS NOT NULL AND {may_be_read("$2")}
           AND {{themes}}
           AND ($4::text IS NULL OR d.stream = $4)
           AND ($5::text IS NULL OR d.area = $5)
           AND ($6::text IS NULL OR d.tone = $6)
           AND ($7::text IS NULL OR d.comment_type = $7)
           AND ($8::timestamptz IS NULL OR d.received_at >= $8)
           AND ($9::timestamptz IS NULL OR d.received_at < $9)
           AND {{words}}
"""
WITH_WORDS = f"""(SELECT coalesce({redaction_sql("d.text")}, w.redacted)
                    FROM codings w
                   WHERE (w.text, w.coder_version, w.codebook)
                       = (d.text, d.coder_version, d.codebook)) ILIKE ALL ($10::text[])"""  # noqa: S608 - only our own words


async def is_newest(connection: Connection, version: int) -> bool:
    """Whether no text has codes of a later version of the codebook."""
    # Not by EXISTS: for a version that is not known yet PostgreSQL plans to read the whole table.
    last: int | None = await connection.fetchval("SELECT max(codebook) FROM current_codings")
    return last is None or last <= version


async def selection_sql(connection: Connection, domain: TextSelection) -> str:
    """The FROM and WHERE of a query for the selected texts, written so that indexes can be used."""
    newest = await is_newest(connection, domain.version)
    return SELECTED_SQL.format(
        source="current_codings" if newest else UP_TO_VERSION_SQL,
        themes=OF_THEMES if domain.themes else OF_ANYTHING,
        # Without words, no text is looked at.
        words=WITH_WORDS if domain.words else OF_ANY_WORDS,
    )


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
    """A page of the selected texts without personal data, the newest first."""
    # Rows compare as a whole, so the first page begins after the highest key there can be.
    hour, ident = after or (datetime.datetime.max.replace(tzinfo=datetime.UTC), "f" * 32)
    selected = await selection_sql(connection, domain)
    return await sql.load_structs(
        connection,
        SelectedText,
        f"""
        WITH page AS MATERIALIZED (
            SELECT d.* {selected} AND (d.received_at, d.text) < ($11, $12::uuid)
             ORDER BY d.received_at DESC, d.text DESC LIMIT $13)
        SELECT p.text::text AS id, p.stream, p.area, p.received_at, {SHOWN_SQL} AS redacted,
               {DECIDED_SQL} AS decided, d.themes, nullif(p.tone, 'not_scored') AS tone,
               p.comment_type, p.codebook
          FROM page p JOIN codings d USING (text, coder_version, codebook)
         ORDER BY p.received_at DESC, p.text DESC
        """,  # noqa: S608 - only our own constants
        *domain.values(),
        hour,
        ident,
        limit,
    )


class ToneCount(msgspec.Struct, frozen=True):
    stream: str
    tone: str
    texts: int


KEPT_TONE_COUNTS_SQL = f"""
    SELECT d.stream, d.tone, sum(d.texts)::bigint AS texts
      FROM text_counts d
     WHERE {may_be_read("$1")}
       AND (cardinality($2::text[]) = 0 OR d.themes && $2)
       AND ($3::text IS NULL OR d.stream = $3) AND ($4::text IS NULL OR d.tone = $4)
     GROUP BY 1, 2 HAVING sum(d.texts) > 0
"""  # noqa: S608 - only our own constant


async def count_by_tone(connection: Connection, domain: TextSelection) -> list[ToneCount]:
    """How many texts are selected, by stream and tone."""
    # What is selected by these alone is counted already (010_themes.sql).
    if domain.is_counted and await is_newest(connection, domain.version):
        asked = domain.sampled, list(domain.themes), domain.stream, domain.tone
        return await sql.load_structs(connection, ToneCount, KEPT_TONE_COUNTS_SQL, *asked)
    selected = await selection_sql(connection, domain)
    return await sql.load_structs(
        connection,
        ToneCount,
        f"SELECT d.stream, d.tone, count(*) AS texts {selected} GROUP BY 1, 2",
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


@sql.many(ThemeToneCount)
def count_by_theme(
    sampled: str, names: dict[str, str], before: datetime.datetime, since: datetime.datetime
) -> sql.SQL:
    """Texts by theme, stream and tone: ever, from `since` on, and from `before` up to `since`.

    Each as it was last coded. `names` maps each id in the codes to the theme that it counts under.
    """
    # By all themes of a text first, of which there are few: two ids of one text may count under the
    # same theme, and DISTINCT text by text took most of the time.
    return f"""
        WITH alike AS MATERIALIZED (
            SELECT themes, stream, tone, sum(texts)::bigint AS ever
              FROM text_counts d WHERE {may_be_read("$sampled")}
             GROUP BY themes, stream, tone HAVING sum(texts) > 0
        ), recent AS MATERIALIZED (
            SELECT themes, stream, tone, count(*) FILTER (WHERE received_at >= $since) AS lately,
                   count(*) FILTER (WHERE received_at < $since) AS earlier
              FROM current_codings d WHERE {may_be_read("$sampled")} AND received_at >= $before
             GROUP BY themes, stream, tone
        ), of_campaigns AS MATERIALIZED (
            SELECT themes, stream, tone,
                   count(*) FILTER (WHERE received_at >= $since) AS lately_sent,
                   count(*) FILTER (WHERE received_at < $since) AS earlier_sent
              FROM current_codings d
              JOIN campaign_members m USING (text) JOIN campaigns k ON k.id = m.campaign
             WHERE {may_be_read("$sampled")} AND k.dismissed_at IS NULL AND received_at >= $before
             GROUP BY themes, stream, tone
        )
        SELECT told.theme, stream, tone, sum(ever)::bigint AS ever,
               coalesce(sum(lately), 0)::bigint AS lately,
               coalesce(sum(earlier), 0)::bigint AS earlier,
               coalesce(sum(lately_sent), 0)::bigint AS lately_sent,
               coalesce(sum(earlier_sent), 0)::bigint AS earlier_sent
          FROM alike LEFT JOIN recent USING (themes, stream, tone)
          LEFT JOIN of_campaigns USING (themes, stream, tone)
         CROSS JOIN LATERAL (SELECT DISTINCT $names::jsonb ->> id AS theme
                               FROM unnest(themes) AS id) told
         WHERE told.theme IS NOT NULL
         GROUP BY 1, 2, 3
        """  # noqa: S608 - only our own constant


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
    connection: Connection, sampled: str, since: datetime.datetime, themes: Mapping[str, str]
) -> list[ThemeExample]:
    """An example for each of these themes: one of its newest texts received from `since` on.

    Preferred are texts of the tone given with the theme, with a strong code, and short. Texts whose
    redaction a person changed are left out: their passages have other positions.
    """
    # Most themes are in the newest texts; all texts are looked at for the others alone.
    examples = await load_examples_among(
        connection, since, sampled, list(themes), EXAMPLES_FROM, themes
    )
    seen = {example.theme for example in examples}
    if rest := {theme: tone for theme, tone in themes.items() if theme not in seen}:
        examples += await load_examples_among(connection, since, sampled, list(rest), None, rest)
    return examples


@sql.many(ThemeExample)
def load_examples_among(
    since: datetime.datetime,
    sampled: str,
    names: list[str],
    newest: int | None,
    tones: Mapping[str, str],
) -> sql.SQL:
    """The example of each theme among `newest` of the newest texts; None for all."""
    # Of a theme's newest texts only: to compare the words of all of four weeks took most of a page.
    return f"""
        WITH lately AS MATERIALIZED (
            SELECT * FROM current_codings d
             WHERE d.received_at >= $1 AND {may_be_read("$2")} AND NOT {DECIDED_SQL}
               AND ($4::int IS NOT NULL OR d.themes && $3::text[])
             ORDER BY d.received_at DESC, d.text DESC LIMIT $4
        ), newest AS MATERIALIZED (
            SELECT * FROM (
                SELECT text, coder_version, codebook, id, tone,
                       row_number() OVER (PARTITION BY id ORDER BY received_at DESC, text DESC) AS n
                  FROM lately CROSS JOIN LATERAL unnest(themes) AS id
                 WHERE id = ANY ($3::text[])) numbered
             WHERE n <= {EXAMPLES_COMPARED})
        SELECT DISTINCT ON (d.id) d.id AS theme, d.text::text, n.redacted,
               (theme ->> 'start')::int AS start, (theme ->> 'end')::int AS end
          FROM newest d CROSS JOIN LATERAL (
               SELECT redacted, themes FROM codings
                WHERE (text, coder_version, codebook) = (d.text, d.coder_version, d.codebook)
               OFFSET 0) n -- some hundred, each by its key, and not all codings that there are
         CROSS JOIN LATERAL jsonb_array_elements(n.themes) AS theme
         WHERE theme ->> 'theme' = d.id
         ORDER BY d.id, d.tone IS DISTINCT FROM $5::jsonb ->> d.id,
                  length(n.redacted) NOT BETWEEN 40 AND 240,
                  (theme ->> 'strength')::float DESC, length(n.redacted), d.text
        """  # noqa: S608 - only our own constants


class TextOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a text comes from; `case` is the number of the case that it belongs to."""

    id: str
    item: str
    stream: str
    instrument: str
    area: str
    case: str | None
    received_at: datetime.datetime


@sql.only(TextOrigin, unknown_text)
def get(text: str, sampled: str) -> sql.SQL:
    """The origin of a text (question, stream, survey, area, case), without its words; raises if
    there is none.
    """
    return f"""
        SELECT t.id::text, t.item, {STREAM_SQL} AS stream,
               coalesce(r.instrument, c.instrument) AS instrument,
               coalesce(r.area, c.area) AS area, c.reference AS case,
               {RECEIVED_SQL} AS received_at
          FROM texts t
          {ORIGIN_SQL}
         WHERE t.id = $1::uuid AND (r.mode IS DISTINCT FROM 'sampled' OR r.instrument = $2)
        """  # noqa: S608 - only our own words


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


@sql.many(StoredCoding)
def load_codings(text: str) -> sql.SQL:
    """Every coding of a text, the newest first, with its text as shown."""
    return f"""
        SELECT coder, coder_version, codebook, language, {SHOWN_SQL} AS redacted,
               {DECIDED_SQL} AS decided, sentiment, themes, comment_type, coded_at,
               coalesce((SELECT x.spans FROM redactions x WHERE x.text = d.text
                          ORDER BY x.number DESC LIMIT 1), d.spans) AS spans
          FROM codings d WHERE text = $1::uuid ORDER BY {LAST_FIRST}
        """  # noqa: S608 - only our own constants


async def get_body(connection: Connection, text: str) -> str:
    """The original text."""
    row = await connection.fetchrow(
        "SELECT body, complaint IS NOT NULL AS of_case FROM texts WHERE id = $1::uuid", text
    )
    assert row is not None
    body: str = row["body"]
    return open_words(connection, body) if row["of_case"] else body


@sql.pairs(dict[str, str])
def load_redacted(texts: Sequence[str]) -> sql.SQL:
    """The redacted texts with these ids, of those that still exist."""
    return f"""
        SELECT DISTINCT ON (text) text::text, {SHOWN_SQL} AS redacted
          FROM codings d WHERE text = ANY($1::uuid[])
         ORDER BY text, {LAST_FIRST}
        """  # noqa: S608 - only our own constant
