"""SQL for how many people answered a survey and how often they gave each answer; and for its single
answers, read in batches for an export and in pages for a feed.

Responses that are in the sums are counted already, by a trigger (007_answers.sql). Those that
still wait, as a rule of the last seconds, are counted when they are asked for: an index finds them.

What people read of single answers, their number and their rows, has those of past hours only.
Otherwise whoever stands next to a kiosk would learn which row is of the person who answers now. It
holds for every way in which answers come: no row says which it was, and exceptions would tell.
"""

import datetime
import uuid
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

import msgspec

from survey.store import statements as sql
from survey.store.database import Connection
from survey.surveys.instruments import Wording

if TYPE_CHECKING:  # it brings lxml, and every start of the service counts answers
    from survey.formats.odata import Comparison

# Arrivals are stored by the hour: those of this hour wait until it is over.
IN_PAST_HOURS = "received_at < date_trunc('hour', now())"
# An export of no more responses than this is sorted, and of no more than one in fifty of all.
MOST_SORTED, SMALL_PART = 5_000, 50
FEED_OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
Instants = tuple[datetime.datetime, datetime.datetime]


class WeekCount(msgspec.Struct, frozen=True):
    """How many answers came in the week from this Monday."""

    week: datetime.date
    answers: int


@sql.many(WeekCount)
def count_by_week(slug: str) -> sql.SQL:
    """Number of answers to a survey, in any version, per week from Monday by local time."""
    return """
        SELECT week, sum(answers)::bigint AS answers
          FROM (SELECT week, answers FROM week_counts WHERE instrument = $1
                 UNION ALL
                SELECT week_of(received_at), 1 FROM responses
                 WHERE instrument = $1 AND NOT summed) every
         GROUP BY week HAVING sum(answers) > 0 ORDER BY week
        """


BY_SURVEY_SQL = f"""
        SELECT instrument, sum(answers)::bigint AS answers
          FROM (SELECT instrument, answers FROM week_counts
                 UNION ALL
                SELECT instrument, 1 FROM responses WHERE NOT summed
                 UNION ALL
                SELECT instrument, -1 FROM responses WHERE NOT {IN_PAST_HOURS}) every
         GROUP BY instrument HAVING sum(answers) > 0
"""  # noqa: S608 - our own words


@sql.pairs(dict[str, int])
def count_by_survey() -> sql.SQL:
    """Number of answers of past hours to each survey that has any, in any version."""
    return BY_SURVEY_SQL


class SurveyWeek(msgspec.Struct, frozen=True):
    """An open survey of somebody: its answers in all and those of one week, of past hours."""

    slug: str
    title: Wording
    answers: int
    of_week: int


@sql.many(SurveyWeek)
def load_own_surveys(account: str, week: datetime.date) -> sql.SQL:
    """The open surveys of an account, those with the most answers in the week from this Monday
    first.
    """
    return f"""
        SELECT own.slug, own.title, n.answers, n.of_week
          FROM (SELECT DISTINCT ON (i.slug) i.slug, i.definition -> 'title' AS title, i.closed
                  FROM instruments i JOIN surveys s USING (slug)
                 WHERE s.owner = $account::uuid ORDER BY i.slug, i.version DESC) own
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(answers), 0)::bigint AS answers,
                      coalesce(sum(answers) FILTER (WHERE week = $week), 0)::bigint AS of_week
                 FROM (SELECT week, answers FROM week_counts WHERE instrument = own.slug
                        UNION ALL
                       SELECT week_of(received_at), 1 FROM responses
                        WHERE instrument = own.slug AND NOT summed
                        UNION ALL
                       SELECT week_of(received_at), -1 FROM responses
                        WHERE instrument = own.slug AND NOT {IN_PAST_HOURS}) every) n
         WHERE NOT own.closed ORDER BY n.of_week DESC, own.slug
        """  # noqa: S608 - our own words


@sql.value(int)
def count_of_past_hours(slug: str) -> sql.SQL:
    """Number of answers of past hours to a survey, in any version: as many as a file has rows."""
    return f"""
        SELECT coalesce((SELECT answers FROM ({BY_SURVEY_SQL}) all_surveys
                          WHERE instrument = $1), 0)
        """  # noqa: S608 - our own words


async def count_all(connection: Connection, slug: str) -> int:
    """Number of answers to a survey, in any version, with those of this hour: only for figures that
    change in steps of ten people or more.
    """
    return sum(week.answers for week in await count_by_week(connection, slug))


class AnswerCount(msgspec.Struct, frozen=True):
    """How often an answer was given to a question of a version; '' counts all who answered."""

    version: int
    item: str
    answer: str
    answers: int


@sql.many(AnswerCount)
def count_by_answer(slug: str) -> sql.SQL:
    """How often each answer was given to the closed questions of a survey, by version.

    Where somebody chose several options, each of them counts.
    """
    return """
          WITH asked AS MATERIALIZED (
               SELECT version, counted_questions(definition) AS questions
                 FROM instruments WHERE slug = $1)
        SELECT version, item, answer, sum(answers)::bigint AS answers
          FROM (SELECT version, item, answer, answers FROM answer_counts WHERE instrument = $1
                 UNION ALL
                SELECT r.version, c.item, c.answer, 1
                  FROM responses r JOIN asked i USING (version)
                 CROSS JOIN LATERAL counted_answers(r.answers, i.questions) c
                 WHERE r.instrument = $1 AND NOT r.summed) every
         GROUP BY version, item, answer HAVING sum(answers) > 0
        """


