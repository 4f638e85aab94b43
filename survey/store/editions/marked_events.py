"""SQL for the days that the working group marks on series."""

import datetime

import msgspec

from survey.editions.figures import SeriesMark
from survey.store.database import Connection
from survey.store.rows import load_structs


class MarkedEvent(msgspec.Struct, frozen=True):
    id: int
    day: datetime.date
    label: str
    note: str


async def load_all(connection: Connection) -> list[MarkedEvent]:
    return await load_structs(
        connection,
        MarkedEvent,
        "SELECT id, day, label, note FROM marked_events ORDER BY day DESC, label",
    )


async def load_until(connection: Connection, end: datetime.date) -> list[SeriesMark]:
    """The events up to a day, the earliest first."""
    return await load_structs(
        connection,
        SeriesMark,
        "SELECT day, label, note FROM marked_events WHERE day <= $1 ORDER BY day, label",
        end,
    )


async def save(connection: Connection, number: int | None, event: SeriesMark) -> None:
    """Save an event, a new one where no number is given; a day has each name once."""
    if number is None:
        await connection.execute(
            """
            INSERT INTO marked_events (day, label, note) VALUES ($1, $2, $3)
                ON CONFLICT (day, label) DO UPDATE SET note = excluded.note
            """,
            event.day,
            event.label,
            event.note,
        )
        return
    await connection.execute(
        """
        UPDATE marked_events SET day = $2, label = $3, note = $4
         WHERE id = $1 AND NOT EXISTS (SELECT FROM marked_events
                                        WHERE (day, label) = ($2, $3) AND id <> $1)
        """,
        number,
        event.day,
        event.label,
        event.note,
    )


async def delete(connection: Connection, number: int) -> None:
    await connection.execute("DELETE FROM marked_events WHERE id = $1", number)
