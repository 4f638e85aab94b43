"""SQL for complaints: a case, its allegations, and events that are only appended."""

import datetime
from collections.abc import Sequence

import asyncpg
import msgspec

from survey import problems
from survey.complaints import Case, Event
from survey.responses import Kept
from survey.store.database import Connection


async def insert(
    connection: Connection, case: Case, reference: str, request: tuple[bytes, bytes]
) -> Kept:
    """Keep case, allegations, first event and words, and ask for coding, in one statement."""
    row = await connection.fetchrow(
        OPENED,
        reference,
        case.instrument,
        case.version,
        case.area,
        case.language,
        case.happened_on,
        case.answers,
        list(case.allegations),
        case.first,
        case.texts,
        *request,
        "yes" if case.may_quote else "no",
    )
    assert row is not None
    if row["request_body"] != request[1]:
        raise problems.reused_key()
    return Kept(row["reference"], again=row["reference"] != reference)


OPENED = """
        WITH kept AS (
            INSERT INTO complaints (reference, instrument, version, area, language, happened_on,
                                    answers, request_key, request_body, may_quote)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $11, $12, $13)
                ON CONFLICT (request_key) DO UPDATE SET request_key = excluded.request_key
            RETURNING id, reference, request_body
        ), made AS (
            SELECT id FROM kept WHERE reference = $1
        ), alleged AS (
            INSERT INTO allegations (complaint, kind) SELECT id, unnest($8::text[]) FROM made
        ), begun AS (
            INSERT INTO case_events (complaint, version, event) SELECT id, 1, $9 FROM made
        ), written AS (
            INSERT INTO texts (complaint, item, body, language)
            SELECT m.id, t.key, t.value, $5 FROM made m CROSS JOIN jsonb_each_text($10::jsonb) t
            RETURNING 1
        ), asked AS (
            INSERT INTO pgqueuer (priority, status, entrypoint)
            SELECT 0, 'queued', 'code_texts' WHERE EXISTS (SELECT FROM written)
        )
        SELECT reference, request_body FROM kept
        """


async def get(connection: Connection, reference: str) -> asyncpg.Record:
    row = await connection.fetchrow(
        """
        SELECT c.id, c.reference, c.area, c.language, c.happened_on, c.answers, c.received_at,
               ARRAY(SELECT kind FROM allegations a WHERE a.complaint = c.id ORDER BY kind)
                   AS allegations,
               (SELECT max(version) FROM case_events e WHERE e.complaint = c.id) AS version
          FROM complaints c WHERE reference = $1
        """,
        reference,
    )
    if row is None:
        raise problems.unknown_case(reference[:20])
    return row


async def events(connection: Connection, complaint: str) -> list[Event]:
    rows = await connection.fetch(
        "SELECT event FROM case_events WHERE complaint = $1 ORDER BY version", complaint
    )
    return [msgspec.convert(row["event"], Event) for row in rows]


async def append(
    connection: Connection, reference: str, event: Event, *, expected: int, by: str
) -> None:
    """Add an event to a case that still stands as the person saw it."""
    try:
        appended = await connection.fetchval(
            """
            INSERT INTO case_events (complaint, version, event, account)
            SELECT id, $2::int + 1, $3, $4 FROM complaints WHERE reference = $1
               AND $2 = (SELECT max(version) FROM case_events e WHERE e.complaint = complaints.id)
            RETURNING 1
            """,
            reference,
            expected,
            event,
            by,
        )
    except asyncpg.UniqueViolationError:
        appended = None
    if appended is None:
        raise problems.changed_case(reference)


