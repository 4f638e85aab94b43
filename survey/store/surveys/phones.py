"""SQL for phones: groups of collectors, and what their phones sent and have still to send."""

import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, boolean, execute, first, many, pairs, value, value_or_none


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


@value(str)
def insert_group(slug: str, name: str, key_digest: bytes, sealed_key: str) -> SQL:
    """Add a group of collectors; its id."""
    return """
        INSERT INTO collector_groups (instrument, name, key_digest, sealed_key)
        VALUES ($1, $2, $3, $4) RETURNING id::text
        """


@many(CollectorGroup)
def load_groups(slug: str) -> SQL:
    """The groups of a survey, those in use first."""
    return """
        SELECT id::text, instrument, name, sealed_key, answers, revoked FROM collector_groups
         WHERE instrument = $1 ORDER BY revoked, made_at, id
        """


@first(CollectorGroup)
def find_group(slug: str, ident: str) -> SQL:
    return """
        SELECT id::text, instrument, name, sealed_key, answers, revoked FROM collector_groups
         WHERE instrument = $1 AND id = $2::uuid
        """


@first(CollectorGroup)
def find_group_by_key(key_digest: bytes) -> SQL:
    """The group with this key, unless it was revoked."""
    return """
        SELECT id::text, instrument, name, sealed_key, answers, revoked FROM collector_groups
         WHERE key_digest = $1 AND NOT revoked
        """


@value_or_none(str)
def revoke_group(slug: str, ident: str) -> SQL:
    """Let the key of a group open nothing any more; the name of the group, None if it has none."""
    return """
        UPDATE collector_groups SET revoked = true
         WHERE instrument = $1 AND id = $2::uuid AND NOT revoked RETURNING name
        """


@pairs(dict[str, str])
def load_sealed_keys() -> SQL:
    """The sealed key of each group, by the group's id."""
    return "SELECT id::text, sealed_key FROM collector_groups ORDER BY id"


@execute
def save_sealed_key(ident: str, sealed_key: str) -> SQL:
    return "UPDATE collector_groups SET sealed_key = $2 WHERE id = $1::uuid"


@execute
def count_answer(group: str) -> SQL:
    """Count an answer of a group."""
    return "UPDATE collector_groups SET answers = answers + 1 WHERE id = $1::uuid"


@boolean
def insert_answer(
    instance_digest: bytes, content_digest: bytes | None = None, reference: str | None = None
) -> SQL:
    """Save that a phone sent this answer; False if it is known already."""
    # Of two at once the second waits here until the first is stored, or refused.
    return """
        INSERT INTO phone_answers (instance_digest, content_digest, reference)
        VALUES ($1, $2, $3) ON CONFLICT (instance_digest) DO NOTHING RETURNING true
        """


@first(PhoneAnswer)
def find_answer(instance_digest: bytes) -> SQL:
    return "SELECT content_digest, reference FROM phone_answers WHERE instance_digest = $1"


@first(PhoneAnswer)
def lock_answer(instance_digest: bytes) -> SQL:
    """The same, and nobody else changes it until this transaction ends."""
    return (
        "SELECT content_digest, reference FROM phone_answers WHERE instance_digest = $1 FOR UPDATE"
    )


@execute
def forget_reference(reference: str) -> SQL:
    """Forget which phone's answer this response is, what it said, and what files it has to send."""
    return """
        WITH forgotten AS (
            UPDATE phone_answers SET reference = NULL, content_digest = NULL
             WHERE reference = $1 RETURNING instance_digest
        )
        DELETE FROM phone_files WHERE instance_digest IN (SELECT instance_digest FROM forgotten)
        """


async def insert_expected_files(
    connection: Connection, instance_digest: bytes, files: list[ExpectedFile]
) -> None:
    await connection.executemany(
        "INSERT INTO phone_files (mark, instance_digest, name_digest, item)"
        " VALUES ($1, $2, $3, $4)",
        [(one.mark, instance_digest, one.name_digest, one.item) for one in files],
    )


@many(ExpectedFile)
def load_expected_files(instance_digest: bytes) -> SQL:
    return (
        "SELECT mark, name_digest, item FROM phone_files WHERE instance_digest = $1 ORDER BY mark"
    )


@boolean
def delete_expected_file(mark: str) -> SQL:
    """Expect a file no more, because it came; False if it came before."""
    return "DELETE FROM phone_files WHERE mark = $1 RETURNING true"
