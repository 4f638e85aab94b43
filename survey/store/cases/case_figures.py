"""SQL for quarterly files of figures on cases; each is stored once and never changed."""

import datetime

import msgspec

from survey.editions.caseload import SafeCaseload
from survey.store.database import Connection


async def insert(connection: Connection, caseload: SafeCaseload, *, by: str) -> None:
    await connection.execute(
        "INSERT INTO case_figures (start_on, end_on, figures, by) VALUES ($1, $2, $3, $4::uuid)",
        caseload.start,
        caseload.end,
        caseload,
        by,
    )


async def find(connection: Connection, start: datetime.date) -> SafeCaseload | None:
    """The figures of the quarter that begins on this day, None if they were never published."""
    found = await connection.fetchval("SELECT figures FROM case_figures WHERE start_on = $1", start)
    return None if found is None else msgspec.convert(found, SafeCaseload)


async def load_from_day(connection: Connection, first: datetime.date) -> list[SafeCaseload]:
    """The figures of every file that covers days from `first` on."""
    rows = await connection.fetch(
        "SELECT figures FROM case_figures WHERE end_on >= $1 ORDER BY start_on", first
    )
    return [msgspec.convert(row["figures"], SafeCaseload) for row in rows]
