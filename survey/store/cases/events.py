"""SQL for the events of a case, which are only appended, and the state that follows from them; for
its earlier records, and for other cases that are near it or like it.
"""

import datetime

import asyncpg
import msgspec

from survey import cases
from survey.cases.refusals import changed_case
from survey.store import statements as sql
from survey.store.cases.sealed_words import open_words, seal_words
from survey.store.database import Connection
from survey.store.deployments import LAST_IMPORT, to_source_count
from survey.store.themes.texts import shown_sql
from survey.surveys.item_types.answers import Answers

MOST_NEARBY = 500  # cases of one borough within four weeks; the newest if there are more


class NewCaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A new event with its message; `expected` is the version that the person acting has seen."""

    event: cases.CaseEvent
    expected: int
    by: str | None = None
    message: str | None = None
    language: str = "en"


async def append(
    connection: Connection, reference: str, act: NewCaseEvent, state: cases.CaseState
) -> int:
    """Append an event and save the new state; raise if the case changed in the meantime.

    Returns the case's version afterwards.
    """
    try:
        version: int | None = await connection.fetchval(
            APPEND_SQL,
            reference,
            act.expected,
            act.event,
            act.by,
            state.status,
            state.handler,
            state.due,
            state.merged_into,
            state.same_person,
            None if act.message is None else seal_words(connection, act.message),
            act.language,
            act.event.kind in cases.MAILED_TO_PERSON,
            # Nobody gets a mail about what they did themselves.
            act.event.kind in cases.TOLD_TO_CASEWORKER and act.by != state.handler,
        )
    # Two acts on one version both pass the check in the statement; the key stops the second.
    except asyncpg.UniqueViolationError:
        version = None
    if version is None:
        raise changed_case(reference)
    return version


APPEND_SQL = """
        WITH added AS (
            INSERT INTO case_events (complaint, version, event, account)
            SELECT id, $2::int + 1, $3, $4::uuid FROM complaints WHERE reference = $1
               AND $2 = (SELECT max(version) FROM case_events e WHERE e.complaint = complaints.id)
            RETURNING complaint, version
        ), stood AS (
            UPDATE complaints c SET status = $5, handler = $6::uuid, due_on = $7, same_person = $9,
                   merged_into = (SELECT id FROM complaints o WHERE o.reference = $8)
              FROM added a WHERE c.id = a.complaint
        ), said AS (
            INSERT INTO case_messages (complaint, version, body, language)
            SELECT complaint, version, $10, $11 FROM added WHERE $10::text IS NOT NULL
        ), to_person AS (
            INSERT INTO case_mails (complaint, version)
            SELECT complaint, version FROM added JOIN case_contacts k USING (complaint)
             WHERE $12::boolean AND k.by_mail
        ), to_handler AS (
            INSERT INTO case_mails (complaint, version, account)
            SELECT complaint, version, $6::uuid FROM added
             WHERE $13::boolean AND $6::uuid IS NOT NULL
        )
        SELECT version FROM added
        """


@sql.many_by(
    lambda row: cases.DatedCaseEvent(msgspec.convert(row["event"], cases.CaseEvent), row["day"])
)
def load_history(complaint: str) -> sql.SQL:
    """The events of a case with the day of each."""
    return """
        SELECT event, at::date AS day
          FROM case_events WHERE complaint = $1::uuid ORDER BY version
        """


@sql.boolean
def is_explained(complaint: str) -> sql.SQL:
    """True if the complainant can read a reason for the decision that is newer than any dispute."""
    # A dispute asks for a new reason, so one from before it does not count.
    return """
        SELECT EXISTS (
            SELECT FROM case_events e JOIN case_messages m USING (complaint, version)
             WHERE e.complaint = $1::uuid AND e.event ->> 'kind' IN ('outcome', 'closed')
               AND version > coalesce((SELECT max(a.version) FROM case_events a
                    WHERE a.complaint = $1::uuid AND a.event ->> 'kind' = 'appealed'), 0))
        """


@sql.values(list[str])
def load_without_deadline() -> sql.SQL:
    """Active cases without a deadline: those from before deadlines existed."""
    return """
        SELECT reference FROM complaints
         WHERE due_on IS NULL AND status IN ('new', 'open', 'waiting', 'decided', 'disputed')
        """


@sql.execute
def save_state(reference: str, state: cases.CaseState) -> sql.SQL:
    """Save the state that follows from a case's events."""
    return """
        UPDATE complaints SET status = $state.status, handler = $state.handler::uuid,
               due_on = $state.due WHERE reference = $reference
        """


class OverdueCase(msgspec.Struct, frozen=True):
    """A case past our deadline, with the day of its last reminder."""

    reference: str
    due_on: datetime.date
    nudged_on: datetime.date | None


@sql.many(OverdueCase)
def load_overdue(today: datetime.date) -> sql.SQL:
    """Cases past our deadline, the one that is longest past it first."""
    # Without those that wait: their day is the complainant's.
    return """
        SELECT c.reference, c.due_on,
               (SELECT max(e.at::date) FROM case_events e
                 WHERE e.complaint = c.id AND e.event ->> 'kind' = 'nudged') AS nudged_on
          FROM complaints c
         WHERE c.due_on < $1 AND c.status IN ('new', 'open', 'decided', 'disputed')
         ORDER BY c.due_on, c.id
        """


