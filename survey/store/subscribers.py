"""SQL for subscribers: an address asks, its owner confirms, and leaves again."""

import asyncpg

from survey.store.database import Connection


async def ask(connection: Connection, email: str, kinds: list[str], key: str) -> None:
    """Keep what an address asks for and ask for a mail to it, one an hour; in one statement,
    which takes as long for an address that is known as for one that is not."""
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


async def by_key(connection: Connection, key: str) -> asyncpg.Record | None:
    """What a link stands for: the address, what it gets, and what it asked for of late."""
    return await connection.fetchrow(
        """
        SELECT email, kinds,
               CASE WHEN asked_at > now() - interval '48 hours' THEN asked ELSE '{}' END AS asked
          FROM subscribers WHERE key = $1
        """,
        key,
    )


async def confirm(connection: Connection, key: str) -> bool:
    """Whether the address had asked within 48 hours; it gets what it asked for from now on."""
    found = await connection.fetchval(
        """
        UPDATE subscribers SET kinds = asked
         WHERE key = $1 AND asked_at > now() - interval '48 hours' RETURNING true
        """,
        key,
    )
    return bool(found)


async def delete(connection: Connection, key: str) -> None:
    """The address and every mail that waits for it are gone."""
    await connection.execute("DELETE FROM subscribers WHERE key = $1", key)


async def forget_unconfirmed(connection: Connection) -> None:
    await connection.execute(
        "DELETE FROM subscribers WHERE kinds = '{}' AND asked_at < now() - interval '48 hours'"
    )


async def count(connection: Connection) -> dict[str, int]:
    """How many get each kind of report; nobody needs to see more of them."""
    rows = await connection.fetch(
        "SELECT kind, count(*) AS n FROM subscribers, unnest(kinds) AS kind GROUP BY kind"
    )
    return {row["kind"]: row["n"] for row in rows}
