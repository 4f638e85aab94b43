"""SQL for the events of a case, which are only appended, and the state that follows from them."""

import datetime

import asyncpg
import msgspec

from survey.cases.complaints import (
    MAILED_TO_PERSON,
    TOLD_TO_CASEWORKER,
    CaseEvent,
    CaseState,
    DatedCaseEvent,
)
from survey.cases.refusals import changed_case
from survey.store.cases.sealing import open_words, seal_words
from survey.store.database import Connection
from survey.store.statements import SQL, boolean, execute, load_structs, many, many_by, values
from survey.surveys.item_types.answers import Answers


class NewCaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A new event with its message; `expected` is the version that the person acting has seen."""

    event: CaseEvent
    expected: int
    by: str | None = None
    message: str | None = None
    language: str = "en"


async def append(
    connection: Connection, reference: str, act: NewCaseEvent, state: CaseState
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
            act.event.kind in MAILED_TO_PERSON,
            # Nobody gets a mail about what they did themselves.
            act.event.kind in TOLD_TO_CASEWORKER and act.by != state.handler,
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


@many_by(lambda row: DatedCaseEvent(msgspec.convert(row["event"], CaseEvent), row["day"]))
def load_history(complaint: str) -> SQL:
    """The events of a case with the day of each, in London."""
    return """
        SELECT event, (at AT TIME ZONE 'Europe/London')::date AS day
          FROM case_events WHERE complaint = $1::uuid ORDER BY version
        """


@boolean
def is_explained(complaint: str) -> SQL:
    """True if the person can read the reason for the decision, given since they last disputed
    it.
    """
    # A dispute asks for a new reason, so one from before it does not count.
    return """
        SELECT EXISTS (
            SELECT FROM case_events e JOIN case_messages m USING (complaint, version)
             WHERE e.complaint = $1::uuid AND e.event ->> 'kind' IN ('outcome', 'closed')
               AND version > coalesce((SELECT max(a.version) FROM case_events a
                    WHERE a.complaint = $1::uuid AND a.event ->> 'kind' = 'appealed'), 0))
        """


@values(list[str])
def load_without_deadline() -> SQL:
    """Active cases without a deadline: those from before deadlines existed."""
    return """
        SELECT reference FROM complaints
         WHERE due_on IS NULL AND status IN ('new', 'open', 'waiting', 'decided', 'disputed')
        """


@execute
def save_state(reference: str, state: CaseState) -> SQL:
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


@many(OverdueCase)
def load_overdue(today: datetime.date) -> SQL:
    """Cases past our deadline, the one that is longest past it first."""
    # Without those that wait: their day is the complainant's.
    return """
        SELECT c.reference, c.due_on,
               (SELECT max((e.at AT TIME ZONE 'Europe/London')::date) FROM case_events e
                 WHERE e.complaint = c.id AND e.event ->> 'kind' = 'nudged') AS nudged_on
          FROM complaints c
         WHERE c.due_on < $1 AND c.status IN ('new', 'open', 'decided', 'disputed')
         ORDER BY c.due_on, c.id
        """


class CaseEventLine(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a case with its moment, the name of who caused it, and its message."""

    version: int
    event: CaseEvent
    at: datetime.datetime
    name: str | None
    body: str | None
    language: str | None


async def load_timeline(connection: Connection, complaint: str) -> list[CaseEventLine]:
    lines = await load_structs(
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
    records = await load_structs(
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


@values(list[str])
def load_merged_references(complaint: str) -> SQL:
    """The numbers of the complaints that were merged into this case."""
    return "SELECT reference FROM complaints WHERE merged_into = $1::uuid ORDER BY reference"
