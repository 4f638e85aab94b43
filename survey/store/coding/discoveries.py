"""SQL for discoveries: the texts they read, and their results by day."""

import datetime
from typing import NamedTuple

import asyncpg
import msgspec

from survey.coding.discoveries import Discovery
from survey.coding.refusals import unknown_discovery
from survey.store.statements import SQL, execute, first_by, many, only_by


class StoredDiscovery(NamedTuple):
    """A discovery with its number and when it was made."""

    id: int
    found_at: datetime.datetime
    discovery: Discovery


@execute
def insert(discovery: Discovery) -> SQL:
    return "INSERT INTO discoveries (discovery) VALUES ($1)"


def to_stored_discovery(row: asyncpg.Record) -> StoredDiscovery:
    return StoredDiscovery(
        row["id"], row["found_at"], msgspec.convert(row["discovery"], Discovery, str_keys=True)
    )


@first_by(to_stored_discovery)
def find_newest() -> SQL:
    return "SELECT id, found_at, discovery FROM discoveries ORDER BY id DESC LIMIT 1"


@only_by(to_stored_discovery, unknown_discovery)
def get(number: int) -> SQL:
    return "SELECT id, found_at, discovery FROM discoveries WHERE id = $1"


class EncodedText(msgspec.Struct, frozen=True, kw_only=True):
    """A redacted text with the vector of its whole, as little-endian float16."""

    id: str
    redacted: str
    vector: bytes


@many(EncodedText)
def load_readable_texts(reader: str, sampled: str, limit: int) -> SQL:
    """The newest texts encoded by a reader.

    Of sampled texts only those of the survey named `sampled`.
    """
    # The first vector is that of the whole text, the others are those of its sentences.
    return """
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
        """
