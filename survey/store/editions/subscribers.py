"""SQL for subscribers: they ask for reports, confirm by mail, and can leave."""

import msgspec

from survey.store.database import Connection
from survey.store.rows import find_struct


async def save_request(connection: Connection, email: str, kinds: list[str], key: str) -> None:
    """Store an address's request and queue a mail to it, at most one an hour, in one statement,
    which takes as long for a known address as for a new one.
    """
    # One an hour, or anyone could have us flood an address that is not theirs.
    await connection.execute(
        """
        WITH asked AS (
            INSERT INTO subscribers (key, email, asked) VALUES ($1, lower($2), $3)
            ON CONFLICT (email) DO UPDATE SET asked = excluded.asked, asked_at = now()
            RETURNING id
        )
        INSERT INTO mails (subscriber) SELECT id FROM asked
         WHERE NOT EXISTS (
               SELECT FROM mails m WHERE m.subscriber = asked.id AND m.kind IS NULL
                  AND m.asked_at > now() - interval '1 hour')
        """,
        key,
        email,
        kinds,
    )


class Subscriber(msgspec.Struct, frozen=True):
    """An address, and what it asked for in the last 48 hours."""

    email: str
    asked: list[str]


async def by_key(connection: Connection, key: str) -> Subscriber | None:
    """The subscriber of a link's key: address, the kinds it receives, and those it asked for in the
    last 48 hours.
    """
    # A request that expired must not be shown as one that a click could still confirm.
    return await find_struct(
        connection,
        Subscriber,
        """
        SELECT email,
               CASE WHEN asked_at > now() - interval '48 hours' THEN asked ELSE '{}' END AS asked
          FROM subscribers WHERE key = $1
        """,
        key,
    )


async def confirm(connection: Connection, key: str) -> bool:
    """Subscribe the address as it asked within 48 hours; False if it did not."""
    found = await connection.fetchval(
        """
        UPDATE subscribers SET kinds = asked
         WHERE key = $1 AND asked_at > now() - interval '48 hours' RETURNING true
        """,
        key,
    )
    return bool(found)


async def delete(connection: Connection, key: str) -> None:
    """Delete the address and every mail that waits for it."""
    await connection.execute("DELETE FROM subscribers WHERE key = $1", key)


async def delete_unconfirmed(connection: Connection) -> None:
    await connection.execute(
        "DELETE FROM subscribers WHERE kinds = '{}' AND asked_at < now() - interval '48 hours'"
    )
