"""Rows of the database as Structs, so that whatever leaves the store has names and types."""

from typing import TypeVar

import asyncpg
import msgspec

from survey.store.database import Connection

Noun = TypeVar("Noun", bound=msgspec.Struct)


async def load_structs(
    connection: Connection, kind: type[Noun], statement: str, *values: object
) -> list[Noun]:
    """The rows of a statement, each as a Struct with a field for every column that it needs."""
    return [to_struct(row, kind) for row in await connection.fetch(statement, *values)]


async def find_struct(
    connection: Connection, kind: type[Noun], statement: str, *values: object
) -> Noun | None:
    """The first row of a statement, or None."""
    row = await connection.fetchrow(statement, *values)
    return None if row is None else to_struct(row, kind)


def to_struct(row: asyncpg.Record, kind: type[Noun]) -> Noun:
    """A row as a Struct: what is stored as JSON becomes the types of the fields."""
    return msgspec.convert(dict(row), kind, str_keys=True)
