"""SQL for a complainant's access: passphrase, browser keys, who opened the case, and contact."""

import datetime
from collections.abc import AsyncIterator
from typing import Literal

import msgspec

from survey.store.database import Connection
from survey.store.rows import find_struct, load_structs

OpenedBy = Literal["owner", "handler", "reviewer", "administrator"]


class CasePassphrase(msgspec.Struct, frozen=True):
    """A case and the hash of its passphrase; cases from before passphrases have none."""

    id: str
    passphrase_hash: str | None


class SealedContact(msgspec.Struct, frozen=True):
    """The encrypted contact of a complaint, and whether mails on the case go there."""

    complaint: str
    sealed: bytes
    by_mail: bool


class SealedAnswers(msgspec.Struct, frozen=True):
    """A resident's draft that waits encrypted for days, with the digest of its key."""

    key_digest: bytes
    sealed: str


class DraftContact(msgspec.Struct, frozen=True):
    """The encrypted contact in a resident's draft, with the digest of the draft's key."""

    key_digest: bytes
    contact: str


async def find_passphrase(connection: Connection, reference: str) -> CasePassphrase | None:
    return await find_struct(
        connection,
        CasePassphrase,
        "SELECT id::text, passphrase_hash FROM complaints WHERE reference = $1",
        reference,
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


async def find_opened_case(connection: Connection, key_digest: bytes) -> str | None:
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
    """Close the case in this browser, and delete drafts begun from it there."""
    await connection.execute(
        """
        WITH gone AS (DELETE FROM case_keys WHERE key_digest = $1)
        DELETE FROM drafts WHERE content ->> 'opened' = encode($1, 'hex')
        """,
        key_digest,
    )


async def delete_other_keys(connection: Connection, complaint: str, key_digest: bytes) -> None:
    """Close the case in every browser but one, and delete drafts begun from it there."""
    await connection.execute(
        """
        WITH gone AS (
            DELETE FROM case_keys WHERE complaint = $1::uuid AND key_digest <> $2
            RETURNING key_digest
        )
        DELETE FROM drafts d USING gone
         WHERE d.content ->> 'opened' = encode(gone.key_digest, 'hex')
        """,
        complaint,
        key_digest,
    )


async def change_passphrase(
    connection: Connection, complaint: str, old_hash: str, new_hash: str
) -> bool:
    """Replace the hash of a case's passphrase; False if it was replaced in the meantime."""
    changed = await connection.fetchval(
        """
        UPDATE complaints SET passphrase_hash = $3
         WHERE id = $1::uuid AND passphrase_hash = $2 RETURNING true
        """,
        complaint,
        old_hash,
        new_hash,
    )
    return bool(changed)


async def delete_expired_keys(connection: Connection) -> None:
    await connection.execute("DELETE FROM case_keys WHERE expires_at <= now()")


async def save_contact(
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


async def find_contact(connection: Connection, complaint: str) -> bytes | None:
    found: bytes | None = await connection.fetchval(
        "SELECT sealed FROM case_contacts WHERE complaint = $1::uuid", complaint
    )
    return found


async def delete_contact(connection: Connection, complaint: str) -> None:
    await connection.execute("DELETE FROM case_contacts WHERE complaint = $1::uuid", complaint)


async def iterate_contacts(connection: Connection) -> AsyncIterator[SealedContact]:
    """Every encrypted contact, locked, in the caller's transaction."""
    # With the table's name: plain `complaint` would sort by its text, for which there is no index.
    async for row in connection.cursor(
        """
        SELECT complaint::text, sealed, by_mail FROM case_contacts
         ORDER BY case_contacts.complaint FOR UPDATE
        """
    ):
        yield SealedContact(**row)


async def load_seals(connection: Connection) -> list[bytes]:
    rows = await connection.fetch("SELECT sealed FROM case_contacts")
    return [row["sealed"] for row in rows]


async def load_saved_drafts(connection: Connection) -> list[SealedAnswers]:
    """Residents' answers that were saved for days, locked, in the caller's transaction."""
    return await load_structs(
        connection,
        SealedAnswers,
        """
        SELECT key_digest, content ->> 'sealed' AS sealed FROM drafts
         WHERE content ->> 'slug' <> '' AND content ->> 'sealed' <> '' FOR UPDATE
        """,
    )


async def save_sealed_draft(connection: Connection, key_digest: bytes, sealed: str) -> None:
    await connection.execute(
        """
        UPDATE drafts SET content = jsonb_set(content, '{sealed}', to_jsonb($2::text))
         WHERE key_digest = $1
        """,
        key_digest,
        sealed,
    )


async def load_draft_contacts(connection: Connection) -> list[DraftContact]:
    """Residents' drafts with an encrypted contact, locked, in the caller's transaction."""
    # An older key can be dropped only when drafts are sealed with the new one too.
    return await load_structs(
        connection,
        DraftContact,
        """
        SELECT key_digest, content ->> 'contact' AS contact FROM drafts
         WHERE content ->> 'contact' <> '' FOR UPDATE
        """,
    )


async def save_draft_contact(connection: Connection, key_digest: bytes, sealed: str) -> None:
    await connection.execute(
        """
        UPDATE drafts SET content = jsonb_set(content, '{contact}', to_jsonb($2::text))
         WHERE key_digest = $1
        """,
        key_digest,
        sealed,
    )


class CaseOpening(msgspec.Struct, frozen=True):
    """That somebody opened a case on a day, once or more."""

    opened_on: datetime.date
    by: OpenedBy


async def save_opening(
    connection: Connection, complaint: str, day: datetime.date, by: OpenedBy
) -> None:
    await connection.execute(
        """
        INSERT INTO case_openings (complaint, opened_on, by) VALUES ($1::uuid, $2, $3)
            ON CONFLICT DO NOTHING
        """,
        complaint,
        day,
        by,
    )


async def load_openings(connection: Connection, complaint: str, most: int) -> list[CaseOpening]:
    """On which days a case was opened and by whom, the newest first."""
    return await load_structs(
        connection,
        CaseOpening,
        """
        SELECT opened_on, by FROM case_openings WHERE complaint = $1::uuid
         ORDER BY opened_on DESC, by DESC LIMIT $2
        """,
        complaint,
        most,
    )


class ReturnCounts(msgspec.Struct, frozen=True):
    """Complaints received in a period, and how many of them their owner opened on a later day."""

    received: int
    returned: int


async def count_returned(
    connection: Connection, start: datetime.datetime, end: datetime.datetime
) -> ReturnCounts:
    """How many complaints came from start up to end, and how many people came back to theirs."""
    row = await connection.fetchrow(
        """
        SELECT count(*) AS received, count(*) FILTER (WHERE EXISTS (
                   SELECT FROM case_openings o
                    WHERE o.complaint = c.id AND o.by = 'owner'
                      AND o.opened_on > (c.received_at AT TIME ZONE 'Europe/London')::date
               )) AS returned
          FROM complaints c WHERE c.received_at >= $1 AND c.received_at < $2
        """,
        start,
        end,
    )
    assert row is not None
    return ReturnCounts(row["received"], row["returned"])
