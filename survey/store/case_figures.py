"""SQL for files of figures on cases, each kept as it was first taken."""

import datetime

import msgspec

from survey.caseload import Told
from survey.store.database import Connection


async def insert(connection: Connection, told: Told, *, by: str) -> None:
    await connection.execute(
        "INSERT INTO case_figures (start_on, end_on, figures, by) VALUES ($1, $2, $3, $4::uuid)",
        told.start,
        told.end,
        told,
        by,
    )


async def find(connection: Connection, start: datetime.date) -> Told | None:
    """The figures of the quarter that begins on this day, None where no file was taken."""
    found = await connection.fetchval("SELECT figures FROM case_figures WHERE start_on = $1", start)
    return None if found is None else msgspec.convert(found, Told)


async def from_day(connection: Connection, first: datetime.date) -> list[Told]:
    """The figures of every file of days from `first` on."""
    rows = await connection.fetch(
        "SELECT figures FROM case_figures WHERE end_on >= $1 ORDER BY start_on", first
    )
    return [msgspec.convert(row["figures"], Told) for row in rows]
