"""SQL for redactions of the texts of a case: by the machine, and as people decided since."""

import datetime

import asyncpg

from survey.coding.redactions import Redaction
from survey.problems import NotFound
from survey.store.database import Connection


async def load_masked(connection: Connection, complaint: str) -> list[asyncpg.Record]:
    """For each text as shown now: the number of masked spans, and whether a person decided them."""
    return await connection.fetch(
        """
        SELECT t.item, coalesce(r.redacted, d.redacted) AS redacted,
               coalesce(jsonb_array_length(coalesce(r.spans, d.spans)), 0) AS spans,
               r.text IS NOT NULL AS decided
          FROM texts t
          LEFT JOIN LATERAL (SELECT redacted, spans FROM codings WHERE codings.text = t.id
                              ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) d
               ON true
          LEFT JOIN LATERAL (SELECT redacted, spans, text FROM redactions WHERE text = t.id
                              ORDER BY number DESC LIMIT 1) r ON true
         WHERE t.complaint = $1::uuid ORDER BY t.item
        """,
        complaint,
    )


async def load_written(connection: Connection, complaint: str) -> list[asyncpg.Record]:
    """The original texts of a case, with the spans that the machine and people mask."""
    return await connection.fetch(
        """
        SELECT t.id::text, t.item, t.body, coalesce(r.redacted, d.redacted) AS redacted,
               coalesce(d.spans, '[]') AS suggested, r.spans AS decided, r.account::text AS by
          FROM texts t
          LEFT JOIN LATERAL (SELECT redacted, spans FROM codings WHERE codings.text = t.id
                              ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) d
               ON true
          LEFT JOIN LATERAL (SELECT redacted, spans, account FROM redactions WHERE text = t.id
                              ORDER BY number DESC LIMIT 1) r ON true
         WHERE t.complaint = $1::uuid ORDER BY t.item
        """,
        complaint,
    )


async def get(connection: Connection, complaint: str, item: str) -> asyncpg.Record:
    for row in await load_written(connection, complaint):
        if row["item"] == item:
            return row
    raise NotFound("text.unknown", "There is no such text.", "Read the case again.")


async def insert(connection: Connection, text: str, found: Redaction, *, by: str) -> None:
    """Add a decision; earlier ones are kept."""
    await connection.execute(
        """
        INSERT INTO redactions (text, number, spans, redacted, account)
        SELECT $1::uuid, coalesce(max(number), 0) + 1, $2, $3, $4::uuid
          FROM redactions WHERE text = $1::uuid
        """,
        text,
        list(found.spans),
        found.redacted,
        by,
    )


async def load_history(connection: Connection, complaint: str) -> list[asyncpg.Record]:
    """Who decided when that how many spans of a text are masked; none of its words."""
    return await connection.fetch(
        """
        SELECT t.item, r.number, p.name, r.at, jsonb_array_length(r.spans) AS spans
          FROM redactions r JOIN texts t ON t.id = r.text JOIN accounts p ON p.id = r.account
         WHERE t.complaint = $1::uuid ORDER BY r.at DESC, t.item, r.number DESC
        """,
        complaint,
    )


async def find_reading_reason(
    connection: Connection, reference: str, account: str, since: datetime.datetime
) -> str | None:
    """The reason that a person last gave for reading the original texts; None if not since then."""
    found: str | None = await connection.fetchval(
        """
        SELECT detail ->> 'reason' FROM audit
         WHERE account = $2::uuid AND act = 'words read' AND subject = $1 AND at >= $3
         ORDER BY id DESC LIMIT 1
        """,
        reference,
        account,
        since,
    )
    return found
