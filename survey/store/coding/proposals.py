"""SQL for discoveries, the texts they read and their results by day; and for proposals: what the
machine would change in the codebook, and people's decisions.
"""

import datetime
import uuid
from collections.abc import Sequence
from typing import Literal, NamedTuple

import asyncpg
import msgspec

from survey.coding.discoveries import Discovery
from survey.coding.proposals import (
    AnyProposal,
    proposal_already_decided,
    proposal_candidates,
    unknown_proposal,
    with_quoted_words,
)
from survey.coding.refusals import unknown_discovery
from survey.store.coding import texts as text_store
from survey.store.database import Connection
from survey.store.statements import (
    SQL,
    execute,
    first_by,
    load_structs,
    many,
    many_by,
    only_by,
    require,
)


class StoredDiscovery(NamedTuple):
    """A discovery with its number and when it was made."""

    id: int
    found_at: datetime.datetime
    discovery: Discovery


@execute
def insert_discovery(discovery: Discovery) -> SQL:
    return "INSERT INTO discoveries (discovery) VALUES ($1)"


def to_stored_discovery(row: asyncpg.Record) -> StoredDiscovery:
    return StoredDiscovery(
        row["id"], row["found_at"], msgspec.convert(row["discovery"], Discovery, str_keys=True)
    )


@first_by(to_stored_discovery)
def find_newest_discovery() -> SQL:
    return "SELECT id, found_at, discovery FROM discoveries ORDER BY id DESC LIMIT 1"


@only_by(to_stored_discovery, unknown_discovery)
def get_discovery(number: int) -> SQL:
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


ProposalState = Literal["open", "accepted", "declined", "overtaken"]


class StoredProposal(NamedTuple):
    """A proposal with when it was made, and under which version of the codebook."""

    id: int
    proposal: AnyProposal
    made_at: datetime.datetime
    codebook: int
    state: ProposalState


def to_stored_proposal(row: asyncpg.Record) -> StoredProposal:
    proposal: AnyProposal = msgspec.convert(row["definition"], AnyProposal)
    return StoredProposal(row["id"], proposal, row["made_at"], row["codebook"], row["state"])


@execute
def insert_many(proposals: Sequence[AnyProposal], *, codebook: int, key: str) -> SQL:
    """Store proposals under a key, such as a week; storing them again changes nothing.

    A quote that is the id of a text is looked up when read, and is gone when the text is.
    """
    return """
        INSERT INTO proposals (codebook, key, definition)
        SELECT $codebook, $key, d FROM unnest($proposals::jsonb[]) d ON CONFLICT DO NOTHING
        """


async def load_open(connection: Connection) -> list[StoredProposal]:
    rows = await connection.fetch(
        """
        SELECT id, definition, made_at, codebook, state
          FROM proposals WHERE state = 'open' ORDER BY id
        """
    )
    return await load_quoted_words(connection, [to_stored_proposal(row) for row in rows])


class OpenThemeProposal(msgspec.Struct, frozen=True):
    """An open proposal of a new theme: how many texts it groups, and the week it was made for."""

    id: int
    size: int
    week: datetime.date


async def load_open_themes(connection: Connection, last: datetime.date) -> list[OpenThemeProposal]:
    """Open proposals of new themes that were made for weeks that began up to this day."""
    # Keys of weeks are ISO days, which sort as text; of other keys the cast would fail.
    return await load_structs(
        connection,
        OpenThemeProposal,
        """
        SELECT id, (definition -> 'theme' ->> 'size')::int AS size, key AS week FROM proposals
         WHERE state = 'open' AND definition ->> 'kind' = 'new'
           AND key ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' AND key <= $1::text
         ORDER BY id
        """,
        str(last),
    )


