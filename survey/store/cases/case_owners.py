"""SQL for a complainant's access: passphrase, browser keys, who opened the case, and contact."""

import datetime
from collections.abc import AsyncIterator
from typing import Literal

import msgspec

from survey.store.database import Connection
from survey.store.statements import SQL, boolean, execute, first, many, value_or_none, values

OpenedBy = Literal["owner", "handler", "reviewer", "administrator"]


class CasePassphrase(msgspec.Struct, frozen=True):
    """A case and the hash of its passphrase; cases from before passphrases have none."""

    id: str
    passphrase_hash: str | None


class SealedContact(msgspec.Struct, frozen=True):
    """The encrypted contact of a complaint, and whether mails on the case go there."""

    complaint: str
    sealed: bytes
    by_mail: bool


class SealedAnswers(msgspec.Struct, frozen=True):
    """A resident's draft that waits encrypted for days, with the digest of its key."""

    key_digest: bytes
    sealed: str


class DraftContact(msgspec.Struct, frozen=True):
    """The encrypted contact in a resident's draft, with the digest of the draft's key."""

    key_digest: bytes
    contact: str


@first(CasePassphrase)
def find_passphrase(reference: str) -> SQL:
    return "SELECT id::text, passphrase_hash FROM complaints WHERE reference = $1"


@execute
def insert_key(key_digest: bytes, complaint: str, expires_at: datetime.datetime) -> SQL:
    return "INSERT INTO case_keys (key_digest, complaint, expires_at) VALUES ($1, $2::uuid, $3)"


@value_or_none(str)
def find_opened_case(key_digest: bytes) -> SQL:
    """The number of the case that a browser's key opens."""
    return """
        SELECT c.reference FROM case_keys k JOIN complaints c ON c.id = k.complaint
         WHERE k.key_digest = $1 AND k.expires_at > now()
        """


@execute
def delete_key(key_digest: bytes) -> SQL:
    """Close the case in this browser, and delete drafts begun from it there."""
    return """
        WITH gone AS (DELETE FROM case_keys WHERE key_digest = $1)
        DELETE FROM drafts WHERE content ->> 'opened' = encode($1, 'hex')
        """


@execute
def delete_other_keys(complaint: str, key_digest: bytes) -> SQL:
    """Delete a case's keys in all other browsers, and drafts begun with those keys."""
    return """
        WITH gone AS (
            DELETE FROM case_keys WHERE complaint = $1::uuid AND key_digest <> $2
            RETURNING key_digest
        )
        DELETE FROM drafts d USING gone
         WHERE d.content ->> 'opened' = encode(gone.key_digest, 'hex')
        """


@boolean
def change_passphrase(complaint: str, old_hash: str, new_hash: str) -> SQL:
    """Replace the hash of a case's passphrase; False if it was replaced in the meantime."""
    return """
        UPDATE complaints SET passphrase_hash = $3
         WHERE id = $1::uuid AND passphrase_hash = $2 RETURNING true
        """


@execute
def delete_expired_keys() -> SQL:
    return "DELETE FROM case_keys WHERE expires_at <= now()"


@execute
def save_contact(complaint: str, sealed: bytes, *, by_mail: bool) -> SQL:
    return """
        INSERT INTO case_contacts (complaint, sealed, by_mail) VALUES ($1::uuid, $2, $3)
            ON CONFLICT (complaint) DO UPDATE
           SET sealed = excluded.sealed, by_mail = excluded.by_mail
        """


@value_or_none(bytes)
def find_contact(complaint: str) -> SQL:
    return "SELECT sealed FROM case_contacts WHERE complaint = $1::uuid"


@execute
def delete_contact(complaint: str) -> SQL:
    return "DELETE FROM case_contacts WHERE complaint = $1::uuid"


async def iterate_contacts(connection: Connection) -> AsyncIterator[SealedContact]:
    """Every encrypted contact, locked, in the caller's transaction."""
    # With the table's name: plain `complaint` would sort by its text, for which there is no index.
    async for row in connection.cursor(
        """
        SELECT complaint::text, sealed, by_mail FROM case_contacts
         ORDER BY case_contacts.complaint FOR UPDATE
        """
    ):
        yield SealedContact(**row)


@values(list[bytes])
def load_seals() -> SQL:
    return "SELECT sealed FROM case_contacts"


@many(SealedAnswers)
def load_saved_drafts() -> SQL:
    """Residents' answers that were saved for days, locked, in the caller's transaction."""
    return """
        SELECT key_digest, content ->> 'sealed' AS sealed FROM drafts
         WHERE content ->> 'slug' <> '' AND content ->> 'sealed' <> '' FOR UPDATE
        """


@execute
def save_sealed_draft(key_digest: bytes, sealed: str) -> SQL:
    return """
        UPDATE drafts SET content = jsonb_set(content, '{sealed}', to_jsonb($2::text))
         WHERE key_digest = $1
        """


@many(DraftContact)
def load_draft_contacts() -> SQL:
    """Residents' drafts with an encrypted contact, locked, in the caller's transaction."""
    # An older key can be dropped only when drafts are sealed with the new one too.
    return """
        SELECT key_digest, content ->> 'contact' AS contact FROM drafts
         WHERE content ->> 'contact' <> '' FOR UPDATE
        """


@execute
def save_draft_contact(key_digest: bytes, sealed: str) -> SQL:
    return """
        UPDATE drafts SET content = jsonb_set(content, '{contact}', to_jsonb($2::text))
         WHERE key_digest = $1
        """


class CaseOpening(msgspec.Struct, frozen=True):
    """The opening of a case by somebody on a day, once or more."""

    opened_on: datetime.date
    by: OpenedBy


@execute
def save_opening(complaint: str, day: datetime.date, by: OpenedBy) -> SQL:
    return """
        INSERT INTO case_openings (complaint, opened_on, by) VALUES ($1::uuid, $2, $3)
            ON CONFLICT DO NOTHING
        """


@many(CaseOpening)
def load_openings(complaint: str, most: int) -> SQL:
    """On which days a case was opened and by whom, the newest first."""
    return """
        SELECT opened_on, by FROM case_openings WHERE complaint = $1::uuid
         ORDER BY opened_on DESC, by DESC LIMIT $2
        """
