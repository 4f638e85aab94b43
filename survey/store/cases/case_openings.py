"""SQL for the days on which a case was opened, by its owner or by staff."""

import datetime
from typing import Literal

import msgspec

from survey.store.database import Connection
from survey.store.rows import load_structs

OpenedBy = Literal["owner", "handler", "reviewer", "administrator"]


class CaseOpening(msgspec.Struct, frozen=True):
    """That somebody opened a case on a day, once or more."""

    opened_on: datetime.date
    by: OpenedBy


async def save(connection: Connection, complaint: str, day: datetime.date, by: OpenedBy) -> None:
    await connection.execute(
        """
        INSERT INTO case_openings (complaint, opened_on, by) VALUES ($1::uuid, $2, $3)
            ON CONFLICT DO NOTHING
        """,
        complaint,
        day,
        by,
    )


async def load_newest(connection: Connection, complaint: str, most: int) -> list[CaseOpening]:
    """On which days a case was opened and by whom, the newest first."""
    return await load_structs(
        connection,
        CaseOpening,
        """
        SELECT opened_on, by FROM case_openings WHERE complaint = $1::uuid
         ORDER BY opened_on DESC, by DESC LIMIT $2
        """,
        complaint,
        most,
    )


class ReturnCounts(msgspec.Struct, frozen=True):
    """Complaints received in a period, and how many of them their owner opened on a later day."""

    received: int
    returned: int


async def count_returned(
    connection: Connection, start: datetime.datetime, end: datetime.datetime
) -> ReturnCounts:
    """How many complaints came from start up to end, and how many people came back to theirs."""
    row = await connection.fetchrow(
        """
        SELECT count(*) AS received, count(*) FILTER (WHERE EXISTS (
                   SELECT FROM case_openings o
                    WHERE o.complaint = c.id AND o.by = 'owner'
                      AND o.opened_on > (c.received_at AT TIME ZONE 'Europe/London')::date
               )) AS returned
          FROM complaints c WHERE c.received_at >= $1 AND c.received_at < $2
        """,
        start,
        end,
    )
    assert row is not None
    return ReturnCounts(row["received"], row["returned"])
