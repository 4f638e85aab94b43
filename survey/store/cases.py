"""SQL for what happens to a case: events that are only appended, and what they add up to."""

import datetime

import asyncpg
import msgspec

from survey import problems
from survey.complaints import TOLD_TO_HANDLER, TOLD_TO_PERSON, Event, Happened, Standing
from survey.store.database import Connection


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """An event with what was written; `expected` is the version that whoever acts has seen."""

    event: Event
    expected: int
    by: str | None = None
    message: str | None = None
    language: str = "en"


async def append(connection: Connection, reference: str, act: Act, stands: Standing) -> int:
    """Add an event, and where the case stands then, to a case that still is as it was seen.

    Gives the case's version afterwards.
    """
    try:
        version: int | None = await connection.fetchval(
            APPENDED,
            reference,
            act.expected,
            act.event,
            act.by,
            stands.status,
            stands.handler,
            stands.due,
            stands.merged_into,
            stands.same_person,
            act.message,
            act.language,
            act.event.kind in TOLD_TO_PERSON,
            act.event.kind in TOLD_TO_HANDLER and act.by != stands.handler,
        )
    except asyncpg.UniqueViolationError:
        version = None
    if version is None:
        raise problems.changed_case(reference)
    return version


APPENDED = """
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


async def history(connection: Connection, complaint: str) -> list[Happened]:
    """The events of a case with the day of each, in London."""
    rows = await connection.fetch(
        """
        SELECT event, (at AT TIME ZONE 'Europe/London')::date AS day
          FROM case_events WHERE complaint = $1::uuid ORDER BY version
        """,
        complaint,
    )
    return [Happened(msgspec.convert(row["event"], Event), row["day"]) for row in rows]


async def is_explained(connection: Connection, complaint: str) -> bool:
    """Whether the person can read why it was decided so, since they last disputed it."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM case_events e JOIN case_messages m USING (complaint, version)
             WHERE e.complaint = $1::uuid AND e.event ->> 'kind' IN ('outcome', 'closed')
               AND version > coalesce((SELECT max(a.version) FROM case_events a
                    WHERE a.complaint = $1::uuid AND a.event ->> 'kind' = 'appealed'), 0))
        """,
        complaint,
    )
    return found


async def without_day(connection: Connection) -> list[str]:
    """Cases that wait for a step without a day for it: those that are older than deadlines."""
    rows = await connection.fetch(
        """
        SELECT reference FROM complaints
         WHERE due_on IS NULL AND status IN ('new', 'open', 'waiting', 'decided', 'disputed')
        """
    )
    return [row["reference"] for row in rows]


async def stand(connection: Connection, reference: str, stands: Standing) -> None:
    """Write down what the events of a case add up to."""
    await connection.execute(
        "UPDATE complaints SET status = $2, handler = $3::uuid, due_on = $4 WHERE reference = $1",
        reference,
        stands.status,
        stands.handler,
        stands.due,
    )


async def overdue(connection: Connection, today: datetime.date) -> list[asyncpg.Record]:
    """Cases whose due day passed while it was on us; the last day on which a reminder was sent."""
    return await connection.fetch(
        """
        SELECT c.reference, c.due_on,
               (SELECT max((e.at AT TIME ZONE 'Europe/London')::date) FROM case_events e
                 WHERE e.complaint = c.id AND e.event ->> 'kind' = 'nudged') AS nudged_on
          FROM complaints c
         WHERE c.due_on < $1 AND c.status IN ('new', 'open', 'decided', 'disputed')
         ORDER BY c.due_on, c.id
        """,
        today,
    )


async def told(connection: Connection, complaint: str) -> list[asyncpg.Record]:
    """What happened to a case, when, who did it, and what was written with it."""
    return await connection.fetch(
        """
        SELECT e.version, e.event, e.at, p.name, m.body, m.language
          FROM case_events e
          LEFT JOIN accounts p ON p.id = e.account
          LEFT JOIN case_messages m USING (complaint, version)
         WHERE e.complaint = $1::uuid ORDER BY e.version
        """,
        complaint,
    )


async def earlier(connection: Connection, complaint: str) -> list[asyncpg.Record]:
    """The record as it stood before each correction by its owner, and when that came."""
    return await connection.fetch(
        """
        SELECT r.version, e.at, r.area, r.answers, r.allegations, r.texts
          FROM case_earlier r JOIN case_events e USING (complaint, version)
         WHERE r.complaint = $1::uuid ORDER BY r.version DESC
        """,
        complaint,
    )


async def merged(connection: Connection, complaint: str) -> list[str]:
    """The numbers of the complaints that were merged into this case."""
    rows = await connection.fetch(
        "SELECT reference FROM complaints WHERE merged_into = $1::uuid ORDER BY reference",
        complaint,
    )
    return [row["reference"] for row in rows]
