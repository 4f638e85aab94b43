"""SQL for forms that were sent after a session had ended: found only with the browser's key."""

import datetime

from survey.store.database import Connection


async def save(
    connection: Connection,
    key_digest: bytes,
    sealed: str,
    expires_at: datetime.datetime,
    *,
    most: int,
) -> bool:
    """Save a form; False if all of them together would have more than `most` bytes."""
    # Forms at once do not see each other, so the limit may be passed by a few of them.
    found = await connection.fetchval(
        """
        INSERT INTO unsent_forms (key_digest, sealed, expires_at)
        SELECT $1, $2, $3
         WHERE (SELECT coalesce(sum(pg_column_size(sealed)), 0) FROM unsent_forms)
               + octet_length($2) <= $4::bigint
        RETURNING true
        """,
        key_digest,
        sealed,
        expires_at,
        most,
    )
    return bool(found)


async def find(connection: Connection, key_digest: bytes) -> str | None:
    found: str | None = await connection.fetchval(
        "SELECT sealed FROM unsent_forms WHERE key_digest = $1 AND expires_at > now()", key_digest
    )
    return found


async def delete(connection: Connection, key_digest: bytes) -> None:
    await connection.execute("DELETE FROM unsent_forms WHERE key_digest = $1", key_digest)


async def delete_expired(connection: Connection) -> None:
    await connection.execute("DELETE FROM unsent_forms WHERE expires_at <= now()")