@sql.value_or_none(datetime.datetime)
def find_first_received() -> sql.SQL:
    return "SELECT min(received_at) FROM responses"


class ExportedResponse(msgspec.Struct, frozen=True):
    """A response without its texts, and the day on which it came by local time.

    The answers are still JSON: whoever writes many of them decodes them one by one.
    """

    version: int
    mode: str
    area: str
    language: str
    day: datetime.date
    answers: str


async def read_in_batches(
    connection: Connection, slug: str, size: int
) -> AsyncGenerator[list[ExportedResponse]]:
    """Every response of past hours to one survey, a batch at a time, in one transaction."""
    # In the order of the index of all hours: sorting first would keep whoever exports a million
    # rows waiting. A small part of all answers is sorted, as that index would be read for nothing.
    counted = await count_by_survey(connection)
    own, every = counted.get(slug, 0), sum(counted.values())
    sorted_first = "on" if own <= MOST_SORTED or own * SMALL_PART <= every else "off"
    await connection.execute("SELECT set_config('enable_sort', $1, true)", sorted_first)
    cursor = await connection.cursor(
        f"""
        SELECT version, mode, area, language,
               received_at::date AS day, answers::text
          FROM responses WHERE instrument = $1 AND {IN_PAST_HOURS}
         ORDER BY received_at, id
        """,  # noqa: S608 - our own words
        slug,
    )
    while rows := await cursor.fetch(size):
        yield [ExportedResponse(*row) for row in rows]


class FeedPosition(msgspec.Struct, frozen=True):
    """The place of a response in a feed, which goes by hour of arrival."""

    received_at: datetime.datetime
    id: uuid.UUID


class FeedResponse(msgspec.Struct, frozen=True):
    """A response of a feed, with its place there."""

    response: ExportedResponse
    position: FeedPosition

    @property
    def id(self) -> uuid.UUID:
        return self.position.id


FEED_COLUMNS = {
    "version": "version",
    "mode": "mode",
    "area": "area",
    "language": "language",
    "day": "received_at::date",
    "week": "date_trunc('week', received_at)::date",
}


def feed_conditions(slug: str, filters: Sequence["Comparison"]) -> tuple[str, list[object]]:
    """The conditions of a feed's statement, and their values."""
    given: list[object] = [slug]
    parts = ["instrument = $1", IN_PAST_HOURS]
    for comparison in filters:
        given.append(comparison.value)
        # Both by our own tables of words: what a stranger sent is only ever a value.
        parts.append(
            f"{FEED_COLUMNS[comparison.name]} {FEED_OPERATORS[comparison.operator]} ${len(given)}"
        )
    return " AND ".join(parts), given


async def read_feed(
    connection: Connection,
    slug: str,
    *,
    filters: Sequence["Comparison"],
    after: FeedPosition | None,
    skip: int,
    limit: int,
) -> list[FeedResponse]:
    """The next responses to a survey, by hour of arrival."""
    where, given = feed_conditions(slug, filters)
    if after is not None:
        given += [after.received_at, after.id]
        where += f" AND (received_at, id) > (${len(given) - 1}, ${len(given)})"
    given += [limit, skip]
    rows = await connection.fetch(
        f"""
        SELECT version, mode, area, language,
               received_at::date AS day, answers::text,
               received_at, id
          FROM responses WHERE {where}
         ORDER BY received_at, id LIMIT ${len(given) - 1} OFFSET ${len(given)}
        """,  # noqa: S608 - our own words
        *given,
    )
    return [
        FeedResponse(ExportedResponse(*row[:6]), FeedPosition(row[6], uuid.UUID(str(row[7]))))
        for row in map(tuple, rows)
    ]


async def count_feed(connection: Connection, slug: str, filters: Sequence["Comparison"]) -> int:
    where, given = feed_conditions(slug, filters)
    number: int = await connection.fetchval(
        f"SELECT count(*) FROM responses WHERE {where}",  # noqa: S608 - our own words
        *given,
    )
    return number


@sql.values(list[str])
def load_answered_surveys(inside: Instants) -> sql.SQL:
    """The surveys of mode `met` that got answers between two instants."""
    return """
        SELECT s.slug FROM surveys s
         WHERE s.mode = 'met'
           AND EXISTS (SELECT FROM responses r JOIN instruments i ON i.slug = s.slug
                        WHERE r.instrument = i.slug AND r.version = i.version AND r.mode = 'met'
                          AND r.received_at >= $1 AND r.received_at < $2)
         ORDER BY s.slug
        """


@sql.many(AnswerCount)
def count_met_until(slug: str, until: datetime.datetime) -> sql.SQL:
    """How often each answer was given to the closed questions of a survey before an instant, by
    version; '' counts the people.
    """
    return """
          WITH asked AS MATERIALIZED (
               SELECT version, counted_questions(definition) AS questions
                 FROM instruments WHERE slug = $1)
        SELECT r.version, c.item, c.answer, count(*) AS answers
          FROM asked i JOIN responses r USING (version)
         CROSS JOIN LATERAL counted_answers(r.answers, i.questions) c
         WHERE r.instrument = $1 AND r.mode = 'met' AND r.received_at < $2
         GROUP BY r.version, c.item, c.answer
        """
