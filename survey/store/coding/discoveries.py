"""SQL for discoveries: the texts they read, and their results by day."""

import datetime
from typing import NamedTuple

import asyncpg
import msgspec

from survey.coding.discoveries import Discovery
from survey.coding.refusals import unknown_discovery
from survey.store.database import Connection
from survey.store.rows import load_structs


class StoredDiscovery(NamedTuple):
    """A discovery with its number and when it was made."""

    id: int
    found_at: datetime.datetime
    discovery: Discovery


async def insert(connection: Connection, discovery: Discovery) -> None:
    await connection.execute("INSERT INTO discoveries (discovery) VALUES ($1)", discovery)


async def find_newest(connection: Connection) -> StoredDiscovery | None:
    row = await connection.fetchrow(
        "SELECT id, found_at, discovery FROM discoveries ORDER BY id DESC LIMIT 1"
    )
    return to_stored_discovery(row) if row else None


async def get(connection: Connection, number: int) -> StoredDiscovery:
    row = await connection.fetchrow(
        "SELECT id, found_at, discovery FROM discoveries WHERE id = $1", number
    )
    if row is None:
        raise unknown_discovery()
    return to_stored_discovery(row)


def to_stored_discovery(row: asyncpg.Record) -> StoredDiscovery:
    return StoredDiscovery(
        row["id"], row["found_at"], msgspec.convert(row["discovery"], Discovery, str_keys=True)
    )


class EncodedText(msgspec.Struct, frozen=True, kw_only=True):
    """A redacted text with the vector of its whole, as little-endian float16."""

    id: str
    redacted: str
    vector: bytes


async def load_readable_texts(
    connection: Connection, reader: str, sampled: str, limit: int
) -> list[EncodedText]:
    """The newest texts encoded by a reader.

    Of sampled texts only those of the survey named `sampled`.
    """
    # The first vector is that of the whole text, the others are those of its sentences.
    return await load_structs(
        connection,
        EncodedText,
        """
        SELECT t.id::text, d.redacted,
               substring(p.vectors FOR length(p.vectors) / jsonb_array_length(p.spans)) AS vector
          FROM passages p
          JOIN texts t ON t.id = p.text
          LEFT JOIN responses r ON r.id = t.response
          LEFT JOIN complaints c ON c.id = t.complaint
         CROSS JOIN LATERAL (
               SELECT redacted FROM codings WHERE text = t.id
                ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) d
         WHERE p.reader = $1 AND jsonb_array_length(p.spans) > 0
           AND (r.mode IS DISTINCT FROM 'sampled' OR r.instrument = $2)
         ORDER BY coalesce(r.received_at, c.received_at) DESC, t.id LIMIT $3
        """,
        reader,
        sampled,
        limit,
    )
