"""SQL for what columns of tables mean, and for files whose columns are being matched."""

import datetime

import msgspec

from survey.problems import Conflict, NotFound
from survey.sources.mappings import ColumnMapping
from survey.store import statements as sql
from survey.store.database import Connection

MOST_HELD = 10  # files of one person at a time
NO_MAPPING = ColumnMapping(source="")

unknown_mapping = NotFound.of(
    "mapping.unknown", "There is no such mapping.", "Look at the list of mappings."
)
existing_mapping = Conflict.of(
    "mapping.exists",
    "There is a mapping called {name!r} already.",
    "Choose another name, or delete that mapping first. Nothing was saved.",
)
unknown_table = NotFound.of(
    "table.unknown",
    "This file is not held any more.",
    "It was imported or deleted, or a week has passed. Choose the file again on the page Data.",
)
too_many_held = Conflict.of(
    "table.too_many",
    "Too many of your files wait for their columns.",
    "Import or delete one of them on the page Data. This file was not kept.",
)


class SavedMapping(msgspec.Struct, frozen=True):
    """A mapping that was kept for the next file, under its name."""

    id: int
    name: str
    mapping: ColumnMapping
    saved_on: datetime.date


class HeldTable(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose columns are being matched. `mapping` has no source until they were; `follows`
    is the number of the saved mapping that it began with, and `saved_as` that one's name.
    """

    id: str
    file: str
    content: bytes
    known_on: datetime.date
    mapping: ColumnMapping = NO_MAPPING
    follows: int | None = None
    saved_as: str = ""

    @property
    def is_matched(self) -> bool:
        return bool(self.mapping.source)


class HeldLine(msgspec.Struct, frozen=True):
    """A held file in a list."""

    id: str
    file: str
    known_on: datetime.date
    ends_on: datetime.date


@sql.many(SavedMapping)
def load_saved() -> sql.SQL:
    return """
        SELECT id, name, mapping, saved_at::date AS saved_on FROM column_mappings
         ORDER BY lower(name), id
        """


@sql.only(SavedMapping, unknown_mapping)
def get_saved(number: int) -> sql.SQL:
    return """
        SELECT id, name, mapping, saved_at::date AS saved_on FROM column_mappings WHERE id = $1
        """


@sql.unique(existing_mapping)
@sql.execute
def insert_saved(name: str, mapping: ColumnMapping, account: str | None) -> sql.SQL:
    return "INSERT INTO column_mappings (name, mapping, account) VALUES ($1, $2, $3::uuid)"


@sql.unique(existing_mapping)
@sql.execute
def replace_saved(number: int, name: str, mapping: ColumnMapping, account: str | None) -> sql.SQL:
    """Replace a mapping by how a newer file was read."""
    return """
        UPDATE column_mappings
           SET name = $2, mapping = $3, account = $4::uuid, saved_at = now() WHERE id = $1
        """


@sql.execute
def delete_saved(number: int) -> sql.SQL:
    return "DELETE FROM column_mappings WHERE id = $1"


async def hold(
    connection: Connection,
    account: str,
    file: str,
    content: bytes,
    known_on: datetime.date,
    *,
    mapping: ColumnMapping | None = None,
    follows: int | None = None,
) -> str:
    """Keep a file until its columns are matched; returns its number."""
    if await count_held(connection, account) >= MOST_HELD:
        raise too_many_held()
    return await insert_held(
        connection, account, file, content, known_on, mapping or NO_MAPPING, follows
    )


@sql.value(int)
def count_held(account: str) -> sql.SQL:
    return "SELECT count(*) FROM held_tables WHERE account = $1::uuid AND expires_at > now()"


@sql.value(str)
def insert_held(
    account: str,
    file: str,
    content: bytes,
    known_on: datetime.date,
    mapping: ColumnMapping,
    follows: int | None,
) -> sql.SQL:
    return """
        INSERT INTO held_tables (account, file, content, known_on, mapping, follows)
        VALUES ($1::uuid, $2, $3, $4, $5, $6) RETURNING id::text
        """


@sql.only(HeldTable, unknown_table)
def get_held(account: str, ident: str) -> sql.SQL:
    """A file that this person holds; nobody else sees it."""
    return """
        SELECT h.id::text, file, content, known_on, h.mapping, follows,
               coalesce(m.name, '') AS saved_as
          FROM held_tables h LEFT JOIN column_mappings m ON m.id = h.follows
         WHERE h.account = $1::uuid AND h.id = $2::uuid AND expires_at > now()
        """


@sql.many(HeldLine)
def load_held(account: str) -> sql.SQL:
    return """
        SELECT id::text, file, known_on, expires_at::date AS ends_on FROM held_tables
         WHERE account = $1::uuid AND expires_at > now() ORDER BY expires_at, id
        """


@sql.execute
def set_mapping(ident: str, mapping: ColumnMapping) -> sql.SQL:
    return "UPDATE held_tables SET mapping = $2 WHERE id = $1::uuid"


@sql.execute
def delete_held(ident: str) -> sql.SQL:
    return "DELETE FROM held_tables WHERE id = $1::uuid"


@sql.execute
def delete_expired_tables() -> sql.SQL:
    """Delete files that were never imported."""
    return "DELETE FROM held_tables WHERE expires_at <= now()"
