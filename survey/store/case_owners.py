"""SQL for the owner of a case: passphrase, keys of browsers that opened it, sealed contact."""

import datetime
from collections.abc import AsyncIterator

import asyncpg

from survey.store.database import Connection


async def passphrase_hash(connection: Connection, reference: str) -> asyncpg.Record | None:
    """The case of a number and its passphrase's hash; none for cases older than passphrases."""
    return await connection.fetchrow(
        "SELECT id::text, passphrase_hash FROM complaints WHERE reference = $1", reference
    )


async def insert_key(
    connection: Connection, key_digest: bytes, complaint: str, expires_at: datetime.datetime
) -> None:
    await connection.execute(
        "INSERT INTO case_keys (key_digest, complaint, expires_at) VALUES ($1, $2::uuid, $3)",
        key_digest,
        complaint,
        expires_at,
    )


async def opened_by(connection: Connection, key_digest: bytes) -> str | None:
    """The number of the case that a browser's key opens."""
    found: str | None = await connection.fetchval(
        """
        SELECT c.reference FROM case_keys k JOIN complaints c ON c.id = k.complaint
         WHERE k.key_digest = $1 AND k.expires_at > now()
        """,
        key_digest,
    )
    return found


async def delete_key(connection: Connection, key_digest: bytes) -> None:
    """The browser closes the case, and what was begun from it there."""
    await connection.execute(
        """
        WITH gone AS (DELETE FROM case_keys WHERE key_digest = $1)
        DELETE FROM drafts WHERE content ->> 'opened' = encode($1, 'hex')
        """,
        key_digest,
    )


async def forget_expired(connection: Connection) -> None:
    await connection.execute("DELETE FROM case_keys WHERE expires_at <= now()")


async def put_contact(
    connection: Connection, complaint: str, sealed: bytes, *, by_mail: bool
) -> None:
    await connection.execute(
        """
        INSERT INTO case_contacts (complaint, sealed, by_mail) VALUES ($1::uuid, $2, $3)
            ON CONFLICT (complaint) DO UPDATE
           SET sealed = excluded.sealed, by_mail = excluded.by_mail
        """,
        complaint,
        sealed,
        by_mail,
    )


async def contact(connection: Connection, complaint: str) -> bytes | None:
    found: bytes | None = await connection.fetchval(
        "SELECT sealed FROM case_contacts WHERE complaint = $1::uuid", complaint
    )
    return found


async def delete_contact(connection: Connection, complaint: str) -> None:
    await connection.execute("DELETE FROM case_contacts WHERE complaint = $1::uuid", complaint)


async def contacts(connection: Connection) -> AsyncIterator[asyncpg.Record]:
    """Every sealed contact, locked, in the caller's transaction."""
    async for row in connection.cursor(
        """
        SELECT k.complaint::text, c.reference, k.sealed, k.by_mail
          FROM case_contacts k JOIN complaints c ON c.id = k.complaint
         ORDER BY k.complaint FOR UPDATE OF k
        """
    ):
        yield row


async def seals(connection: Connection) -> list[bytes]:
    rows = await connection.fetch("SELECT sealed FROM case_contacts")
    return [row["sealed"] for row in rows]


async def drafts(connection: Connection) -> list[asyncpg.Record]:
    """Drafts of residents with a contact under seal, locked, in the caller's transaction."""
    return await connection.fetch(
        """
        SELECT key_digest, content ->> 'contact' AS contact FROM drafts
         WHERE content ->> 'contact' <> '' FOR UPDATE
        """
    )


async def put_draft(connection: Connection, key_digest: bytes, sealed: str) -> None:
    await connection.execute(
        """
        UPDATE drafts SET content = jsonb_set(content, '{contact}', to_jsonb($2::text))
         WHERE key_digest = $1
        """,
        key_digest,
        sealed,
    )