class CaseEventLine(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a case with its moment, the name of who caused it, and its message."""

    version: int
    event: cases.CaseEvent
    at: datetime.datetime
    name: str | None
    body: str | None
    language: str | None


async def load_timeline(connection: Connection, complaint: str) -> list[CaseEventLine]:
    lines = await sql.load_structs(
        connection,
        CaseEventLine,
        """
        SELECT e.version, e.event, e.at, p.name, m.body, m.language
          FROM case_events e
          LEFT JOIN accounts p ON p.id = e.account
          LEFT JOIN case_messages m USING (complaint, version)
         WHERE e.complaint = $1::uuid ORDER BY e.version
        """,
        complaint,
    )
    return [
        line
        if line.body is None
        else msgspec.structs.replace(line, body=open_words(connection, line.body))
        for line in lines
    ]


class EarlierRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a case before its owner corrected it at this moment."""

    version: int
    at: datetime.datetime
    area: str
    answers: Answers
    allegations: list[str]
    texts: dict[str, str]


async def load_earlier_records(connection: Connection, complaint: str) -> list[EarlierRecord]:
    """The record before each correction by the complainant, the last one first."""
    records = await sql.load_structs(
        connection,
        EarlierRecord,
        """
        SELECT r.version, e.at, r.area, r.answers, r.allegations, r.texts
          FROM case_earlier r JOIN case_events e USING (complaint, version)
         WHERE r.complaint = $1::uuid ORDER BY r.version DESC
        """,
        complaint,
    )
    return [
        msgspec.structs.replace(
            record,
            texts={item: open_words(connection, words) for item, words in record.texts.items()},
        )
        for record in records
    ]


@sql.values(list[str])
def load_merged_references(complaint: str) -> sql.SQL:
    """The numbers of the complaints that were merged into this case."""
    return "SELECT reference FROM complaints WHERE merged_into = $1::uuid ORDER BY reference"


class NearbyCase(msgspec.Struct, frozen=True):
    """A case with all its texts as shown, joined."""

    id: str
    words: str


@sql.many(NearbyCase)
def load_nearby(complaint: str, *, most_nearby: int = MOST_NEARBY) -> sql.SQL:
    """Cases of the same borough received within 14 days, with their texts as shown."""
    # What a person masked stays masked, whatever a later coding suggests.
    return f"""
        SELECT o.id::text,
               coalesce(string_agg({shown_sql("t.id")}, ' ' ORDER BY t.item), '') AS words
          FROM complaints c
          JOIN complaints o ON o.area = c.area AND o.id <> c.id
               AND o.received_at BETWEEN c.received_at - interval '14 days'
                                     AND c.received_at + interval '14 days'
          JOIN texts t ON t.complaint = o.id
         WHERE c.id = $complaint::uuid
         GROUP BY o.id ORDER BY o.received_at DESC, o.id LIMIT $most_nearby
        """  # noqa: S608 - only our own words


class SimilarCase(msgspec.Struct, frozen=True, kw_only=True):
    """A possible duplicate: its texts are alike, it is of the same campaign, or of the same place,
    time and kind.
    """

    id: str
    reference: str
    area: str
    status: cases.CaseStatus
    received_at: datetime.datetime
    alike: bool
    campaign: bool
    event: bool


@sql.many(SimilarCase)
def load_similar_cases(complaint: str, alike: list[str], limit: int) -> sql.SQL:
    """Possible duplicates, the most similar first; `alike` are those with similar texts.

    A campaign that a person dismissed does not count.
    """
    # A case without a day of its event compares as NULL, which has to count as no.
    return """
        WITH same AS (
            SELECT DISTINCT t.complaint FROM campaign_members m JOIN texts t ON t.id = m.text
             WHERE m.campaign IN (
                   SELECT mine.campaign FROM campaign_members mine
                     JOIN campaigns k ON k.id = mine.campaign AND k.dismissed_at IS NULL
                     JOIN texts x ON x.id = mine.text WHERE x.complaint = $1::uuid)
        ), found AS (
            SELECT o.id, o.reference, o.area, o.status, o.received_at,
                   o.id = ANY($2::uuid[]) AS alike,
                   o.id IN (SELECT complaint FROM same) AS campaign,
                   coalesce(o.area = c.area AND abs(o.happened_on - c.happened_on) <= 3
                            AND EXISTS (SELECT FROM allegations a JOIN allegations b USING (kind)
                                         WHERE a.complaint = c.id AND b.complaint = o.id), false)
                       AS event
              FROM complaints c JOIN complaints o ON o.id <> c.id
             WHERE c.id = $1::uuid AND o.status <> 'merged'
        )
        SELECT id::text, reference, area, status, received_at, alike, campaign, event
          FROM found WHERE alike OR campaign OR event
         ORDER BY alike::int + campaign::int + event::int DESC, received_at DESC, id LIMIT $3
        """


@sql.many_by(to_source_count)
def load_possible_counts(
    area: str,
    days: tuple[datetime.date, datetime.date],
    kinds: tuple[list[str], list[str]],
    *,
    as_of: datetime.date,
    most: int,
    limit: int,
    newest: int = LAST_IMPORT,
) -> sql.SQL:
    """Counts of a borough whose period overlaps these days, of these measures and tactics.

    Only counts that point at few events: over a week at most, and up to `most`. From the newest
    file of each source; the shortest periods first, as they say most.
    """
    return """
        SELECT d.source, d.area, d.start_on, d.end_on, d.measure, d.tactic, d.category, d.count,
               import IN (SELECT id FROM imports WHERE origin = 'publisher') AS published
          FROM deployment_counts d
          JOIN standing_figures($6, $9) s
               USING (source, start_on, end_on, measure, import)
         WHERE d.area = $1 AND d.category = 'all' AND s.dimension = 'all'
           AND d.count BETWEEN 1 AND $7 AND d.end_on - d.start_on < 7
           AND d.start_on <= $3 AND d.end_on >= $2
           AND d.measure = ANY($4) AND d.tactic = ANY($5)
         ORDER BY d.end_on - d.start_on, d.start_on DESC, d.source, d.measure, d.tactic LIMIT $8
        """
