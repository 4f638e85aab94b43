"""SQL for what people wrote in answer to a survey, for those who made it, with their tags.

Only texts that came after their writers were told who reads them (007_answers.sql), without
personal data, and in blocks of ten or more that came in hours that are over.
"""

import msgspec

from survey.coding.codes import Polarity, ThemeCode
from survey.coding.refusals import unknown_text
from survey.store.coding.texts import DECIDED_SQL, SHOWN_SQL, like_literal
from survey.store.database import Connection
from survey.store.statements import SQL, execute, load_structs, require

MOST_SEARCHED = 20_000  # the newest ones
VISIBLE_SQL = f"""
    SELECT * FROM current_codings c
     WHERE c.instrument = $1
       AND c.received_at >= (SELECT since FROM own_words_promise)
       AND c.received_at < (SELECT words_until FROM shown_results WHERE instrument = $1)
     ORDER BY c.received_at DESC, c.text DESC LIMIT {MOST_SEARCHED}"""  # noqa: S608 - only our own constant


class OwnWordsSearch(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which texts to show; None means any. A text must contain all `words`."""

    item: str | None = None
    theme: str | None = None
    tone: str | None = None
    tag: str | None = None
    words: str = ""
    page: int = 1


class OwnText(msgspec.Struct, frozen=True, kw_only=True):
    """A text without personal data; `decided` if a person redacted it."""

    id: str
    item: str
    redacted: str
    decided: bool
    themes: list[ThemeCode]
    tone: Polarity | None
    tags: list[str]


async def show_more(connection: Connection, slug: str) -> None:
    """Let the texts be seen that came in hours that are over, if they are ten or more; a few of an
    hour from one source count.
    """
    await connection.execute(
        "INSERT INTO shown_results (instrument) VALUES ($1) ON CONFLICT DO NOTHING", slug
    )
    await connection.execute(
        """
        UPDATE shown_results s SET words_until = date_trunc('hour', now())
         WHERE instrument = $1 AND 10 <= (
               SELECT count(*) FROM (
                   SELECT FROM current_codings c
                    WHERE c.instrument = $1
                      AND c.received_at >= greatest(
                          s.words_until, (SELECT since FROM own_words_promise))
                      AND c.received_at < date_trunc('hour', now())
                      AND EXISTS (SELECT FROM texts t JOIN responses r ON r.id = t.response
                                   WHERE t.id = c.text AND r.opens_results)
                    LIMIT 10) waiting)
        """,
        slug,
    )


async def load_page(
    connection: Connection, slug: str, asked: OwnWordsSearch, size: int
) -> list[OwnText]:
    """A page of texts and one more, in an order that says nothing of when they came."""
    return await load_structs(
        connection,
        OwnText,
        f"""
        WITH visible AS MATERIALIZED ({VISIBLE_SQL})
        SELECT v.text::text AS id, t.item, {SHOWN_SQL} AS redacted, {DECIDED_SQL} AS decided,
               d.themes, d.sentiment ->> 'label' AS tone,
               ARRAY(SELECT g.tag FROM text_tags g WHERE g.text = v.text ORDER BY g.tag) AS tags
          FROM visible v
          JOIN codings d USING (text, coder_version, codebook)
          JOIN texts t ON t.id = v.text
         WHERE ($2::text IS NULL OR t.item = $2)
           AND ($3::text IS NULL OR $3 = ANY (v.themes))
           AND ($4::text IS NULL OR v.tone = $4)
           AND ($5::text IS NULL
                OR EXISTS (SELECT FROM text_tags g WHERE g.text = v.text AND g.tag = $5))
           AND {SHOWN_SQL} ILIKE ALL ($6::text[])
         ORDER BY md5(v.text::text) LIMIT $7 OFFSET $8
        """,  # noqa: S608 - only our own constants
        slug,
        asked.item,
        asked.theme,
        asked.tone,
        asked.tag,
        [f"%{like_literal(word)}%" for word in asked.words.split()],
        size + 1,
        size * (asked.page - 1),
    )


class OwnWordsCounts(msgspec.Struct, frozen=True):
    """How many texts can be seen, and of each theme, tone and tag."""

    texts: int
    themes: dict[str, int]
    tones: dict[str, int]
    tags: dict[str, int]


async def count_texts(connection: Connection, slug: str) -> OwnWordsCounts:
    rows = await connection.fetch(
        f"""
        WITH visible AS MATERIALIZED ({VISIBLE_SQL})
        SELECT 'texts' AS what, '' AS name, count(*) AS texts FROM visible
         UNION ALL
        SELECT 'themes', theme, count(*) FROM visible, unnest(themes) theme GROUP BY theme
         UNION ALL
        SELECT 'tones', tone, count(*) FROM visible GROUP BY tone
         UNION ALL
        SELECT 'tags', tag, count(*) FROM visible JOIN text_tags USING (text) GROUP BY tag
         ORDER BY 1, 3 DESC, 2
        """,  # noqa: S608 - only our own constants
        slug,
    )
    found: dict[str, dict[str, int]] = {"texts": {}, "themes": {}, "tones": {}, "tags": {}}
    for row in rows:
        found[row["what"]][row["name"]] = row["texts"]
    return OwnWordsCounts(found["texts"][""], found["themes"], found["tones"], found["tags"])


@require(unknown_text)
def require_visible(slug: str, text: str) -> SQL:
    """Raise unless this text can be seen by those who made the survey."""
    return """
        SELECT true FROM current_codings c
         WHERE c.text = $2::uuid AND c.instrument = $1
           AND c.received_at >= (SELECT since FROM own_words_promise)
           AND c.received_at < (SELECT words_until FROM shown_results WHERE instrument = $1)
        """


@execute
def add_tag(text: str, tag: str, *, by: str) -> SQL:
    return (
        "INSERT INTO text_tags (text, tag, account) VALUES ($1::uuid, $2, $3::uuid)"
        " ON CONFLICT DO NOTHING"
    )


@execute
def remove_tag(text: str, tag: str) -> SQL:
    return "DELETE FROM text_tags WHERE text = $1::uuid AND tag = $2"
