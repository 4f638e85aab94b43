"""SQL for the codes of members: each opens an open survey once, and only its digest is stored."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, execute, load_structs, values


class WithCode(Protocol):
    """A request with an access code."""

    @property
    def code_digest(self) -> bytes | None: ...
    @property
    def request_key(self) -> bytes: ...


class CodeCount(msgspec.Struct, frozen=True):
    """How many codes of members there are, and how many were used."""

    made: int
    used: int


@execute
def insert_many(survey: str, digests: list[bytes]) -> SQL:
    """Store the digests of new codes."""
    return "INSERT INTO member_codes (code_digest, survey) SELECT unnest($2::bytea[]), $1"


@values(set[bytes])
def load_taken(digests: list[bytes]) -> SQL:
    """Those of these digests that belong to a code already."""
    return "SELECT code_digest FROM member_codes WHERE code_digest = ANY($1)"


async def use(connection: Connection, survey: str, requests: Sequence[WithCode]) -> set[bytes]:
    """Use up the codes of these requests; the keys of those whose code opened this survey."""
    first = {one.code_digest: one.request_key for one in reversed(requests) if one.code_digest}
    rows = await connection.fetch(
        """
        UPDATE member_codes SET used = true
         WHERE code_digest = ANY($1) AND survey = $2 AND NOT used
        RETURNING code_digest
        """,
        list(first),
        survey,
    )
    return {first[row["code_digest"]] for row in rows}


async def count(connection: Connection, survey: str) -> CodeCount:
    """How many codes a survey has, and how many were used."""
    [found] = await load_structs(
        connection,
        CodeCount,
        """
        SELECT count(*) AS made, count(*) FILTER (WHERE used) AS used
          FROM member_codes WHERE survey = $1
        """,
        survey,
    )
    return found


async def delete_unused(connection: Connection, survey: str) -> int:
    """Delete the codes of a survey that nobody has used; returns how many."""
    rows = await connection.fetch(
        "DELETE FROM member_codes WHERE survey = $1 AND NOT used RETURNING true", survey
    )
    return len(rows)
