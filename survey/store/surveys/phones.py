"""SQL for phones: groups of collectors, and what their phones sent and have still to send."""

import msgspec

from survey.store.database import Connection
from survey.store.rows import find_struct, load_structs


class CollectorGroup(msgspec.Struct, frozen=True):
    """A group of collectors of one survey; `answers` is how many its phones sent."""

    id: str
    instrument: str
    name: str
    sealed_key: str
    answers: int
    revoked: bool


class PhoneAnswer(msgspec.Struct, frozen=True):
    """An answer that a phone sent; without a reference it was erased or corrected since."""

    content_digest: bytes | None
    reference: str | None


class ExpectedFile(msgspec.Struct, frozen=True):
    """A file that a phone has still to send, and the mark that the answer has for it."""

    mark: str
    name_digest: bytes
    item: str


async def insert_group(
    connection: Connection, slug: str, name: str, key_digest: bytes, sealed_key: str
) -> str:
    """Add a group of collectors; its id."""
    found: str = await connection.fetchval(
        """
        INSERT INTO collector_groups (instrument, name, key_digest, sealed_key)
        VALUES ($1, $2, $3, $4) RETURNING id::text
        """,
        *(slug, name, key_digest, sealed_key),
    )
    return found


async def load_groups(connection: Connection, slug: str) -> list[CollectorGroup]:
    """The groups of a survey, those in use first."""
    return await load_structs(
        connection,
        CollectorGroup,
        """
        SELECT id::text, instrument, name, sealed_key, answers, revoked FROM collector_groups
         WHERE instrument = $1 ORDER BY revoked, made_at, id
        """,
        slug,
    )


async def find_group(connection: Connection, slug: str, ident: str) -> CollectorGroup | None:
    return await find_struct(
        connection,
        CollectorGroup,
        """
        SELECT id::text, instrument, name, sealed_key, answers, revoked FROM collector_groups
         WHERE instrument = $1 AND id = $2::uuid
        """,
        *(slug, ident),
    )


async def find_group_by_key(connection: Connection, key_digest: bytes) -> CollectorGroup | None:
    """The group with this key, unless it was revoked."""
    return await find_struct(
        connection,
        CollectorGroup,
        """
        SELECT id::text, instrument, name, sealed_key, answers, revoked FROM collector_groups
         WHERE key_digest = $1 AND NOT revoked
        """,
        key_digest,
    )


async def revoke_group(connection: Connection, slug: str, ident: str) -> str | None:
    """Let the key of a group open nothing any more; the name of the group, None if it has none."""
    found: str | None = await connection.fetchval(
        """
        UPDATE collector_groups SET revoked = true
         WHERE instrument = $1 AND id = $2::uuid AND NOT revoked RETURNING name
        """,
        *(slug, ident),
    )
    return found


async def load_sealed_keys(connection: Connection) -> dict[str, str]:
    """The sealed key of each group, by the group's id."""
    rows = await connection.fetch("SELECT id::text, sealed_key FROM collector_groups ORDER BY id")
    return {row["id"]: row["sealed_key"] for row in rows}


async def save_sealed_key(connection: Connection, ident: str, sealed_key: str) -> None:
    await connection.execute(
        "UPDATE collector_groups SET sealed_key = $2 WHERE id = $1::uuid", ident, sealed_key
    )


async def count_answer(connection: Connection, group: str) -> None:
    """Count an answer of a group."""
    await connection.execute(
        "UPDATE collector_groups SET answers = answers + 1 WHERE id = $1::uuid", group
    )


async def insert_answer(
    connection: Connection,
    instance_digest: bytes,
    content_digest: bytes | None = None,
    reference: str | None = None,
) -> bool:
    """Save that a phone sent this answer; False if it is known already."""
    # Of two at once the second waits here until the first is stored, or refused.
    found = await connection.fetchval(
        """
        INSERT INTO phone_answers (instance_digest, content_digest, reference)
        VALUES ($1, $2, $3) ON CONFLICT (instance_digest) DO NOTHING RETURNING true
        """,
        *(instance_digest, content_digest, reference),
    )
    return bool(found)


async def find_answer(connection: Connection, instance_digest: bytes) -> PhoneAnswer | None:
    return await find_struct(
        connection,
        PhoneAnswer,
        "SELECT content_digest, reference FROM phone_answers WHERE instance_digest = $1",
        instance_digest,
    )


async def lock_answer(connection: Connection, instance_digest: bytes) -> PhoneAnswer | None:
    """The same, and nobody else changes it until this transaction ends."""
    return await find_struct(
        connection,
        PhoneAnswer,
        "SELECT content_digest, reference FROM phone_answers WHERE instance_digest = $1 FOR UPDATE",
        instance_digest,
    )


async def forget_reference(connection: Connection, reference: str) -> None:
    """Forget which phone's answer this response is, what it said, and what files it has to send."""
    await connection.execute(
        """
        WITH forgotten AS (
            UPDATE phone_answers SET reference = NULL, content_digest = NULL
             WHERE reference = $1 RETURNING instance_digest
        )
        DELETE FROM phone_files WHERE instance_digest IN (SELECT instance_digest FROM forgotten)
        """,
        reference,
    )


async def insert_expected_files(
    connection: Connection, instance_digest: bytes, files: list[ExpectedFile]
) -> None:
    await connection.executemany(
        "INSERT INTO phone_files (mark, instance_digest, name_digest, item)"
        " VALUES ($1, $2, $3, $4)",
        [(one.mark, instance_digest, one.name_digest, one.item) for one in files],
    )


async def load_expected_files(connection: Connection, instance_digest: bytes) -> list[ExpectedFile]:
    return await load_structs(
        connection,
        ExpectedFile,
        "SELECT mark, name_digest, item FROM phone_files WHERE instance_digest = $1 ORDER BY mark",
        instance_digest,
    )


async def delete_expected_file(connection: Connection, mark: str) -> bool:
    """Expect a file no more, because it came; False if it came before."""
    found = await connection.fetchval(
        "DELETE FROM phone_files WHERE mark = $1 RETURNING true", mark
    )
    return bool(found)
