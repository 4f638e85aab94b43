"""SQL for the codebook: its published versions, the one draft of the next, and proposals: what the
machine would change, found by discoveries in the texts, and what people decided.
"""

import datetime
import uuid
from collections.abc import Sequence
from typing import Literal, NamedTuple

import asyncpg
import msgspec

from survey.store import statements as sql
from survey.store.answers import ORIGIN_SQL, RECEIVED_SQL
from survey.store.database import Connection
from survey.store.themes import texts as text_store
from survey.store.themes.texts import last_coding_sql
from survey.themes import refusals
from survey.themes.codebook_edits import DraftEffect
from survey.themes.codebooks import AnyEdit, Codebook
from survey.themes.proposals import (
    AnyProposal,
    Discovery,
    proposal_already_decided,
    proposal_candidates,
    unknown_proposal,
    with_quoted_words,
)


class CodebookDraft(msgspec.Struct, frozen=True):
    """The draft of the next version, and who changed it last.

    `revision` is new after every save.
    """

    book: Codebook
    revision: int
    by_name: str | None
    edited_at: datetime.datetime


@sql.value(Codebook, refusals.missing_codebook)
def get_newest() -> sql.SQL:
    """The codebook in use."""
    return "SELECT definition FROM codebooks ORDER BY version DESC LIMIT 1"


@sql.value(Codebook, refusals.unknown_codebook)
def get(version: int) -> sql.SQL:
    return "SELECT definition FROM codebooks WHERE version = $1"


@sql.boolean
def has_any() -> sql.SQL:
    return "SELECT EXISTS (SELECT FROM codebooks)"


# Refused if somebody else accepted this version first, from the same one in use.
@sql.unique(lambda book: refusals.stale_codebook_draft(book.version))
@sql.execute
def insert(book: Codebook, *, by: str | None = None) -> sql.SQL:
    return """
        INSERT INTO codebooks (version, definition, accepted_by)
        VALUES ($book.version, $book, $by::uuid)
        """


class AcceptedCodebook(msgspec.Struct, frozen=True):
    """A version of the codebook with who accepted it, when and why, and the edits that made it."""

    version: int
    accepted_by_name: str | None
    accepted_at: datetime.datetime
    note: str
    edits: tuple[AnyEdit, ...]


@sql.many(AcceptedCodebook)
def load_versions(*, before: int | None = None, limit: int | None = None) -> sql.SQL:
    """The versions, the newest first; those before one if that is given."""
    return """
        SELECT b.version, p.name AS accepted_by_name, b.accepted_at,
               coalesce(b.definition ->> 'note', '') AS note,
               coalesce(b.definition -> 'edits', '[]') AS edits
          FROM codebooks b LEFT JOIN accounts p ON p.id = b.accepted_by
         WHERE $1::int IS NULL OR b.version < $1
         ORDER BY b.version DESC LIMIT $2
        """


def draft_from_row(row: asyncpg.Record) -> CodebookDraft:
    book = msgspec.convert(row["definition"], Codebook)
    return CodebookDraft(book, row["revision"], row["name"], row["edited_at"])


@sql.first_by(draft_from_row)
def find_draft() -> sql.SQL:
    return """
        SELECT d.definition, d.revision, p.name, d.edited_at
          FROM codebook_draft d LEFT JOIN accounts p ON p.id = d.edited_by
        """


@sql.value(int, refusals.changed_codebook_draft)
def save_draft(book: Codebook, *, revision: int, by: str | None) -> sql.SQL:
    """Save the draft and return its revision; raises if it changed since `revision` (0: none)."""
    # DEFAULT is a number never used before: nobody saves over a draft begun after their own.
    return """
        INSERT INTO codebook_draft (definition, edited_by)
        SELECT $1, $3::uuid WHERE $2::bigint = 0 OR EXISTS (SELECT FROM codebook_draft)
            ON CONFLICT (single) DO UPDATE
           SET revision = DEFAULT, definition = excluded.definition,
               edited_by = excluded.edited_by, edited_at = now()
         WHERE codebook_draft.revision = $2
        RETURNING revision
        """


