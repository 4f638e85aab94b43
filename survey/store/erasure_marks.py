"""SQL for salted hashes of erased references, so that a restored backup is erased again."""

import secrets
from collections.abc import Sequence

import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, many, values


class ErasureMark(msgspec.Struct, frozen=True):
    """The salted hash of an erased reference."""

    salt: bytes
    mark: bytes


async def insert_mark(connection: Connection, reference: str) -> None:
    """Store that the reference was erased, under the same salt as the other marks."""
    # With one salt the search for marks hashes each reference once, not once for every mark.
    await connection.execute(
        """
        WITH salted AS (
            SELECT coalesce((SELECT salt FROM erasure_marks LIMIT 1), $2::bytea) AS salt)
        INSERT INTO erasure_marks (salt, mark)
        SELECT salt, sha256(salt || convert_to($1, 'UTF8')) FROM salted
        ON CONFLICT DO NOTHING
        """,
        reference,
        secrets.token_bytes(16),
    )


@many(ErasureMark)
def load_marks() -> SQL:
    return "SELECT salt, mark FROM erasure_marks"


async def insert_marks(connection: Connection, found: Sequence[ErasureMark]) -> None:
    """Add the marks of another database to the ones here."""
    await connection.executemany(
        "INSERT INTO erasure_marks (salt, mark) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(one.salt, one.mark) for one in found],
    )


@values(list[str])
def load_erased_references() -> SQL:
    """References that are still in the database although they are marked as erased."""
    return """
        WITH held AS (
            SELECT reference FROM responses UNION ALL SELECT reference FROM complaints)
        SELECT reference FROM held
          JOIN (SELECT DISTINCT salt FROM erasure_marks) s ON true
          JOIN erasure_marks m
            ON m.salt = s.salt AND m.mark = sha256(s.salt || convert_to(reference, 'UTF8'))
         ORDER BY reference
        """
