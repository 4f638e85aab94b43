"""SQL for reply templates: texts that staff often send, each under a name."""

import msgspec

from survey.store.database import Connection
from survey.store.rows import load_structs


class ReplyTemplate(msgspec.Struct, frozen=True):
    id: int
    name: str
    body: str


async def load_all(connection: Connection) -> list[ReplyTemplate]:
    return await load_structs(
        connection,
        ReplyTemplate,
        "SELECT id, name, body FROM reply_templates ORDER BY lower(name), id",
    )


async def save(connection: Connection, name: str, body: str) -> None:
    """Save a template; an existing name gets the new text."""
    await connection.execute(
        """
        INSERT INTO reply_templates (name, body) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET body = excluded.body
        """,
        name,
        body,
    )


async def delete(connection: Connection, number: int) -> str | None:
    """Delete a template; returns its name."""
    found: str | None = await connection.fetchval(
        "DELETE FROM reply_templates WHERE id = $1 RETURNING name", number
    )
    return found