@sql.first_by(draft_from_row)
def take_draft() -> sql.SQL:
    """Delete the draft and return it; it is still there if this transaction fails."""
    return """
        WITH taken AS (DELETE FROM codebook_draft RETURNING *)
        SELECT d.definition, d.revision, p.name, d.edited_at
          FROM taken d LEFT JOIN accounts p ON p.id = d.edited_by
        """


@sql.execute
def discard_draft() -> sql.SQL:
    """Delete the draft; proposals that were accepted into it are open again."""
    return """
        WITH dropped AS (DELETE FROM codebook_draft RETURNING 1)
        UPDATE proposals SET state = 'open', decided_by = NULL, decided_at = NULL
         WHERE state = 'accepted' AND codebook = (SELECT max(version) FROM codebooks)
           AND EXISTS (SELECT FROM dropped)
        """


@sql.execute
def save_effect(revision: int, effect: DraftEffect) -> sql.SQL:
    """Save what the draft of this revision would change, in place of what earlier ones would."""
    return """
        WITH gone AS (DELETE FROM codebook_draft_effects WHERE revision <> $1)
        INSERT INTO codebook_draft_effects (revision, effect) VALUES ($1, $2)
            ON CONFLICT (revision) DO UPDATE SET effect = excluded.effect, made_at = now()
        """


@sql.value_or_none(DraftEffect)
def find_effect(revision: int) -> sql.SQL:
    """What the draft of this revision would change; None if nobody has worked it out."""
    return "SELECT effect FROM codebook_draft_effects WHERE revision = $1"


class StoredDiscovery(NamedTuple):
    """A discovery with its number and when it was made."""

    id: int
    found_at: datetime.datetime
    discovery: Discovery


@sql.execute
def insert_discovery(discovery: Discovery) -> sql.SQL:
    return "INSERT INTO discoveries (discovery) VALUES ($1)"


def to_stored_discovery(row: asyncpg.Record) -> StoredDiscovery:
    return StoredDiscovery(
        row["id"], row["found_at"], msgspec.convert(row["discovery"], Discovery, str_keys=True)
    )


@sql.first_by(to_stored_discovery)
def find_newest_discovery() -> sql.SQL:
    return "SELECT id, found_at, discovery FROM discoveries ORDER BY id DESC LIMIT 1"


@sql.only_by(to_stored_discovery, refusals.unknown_discovery)
def get_discovery(number: int) -> sql.SQL:
    return "SELECT id, found_at, discovery FROM discoveries WHERE id = $1"


class EncodedText(msgspec.Struct, frozen=True, kw_only=True):
    """A redacted text with the vector of its whole, as little-endian float16."""

    id: str
    redacted: str
    vector: bytes


@sql.many(EncodedText)
def load_readable_texts(reader: str, sampled: str, limit: int) -> sql.SQL:
    """The newest texts that the model `reader` encoded.

    Of sampled texts only those of the survey named `sampled`.
    """
    # The first vector is that of the whole text, the others are those of its sentences.
    return f"""
        SELECT t.id::text, d.redacted,
               substring(p.vectors FOR length(p.vectors) / jsonb_array_length(p.spans)) AS vector
          FROM passages p
          JOIN texts t ON t.id = p.text
          {ORIGIN_SQL}
         {last_coding_sql("t.id")}
         WHERE p.reader = $1 AND jsonb_array_length(p.spans) > 0
           AND (r.mode IS DISTINCT FROM 'sampled' OR r.instrument = $2)
         ORDER BY {RECEIVED_SQL} DESC, t.id LIMIT $3
        """  # noqa: S608 - only our own words


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


@sql.execute
def insert_proposals(proposals: Sequence[AnyProposal], *, codebook: int, key: str) -> sql.SQL:
    """Store proposals under a key, such as a week; storing them again changes nothing.

    A quote that is the id of a text is looked up when read, and is gone when the text is.
    """
    return """
        INSERT INTO proposals (codebook, key, definition)
        SELECT $codebook, $key, d FROM unnest($proposals::jsonb[]) d ON CONFLICT DO NOTHING
        """


