"""SQL for what the makers of a survey see of its answers.

Figures move in steps, and single answers and words come in blocks of ten or more, from hours that
are over. Only words that came after their writers were told who reads them are shown
(007_answers.sql), and without personal data.
"""

import datetime

import msgspec

from survey.store import statements as sql
from survey.store.database import Connection
from survey.store.themes.texts import DECIDED_SQL, SHOWN_SQL, like_literal
from survey.surveys.sums import SurveyResults
from survey.themes.codebooks import Polarity, ThemeCode
from survey.themes.refusals import unknown_text

MOST_LISTED = 1_000
MOST_SEARCHED = 20_000  # the newest ones


@sql.value_or_none(SurveyResults)
def find_figures(slug: str) -> sql.SQL:
    """The figures as they are shown, or None if none were shown yet."""
    return "SELECT body FROM shown_results WHERE instrument = $1"


@sql.value(int)
def count_shown(slug: str) -> sql.SQL:
    """The number of answers behind the figures that are shown; 0 if none are."""
    return """
        SELECT coalesce((SELECT (body ->> 'answers')::int FROM shown_results
                          WHERE instrument = $1), 0)
        """


async def lock_figures(connection: Connection, slug: str) -> SurveyResults | None:
    """The figures as shown, which nobody else can change until this transaction ends."""
    # Two processes that moved them at once would show two figures that differ by one person.
    await connection.execute(
        "INSERT INTO shown_results (instrument) VALUES ($1) ON CONFLICT DO NOTHING", slug
    )
    body = await connection.fetchval(
        "SELECT body FROM shown_results WHERE instrument = $1 FOR UPDATE", slug
    )
    return None if body is None else msgspec.convert(body, SurveyResults)


@sql.execute
def save_figures(slug: str, shown: SurveyResults) -> sql.SQL:
    return "UPDATE shown_results SET body = $2 WHERE instrument = $1"


class ReceivedAnswers(msgspec.Struct, frozen=True):
    """What one person answered, in JSON; the day by local time. `opens_results` is whether the
    answer counts toward the thresholds from which figures are shown.
    """

    version: int
    area: str
    language: str
    day: datetime.date
    answers: str
    opens_results: bool = True


@sql.many(ReceivedAnswers)
def load_newest_answers(slug: str, limit: int) -> sql.SQL:
    """The newest answers to a survey, of all its versions."""
    # Version by version, because that is how the index has them.
    return """
        SELECT r.version, r.area, r.language, r.answers::text AS answers, r.opens_results,
               r.received_at::date AS day
          FROM instruments i CROSS JOIN LATERAL (
               SELECT * FROM responses n
                WHERE n.instrument = i.slug AND n.version = i.version AND n.mode = i.mode
                ORDER BY n.received_at DESC LIMIT $2) r
         WHERE i.slug = $1
         ORDER BY r.received_at DESC LIMIT $2
        """


OF_SURVEY_SQL = """instruments i CROSS JOIN LATERAL (
               SELECT id, received_at FROM responses n
                WHERE n.instrument = i.slug AND n.version = i.version AND n.mode = i.mode
                  AND n.received_at >= {since} AND n.received_at < {until} {which}
                ORDER BY n.received_at DESC LIMIT {limit}) r"""


async def show_more_answers(connection: Connection, slug: str) -> None:
    """Let the answers of past hours be seen, if ten or more of them count: of those that came from
    one source in an hour, only a few do.
    """
    await connection.execute(
        "INSERT INTO shown_results (instrument) VALUES ($1) ON CONFLICT DO NOTHING", slug
    )
    waiting = OF_SURVEY_SQL.format(
        since="coalesce(s.answers_until, '-infinity')",
        until="date_trunc('hour', now())",
        which="AND n.opens_results",
        limit=10,
    )
    await connection.execute(
        f"""
        UPDATE shown_results s SET answers_until = date_trunc('hour', now())
         WHERE instrument = $1 AND 10 <= (SELECT count(*) FROM {waiting} WHERE i.slug = $1)
        """,  # noqa: S608 - only our own constants
        slug,
    )


class ListedAnswer(msgspec.Struct, frozen=True):
    """One answer that can be seen; `name` stands for it and says nothing of when it came."""

    id: str
    name: str
    flagged: bool


