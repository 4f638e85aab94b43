"""SQL for saved views: searches of the inbox that a person saved under a name."""

import msgspec

from survey.store.database import Connection
from survey.store.rows import load_structs


class SavedView(msgspec.Struct, frozen=True):
    """A search of the inbox, as the query string of its address."""

    name: str
    query: str


async def load_all(connection: Connection, account: str) -> list[SavedView]:
    return await load_structs(
        connection,
        SavedView,
        "SELECT name, query FROM saved_views WHERE account = $1::uuid ORDER BY lower(name), name",
        account,
    )


async def save(connection: Connection, account: str, name: str, query: str) -> None:
    """Save a search; an existing name gets the new search."""
    await connection.execute(
        """
        INSERT INTO saved_views (account, name, query) VALUES ($1::uuid, $2, $3)
            ON CONFLICT (account, name) DO UPDATE SET query = excluded.query
        """,
        account,
        name,
        query,
    )


async def delete(connection: Connection, account: str, name: str) -> None:
    await connection.execute(
        "DELETE FROM saved_views WHERE account = $1::uuid AND name = $2", account, name
    )
