"""SQL for kiosks: the link of a survey's kiosk, and marks of answers that came from kiosks."""

import msgspec

from survey.store.database import Connection
from survey.store.rows import find_struct


class Kiosk(msgspec.Struct, frozen=True):
    """The link of a survey's kiosk, and the code that opens what waits on the device."""

    survey: str
    token: str
    code: str


async def insert(connection: Connection, kiosk: Kiosk) -> None:
    """Save the link of a kiosk, unless the survey has one."""
    await connection.execute(
        "INSERT INTO kiosks (survey, token, code) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        kiosk.survey,
        kiosk.token,
        kiosk.code,
    )


async def delete(connection: Connection, survey: str) -> None:
    await connection.execute("DELETE FROM kiosks WHERE survey = $1", survey)


async def find_by_survey(connection: Connection, survey: str) -> Kiosk | None:
    return await find_struct(
        connection, Kiosk, "SELECT survey, token, code FROM kiosks WHERE survey = $1", survey
    )


async def find_by_token(connection: Connection, token: str) -> Kiosk | None:
    return await find_struct(
        connection, Kiosk, "SELECT survey, token, code FROM kiosks WHERE token = $1", token
    )


async def insert_mark(connection: Connection, mark: bytes) -> None:
    await connection.execute(
        "INSERT INTO kiosk_marks (mark) VALUES ($1) ON CONFLICT DO NOTHING", mark
    )


async def has_mark(connection: Connection, mark: bytes) -> bool:
    """Whether the answer with this mark was stored before."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM kiosk_marks WHERE mark = $1)", mark
    )
    return found


async def delete_old_marks(connection: Connection) -> None:
    await connection.execute("DELETE FROM kiosk_marks WHERE received_on < current_date - 365")
