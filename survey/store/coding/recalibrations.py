"""SQL for recalibrations of the tone: all are stored, the newest one is in force."""

import msgspec

from survey.coding.double_coding import Recalibration
from survey.store.database import Connection


async def find_newest(connection: Connection) -> Recalibration | None:
    found = await connection.fetchval(
        "SELECT definition FROM recalibrations ORDER BY version DESC LIMIT 1"
    )
    return msgspec.convert(found, Recalibration | None)


async def insert(connection: Connection, found: Recalibration, *, by: str) -> None:
    await connection.execute(
        "INSERT INTO recalibrations (version, definition, fitted_by) VALUES ($1, $2, $3::uuid)",
        found.version,
        found,
        by,
    )
