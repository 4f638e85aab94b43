"""SQL for the days that the working group marks on series."""

import datetime

import msgspec

from survey.editions.figures import SeriesMark
from survey.store.database import Connection
from survey.store.statements import SQL, execute, many


class MarkedEvent(msgspec.Struct, frozen=True):
    id: int
    day: datetime.date
    label: str
    note: str


@many(MarkedEvent)
def load_all() -> SQL:
    return "SELECT id, day, label, note FROM marked_events ORDER BY day DESC, label"


@many(SeriesMark)
def load_until(end: datetime.date) -> SQL:
    """The events up to a day, the earliest first."""
    return "SELECT day, label, note FROM marked_events WHERE day <= $1 ORDER BY day, label"


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


@execute
def delete(number: int) -> SQL:
    return "DELETE FROM marked_events WHERE id = $1"