async def load_open_proposals(connection: Connection) -> list[StoredProposal]:
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


async def load_open_theme_proposals(
    connection: Connection, last: datetime.date
) -> list[OpenThemeProposal]:
    """Open proposals of new themes that were made for weeks that began up to this day."""
    # Keys of weeks are ISO days, which sort as text; of other keys the cast would fail.
    return await sql.load_structs(
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
    connection: Connection, proposals: list[StoredProposal]
) -> list[StoredProposal]:
    """The proposals with the words of the texts that they quote."""
    quotes = {
        quote
        for stored in proposals
        for theme in proposal_candidates(stored.proposal)
        for quote in theme.quotes
    }
    ids = [quote for quote in quotes if is_text_id(quote)]
    words = {quote: quote for quote in quotes.difference(ids)}
    words |= await text_store.load_redacted(connection, ids)
    return [
        stored._replace(proposal=with_quoted_words(stored.proposal, words)) for stored in proposals
    ]


def is_text_id(quote: str) -> bool:
    try:
        # UUID also reads braces and bare digits, which an id of ours never has.
        return str(uuid.UUID(quote)) == quote
    except ValueError:
        return False


@sql.many_by(to_stored_proposal)
def load_proposals_not_to_repeat() -> sql.SQL:
    """Proposals not to make again: open, declined, or accepted into the present draft.

    Their quotes are ids of texts, as stored.
    """
    return """
        SELECT id, definition, made_at, codebook, state FROM proposals
         WHERE state IN ('open', 'declined')
            OR state = 'accepted' AND codebook = (SELECT max(version) FROM codebooks)
         ORDER BY id
        """


async def get_proposal(connection: Connection, number: int) -> StoredProposal:
    stored = await get_proposal_with_text_ids(connection, number)
    return (await load_quoted_words(connection, [stored]))[0]


@sql.only_by(to_stored_proposal, unknown_proposal)
def get_proposal_with_text_ids(number: int) -> sql.SQL:
    """A proposal as stored: its quotes are ids of texts."""
    return "SELECT id, definition, made_at, codebook, state FROM proposals WHERE id = $1"


@sql.require(proposal_already_decided)
def decide_proposal(
    number: int, state: Literal["accepted", "declined"], *, by: str | None
) -> sql.SQL:
    """Accept or decline a proposal; raises if it was decided before."""
    # Of two who decide at once the second finds it no longer open.
    return """
        UPDATE proposals SET state = $2, decided_by = $3::uuid, decided_at = now()
         WHERE id = $1 AND state = 'open' RETURNING true
        """


@sql.execute
def close_overtaken_proposals(themes: Sequence[str]) -> sql.SQL:
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


@sql.many(CodedEncodedText)
def load_encoded_texts(
    since: datetime.datetime, before: datetime.datetime, reader: str, sampled: str
) -> sql.SQL:
    """Texts received from `since` up to `before`, with their vectors from the model `reader`, the
    oldest first.

    Of sampled texts only those of the survey named `sampled`.
    """
    return f"""
        SELECT t.id::text, d.redacted, d.codebook,
               jsonb_path_query_array(d.themes, '$[*].theme') AS themes,
               substring(p.vectors FOR octet_length(p.vectors) / jsonb_array_length(p.spans))
                   AS vector
          FROM passages p
          JOIN texts t ON t.id = p.text
          {ORIGIN_SQL}
         {last_coding_sql("t.id")}
         WHERE p.reader = $3 AND jsonb_array_length(p.spans) > 0
           AND (r.mode IS DISTINCT FROM 'sampled' OR r.instrument = $4)
           AND {RECEIVED_SQL} >= $1 AND {RECEIVED_SQL} < $2
         ORDER BY {RECEIVED_SQL}, t.id
        """  # noqa: S608 - only our own words