async def page(
    connection: Connection,
    after: tuple[datetime.datetime, str] | None,
    limit: int,
    moves: Sequence[str] | None = None,
) -> list[asyncpg.Record]:
    """Cases, the newest first, each with its last move; only those that end in `moves` if given."""
    hour, ident = after or (datetime.datetime.max.replace(tzinfo=datetime.UTC), "f" * 32)
    return await connection.fetch(
        """
        SELECT c.id::text, c.reference, c.area, c.received_at, c.happened_on,
               ARRAY(SELECT kind FROM allegations a WHERE a.complaint = c.id ORDER BY kind)
                   AS allegations,
               l.kind AS last_move
          FROM complaints c
          CROSS JOIN LATERAL (SELECT event ->> 'kind' AS kind FROM case_events e
                               WHERE e.complaint = c.id ORDER BY version DESC LIMIT 1) l
         WHERE (c.received_at, c.id) < ($1, $2::uuid) AND ($4::text[] IS NULL OR l.kind = ANY($4))
         ORDER BY c.received_at DESC, c.id DESC LIMIT $3
        """,
        hour,
        ident,
        limit,
        moves,
    )


async def last_moves(connection: Connection) -> dict[str, int]:
    """How many cases stand at each move."""
    rows = await connection.fetch(
        """
        SELECT kind, count(*) AS cases
          FROM (SELECT DISTINCT ON (complaint) event ->> 'kind' AS kind
                  FROM case_events ORDER BY complaint, version DESC) last
         GROUP BY kind
        """
    )
    return {row["kind"]: row["cases"] for row in rows}


async def history(connection: Connection, complaint: str) -> list[asyncpg.Record]:
    """What happened to a case, when, and who did it."""
    return await connection.fetch(
        """
        SELECT e.version, e.event, e.at, p.name
          FROM case_events e LEFT JOIN accounts p ON p.id = e.account
         WHERE e.complaint = $1 ORDER BY e.version
        """,
        complaint,
    )


async def redacted(connection: Connection, complaint: str) -> dict[str, str | None]:
    """The words of a case without personal data, by question; None while they wait for it."""
    rows = await connection.fetch(
        """
        SELECT t.item, (SELECT d.redacted FROM codings d WHERE d.text = t.id
                         ORDER BY d.codebook DESC, d.coded_at DESC LIMIT 1) AS redacted
          FROM texts t WHERE t.complaint = $1 ORDER BY t.item
        """,
        complaint,
    )
    return {row["item"]: row["redacted"] for row in rows}


async def words(connection: Connection, complaint: str) -> dict[str, str]:
    """The words of a case as they were written, by question."""
    rows = await connection.fetch(
        "SELECT item, body FROM texts WHERE complaint = $1 ORDER BY item", complaint
    )
    return {row["item"]: row["body"] for row in rows}


async def received(
    connection: Connection, start: datetime.datetime, end: datetime.datetime
) -> list[asyncpg.Record]:
    """Area, hour and whether a Taser was involved, of the cases received from start up to end."""
    return await connection.fetch(
        """
        SELECT area, received_at,
               EXISTS (SELECT FROM allegations a
                        WHERE a.complaint = c.id AND a.kind = 'use_of_force_taser') AS taser
          FROM complaints c
         WHERE received_at >= $1 AND received_at < $2
         ORDER BY id
        """,
        start,
        end,
    )


async def copy_in(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Load many finished complaints at once, as the demonstration does."""
    await connection.copy_records_to_table(
        "complaints",
        records=rows,
        columns=[
            "id", "reference", "instrument", "version", "area", "language", "happened_on",
            "answers", "received_at",
        ],
    )  # fmt: skip


async def copy_parts_in(
    connection: Connection,
    allegations: Sequence[tuple[object, ...]],
    events: Sequence[tuple[object, ...]],
) -> None:
    await connection.copy_records_to_table(
        "allegations", records=allegations, columns=["complaint", "kind"]
    )
    await connection.copy_records_to_table(
        "case_events", records=events, columns=["complaint", "version", "event", "at"]
    )


async def forget_requests(connection: Connection) -> None:
    await connection.execute(
        """
        UPDATE complaints SET request_key = NULL, request_body = NULL
         WHERE request_key IS NOT NULL AND received_at < now() - interval '30 days'
        """
    )


async def erase(connection: Connection, reference: str) -> bool:
    """Take a complaint back, with its words, their codes, its allegations and events."""
    gone = await connection.fetchval(
        "DELETE FROM complaints WHERE reference = $1 RETURNING true", reference
    )
    return bool(gone)
