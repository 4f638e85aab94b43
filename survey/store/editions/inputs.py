"""SQL for what is stored beside an edition: its inputs, and its pages, each rendered once and
stored compressed.
"""

import datetime

import msgspec

from survey.editions import Edition
from survey.editions.actions import EditionKey
from survey.editions.refusals import destroyed_inputs
from survey.store.database import Connection
from survey.store.editions import edition_not_found
from survey.store.statements import SQL, execute, value_or_none


@execute
def save(edition: Edition, body: bytes, *, first: datetime.date, last_import: int) -> SQL:
    """Store the compressed inputs of an edition, the first day that they cover and the newest
    import that they can hold.
    """
    return """
        INSERT INTO edition_inputs
               (kind, start_on, number, first_on, end_on, sha256, body, last_import)
        VALUES ($edition.kind, $edition.start, $edition.number, $first, $edition.end,
                $edition.inputs_sha256, $body, $last_import)
        """


@value_or_none(int)
def find_last_import(edition: Edition) -> SQL:
    """The newest import that an edition can hold; None if its inputs were never stored."""
    return """
        SELECT last_import FROM edition_inputs
         WHERE kind = $edition.kind AND start_on = $edition.start AND number = $edition.number
        """


class StoredInputs(msgspec.Struct, frozen=True):
    """The compressed inputs of an edition, and the hash of the edition."""

    body: bytes
    sha256: str


async def get(connection: Connection, kind: str, start: datetime.date, number: int) -> StoredInputs:
    """The compressed inputs of an edition and its hash; raises if they were destroyed."""
    row = await connection.fetchrow(
        """
        SELECT i.body, i.destroyed_on, e.sha256
          FROM edition_inputs i JOIN editions e USING (kind, start_on, number)
         WHERE kind = $1 AND start_on = $2 AND number = $3
        """,
        kind,
        start,
        number,
    )
    if row is None:
        raise edition_not_found(kind, start, number)
    if row["body"] is None:
        raise destroyed_inputs(row["destroyed_on"])
    return StoredInputs(row["body"], row["sha256"])


@value_or_none(bytes)
def find(kind: str, start: datetime.date, number: int) -> SQL:
    """The compressed inputs of an edition, None if they were never stored or are destroyed."""
    return "SELECT body FROM edition_inputs WHERE kind = $1 AND start_on = $2 AND number = $3"


@value_or_none(bytes)
def find_page(which: EditionKey, language: str, tag: str, *, by_number: bool) -> SQL:
    """The stored page of this tag; None if there is none, or only an earlier one."""
    return """
        SELECT body FROM edition_pages
         WHERE (kind, start_on, number, language, by_number)
             = ($which.kind, $which.start, $which.number, $language, $by_number) AND tag = $tag
        """


@execute
def save_page(which: EditionKey, language: str, tag: str, body: bytes, *, by_number: bool) -> SQL:
    """Store the page of a published edition in place of an earlier one; never of a draft."""
    return """
        INSERT INTO edition_pages (kind, start_on, number, language, by_number, tag, body)
        SELECT $which.kind, $which.start, $which.number, $language, $by_number, $tag, $body
         WHERE EXISTS (SELECT FROM edition_marks
                        WHERE (kind, start_on, number, mark)
                            = ($which.kind, $which.start, $which.number, 'published'))
        ON CONFLICT (kind, start_on, number, language, by_number)
        DO UPDATE SET tag = excluded.tag, body = excluded.body
        """