@sql.many(ListedAnswer)
def load_listed_answers(slug: str) -> sql.SQL:
    """The answers that can be seen, in an order that says nothing of when they came."""
    visible = OF_SURVEY_SQL.format(
        since="'-infinity'",
        until="(SELECT answers_until FROM shown_results WHERE instrument = $1)",
        which="",
        limit=MOST_LISTED,
    )
    return f"""
        WITH newest AS (
            SELECT r.id FROM {visible} WHERE i.slug = $1
             ORDER BY r.received_at DESC LIMIT {MOST_LISTED})
        SELECT n.id::text, left(encode(sha256(n.id::text::bytea), 'hex'), 16) AS name,
               f.response IS NOT NULL AS flagged
          FROM newest n LEFT JOIN answer_flags f ON f.response = n.id
         ORDER BY name
        """  # noqa: S608 - only our own constants


class WrittenAnswer(msgspec.Struct, frozen=True):
    """What one person wrote in answer to one question, without personal data."""

    item: str
    redacted: str


class SingleAnswer(msgspec.Struct, frozen=True):
    """One person's answers, in JSON; of when they came the month alone, by local time."""

    reference: str
    version: int
    area: str
    language: str
    month: datetime.date
    answers: str


@sql.only(SingleAnswer)
def get_single_answer(response: str) -> sql.SQL:
    return """
        SELECT reference, version, area, language, answers::text AS answers,
               date_trunc('month', received_at)::date AS month
          FROM responses WHERE id = $1::uuid
        """


@sql.many(WrittenAnswer)
def load_written_answer(response: str) -> sql.SQL:
    """What a person wrote, if they were told beforehand who reads it."""
    return f"""
        SELECT t.item, {SHOWN_SQL} AS redacted
          FROM texts t
          JOIN current_codings c ON c.text = t.id
          JOIN codings d USING (text, coder_version, codebook)
         WHERE t.response = $1::uuid
           AND c.received_at >= (SELECT since FROM own_words_promise)
        """  # noqa: S608 - only our own words


async def flag_answer(connection: Connection, response: str, *, by: str, flagged: bool) -> None:
    if flagged:
        await connection.execute(
            "INSERT INTO answer_flags (response, account) VALUES ($1::uuid, $2::uuid)"
            " ON CONFLICT DO NOTHING",
            response,
            by,
        )
    else:
        await connection.execute("DELETE FROM answer_flags WHERE response = $1::uuid", response)


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


async def show_more_words(connection: Connection, slug: str) -> None:
    """Let the texts of past hours be seen, if ten or more of them count: of those that came from
    one source in an hour, only a few do.
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


async def load_words(
    connection: Connection, slug: str, asked: OwnWordsSearch, size: int
) -> list[OwnText]:
    """A page of texts and one more, in an order that says nothing of when they came."""
    return await sql.load_structs(
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


async def count_words(connection: Connection, slug: str) -> OwnWordsCounts:
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
    counts: dict[str, dict[str, int]] = {"texts": {}, "themes": {}, "tones": {}, "tags": {}}
    for row in rows:
        counts[row["what"]][row["name"]] = row["texts"]
    return OwnWordsCounts(counts["texts"][""], counts["themes"], counts["tones"], counts["tags"])


@sql.require(unknown_text)
def require_visible_text(slug: str, text: str) -> sql.SQL:
    """Raise unless this text can be seen by those who made the survey."""
    return """
        SELECT true FROM current_codings c
         WHERE c.text = $2::uuid AND c.instrument = $1
           AND c.received_at >= (SELECT since FROM own_words_promise)
           AND c.received_at < (SELECT words_until FROM shown_results WHERE instrument = $1)
        """


@sql.execute
def add_tag(text: str, tag: str, *, by: str) -> sql.SQL:
    return (
        "INSERT INTO text_tags (text, tag, account) VALUES ($1::uuid, $2, $3::uuid)"
        " ON CONFLICT DO NOTHING"
    )


@sql.execute
def remove_tag(text: str, tag: str) -> sql.SQL:
    return "DELETE FROM text_tags WHERE text = $1::uuid AND tag = $2"
