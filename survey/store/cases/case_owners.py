"""SQL for a complainant's access to a case: passphrase, browser keys, who opened it, contact.

And for mails about cases: each is claimed at most once, with its outcome and failures.
"""

import datetime
from collections.abc import AsyncIterator
from typing import Literal

import msgspec

from survey.cases import CaseTransition
from survey.store import statements as sql
from survey.store.database import Connection
from survey.store.editions.mails import MailResult

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


@sql.first(CasePassphrase)
def find_passphrase(reference: str) -> sql.SQL:
    return "SELECT id::text, passphrase_hash FROM complaints WHERE reference = $1"


@sql.execute
def insert_key(key_digest: bytes, complaint: str, expires_at: datetime.datetime) -> sql.SQL:
    return "INSERT INTO case_keys (key_digest, complaint, expires_at) VALUES ($1, $2::uuid, $3)"


@sql.value_or_none(str)
def find_opened_case(key_digest: bytes) -> sql.SQL:
    """The number of the case that a browser's key opens."""
    return """
        SELECT c.reference FROM case_keys k JOIN complaints c ON c.id = k.complaint
         WHERE k.key_digest = $1 AND k.expires_at > now()
        """


@sql.execute
def delete_key(key_digest: bytes) -> sql.SQL:
    """Close the case in this browser, and delete drafts begun from it there."""
    return """
        WITH gone AS (DELETE FROM case_keys WHERE key_digest = $1)
        DELETE FROM drafts WHERE content ->> 'opened' = encode($1, 'hex')
        """


@sql.execute
def delete_other_keys(complaint: str, key_digest: bytes) -> sql.SQL:
    """Delete a case's keys in all other browsers, and drafts begun with those keys."""
    return """
        WITH gone AS (
            DELETE FROM case_keys WHERE complaint = $1::uuid AND key_digest <> $2
            RETURNING key_digest
        )
        DELETE FROM drafts d USING gone
         WHERE d.content ->> 'opened' = encode(gone.key_digest, 'hex')
        """


@sql.boolean
def change_passphrase(complaint: str, old_hash: str, new_hash: str) -> sql.SQL:
    """Replace the hash of a case's passphrase; False if it was replaced in the meantime."""
    return """
        UPDATE complaints SET passphrase_hash = $3
         WHERE id = $1::uuid AND passphrase_hash = $2 RETURNING true
        """


@sql.execute
def delete_expired_keys() -> sql.SQL:
    return "DELETE FROM case_keys WHERE expires_at <= now()"


@sql.execute
def save_contact(complaint: str, sealed: bytes, *, by_mail: bool) -> sql.SQL:
    return """
        INSERT INTO case_contacts (complaint, sealed, by_mail) VALUES ($1::uuid, $2, $3)
            ON CONFLICT (complaint) DO UPDATE
           SET sealed = excluded.sealed, by_mail = excluded.by_mail
        """


@sql.value_or_none(bytes)
def find_contact(complaint: str) -> sql.SQL:
    return "SELECT sealed FROM case_contacts WHERE complaint = $1::uuid"


@sql.execute
def delete_contact(complaint: str) -> sql.SQL:
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


@sql.values(list[bytes])
def load_seals() -> sql.SQL:
    return "SELECT sealed FROM case_contacts"


@sql.many(SealedAnswers)
def load_saved_drafts() -> sql.SQL:
    """Residents' answers that were saved for days, locked, in the caller's transaction."""
    return """
        SELECT key_digest, content ->> 'sealed' AS sealed FROM drafts
         WHERE content ->> 'slug' <> '' AND content ->> 'sealed' <> '' FOR UPDATE
        """


@sql.execute
def save_sealed_draft(key_digest: bytes, sealed: str) -> sql.SQL:
    return """
        UPDATE drafts SET content = jsonb_set(content, '{sealed}', to_jsonb($2::text))
         WHERE key_digest = $1
        """


@sql.many(DraftContact)
def load_draft_contacts() -> sql.SQL:
    """Residents' drafts with an encrypted contact, locked, in the caller's transaction."""
    # An older key can be dropped only when drafts are sealed with the new one too.
    return """
        SELECT key_digest, content ->> 'contact' AS contact FROM drafts
         WHERE content ->> 'contact' <> '' FOR UPDATE
        """


@sql.execute
def save_draft_contact(key_digest: bytes, sealed: str) -> sql.SQL:
    return """
        UPDATE drafts SET content = jsonb_set(content, '{contact}', to_jsonb($2::text))
         WHERE key_digest = $1
        """


class CaseOpening(msgspec.Struct, frozen=True):
    """The opening of a case by its owner or staff on a day, once or several times."""

    opened_on: datetime.date
    by: OpenedBy


@sql.execute
def save_opening(complaint: str, day: datetime.date, by: OpenedBy) -> sql.SQL:
    return """
        INSERT INTO case_openings (complaint, opened_on, by) VALUES ($1::uuid, $2, $3)
            ON CONFLICT DO NOTHING
        """


@sql.many(CaseOpening)
def load_openings(complaint: str, most: int) -> sql.SQL:
    """On which days a case was opened and by whom, the newest first."""
    return """
        SELECT opened_on, by FROM case_openings WHERE complaint = $1::uuid
         ORDER BY opened_on DESC, by DESC LIMIT $2
        """


class CaseMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail on an event of a case, to its owner or to an account.

    `sealed` is the current contact, if mail may be sent to it; `email` is that of an open account;
    `due_on` is given only if nothing happened after the event.
    """

    id: int
    tries: int
    account: str | None
    reference: str
    language: str
    kind: CaseTransition
    day: datetime.date
    sealed: bytes | None
    email: str | None
    due_on: datetime.date | None


@sql.first(CaseMail)
def claim() -> sql.SQL:
    """Claim the next mail that is due; once this is committed nobody claims it again."""
    # To the hour, as the minute of a mail is the minute in which the complainant acted.
    return """
        WITH taken AS (
            UPDATE case_mails SET handed_at = date_trunc('hour', now()), tries = tries + 1
             WHERE id = (SELECT id FROM case_mails WHERE handed_at IS NULL AND due_at <= now()
                          ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING *
        )
        SELECT t.id, t.tries, t.account::text, c.reference, c.language, e.event ->> 'kind' AS kind,
               e.at::date AS day, k.sealed, a.email,
               CASE WHEN NOT EXISTS (SELECT FROM case_events n WHERE n.complaint = t.complaint
                                        AND n.version > t.version) THEN c.due_on END AS due_on
          FROM taken t JOIN complaints c ON c.id = t.complaint
          JOIN case_events e ON e.complaint = t.complaint AND e.version = t.version
          LEFT JOIN case_contacts k
            ON k.complaint = t.complaint AND k.by_mail AND t.account IS NULL
          LEFT JOIN accounts a ON a.id = t.account AND a.active
        """


@sql.execute
def finish(mail: int, outcome: MailResult) -> sql.SQL:
    """Save the outcome; the exact time is not stored."""
    return "UPDATE case_mails SET outcome = $2, due_at = asked_at WHERE id = $1"


@sql.execute
def retry_later(mail: int, delay: datetime.timedelta) -> sql.SQL:
    """Schedule a mail that was certainly not accepted for another try, on a full hour.

    Otherwise the time of the first try would reveal the minute in which the complainant acted.
    """
    return """
        UPDATE case_mails SET handed_at = NULL,
               due_at = date_trunc('hour', now() + $2) + interval '1 hour'
         WHERE id = $1
        """


@sql.execute
def queue_if_unassigned(reference: str, version: int) -> sql.SQL:
    """Queue a mail on an event of an unassigned case to everybody who could take the case.

    These are the reviewers, or the administrators if there is no reviewer. A person who has such a
    mail waiting gets no second one: it leads to all of these cases.
    """
    return """
        INSERT INTO case_mails (complaint, version, account)
        SELECT c.id, $2, a.id FROM complaints c CROSS JOIN accounts a
         WHERE c.reference = $1 AND a.active
           AND NOT EXISTS (SELECT FROM accounts h WHERE h.id = c.handler AND h.active)
           AND NOT EXISTS (
               SELECT FROM case_mails w
                 JOIN case_events e ON (e.complaint, e.version) = (w.complaint, w.version)
                WHERE w.account = a.id AND w.handed_at IS NULL AND e.event ->> 'kind' = 'nudged')
           AND a.role = CASE WHEN EXISTS (
               SELECT FROM accounts WHERE role = 'reviewer' AND active)
               THEN 'reviewer' ELSE 'administrator' END
            ON CONFLICT DO NOTHING
        """


class UndeliveredMail(msgspec.Struct, frozen=True):
    """A mail that failed or may have failed: on what, to whom (None: the complainant) and when.

    It is `waiting` if it was not claimed within the hour.
    """

    kind: CaseTransition
    name: str | None
    account: str | None
    outcome: MailResult | Literal["waiting"]
    day: datetime.date


@sql.many(UndeliveredMail)
def load_undelivered(complaint: str) -> sql.SQL:
    """Mails on a case that failed or may have failed, the newest first."""
    return """
        SELECT e.event ->> 'kind' AS kind, a.name, m.account::text,
               coalesce(m.outcome, CASE WHEN m.handed_at IS NULL THEN 'waiting' ELSE 'unknown' END)
                   AS outcome,
               m.asked_at::date AS day
          FROM case_mails m JOIN case_events e USING (complaint, version)
          LEFT JOIN accounts a ON a.id = m.account
         WHERE m.complaint = $1::uuid AND (m.outcome IN ('refused', 'unknown') OR (
               m.outcome IS NULL
               AND coalesce(m.handed_at, m.asked_at) < now() - interval '1 hour'))
         ORDER BY m.version DESC, m.id
        """


@sql.pairs(dict[str, int])
def count_by_outcome() -> sql.SQL:
    """How many mails on cases are waiting, and how many had each outcome."""
    return """
        SELECT coalesce(outcome, CASE WHEN handed_at IS NULL THEN 'waiting' ELSE 'unknown' END)
                   AS outcome, count(*) AS n
          FROM case_mails GROUP BY 1
        """


@sql.execute
def expire_old() -> sql.SQL:
    """Mark mails unclaimed for two days as refused, which staff see; delete all after 90 days."""
    # Both parts of a statement see the same rows, so the update leaves out what goes.
    return """
        WITH old AS (DELETE FROM case_mails WHERE asked_at < now() - interval '90 days')
        UPDATE case_mails SET handed_at = date_trunc('hour', now()), outcome = 'refused',
               due_at = asked_at
         WHERE handed_at IS NULL AND asked_at < now() - interval '48 hours'
           AND asked_at >= now() - interval '90 days'
        """