async def load_quoted_words(
    connection: Connection, found: list[StoredProposal]
) -> list[StoredProposal]:
    """The proposals with the words of the texts that they quote."""
    quotes = {
        q for one in found for theme in proposal_candidates(one.proposal) for q in theme.quotes
    }
    ids = [quote for quote in quotes if is_text_id(quote)]
    words = {quote: quote for quote in quotes.difference(ids)}
    words |= await text_store.load_redacted(connection, ids)
    return [one._replace(proposal=with_quoted_words(one.proposal, words)) for one in found]


def is_text_id(quote: str) -> bool:
    try:
        # UUID also reads braces and bare digits, which an id of ours never has.
        return str(uuid.UUID(quote)) == quote
    except ValueError:
        return False


@many_by(to_stored_proposal)
def load_not_to_repeat() -> SQL:
    """Proposals not to make again: open, declined, or accepted into the present draft.

    Their quotes are ids of texts, as stored.
    """
    return """
        SELECT id, definition, made_at, codebook, state FROM proposals
         WHERE state IN ('open', 'declined')
            OR state = 'accepted' AND codebook = (SELECT max(version) FROM codebooks)
         ORDER BY id
        """


async def get(connection: Connection, number: int) -> StoredProposal:
    stored = await get_with_text_ids(connection, number)
    return (await load_quoted_words(connection, [stored]))[0]


@only_by(to_stored_proposal, unknown_proposal)
def get_with_text_ids(number: int) -> SQL:
    """A proposal as stored: its quotes are ids of texts."""
    return "SELECT id, definition, made_at, codebook, state FROM proposals WHERE id = $1"


@require(proposal_already_decided)
def decide(number: int, state: Literal["accepted", "declined"], *, by: str | None) -> SQL:
    """Accept or decline a proposal; raises if it was decided before."""
    # Of two who decide at once the second finds it no longer open.
    return """
        UPDATE proposals SET state = $2, decided_by = $3::uuid, decided_at = now()
         WHERE id = $1 AND state = 'open' RETURNING true
        """


@execute
def close_overtaken(themes: Sequence[str]) -> SQL:
    """Close proposals about themes that are no longer in the codebook."""
    # A merge names a second theme, `into`; a split has none, and its own is compared twice.
    return """
        UPDATE proposals SET state = 'overtaken', decided_at = now()
         WHERE state = 'open' AND definition ->> 'kind' IN ('merge', 'split')
           AND NOT (definition ->> 'theme' = ANY($1)
                    AND coalesce(definition ->> 'into', definition ->> 'theme') = ANY($1))
        """


class CodedEncodedText(EncodedText, frozen=True, kw_only=True):
    """An encoded text with its themes, as coded under one version of the codebook."""

    codebook: int
    themes: list[str]


@many(CodedEncodedText)
def load_texts(
    since: datetime.datetime, before: datetime.datetime, reader: str, sampled: str
) -> SQL:
    """Texts received from `since` up to `before` as one reader encoded them, the oldest first.

    Of sampled texts only those of the survey named `sampled`.
    """
    return """
        SELECT t.id::text, d.redacted, d.codebook,
               jsonb_path_query_array(d.themes, '$[*].theme') AS themes,
               substring(p.vectors FOR octet_length(p.vectors) / jsonb_array_length(p.spans))
                   AS vector
          FROM passages p
          JOIN texts t ON t.id = p.text
          LEFT JOIN responses r ON r.id = t.response
          LEFT JOIN complaints c ON c.id = t.complaint
         CROSS JOIN LATERAL (
               SELECT codebook, redacted, themes FROM codings WHERE text = t.id
                ORDER BY codebook DESC, coded_at DESC, coder_version DESC LIMIT 1) d
         WHERE p.reader = $3 AND jsonb_array_length(p.spans) > 0
           AND (r.mode IS DISTINCT FROM 'sampled' OR r.instrument = $4)
           AND coalesce(r.received_at, c.received_at) >= $1
           AND coalesce(r.received_at, c.received_at) < $2
         ORDER BY coalesce(r.received_at, c.received_at), t.id
        """
